"""Each broken client in the scenario that shows it; and good ones, which have no red line.

All of them through all scenarios: tests/kit/client_matrix.py.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.cases import Outcome
from conformance.clauses import load_chapters
from conformance.client.files import Files
from conformance.client.judging import Tried, Trying, try_all
from conformance.client.launcher import CommandClient
from conformance.client.mock import Mocks
from conformance.client.scenario import load_scenarios
from conformance.client.trying import Bench, Terms
from conformance.verdict import Verdict
from support.commands import run
from support.uploaders import BROKEN, GOOD, Broken, lacking, page

Judged = Callable[[Broken], list[Tried]]
SCENARIOS = {one.id: one for one in load_scenarios()}
SMALL = [one for one in BROKEN.values() if one.clause != "C-MEMORY"]  # a gigabyte is for the matrix


def test_the_table_of_them_is_in_the_docs() -> None:
    assert (Path(__file__).parents[2] / "docs" / "detection-client.md").read_text() == page()


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judged]:
    """What comes of a broken client in the scenario that shows it."""
    files = Files(tmp_path_factory.mktemp("files"), 0)
    with Mocks("--mb", "1000") as small, Mocks() as real:
        yield lambda one: _tried(one, small if one.mb else real, files)


def _tried(client: Broken, mocks: Mocks, files: Files) -> list[Tried]:
    terms = Terms(client.seconds, client.mb)
    bench = Bench(CommandClient(client.command), mocks, files, terms)
    scenarios = [
        SCENARIOS[name] for name in SCENARIOS if name == client.scenario or (client.races and name == "plain")
    ]
    return try_all(bench, scenarios, Trying(terms, jobs=1))


@pytest.mark.parametrize("client", SMALL, ids=str)
def test_is_caught_under_its_clause_and_no_other(client: Broken, judged: Judged) -> None:
    if why := lacking(client.command):
        pytest.skip(why)
    findings = [finding for one in judged(client) for finding in one.findings]
    red = {one.case.clause for one in findings if one.outcome in (Outcome.FAIL, Outcome.ERROR)}
    assert {client.clause} <= red <= ({client.clause} if client.mb else client.red)
    verdict = Verdict(client.name, "documented", load_chapters(), tuple(findings), strict=True)
    assert verdict.exit_code() == 1


@pytest.mark.parametrize("name", ["ceil-count", "no-retry", "curl-blind"])
def test_the_command_says_so(name: str, tmp_path: Path) -> None:
    """Under --only CLAUSE, with exit code 1."""
    client = BROKEN[name]
    if why := lacking(client.command):
        pytest.skip(why)
    only = ("--only", f"{client.clause}/{client.scenario}")
    told = _told(tmp_path / "out.json", 1, *only, "--", *client.command)
    assert [(one["id"], one["result"]) for one in told["clauses"]] == [(client.clause, "fail")]


FEW = ("plain", "one-byte", "null-bodies", "last-index", "503-middle", "closed-*-middle", "closed-between-chunks")
FEW += ("lost-middle", "final-lost", "416-*", "begun-before", "expired-last", "redirect-307")


@pytest.mark.parametrize("name", GOOD)
def test_a_good_client_has_no_red_line(name: str, tmp_path: Path) -> None:
    """In some scenarios without long waits; in all of them in the matrix."""
    assert_no_red_line(name, "documented", FEW, tmp_path)


@pytest.mark.parametrize("profile", ["observed", "strict"])
def test_nor_has_it_under_another_profile(profile: str, tmp_path: Path) -> None:
    assert_no_red_line("Python", profile, ("plain", "lost-middle", "expired-last"), tmp_path)


def assert_no_red_line(name: str, profile: str, scenarios: tuple[str, ...], folder: Path) -> None:
    if why := lacking(GOOD[name]):
        pytest.skip(why)
    few = [word for pattern in scenarios for word in ("--only", pattern)]
    told = _told(folder / "out.json", 0, "--strict", "--profile", profile, *few, "--", *GOOD[name])
    summary = told["summary"]
    assert (summary["fail"], summary["error"], summary["skip"]) == (0, 0, 0)
    assert summary["pass"] >= 8 * len(scenarios)


def _told(path: Path, code: int, *arguments: str) -> dict[str, Any]:
    done = run("conformance", "client", "--mb", "1000", "--jobs", "2", "--json", str(path), *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(path.read_text())
    return told
