"""The resume file: what another run of the same command needs to go on where the server is.

It holds the upload_url, which is a credential: readable by its owner alone. It is replaced as a whole, so a
run that is killed leaves the state before or the state after, and it is locked while a run uses it.
"""

import errno
import hashlib
import json
import os
import stat
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from client_reference.errors import PlanError, ResumeTrouble, UsageError
from client_reference.plan import ChunkPlan
from client_reference.steps import Saved, UploadJob, url_trouble

if sys.platform != "win32":
    import fcntl

FORMAT = 1
LARGEST = 1 << 20  # bytes that are read; a larger file is not ours
WRONG_PLACE = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP}


def binding(job: UploadJob, fingerprint: Mapping[str, object]) -> dict[str, object]:
    """What a saved upload belongs to: the file and the post, with secrets as hashes."""
    plan = job.plan
    return {
        "file": dict(fingerprint),
        "plan": [plan.video_size, plan.chunk_size, plan.total_chunk_count],
        "API base": job.api_base.rstrip("/"),
        "token": _hash(job.token),
        "upload_url given": _hash(job.upload_url or ""),
        "kind": "draft" if job.draft else "direct post",
        "title": "" if job.draft else job.title,
        "privacy level": "" if job.draft else job.privacy_level,
        "content type": job.content_type,
    }


def written(saved: Saved, bound: Mapping[str, object]) -> bytes:
    """The content of a resume file."""
    upload = {
        "upload_url": saved.upload_url,
        "publish_id": saved.publish_id,
        "acknowledged": saved.acknowledged,
    }
    return json.dumps({"tiktok-upload": FORMAT, "bound": bound, "upload": upload}, indent=1).encode() + b"\n"


def read(content: bytes, bound: Mapping[str, object], name: str) -> Saved:
    """What the resume file called `name` says to the upload that is `bound`: where to go on, or to begin anew.

    Anew where it is empty, or of another upload of which no post can have come. UsageError where it is
    damaged or not ours, and where it is of another upload that may be posted.
    """
    if not content:
        return Saved()
    saved, theirs = _parsed(content, name)
    changed = [part for part in bound if theirs.get(part) != bound[part]]
    if not changed:
        return saved
    of = f"The resume file {name} is of an upload with another {' and '.join(changed)}"
    if saved.may_be_complete(ChunkPlan(*theirs["plan"])):
        raise UsageError(f"{of}, which may be posted: name another, or remove it to upload this one as well.")
    return Saved(because=f"the saved upload had another {' and '.join(changed)}" if saved.upload_url else "")


def _parsed(content: bytes, name: str) -> tuple[Saved, dict[str, Any]]:
    damaged = UsageError(f"{name} is not a resume file, or damaged: name another; remove it to upload anew.")
    try:
        state = json.loads(content)
        version, theirs, upload = state["tiktok-upload"], dict(state["bound"]), state["upload"]
        if version != FORMAT:
            raise UsageError(
                f"The resume file {name} is of version {version!r:.20}, and {FORMAT} is wanted: go on with the "
                "program that wrote it, or remove it to upload anew."
            )
        url, publish_id, acknowledged = upload["upload_url"], upload["publish_id"], upload["acknowledged"]
        sound = type(acknowledged) is int and ChunkPlan(*theirs["plan"]).is_edge(acknowledged)
        sound &= isinstance(publish_id, str | None)
        sound &= url is None or (isinstance(url, str) and not url_trouble(url))
    except (ValueError, TypeError, KeyError, RecursionError, PlanError):
        raise damaged from None
    if not sound:
        raise damaged
    return Saved(url, publish_id, acknowledged), theirs


class ResumeFile:
    """An open and locked resume file. Raises UsageError and ResumeTrouble; `close` when done with it."""

    def __init__(self, path: Path, bound: Mapping[str, object]) -> None:
        self._path, self._bound = Path(os.path.realpath(path)), bound
        self._turn = threading.Lock()  # a cancelled `save` may still be running when the file is closed
        try:
            self._file = self._open()
            self._content = os.read(self._file, LARGEST)
        except OSError as error:
            kind = UsageError if error.errno in WRONG_PLACE else ResumeTrouble
            raise kind(f"The resume file {path} cannot be used: {error.strerror or error}.") from None
        try:
            self.saved = read(self._content, bound, str(path))
        except UsageError:
            self.close()
            raise

    def _open(self) -> int:
        while True:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NONBLOCK", 0), 0o600)
            ours = False
            try:
                ours = self._hold(file)
            finally:
                if not ours:
                    os.close(file)
            if ours:
                return file

    def _hold(self, file: int) -> bool:
        """Locks `file`; False where another run has replaced or somebody removed it since it was opened."""
        mine = os.fstat(file)
        if not stat.S_ISREG(mine.st_mode):
            raise UsageError(f"The resume file {self._path} is no regular file: name another.")
        self._lock(file)
        with suppress(FileNotFoundError):
            now = self._path.stat()
            return (now.st_dev, now.st_ino) == (mine.st_dev, mine.st_ino)
        return False

    def _lock(self, file: int) -> None:
        if sys.platform == "win32":
            return  # there nothing keeps two runs apart
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ResumeTrouble(
                f"Another upload is running with the resume file {self._path}: wait for it, or name another."
            ) from None

    def save(self, saved: Saved) -> None:
        """Replace the state; once this returns it outlives a loss of power. ResumeTrouble keeps the old one."""
        with self._turn:
            content = written(saved, self._bound)
            if content == self._content:
                return
            try:
                self._replace(content)
            except OSError as error:
                raise ResumeTrouble(
                    f"The resume file {self._path} cannot be written: {error.strerror or error}; "
                    "the upload stopped where the file can go on."
                ) from None
            self._content = content

    def _replace(self, content: bytes) -> None:
        """The new file is locked before it has the name: there is no moment for a second run."""
        new = self._path.with_name(f".{self._path.name}.new")
        new.unlink(missing_ok=True)
        file = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            self._lock(file)
            with open(file, "wb", closefd=False) as out:
                out.write(content)
            os.fsync(file)
            new.replace(self._path)
        except BaseException:
            os.close(file)
            raise
        os.close(self._file)
        self._file = file
        with suppress(OSError):  # not every system lets a directory be opened or synced
            directory = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)

    def close(self) -> None:
        with self._turn:
            os.close(self._file)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()[:32]
