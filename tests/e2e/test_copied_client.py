"""The folder client_reference copied out of the repository, beside nothing but what it needs."""

import importlib.metadata
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import client_reference
from support.commands import SECONDS, environment, make_file
from support.servers import ThreadServer
from support.steering import good

NEEDED = ["aiohttp", "click", "rich"]
START = """
import runpy, sys
sys.path[:0] = sys.argv.pop(1), sys.argv.pop(1)
runpy.run_module('client_reference', run_name='__main__')
"""


def with_what_they_need(names: list[str]) -> set[importlib.metadata.Distribution]:
    found: dict[str, importlib.metadata.Distribution] = {}
    while names:
        name = names.pop()
        if name not in found:
            found[name] = importlib.metadata.distribution(name)
            wanted = [line for line in found[name].requires or [] if "extra" not in line]
            for one in wanted:
                try:
                    importlib.metadata.distribution(wants := re.split(r"[^\w.-]", one)[0])
                except importlib.metadata.PackageNotFoundError:
                    continue  # for another Python or system
                names.append(wants)
    return set(found.values())


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=environment(), check=False)


@pytest.fixture
def copied(tmp_path: Path) -> list[str]:
    """A command that runs the copy and sees three libraries, what they need, and the standard one."""
    shutil.copytree(client_reference.__path__[0], tmp_path / "copy" / "client_reference")
    libraries = tmp_path / "libraries"
    libraries.mkdir()
    for distribution in with_what_they_need([*NEEDED]):
        for file in distribution.files or []:
            top = file.parts[0]
            if top != ".." and not (libraries / top).exists():
                (libraries / top).symlink_to(Path(str(distribution.locate_file(top))))
    assert not list(libraries.glob("*mock*"))
    return [sys.executable, "-I", "-S", "-c", START, str(tmp_path / "copy"), str(libraries)]


def test_the_copy_uploads_and_goes_on(copied: list[str], server: ThreadServer, tmp_path: Path) -> None:
    video = make_file(tmp_path / "clip.mp4", 30_123)
    options = ["--api-base", server.url, "--token", "t", "--mb", "1000", "--resume-file", str(tmp_path / "state")]
    for requests in ("5 requests", "1 requests"):
        done = run(*copied, str(video), *options)
        assert (done.returncode, done.stderr) == (0, ""), done
        assert requests in done.stdout.splitlines()[-1]
    (upload,) = good(server, "GET", "/_mock/uploads")["uploads"]
    assert upload["complete"]


def test_the_copy_says_what_it_is(copied: list[str]) -> None:
    done = run(*copied, "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("version of a copied folder\n")
