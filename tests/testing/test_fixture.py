"""The pytest plugin, in pytest processes of their own: what users see of it."""

import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support import sending

pytestmark = pytest.mark.usefixtures("_nobody_s_environment")
ALONE = ("-p", "pytest_tiktok_mock")
SENDING = Path(sending.__file__).read_text()
INI = "[pytest]\ntiktok_mock_args = --mb 1000\n"
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def _nobody_s_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("CI", "true")  # nothing is shortened
    monkeypatch.setenv("TIKTOK_MOCK_MB", "7")  # has no say


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Runs pytest on one test file, beside a small uploader, every warning an error."""

    def running(code: str, *arguments: str, ini: str = INI, plugins: tuple[str, ...] = ()) -> pytest.RunResult:
        pytester.makeini(ini)
        pytester.makepyfile(sending=SENDING, test_it=code)
        loaded = [word for name in plugins for word in ("-p", name)]
        return pytester.runpytest_subprocess(
            *ALONE, *loaded, "-W", "error", "-p", "no:cacheprovider", "-rA", *arguments, timeout=60
        )

    return running


def test_a_test_of_an_uploader(run: Run) -> None:
    done = run("""
        import sending

        VIDEO = sending.video(16_000)
        TOKENS = set()

        def test_good(tiktok_mock):
            tiktok_mock.fail("chunk", chunk=2, status=503, times=2)
            sending.send(tiktok_mock.url, tiktok_mock.token, VIDEO)
            upload = tiktok_mock.upload()
            assert upload.complete and upload.matches(VIDEO)
            TOKENS.add(tiktok_mock.token)

        def test_again_as_if_for_the_first_time(tiktok_mock, tiktok_mock_server):
            assert tiktok_mock.url == tiktok_mock_server.url
            assert (tiktok_mock.uploads(), tiktok_mock.journal(), tiktok_mock.faults()) == ([], [], [])
            assert tiktok_mock.token not in TOKENS

        def test_the_clock(tiktok_mock):
            tiktok_mock.freeze()
            upload = tiktok_mock.make_upload(16_000, 5000, 3)
            tiktok_mock.advance(3600)
            assert sending.put(upload.url, 0, VIDEO[:5000], 16_000) == 403

        def test_the_clock_runs_again(tiktok_mock):
            assert not tiktok_mock.make_upload(16_000, 5000, 3).expired
    """)
    done.assert_outcomes(passed=4)
    done.stdout.no_fnmatch_line("*journal*")


def test_options_by_ini_and_markers(run: Run) -> None:
    done = run("""
        import pytest
        import sending

        SERVERS = {}

        def smallest(mock):
            for size in (1000, 2500, 5000):
                try:
                    mock.make_upload(4 * size, size, 4)
                except Exception:
                    continue
                return size

        def test_ini(tiktok_mock, tiktok_mock_server):
            assert smallest(tiktok_mock) == 5000
            assert tiktok_mock is tiktok_mock_server

        @pytest.mark.tiktok_mock("--mb", "500")
        class TestOfAClass:
            def test_marker(self, tiktok_mock, tiktok_mock_server):
                assert smallest(tiktok_mock) == 2500
                assert tiktok_mock.url != tiktok_mock_server.url
                SERVERS["500"] = tiktok_mock.url

            @pytest.mark.tiktok_mock(mb=200, token=["act.one"])
            def test_the_nearest_wins(self, tiktok_mock):
                assert smallest(tiktok_mock) == 1000
                assert tiktok_mock.token == "act.one"

        @pytest.mark.parametrize("size", [
            pytest.param(5000, marks=pytest.mark.tiktok_mock("--mb", "1000")),
            pytest.param(2500, marks=pytest.mark.tiktok_mock(mb=500)),
        ])
        def test_parameters(tiktok_mock, size):
            assert smallest(tiktok_mock) == size
            assert size != 2500 or tiktok_mock.url == SERVERS["500"]  # one server for each set

        @pytest.mark.tiktok_mock("--bm", "1000")
        def test_wrong(tiktok_mock): ...

        @pytest.mark.tiktok_mock(host="192.0.2.1", control_token="x")
        def test_no_such_address(tiktok_mock): ...

        @pytest.mark.tiktok_mock(port=18080)
        def test_port(tiktok_mock): ...

        @pytest.mark.tiktok_mock("--port", "0")
        def test_free_port(tiktok_mock): ...
    """)
    done.assert_outcomes(passed=6, errors=3)
    done.stdout.fnmatch_lines(
        [
            "tiktok_mock with options '--mb 1000 --bm 1000': No such option*--bm*",
            "tiktok_mock with options '*192.0.2.1*': TikTokMock cannot start: this machine has no address*",
            "tiktok_mock with options '--mb 1000 --port 18080': --port is not for the fixture, whose server *",
        ]
    )
    done.stdout.no_fnmatch_line("*Traceback*")


def test_a_fault_that_did_not_strike_fails_a_test_that_passed(run: Run) -> None:
    done = run(
        """
        import pytest
        import sending
        import unittest

        VIDEO = sending.video(16_000)

        def test_unfired(tiktok_mock):
            tiktok_mock.fail("chunk", chunk=4, status=503)
            sending.send(tiktok_mock.url, tiktok_mock.token, VIDEO)

        def test_struck_once_of_twice(tiktok_mock):
            tiktok_mock.fail("chunk", chunk=1, status=503, times=2)
            upload = tiktok_mock.make_upload(16_000, 5000, 3)
            assert sending.put(upload.url, 0, VIDEO[:5000], 16_000) == 503

        def test_for_ever(tiktok_mock):
            tiktok_mock.fail("init", status=503, times=None)

        def test_own_failure(tiktok_mock):
            tiktok_mock.fail("init", status=503)
            assert tiktok_mock.uploads(), "its own sentence"

        def test_skipped(tiktok_mock):
            tiktok_mock.fail("init", status=503)
            pytest.skip("its own reason")

        @pytest.mark.xfail(reason="its own mark", strict=True)
        def test_xfail(tiktok_mock):
            tiktok_mock.fail("init", status=503)
            assert 0

        @pytest.fixture
        def broken(tiktok_mock):
            tiktok_mock.fail("init", status=503)
            assert 0, "the fixture's sentence"

        def test_setup(broken): ...

        @pytest.fixture
        def torn(tiktok_mock):
            yield
            assert 0, "the teardown's sentence"

        def test_teardown(torn): ...

        def test_call_and_teardown(torn):
            assert 0, "the call's sentence"

        @pytest.mark.usefixtures("tiktok_mock")
        class TestOfUnittest(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _mock(self, tiktok_mock):
                self.mock = tiktok_mock

            def test_unfired(self):
                self.mock.fail("init", status=503)

            def test_own_failure(self):
                self.mock.fail("init", status=503)
                self.fail("its own sentence")

        def test_beside_it(): ...
        """,
        "--junit-xml=junit.xml",
    )
    done.assert_outcomes(passed=3, failed=6, skipped=1, xfailed=1, errors=3)
    done.stdout.fnmatch_lines(
        [
            "FAILED *::test_unfired - Failed: did not strike: status 503 before_body on chunk 4, once; *",
            "FAILED *::test_struck_once_of_twice - *did not strike: * on chunk 1, 2 times; fired 1",
            "FAILED test_it.py::test_own_failure - AssertionError: its own sentence*",
        ]
    )
    text = str(done.stdout)
    assert "FAILED test_it.py::TestOfUnittest::test_unfired - " in text
    assert re.search(r"FAILED test_it.py::TestOfUnittest::test_own_failure - .*its own sentence", text)
    assert "ERROR test_it.py::test_setup - AssertionError: the fixture's sentence" in text
    assert "ERROR test_it.py::test_teardown - AssertionError: the teardown's sentence" in text
    assert text.count("-- tiktok-mock journal --") == 8  # once for each that failed
    # Beside a failure of its own, what did not strike is told too: own_failure twice, and setup.
    assert text.count("-- tiktok-mock faults --") == 3


def test_an_expected_failure_is_not_the_fault_that_did_not_strike(run: Run) -> None:
    done = run("""
        import pytest

        @pytest.mark.xfail(strict=True)
        def test_strict(tiktok_mock):
            tiktok_mock.fail("init", status=503)

        @pytest.mark.xfail
        def test_lenient(tiktok_mock):
            tiktok_mock.fail("init", status=504)

        @pytest.mark.xfail(False, reason="of another machine")
        def test_not_expected_here(tiktok_mock):
            tiktok_mock.fail("init", status=505)

        @pytest.mark.xfail
        def test_fails(tiktok_mock):
            tiktok_mock.fail("init", status=506)
            assert 0
    """)
    done.assert_outcomes(failed=2, xfailed=1, xpassed=1)
    text = str(done.stdout)
    assert re.search(r"FAILED test_it.py::test_strict - \[XPASS\(strict\)\]", text)
    assert "FAILED test_it.py::test_not_expected_here - did not strike: status 505 before_body on init" in text
    assert text.count("-- tiktok-mock faults --") == 2
    for status in (503, 504):
        assert f"did not strike: status {status} before_body on init, once; fired never" in text
    assert "506" not in text.replace("status=506", "")


def test_a_failure_shows_the_journal(run: Run) -> None:
    code = """
        import sending

        VIDEO = sending.video(16_000)

        def test_it(tiktok_mock):
            tiktok_mock.fail("chunk", chunk=2, close=True, when="after_commit")
            sending.send(tiktok_mock.url, tiktok_mock.token, VIDEO)
            assert tiktok_mock.upload().matches(VIDEO[1:] + b"x")
    """
    done = run(code)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "E * where False = matches(*",
            "E * <upload 7*: 10000 of 16000 bytes, not complete; chunk 1 (bytes 0-4999) differs>.matches",
            "*-- tiktok-mock journal --*",
            "#   answer  request * range * fault * why",
            "1   200     POST /v2/post/publish/inbox/video/init/ * S-INIT-ANSWER 16000 bytes declared in 3 *",
            "2   206     PUT /video/ * bytes 0-4999/16000 * S-CHUNK-206 5000 of 16000 bytes are in",
            "3   none    PUT /video/ * bytes 5000-9999/16000 * close after_commit  S-CHUNK-206 10000 of *",
            "4   416     PUT /video/ * bytes 5000-9999/16000 * S-ORDER-REPEAT FIRST must be 10000, *",
        ],
        consecutive=False,
    )
    done.stdout.no_fnmatch_line("*Traceback*")
    done.stdout.no_fnmatch_line("*upload_token*")


@pytest.mark.skipif(not hasattr(pytest, "Subtests"), reason="this machine has no pytest 9")
def test_each_part_that_fails_shows_the_journal_so_far(run: Run) -> None:
    done = run("""
        import sending

        def test_parts(tiktok_mock, subtests):
            for size in (5000, 6000):
                with subtests.test(size=size):
                    sending.init(tiktok_mock.url, tiktok_mock.token, size, size)
                    assert 0
    """)
    first, second = str(done.stdout).split("-- tiktok-mock journal --")[1:]
    assert "6000 bytes declared" not in first
    assert "5000 bytes declared" in second
    assert "6000 bytes declared" in second


def test_the_last_teardown_fails_when_the_server_is_gone(run: Run) -> None:
    done = run("""
        import pytest

        @pytest.fixture(scope="session", autouse=True)
        def torn():
            yield
            assert 0, "the session's sentence"

        def test_it(tiktok_mock): ...
    """)
    done.assert_outcomes(passed=1, errors=1)
    done.stdout.fnmatch_lines(["ERROR test_it.py::test_it - AssertionError: the session's sentence*"])
    done.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_a_server_that_a_test_stopped_runs_for_the_next_one(run: Run) -> None:
    done = run("""
        import sending

        def test_stopped(tiktok_mock):
            tiktok_mock.stop()

        def test_runs_again(tiktok_mock, tiktok_mock_server):
            assert tiktok_mock is tiktok_mock_server
            sending.send(tiktok_mock.url, tiktok_mock.token, sending.video(16_000))
            assert tiktok_mock.upload().complete

        def test_stopped_and_failed(tiktok_mock):
            tiktok_mock.stop()
            assert 0, "its own sentence"

        def test_runs_once_more(tiktok_mock):
            assert tiktok_mock.journal() == []
    """)
    done.assert_outcomes(passed=3, failed=1)
    done.stdout.fnmatch_lines(["FAILED test_it.py::test_stopped_and_failed - AssertionError: its own sentence*"])


ASYNC = """
    import asyncio
    import pytest
    import sending

    {mark}
    async def test_async(tiktok_mock):
        tiktok_mock.fail("init", status=503)
        with pytest.raises(AssertionError):
            await {thread}(sending.init, tiktok_mock.url, tiktok_mock.token, 16_000, 5000)
        await {thread}(sending.send, tiktok_mock.url, tiktok_mock.token, sending.video(16_000))
        assert tiktok_mock.upload().complete

    {mark}
    async def test_unfired(tiktok_mock):
        tiktok_mock.fail("chunk", status=503)

    def test_sync(tiktok_mock):
        assert tiktok_mock.uploads() == []
"""


@pytest.mark.parametrize(
    ("plugins", "mark", "ini"),
    [
        (("pytest_asyncio.plugin",), "", "asyncio_mode = auto\n"),
        (("pytest_asyncio.plugin",), "@pytest.mark.asyncio", "asyncio_mode = strict\n"),
        (("pytest_asyncio.plugin", "pytest_aiohttp.plugin"), "", "asyncio_mode = auto\n"),
        (("anyio.pytest_plugin",), "@pytest.mark.anyio", ""),
    ],
    ids=["asyncio, auto", "asyncio, strict", "aiohttp", "anyio"],
)
def test_asynchronous_tests(run: Run, plugins: tuple[str, ...], mark: str, ini: str) -> None:
    for name in plugins:
        if importlib.util.find_spec(name.partition(".")[0]) is None:
            pytest.skip(f"this machine has no {name.partition('.')[0]}")
    if "asyncio" in ini:
        ini += "asyncio_default_fixture_loop_scope = function\n"
    code = ASYNC.format(mark=mark, thread="asyncio.to_thread")
    if mark.endswith("anyio"):
        code += "\n    @pytest.fixture\n    def anyio_backend(): return 'asyncio'\n"
    done = run(code, ini=INI + ini, plugins=plugins)
    done.assert_outcomes(passed=2, failed=1)
    done.stdout.fnmatch_lines(["FAILED test_it.py::test_unfired - Failed: did not strike: *"])


@pytest.mark.skipif(importlib.util.find_spec("xdist") is None, reason="this machine has no pytest-xdist")
def test_each_worker_has_a_server_of_its_own(run: Run) -> None:
    done = run(
        """
        import pathlib
        import pytest
        import sending

        @pytest.mark.parametrize("number", range(12))
        def test_many(tiktok_mock, number):
            tiktok_mock.fail("chunk", status=503)
            sending.send(tiktok_mock.url, tiktok_mock.token, sending.video(16_000))
            assert len(tiktok_mock.journal()) == 5
            with pathlib.Path("urls").open("a") as file:
                file.write(tiktok_mock.url + chr(10))

        def test_unfired(tiktok_mock):
            tiktok_mock.fail("chunk", status=503)
        """,
        *("-n", "2"),
        plugins=("xdist",),
    )
    done.assert_outcomes(passed=12, failed=1)
    done.stdout.fnmatch_lines(["*-- tiktok-mock journal --*", "no request came"])
    assert len(set(Path("urls").read_text().split())) == 2


def test_nothing_heavy_is_loaded_before_a_fixture_is_used(run: Run) -> None:
    done = run(
        """
        import sys

        def test_unused():
            heavy = ("aiohttp", "asyncio", "click", "mockserver", "xxhash")
            assert [name for name in heavy if name in sys.modules] == []

        def test_used(tiktok_mock):
            assert "aiohttp" in sys.modules
        """
    )
    done.assert_outcomes(passed=2)


def test_the_plugin_module_alone_loads_nothing_but_pytest() -> None:
    code = "import sys, pytest; old = set(sys.modules); import pytest_tiktok_mock; print(*set(sys.modules) - old)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["pytest_tiktok_mock"]


@pytest.mark.parametrize("name", ["mockserver", "conformance"])
def test_a_folder_of_the_same_name_does_not_break_a_run(pytester: pytest.Pytester, name: str) -> None:
    pytester.mkpydir(name).joinpath("own.py").write_text("HERE = True\n")
    pytester.makepyfile(
        test_own=f"""
        def test_own():
            from {name}.own import HERE
            assert HERE
        """,
        test_mock="""
        def test_mock(tiktok_mock):
            assert tiktok_mock.uploads() == []
        """,
    )
    command = [sys.executable, "-m", "pytest", *ALONE, "-rA", "-W", "error", "-p", "no:cacheprovider"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "PASSED test_own.py::test_own" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    if name == "conformance":
        assert done.returncode == 0, done.stdout
        return
    assert done.returncode == 1
    assert "tiktok_mock needs the package mockserver of tiktok-upload-mock in " in done.stdout
    theirs = pytester.path / "mockserver" / "__init__.py"
    assert f", and {theirs} stands in its place: rename that one, or" in done.stdout


def test_it_is_found_by_its_entry_point_and_told_by_pytest(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    pytester.makepyfile("def test_it(tiktok_mock): assert tiktok_mock.uploads() == []")
    done = pytester.runpytest_subprocess("--strict-markers", timeout=60)
    done.assert_outcomes(passed=1)
    told = pytester.runpytest_subprocess("--fixtures", timeout=60)
    told.stdout.fnmatch_lines(["tiktok_mock -- *", "*A fake TikTok for this test: *"])
    assert "_tiktok_mock_servers" not in str(told.stdout)
    markers = str(pytester.runpytest_subprocess("--markers", timeout=60).stdout)
    assert "@pytest.mark.tiktok_mock(*arguments, **options): options of `tiktok-mock serve`" in markers
