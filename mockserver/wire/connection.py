"""One TCP connection: what aiohttp's own does by itself and this protocol needs otherwise.

Leans on private parts of aiohttp 3.14 (hence the pin in pyproject.toml and tests/http/test_connection.py):

- a peer that half-closed may still read: a body cut that way is told to the handler, which answers 400;
- what the HTTP parser refuses is answered in our shape, once, and journalled, without a traceback;
- a request is parsed apart from what follows its head, so that garbage behind a body cannot undo the request;
- a connection that is to be closed with bytes unread is first emptied for a bounded while: closing at once would
  reset it, and a reset can destroy the answer on its way.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import RequestHandler, _ErrInfo

LINGER_SECONDS = 2.0
LINGER_BYTES = 64 * 2**20

ParserRefusal = Callable[[str], web.Response]
"""Makes the answer to bytes that are no HTTP request, from the parser's own words."""


class BodyEndedError(Exception):
    """The body will not become whole, but the peer may still read. `str()` says what was seen."""


class UploadConnection(RequestHandler):
    """aiohttp's connection handler with the four differences above."""

    __slots__ = (
        "_cut",
        "_emptied",
        "_half_closed",
        "_last_payload",
        "_linger_left",
        "_parser_refusal",
        "_refused",
    )

    def __init__(self, *args: Any, parser_refusal: ParserRefusal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._parser_refusal = parser_refusal
        self._last_payload: StreamReader | None = None
        self._half_closed = False
        self._cut: StreamReader | None = None
        self._refused = False
        self._emptied: asyncio.Future[None] | None = None
        self._linger_left = LINGER_BYTES

    def was_cut(self, body: StreamReader) -> bool:
        """Whether this body ended only because the peer closed its side."""
        return body is self._cut

    def data_received(self, data: bytes) -> None:
        if self._refused or self._emptied is not None:
            self._throw_away(data)
            return
        if self._last_payload is None or self._last_payload.is_eof():
            head_end = data.find(b"\r\n\r\n") + 4
            if 4 <= head_end < len(data):
                self._parse(data[:head_end])
                data = data[head_end:]
        self._parse(data)

    def eof_received(self) -> bool:  # type: ignore[override]  # aiohttp returns None, asyncio reads a bool
        self._half_closed = True
        if self._emptied is not None:
            self._finish_linger()
            return False
        if self._last_payload is not None and not self._last_payload.is_eof():
            self._cut = self._last_payload
            self._last_payload.feed_eof()
            return True
        idle = self._waiter is not None and not self._waiter.done() and not self._messages
        return not idle

    def connection_lost(self, exc: BaseException | None) -> None:
        self._finish_linger()
        super().connection_lost(exc)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        resp, reset = await super().finish_response(request, resp, start_time)
        if reset or self._messages:
            return resp, reset
        if self._refused or not request.content.is_eof():
            await self._linger()
        if self._half_closed:
            self.close()
        return resp, reset

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if status != 400 or request.writer.output_size > 0:
            return super().handle_error(request, status, exc, message)
        response = self._parser_refusal(message or str(exc))
        response.force_close()
        return response

    def _parse(self, data: bytes) -> None:
        if self._refused:
            self._throw_away(data)
            return
        super().data_received(data)
        if not self._messages:
            return
        message, payload = self._messages[-1]
        if isinstance(message, _ErrInfo):
            self._refused = True
            if self._last_payload is not None and not self._last_payload.is_eof():
                # It was a body that broke its framing: its own request is answered, not the rubble.
                self._messages.pop()
                self._last_payload.set_exception(BodyEndedError(f"its framing is broken: {message.message}"))
        else:
            self._last_payload = payload

    def _throw_away(self, data: bytes) -> None:
        self._linger_left -= len(data)
        if self._linger_left < 0:
            self._finish_linger()
            if self.transport is not None:
                self.transport.abort()

    async def _linger(self) -> None:
        if self.transport is None or self._half_closed:
            return
        self._emptied = self._loop.create_future()
        try:
            self.transport.write_eof()
            self._resume_transport_reading()
            async with asyncio.timeout(LINGER_SECONDS):
                await self._emptied
        except (OSError, TimeoutError):
            pass

    def _finish_linger(self) -> None:
        if self._emptied is not None and not self._emptied.done():
            self._emptied.set_result(None)


class UploadServer(web.Server):
    """Makes an UploadConnection for each connection."""

    def __init__(self, *args: Any, parser_refusal: ParserRefusal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._parser_refusal = parser_refusal

    def __call__(self) -> RequestHandler:
        return UploadConnection(self, loop=self._loop, parser_refusal=self._parser_refusal, **self._kwargs)


class UploadRunner(web.AppRunner):
    """Runs an application on UploadConnections."""

    __slots__ = ("_parser_refusal",)

    def __init__(self, app: web.Application, *, parser_refusal: ParserRefusal, **kwargs: Any) -> None:
        super().__init__(app, **kwargs)
        self._parser_refusal = parser_refusal

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return UploadServer(
            made.request_handler,
            request_factory=made.request_factory,
            parser_refusal=self._parser_refusal,
            **made._kwargs,  # noqa: SLF001 - what aiohttp would have given its own connections
        )
