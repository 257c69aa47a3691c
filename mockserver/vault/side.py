"""Side files: where the bytes of a chunk are until it is accepted. Each request has its own, without a name."""

import asyncio
import errno
import os
import tempfile
import threading
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Final

from mockserver.vault.threads import Threads

PIECE: Final = 2**20
PREFIX: Final = "side-"
_NOT_HERE: Final = (errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM)
"""copy_file_range says so where it cannot copy between these two files; reading and writing can."""


class SideFile:
    """The bytes of one request. Written in a thread, one piece behind; what went wrong is told by `settle`."""

    def __init__(self, threads: Threads, folder: Path) -> None:
        self._threads = threads
        self._folder = folder
        self._mutex = threading.Lock()
        self._file: FileIO | None = None
        self._error: OSError | None = None
        self._closed = False
        self._pending: asyncio.Future[None] | None = None

    async def write(self, piece: bytes) -> None:
        """Take the next piece; waits until the piece before it is written."""
        if self._pending is not None:
            await self._pending
        self._pending = self._threads.start(self._write, piece)

    async def settle(self) -> None:
        """Wait for the last piece. Raises OSError where any could not be written."""
        if self._pending is not None:
            await self._pending
        if self._error is not None:
            raise self._error

    def copy_to(self, target: FileIO, count: int, at: int) -> None:
        """Write the first `count` bytes into `target` from byte `at` on. Raises OSError."""
        with self._mutex:
            if self._file is None:
                raise _too_short()
            _copy(self._file, target, count, at)

    def close(self) -> None:
        """Throw the bytes away; does not wait, so that a request that is being cancelled can do it too."""
        if self._pending is not None:
            _ = self._threads.start(self._close)

    def _write(self, piece: bytes) -> None:
        with self._mutex:
            if self._closed or self._error is not None:
                return
            try:
                if self._file is None:
                    self._file = _open(self._folder)
                _write_all(self._file, piece)
            except OSError as error:
                self._error = error
                self._drop()  # where there is no room, it must not stay taken until the body ends

    def _close(self) -> None:
        with self._mutex:
            self._closed = True
            self._drop()

    def _drop(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                file.close()


def _open(folder: Path) -> FileIO:
    """A file that is gone when it is closed, whatever happens."""
    return tempfile.TemporaryFile(prefix=PREFIX, dir=folder, buffering=0)


def _write_all(file: FileIO, piece: bytes) -> None:
    """Write `piece` whole; the system may take it in parts."""
    left = memoryview(piece)
    while left:
        left = left[file.write(left) :]


def _copy(source: FileIO, target: FileIO, count: int, at: int) -> None:
    """Copy the first `count` bytes of `source` into `target` from byte `at` on, inside the kernel where it can."""
    done = 0
    while done < count and (copied := _copy_range(source, target, count - done, done, at + done)):
        done += copied
    source.seek(done)
    target.seek(at + done)
    while done < count:
        piece = source.read(min(PIECE, count - done))
        if not piece:
            raise _too_short()
        _write_all(target, piece)
        done += len(piece)


def _copy_range(source: FileIO, target: FileIO, count: int, of: int, to: int) -> int:
    """Bytes that the kernel copied, 0 where it cannot."""
    if not hasattr(os, "copy_file_range"):
        return 0
    try:
        return os.copy_file_range(source.fileno(), target.fileno(), count, of, to)
    except OSError as error:
        if error.errno in _NOT_HERE:
            return 0
        raise


def _too_short() -> OSError:
    return OSError(errno.EIO, "not all bytes of the chunk are there any more")
