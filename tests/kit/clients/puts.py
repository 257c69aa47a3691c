"""Uploaders whose requests are wrong."""

import time
from collections.abc import Iterable

from uploader import Uploader


class ExclusiveLast(Uploader):
    """Gives as LAST the byte after the last."""

    def content_range(self, first: int, last: int) -> str:
        return super().content_range(first, last + 1)


class RangeWithoutUnit(Uploader):
    """Leaves out the word bytes."""

    def content_range(self, first: int, last: int) -> str:
        return super().content_range(first, last).removeprefix("bytes ")


class ChunkAsTotal(Uploader):
    """Gives the chunk's length as TOTAL."""

    def content_range(self, first: int, last: int) -> str:
        return f"bytes {first}-{last}/{last - first + 1}"


class WholeFileEachTime(Uploader):
    """Sends the whole file for each range."""

    def headers(self, first: int, last: int) -> dict[str, str]:
        return {**super().headers(first, last), "Content-Length": str(self.size)}

    def body(self, first: int, last: int) -> Iterable[bytes]:
        return super().body(0, self.size - 1)


class ChunkedCoding(Uploader):
    """Streams each chunk without a Content-Length."""

    def headers(self, first: int, last: int) -> dict[str, str]:
        headers = super().headers(first, last)
        del headers["Content-Length"]
        return headers


class OctetStream(Uploader):
    """Sends every chunk as application/octet-stream."""

    def headers(self, first: int, last: int) -> dict[str, str]:
        return {**super().headers(first, last), "Content-Type": "application/octet-stream"}


class TokenOnPut(Uploader):
    """Sends the access token to the upload host."""

    def headers(self, first: int, last: int) -> dict[str, str]:
        return {**super().headers(first, last), "Authorization": "Bearer act.secret"}


class QueryDropped(Uploader):
    """Keeps the path of upload_url and drops its query."""

    def target(self) -> str:
        return super().target().partition("?")[0]


class QueryAmended(Uploader):
    """Adds a number to the query of upload_url, against caches."""

    def target(self) -> str:
        return super().target() + f"&nocache={time.time_ns()}"


class QueryReordered(Uploader):
    """Takes the query apart and puts it together again in another order."""

    def target(self) -> str:
        path, _, query = super().target().partition("?")
        return path + "?" + "&".join(sorted(query.split("&"), reverse=True))


class OtherBytesOnReplay(Uploader):
    """Reads on from an open file: what is sent again are the bytes that come next."""

    def __init__(self, upload_url: str | None) -> None:
        super().__init__(upload_url)
        self.open = self.file.open("rb")

    def body(self, first: int, last: int) -> Iterable[bytes]:
        yield self.open.read(last - first + 1).ljust(last - first + 1, b"\0")


class ChunksSwapped(Uploader):
    """Reads each chunk from one byte too far on."""

    def body(self, first: int, last: int) -> Iterable[bytes]:
        read = b"".join(super().body(first, last))
        return [read[1:], read[:1]]
