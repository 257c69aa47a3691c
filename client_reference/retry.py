"""How long to wait before a request is sent again, and when to stop."""

from dataclasses import dataclass
from datetime import UTC


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with jitter; all times in seconds.

    `attempts` of one request in a row, the first included, and `resyncs` corrections of the place, both
    counted anew with every chunk the server confirms (C-RETRY-BOUNDED). The wait before attempt n + 1 is
    `base` doubled n - 1 times, at most `cap`; the share `jitter` of it is left to chance. With 1.0 ("full
    jitter") a later wait is often shorter than an earlier one; with the default half it is not, up to the cap
    (C-RETRY-BACKOFF). `longest_pause` is the largest Retry-After that is obeyed: to come back sooner is no
    option, so a larger one ends the upload.
    """

    attempts: int = 6
    base: float = 0.5
    cap: float = 30.0
    jitter: float = 0.5
    longest_pause: float = 120.0
    resyncs: int = 3

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.resyncs < 0:
            raise ValueError(f"attempts {self.attempts!r}, resyncs {self.resyncs!r}: wanted at least 1 and 0")
        if not (0 <= self.base <= self.cap and self.longest_pause >= 0):
            raise ValueError(
                f"base {self.base!r}, cap {self.cap!r}, longest_pause {self.longest_pause!r}: "
                "wanted 0 <= base <= cap and 0 <= longest_pause"
            )
        if not 0 <= self.jitter <= 1:
            raise ValueError(f"jitter {self.jitter!r}: wanted a share between 0 and 1")

    def wait(self, failures: int, draw: float, retry_after: float | None = None) -> float | None:
        """Seconds to wait after the given number of failures in a row; None to give up.

        `draw`, from 0 to 1, comes from the caller's source of chance; `retry_after` is a floor (RFC 9110,
        10.2.3).
        """
        pause = retry_after or 0.0
        if failures >= self.attempts or pause > self.longest_pause:
            return None
        return max(self.backoff(failures, draw), pause)

    def backoff(self, failures: int, draw: float) -> float:
        doubled: float = self.base * 2.0 ** min(max(failures - 1, 0), 1000)
        return min(doubled, self.cap) * (1 - self.jitter * (1 - draw))


class Polls:
    """The status queries of one upload: fewer than 30 a minute, `patience` seconds in all (C-STATUS-POLL)."""

    GAPS = (0.0, 2.0, 3.0, 4.5, 7.0, 10.0, 15.0)  # seconds before each

    def __init__(self, patience: float) -> None:
        self.made = 0
        self._left = patience

    def next_gap(self, at_least: float = 0.0) -> float | None:
        """Seconds to wait before the next query; None to give up."""
        gap = max(self.GAPS[min(self.made, len(self.GAPS) - 1)], at_least)
        self._left -= gap
        if self._left < 0:
            return None
        self.made += 1
        return gap


def retry_after_seconds(value: str | None, now: float | None) -> float | None:
    """Seconds that a Retry-After header asks for, None where it is absent or unreadable.

    `now` is Unix time in seconds; without it the HTTP-date form cannot be read.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    if not text or now is None:
        return None
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - slow to load, for a header that is rare

    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # asctime form has no zone and means GMT
    return max(moment.timestamp() - now, 0.0)
