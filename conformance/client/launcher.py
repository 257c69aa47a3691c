"""The client under test as a command: started once per scenario, its whole process group ended with it."""

import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Final, Protocol

KEPT: Final = 8_192
"""Bytes of the end of stdout and stderr that are kept."""

NOT_EXECUTABLE, NOT_FOUND = 126, 127
_GLANCE: Final = 0.02
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Job:
    """What a client is given for one run; the plan is None where it makes its own."""

    file: Path
    video_size: int
    api_base: str
    token: str
    mb: int
    upload_url: str | None = None
    chunk_size: int | None = None
    total_chunk_count: int | None = None
    inherited: Mapping[str, str] | None = None
    """The environment that it finds besides; None: this process's own."""

    def values(self) -> dict[str, str]:
        """The placeholders of CMD, each with its value."""
        given = {
            "file": self.file,
            "upload_url": self.upload_url,
            "api_base": self.api_base,
            "token": self.token,
            "video_size": self.video_size,
            "chunk_size": self.chunk_size,
            "total_chunk_count": self.total_chunk_count,
            "mb": self.mb,
        }
        return {name: str(value) for name, value in given.items() if value is not None}

    def environment(self) -> dict[str, str]:
        """The same as variables."""
        return {_VARIABLES[name]: value for name, value in self.values().items()}


_VARIABLES: Final = {
    "file": "TIKTOK_FILE",
    "upload_url": "TIKTOK_UPLOAD_URL",
    "api_base": "TIKTOK_API_BASE",
    "token": "TIKTOK_ACCESS_TOKEN",
    "video_size": "TIKTOK_VIDEO_SIZE",
    "chunk_size": "TIKTOK_CHUNK_SIZE",
    "total_chunk_count": "TIKTOK_TOTAL_CHUNK_COUNT",
    "mb": "TIKTOK_MB",
}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: the exit code (None where it was ended), seconds, peak memory in bytes, last output."""

    exit_code: int | None
    seconds: float
    peak_memory: int = 0
    stdout: str = ""
    stderr: str = ""
    hammered: bool = False
    """It was ended for the number of its requests, not because its time was up."""

    requests: int = 0
    """How many those were."""

    running: bool = False
    """Nothing could end it: it may go on, and may go on asking its mock."""


Glance = Callable[[], bool]
"""Called now and then while a client runs; whether it may go on."""


class Client(Protocol):
    """Somebody who uploads when told to. `handed` says that it takes an upload_url instead of making an init."""

    handed: bool

    def run(self, job: Job, seconds: float, glance: Glance) -> Ended:
        """Upload once, while `glance` permits it."""
        ...


class CommandClient:
    """A command line with {placeholders}. It runs elsewhere: words that name a file here are made absolute."""

    def __init__(self, command: Sequence[str]) -> None:
        """Raises ValueError for a placeholder that is a slip of the pen; other {words} are the command's own."""
        for word in re.findall(r"\{(\w+)\}", " ".join(command)):
            if word not in _VARIABLES and (near := get_close_matches(word, _VARIABLES, n=1, cutoff=0.7)):
                raise ValueError(f"CMD has {{{word}}}, which is replaced by nothing; did you mean {{{near[0]}}}?")
        self._command = tuple(_from_here(word) for word in command)
        self.handed = any("{upload_url}" in word for word in command)

    def words(self, job: Job) -> list[str]:
        """The command line for a job."""
        return [_filled(word, job.values()) for word in self._command]

    def run(self, job: Job, seconds: float, glance: Glance) -> Ended:
        """Start it in a directory of its own, and end all of it when it has ended or its time is up."""
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="tiktok-client-") as folder:
            given = os.environ if job.inherited is None else job.inherited
            environment = {name: value for name, value in given.items() if not name.startswith("TIKTOK_")}
            environment |= job.environment() | _past_proxies(environment)
            try:
                process = subprocess.Popen(  # noqa: S603 - the user's own command
                    self.words(job),
                    cwd=folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                )
            except FileNotFoundError:
                return Ended(NOT_FOUND, 0.0, stderr=f"{self._command[0]}: not found")
            except OSError as error:
                return Ended(NOT_EXECUTABLE, 0.0, stderr=f"{self._command[0]}: {error.strerror}")
            return _watched(process, began, seconds, glance)


def _past_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """Proxies that this machine may have are not asked for the mock.

    Who reads one of the two names ignores the other, though it is empty.
    """
    listed = {name: environment.get(name, "").strip() for name in ("NO_PROXY", "no_proxy")}
    either = next(filter(None, listed.values()), "")
    wanted = {name: there or either for name, there in listed.items()}
    return {
        name: there if there == "*" else ",".join(filter(None, (there, *_LOOPBACK)))
        for name, there in wanted.items()
    }


def _watched(process: "subprocess.Popen[bytes]", began: float, seconds: float, glance: Glance) -> Ended:
    tails = [_Tail(stream) for stream in (process.stdout, process.stderr) if stream is not None]
    code: int | None = None
    peak, hammered = 0, False
    try:
        while time.monotonic() - began < seconds:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                code = process.returncode = os.waitstatus_to_exitcode(status)
                peak = usage.ru_maxrss * 1024
                break
            if hammered := not glance():
                break
            time.sleep(_GLANCE)
    finally:
        _end_group(process)
    took = time.monotonic() - began
    stdout, stderr = (tail.text() for tail in tails)
    return Ended(code, took, peak, stdout, stderr, hammered)


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError, PermissionError):  # nobody is left, or only what is no more than a zombie
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class _Tail:
    """The end of a stream, read away so that the client never waits for a reader."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._stream:
            while data := os.read(self._stream.fileno(), 65_536):
                self._pieces.append(data)
                self._size += len(data)
                while self._size - len(self._pieces[0]) >= KEPT:
                    self._size -= len(self._pieces.popleft())

    def text(self) -> str:
        """What it has, as soon as the stream has ended, or a second later: somebody may still hold it open."""
        self._thread.join(1)
        return b"".join(list(self._pieces))[-KEPT:].decode("utf-8", "replace")


def _from_here(word: str) -> str:
    return os.path.abspath(word) if os.path.isfile(word) else word  # noqa: PTH100, PTH113 - symlinks stay


def _filled(word: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        word = word.replace("{" + name + "}", value)
    return word
