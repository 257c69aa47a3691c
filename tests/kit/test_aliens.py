"""Targets that are no upload server cost bounded time and get a sentence, never a traceback."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import aliens
from support.commands import SECONDS, environment, run

BASE = ["server", "--mb", "1000", "--patience", "2", "--api-base"]


@pytest.mark.parametrize(
    ("handler", "sentence"),
    [
        (aliens.hangs, "no answer within 2 s"),
        (aliens.closes, "the connection was closed without an answer"),
        (aliens.resets, "the connection was closed without an answer"),
        (aliens.floods, "not HTTP: a line or head of more than 65536 bytes"),
        (aliens.floods_a_body, "a flood"),
        (aliens.drips, "no answer within 2 s"),
        (aliens.greets, "not HTTP: b'220 mail.example \\x1b[31mESMTP"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_does_not_speak_http(handler: aliens.Handler, sentence: str) -> None:
    with aliens.alien(handler) as url:
        done = run("conformance", *BASE, url)
    assert done.returncode == 3
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize("handler", [aliens.answers_once, aliens.says_yes], ids=lambda value: value.__name__)
def test_what_speaks_http_and_nothing_more(handler: aliens.Handler) -> None:
    began = time.monotonic()
    with aliens.alien(handler) as url:
        done = run("conformance", *BASE, url)
    assert done.returncode == 1
    assert "FAIL  S-INIT-ANSWER (must)" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert time.monotonic() - began < 30


@pytest.fixture
def file_server(tmp_path: Path) -> Iterator[str]:
    """Python's own, which knows GET and no more."""
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment()
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield "http://127.0.0.1:" + line.split("port ")[1].split(" ")[0]
        process.terminate()
        process.wait(SECONDS)


def test_a_file_server(file_server: str) -> None:
    done = run("conformance", *BASE, file_server)
    assert done.returncode == 1
    assert "actual:   501" in done.stdout
    red = {line.split()[1] for line in done.stdout.splitlines() if line.startswith("  FAIL")}
    assert red == {"S-INIT-ANSWER", "S-INIT-ENVELOPE"}


def test_what_hangs_on_uploads_alone() -> None:
    began = time.monotonic()
    with aliens.alien(aliens.inits_only) as url:
        done = run("conformance", *BASE, url)
    assert done.returncode == 1
    assert "the target has stopped answering" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert time.monotonic() - began < 30


def test_nobody() -> None:
    done = run("conformance", *BASE, "http://127.0.0.1:1")
    assert done.returncode == 3
    assert "127.0.0.1:1 cannot be reached" in done.stderr
