"""The cases for servers under pytest: a real pytest, run by a user whose directory is empty."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from conformance.options import server_options
from conformance.pytest_plugin.options import NOT_HERE
from support import aliens
from support.commands import SECONDS, environment, run
from support.perturbing import PerturbingProxy
from support.rewrites import progress, status

CASES = "conformance.server"
# Beside what else a user may have installed (pytest-asyncio warns of the loop scope itself).
OTHERS = ["-o", "asyncio_default_fixture_loop_scope=function", "-o", "asyncio_mode=auto", "-p", "no:schemathesis"]


class Judging:
    """pytest in an empty directory, and its JUnit file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(
        self, *arguments: str, base: str | None = None, cases: str = CASES, beside_others: bool = False
    ) -> Any:
        command = [sys.executable, "-m", "pytest", "-W", "error", "-rA", "-p", "conformance.pytest_plugin"]
        more = {"PYTEST_ADDOPTS": "", "COLUMNS": "200", "CI": "true"}
        if beside_others:
            command += OTHERS
        else:
            more["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        if base is not None:
            command += ["--tiktok-api-base", base, "--tiktok-mb", "1000"]
        return subprocess.run(
            [*command, "--junit-xml", "junit.xml", "--pyargs", cases, *arguments],
            cwd=self._path,
            env=environment(**more),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def junit(self) -> dict[str, ET.Element]:
        tree = ET.parse(self._path / "junit.xml")
        return {case.attrib["name"]: case for case in tree.iter("testcase")}


@pytest.fixture
def judging(tmp_path: Path) -> Judging:
    return Judging(tmp_path)


def told(done: Any) -> set[str]:
    """The lines of the short summary, without what follows the node id."""
    words = ("PASSED ", "FAILED ", "ERROR ", "XFAIL ")
    lines = [line for line in done.stdout.splitlines() if line.startswith(words)]
    return {" ".join(line.split()[:2]) for line in lines}


def test_an_honest_server_is_green_throughout(judging: Judging, mock_url: str) -> None:
    done = judging("--tiktok-examples", "8", base=mock_url, beside_others=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "XFAIL" not in done.stdout
    listed = run("conformance", "server", "--list", "--mb", "1000").stdout.splitlines()
    assert set(judging.junit()) == {line.partition(": ")[0] for line in listed}
    assert f"{len(listed) - 4} passed, 4 skipped" in done.stdout
    assert f"{mock_url}, profile any, MB of 1000 bytes, seed 0: " in done.stdout
    assert "  progress             count                    A4\n" in done.stdout


def test_one_node_id_is_one_test(judging: Judging, mock_url: str) -> None:
    printed = "conformance/server::S-ORDER-GAP/one-byte"
    for cases in (printed, f"{CASES}::S-ORDER-GAP/one-byte"):
        done = judging(base=mock_url, cases=cases)
        assert told(done) == {f"PASSED {printed}"}, done.stdout + done.stderr


def test_what_follows_the_colons_may_be_a_clause_and_k_and_m_select_too(judging: Judging, mock_url: str) -> None:
    by_clause = told(judging(base=mock_url, cases=f"{CASES}::S-ORDER-GAP"))
    assert len(by_clause) == 6
    assert told(judging("-m", "tiktok_conformance(clause='S-ORDER-GAP')", base=mock_url)) == by_clause
    assert told(judging("-k", "S-ORDER-GAP", base=mock_url)) == by_clause


def test_a_broken_clause_is_red_under_its_name_and_shows_the_exchange(judging: Judging, mock_url: str) -> None:
    with PerturbingProxy(mock_url, status(416, 400)) as proxy:
        done = judging("-k", "S-ORDER-GAP/one-byte or S-CHUNK-PROGRESS/first", base=proxy.url)
    assert done.returncode == 1
    assert told(done) == {
        "PASSED conformance/server::S-CHUNK-PROGRESS/first",
        "FAILED conformance/server::S-ORDER-GAP/one-byte",
        "FAILED conformance/server::S-ORDER-GAP/one-byte-long",
    }
    assert (
        "S-ORDER-GAP/one-byte - Failed: expected 416; got 400 with Content-Range 'bytes 0-5000/15002'"
        in done.stdout
    )
    assert "  S-ORDER-GAP (must): A chunk that starts beyond the uploaded bytes is refused with 416" in done.stdout
    assert "  One byte is left out.\n" in done.stdout
    assert "             > Content-Range: bytes 5001-10000/15002\n" in done.stdout
    assert "upload_token=***" in done.stdout
    assert "Traceback" not in done.stdout
    assert "items.py" not in done.stdout
    assert "1 pass, 2 fail, 0 error" in done.stdout
    failure = judging.junit()["S-ORDER-GAP/one-byte"].find("failure")
    assert failure is not None
    assert "Content-Range: bytes 5001-10000/15002" in (failure.text or "")


def test_junit_has_what_a_case_showed(judging: Judging, mock_url: str) -> None:
    judging("-k", "S-CHUNK-PROGRESS-NUMBER/first", base=mock_url)
    properties = judging.junit()["S-CHUNK-PROGRESS-NUMBER/first"].findall("properties/property")
    assert [(one.attrib["name"], one.attrib["value"]) for one in properties] == [
        ("clause", "S-CHUNK-PROGRESS-NUMBER"),
        ("strength", "reported"),
        ("result", "reported"),
        ("reading.progress", "count"),
        ("reported", "progress=count [A4]"),
    ]


def test_a_broken_should_is_no_failure_unless_strict(judging: Judging, mock_url: str) -> None:
    should = f"{CASES}::S-ORDER-416-PROGRESS"
    with PerturbingProxy(mock_url, progress(lambda _count, _total: None, 416)) as proxy:
        lenient = judging(base=proxy.url, cases=should)
        strict = judging("--tiktok-strict", base=proxy.url, cases=should)
        as_it_is = judging("--runxfail", base=proxy.url, cases=should)
    assert lenient.returncode == 0
    assert {line.split()[0] for line in told(lenient)} == {
        "PASSED",
        "XFAIL",
    }  # no header is right while nothing is in
    assert " - should: expected " in lenient.stdout
    assert (strict.returncode, as_it_is.returncode) == (1, 1)
    assert "FAILED conformance/server::S-ORDER-416-PROGRESS/" in strict.stdout


def test_a_known_failure_is_expected_and_one_that_is_none_is_stale(
    judging: Judging, mock_url: str, tmp_path: Path
) -> None:
    known = tmp_path / "known"
    known.write_text("S-CHUNK-201  # all of it\n")
    listed = ["--tiktok-known-failing", str(known)]
    with PerturbingProxy(mock_url, status(201, 200)) as proxy:
        done = judging(*listed, base=proxy.url, cases=f"{CASES}::S-CHUNK-201")
    assert done.returncode == 0
    assert "XFAIL conformance/server::S-CHUNK-201/" in done.stdout
    assert " - known failing: expected 201" in done.stdout

    of_a_clause = judging(*listed, base=mock_url, cases=f"{CASES}::S-CHUNK-201")
    assert of_a_clause.returncode == 1
    assert "stale: S-CHUNK-201 is listed as known failing, but does not fail" in of_a_clause.stdout

    known.write_text("S-ORDER-GAP/one-byte\n")
    of_a_case = judging(*listed, base=mock_url, cases=f"{CASES}::S-ORDER-GAP")
    assert of_a_case.returncode == 1
    assert "FAILED conformance/server::S-ORDER-GAP/one-byte - Failed: stale: " in of_a_case.stdout
    assert "1 failed, 5 passed" in of_a_case.stdout


def test_what_cannot_be_judged_is_skipped_with_its_reason(judging: Judging) -> None:
    with aliens.alien(aliens.inits_only) as url:
        done = judging("--tiktok-patience", "2", base=url, cases=f"{CASES}::S-URL-EXPIRED/first-chunk")
    assert done.returncode == 0
    assert "no clock: nothing answers at /_mock/health" in done.stdout
    assert "0 pass, 0 fail, 0 error, 1 skip, 0 reported" in done.stdout


def test_the_kit_s_own_failure_is_an_error_not_a_failure(judging: Judging) -> None:
    with aliens.alien(aliens.inits_for_nobody) as url:
        done = judging("--tiktok-patience", "2", base=url, cases=f"{CASES}::S-CHUNK-206/first")
    assert done.returncode == 1
    assert told(done) == {"ERROR conformance/server::S-CHUNK-206/first"}, done.stdout
    assert "not the target's fault: 127.0.0.1:1 cannot be reached" in done.stdout
    assert "0 pass, 0 fail, 1 error" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_target_that_is_not_there_is_one_error(judging: Judging) -> None:
    done = judging(base="http://127.0.0.1:1")
    assert done.returncode == 2
    assert "127.0.0.1:1 cannot be reached: " in done.stdout
    assert "1 error in" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_target_that_speaks_something_else_is_one_error(judging: Judging) -> None:
    with aliens.alien(aliens.greets) as url:
        done = judging(base=url)
    assert done.returncode == 2
    assert "does not speak HTTP/1.1: not HTTP: b'220 mail.example" in done.stdout
    assert "1 error in" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "conformance.server judges a server: --tiktok-api-base URL says which"),
        (["--tiktok-api-base", "ftp://x"], "Invalid value for '--tiktok-api-base': wanted http://HOST"),
        (
            ["--tiktok-api-base", "http://127.0.0.1:1", "--tiktok-mb=7"],
            "Invalid value for '--tiktok-mb': 7 is not in",
        ),
        (
            ["--tiktok-api-base", "http://127.0.0.1:1", f"{CASES}::S-NOPE"],
            "'S-NOPE' means no case; --collect-only shows all",
        ),
        (
            ["--tiktok-api-base", "http://127.0.0.1:1", "--tiktok-known-failing", "no"],
            "Invalid value for '--tiktok-known-failing': File 'no' does not",
        ),
    ],
)
def test_wrong_usage_gets_a_sentence(judging: Judging, arguments: list[str], sentence: str) -> None:
    cases = arguments.pop() if "::" in (arguments or [""])[-1] else CASES
    done = judging(*arguments, cases=cases)
    assert done.returncode == 4
    assert f"ERROR: {sentence}" in done.stderr
    assert done.stderr.count("\n") <= 2
    assert "Traceback" not in done.stdout + done.stderr


