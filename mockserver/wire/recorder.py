"""Gives each request its exchange, and journal, ledger and log their entry of it."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware

from mockserver.clock import Clock
from mockserver.journal import Instant, Journal, Listener
from mockserver.ledger import Ledger, Sending
from mockserver.resets import Resets
from mockserver.wire.connection import UploadConnection
from mockserver.wire.exchange import EXCHANGE, Exchange
from mockserver.wire.severing import SeveredResponse

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_KEPT: Final = ("S-CHUNK-206", "S-CHUNK-201")
_LOG: Final = logging.getLogger("mockserver")


class Recorder:
    """The outermost middleware, and the one that notes what no handler saw."""

    def __init__(
        self, clock: Clock, resets: Resets, journal: Journal, ledger: Ledger, *listeners: Listener
    ) -> None:
        self._clock = clock
        self._resets = resets
        self._journal = journal
        self._ledger = ledger
        self._listeners = listeners
        self._open: dict[int, Exchange] = {}
        self._noted = asyncio.Event()

    def instant(self) -> Instant:
        """This moment on both clocks."""
        return Instant(self._clock.now(), time.time())

    def begin(self, arrived: Instant, peer: str) -> Exchange:
        return Exchange(arrived, self._resets.ticket(), peer)

    async def settle(self, seconds: float) -> None:
        """Wait until what was answered is noted: an answer that goes out early has its entry after the body."""
        try:
            async with asyncio.timeout(seconds):
                while any(exchange.late and not exchange.noted for exchange in self._open.values()):
                    await self._noted.wait()
        except TimeoutError:
            pass

    def middleware(
        self,
        on_defect: Callable[[Exchange], web.Response],
        on_unrouted: Handler,
    ) -> Middleware:
        """Middleware that records; `on_defect` answers for a handler that raised, `on_unrouted` for aiohttp."""

        @web.middleware
        async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
            exchange = request[EXCHANGE] = self._begin(request)
            self._open[exchange.ticket] = exchange
            response: web.StreamResponse | None = None
            try:
                try:
                    response = await handler(request)
                except web.HTTPException:
                    response = await on_unrouted(request)
            except ConnectionError:
                exchange.clause = "S-ATOMIC-CUT"
                exchange.reason = "the client left before its request was whole; nothing was changed"
                raise
            except Exception:  # noqa: BLE001 - the last line of defence: a defect must not end the server
                _LOG.exception("a defect of this server while it handled %s %s", request.method, request.path)
                response = on_defect(exchange)
            finally:
                del self._open[exchange.ticket]
                # An answer is noted when it is sent, with all its headers; what is none, or goes out early, here.
                if exchange.late or not isinstance(response, web.StreamResponse) or _is_cut(response):
                    self.note(exchange, request, response)
            return response

        return record

    async def note_answer(self, request: web.Request, response: web.StreamResponse) -> None:
        """Signal handler: the headers are complete, and none of them is sent yet."""
        if EXCHANGE in request and not request[EXCHANGE].late:
            self.note(request[EXCHANGE], request, response)

    def _begin(self, request: web.Request) -> Exchange:
        if isinstance(request.protocol, UploadConnection):
            return self.begin(request.protocol.take_arrival(), request.protocol.address)
        return self.begin(self.instant(), "")

    def note(
        self, exchange: Exchange, request: web.BaseRequest | None, response: web.StreamResponse | None
    ) -> None:
        """Record an exchange, once. One that began before a reset is logged, and nowhere else."""
        if exchange.noted:
            return
        exchange.noted = True
        self._noted.set()
        self._noted = asyncio.Event()
        if response is not None and _is_cut(response):
            response = None
        entry = exchange.entry(self._journal.last + 1, self.instant(), request, response)
        ours = request is not None and request.path.startswith("/_mock/")
        if not ours and not self._resets.stale(exchange.ticket, exchange.owner):
            self._journal.record(entry)
            if exchange.known and exchange.upload_id and exchange.content_range:
                sending = Sending(
                    sequence=entry.sequence,
                    at=entry.answered.clock,
                    peer=entry.peer,
                    status=entry.status,
                    received=entry.received,
                    kept=exchange.clause in _KEPT,
                )
                self._ledger.record(exchange.upload_id, exchange.content_range, sending)
        for listener in self._listeners:
            listener(entry)


def _is_cut(response: web.StreamResponse) -> bool:
    return isinstance(response, SeveredResponse)  # what was cut is no answer
