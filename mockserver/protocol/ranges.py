"""Content-Range of a PUT: `bytes FIRST-LAST/TOTAL`, zero based, both ends inclusive."""

import re
from dataclasses import dataclass
from typing import Self

from mockserver.protocol.names import LARGEST_INT64

# Guide, transfer schema. [0-9], not \d: other scripts' digits are no digits here. fullmatch: nothing follows.
_SCHEMA = re.compile(r"bytes ([0-9]+)-([0-9]+)/([0-9]+)")


class RangeError(ValueError):
    """A Content-Range that cannot be read.

    `clause` is S-HEAD-RANGE-MALFORMED or S-HEAD-RANGE-INVERTED; `str()` says what was wanted.
    """

    def __init__(self, clause: str, reason: str) -> None:
        super().__init__(reason)
        self.clause = clause


@dataclass(frozen=True, slots=True)
class ContentRange:
    """Bytes `first` to `last` (inclusive) of `complete_length`, in the words of RFC 9110.

    Raises RangeError where last < first or last >= complete_length (S-HEAD-RANGE-INVERTED).
    """

    first: int
    last: int
    complete_length: int

    def __post_init__(self) -> None:
        if self.last < self.first:  # S-HEAD-RANGE-INVERTED
            raise RangeError("S-HEAD-RANGE-INVERTED", f"LAST {self.last} must not be below FIRST {self.first}")
        if self.last >= self.complete_length:  # S-HEAD-RANGE-INVERTED
            raise RangeError(
                "S-HEAD-RANGE-INVERTED",
                f"LAST is inclusive: {self.last} must be below TOTAL {self.complete_length}",
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a header value. Raises RangeError (S-HEAD-RANGE-MALFORMED, S-HEAD-RANGE-INVERTED)."""
        match = _SCHEMA.fullmatch(text)
        if match is None:  # S-HEAD-RANGE-MALFORMED
            raise RangeError("S-HEAD-RANGE-MALFORMED", "wanted 'bytes FIRST-LAST/TOTAL' in plain digits")
        first, last, total = (_int64(digits) for digits in match.groups())
        return cls(first, last, total)

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __str__(self) -> str:
        return f"bytes {self.first}-{self.last}/{self.complete_length}"


def _int64(digits: str) -> int:
    # Leading zeros are digits; stripping them first keeps int() away from thousands of digits.
    significant = digits.lstrip("0") or "0"
    if len(significant) > 19 or int(significant) > LARGEST_INT64:  # S-HEAD-RANGE-MALFORMED
        raise RangeError("S-HEAD-RANGE-MALFORMED", f"no number may exceed 64 bits ({LARGEST_INT64})")
    return int(significant)
