"""A steady rate of sending (`--limit-rate`)."""

from collections.abc import Awaitable, Callable

SLICE = 1 << 18  # bytes handed to the socket at once: each one taken is a sign of life from a slow network
SLICES_A_SECOND = 10  # of a limited rate: smooth on the wire, and each slice still a sign of life


class Pace:
    """No more than `rate` bytes a second, evenly: time that was not used is not made up for later.

    `clock` gives seconds, `sleep` waits for some. Without a rate nothing ever waits.
    """

    def __init__(
        self, rate: int | None, clock: Callable[[], float], sleep: Callable[[float], Awaitable[object]]
    ) -> None:
        self._rate, self._clock, self._sleep = rate, clock, sleep
        self._free_at = 0.0  # when the next byte may go
        self.slice = SLICE if rate is None else max(1, min(SLICE, rate // SLICES_A_SECOND))

    async def take(self, count: int) -> None:
        """Returns once `count` bytes may go, which are at most `slice`."""
        if self._rate is None:
            return
        now = self._clock()
        pause, self._free_at = self._free_at - now, max(self._free_at, now) + count / self._rate
        if pause > 0:
            await self._sleep(pause)
