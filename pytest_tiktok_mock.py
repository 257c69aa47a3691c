"""pytest plugin of tiktok-upload-mock: the fixtures `tiktok_mock` and `tiktok_mock_server`.

Imports nothing heavy, and nothing that a folder of the user's could stand in for, until a fixture is used.
"""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mockserver.testing import TikTokMock

_INI = "tiktok_mock_args"
_OWN_PORT = (
    "--port is not for the fixture, whose server takes a free one in each process of a run: leave it out, "
    'and ask tiktok_mock.url, or make a mockserver.testing.TikTokMock("--port", ...) of your own'
)
_MARKER = (
    "tiktok_mock(*arguments, **options): options of `tiktok-mock serve` for the server of this test, "
    'after those of the ini file: @pytest.mark.tiktok_mock("--mb", "1000") or (mb=1000)'
)


class _Servers:
    """One running server for each set of options, for as long as this process runs tests."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, ...], TikTokMock] = {}

    def get(self, arguments: tuple[str, ...]) -> "TikTokMock":
        """Running: started again where a test has stopped it."""
        mock = self._running.get(arguments)
        if mock is not None and mock.running:
            return mock
        testing, why = _testing(), ""
        try:
            if testing.configuring.read_config(arguments).port:
                why = _OWN_PORT
            else:
                mock = mock or testing.TikTokMock(*arguments)
                self._running[arguments] = mock.start()
        except (testing.MockError, testing.OptionError) as error:
            why = str(error)
        if why:
            pytest.fail(f"tiktok_mock with options {' '.join(arguments)!r}: {why}", pytrace=False)
        return self._running[arguments]

    def stop(self) -> None:
        for mock in self._running.values():
            mock.stop()


_USED = pytest.StashKey["TikTokMock"]()
_SHOWN = pytest.StashKey[bool]()
_LEFT = pytest.StashKey[str]()
"""What did not strike in a test that passed and may be expected to fail: its report decides."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(_INI, "options of `tiktok-mock serve` for the server of the tests", type="args", default=[])


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture(scope="session")
def _tiktok_mock_servers() -> Iterator[_Servers]:
    servers = _Servers()
    yield servers
    servers.stop()


@pytest.fixture(scope="session")
def tiktok_mock_server(_tiktok_mock_servers: _Servers, pytestconfig: pytest.Config) -> "TikTokMock":
    """The server with the options of the ini file, for fixtures that outlive a test. Nobody resets it here."""
    return _tiktok_mock_servers.get(tuple(pytestconfig.getini(_INI)))


@pytest.fixture
def tiktok_mock(request: pytest.FixtureRequest, _tiktok_mock_servers: _Servers) -> "TikTokMock":
    """A fake TikTok for this test: reset, with a fresh token, running in a thread of its own.

    Faults that did not strike make a test that passed fail; the requests of one that failed are in its report.
    """
    arguments = tuple(request.config.getini(_INI))
    for marker in reversed(list(request.node.iter_markers("tiktok_mock"))):
        arguments += _testing().configuring.arguments_of(marker.args, marker.kwargs)
    mock = _tiktok_mock_servers.get(arguments)
    mock.reset()
    request.node.stash[_USED] = mock
    request.node.stash[_SHOWN] = False
    request.node.stash[_LEFT] = ""
    return mock


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    result = yield  # the test's own failure, or skip, goes on from here
    mock = item.stash.get(_USED, None)
    if mock is not None and mock.running and (unfired := mock.unfired()):
        sentence = _testing().arming.unfired_sentence(unfired)
        if item.get_closest_marker("xfail") is None:
            pytest.fail(sentence, pytrace=False)
        item.stash[_LEFT] = sentence  # a failure here would be the one that is expected
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" and report.passed and (sentence := item.stash.get(_LEFT, "")):
        if hasattr(report, "wasxfail"):
            report.sections.append(("tiktok-mock faults", sentence))
        else:  # the mark's condition does not hold
            report.outcome, report.longrepr = "failed", sentence
    mock = item.stash.get(_USED, None)
    # After the last test the server is gone before its teardown is reported.
    if mock is None or not (report.failed and mock.running):
        return report
    if report.when != "teardown" or not item.stash[_SHOWN]:
        item.stash[_SHOWN] = True
        report.sections.append(("tiktok-mock journal", mock.journal_table()))
        sentence = _testing().arming.unfired_sentence(mock.unfired())
        if sentence not in report.longreprtext:
            report.sections.append(("tiktok-mock faults", sentence))
    return report


def _testing() -> Any:
    """mockserver.testing, or a failure that says whose package stands in its place."""
    import mockserver  # noqa: PLC0415 - nothing heavy before a fixture is used

    ours = Path(__file__).with_name("mockserver")
    found = [Path(one) for one in (mockserver.__file__, *getattr(mockserver, "__path__", ())) if one]
    if ours not in (*found, *(one.parent for one in found)):
        pytest.fail(
            f"tiktok_mock needs the package mockserver of tiktok-upload-mock in {ours.parent}, and {found[0]} "
            "stands in its place: rename that one, or keep its parent off sys.path (pytest instead of "
            "python -m pytest, --import-mode=importlib)",
            pytrace=False,
        )
    from mockserver import testing  # noqa: PLC0415 - the same

    return testing
