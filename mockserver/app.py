"""Composition root: the only place that knows all parts."""

import errno
import socket
import time
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from mockserver.bodies import body_factory
from mockserver.clock import Clock, SystemClock
from mockserver.config import Config
from mockserver.control.guard import ControlGuard
from mockserver.control.handlers import ControlHandlers
from mockserver.control.routes import add_control_routes
from mockserver.http.publish import PublishHandlers
from mockserver.http.routes import add_api_routes
from mockserver.http.upload import UploadHandlers
from mockserver.identifiers import Identifiers
from mockserver.journal import Entry, Journal, Listener
from mockserver.protocol import names
from mockserver.protocol.answers import call_answer
from mockserver.protocol.verdicts import CallRefused
from mockserver.service import Terms, UploadService
from mockserver.store.memory import MemoryStore
from mockserver.wire.connection import UploadRunner
from mockserver.wire.exchange import EXCHANGE, Exchange, to_response

READ_BUFFER: Final = 512 * 1024
"""aiohttp holds up to twice this of one body: large enough for few wake-ups, small beside any chunk."""
KEEP_ALIVE_SECONDS: Final = 75
SHUTDOWN_SECONDS: Final = 0.5

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Server:
    """A server that listens. `close` ends it, requests in flight included."""

    url: str
    service: UploadService
    _runner: UploadRunner

    async def close(self) -> None:
        await self._runner.cleanup()


async def start(config: Config, *listeners: Listener, clock: Clock | None = None) -> Server:
    """Listen as configured; returns once the port is open. Raises OSError where it cannot be."""
    app = _App(config, clock or SystemClock(), Journal(*listeners))
    sockets = _listen(config.host, config.port)
    runner = UploadRunner(
        app.application(),
        parser_refusal=app.refuse_bytes,
        access_log=None,
        auto_decompress=False,  # S-BODY-CODING: a body is never inflated
        keepalive_timeout=KEEP_ALIVE_SECONDS,
        lingering_time=0,  # UploadConnection lingers instead, bounded in bytes too
        read_bufsize=READ_BUFFER,
        shutdown_timeout=SHUTDOWN_SECONDS,
    )
    await runner.setup()
    for listening in sockets:
        await web.SockSite(runner, listening).start()
    host, port = sockets[0].getsockname()[:2]
    name = "localhost" if config.host == "localhost" else host
    return Server(f"http://{f'[{name}]' if ':' in name else name}:{port}", app.service, runner)


class _App:
    def __init__(self, config: Config, clock: Clock, journal: Journal) -> None:
        self._config = config
        self._journal = journal
        terms = Terms(config.rules, config.url_lifetime, config.publish_delay)
        self.service = UploadService(MemoryStore(config.max_uploads), clock, Identifiers(), terms)
        self._publish = PublishHandlers(
            service=self.service,
            tokens=config.tokens,
            public_url=config.public_url,
            silence=config.body_timeout,
            explain=config.explain,
        )

    def application(self) -> web.Application:
        config = self._config
        app = web.Application(middlewares=[self._record])
        facts = {
            "profile": config.profile,
            "url_lifetime": config.url_lifetime,
            "publish_delay": config.publish_delay,
            "digest": config.digest,
        }
        own_names = (config.host, *config.allow_hosts)
        add_control_routes(
            app.router, ControlHandlers(self.service, facts), ControlGuard(config.control_token, own_names)
        )
        upload = UploadHandlers(self.service, body_factory(config.digest), config.body_timeout, config.explain)
        add_api_routes(app.router, self._publish, upload)
        return app

    def refuse_bytes(self, said: str) -> web.Response:
        """Answer and record what the HTTP parser refused before any handler (S-HTTP)."""
        exchange = Exchange()
        answer = self._publish.parser_refusal(said)
        response = to_response(answer, exchange, explain=self._config.explain)
        self._write(exchange, "?", "?", time.time(), answer.status)
        return response

    @web.middleware
    async def _record(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Give each request its exchange and the journal its entry; turn a defect of ours into a 500."""
        exchange = request[EXCHANGE] = Exchange()
        began = time.time()
        status: int | None = None
        try:
            try:
                response = await handler(request)
            except ConnectionError:
                exchange.clause = "S-ATOMIC-CUT"
                exchange.reason = "the client left before its request was whole; nothing was changed"
                raise
            except web.HTTPException:
                raise
            except Exception:  # noqa: BLE001 - the last line of defence; a defect must not end the server
                traceback.print_exc()
                response = self._defect(exchange)
            status = response.status
            return response
        finally:
            self._write(exchange, request.method, request.path, began, status)

    def _defect(self, exchange: Exchange) -> web.Response:
        log_id = self.service.identifiers.log_id(self.service.clock.now())
        refused = CallRefused(
            names.INTERNAL_ERROR, names.INTERNAL, "", "a defect of this server, not of the client"
        )
        response = to_response(call_answer(refused, log_id), exchange, explain=self._config.explain)
        response.force_close()
        return response

    def _write(self, exchange: Exchange, method: str, path: str, began: float, status: int | None) -> None:
        self._journal.record(
            Entry(
                sequence=self._journal.next_sequence(),
                at=began,
                seconds=time.time() - began,
                method=method,
                path=path,
                upload_id=exchange.upload_id,
                content_range=exchange.content_range,
                received=exchange.received,
                status=status,
                clause=exchange.clause,
                reason=exchange.reason,
                warning=exchange.warning,
            )
        )


def _listen(host: str, port: int) -> list[socket.socket]:
    if host != "localhost":
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return [socket.create_server((host, port), family=family, backlog=128)]
    four = socket.create_server(("127.0.0.1", port), backlog=128)
    try:
        six = socket.create_server(("::1", four.getsockname()[1]), family=socket.AF_INET6, backlog=128)
    except OSError as error:
        if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):  # no IPv6 on this machine
            return [four]
        four.close()  # or half of the clients of `localhost` would reach somebody else
        raise
    return [four, six]
