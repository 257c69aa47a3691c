"""Uploaders whose plan or whose memory is wrong."""

from collections.abc import Iterable

from uploader import Uploader


class CeilCount(Uploader):
    """Rounds the count up."""

    def plan(self) -> tuple[int, int]:
        chunk_size = min(10 * self.mb, self.size)
        return chunk_size, -(-self.size // chunk_size)


class CeilMinusOne(Uploader):
    """Takes one chunk less than the count rounded up: right until the size is a multiple of the chunks'."""

    def plan(self) -> tuple[int, int]:
        chunk_size = min(10 * self.mb, self.size)
        return chunk_size, max(-(-self.size // chunk_size) - 1, 1)


class FloorToZero(Uploader):
    """Declares no chunk at all for a file smaller than one."""

    def plan(self) -> tuple[int, int]:
        chunk_size = 10 * self.mb
        return min(chunk_size, self.size), self.size // chunk_size


class RuntLastChunk(Uploader):
    """Declares the right count, and sends the trailing bytes as one more chunk."""

    def spans(self) -> list[tuple[int, int]]:
        starts = range(0, self.size, self.chunk_size)
        return [(start, min(start + self.chunk_size, self.size) - 1) for start in starts]


class AllInOne(Uploader):
    """Sends files of any size in one chunk."""

    def plan(self) -> tuple[int, int]:
        return self.size, 1


class ChunkSizeAboveFile(Uploader):
    """Declares chunks of 10 MB for a smaller file too."""

    def plan(self) -> tuple[int, int]:
        return 10 * self.mb, super().plan()[1]


class ChunksOfOneMegabyte(Uploader):
    """Cuts the file into chunks of 1 MB."""

    def plan(self) -> tuple[int, int]:
        chunk_size = min(self.mb, self.size)
        return chunk_size, self.size // chunk_size


class SizeInKilobytes(Uploader):
    """Declares the size rounded down to whole kilobytes."""

    def plan(self) -> tuple[int, int]:
        self.size -= self.size % 1000
        return super().plan()


class FiveDecimalMegabytes(Uploader):
    """Cuts chunks of 5,000,000 bytes, too small where a MB is 1,048,576."""

    def plan(self) -> tuple[int, int]:
        chunk_size = min(5 * self.mb, self.size)
        return chunk_size, self.size // chunk_size


class GuidesOwnSplit(Uploader):
    """Cuts chunks of 10,000,000 bytes as the guide's example does: right under one of its two count rules."""

    def plan(self) -> tuple[int, int]:
        chunk_size = min(10 * self.mb, self.size)
        return chunk_size, self.size // chunk_size


class ReadsTheFile(Uploader):
    """Reads the whole file into memory."""

    def __init__(self, upload_url: str | None) -> None:
        super().__init__(upload_url)
        self.read = self.file.read_bytes()

    def body(self, first: int, last: int) -> Iterable[bytes]:
        return [self.read[first : last + 1]]
