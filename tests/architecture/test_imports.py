"""What import-linter cannot see: what importing a module really loads, in a fresh interpreter."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def loaded_by(statement: str) -> set[str]:
    """Names of the modules in a fresh interpreter after `statement`."""
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("statement", "never"),
    [
        (
            "import mockserver.protocol.answers, mockserver.protocol.publish",
            {"aiohttp", "asyncio", "click", "xxhash"},
        ),
        ("import mockserver.service, mockserver.store.memory", {"aiohttp", "click"}),
        ("import mockserver.cli", {"aiohttp", "asyncio", "client_reference", "conformance"}),
        ("import mockserver.testing", {"client_reference", "conformance", "rich", "hypothesis", "pytest"}),
        (
            "import pytest_tiktok_mock",
            {"mockserver", "aiohttp", "asyncio", "click", "client_reference", "conformance"},
        ),
        ("import mockserver.app", {"client_reference", "conformance", "rich", "hypothesis"}),
        ("import client_reference.flow", {"aiohttp", "asyncio", "mockserver", "conformance", "rich"}),
        ("import client_reference.transport", {"mockserver", "conformance", "rich"}),
        ("import conformance.cli", {"mockserver", "client_reference", "aiohttp"}),
        (
            "import conformance.pytest_plugin",
            {"mockserver", "client_reference", "aiohttp", "rich", "conformance.wire", "conformance.server"},
        ),
        ("import conformance.judging", {"mockserver", "client_reference", "aiohttp", "hypothesis"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_importing(statement: str, never: set[str]) -> None:
    assert loaded_by(statement) & never == set()


def test_modules_stay_small() -> None:
    """A module is one thing: at most 300 lines."""
    large = {
        str(path.relative_to(ROOT)): lines
        for package in ("mockserver", "conformance", "client_reference")
        for path in (ROOT / package).rglob("*.py")
        if (lines := len(path.read_text().splitlines())) > 300
    }
    assert large == {}


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    wanted += [name for names in project["project"]["optional-dependencies"].values() for name in names]
    wanted += [name for names in project["dependency-groups"].values() for name in names]
    told = (ROOT / "docs" / "dependencies.md").read_text()
    missing = [name for name in wanted if f"`{name.split('>')[0]}`" not in told]
    assert missing == []
