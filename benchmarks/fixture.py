"""What the pytest fixture costs: for each test that uses it, and for a run that does not.

Each test is compared with one that has a server of its own by pytest-aiohttp, of the very same application; what
an empty test costs is taken off both. A run without the fixture is compared with one without the plugin.

python benchmarks/fixture.py [--tests N] [--rounds N]
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEADER = """
import pytest
from mockserver.app import _Parts
from mockserver.clock import MockClock
from mockserver.config import Config

pytestmark = pytest.mark.parametrize("number", range({tests}))
"""
FLAVOURS = {
    "nothing": "def test_it(number): ...",
    "tiktok_mock": "def test_it(number, tiktok_mock): ...",
    "nothing, async": "async def test_it(number): ...",
    "aiohttp_server": (
        "async def test_it(number, aiohttp_server):\n"
        "    await aiohttp_server(_Parts(Config(), MockClock(), None).application())\n"
    ),
}
# From the first test's setup to the end of the last: neither start-up nor collection.
CLOCK = """
import time
def pytest_runtestloop(session):
    session.config.began = time.perf_counter()
def pytest_sessionfinish(session):
    if hasattr(session.config, "began"):
        print(f"took={time.perf_counter() - session.config.began}")
"""
OURS = "pytest_tiktok_mock"
PLUGINS = ("-p", "pytest_asyncio.plugin", "-p", "pytest_aiohttp.plugin", "-o", "asyncio_mode=auto")


def pytest_in(folder: Path, *arguments: str, plugin: str = OURS) -> str:
    command = [sys.executable, "-W", "ignore", "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", *arguments]
    environment = {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_ADDOPTS": "",
        "PYTEST_PLUGINS": plugin,
    }
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return done.stdout


def seconds_of(flavour: str, tests: int) -> float:
    """Of one test of that flavour, by the mean of so many."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "conftest.py").write_text(CLOCK)
        Path(folder, "test_it.py").write_text(HEADER.format(tests=tests) + FLAVOURS[flavour])
        printed = pytest_in(Path(folder), *PLUGINS)
    return float(printed.partition("took=")[2].split()[0]) / tests


def seconds_to_collect(plugin: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_it.py").write_text("def test_it(): ...")
        began = time.perf_counter()
        pytest_in(Path(folder), plugin=plugin)
        return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description="The fixture's cost as ratios.")
    parser.add_argument("--tests", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    rounds = [{name: seconds_of(name, asked.tests) for name in FLAVOURS} for _ in range(asked.rounds)]
    ours = [one["tiktok_mock"] - one["nothing"] for one in rounds]
    theirs = [one["aiohttp_server"] - one["nothing, async"] for one in rounds]
    ratio = statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
    print(
        f"per test: tiktok_mock {statistics.median(ours) * 1e6:.0f} us, aiohttp_server of the same application "
        f"{statistics.median(theirs) * 1e6:.0f} us, ratio {ratio:.2f} (goal: at most 0.5)"
    )
    pairs = [(seconds_to_collect(""), seconds_to_collect(OURS)) for _ in range(3 * asked.rounds)]
    unused = statistics.median(mine / other for other, mine in pairs)
    print(
        f"unused: a run of one empty test {statistics.median(other for other, _ in pairs) * 1e3:.0f} ms, "
        f"with the plugin ratio {unused:.2f} (goal: at most 1.05)"
    )


if __name__ == "__main__":
    main()
