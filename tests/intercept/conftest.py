"""What a machine has."""

import shutil
import subprocess

import pytest


@pytest.fixture(scope="session")
def _namespaces() -> bool:
    """Asked of util-linux, not of us."""
    unshare = shutil.which("unshare")
    command = [str(unshare), "--user", "--map-root-user", "--mount", "--net", "true"]
    return unshare is not None and subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture
def namespaces(_namespaces: bool) -> None:  # noqa: FBT001 - a fixture's value
    """For tests of --intercept netns."""
    if not _namespaces:
        pytest.skip("this machine has no user namespaces")
