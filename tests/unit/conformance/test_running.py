"""Runner, selection, verdict and reports, with cases that need no network."""

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from conformance.cases import BrokenError, Case, Finding, Outcome, SkipError
from conformance.clauses import load_chapters, load_clauses
from conformance.exchange import Answer
from conformance.report.console import Ticker, print_verdict
from conformance.report.json_file import write_json
from conformance.report.junit import write_junit
from conformance.runner import Runner
from conformance.selection import SelectionError, chosen, mark_known, read_known
from conformance.target import Settings, Target
from conformance.terms import Terms
from conformance.trial import Trial
from conformance.verdict import Verdict
from conformance.wire import UnreachableError

SETTINGS = Settings("http://127.0.0.1:1", Terms(), time_limit=0.2, jobs=2)


async def good(trial: Trial) -> None:
    trial.expect(good=True, expected="206", actual="206")
    trial.shows("progress", "count")


def raising(error: Exception) -> Callable[[Trial], Awaitable[None]]:
    async def run(_: Trial) -> None:
        raise error

    return run


async def endless(_: Trial) -> None:
    await asyncio.sleep(60)


GOOD = Case("S-CHUNK-206/good", "Good.", good)
BAD = Case("S-ORDER-GAP/bad", "Bad.", raising(BrokenError("416", "206 \x1b[31m")))
SHOULD = Case("S-HEAD-TYPE/should", "Should.", raising(BrokenError("400", "206")))
SKIPPED = Case("S-CHUNK-201/skipped", "Skipped.", raising(SkipError("setup: no")))
BUG = Case("S-STATUS-END/bug", "A bug of the kit.", raising(KeyError("x")))
LOST = Case("S-STATUS-OWNER/lost", "Nobody there.", raising(UnreachableError("gone")))
SLOW = Case("S-ATOMIC-CUT/slow", "Too slow.", endless)
REPORT = Case("S-HEAD-METHOD/report", "Reports.", good)


def run(*cases: Case) -> list[Finding]:
    runner = Runner(Target(SETTINGS), load_clauses())
    return asyncio.run(runner.run(cases))


def verdict(*cases: Case, strict: bool = False, stale: tuple[str, ...] = ()) -> Verdict:
    return Verdict("http://x", "any", load_chapters(), tuple(run(*cases)), stale, strict)


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        (GOOD, Outcome.PASS),
        (BAD, Outcome.FAIL),
        (SKIPPED, Outcome.SKIP),
        (BUG, Outcome.ERROR),
        (LOST, Outcome.ERROR),
        (SLOW, Outcome.FAIL),
        (REPORT, Outcome.REPORTED),
    ],
    ids=lambda value: value.id if isinstance(value, Case) else "",
)
def test_what_comes_of_a_case(case: Case, outcome: Outcome) -> None:
    assert [finding.outcome for finding in run(case)] == [outcome]


def test_findings_come_in_the_order_of_the_cases() -> None:
    assert [finding.case for finding in run(BAD, GOOD, SKIPPED)] == [BAD, GOOD, SKIPPED]


def test_cases_that_move_the_clock_run_alone_at_the_end() -> None:
    running: list[str] = []
    seen: list[tuple[str, ...]] = []

    def watched(name: str, *, alone: bool) -> Case:
        async def step(_: Trial) -> None:
            running.append(name)
            await asyncio.sleep(0.01)
            seen.append(tuple(running))
            running.remove(name)

        return Case(f"S-CHUNK-206/{name}", "Watched.", step, alone)

    target = Target(SETTINGS)
    target.clock = True
    cases = [watched("alone-1", alone=True), watched("a", alone=False), watched("b", alone=False)]
    asyncio.run(Runner(target, load_clauses()).run([*cases, watched("alone-2", alone=True)]))
    assert seen[-2:] == [("alone-1",), ("alone-2",)]


def test_a_target_that_is_gone_is_not_asked_again() -> None:
    lost = [Case(f"S-CHUNK-206/lost-{number}", "Lost.", raising(UnreachableError("gone"))) for number in range(9)]
    outcomes = [finding.outcome for finding in run(*lost)]
    assert outcomes.count(Outcome.ERROR) <= 4
    assert set(outcomes) == {Outcome.ERROR, Outcome.SKIP}


@pytest.mark.parametrize(
    ("cases", "strict", "code"),
    [
        ((GOOD,), False, 0),
        ((GOOD, SKIPPED, REPORT), False, 0),
        ((GOOD, BAD), False, 1),
        ((GOOD, SHOULD), False, 0),
        ((GOOD, SHOULD), True, 1),
        ((GOOD, BUG), False, 3),
        ((BAD, BUG), False, 1),
        ((SKIPPED,), False, 3),
    ],
)
def test_exit_codes(cases: tuple[Case, ...], code: int, *, strict: bool) -> None:
    assert verdict(*cases, strict=strict).exit_code() == code


def test_a_known_failure_is_no_failure_and_a_stale_one_is() -> None:
    findings, stale = mark_known(run(GOOD, BAD, SKIPPED), [BAD.id, GOOD.clause, SKIPPED.id])
    assert stale == [GOOD.clause]
    assert [finding.known for finding in findings] == [False, True, False]
    known = Verdict("http://x", "any", load_chapters(), tuple(findings))
    assert known.exit_code() == 0
    assert Verdict("http://x", "any", load_chapters(), tuple(findings), tuple(stale)).exit_code() == 1


