"""Work on files is done in threads; here it can be waited for."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

_Result = TypeVar("_Result")


class Threads:
    """The event loop's own threads, and what is at work in them."""

    def __init__(self) -> None:
        self._jobs: set[asyncio.Future[Any]] = set()

    def start(self, work: Callable[..., _Result], *given: object) -> "asyncio.Future[_Result]":
        """Begin it, and do not wait."""
        job = asyncio.get_running_loop().run_in_executor(None, work, *given)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        return job

    async def run(self, work: Callable[..., _Result], *given: object) -> _Result:
        """Do it; even where the caller is cancelled, it is over when this is."""
        job = self.start(work, *given)
        try:
            return await asyncio.shield(job)
        except asyncio.CancelledError:
            await asyncio.wait([job])
            raise

    async def finish(self) -> None:
        """Wait until nothing is at work."""
        while self._jobs:
            await asyncio.wait(self._jobs)
