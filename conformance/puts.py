"""The head of a PUT, right unless told otherwise."""

from dataclasses import dataclass
from typing import Any, Self, TypeGuard
from urllib.parse import parse_qs, urlsplit

from conformance.plans import cut
from conformance.wire import Address


@dataclass(frozen=True, slots=True)
class Plan:
    """What is declared at init."""

    video_size: int
    chunk_size: int
    total_chunk_count: int

    @classmethod
    def of_chunks(cls, chunk_size: int, count: int, trailing: int = 0) -> Self:
        """`count` chunks, the last with `trailing` bytes more."""
        return cls(chunk_size * count + trailing, chunk_size, count)

    @classmethod
    def whole(cls, video_size: int) -> Self:
        """The video in one chunk."""
        return cls(video_size, video_size, 1)

    @property
    def pieces(self) -> tuple[range, ...]:
        """The chunks."""
        return cut(self.video_size, self.chunk_size)

    def source_info(self) -> dict[str, object]:
        """As init is told."""
        return {
            "source": "FILE_UPLOAD",
            "video_size": self.video_size,
            "chunk_size": self.chunk_size,
            "total_chunk_count": self.total_chunk_count,
        }


@dataclass(frozen=True, slots=True)
class Put:
    """A PUT to be sent: each Content-Range, Content-Length, the bytes of its body, and more header lines."""

    ranges: tuple[str, ...]
    length: int | None
    body: range
    content_type: str | None = "video/mp4"
    more: tuple[str, ...] = ()

    @classmethod
    def of(cls, piece: range, total: int) -> Self:
        """The right PUT for a piece."""
        return cls((f"bytes {piece.start}-{piece.stop - 1}/{total}",), len(piece), piece)

    def head(self, address: Address) -> bytes:
        """Its head, byte for byte."""
        lines = [f"PUT {address.path} HTTP/1.1", f"Host: {address.authority}"]
        if self.content_type is not None:
            lines.append(f"Content-Type: {self.content_type}")
        lines += [f"Content-Range: {value}" for value in self.ranges]
        if self.length is not None:
            lines.append(f"Content-Length: {self.length}")
        return "\r\n".join((*lines, *self.more, "", "")).encode()


def is_upload_url(url: Any) -> TypeGuard[str]:
    """Whether it is what S-INIT-ANSWER wants of an upload_url."""
    if not isinstance(url, str) or not 1 <= len(url) <= 256:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    query = parse_qs(parts.query)
    there = all(len(query.get(name, [])) == 1 for name in ("upload_id", "upload_token"))
    return parts.scheme in ("http", "https") and bool(parts.netloc) and there
