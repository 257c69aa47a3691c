"""The client under test as a Python callable, sync or async: for tests that have no command line."""

import asyncio
import inspect
import threading
import time
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from conformance.client.launcher import Ended, Glance, Job

Uploader = Callable[[Job], Any] | Callable[[Job], Awaitable[Any]]
"""Uploads `job.file`. Returning claims success, unless it returns False; raising reports failure."""

_GLANCE: Final = 0.01
_GRACE: Final = 2.0


class CallableClient:
    """Runs each upload in a thread of its own. `handed`: it takes `job.upload_url` instead of making an init."""

    def __init__(self, upload: Uploader, *, handed: bool = False) -> None:
        self._upload = upload
        self.handed = handed

    def run(self, job: Job, seconds: float, glance: Glance) -> Ended:
        """Call it once; when its time is up an async one is cancelled, a sync one is left to itself.

        So is one that is deaf to being cancelled.
        """
        began = time.monotonic()
        call = _Call(self._upload, job)
        while not call.done.wait(_GLANCE):
            hammered = not glance()
            if hammered or time.monotonic() - began >= seconds:
                ended = call.cancel()
                return Ended(None, time.monotonic() - began, hammered=hammered, running=not ended)
        return Ended(call.exit_code, time.monotonic() - began, stderr=call.told)


class _Call:
    def __init__(self, upload: Uploader, job: Job) -> None:
        self.done = threading.Event()
        self.exit_code = 1
        self.told = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        threading.Thread(target=self._run, args=(upload, job), daemon=True).start()

    def _run(self, upload: Uploader, job: Job) -> None:
        try:
            found = asyncio.run(self._awaited(upload, job)) if _is_async(upload) else upload(job)
            self.exit_code = 1 if found is False else 0
        except BaseException:  # noqa: BLE001 - whatever it raises is its way to report failure
            self.told = traceback.format_exc(limit=-8)
        finally:
            self.done.set()

    async def _awaited(self, upload: Uploader, job: Job) -> Any:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        return await upload(job)

    def cancel(self) -> bool:
        """Ask an async one to end, and give it a moment; whether it has ended."""
        if self._loop is None or self._task is None:
            return self.done.is_set()
        with suppress(RuntimeError):  # it has ended of itself, and its loop is closed
            self._loop.call_soon_threadsafe(self._task.cancel)
        return self.done.wait(_GRACE)


def _is_async(upload: Uploader) -> bool:
    return inspect.iscoroutinefunction(upload) or inspect.iscoroutinefunction(type(upload).__call__)
