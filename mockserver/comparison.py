"""Whether an upload is a given file: digests of the file's bytes, cut where the upload's chunks were."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from mockserver.bodies import BodyFactory
from mockserver.protocol.session import UploadSession


@dataclass(frozen=True, slots=True)
class Difference:
    """The first chunk that is not the expected one: its edges, and whose bytes it holds where that is known."""

    chunk: int
    """Counted from 1."""
    first: int
    last: int
    looks_like: str | None
    """`chunk N`, or `the file's start`."""

    def as_json(self) -> dict[str, object]:
        return asdict(self)

    def __str__(self) -> str:
        holds = f", it holds the bytes of {self.looks_like}" if self.looks_like else ""
        return f"chunk {self.chunk} (bytes {self.first}-{self.last}) differs{holds}"


class Comparison:
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

    def first_difference(self) -> Difference | None:
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

    def _shown(self, number: int, looks_like: str | None) -> Difference:
        first, last = self._spans[number - 1]
        return Difference(number, first, last, looks_like)


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
