"""The machines of the kit: silent on an honest server, and they find what no table lists."""

import asyncio
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest
from hypothesis import strategies as st

from conformance.cases import Case, Finding, Outcome
from conformance.clauses import load_clauses
from conformance.puts import Plan
from conformance.replay import read_replay
from conformance.runner import Runner
from conformance.search import Search
from conformance.server import all_cases
from conformance.server.machines import MACHINES
from conformance.server.machines.kinds import ISOLATED
from conformance.server.machines.machine import play
from conformance.server.machines.stories import Knowledge, Step, Story
from conformance.target import Settings, Target
from conformance.terms import Terms
from conformance.trial import Trial
from mockserver.config import Config
from mockserver.protocol.rules import DOCUMENTED, OBSERVED, UploadRules
from mockserver.service import UploadService
from support.all_mutants import MUTANTS
from support.commands import run as command
from support.remembering import BUGS, Bug, plant, skipping, two_minds
from support.servers import ThreadServer

TERMS = Terms("documented", 1000)
PLENTY = 1200.0
"""Seconds for a search that is to be seen to its end, on a busy machine too."""
TABLES = ("S-ATOMIC-REFUSED", "S-ISOLATED", "S-ORDER-*", "S-CHUNK-PROGRESS")


@contextmanager
def serving(
    plant_bug: Callable[[UploadService], None] = lambda _: None, rules: UploadRules = DOCUMENTED, mb: int = 1000
) -> Iterator[str]:
    with ThreadServer(Config(rules=rules.with_mb(mb), body_timeout=3)) as server:
        plant_bug(server.service)
        yield server.url


def judged(
    url: str, *patterns: str, terms: Terms = TERMS, cases: tuple[Case, ...] = (), **settings: Any
) -> list[Finding]:
    """What comes of these cases; of the machines only where the first pattern is of their ids."""

    async def run() -> list[Finding]:
        target = Target(Settings(url, terms, **settings))
        await target.meet()
        some = (case for case in all_cases(terms) if any(map(case.matches, patterns)))
        chosen = cases or tuple(case for case in some if case.last is patterns[0].endswith("/stories"))
        return await Runner(target, load_clauses()).run(chosen)

    return asyncio.run(run())


def red(findings: list[Finding]) -> list[str]:
    return [found.case.id for found in findings if found.outcome in (Outcome.FAIL, Outcome.ERROR)]


def test_silent_on_an_honest_server() -> None:
    with serving(rules=OBSERVED) as url:
        findings = judged(url, "*/stories", terms=Terms("any", 1000), examples=8, seed=1)
    assert [found.outcome for found in findings] == [Outcome.PASS] * len(MACHINES), findings
    assert {found.reason for found in findings} == {"8 stories"}


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_that_needs_a_history(name: str, tmp_path: Path) -> None:
    machine, bug, steps = BUGS[name]
    with serving(lambda service: plant(service, bug)) as url:
        [finding] = judged(url, machine, examples=300, time_limit=PLENTY)
        assert finding.outcome is Outcome.FAIL, finding.reason
        assert finding.replay is not None
        assert len(finding.replay["steps"]) <= steps, "\n".join(finding.steps)
        assert f"at step {len(finding.steps)}" in finding.expected
        seen = red(judged(url, *TABLES, jobs=1 if machine.startswith(ISOLATED) else 8))
        assert seen == (["S-ISOLATED/in-turns"] if "three at once" in name else []), (
            "no table sees it, or just one"
        )
        (tmp_path / "saved.json").write_text(json.dumps(finding.replay))
        saved = read_replay(tmp_path / "saved.json")
        [again] = judged(url, cases=saved)
        assert (again.outcome, again.expected, again.actual) == (Outcome.FAIL, finding.expected, finding.actual)
    with serving() as url:
        assert [found.outcome for found in judged(url, cases=saved)] == [Outcome.PASS]


