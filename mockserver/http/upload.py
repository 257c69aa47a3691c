"""PUT of a chunk to the upload_url."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from aiohttp import web
from aiohttp.hdrs import CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE

from mockserver.bodies import Body
from mockserver.protocol.answers import Answer, method_answer, put_answer
from mockserver.protocol.rules import Cors
from mockserver.protocol.session import Chunk, ChunkHead, UploadSession
from mockserver.protocol.source import one_sided
from mockserver.protocol.verdicts import Refused
from mockserver.service import UploadService
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


def warning_of(session: UploadSession) -> str:
    """The X-Mock-Warning of a plan that one reading of A1 to A3 would refuse; empty for others."""
    found = one_sided(session.source, session.rules)
    return "; ".join(f"another reading ({ambiguity}) refuses this plan: {why}" for ambiguity, why in found)


@dataclass(frozen=True, slots=True)
class UploadHandlers:
    """Handlers of the upload URL."""

    service: UploadService
    new_body: Callable[[], Body]
    silence: float
    explain: bool

    async def put_chunk(self, request: web.Request) -> web.Response:
        """Judge the head, take the body in if it passes, judge again, answer."""
        exchange = request[EXCHANGE]
        upload_id = request.query.get("upload_id", "")
        exchange.upload_id = upload_id or None
        head = _read_head(request)
        exchange.content_range = ", ".join(head.content_range) or None
        admitted = await self.service.admit(upload_id, head)
        if isinstance(admitted, Refused):
            return await self._turn_away(request, put_answer(admitted, self.service.rules))
        exchange.warning = warning_of(admitted)
        body, cut = self.new_body(), ""
        try:
            async for piece in pieces(request, self.silence):
                exchange.received += len(piece)
                await body.write(piece)
        except BodyEndedError as error:
            cut = f" ({error})"
        chunk = Chunk(head, body.received, await body.digest(), admitted.offset)
        _, verdict = await self.service.receive(upload_id, chunk)
        answer = put_answer(verdict, self.service.rules)
        return self._respond(request, replace(answer, reason=answer.reason + cut), keep=not cut)

    async def other_method(self, request: web.Request) -> web.Response:
        """405, or a preflight under cors=on (A17)."""
        exchange = request[EXCHANGE]
        exchange.upload_id = request.query.get("upload_id")
        if request.method == "OPTIONS" and self.service.rules.cors is Cors.ON:
            answer = Answer(204, b"", _PREFLIGHT, "S-HEAD-METHOD", "a preflight under cors=on")
            return self._respond(request, answer, keep=True)
        return await self._turn_away(request, method_answer(request.method, self.service.rules))

    async def _turn_away(self, request: web.Request, answer: Answer) -> web.Response:
        request[EXCHANGE].received, ended = await drain(request, self.silence)
        return self._respond(request, answer, keep=ended)

    def _respond(self, request: web.Request, answer: Answer, *, keep: bool) -> web.Response:
        response = to_response(answer, request[EXCHANGE], explain=self.explain)
        if self.service.rules.cors is Cors.ON:
            for name, value in _CORS.items():
                response.headers.setdefault(name, value)
        if not keep:
            response.force_close()
        return response


def _read_head(request: web.Request) -> ChunkHead:
    headers = request.headers
    return ChunkHead(
        upload_token=request.query.get("upload_token", ""),
        content_range=tuple(headers.getall(CONTENT_RANGE, ())),
        content_length=request.content_length,
        content_type=tuple(headers.getall(CONTENT_TYPE, ())),
        content_encoding=tuple(headers.getall(CONTENT_ENCODING, ())),
    )
