"""What happened, one numbered entry for each request that was answered or given up."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One exchange. `status` is None where no answer was sent; bodies are never in it."""

    sequence: int
    at: float
    """Wall clock of the request's arrival, in seconds since the epoch."""
    seconds: float
    """From arrival to answer."""
    method: str
    path: str
    upload_id: str | None
    content_range: str | None
    received: int
    """Bytes of body read."""
    status: int | None
    clause: str
    reason: str
    warning: str


Listener = Callable[[Entry], None]


class Journal:
    """Numbers entries and hands each to the listeners."""

    def __init__(self, *listeners: Listener) -> None:
        self._listeners = listeners
        self._sequence = 0

    def next_sequence(self) -> int:
        self._sequence += 1
        return self._sequence

    def record(self, entry: Entry) -> None:
        for listener in self._listeners:
            listener(entry)