def test_two_readings_that_do_not_go_together() -> None:
    with serving(two_minds, mb=1_048_576) as url:
        [finding] = judged(url, "S-PLAN-COUNT/stories", terms=Terms(), examples=300)
        assert finding.outcome is Outcome.FAIL, finding.reason
        assert finding.replay is not None
        assert len(finding.replay["inits"]) == 2
        assert red(judged(url, "S-PLAN-*", terms=Terms())) == []
    with serving(mb=1_048_576) as url:
        assert red(judged(url, "S-PLAN-COUNT/stories", terms=Terms(), examples=60)) == []


LINES = (
    "status gap no-range wrong-type no-length wrong-token wrong-length cut chunk repeat twice lost overtaken over"
)


def test_the_curl_lines_do_the_same(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("this machine has no curl")
    story = Story(((Plan.of_chunks(5000, 6), True),), tuple(map(Step, f"{LINES} chunk".split())))

    async def told(url: str) -> Trial:
        target = Target(Settings(url, TERMS))
        await target.meet()
        trial = Trial(target, "x")
        await play(trial, story, Knowledge(TERMS, TERMS.put_reading({}), {}))
        return trial

    with serving() as url:
        trial = asyncio.run(told(url))
        shown = subprocess.run(
            ["bash", "-c", "\n".join(trial.curl)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=60,
            check=True,
        ).stdout
    seen = re.findall(r"^HTTP/1.1 (\d+)", shown, re.MULTILINE)
    answered = [sorted(re.findall(r"(?:: |and )(\d{3})\b", words)) for words in trial.steps]
    wanted = [status for statuses in answered for status in statuses]
    assert len(wanted) == 13
    # the answer that the story lost is the only one more; two at once come in any order
    assert sorted(seen) == sorted([*wanted, "206"])
    assert re.findall(r'"uploaded_bytes":(\d+)', shown) == [
        word.rpartition(" ")[2] for word in trial.steps if "status/fetch" in word
    ]


def test_a_saved_story_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    machine, bug, _ = BUGS["three refusals of three kinds move the offset"]
    base = ["conformance", "server", "--api-base"]
    with serving(lambda service: plant(service, bug)) as url:
        only = ["--mb", "1000", "--profile", "documented", "--only", machine, "--examples", "200"]
        done = command(*base, url, *only, "--json", "report.json")
        assert done.returncode == 1, done.stdout + done.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
        lines = [line.strip() for line in done.stdout.splitlines()]
        assert any(line.startswith("step 2: upload 1: PUT bytes") for line in lines)
        assert any(line.startswith("INIT1=$(curl -sS") for line in lines)
        Path("line.json").write_text(next(line for line in lines if line.startswith('{"schema"')))
        for saved in ("report.json", "line.json"):
            assert command(*base, url, "--replay", saved).returncode == 1
    with serving() as url:
        assert command(*base, url, "--replay", "line.json").returncode == 0


@pytest.mark.parametrize(
    ("saved", "complaint"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "has no story"),
        ('{"schema": 1, "clauses": []}', "has no story"),
        ('{"schema": 2, "steps": [], "case": "S-X/y"}', "its schema is 2, wanted 1"),
        ('{"schema": 1, "steps": [], "case": "S-X/y"}', "its case is 'S-X/y'"),
        ('{"schema": 1, "steps": [], "uploads": [], "case": "S-ISOLATED/stories"}', "uploads is empty"),
        ('{"schema": 1, "steps": 1, "uploads": [], "case": "S-ISOLATED/stories"}', "steps is 1, wanted a list"),
        ('{"schema": 1, "inits": [], "case": "S-PLAN-COUNT/stories"}', "profile and mb are None and None"),
        (
            '{"schema": 1, "inits": [], "case": "S-PLAN-COUNT/stories", "profile": "any", "readings": []}',
            "readings is [], wanted an object",
        ),
    ],
)
def test_what_cannot_be_played_again(saved: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "saved").write_text(saved)
    done = command(
        "conformance", "server", "--api-base", "http://127.0.0.1:1", "--replay", str(tmp_path / "saved")
    )
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_what_happens_once_is_an_error_of_its_own() -> None:
    once: list[str] = []

    def session(history: list[str], session: Any) -> Any:
        if once or history[-1] != "S-HEAD-TYPE":
            return session
        once.append("")
        return skipping(session)

    with serving(lambda service: plant(service, Bug(session=session))) as url:
        [finding] = judged(url, "S-ATOMIC-REFUSED/stories", examples=200)
    assert finding.outcome is Outcome.ERROR
    assert "told again" in finding.reason


@pytest.mark.parametrize("name", ["416-as-400", "progress-stale", "count-unchecked", "status-one-byte-too-many"])
def test_what_a_table_shows_turns_no_machine_red(name: str) -> None:
    """One root cause, one red line; but what else there is to be told is told."""
    with MUTANTS[name].running() as url:
        findings = judged_with_tables(url)
    broken = {found.case.clause for found in findings if found.outcome is Outcome.FAIL and not found.case.last}
    machines = [found for found in findings if found.case.last]
    assert broken
    assert {found.case.clause for found in machines if found.outcome is Outcome.FAIL} <= broken
    assert {found.outcome for found in machines} <= {Outcome.PASS, Outcome.FAIL}
    assert sum(found.outcome is Outcome.PASS for found in machines) >= 4


def judged_with_tables(url: str) -> list[Finding]:
    async def run() -> list[Finding]:
        target = Target(Settings(url, TERMS, examples=10))
        await target.meet()
        patterns = ("S-ORDER-*", "S-CHUNK-PROGRESS", "S-PLAN-*", "S-STATUS-*", "*/stories")
        cases = [case for case in all_cases(TERMS) if any(map(case.matches, patterns))]
        return await Runner(target, load_clauses()).run(cases)

    return asyncio.run(run())


def test_without_hypothesis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with serving() as url:
        [finding] = judged(url, "S-ISOLATED/stories")
    assert finding.outcome is Outcome.SKIP
    assert finding.reason == "hypothesis is not installed: pip install 'tiktok-upload-mock[conformance]'"


def test_without_a_clock_and_at_a_rate() -> None:
    with ThreadServer(Config(rules=DOCUMENTED.with_mb(1000), control_token="x")) as server:
        [expiry] = judged(server.url, "S-URL-EXPIRED/stories")
        [refused] = judged(server.url, "S-ATOMIC-REFUSED/stories", rate=1000)
    assert (expiry.outcome, refused.outcome) == (Outcome.SKIP, Outcome.PASS)
    assert "--control-token" in expiry.reason
    assert refused.reason == "2 stories"


def test_the_same_seed_tells_the_same() -> None:
    def steps(seed: int) -> tuple[str, ...]:
        with serving() as url:
            return judged(url, "S-ATOMIC-REFUSED/stories", examples=12, seed=seed)[0].steps

    assert steps(1) == steps(1) != steps(2)


@dataclass(frozen=True)
class Tale:
    """A story of a number."""

    number: int

    @property
    def opening(self) -> Hashable:
        return self.number

    def shorter(self) -> Iterator[Self]:
        return iter(())


async def endless(_: Tale) -> None:
    await asyncio.get_running_loop().create_future()


def search(*, seconds: float) -> Search[Tale]:
    return Search(endless, seed="0", examples=5, seconds=seconds, shrinking=1)


def tales() -> st.SearchStrategy[Tale]:
    return st.builds(Tale, st.integers())


async def test_a_search_ends_in_time() -> None:
    ended = search(seconds=0)
    assert await ended.run(tales) is None
    assert (ended.tried, ended.ran_out) == (0, True)


async def test_a_search_is_cancelled() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await search(seconds=60).run(tales)
    assert len(asyncio.all_tasks()) == 1
