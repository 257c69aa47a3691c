"""Hypothesis profiles and what all tests may ask for."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from mockserver.clock import ManualClock
from mockserver.config import Config
from mockserver.protocol.rules import DOCUMENTED
from support.servers import ThreadServer

_SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("dev", derandomize=True, deadline=None, suppress_health_check=_SLOW_IS_FINE)
settings.register_profile("ci", settings.get_profile("dev"), print_blob=True)
settings.register_profile(
    "night",
    max_examples=5000,
    deadline=None,
    suppress_health_check=_SLOW_IS_FINE,
    phases=(Phase.explicit, Phase.generate, Phase.target, Phase.shrink),
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Where skipping is not allowed (in CI), only what a machine cannot have may be skipped."""
    if os.environ.get("TIKTOK_MOCK_TESTS_MAY_SKIP") != "no":
        return
    reasons = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", ())]
    if unexpected := [reason for reason in reasons if "this machine has no" not in reason]:
        terminalreporter.write_line(f"skipped, and not allowed to: {unexpected}", red=True)
        terminalreporter._session.exitstatus = 1


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def server(clock: ManualClock) -> Iterator[ThreadServer]:
    """A server whose MB is 1000 bytes, on a clock that stands still."""
    with ThreadServer(Config(rules=DOCUMENTED.with_mb(1000)), clock) as running:
        yield running
