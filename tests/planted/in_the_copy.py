"""Loaded into every pytest run of check.py: the copy's own code or none, and a red example is not made smaller."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "planted",
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)


def pytest_collection_finish(session: pytest.Session) -> None:
    # The package is installed from the project's folder, where there is no bug to be found.
    import mockserver

    if not Path(mockserver.__file__).is_relative_to(session.config.rootpath):
        pytest.exit(f"tests in {session.config.rootpath} import {mockserver.__file__}", returncode=9)
