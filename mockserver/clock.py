"""The server's clock: what expiry, publishing and stalls live on. Socket and body time-outs never do."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Seconds since the Unix epoch, and waiting on the same time."""

    @property
    def frozen(self) -> bool: ...
    @property
    def offset(self) -> float: ...
    def now(self) -> float: ...
    def advance(self, seconds: float) -> None: ...
    def freeze(self, *, frozen: bool = True) -> None: ...
    def reset(self) -> None: ...
    async def sleep(self, seconds: float) -> None: ...


class MockClock:
    """Runs with the machine, and can be moved forward and stopped.

    Starts at the wall's time and then runs monotonically: a stepped wall clock expires nothing. To be moved from
    the event loop's own thread only, where somebody may be sleeping on it.
    """

    def __init__(self) -> None:
        zero = time.time() - time.monotonic()
        self._machine: Callable[[], float] = lambda: zero + time.monotonic()
        self._runs = True
        self._advanced = 0.0
        self._stopped_at: float | None = None
        self._moved = asyncio.Event()
        self._resets = 0

    def now(self) -> float:
        if self._stopped_at is not None:
            return self._stopped_at
        return self._machine() + self._advanced

    @property
    def frozen(self) -> bool:
        return self._stopped_at is not None

    @property
    def offset(self) -> float:
        """How far it is ahead of the machine, in seconds; negative, behind: it was frozen."""
        return self._advanced if self._stopped_at is None else self._stopped_at - self._machine()

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds`, frozen or not; who sleeps until then wakes. Backwards is a ValueError."""
        if not seconds >= 0:
            raise ValueError(f"a clock advances by 0 s or more, got {seconds!r}")
        if self._stopped_at is not None:
            self._stopped_at += seconds
        else:
            self._advanced += seconds
        self._wake()

    def freeze(self, *, frozen: bool = True) -> None:
        """Stop, or run on from where it stopped."""
        if frozen and self._stopped_at is None:
            self._stopped_at = self.now()
        elif not frozen and self._stopped_at is not None:
            self._advanced = self._stopped_at - self._machine()
            self._stopped_at = None
        self._wake()

    def reset(self) -> None:
        """Run with the machine again; who sleeps wakes."""
        self._advanced = 0.0
        self._stopped_at = None
        self._resets += 1
        self._wake()

    async def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed on this clock: at once if it is moved beyond them or reset."""
        end, resets = self.now() + seconds, self._resets
        while (left := end - self.now()) > 0 and resets == self._resets:
            moved = self._moved
            try:
                async with asyncio.timeout(left if self._runs and not self.frozen else None):
                    await moved.wait()
            except TimeoutError:
                continue

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()


class ManualClock(MockClock):
    """Stands still until it is advanced. For tests."""

    def __init__(self, start: float = 1_767_225_600.0) -> None:
        super().__init__()
        self._machine = lambda: start
        self._runs = False
