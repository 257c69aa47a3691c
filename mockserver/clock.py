"""The server's clock: what expiry and publishing live on. Socket and body time-outs never do."""

import time
from typing import Protocol


class Clock(Protocol):
    """Seconds since the Unix epoch."""

    def now(self) -> float: ...


class SystemClock:
    """Starts at the wall's time and then runs monotonically: a stepped wall clock expires nothing."""

    def __init__(self) -> None:
        self._zero = time.time() - time.monotonic()

    def now(self) -> float:
        return self._zero + time.monotonic()


class ManualClock:
    """Stands still until it is advanced. For tests."""

    def __init__(self, start: float = 1_767_225_600.0) -> None:
        self._now = start

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds`; ValueError if that is backwards."""
        if seconds < 0:
            raise ValueError(f"a clock advances by 0 s or more, got {seconds!r}")
        self._now += seconds
