"""What becomes of the bytes of a chunk: counted and digested as they pass, never kept."""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Protocol

import xxhash

FAST_DIGEST = "xxh3_128"
NO_DIGEST = "none"


class Hasher(Protocol):
    """The part of hashlib's objects that is used here."""

    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


class Body:
    """One chunk's bytes on their way through.

    A `slow` hasher works in a thread, one piece behind, so that its work blocks no other request; a fast
    one is done with a piece before a thread could be woken.
    """

    def __init__(self, hasher: Hasher | None, *, slow: bool = False) -> None:
        self.received = 0
        self._hasher = hasher
        self._slow = slow
        self._pending: asyncio.Future[None] | None = None

    async def write(self, piece: bytes) -> None:
        """Take the next piece; waits until the piece before it is digested."""
        self.received += len(piece)
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


def body_factory(algorithm: str) -> Callable[[], Body]:
    """Make bodies that digest with `algorithm`. Raises ValueError for one that does not exist here."""
    if algorithm == NO_DIGEST:
        return lambda: Body(None)
    if algorithm == FAST_DIGEST:
        return lambda: Body(xxhash.xxh3_128())
    if algorithm not in digest_algorithms():
        raise ValueError(f"no digest algorithm is called {algorithm!r}")
    return lambda: Body(hashlib.new(algorithm, usedforsecurity=False), slow=True)
