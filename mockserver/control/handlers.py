"""Handlers of /_mock/: JSON in and out, errors as {"error": sentence}."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from mockserver import __version__
from mockserver.protocol.publish import publish_status
from mockserver.protocol.session import UploadSession
from mockserver.service import UploadService
from mockserver.wire.exchange import EXCHANGE


@dataclass(frozen=True, slots=True)
class ControlHandlers:
    """Handlers of the control surface. `facts` is what health tells besides the rules."""

    service: UploadService
    facts: Mapping[str, object]

    async def health(self, _: web.Request) -> web.Response:
        rules = self.service.rules
        limits = {
            "smallest_chunk": rules.smallest_chunk,
            "largest_chunk": rules.largest_chunk,
            "largest_final_chunk": rules.largest_final_chunk,
        }
        known = {"rules": rules.as_json(), "limits": limits, **self.facts}
        return web.json_response({"status": "ok", "version": __version__, **known})

    async def reset(self, _: web.Request) -> web.Response:
        forgotten = len(await self.service.uploads())
        await self.service.reset()
        return web.json_response({"forgotten": {"uploads": forgotten}})

    async def uploads(self, _: web.Request) -> web.Response:
        sessions = await self.service.uploads()
        return web.json_response({"uploads": [self._shown(session) for session in sessions]})

    async def upload(self, request: web.Request) -> web.Response:
        upload_id = request.match_info["upload_id"]
        session = await self.service.upload(upload_id)
        if session is None:
            return error(404, f"no upload has the id {upload_id[:64]!r}")
        request[EXCHANGE].upload_id = upload_id
        return web.json_response(self._shown(session))

    async def unknown(self, request: web.Request) -> web.Response:
        return error(404, f"the control surface has no {request.method} {request.path}")

    def _shown(self, session: UploadSession) -> dict[str, object]:
        now = self.service.clock.now()
        source, post = session.source, session.post
        return {
            "upload_id": session.upload_id,
            "publish_id": post.publish_id,
            "status": publish_status(session, now),
            "draft": post.draft,
            "title": post.info.title if post.info else None,
            "privacy_level": post.info.privacy_level if post.info else None,
            "video_size": source.video_size,
            "chunk_size": source.chunk_size,
            "total_chunk_count": source.total_chunk_count,
            "uploaded_bytes": session.offset,
            "complete": session.complete,
            "expired": session.expired(now),
            "issued_at": session.issued_at,
            "expires_at": session.issued_at + session.lifetime,
            "chunks": [{"first": kept.first, "last": kept.last, "digest": kept.digest} for kept in session.chunks],
        }


def error(status: int, sentence: str) -> web.Response:
    """A refusal of the control surface."""
    return web.json_response({"error": sentence}, status=status)
