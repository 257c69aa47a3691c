"""The directory of `--keep`.

An upload's part file holds the bytes of its accepted chunks, from 0 to its offset; what may lie behind is
nobody's, and the next chunk is written over it. Files are touched in threads only.
"""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final
from weakref import WeakValueDictionary

from mockserver.vault.runs import INCOMPLETE, Run, begin_run
from mockserver.vault.side import SideFile
from mockserver.vault.threads import Threads

SUFFIXES: Final[Mapping[str, str]] = {"video/mp4": ".mp4", "video/quicktime": ".mov", "video/webm": ".webm"}
OTHER: Final = (".bin", "application/octet-stream")
"""Of a type that only content_type=any lets in."""
_ADVICE: Final[Mapping[int | None, str]] = {
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "make room there",
    errno.EFBIG: "allow larger files there (ulimit -f, or another file system)",
    errno.EIO: "see to that disk",
}


class VaultError(Exception):
    """Bytes cannot be kept. `str()` says what, where, and what to do; nothing of the chunk is left."""


class VaultLostError(VaultError):
    """Somebody else took away what was kept."""


@dataclass(slots=True)
class _Upload:
    kind: str
    complete: bool = False


class Vault:
    """The directory, as one server uses it. Made by `open_vault`."""

    def __init__(self, directory: Path, run: Run) -> None:
        self.directory = directory
        self._run = run
        self._threads = Threads()
        self._uploads: dict[str, _Upload] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def side_file(self) -> SideFile:
        """A place for the bytes of one request; to be closed."""
        return SideFile(self._threads, self._run.folder)

    def lock(self, upload_id: str) -> asyncio.Lock:
        """Held by whoever adds to an upload or looks at its unfinished file."""
        return self._locks.setdefault(upload_id, asyncio.Lock())

    @asynccontextmanager
    async def adding(
        self, upload_id: str, side: SideFile, first: int, last: int, *, kind: str, final: bool
    ) -> AsyncIterator[None]:
        """In the block the bytes of `side` are the upload's `first` to `last`, and stay unless it raises.

        The `kind` (media type) of the first chunk names the file, and the `final` chunk moves it to its place.
        To be entered with the upload's lock held. Raises VaultError.
        """
        if first == 0:
            self._uploads[upload_id] = _Upload(kind)
        upload = self._uploads.get(upload_id)
        if upload is None:
            raise VaultLostError(self._lost(upload_id))
        done = self._done(upload_id, upload) if final else None
        try:
            await self._append(upload_id, side, first, last, done)
            yield
        except BaseException:
            await self._threads.run(self._take_back, upload_id, first, done)
            if first == 0:
                del self._uploads[upload_id]
            raise
        upload.complete = final

    async def forget(self, upload_id: str) -> None:
        """Remove what is there of an unfinished upload; a complete one stays."""
        if upload_id not in self._uploads:
            return
        async with self.lock(upload_id):
            upload = self._uploads.pop(upload_id, None)
            if upload is not None and not upload.complete:
                await self._threads.run(_remove, self._part(upload_id))

    async def whole(self, upload_id: str) -> tuple[Path, str]:
        """Path and media type of a complete upload. Raises VaultLostError where the file is gone."""
        upload = self._uploads.get(upload_id)
        if upload is not None:
            path = self._done(upload_id, upload)
            if await self._threads.run(path.is_file):
                return path, _names(upload.kind)[1]
        raise VaultLostError(f"the file of upload {upload_id} is no longer in {self.directory}")

    async def unfinished(self, upload_id: str, count: int) -> tuple[BinaryIO, str]:
        """The open part file, which has at least `count` bytes, and its media type; with the upload's lock held.

        Raises VaultLostError where the file is gone.
        """
        upload = self._uploads.get(upload_id)
        if upload is not None:
            file = await self._threads.run(_open_whole, self._part(upload_id), count)
            if file is not None:
                return file, _names(upload.kind)[1]
        raise VaultLostError(self._lost(upload_id))

    async def close(self) -> None:
        """Remove this server's unfinished uploads, once everything that is on its way has ended."""
        await self._threads.finish()
        await self._threads.run(self._run.end)

    async def _append(self, upload_id: str, side: SideFile, first: int, last: int, done: Path | None) -> None:
        try:
            await side.settle()
            await self._threads.run(self._write, upload_id, side, first, last, done)
        except OSError as error:
            advice = _ADVICE.get(error.errno, "see that it can be written")
            raise VaultError(
                f"bytes {first}-{last} of upload {upload_id} cannot be kept in {self.directory} "
                f"({error.strerror or error}): {advice}, then send the same chunk again"
            ) from error

    def _write(self, upload_id: str, side: SideFile, first: int, last: int, done: Path | None) -> None:
        part = self._part(upload_id)
        if first and not _has(part, first):
            raise VaultLostError(self._lost(upload_id))
        with part.open("r+b" if first else "wb", buffering=0) as target:
            side.copy_to(target, last + 1 - first, first)
            target.truncate(last + 1)
        if done is not None:
            part.replace(done)

    def _take_back(self, upload_id: str, first: int, done: Path | None) -> None:
        """Leave the part file without the bytes from `first` on, wherever `_write` came to."""
        part = self._part(upload_id)
        if done is not None:
            with suppress(OSError):
                done.replace(part)
        with suppress(OSError):
            if first == 0:
                part.unlink(missing_ok=True)
            elif _has(part, first):
                os.truncate(part, first)

    def _part(self, upload_id: str) -> Path:
        return self._run.folder / f"{upload_id}.part"

    def _done(self, upload_id: str, upload: _Upload) -> Path:
        return self.directory / f"{upload_id}{_names(upload.kind)[0]}"

    def _lost(self, upload_id: str) -> str:
        return (
            f"the bytes kept so far of upload {upload_id} are no longer in {self.directory / INCOMPLETE}: "
            "leave that directory alone while the server runs, and begin a new upload"
        )


def open_vault(directory: Path) -> Vault:
    """Make `directory` ready, without what earlier runs left unfinished. Raises OSError with one sentence."""
    directory = directory.absolute()
    try:
        return Vault(directory, begin_run(directory))
    except OSError as error:
        raise OSError(
            None,
            f"uploads cannot be kept in {directory} ({error.strerror or error}): "
            "give --keep a directory that can be made and written",
        ) from error


def _names(kind: str) -> tuple[str, str]:
    """Suffix and media type of a file."""
    return (SUFFIXES[kind], kind) if kind in SUFFIXES else OTHER


def _open_whole(path: Path, count: int) -> BinaryIO | None:
    return path.open("rb") if _has(path, count) else None


def _has(path: Path, count: int) -> bool:
    try:
        return path.stat().st_size >= count
    except OSError:
        return False


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)
