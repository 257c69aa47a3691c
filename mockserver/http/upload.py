"""PUT of a chunk to the upload_url."""

from dataclasses import dataclass, replace

from aiohttp import web
from aiohttp.hdrs import AUTHORIZATION, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE

from mockserver.bodies import BodyFactory
from mockserver.faults.kinds import Operation
from mockserver.faults.plan import Struck
from mockserver.http.faulting import Faulting, Strike
from mockserver.journal import NO_BEARER
from mockserver.protocol.answers import Answer, method_answer, put_answer, unkept_answer
from mockserver.protocol.ranges import ContentRange, RangeError
from mockserver.protocol.rules import Cors
from mockserver.protocol.session import Chunk, ChunkHead, UploadSession
from mockserver.protocol.source import one_sided
from mockserver.protocol.verdicts import Refused
from mockserver.service import UploadService
from mockserver.vault.directory import VaultError
from mockserver.vault.side import SideFile
from mockserver.wire.connection import BodyEndedError
from mockserver.wire.exchange import EXCHANGE, to_response
from mockserver.wire.intake import drain, pieces

_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Range, X-Mock-Clause, X-Mock-Reason, X-Mock-Warning",
}
_PREFLIGHT = {
    **_CORS,
    "Access-Control-Allow-Methods": "PUT",
    "Access-Control-Allow-Headers": "Content-Type, Content-Range",
    "Access-Control-Max-Age": "600",
}
_BEARER = f"{NO_BEARER}: the access token is not for the upload host, and this PUT carries an Authorization"


def warning_of(session: UploadSession) -> str:
    """The X-Mock-Warning of a plan that one reading of A1 to A3 would refuse; empty for others."""
    found = one_sided(session.source, session.rules)
    return "; ".join(f"another reading ({ambiguity}) refuses this plan: {why}" for ambiguity, why in found)


@dataclass(frozen=True, slots=True)
class UploadHandlers:
    """Handlers of the upload URL."""

    service: UploadService
    new_body: BodyFactory
    silence: float
    explain: bool
    faulting: Faulting

    async def put_chunk(self, request: web.Request) -> web.StreamResponse:
        """Judge the head, take the body in if it passes, judge again, answer."""
        head = _read_head(request)
        strike = self.faulting.strike(request, await self._note(request, head))
        try:
            early = await strike.before_body()
            return early if early is not None else await self._judge(request, head, strike)
        finally:
            strike.settle()

    async def _note(self, request: web.Request, head: ChunkHead) -> Struck:
        """Put into the exchange what is known of the chunk, and say what it is to a fault."""
        exchange = request[EXCHANGE]
        upload_id = request.query.get("upload_id", "")
        session = await self.service.upload(upload_id)
        exchange.operation = Operation.CHUNK.value
        exchange.upload_id = upload_id or None
        exchange.content_range = ", ".join(head.content_range) or None
        if AUTHORIZATION in request.headers:
            exchange.warning = _BEARER
        last = False
        if session is not None:
            exchange.known = True
            exchange.owner = session.post.owner
            exchange.chunk = _planned_chunk(session, head)
            last = exchange.chunk == session.source.total_chunk_count
        return Struck(Operation.CHUNK, exchange.chunk, upload_id, exchange.owner, head.content_length, last)

    async def _judge(self, request: web.Request, head: ChunkHead, strike: Strike) -> web.StreamResponse:
        exchange = request[EXCHANGE]
        upload_id = exchange.upload_id or ""
        admitted = await self.service.admit(upload_id, head)
        if isinstance(admitted, Refused):
            return await self._turn_away(request, put_answer(admitted, self.service.rules), strike)
        exchange.warning = "; ".join(filter(None, (exchange.warning, warning_of(admitted))))
        side = self.service.side_file(admitted, head)
        try:
            return await self._take_in(request, Chunk(head, 0, None, admitted.offset), side, strike)
        finally:
            if side is not None:
                side.close()

    async def _take_in(
        self, request: web.Request, chunk: Chunk, side: SideFile | None, strike: Strike
    ) -> web.StreamResponse:
        """Read the body of a chunk that was let in, and decide."""
        exchange = request[EXCHANGE]
        body, cut = self.new_body(side), ""
        try:
            async for piece in strike.watched(pieces(request, self.silence)):
                await body.write(piece)
        except BodyEndedError as error:
            cut = f" ({error})"
        answered = strike.answer or (None if cut else await strike.after_body())
        if answered is not None:
            return answered
        chunk = replace(chunk, received=body.received, digest=await body.digest())
        try:
            _, verdict = await self.service.receive(exchange.upload_id or "", chunk, side)
            answer = put_answer(verdict, self.service.rules)
        except VaultError as error:
            answer = unkept_answer(str(error), self.service.rules)
        response = self._respond(request, replace(answer, reason=answer.reason + cut), keep=not cut)
        return await strike.answered(response, committed=answer.status < 300)

    async def other_method(self, request: web.Request) -> web.StreamResponse:
        """405, or a preflight under cors=on (A17)."""
        exchange = request[EXCHANGE]
        exchange.upload_id = request.query.get("upload_id")
        if request.method == "OPTIONS" and self.service.rules.cors is Cors.ON:
            answer = Answer(204, b"", _PREFLIGHT, "S-HEAD-METHOD", "a preflight under cors=on")
            return self._respond(request, answer, keep=True)
        return await self._turn_away(request, method_answer(request.method, self.service.rules))

    async def _turn_away(
        self, request: web.Request, answer: Answer, strike: Strike | None = None
    ) -> web.StreamResponse:
        through = strike.watched if strike is not None else None
        ended = await drain(request, self.silence, through)
        if (
            strike is not None
            and (struck := strike.answer or (await strike.after_body() if ended else None)) is not None
        ):
            return struck
        response = self._respond(request, answer, keep=ended)
        return response if strike is None else await strike.answered(response, committed=False)

    def _respond(self, request: web.Request, answer: Answer, *, keep: bool) -> web.Response:
        response = to_response(answer, request[EXCHANGE], explain=self.explain)
        if self.service.rules.cors is Cors.ON:
            for name, value in _CORS.items():
                response.headers.setdefault(name, value)
        if not keep:
            response.force_close()
        return response


def _planned_chunk(session: UploadSession, head: ChunkHead) -> int | None:
    """The planned chunk that starts at the request's FIRST; None where its range cannot be read."""
    try:
        return session.source.number_at(ContentRange.parse(head.content_range[0]).first)
    except (RangeError, IndexError):
        return None


def _read_head(request: web.Request) -> ChunkHead:
    headers = request.headers
    return ChunkHead(
        upload_token=request.query.get("upload_token", ""),
        content_range=tuple(headers.getall(CONTENT_RANGE, ())),
        content_length=request.content_length,
        content_type=tuple(headers.getall(CONTENT_TYPE, ())),
        content_encoding=tuple(headers.getall(CONTENT_ENCODING, ())),
    )
