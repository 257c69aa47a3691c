"""Reading request bodies: bounded in silence, and thrown away in bounds where the answer is already known."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from aiohttp import web
from aiohttp.hdrs import EXPECT
from aiohttp.streams import StreamReader

from mockserver.wire.connection import BodyEndedError, UploadConnection
from mockserver.wire.exchange import EXCHANGE

Body = AsyncGenerator[bytes, None]
Through = Callable[[Body], Body]
"""Something that a body passes on its way, and that may slow or end it."""

DRAIN_BYTES = 256 * 2**20
"""Twice the largest chunk there is."""
DRAIN_SECONDS = 20.0
DRAIN_CHUNKED_BYTES = 16 * 2**20
"""Chunked bodies are never good, and tiny pieces of them cost much."""


def waits_for_go_ahead(request: web.Request) -> bool:
    """Whether the client sends its body only after `100 Continue`, which it was not sent yet."""
    if request[EXCHANGE].went_ahead:
        return False
    return request.version >= (1, 1) and request.headers.get(EXPECT, "").lower() == "100-continue"


async def defer_go_ahead(request: web.Request) -> None:
    """Answer Expect not at all yet: routes use this instead of aiohttp's handler, which always says Continue."""


async def pieces(request: web.Request, silence: float) -> Body:
    """Yield the body as it comes. Raises BodyEndedError after `silence` seconds, or where the peer half-closed.

    Raises ConnectionError where the peer is gone.
    """
    if waits_for_go_ahead(request):
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer proper has not begun
    exchange = request[EXCHANGE]
    exchange.went_ahead = True
    watch = _Watch(request.content, silence)
    try:
        while piece := await request.content.readany():
            watch.pause()
            exchange.received += len(piece)
            yield piece
            watch.go_on()
        if isinstance(request.protocol, UploadConnection) and request.protocol.was_cut(request.content):
            raise BodyEndedError("the peer closed its side")
        if isinstance(request.protocol, UploadConnection):
            exchange.last_byte = request.protocol.now()
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
        self._waiting = True
        self._timer = self._loop.call_later(silence, self._look)

    def pause(self) -> None:
        """A piece came; until `go_on` nobody waits for another."""
        self._waiting = False

    def go_on(self) -> None:
        self._last = self._loop.time()
        self._waiting = True

    def end(self) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        left = self._last + self._silence - self._loop.time() if self._waiting else self._silence
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self._content.set_exception(BodyEndedError(f"nothing came for {self._silence:g} s"))


async def read_whole(
    request: web.Request,
    silence: float,
    limit: int,
    through: Through | None = None,
) -> bytes | None:
    """A small body, whole; None where it has more than `limit` bytes (the rest is left unread)."""
    if (request.content_length or 0) > limit:
        return None
    held = bytearray()
    body = pieces(request, silence)
    async with aclosing(through(body) if through else body) as passing:
        async for piece in passing:
            held += piece
            if len(held) > limit:
                return None
    return bytes(held)


async def drain(request: web.Request, silence: float, through: Through | None = None) -> bool:
    """Throw the body away; whether it ended, so that the connection can go on.

    A client that writes before it reads sees the answer only if somebody takes its bytes. One that waits for
    `100 Continue` has not sent any, and is not asked to. The body passes `through` what is given.
    """
    if waits_for_go_ahead(request):
        return request.content.is_eof()
    thrown, most = 0, DRAIN_CHUNKED_BYTES if request.content_length is None else DRAIN_BYTES
    if (request.content_length or 0) > most:
        return False
    try:
        body = pieces(request, silence)
        async with asyncio.timeout(DRAIN_SECONDS), aclosing(through(body) if through else body) as passing:
            async for piece in passing:
                thrown += len(piece)
                if thrown > most:
                    return False
    except (BodyEndedError, TimeoutError):
        return False
    return True
