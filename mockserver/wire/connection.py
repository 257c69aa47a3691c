"""One TCP connection: what aiohttp's own does by itself and this protocol needs otherwise.

Leans on private parts of aiohttp 3.14 (hence the pin in pyproject.toml and tests/http/test_connection.py):

- a peer that half-closed may still read: a body cut that way is told to the handler, which answers 400;
- what the HTTP parser refuses is answered in our shape, once, and journalled, without a traceback;
- each head and each body is parsed apart from what follows it, so that garbage behind a request cannot undo it;
- a connection that is to be closed with bytes unread is first emptied for a bounded while: closing at once would
  reset it, and a reset can destroy the answer on its way;
- it can be cut on purpose, with a FIN or a RST.
"""

import asyncio
import logging
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import hdrs, web
from aiohttp.http import RawRequestMessage
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web_protocol import RequestHandler, _ErrInfo

from mockserver.journal import Instant
from mockserver.protocol.answers import DEFECT

SEVER_AFTERWARDS = web.RequestKey("sever_afterwards", bool)
"""Set on a request whose connection is to be cut once its answer is out: True with a RST, False with a FIN."""

_LOG: Final = logging.getLogger("mockserver")
LINGER_SECONDS = 2.0
LINGER_BYTES = 64 * 2**20
_HEAD_END = b"\r\n\r\n"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class ConnectionHooks:
    """What a connection asks of the server around it."""

    refuse_bytes: Callable[[str, Instant, str], web.Response]
    """Makes the answer to bytes that are no HTTP request: from the parser's own words, their arrival, the peer."""
    instant: Callable[[], Instant]


class BodyEndedError(Exception):
    """The body will not become whole, but the peer may still read. `str()` says what was seen."""


