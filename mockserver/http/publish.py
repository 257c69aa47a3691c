"""The JSON endpoints: creator_info, both inits, status/fetch, and what answers for every other path."""

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Never

from aiohttp import web
from aiohttp.hdrs import CONTENT_TYPE

from mockserver.faults.kinds import Operation
from mockserver.faults.plan import Struck
from mockserver.http.faulting import Faulting, Strike
from mockserver.http.upload import warning_of
from mockserver.protocol import names
from mockserver.protocol.answers import Answer, call_answer, data_answer
from mockserver.protocol.publish import CREATOR, level_warning
from mockserver.protocol.session import UploadSession
from mockserver.protocol.verdicts import CallRefused
from mockserver.service import UploadService
from mockserver.tls.terms import UPLOAD_HOST, is_tiktok_host
from mockserver.wire.auth import bearer_token, is_one_of, what_came_instead
from mockserver.wire.connection import BodyEndedError
from mockserver.wire.exchange import EXCHANGE, to_response
from mockserver.wire.intake import drain, read_whole
from mockserver.wire.targets import authority

LARGEST_CALL: Final = 2**20
"""Bytes of a JSON body. An init has a few hundred; the largest legal title adds 13 kB."""

Decide = Callable[[web.Request, str, object], Awaitable[web.Response]]
"""Answers a call whose token is accepted, from the token and the parsed body."""

