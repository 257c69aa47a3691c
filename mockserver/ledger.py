"""For each upload and byte range: who sent it, when, how often, and whether it was kept."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from mockserver.protocol.ranges import ContentRange, RangeError

MOST_RANGES: Final = 2_000
"""Of one upload; a good one has at most a thousand."""
MOST_SENDINGS: Final = 20
"""Of one range; the count goes on."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One request that named the range."""

    sequence: int
    """Its number in the journal."""
    at: float
    """On the mock's clock."""
    peer: str
    status: int | None
    received: int
    kept: bool


@dataclass(slots=True)
class Row:
    """One byte range."""

    first: int
    last: int
    times: int = 0
    kept: bool = False
    sendings: deque[Sending] = field(default_factory=lambda: deque(maxlen=MOST_SENDINGS))


class Ledger:
    """Rows of the newest so many uploads."""

    def __init__(self, most_uploads: int) -> None:
        self._most_uploads = most_uploads
        self._uploads: dict[str, dict[tuple[int, int], Row]] = {}

    def record(self, upload_id: str, content_range: str, sending: Sending) -> None:
        """Note a request; one whose range cannot be read is in the journal only."""
        try:
            span = ContentRange.parse(content_range)
        except RangeError:
            return
        rows = self._uploads.setdefault(upload_id, {})
        if (span.first, span.last) not in rows and len(rows) >= MOST_RANGES:
            return
        row = rows.setdefault((span.first, span.last), Row(span.first, span.last))
        row.times += 1
        row.kept = row.kept or sending.kept
        row.sendings.append(sending)
        while len(self._uploads) > self._most_uploads:
            del self._uploads[next(iter(self._uploads))]

    def rows(self, upload_id: str) -> Sequence[Row]:
        """The upload's rows by first byte."""
        return sorted(self._uploads.get(upload_id, {}).values(), key=lambda row: (row.first, row.last))

    def forget(self, upload_id: str | None = None) -> None:
        """Drop the rows of one upload, or of all."""
        if upload_id is None:
            self._uploads.clear()
        else:
            self._uploads.pop(upload_id, None)