class UploadConnection(RequestHandler):
    """aiohttp's connection handler with the differences above."""

    __slots__ = (
        "_arrivals",
        "_began",
        "_body_left",
        "_cut",
        "_emptied",
        "_gone",
        "_half_closed",
        "_head_tail",
        "_hooks",
        "_last_payload",
        "_linger_left",
        "_refused",
        "_whole",
    )

    def __init__(self, *args: Any, hooks: ConnectionHooks, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._hooks = hooks
        self._arrivals: deque[Instant] = deque()
        self._began: Instant | None = None
        self._last_payload: StreamReader | None = None
        self._body_left: int | None = 0  # None: a chunked body, whose end only the parser knows
        self._head_tail = b""
        self._whole = False  # heads and bodies cannot be told apart any more: bytes go to the parser as they come
        self._half_closed = False
        self._cut: StreamReader | None = None
        self._gone = asyncio.Event()
        self._refused = False
        self._emptied: asyncio.Future[None] | None = None
        self._linger_left = LINGER_BYTES

    def was_cut(self, body: StreamReader) -> bool:
        """Whether this body ended only because the peer closed its side."""
        return body is self._cut

    async def gone(self) -> None:
        """Return when the connection is lost. A FIN is no loss: its peer may still read."""
        await self._gone.wait()

    def take_arrival(self) -> Instant:
        """When the first byte of the request now being handled came; once for each request, in order."""
        return self._arrivals.popleft() if self._arrivals else self._hooks.instant()

    @property
    def address(self) -> str:
        """Address and port of the peer."""
        address = self.peername
        return f"{address[0]}:{address[1]}" if isinstance(address, tuple) else ""

    def now(self) -> Instant:
        return self._hooks.instant()

    def data_received(self, data: bytes) -> None:
        if not data and not self._refused:  # aiohttp asks its parser to go on
            self._parse(data)
        while data:
            if self._refused or self._emptied is not None:
                self._throw_away(data)
                return
            if self._between_messages() and self._began is None:
                self._began = self._hooks.instant()
            end, ends_head = (len(data), False) if self._whole else self._end_of_part(data)
            piece, data = (data, b"") if end >= len(data) else (data[:end], data[end:])
            self._parse(piece)
            if ends_head and self._began is not None:
                # The parser holds the request back (too many wait): where its body ends is not known here.
                self._whole = True

    def eof_received(self) -> bool:  # type: ignore[override]  # aiohttp returns None, asyncio reads a bool
        self._half_closed = True
        if self._emptied is not None:
            self._finish_linger()
            return False
        if self._last_payload is not None and not self._last_payload.is_eof():
            self._cut = self._last_payload
            self._last_payload.feed_eof()
            return not self._encrypted()  # TLS in asyncio knows no half-closed connection
        idle = self._waiter is not None and not self._waiter.done() and not self._messages
        return not idle and not self._encrypted()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._finish_linger()
        self._gone.set()
        super().connection_lost(exc)

    async def shutdown(self, timeout: float | None = 15.0) -> None:  # noqa: ASYNC109 - aiohttp's
        """End it, without waiting for a TLS peer's own end, which could come after the loop's."""
        transport, encrypted = self.transport, self._encrypted()
        await super().shutdown(timeout)
        if transport is not None and encrypted:
            transport.abort()

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        resp, reset = await super().finish_response(request, resp, start_time)
        if not reset and SEVER_AFTERWARDS in request:
            await self.sever(b"", reset=request[SEVER_AFTERWARDS])
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
        if isinstance(exc, ConnectionError):
            raise exc  # the peer is gone: nobody to answer, nothing to log
        if request.writer.output_size > 0:
            return super().handle_error(request, status, exc, message)
        if status != 400:
            _LOG.error("a defect of this server in its answer to a defect", exc_info=exc)
            return _last_resort()
        response = self._hooks.refuse_bytes(message or str(exc), self.take_arrival(), self.address)
        response.headers[hdrs.CONNECTION] = "close"
        response.force_close()
        return response

    async def sever(self, last_words: bytes, *, reset: bool) -> None:
        """Send `last_words` as they are, then a FIN or a RST; whatever else comes is thrown away."""
        self._refused = True
        self._messages.clear()
        if self.transport is None:
            return
        if last_words:
            self.transport.write(last_words)
        if reset:
            connected = self.transport.get_extra_info("socket")
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self.transport.abort()
            return
        await self._linger()
        self.close()

    def _encrypted(self) -> bool:
        return self.transport is not None and self.transport.get_extra_info("sslcontext") is not None

    def _between_messages(self) -> bool:
        if self._body_left is None and self._last_payload is not None and self._last_payload.is_eof():
            self._body_left = 0
        return self._body_left == 0

    def _end_of_part(self, data: bytes) -> tuple[int, bool]:
        """How much of `data` belongs to the head or body that is being received; whether a head ends there."""
        if self._body_left is None:
            return len(data), False
        if self._body_left:
            taken = min(self._body_left, len(data))
            self._body_left -= taken
            return taken, False
        seen = self._head_tail + data
        end = seen.find(_HEAD_END)
        if end < 0:
            self._head_tail = seen[-3:]
            return len(data), False
        taken = end + len(_HEAD_END) - len(self._head_tail)
        self._head_tail = b""
        return taken, True

    def _parse(self, data: bytes) -> None:
        before = self._request_count
        super().data_received(data)
        if self._request_count > before:
            self._note_messages(self._request_count - before)

    def _note_messages(self, count: int) -> None:
        began, self._began = self._began or self._hooks.instant(), None
        self._arrivals.extend([began] * count)
        message, payload = self._messages[-1]
        if isinstance(message, RawRequestMessage) and message.version.major != 1:
            message, payload = _unspoken(message), EMPTY_PAYLOAD
            self._messages[-1] = message, payload
        if not isinstance(message, _ErrInfo):
            self._last_payload = payload
            self._body_left = _body_length(message, payload)
            return
        self._refused = True
        if self._last_payload is not None and not self._last_payload.is_eof():
            # It was a body that broke its framing: its own request is answered, not the rubble.
            self._messages.pop()
            self._arrivals.pop()
            self._last_payload.set_exception(BodyEndedError("its framing is broken"))

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
            if not self._encrypted():
                self.transport.write_eof()
            elif self.transport.get_write_buffer_size() == 0:  # asyncio's TLS cannot half-close; the socket can
                self.transport.get_extra_info("socket").shutdown(socket.SHUT_WR)
            self._resume_transport_reading()
            async with asyncio.timeout(LINGER_SECONDS):
                await self._emptied
        except (OSError, TimeoutError):
            pass

    def _finish_linger(self) -> None:
        if self._emptied is not None and not self._emptied.done():
            self._emptied.set_result(None)


def _body_length(message: Any, payload: StreamReader) -> int | None:
    """Bytes of body still to come behind this head; None for a chunked one."""
    if payload.is_eof():
        return 0
    length = message.headers.get(hdrs.CONTENT_LENGTH)
    return None if length is None else int(length) - payload.total_bytes


def _unspoken(message: RawRequestMessage) -> _ErrInfo:
    """Requests of HTTP/0.9 and 2.0, which aiohttp takes for ones of 1.1, and answers in their version."""
    major, minor = message.version
    told = f"HTTP/1.1 is spoken here, the request line says HTTP/{major}.{minor}"
    return _ErrInfo(400, BadHttpMessage(told), told)


def _last_resort() -> web.Response:
    """What is answered where not even the answer to a defect can be made."""
    response = web.Response(status=DEFECT.status, body=DEFECT.body, content_type="application/json")
    response.force_close()
    return response
