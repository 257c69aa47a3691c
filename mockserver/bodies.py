"""What becomes of the bytes of a chunk: counted and digested as they pass, and handed on where they are kept."""

import asyncio
import hashlib
from typing import Protocol

import xxhash

FAST_DIGEST = "xxh3_128"
NO_DIGEST = "none"


class Hasher(Protocol):
    """The part of hashlib's objects that is used here."""

    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


class Sink(Protocol):
    """Takes pieces elsewhere, in order, and holds at most one back."""

    async def write(self, piece: bytes, /) -> None: ...


class Body:
    """One chunk's bytes on their way through, and into a `sink` where there is one.

    A `slow` hasher works in a thread, one piece behind, so that its work blocks no other request; a fast
    one is done with a piece before a thread could be woken.
    """

    def __init__(self, hasher: Hasher | None, *, slow: bool = False, sink: Sink | None = None) -> None:
        self.received = 0
        self._hasher = hasher
        self._slow = slow
        self._sink = sink
        self._pending: asyncio.Future[None] | None = None

    async def write(self, piece: bytes) -> None:
        """Take the next piece; waits until the piece before it is dealt with."""
        self.received += len(piece)
        if self._sink is not None:
            await self._sink.write(piece)
        if self._hasher is None:
            return
        if not self._slow:
            self._hasher.update(piece)
            return
        await self._settle()
        loop = asyncio.get_running_loop()
        self._pending = loop.run_in_executor(None, self._hasher.update, piece)

    async def digest(self) -> str | None:
        """Lower-case hex digest of all pieces, None where none was asked for."""
        await self._settle()
        return self._hasher.hexdigest() if self._hasher else None

    async def _settle(self) -> None:
        if self._pending is not None:
            await self._pending
            self._pending = None


def digest_algorithms() -> list[str]:
    """What `body_factory` knows: the fast one, every fixed-length one of hashlib, and none."""
    fixed = (name for name in hashlib.algorithms_available if not name.startswith("shake_"))
    return [FAST_DIGEST, NO_DIGEST, *sorted(fixed)]


class BodyFactory(Protocol):
    """Makes a body for each request."""

    def __call__(self, sink: Sink | None = None, /) -> Body: ...


def body_factory(algorithm: str) -> BodyFactory:
    """Make bodies that digest with `algorithm`. Raises ValueError for one that does not exist here."""
    if algorithm == NO_DIGEST:
        return lambda sink=None, /: Body(None, sink=sink)
    if algorithm == FAST_DIGEST:
        return lambda sink=None, /: Body(xxhash.xxh3_128(), sink=sink)
    if algorithm not in digest_algorithms():
        raise ValueError(f"no digest algorithm is called {algorithm!r}")
    return lambda sink=None, /: Body(hashlib.new(algorithm, usedforsecurity=False), slow=True, sink=sink)
