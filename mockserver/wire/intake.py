"""Reading request bodies: bounded in silence, and thrown away in bounds where the answer is already known."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web
from aiohttp.hdrs import EXPECT
from aiohttp.streams import StreamReader

from mockserver.wire.connection import BodyEndedError, UploadConnection

DRAIN_BYTES = 256 * 2**20
"""Twice the largest chunk there is."""
DRAIN_SECONDS = 20.0


def waits_for_go_ahead(request: web.Request) -> bool:
    """Whether the client sends its body only after `100 Continue`."""
    return request.version >= (1, 1) and request.headers.get(EXPECT, "").lower() == "100-continue"


async def defer_go_ahead(request: web.Request) -> None:
    """Answer Expect not at all yet: routes use this instead of aiohttp's handler, which always says Continue."""


async def pieces(request: web.Request, silence: float) -> AsyncIterator[bytes]:
    """Yield the body as it comes. Raises BodyEndedError after `silence` seconds, or where the peer half-closed.

    Raises ConnectionError where the peer is gone.
    """
    if waits_for_go_ahead(request):
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer proper has not begun
    watch = _Watch(request.content, silence)
    try:
        while piece := await request.content.readany():
            watch.seen()
            yield piece
        if isinstance(request.protocol, UploadConnection) and request.protocol.was_cut(request.content):
            raise BodyEndedError("the peer closed its side")
    except web.RequestPayloadError as error:
        raise BodyEndedError(f"the body could not be read: {error}") from error
    finally:
        watch.end()


class _Watch:
    """Ends a body that has been silent too long: one timer for a whole body, not one for each piece."""

    def __init__(self, content: StreamReader, silence: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._content = content
        self._silence = silence
        self._last = self._loop.time()
        self._timer = self._loop.call_later(silence, self._look)

    def seen(self) -> None:
        self._last = self._loop.time()

    def end(self) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        left = self._last + self._silence - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self._content.set_exception(BodyEndedError(f"nothing came for {self._silence:g} s"))


async def read_whole(request: web.Request, silence: float, limit: int) -> bytes | None:
    """A small body, whole; None where it has more than `limit` bytes (the rest is left unread)."""
    if (request.content_length or 0) > limit:
        return None
    held = bytearray()
    async for piece in pieces(request, silence):
        held += piece
        if len(held) > limit:
            return None
    return bytes(held)


async def drain(request: web.Request, silence: float) -> tuple[int, bool]:
    """Throw the body away: bytes read, and whether it ended, so that the connection can go on.

    A client that writes before it reads sees the answer only if somebody takes its bytes. One that waits for
    `100 Continue` has not sent any, and is not asked to.
    """
    if waits_for_go_ahead(request):
        return 0, request.content.is_eof()
    thrown = 0
    if (request.content_length or 0) > DRAIN_BYTES:
        return thrown, False
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            async for piece in pieces(request, silence):
                thrown += len(piece)
                if thrown > DRAIN_BYTES:
                    return thrown, False
    except (BodyEndedError, TimeoutError):
        return thrown, False
    return thrown, True
