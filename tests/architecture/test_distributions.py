"""What is in the files that are published, as the build backend makes them."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling", reason="this machine has no hatchling")
ROOT = Path(__file__).parents[2]
EXAMPLES = {
    f"examples/{name}"
    for name in ("README.md", "python-requests/uploader.py", "node/uploader.mjs", "curl/test.sh")
}
FOR_THEIR_TESTS = {"action.yml", "action/start.sh", "action/summary/action.yml", "Dockerfile", "docker/health.py"}


def built(target: str, into: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(into)]
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=True)
    (path,) = into.iterdir()
    return path


def test_sdist_has_the_examples_and_what_is_tested(tmp_path: Path) -> None:
    with tarfile.open(built("sdist", tmp_path)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        *EXAMPLES,
        *FOR_THEIR_TESTS,
        "docs/ci.md",
        ".dockerignore",
        "docker-compose.example.yml",
    } - names == set()


def test_wheel_is_what_is_imported_and_nothing_more(tmp_path: Path) -> None:
    names = zipfile.ZipFile(built("wheel", tmp_path)).namelist()
    first = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert first == {"mockserver", "conformance", "client_reference", "pytest_tiktok_mock.py"}