def test_selection() -> None:
    cases = (GOOD, BAD, SHOULD)
    assert chosen(cases, [], []) == cases
    assert chosen(cases, ["s-order-*"], []) == (BAD,)
    assert chosen(cases, ["S-CHUNK-206/go?d"], []) == (GOOD,)
    assert chosen(cases, [], ["S-HEAD-TYPE"]) == (GOOD, BAD)
    with pytest.raises(SelectionError, match="'S-NONE' means no case"):
        chosen(cases, ["S-NONE"], [])
    with pytest.raises(SelectionError, match="leave no case"):
        chosen(cases, [], ["*"])


def test_the_file_of_known_failures(tmp_path: Path) -> None:
    path = tmp_path / "known"
    path.write_text("# why\nS-ORDER-GAP/bad  # gap\n\nS-HEAD-TYPE\n")
    assert read_known(path, [BAD, SHOULD]) == ("S-ORDER-GAP/bad", "S-HEAD-TYPE")
    path.write_text("S-NONE\n")
    with pytest.raises(SelectionError, match="'S-NONE' is the id of no case"):
        read_known(path, [BAD])
    path.write_bytes(b"\xff")
    with pytest.raises(SelectionError, match="no UTF-8"):
        read_known(path, [BAD])


def test_the_fingerprint_tells_where_cases_saw_different_readings() -> None:
    findings = (Finding(GOOD, Outcome.PASS, readings={"off_plan": "400"}),)
    findings += (Finding(BAD, Outcome.PASS, readings={"off_plan": "416", "strange": "1"}),)
    shown = Verdict("http://x", "any", load_chapters(), findings).fingerprint()
    assert shown["off_plan"] == {"ambiguity": "A13", "reading": "400 and 416"}
    assert shown["strange"] == {"ambiguity": "", "reading": "1"}


def test_json_has_the_schema_of_the_contract(tmp_path: Path) -> None:
    write_json(verdict(GOOD, BAD, SKIPPED, REPORT), tmp_path / "out.json")
    told = json.loads((tmp_path / "out.json").read_text())
    assert told["schema"] == 1
    assert told["target"] == "http://x"
    assert told["profile"] == "any"
    assert told["summary"] == {"pass": 1, "fail": 1, "error": 0, "skip": 1, "reported": 1}
    clause = next(one for one in told["clauses"] if one["id"] == "S-ORDER-GAP")
    assert (clause["strength"], clause["result"]) == ("must", "fail")
    case = clause["cases"][0]
    assert (case["name"], case["result"], case["expected"]) == ("bad", "fail", "416")
    assert case["exchange"] == []


def test_junit_counts(tmp_path: Path) -> None:
    write_junit(verdict(GOOD, BAD, SHOULD, SKIPPED, BUG, stale=("S-URL-TOKEN",)), tmp_path / "out.xml")
    root = ET.parse(tmp_path / "out.xml").getroot()
    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == (
        "5",
        "1",
        "1",
        "2",
    )
    assert [one.get("message") for one in root.iter("failure")] == [
        "Bad. Expected 416; got 206 ?[31m",
        "listed as known failing, but does not fail",
    ]


def test_the_console_tells_requirement_expected_and_actual() -> None:
    out = io.StringIO()
    print_verdict(verdict(GOOD, BAD, SKIPPED, BUG, REPORT), Console(file=out, width=60))
    text = out.getvalue()
    assert "  FAIL  S-ORDER-GAP (must): 1 fail\n" in text
    assert (
        "        requirement: A chunk that starts beyond the uploaded bytes is refused with 416 and changes"
        in text
    )
    assert "          expected: 416\n          actual:   206 \\x1b[31m\n" in text
    assert "        skipped skipped: setup: no\n" in text
    assert "the kit failed: KeyError: 'x'" in text
    assert "progress             count" in text
    assert text.endswith("not good (0.0 s)\n")
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("cases", "strict", "ended"),
    [
        (
            (GOOD, SHOULD),
            False,
            "good (0.0 s)\nbut for 1 should-clause: broken ones fail the run under --strict\n",
        ),
        ((GOOD, SHOULD), True, "not good (0.0 s)\n"),
        ((GOOD,), False, "good (0.0 s)\n"),
    ],
)
def test_a_good_end_says_what_strict_would_not_let_pass(
    cases: tuple[Case, ...], *, strict: bool, ended: str
) -> None:
    out = io.StringIO()
    print_verdict(verdict(*cases, strict=strict), Console(file=out, width=200))
    assert out.getvalue().endswith(f"reported\n{ended}")


def test_inits_are_paced(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    told: list[str] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def three() -> None:
        monkeypatch.setattr(asyncio, "sleep", sleep)
        target = Target(Settings("http://127.0.0.1:1", Terms(), rate=2), told.append)
        for _ in range(3):
            await target.may_init()

    asyncio.run(three())
    assert [round(seconds) for seconds in slept] == [60]
    assert told == ["waiting 60 s for the next init (--rate 2)"]


def test_a_target_that_is_silent_is_taken_for_dead() -> None:
    target = Target(SETTINGS)
    silence = Answer(0, trouble="no answer within 1 s", timed_out=True)
    for _ in range(8):
        assert not target.dead
        target.heard(silence, "PUT")
        target.heard(Answer(200), "POST")
    assert target.dead
    target.heard(Answer(400), "PUT")
    assert not target.dead


@pytest.mark.parametrize("terminal", [True, False])
def test_waits_are_announced(*, terminal: bool) -> None:
    out = io.StringIO()
    ticker = Ticker(Console(file=out, force_terminal=terminal, width=100), 2)
    with ticker.shown:
        ticker.tell("waiting 8 s")
        ticker.found(run(GOOD)[0])
    assert "waiting 8 s" in out.getvalue()
