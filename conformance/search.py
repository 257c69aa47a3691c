"""Hypothesis as a part of the kit: it draws stories and shrinks the one that fails, bounded in time.

Hypothesis is synchronous: it runs in a thread, and each story is played on the event loop that the kit lives on.
"""

import asyncio
import concurrent.futures
import importlib.util
import threading
import time
from collections.abc import Callable, Coroutine, Hashable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, Self, TypeVar

from conformance.cases import BrokenError, SkipError

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


class Told(Protocol):
    """A story: what Search asks of it."""

    @property
    def opening(self) -> Hashable:
        """What sets it apart from most others."""
        ...

    def shorter(self) -> Iterator[Self]:
        """The stories that leave out one thing."""
        ...


T = TypeVar("T", bound=Told)
Play = Callable[[T], Coroutine[Any, Any, None]]

_DRAWN_FOR_ONE: Final = 10
MISSING: Final = "hypothesis is not installed: pip install 'tiktok-upload-mock[conformance]'"


class _OverError(BaseException):
    """No more stories. No Exception, so that Hypothesis does not take it for a failing story."""


class _FailedError(Exception):
    """A story has failed; always raised from one place, so that Hypothesis sees one failure."""


class Search(Generic[T]):
    """Looks for a story that breaks the target, and then for a smaller one.

    `play` raises BrokenError where the target breaks; any other exception ends the search and is raised again.
    `examples` stories that differ in their `opening`; `seconds` for the whole search, `shrinking` of them at most
    after the first failure.
    """

    def __init__(
        self,
        play: Play[T],
        *,
        seed: str,
        examples: int,
        seconds: float,
        shrinking: float,
    ) -> None:
        self.tried = 0
        self.ran_out = False
        self.unsteady = False
        self.smallest: T | None = None
        self._play = play
        self._seed = seed
        self._examples = examples
        self._until = time.monotonic() + seconds
        self._shrinking = shrinking
        self._told: set[Hashable] = set()
        self._ended = threading.Event()
        self._playing: concurrent.futures.Future[None] | None = None
        self._trouble: Exception | None = None

    async def run(self, stories: "Callable[[], SearchStrategy[T]]") -> T | None:
        """The smallest story that fails, None where none does. Raises SkipError without Hypothesis."""
        if importlib.util.find_spec("hypothesis") is None:
            raise SkipError(MISSING)
        work = asyncio.create_task(asyncio.to_thread(self._hunt, asyncio.get_running_loop(), stories))
        try:
            await asyncio.shield(work)
        finally:
            self._ended.set()
            if self._playing is not None:
                self._playing.cancel()
            await asyncio.gather(work, return_exceptions=True)
        if self._trouble is not None:
            raise self._trouble
        while self.smallest is not None and (shorter := await self._shorter(self.smallest)) is not None:
            self.smallest = shorter
        return self.smallest

    async def _shorter(self, story: T) -> T | None:
        """Hypothesis does not come back to stories that were passed over for their opening."""
        for shorter in story.shorter():
            if time.monotonic() > self._until:
                break
            try:
                await self._play(shorter)
            except BrokenError:
                return shorter
        return None

    def _hunt(self, loop: asyncio.AbstractEventLoop, stories: "Callable[[], SearchStrategy[T]]") -> None:
        from hypothesis import HealthCheck, Phase, Verbosity, errors, given, seed, settings  # noqa: PLC0415 - heavy

        @seed(self._seed)
        @settings(
            max_examples=_DRAWN_FOR_ONE * self._examples,
            deadline=None,
            derandomize=False,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
            report_multiple_bugs=False,
            print_blob=False,
        )
        @given(stories())
        def hunt(story: T) -> None:
            if self._is_new(story) and self._fails(loop, story):
                raise _FailedError

        with _nothing_left_behind():
            try:
                hunt()
            except errors.Flaky:
                self.unsteady = True
            except _FailedError:
                pass
            except _OverError:
                self.ran_out = self.smallest is None and len(self._told) < self._examples

    def _is_new(self, story: T) -> bool:
        """Hypothesis likes to draw nearly the same again; while nothing has failed, that says little."""
        if self.smallest is not None:
            return True
        if len(self._told) >= self._examples:
            raise _OverError
        known = len(self._told)
        self._told.add(story.opening)
        return len(self._told) > known

    def _fails(self, loop: asyncio.AbstractEventLoop, story: T) -> bool:
        if self._ended.is_set() or time.monotonic() > self._until:
            raise _OverError
        self._playing = asyncio.run_coroutine_threadsafe(self._play(story), loop)
        try:
            self._playing.result()
        except BrokenError:
            if self.smallest is None:
                self._until = min(self._until, time.monotonic() + self._shrinking)
            self.smallest = story
            return True
        except concurrent.futures.CancelledError:
            raise _OverError from None
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where the search was asked for
            self._trouble = error
            raise _OverError from None
        self.tried += 1
        return False


@contextmanager
def _nothing_left_behind() -> Iterator[None]:
    """Hypothesis keeps a directory of notes; here one that goes with the search."""
    from hypothesis import configuration  # noqa: PLC0415 - heavy

    before = getattr(configuration, "__hypothesis_home_directory", None)
    with TemporaryDirectory(prefix="tiktok-conformance-") as folder:
        configuration.set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            configuration.set_hypothesis_home_dir(before)
