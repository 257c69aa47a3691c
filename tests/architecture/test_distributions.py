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


def built(target: str, into: Path, source: Path = ROOT) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(into)]
    subprocess.run(command, cwd=source, capture_output=True, timeout=60, check=True)
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


PACKAGES = ("mockserver", "conformance", "client_reference")


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a clone: nothing says which files are the project's")
def test_wheel_is_what_is_imported_and_all_of_it(tmp_path: Path) -> None:
    names = zipfile.ZipFile(built("wheel", tmp_path)).namelist()
    there = {name for name in names if ".dist-info/" not in name}
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *PACKAGES, "pytest_tiktok_mock.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout.split()
    assert there == set(tracked)
    assert {".toml", ".js", ".css", ".html", ".json"} <= {Path(name).suffix for name in there}
    assert {f"{package}/py.typed" for package in PACKAGES} <= there


def test_sdist_builds_the_same_wheel(tmp_path: Path) -> None:
    (tmp_path / "sdist").mkdir()
    with tarfile.open(built("sdist", tmp_path / "sdist")) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = (path for path in tmp_path.iterdir() if path.name != "sdist")
    contents = []
    for number, tree in enumerate((ROOT, source)):
        (tmp_path / f"wheel-{number}").mkdir()
        wheel = zipfile.ZipFile(built("wheel", tmp_path / f"wheel-{number}", tree))
        contents.append({name: wheel.read(name) for name in wheel.namelist()})
    assert contents[0] == contents[1]
