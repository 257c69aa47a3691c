"""Servers that are not ours: the kit says what is wrong with them, and ends in bounded time."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support import echo, nginx
from support.commands import SECONDS, environment, run

BASE = ["server", "--mb", "1000", "--patience", "5", "--api-base"]


@contextmanager
def process(*command: str) -> Iterator[str]:
    """The URL of a server that says on its first line where it is."""
    with subprocess.Popen(
        [sys.executable, "-u", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(),
    ) as running:
        try:
            assert running.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:[0-9]+", running.stdout.readline())
            assert found is not None
            yield found[0]
        finally:
            running.terminate()
            running.wait(SECONDS)


def red(url: str) -> tuple[set[str], str]:
    """The clauses that fail, and the page."""
    began = time.monotonic()
    done = run("conformance", *BASE, url)
    assert time.monotonic() - began < 30
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert not [line for line in lines if line.startswith("  ERROR")]
    return {line.split()[1] for line in lines if line.startswith("  FAIL")}, done.stdout


def test_pythons_file_server(tmp_path: Path) -> None:
    with process("-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(tmp_path)) as url:
        failed, page = red(url)
    assert failed == {"S-INIT-ANSWER", "S-INIT-ENVELOPE"}
    assert "actual:   501" in page


def test_an_aiohttp_server_that_echoes() -> None:
    with process(str(echo.__file__)) as url:
        failed, page = red(url)
    assert failed == {"S-INIT-ANSWER", "S-INIT-ENVELOPE"}
    assert "expected: 200 with error.code 'ok'" in page


@pytest.fixture
def program() -> str:
    found = nginx.nginx()
    if found is None:
        pytest.skip("this machine has no nginx")
    return found


def test_an_nginx_with_files(program: str, tmp_path: Path) -> None:
    with nginx.running(program, tmp_path, uploads=False) as url:
        failed, page = red(url)
    assert failed == {"S-INIT-ANSWER", "S-INIT-ENVELOPE"}
    assert "actual:   405" in page


def test_an_nginx_that_takes_files(program: str, tmp_path: Path) -> None:
    """A home-made upload server: init is a constant, and WebDAV's PUT knows no ranges."""
    with nginx.running(program, tmp_path, uploads=True) as url:
        failed, page = red(url)
    assert {"S-INIT-UNIQUE", "S-INIT-AUTH", "S-PLAN-COUNT", "S-CHUNK-206", "S-CHUNK-201"} <= failed
    assert not {clause for clause in failed if clause.startswith(("S-ORDER", "S-HEAD", "S-BODY", "S-ATOMIC"))}
    assert "actual:   501" in page
