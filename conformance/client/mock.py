"""The TikTok that a client is tried on: a mock in a process of its own, steered by its public control surface.

Its commands, options and variables are the public ones too: nothing of the package is imported.
"""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

_SECONDS: Final = 30.0
TIKTOK: Final = "https://open.tiktokapis.com"
_SHOW: Final = "import json, os, sys; print(json.dumps(dict(os.environ)), flush=True); sys.stdin.read()"
"""A program that tells its environment and stays, as long as its stdin is open."""


class MockError(Exception):
    """The kit's own mock does not start, or does not answer as it should."""


class Mock:
    """One server, for one client at a time. `options` are those of `tiktok-mock serve`."""

    environment: Mapping[str, str] | None = None
    """What its clients have to inherit; None where they are told its URL."""

    def __init__(self, *options: str) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the mock
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TIKTOK_MOCK_")}
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-m", "mockserver", *self._words(options)],
            stdout=subprocess.PIPE,
            stderr=self._errors,
            stdin=subprocess.PIPE,
            env=environment,
        )
        self.url = self.api_base = self._url_in(self._first_line())
        parts = urlsplit(self.url)
        self._peer = (parts.hostname or "", parts.port or 80)

    def _words(self, options: Sequence[str]) -> list[str]:
        return ["serve", "--port", "0", "--quiet", *options]

    def _url_in(self, line: str) -> str:
        if " ready at " not in line:
            raise self._not_started(line)
        return line.rpartition(" ")[2]

    def _first_line(self) -> str:
        timer = threading.Timer(_SECONDS, self._process.kill)
        timer.start()
        try:
            assert self._process.stdout is not None
            return self._process.stdout.readline().decode().strip()
        finally:
            timer.cancel()

    def _not_started(self, line: str) -> MockError:
        self._process.kill()
        self._process.wait()
        self._errors.seek(0)
        told = self._errors.read().decode("utf-8", "replace").strip()
        return MockError(f"the mock did not start: {told or line or 'it said nothing'}")

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """A request to the control surface, JSON in and out. Raises MockError for all but 200."""
        return self._ask(method, path, None if body is None else json.dumps(body).encode())

    def compare(self, upload_id: str, file: Path) -> Mapping[str, Any]:
        """Whether an upload holds this file, and if not, where it first differs."""
        with file.open("rb") as body:
            found: Mapping[str, Any] = self._ask(
                "POST",
                f"/_mock/uploads/{upload_id}/compare",
                body,
                {"Content-Length": str(file.stat().st_size)},
            )
        return found

    def _ask(self, method: str, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Any:
        peer = http.client.HTTPConnection(*self._peer, timeout=_SECONDS)
        try:
            peer.request(method, path, body, dict(headers or {}))
            answer = peer.getresponse()
            told = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise MockError(f"the kit's mock does not answer {method} {path}: {error}") from None
        finally:
            peer.close()
        if answer.status != 200:
            raise MockError(
                f"{method} {path} was answered {answer.status}: {told[:300].decode('utf-8', 'replace')}"
            )
        return json.loads(told)

    def close(self) -> None:
        """Stop it."""
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._errors.close()


class InterceptingMock(Mock):
    """One to which TikTok's own hosts lead whoever inherits its environment (docs/intercept.md)."""

    def __init__(self, *options: str) -> None:
        super().__init__(*options)
        self.api_base = TIKTOK

    def _words(self, options: Sequence[str]) -> list[str]:
        return ["exec", "--intercept", "proxy", "--quiet", *options, "--", sys.executable, "-c", _SHOW]

    def _url_in(self, line: str) -> str:
        if not line.startswith("{"):
            raise self._not_started(line)
        self.environment = json.loads(line)
        return self.environment["TIKTOK_MOCK_URL"]


class Mocks:
    """A pool: a mock per set of options and job, started when it is first wanted."""

    def __init__(self, *options: str, start: Callable[..., Mock] = Mock) -> None:
        self._options = options
        self._start = start
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, ...], list[Mock]] = {}
        self._all: list[Mock] = []

    def take(self, *more: str) -> Mock:
        """A mock that nobody else has, fresh."""
        with self._lock:
            idle = self._idle.setdefault(more, [])
            mock = idle.pop() if idle else None
        if mock is None:
            mock = self._start(*self._options, *more)
            with self._lock:
                self._all.append(mock)
        mock.ask("POST", "/_mock/reset")
        return mock

    def give_back(self, mock: Mock, *more: str) -> None:
        """It may be used again."""
        with self._lock:
            self._idle.setdefault(more, []).append(mock)

    def discard(self, mock: Mock) -> None:
        """Nobody else may have it: a client that nothing can end may still ask it."""
        with self._lock:
            self._all.remove(mock)
        mock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for mock in self._all:
            mock.close()