_HOST = re.compile(r"[A-Za-z0-9._-]{1,100}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
_DOUBLED = re.compile(r"Duplicate '([A-Za-z-]+)' header")
_NOT_SIMULATED: Final = frozenset(
    f"/v2/{path}/"
    for path in (
        "post/publish/content/init",
        "post/publish/cancel",
        "oauth/token",
        "oauth/revoke",
        "user/info",
        "video/list",
        "video/query",
    )
)
"""Endpoints of TikTok's that are none of this protocol's."""


@dataclass(frozen=True, slots=True)
class PublishHandlers:
    """Handlers of the JSON endpoints."""

    service: UploadService
    tokens: Sequence[str]
    public_url: str | None
    silence: float
    explain: bool
    faulting: Faulting

    async def creator_info(self, request: web.Request) -> web.StreamResponse:
        """creator_info/query: the one call that takes no body as well."""
        return await self._endpoint(request, Operation.CREATOR_INFO, self._creator, no_body=b"{}")

    async def direct_post(self, request: web.Request) -> web.StreamResponse:
        return await self._endpoint(request, Operation.INIT, partial(self._init, draft=False))

    async def draft(self, request: web.Request) -> web.StreamResponse:
        return await self._endpoint(request, Operation.INIT, partial(self._init, draft=True))

    async def status(self, request: web.Request) -> web.StreamResponse:
        """status/fetch."""
        return await self._endpoint(request, Operation.STATUS, self._status)

    async def make_task(self, request: web.Request, owner: str | None, source_info: object) -> web.Response:
        """Make an upload without init, answered like init."""
        ticket = request[EXCHANGE].ticket
        return self._made(request, await self.service.create_task(owner, None, source_info, ticket))

    async def unknown_path(self, request: web.Request) -> web.Response:
        """404 as the live gateway words it; its paths end in a slash and are nothing without it."""
        reason = f"no endpoint is {request.method} {request.path or request.raw_path}"
        if request.path and not request.path.endswith("/"):
            reason += "; TikTok's paths end in a slash"
        if request.path in _NOT_SIMULATED:
            reason = f"TikTok has {request.path}, this mock has not: answer it yourself, or leave it out in tests"
        refused = CallRefused(names.UNSUPPORTED_PATH, names.PATH_UNSUPPORTED, "S-INIT-ENVELOPE", reason)
        return await self._turn_away(request, refused)

    async def wrong_method(self, request: web.Request) -> web.Response:
        reason = f"this endpoint takes POST, got {request.method}"
        refused = CallRefused(names.INVALID_PARAMS, names.FIELDS_INVALID, "S-INIT-ENVELOPE", reason)
        response = await self._turn_away(request, refused, status=405)
        response.headers["Allow"] = "POST"
        return response

    def parser_refusal(self, said: str) -> Answer:
        """The answer to bytes that were no HTTP request; `said` is the parser's own complaint."""
        # The parser quotes what it read behind a colon, credentials and video bytes too: that part is left out.
        complaint = said.strip().partition(":")[0].partition("\n")[0]
        clause, reason = "S-HTTP", f"the bytes are no HTTP request: {complaint}"
        if doubled := _DOUBLED.search(said):
            # aiohttp refuses a second one before any handler sees the first.
            reason = f"wanted one {doubled[1]} header, got several"
            clause = "S-HEAD-RANGE-MALFORMED" if doubled[1] == names.CONTENT_RANGE else clause
        refused = CallRefused(names.INVALID_PARAMS, names.FIELDS_INVALID, clause, reason[:300])
        return call_answer(refused, self._log_id(), 400)

    async def _endpoint(
        self, request: web.Request, operation: Operation, decide: Decide, *, no_body: bytes = b""
    ) -> web.StreamResponse:
        """Token first, then the body, `no_body` for none, then `decide`; a fault strikes at its moment."""
        exchange = request[EXCHANGE]
        exchange.operation = operation.value
        exchange.owner = bearer_token(request)
        struck = Struck(operation, token=exchange.owner, body=request.content_length)
        strike = self.faulting.strike(request, struck)
        try:
            if (early := await strike.before_body()) is not None:
                return early
            answered = await self._call(request, strike, decide, no_body)
            return strike.answer or await strike.answered(answered, committed=answered.status == 200)
        finally:
            strike.settle()

    async def _call(
        self, request: web.Request, strike: Strike, decide: Decide, no_body: bytes
    ) -> web.StreamResponse:
        exchange = request[EXCHANGE]
        token = exchange.owner
        if token is None or (self.tokens and not is_one_of(token, self.tokens)):  # S-INIT-AUTH
            came = what_came_instead(request) if token is None else "one that is not accepted"
            reason = f"'Authorization: Bearer TOKEN' must be there with an accepted token, got {came}"
            refused = CallRefused(names.ACCESS_TOKEN_INVALID, names.TOKEN_INVALID, "S-INIT-AUTH", reason)
            return await self._turn_away(request, refused, strike=strike)
        try:
            raw = await read_whole(request, self.silence, LARGEST_CALL, strike.watched)
        except BodyEndedError as error:
            cut = _bad_body(f"the body must come whole: {error}")
            return self._refuse(request, cut, keep=False)
        if raw is None:
            large = _bad_body(f"the body may have {LARGEST_CALL} bytes, got more")
            return await self._turn_away(request, large, status=413, strike=strike)
        if (struck := strike.answer or await strike.after_body()) is not None:
            return struck
        body = _parse(raw or no_body, request.headers.get(CONTENT_TYPE, ""))
        return self._refuse(request, body) if isinstance(body, CallRefused) else await decide(request, token, body)

    async def _creator(self, request: web.Request, _: str, body: object) -> web.Response:
        if not isinstance(body, dict):
            return self._refuse(request, _bad_body("the body must be a JSON object, or nothing at all"))
        reason = "the same creator for every token"
        return self._respond(request, data_answer(CREATOR, self._log_id(), "S-CREATOR-INFO", reason))

    async def _init(self, request: web.Request, owner: str, body: object, *, draft: bool) -> web.Response:
        ticket = request[EXCHANGE].ticket
        return self._made(request, await self.service.create(owner, body, draft=draft, ticket=ticket))

    def _made(self, request: web.Request, made: UploadSession | CallRefused) -> web.Response:
        if isinstance(made, CallRefused):
            return self._refuse(request, made)
        exchange = request[EXCHANGE]
        exchange.upload_id = made.upload_id
        exchange.warning = "; ".join(filter(None, (warning_of(made), level_warning(made))))
        data = {"publish_id": made.post.publish_id, "upload_url": self._upload_url(request, made)}
        source = made.source
        count = source.total_chunk_count
        chunks = f"{count} chunks of {source.chunk_size}" if count > 1 else "1 chunk"
        reason = f"{source.video_size} bytes declared in {chunks}"
        return self._respond(request, data_answer(data, self._log_id(), "S-INIT-ANSWER", reason))

    async def _status(self, request: web.Request, owner: str, body: object) -> web.Response:
        found = await self.service.status(owner, body)
        if isinstance(found, CallRefused):
            return self._refuse(request, found)
        session, data = found
        request[EXCHANGE].upload_id = session.upload_id
        clause = "S-STATUS-END" if session.complete else "S-STATUS-UPLOADED"
        reason = f"{data['status']}, {data['uploaded_bytes']} bytes uploaded"
        return self._respond(request, data_answer(data, self._log_id(), clause, reason))

    async def _turn_away(
        self,
        request: web.Request,
        refused: CallRefused,
        *,
        status: int | None = None,
        strike: Strike | None = None,
    ) -> web.Response:
        through = strike.watched if strike is not None else None
        ended = await drain(request, self.silence, through)
        return self._refuse(request, refused, status=status, keep=ended)

    def _refuse(
        self, request: web.Request, refused: CallRefused, *, status: int | None = None, keep: bool = True
    ) -> web.Response:
        response = self._respond(request, call_answer(refused, self._log_id(), status))
        if not keep:
            response.force_close()
        return response

    def _respond(self, request: web.Request, answer: Answer) -> web.Response:
        return to_response(answer, request[EXCHANGE], explain=self.explain)

    def _log_id(self) -> str:
        return self.service.identifiers.log_id(self.service.clock.now())

    def _upload_url(self, request: web.Request, session: UploadSession) -> str:
        # At most 256 characters (S-INIT-ANSWER): ids and path have 100, a Host header beyond 110 is not echoed.
        base = self.public_url
        if base is None:
            host = authority(request)
            name = _HOST.fullmatch(host) and (_upload_host(host) if request.secure else host)
            base = f"{request.scheme}://{name or _own_address(request)}"
        query = f"?upload_id={session.upload_id}&upload_token={session.upload_token}"
        return f"{base}{session.rules.upload_path.value}{query}"


def _upload_host(host: str) -> str:
    """Where a client that came by a name of TikTok's is sent to; others go on where they are."""
    name, colon, port = host.partition(":")
    return f"{UPLOAD_HOST}{colon}{port}" if is_tiktok_host(name) else host


def _own_address(request: web.Request) -> str:
    address = request.transport.get_extra_info("sockname") if request.transport else None
    host, port = (address or ("127.0.0.1", 80))[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _parse(raw: bytes, content_type: str) -> object:
    """The JSON value, or the CallRefused that says why it is none (S-INIT-BODY)."""
    try:
        return json.loads(raw.decode(), parse_int=_bounded_int, parse_constant=_no_constant)
    except RecursionError:
        return _bad_body("the body must be a JSON object, got one nested too deeply")
    except ValueError as error:
        reason = f"the body must be a JSON object: {error}"
        if not raw:
            reason = "the body must be a JSON object, got nothing"
        if "form" in content_type.lower():
            reason += f"; a form is not read here (Content-Type {content_type})"
        return _bad_body(reason)


def _bounded_int(digits: str) -> int:
    # No int64 has more than 20 characters; cut, a longer one is still out of range, and cheap.
    return int(digits[:25])


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is not JSON")


def _bad_body(reason: str) -> CallRefused:
    return CallRefused(names.INVALID_PARAMS, names.FIELDS_INVALID, "S-INIT-BODY", reason)