def test_collecting_alone_asks_nobody(judging: Judging) -> None:
    done = judging("--collect-only", "-q", base="http://127.0.0.1:1", cases=f"{CASES}::S-ORDER-GAP/one-byte")
    assert done.returncode == 0
    assert "conformance/server::S-ORDER-GAP/one-byte\n" in done.stdout


def test_it_stays_out_of_the_way_of_others(judging: Judging, tmp_path: Path, mock_url: str) -> None:
    """Without the kit among what is collected nothing of it is loaded; beside it a user's own tests go on."""
    (tmp_path / "test_mine.py").write_text(
        "import sys\n"
        "def test_mine(): assert not {'conformance.wire', 'conformance.server'} & set(sys.modules)\n"
        "async def test_async(): pass\n"
    )
    done = judging(cases="test_mine.py", beside_others=True)
    assert done.returncode == 0, done.stdout
    assert "TikTok" not in done.stdout
    (tmp_path / "test_mine.py").write_text("async def test_async(): pass\n")
    done = judging("test_mine.py", base=mock_url, cases=f"{CASES}::S-ORDER-GAP/one-byte", beside_others=True)
    assert told(done) == {"PASSED test_mine.py::test_async", "PASSED conformance/server::S-ORDER-GAP/one-byte"}


def test_every_option_of_the_command_is_offered_or_has_its_like(judging: Judging) -> None:
    def judge() -> None: ...

    shown = judging("--help").stdout
    for option in server_options(judge).__click_params__:
        assert (f"  --tiktok-{option.opts[0][2:]}" in shown) is (option.name not in NOT_HERE), option.opts


@pytest.mark.skipif(importlib.util.find_spec("xdist") is None, reason="this machine has no pytest-xdist")
def test_workers_share_the_cases_and_stand_still_while_one_moves_the_clock(
    judging: Judging, mock_url: str
) -> None:
    chosen = ["-k", "S-URL or S-CHUNK or S-ORDER"]
    alone = told(judging(*chosen, base=mock_url))
    done = judging("-p", "xdist", "-n", "3", *chosen, base=mock_url)
    assert done.returncode == 0, done.stdout
    assert told(done) == alone
    assert "  progress             count                    A4\n" in done.stdout
    unreachable = judging("-p", "xdist", "-n", "2", base="http://127.0.0.1:1")
    assert "1 error in" in unreachable.stdout
    paced = judging("-p", "xdist", "-n", "2", "--tiktok-rate", "6", base=mock_url)
    assert (paced.returncode, paced.stderr.count("\n")) == (4, 2)
    assert "--tiktok-rate counts in one process: leave out -n" in paced.stderr
