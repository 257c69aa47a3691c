"""Composition root: the only place that knows all parts."""

import errno
import socket
import ssl
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from mockserver.bodies import BodyFactory, body_factory
from mockserver.clock import Clock, MockClock
from mockserver.config import Config
from mockserver.control.contents import ContentHandlers
from mockserver.control.guard import ControlGuard
from mockserver.control.handlers import ControlHandlers
from mockserver.control.routes import add_control_routes
from mockserver.control.steering import SteeringHandlers
from mockserver.control.watching import WatchingHandlers
from mockserver.faults.plan import FaultPlan
from mockserver.http.faulting import Faulting
from mockserver.http.publish import PublishHandlers
from mockserver.http.routes import add_api_routes
from mockserver.http.upload import UploadHandlers
from mockserver.identifiers import Identifiers
from mockserver.journal import Entry, Instant, Journal, Listener
from mockserver.ledger import Ledger
from mockserver.protocol import names
from mockserver.protocol.answers import call_answer
from mockserver.protocol.verdicts import CallRefused
from mockserver.service import Terms, UploadService
from mockserver.state import ServerState
from mockserver.store.memory import MemoryStore
from mockserver.tls.certificate import Certificate, Trust, open_certificate
from mockserver.vault.directory import Vault, open_vault
from mockserver.wire.connection import ConnectionHooks
from mockserver.wire.exchange import Exchange, to_response
from mockserver.wire.recorder import Recorder
from mockserver.wire.runner import UploadRunner

READ_BUFFER: Final = 512 * 1024
"""aiohttp holds up to twice this of one body: large enough for few wake-ups, small beside any chunk."""
KEEP_ALIVE_SECONDS: Final = 75
SHUTDOWN_SECONDS: Final = 0.5
SETTLE_SECONDS: Final = 1.0


@dataclass(slots=True)
class Server:
    """A server that listens. `close` ends it, requests in flight included."""

    url: str
    state: ServerState
    recorder: Recorder
    new_body: BodyFactory
    trust: Trust | None
    """What clients have to trust; None where all is plain HTTP."""
    tls_address: tuple[str, int] | None
    """Where HTTPS is served."""
    _runner: UploadRunner
    _vault: Vault | None
    _certificate: Certificate | None

    @property
    def service(self) -> UploadService:
        return self.state.service

    async def journal(self, upload_id: str | None = None) -> list[Entry]:
        """All entries (of one upload), after those of answers that are just out."""
        await self.recorder.settle(SETTLE_SECONDS)
        return self.state.journal.since(0, upload_id=upload_id)

    async def close(self) -> None:
        await self._runner.cleanup()
        if self._vault is not None:
            await self._vault.close()
        if self._certificate is not None:
            self._certificate.close()


async def start(config: Config, *listeners: Listener, clock: Clock | None = None) -> Server:
    """Listen as configured; returns once the port is open. Raises OSError where it cannot be."""
    certificate = open_certificate(config.tls) if config.tls is not None else None
    try:
        return await _start(config, certificate, *listeners, clock=clock)
    except BaseException:
        if certificate is not None:
            certificate.close()
        raise


async def _start(
    config: Config, certificate: Certificate | None, *listeners: Listener, clock: Clock | None
) -> Server:
    doors = _doors(config, certificate)
    vault = _vault(config, [door.socket for door in doors])
    parts = _Parts(config, clock or MockClock(), vault, *listeners)
    runner = UploadRunner(
        parts.application(),
        hooks=ConnectionHooks(parts.refuse_bytes, parts.recorder.instant),
        access_log=None,
        auto_decompress=False,  # S-BODY-CODING: a body is never inflated
        keepalive_timeout=KEEP_ALIVE_SECONDS,
        lingering_time=0,  # UploadConnection lingers instead, bounded in bytes too
        read_bufsize=READ_BUFFER,
        shutdown_timeout=SHUTDOWN_SECONDS,
    )
    await runner.setup()
    for door in doors:
        await web.SockSite(runner, door.socket, ssl_context=door.context).start()
    secure = next((door.address for door in doors if door.context is not None), None)
    url = _url(config, doors[0])
    trust = certificate.trust if certificate is not None else None
    return Server(url, parts.state, parts.recorder, parts.new_body, trust, secure, runner, vault, certificate)


