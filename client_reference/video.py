"""The file to upload, read in pieces and away from the event loop."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from client_reference.errors import FileChanged
from client_reference.plan import Chunk

PIECE = 1 << 20  # bytes read at once
SLICE = 1 << 18  # bytes handed to the socket at once: each one taken is a sign of life from a slow network
CONTENT_TYPES = {".mp4": "video/mp4", ".mov": "video/quicktime", ".webm": "video/webm"}


def content_type(path: Path) -> str:
    """One of the three kinds that TikTok takes, by suffix; video/mp4 for any other."""
    return CONTENT_TYPES.get(path.suffix.lower(), "video/mp4")


class VideoFile:
    """An open file of a known `size`; FileChanged once it is seen to have another. OSError as from open."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("rb", buffering=0)
        self._lock = threading.Lock()  # a cancelled read may still be running when the next begins
        self.size = self._seek_end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._file.close()

    def read(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes from `offset` on."""
        with self._lock:
            if self._seek_end() != self.size:
                raise FileChanged(
                    f"{self._path} had {self.size} bytes and now has {self._seek_end()}; upload it again."
                )
            self._file.seek(offset)
            pieces = bytearray()
            while len(pieces) < length:
                piece = self._file.read(length - len(pieces))
                if not piece:
                    raise FileChanged(f"{self._path} was cut short while it was read; upload it again.")
                pieces += piece
            return bytes(pieces)

    def _seek_end(self) -> int:
        return self._file.seek(0, 2)


class ChunkBody:
    """The bytes of one chunk as an async iterable; `taken` is told how many of them were asked for so far.

    What goes wrong with the file is kept in `trouble`: raised inside an HTTP library it would look like a
    broken connection.
    """

    def __init__(self, video: VideoFile, chunk: Chunk, taken: Callable[[int], None]) -> None:
        self._video, self._chunk, self._taken = video, chunk, taken
        self.trouble: Exception | None = None

    async def __aiter__(self) -> AsyncIterator[memoryview]:
        for start in range(self._chunk.first, self._chunk.last + 1, PIECE):
            length = min(PIECE, self._chunk.last + 1 - start)
            try:
                piece = await asyncio.to_thread(self._video.read, start, length)
            except (FileChanged, OSError) as trouble:
                self.trouble = trouble
                raise
            for offset in range(0, length, SLICE):
                self._taken(start + offset - self._chunk.first)
                yield memoryview(piece)[offset : offset + SLICE]
        self._taken(self._chunk.size)
