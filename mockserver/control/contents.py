"""Handlers of /_mock/ about an upload's bytes: what they are, and whether they are those of a given file."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import BinaryIO, Final

from aiohttp import web
from aiohttp.hdrs import CONTENT_LENGTH, CONTENT_TYPE

from mockserver.bodies import NO_DIGEST, BodyFactory
from mockserver.comparison import Comparison
from mockserver.control.requests import ControlError, query_of
from mockserver.protocol.session import UploadSession
from mockserver.service import UploadService
from mockserver.vault.directory import VaultLostError
from mockserver.wire.connection import BodyEndedError
from mockserver.wire.exchange import EXCHANGE
from mockserver.wire.intake import drain, pieces

PIECE: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class ContentHandlers:
    """Handlers of bytes. `digest` names what `new_body` computes."""

    service: UploadService
    new_body: BodyFactory
    digest: str
    silence: float

    async def content(self, request: web.Request) -> web.StreamResponse:
        """The bytes accepted so far; of a complete upload also a Range of them."""
        query_of(request)
        upload_id = (await self._session(request)).upload_id
        vault = self.service.vault
        if vault is None:
            raise ControlError(409, "bytes are kept under --keep DIR only, and this server runs without it")
        try:
            async with vault.lock(upload_id):
                session = await self._session(request)
                if session.complete:
                    path, kind = await vault.whole(upload_id)
                    return web.FileResponse(path, headers={CONTENT_TYPE: kind})
                if session.offset == 0:
                    return web.Response(body=b"", content_type="application/octet-stream")
                file, kind = await vault.unfinished(upload_id, session.offset)
        except VaultLostError as error:
            raise ControlError(404, str(error)) from None
        with file:
            return await _streamed(request, file, session.offset, kind)

    async def compare(self, request: web.Request) -> web.Response:
        """Whether the body is the file that was uploaded, and the first chunk that differs where it is not."""
        try:
            expected = Comparison(await self._comparable(request), self.new_body)
        except ControlError:
            await drain(request, self.silence)  # who writes a whole video before reading shall see the answer
            raise
        try:
            async with aclosing(pieces(request, self.silence)) as body:
                async for piece in body:
                    await expected.write(piece)
        except BodyEndedError as error:
            raise ControlError(400, f"the expected bytes must come whole: {error}") from None
        difference = expected.first_difference()
        shown = difference.as_json() if difference is not None else None
        return web.json_response({"equal": difference is None, "first_difference": shown})

    async def _comparable(self, request: web.Request) -> UploadSession:
        query_of(request)
        session = await self._session(request)
        if self.digest == NO_DIGEST:
            raise ControlError(409, "under --digest none there is nothing to compare with: choose a digest")
        return session

    async def _session(self, request: web.Request) -> UploadSession:
        upload_id = request.match_info["upload_id"]
        session = await self.service.upload(upload_id)
        if session is None:
            raise ControlError(404, f"no upload has the id {upload_id[:64]!r}")
        request[EXCHANGE].upload_id = upload_id
        return session


async def _streamed(request: web.Request, file: BinaryIO, count: int, kind: str) -> web.StreamResponse:
    """Answer with the first `count` bytes of `file`, which may have more."""
    response = web.StreamResponse(headers={CONTENT_TYPE: kind, CONTENT_LENGTH: str(count)})
    await response.prepare(request)
    while count and (piece := await asyncio.to_thread(file.read, min(PIECE, count))):
        await response.write(piece)
        count -= len(piece)
    if count:  # somebody made the file shorter meanwhile: the cut connection says that bytes are missing
        response.force_close()
    return response
