"""Handlers of /_mock/ about an upload's bytes: what they are, and whether they are those of a given file."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import BinaryIO, Final

from aiohttp import web
from aiohttp.hdrs import CONTENT_LENGTH, CONTENT_TYPE

from mockserver.bodies import NO_DIGEST, BodyFactory
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
            expected = _Expected(await self._comparable(request), self.new_body)
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
        return web.json_response({"equal": difference is None, "first_difference": difference})

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


class _Cutter:
    """Digests of the bytes up to each of `ends`: from the end before, or `from_start`, from the first byte on."""

    def __init__(self, new_body: BodyFactory, ends: Sequence[int], *, from_start: bool = False) -> None:
        self.digests: list[str | None] = []
        self.count = 0
        self._new_body = new_body
        self._ends = ends
        self._from_start = from_start
        self._body = new_body()

    async def write(self, piece: bytes) -> None:
        while piece and len(self.digests) < len(self._ends):
            end = self._ends[len(self.digests)]
            part, piece = piece[: end - self.count], piece[end - self.count :]
            self.count += len(part)
            await self._body.write(part)
            if self.count == end:
                self.digests.append(await self._body.digest())
                self._body = self._body if self._from_start else self._new_body()
        self.count += len(piece)


class _Expected:
    """The expected file as it passes, beside the upload as it was when the comparison began."""

    def __init__(self, session: UploadSession, new_body: BodyFactory) -> None:
        self._session = session
        self._spans = list(_spans(session))
        lengths = {last + 1 - first for first, last in self._spans[: len(session.chunks)]}
        self._lengths = sorted(lengths - {self._spans[0][1] + 1})
        self._chunks = _Cutter(new_body, [last + 1 for _, last in self._spans])
        self._starts = _Cutter(new_body, self._lengths, from_start=True)

    async def write(self, piece: bytes) -> None:
        await self._chunks.write(piece)
        await self._starts.write(piece)

    def first_difference(self) -> dict[str, object] | None:
        """The first accepted chunk that is not the expected one, or the first that is missing."""
        session, digests = self._session, self._chunks.digests
        for number, kept in enumerate(session.chunks, 1):
            if digests[number - 1 : number] != [kept.digest]:
                return self._shown(number, self._looks_like(number, kept.digest))
        if not session.complete:
            return self._shown(len(session.chunks) + 1, None)
        if self._chunks.count > session.offset:  # the final chunk should have gone on
            return self._shown(len(session.chunks), None)
        return None

    def _looks_like(self, number: int, digest: str | None) -> str | None:
        for other, expected in enumerate(self._chunks.digests, 1):
            if expected == digest and other != number:
                return f"chunk {other}"
        first, last = self._spans[number - 1]
        starts = dict(zip(self._lengths, self._starts.digests, strict=False))
        return "the file's start" if first and starts.get(last + 1 - first) == digest else None

    def _shown(self, number: int, looks_like: str | None) -> dict[str, object]:
        first, last = self._spans[number - 1]
        return {"chunk": number, "first": first, "last": last, "looks_like": looks_like}


def _spans(session: UploadSession) -> Iterator[tuple[int, int]]:
    """First and last byte of each chunk: as accepted, and from there on as planned."""
    for kept in session.chunks:
        yield kept.first, kept.last
    source, first = session.source, session.offset
    while first < source.video_size:
        # Under off_plan=accept no planned chunk may start here.
        length = source.length_at(first) or min(source.chunk_size, source.video_size - first)
        yield first, first + length - 1
        first += length


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
