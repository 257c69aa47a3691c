"""Each example runs on its own: copied elsewhere, by the command that its README gives."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.commands import SECONDS, environment

EXAMPLES = Path(__file__).parents[2] / "examples"
NEEDS = {"python-requests": [], "python-aiohttp": [], "node": ["node"], "php": ["php"], "curl": ["curl"]}
"""What each needs of the machine, beside this Python."""


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "pytest_tiktok_mock", "PYTEST_ADDOPTS": ""}
    return subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=environment(PATH=path, **alone),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def missing(name: str) -> str | None:
    for tool in NEEDS[name]:
        if shutil.which(tool) is None:
            return tool
    if name == "php" and run(EXAMPLES, "php -r 'exit(extension_loaded(\"curl\") ? 0 : 1);'").returncode:
        return "curl extension of php"
    return None


@pytest.fixture(params=sorted(NEEDS))
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    name = request.param
    if tool := missing(name):
        pytest.skip(f"this machine has no {tool}")
    return shutil.copytree(EXAMPLES / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))


def command_of(example: Path) -> str:
    found = re.findall(r"^```sh\n(.*?)\n```$", (example / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert len(found) == 1
    return found[0]


def test_its_own_test_passes(example: Path) -> None:
    done = run(example, command_of(example))
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^(2 passed|ok|# pass 2)", done.stdout, re.MULTILINE), done.stdout


BUGS = {
    "python-requests": ("== 416", "== 9416"),
    "python-aiohttp": ("== 416", "== 9416"),
    "node": ("=== 416", "=== 9416"),
    "php": ("=== 416", "=== 9416"),
    "curl": ("    416)", "    9416)"),
}
"""An uploader that does not know 416 fails after a lost answer."""


def test_its_own_test_sees_a_bug(example: Path) -> None:
    right, wrong = BUGS[example.name]
    (source,) = [path for path in example.iterdir() if path.stem in {"upload", "uploader"}]
    text = source.read_text()
    assert text.count(right) == 1
    source.write_text(text.replace(right, wrong))
    done = run(example, command_of(example))
    assert done.returncode != 0, done.stdout + done.stderr
    assert "416" in done.stdout + done.stderr


def test_every_example_is_listed() -> None:
    folders = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())
    assert folders == sorted(NEEDS)
    listed = re.findall(r"^\| \[([a-z-]+)\]", (EXAMPLES / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == folders
