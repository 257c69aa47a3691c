"""What happened: one numbered entry for each request that was answered or given up, the newest so many of them."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from mockserver.masking import masked

MOST_ENTRIES: Final = 10_000
MOST_BYTES: Final = 32 * 2**20
NO_BEARER: Final = "C-URL-NO-BEARER"
"""Begins the warning of a PUT that carries the access token."""
_OVERHEAD: Final = 1000
"""Bytes an entry takes besides its texts."""


def iso(seconds: float) -> str:
    """Seconds since the epoch in ISO 8601, UTC, to the microsecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment on both clocks: the mock's and the wall's, in seconds since the epoch."""

    clock: float
    wall: float

    def as_json(self) -> dict[str, str]:
        """Both in ISO 8601, UTC, to the microsecond."""
        return {"clock": iso(self.clock), "wall": iso(self.wall)}


@dataclass(frozen=True, slots=True)
class Head:
    """A request line and its headers in the order received; credentials are masked."""

    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer's status and headers."""

    status: int
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Fired:
    """A fault that struck a request."""

    number: int
    kind: str
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One exchange. Bodies are never in it."""

    sequence: int = 0
    peer: str
    """Address and port of the other side."""
    operation: str | None
    """creator_info, init, status, chunk; None for other requests."""
    owner: str | None
    """The bearer token it belongs to, of the upload for a chunk. Shown masked."""
    upload_id: str | None
    chunk: int | None
    """The planned chunk that starts at FIRST, counted from 1."""
    content_range: str | None
    head: Head | None
    """None where the bytes were no HTTP request."""
    received: int
    """Bytes of body read."""
    sent: Sent | None
    """None where no answer, or none that is whole, was sent."""
    clause: str
    reason: str
    warning: str
    fault: Fired | None
    first_byte: Instant
    last_byte: Instant | None
    """None where the body did not become whole."""
    answered: Instant

    @property
    def status(self) -> int | None:
        return self.sent.status if self.sent else None

    @property
    def method(self) -> str:
        return self.head.method if self.head else "?"

    @property
    def path(self) -> str:
        """The request target's path: without its query, and without the host of an absolute form."""
        path = self.head.target.partition("?")[0] if self.head else "?"
        _, absolute, rest = path.partition("://")
        return f"/{rest.partition('/')[2]}" if absolute and not path.startswith("/") else path

    @property
    def remark(self) -> str:
        """The warning where it is new: that of a plan is said at its init, not with each chunk again."""
        return self.warning if self.operation == "init" or self.warning.startswith(NO_BEARER) else ""

    def as_json(self) -> dict[str, object]:
        """The entry as /_mock/journal shows it; times in ISO 8601, UTC, on both clocks."""
        head, sent, fault = self.head, self.sent, self.fault
        return {
            "sequence": self.sequence,
            "peer": self.peer,
            "operation": self.operation,
            "token": masked(self.owner) if self.owner else None,
            "upload_id": self.upload_id,
            "chunk": self.chunk,
            "content_range": self.content_range,
            "request": {
                "method": head.method,
                "target": head.target,
                "version": head.version,
                "headers": [list(pair) for pair in head.headers],
            }
            if head
            else None,
            "received": self.received,
            "answer": {"status": sent.status, "headers": [list(pair) for pair in sent.headers]} if sent else None,
            "clause": self.clause,
            "reason": self.reason,
            "warning": self.warning,
            "fault": {"id": fault.number, "kind": fault.kind, "when": fault.when} if fault else None,
            "times": {
                "first_byte": self.first_byte.as_json(),
                "last_byte": self.last_byte.as_json() if self.last_byte else None,
                "answer": self.answered.as_json(),
            },
        }

    def size(self) -> int:
        """Bytes of memory, roughly."""
        headers = (*(self.head.headers if self.head else ()), *(self.sent.headers if self.sent else ()))
        texts = (self.content_range or "", self.reason, self.warning, self.head.target if self.head else "")
        return _OVERHEAD + sum(map(len, texts)) + sum(len(name) + len(value) + 150 for name, value in headers)


Listener = Callable[[Entry], None]


class Journal:
    """Entries in order, bounded in number and bytes: the oldest are dropped, and counted."""

    def __init__(self, most: int = MOST_ENTRIES, most_bytes: int = MOST_BYTES) -> None:
        self.dropped = 0
        self.last = 0
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._entries: deque[Entry] = deque()
        self._grown = asyncio.Event()

    def record(self, entry: Entry) -> None:
        """Append an entry, whose `sequence` is `last` + 1."""
        self.last = entry.sequence
        self._entries.append(entry)
        self._bytes += entry.size()
        while len(self._entries) > self._most or self._bytes > self._most_bytes:
            self._bytes -= self._entries.popleft().size()
            self.dropped += 1
        self._grown.set()
        self._grown = asyncio.Event()

    def since(self, sequence: int, *, token: str | None = None, upload_id: str | None = None) -> list[Entry]:
        """Entries numbered above `sequence`, narrowed to a bearer token or an upload."""
        return [
            entry
            for entry in self._newer(sequence)
            if token in (None, entry.owner) and upload_id in (None, entry.upload_id)
        ]

    def forget(self, token: str | None = None) -> int:
        """Drop all entries (those of `token` only); how many. Numbers go on."""
        kept = [] if token is None else [entry for entry in self._entries if entry.owner != token]
        gone = len(self._entries) - len(kept)
        self._entries = deque(kept)
        self._bytes = sum(entry.size() for entry in kept)
        if token is None:
            self.dropped = 0
        return gone

    async def beyond(self, sequence: int) -> None:
        """Wait until there is an entry numbered above `sequence`."""
        while self.last <= sequence:
            await self._grown.wait()

    def _newer(self, sequence: int) -> Iterable[Entry]:
        newest: deque[Entry] = deque()
        for entry in reversed(self._entries):
            if entry.sequence <= sequence:
                break
            newest.appendleft(entry)
        return newest