def _url(config: Config, door: "_Door") -> str:
    host, port = door.address
    name = "localhost" if config.host == "localhost" else host
    return f"http{'s' if door.context else ''}://{f'[{name}]' if ':' in name else name}:{port}"


class _Parts:
    def __init__(self, config: Config, clock: Clock, vault: Vault | None, *listeners: Listener) -> None:
        self._config = config
        terms = Terms(config.rules, config.url_lifetime, config.publish_delay)
        self.service = UploadService(MemoryStore(config.max_uploads), clock, Identifiers(), terms, vault)
        self.new_body = body_factory(config.digest)
        state = self.state = ServerState(self.service, Journal(), Ledger(config.max_uploads), FaultPlan())
        state.plan.add(config.faults)
        self.recorder = Recorder(clock, self.service.resets, state.journal, state.ledger, *listeners)
        self._faulting = Faulting(state.plan, self.service, config.body_timeout)
        self._publish = PublishHandlers(
            service=self.service,
            tokens=config.tokens,
            public_url=config.public_url,
            silence=config.body_timeout,
            explain=config.explain,
            faulting=self._faulting,
        )

    def application(self) -> web.Application:
        config = self._config
        app = web.Application(middlewares=[self.recorder.middleware(self._defect, self._publish.unknown_path)])
        app.on_response_prepare.append(self.recorder.note_answer)
        guard = ControlGuard(config.control_token, (config.host, *config.allow_hosts))
        steering = SteeringHandlers(
            state=self.state,
            make_task=self._publish.make_task,
            silence=config.body_timeout,
        )
        contents = ContentHandlers(self.service, self.new_body, config.digest, config.body_timeout)
        showing = ControlHandlers(self.service, self.state.ledger, self._facts())
        watching = WatchingHandlers(self.state.journal)
        add_control_routes(app.router, guard, showing, steering, watching, contents=contents)
        upload = UploadHandlers(
            service=self.service,
            new_body=self.new_body,
            silence=config.body_timeout,
            explain=config.explain,
            faulting=self._faulting,
        )
        add_api_routes(app.router, self._publish, upload)
        return app

    def _facts(self) -> dict[str, object]:
        config, vault = self._config, self.service.vault
        return {
            "profile": config.profile,
            "url_lifetime": config.url_lifetime,
            "publish_delay": config.publish_delay,
            "digest": config.digest,
            "keep": str(vault.directory) if vault is not None else None,
        }

    def refuse_bytes(self, said: str, arrived: Instant, peer: str) -> web.Response:
        """Answer and record what the HTTP parser refused before any handler (S-HTTP)."""
        exchange = self.recorder.begin(arrived, peer)
        response = to_response(self._publish.parser_refusal(said), exchange, explain=self._config.explain)
        self.recorder.note(exchange, None, response)
        return response

    def _defect(self, exchange: Exchange) -> web.Response:
        log_id = self.service.identifiers.log_id(self.service.clock.now())
        refused = CallRefused(
            names.INTERNAL_ERROR, names.INTERNAL, "", "a defect of this server, not of the client"
        )
        response = to_response(call_answer(refused, log_id), exchange, explain=self._config.explain)
        response.force_close()
        return response


def _vault(config: Config, sockets: list[socket.socket]) -> Vault | None:
    """What `--keep` asks for; where it cannot be, nobody listens."""
    try:
        return open_vault(config.keep) if config.keep is not None else None
    except OSError:
        for listening in sockets:
            listening.close()
        raise


@dataclass(frozen=True, slots=True)
class _Door:
    """A socket that listens, for HTTPS where it has a context."""

    socket: socket.socket
    context: ssl.SSLContext | None

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.socket.getsockname()[:2]
        return host, port


def _doors(config: Config, certificate: Certificate | None) -> list[_Door]:
    sockets = _listen(config.host, config.port)
    if certificate is None or config.tls is None:
        return [_Door(listening, None) for listening in sockets]
    if config.tls.apart is None:
        return [_Door(listening, certificate.context) for listening in sockets]
    plain = [_Door(listening, None) for listening in sockets]
    try:
        return [*plain, *(_Door(one, certificate.context) for one in _listen(*config.tls.apart))]
    except OSError:
        for listening in sockets:
            listening.close()
        raise


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
