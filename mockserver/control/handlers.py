"""Handlers of /_mock/ that show what is: health and uploads. JSON in and out, errors as {"error": sentence}."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from mockserver import __version__
from mockserver.control.requests import ControlError, query_of
from mockserver.journal import iso
from mockserver.ledger import Ledger, Row
from mockserver.protocol.publish import publish_status
from mockserver.protocol.session import UploadSession
from mockserver.service import UploadService
from mockserver.wire.exchange import EXCHANGE

BATCH: Final = 200
"""Uploads that are written before other requests get their turn."""


@dataclass(frozen=True, slots=True)
class ControlHandlers:
    """Handlers that show. `facts` is what health tells besides the rules."""

    service: UploadService
    ledger: Ledger
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

    async def uploads(self, request: web.Request) -> web.StreamResponse:
        """All uploads, oldest first, of one bearer token with ?token=T."""
        token = query_of(request, "token").get("token")
        found = [one for one in await self.service.uploads() if token in (None, one.post.owner)]
        response = web.StreamResponse(headers={"Content-Type": "application/json; charset=utf-8"})
        await response.prepare(request)
        await response.write(b'{"uploads": [')
        for start in range(0, len(found), BATCH):
            shown = ", ".join(json.dumps(self._shown(one)) for one in found[start : start + BATCH])
            await response.write(((", " if start else "") + shown).encode())
            await asyncio.sleep(0)
        await response.write_eof(b"]}")
        return response

    async def upload(self, request: web.Request) -> web.Response:
        query_of(request)
        upload_id = request.match_info["upload_id"]
        session = await self.service.upload(upload_id)
        if session is None:
            raise ControlError(404, f"no upload has the id {upload_id[:64]!r}")
        request[EXCHANGE].upload_id = upload_id
        return web.json_response(self._shown(session))

    async def unknown(self, request: web.Request) -> web.Response:
        raise ControlError(404, f"the control surface has no {request.path}")

    def _shown(self, session: UploadSession) -> dict[str, object]:
        now = self.service.clock.now()
        source, post = session.source, session.post
        digests = {(kept.first, kept.last): kept.digest for kept in session.chunks}
        rows = self.ledger.rows(session.upload_id)
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
            "issued_at": iso(session.issued_at),
            "expires_at": iso(session.issued_at + session.lifetime),
            "chunks": [{"first": kept.first, "last": kept.last, "digest": kept.digest} for kept in session.chunks],
            "ledger": [_row(row, digests.get((row.first, row.last))) for row in rows],
        }


def _row(row: Row, digest: str | None) -> dict[str, object]:
    sendings = [
        {
            "sequence": one.sequence,
            "at": iso(one.at),
            "peer": one.peer,
            "status": one.status,
            "received": one.received,
            "kept": one.kept,
        }
        for one in row.sendings
    ]
    return {
        "first": row.first,
        "last": row.last,
        "times": row.times,
        "kept": row.kept,
        "digest": digest if row.kept else None,
        "requests": sendings,
    }
