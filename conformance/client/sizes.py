"""Sizes as scenarios write them: `5 MB - 1`, `3 * 10 M`, `several`."""

import re
from dataclasses import dataclass
from typing import Final

BINARY: Final = 1_048_576
DECIMAL: Final = 1_000_000
SEVERAL: Final = "several"
"""A file that the client cuts into three chunks or more; how large that is, a first upload shows."""

_TERM: Final = re.compile(r"(?:(\d+) \* )?(\d+)(?: (MB|M))?")


class SizeError(ValueError):
    """What was written is no size."""


@dataclass(frozen=True, slots=True)
class Units:
    """What a MB is: `mb` bytes, or the binary one for `MB` and the decimal one for `M`."""

    mb: int | None = None

    def bytes_of(self, text: str) -> int:
        """The bytes of a sum like `64 MB + 1`. Raises SizeError."""
        total, sign = 0, 1
        for word in re.split(r" ([+-]) ", text):
            if word in ("+", "-"):
                sign = 1 if word == "+" else -1
                continue
            found = _TERM.fullmatch(word)
            if found is None:
                raise SizeError(f"wanted a size like '5 MB - 1' or '3 * 10 M', got {text!r}")
            total += sign * int(found[1] or 1) * int(found[2]) * self._unit(found[3])
        if total < 1:
            raise SizeError(f"wanted at least one byte, got {text!r}, which is {total}")
        return total

    def _unit(self, name: str | None) -> int:
        if name is None:
            return 1
        return self.mb or (BINARY if name == "MB" else DECIMAL)
