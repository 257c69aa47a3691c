"""The file to upload, read in pieces; the event loop never waits for a disk."""

import asyncio
import hashlib
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from client_reference.errors import FileChanged
from client_reference.pace import SLICE, Pace
from client_reference.plan import Chunk

PIECE = 1 << 20  # bytes read at once where the disk is waited for
ENDS = 1 << 16  # bytes of head and of tail that `fingerprint` looks at
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
            piece = self._file.read(length)
            while len(piece) < length:  # a network file system may give less than was asked for
                more = self._file.read(length - len(piece))
                if not more:
                    raise FileChanged(f"{self._path} was cut short while it was read; upload it again.")
                piece += more
            return piece

    def read_cached(self, offset: int, length: int) -> bytearray | None:
        """The same at once; None where the disk must be waited for, where `read` has to look, or not on Linux."""
        nowait = getattr(os, "RWF_NOWAIT", None)
        if nowait is None or os.fstat(self._file.fileno()).st_size != self.size:
            return None
        buffer = bytearray(length)
        with suppress(OSError):  # BlockingIOError, or a file system that cannot do it
            if os.preadv(self._file.fileno(), [buffer], offset, nowait) == length:
                return buffer
        return None

    def fingerprint(self) -> dict[str, object]:
        """What tells this file from another, or from itself before a change: a resume file is bound to it."""
        ends = hashlib.sha256(self.read(0, min(ENDS, self.size)))
        ends.update(self.read(max(0, self.size - ENDS), min(ENDS, self.size)))
        changed = os.fstat(self._file.fileno()).st_mtime_ns
        return {"size": self.size, "mtime_ns": changed, "ends": ends.hexdigest()}

    def _seek_end(self) -> int:
        return self._file.seek(0, 2)


class ChunkBody:
    """The bytes of one chunk as an async iterable; `taken` is told how many of them were asked for so far.

    What goes wrong with the file is kept in `trouble`: raised inside an HTTP library it would look like a
    broken connection.
    """

    def __init__(self, video: VideoFile, chunk: Chunk, pace: Pace, taken: Callable[[int], None]) -> None:
        self._video, self._chunk, self._pace, self._taken = video, chunk, pace, taken
        self.trouble: Exception | None = None

    async def __aiter__(self) -> AsyncIterator[memoryview]:
        taken = 0
        while taken < self._chunk.size:
            piece = memoryview(await self._piece(taken))
            for offset in range(0, len(piece), self._pace.slice):
                part = piece[offset : offset + self._pace.slice]
                await self._pace.take(len(part))
                self._taken(taken + offset)
                yield part
            taken += len(piece)
        self._taken(taken)

    async def _piece(self, offset: int) -> bytes | bytearray:
        """A slice where that takes no waiting, else a piece, read by a thread."""
        start, left = self._chunk.first + offset, self._chunk.size - offset
        cached = self._video.read_cached(start, min(SLICE, left))
        if cached is not None:
            return cached
        try:
            return await asyncio.to_thread(self._video.read, start, min(PIECE, left))
        except (FileChanged, OSError) as trouble:
            self.trouble = trouble
            raise
