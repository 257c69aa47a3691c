"""`tiktok-conformance client` after its options are read: chooses, tries, reports, and gives the exit code."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from conformance.cases import Finding, Outcome, Question
from conformance.clauses import Chapter, Strength, load_chapters
from conformance.client.evidence import Evidence
from conformance.client.judging import PLAIN, Tried, Trying, UnusableError, opened, try_all
from conformance.client.launcher import CommandClient
from conformance.client.mock import MockError
from conformance.client.scenario import (
    DRAWN,
    Mode,
    Scenario,
    ScenarioError,
    as_toml,
    load_scenarios,
    read_scenarios,
)
from conformance.client.scorecard import Card, as_table, card_of, headline, totals
from conformance.client.timeline import timeline
from conformance.client.trying import Bench
from conformance.judging import UnableError
from conformance.report.console import Ticker, print_verdict
from conformance.report.html import write_html
from conformance.report.json_file import write_json
from conformance.report.junit import write_junit
from conformance.selection import SelectionError, mark_known, read_known
from conformance.verdict import UNABLE, Verdict

PORTABLE: Final = "C-PLAN-PORTABLE"
"""Seen by the way, wherever C-PLAN is judged in real units."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for, the client apart."""

    how: Trying
    profile: str = "documented"
    only: Sequence[str] = ()
    skip: Sequence[str] = ()
    replay: Path | None = None
    examples: int = 0
    strict: bool = False
    known_failing: Path | None = None
    json: Path | None = None
    junit: Path | None = None
    html: Path | None = None


def list_scenarios(wanted: Wanted) -> list[str]:
    """The scenarios that would be run, a line each."""
    return [f"{one.id} ({', '.join(one.clauses)}): {one.sentence}" for one in _selected(wanted)]


def judge_client(command: Sequence[str], wanted: Wanted, console: Console | None = None) -> int:
    """Judge it. Raises SelectionError for wrong usage, UnableError where nothing could be judged."""
    console = console or Console()
    if wanted.how.terms.mb and set(wanted.only) == {PORTABLE}:
        raise SelectionError(f"{PORTABLE} is judged in real units only: leave out --mb")
    scenarios = _selected(wanted)
    chapters = load_chapters()
    listed = read_known(wanted.known_failing, _questions(scenarios, chapters)) if wanted.known_failing else ()
    for path in (wanted.json, wanted.junit, wanted.html):
        if path is not None and not path.parent.is_dir():
            raise SelectionError(f"{path} cannot be written: there is no directory {path.parent}")
    began = time.monotonic()
    try:
        client = CommandClient(command)
    except ValueError as error:
        raise SelectionError(str(error)) from None
    if client.handed and wanted.how.intercept:
        raise SelectionError(
            "{upload_url} tells CMD where to go: leave out --intercept, or {upload_url} where CMD makes the init"
        )
    mode = Mode.HANDED if client.handed else Mode.INIT
    fit = [one for one in scenarios if one.matches(mode, large=wanted.how.large)]
    ticker = Ticker(console, len(fit))
    try:
        with ticker.shown, opened(client, wanted.how) as bench:
            tried = try_all(bench, [*_unasked(fit), *fit], wanted.how, lambda _: ticker.advance())
            if wanted.examples:
                tried.append(_drawn(bench, wanted, chapters, ticker))
    except (UnusableError, MockError) as error:
        raise UnableError(str(error)) from None
    asked = {one.id for one in fit} | {DRAWN}
    tried = [one for one in tried if one.scenario.id in asked or _failed(one)]
    found = [finding for one in tried for finding in _counted(one, wanted, asked=one.scenario.id in asked)]
    findings, stale = mark_known(found, listed)
    verdict = Verdict(
        " ".join(command),
        wanted.profile,
        chapters,
        tuple(findings),
        tuple(stale),
        wanted.strict,
        time.monotonic() - began,
        wanted.how.terms.seed,
        wanted.how.terms.mb,
    )
    cards = {one.scenario.id: card_of(one.evidence) for one in tried if one.evidence is not None}
    print_verdict(verdict, console)
    _print_cards(cards, console)
    if wanted.examples:
        _save_drawn(tried[-1], wanted.how.terms.seed, console)
    _write(verdict, wanted, tried, cards)
    return verdict.exit_code() if any(one.outcome is Outcome.PASS for one in found) or verdict.broken() else UNABLE


def _selected(wanted: Wanted) -> tuple[Scenario, ...]:
    everything = _loaded(wanted)
    for pattern in (*wanted.only, *wanted.skip):
        if not any(_means(pattern, one) for one in everything) and not _is_clause(pattern):
            raise SelectionError(f"{pattern!r} means no scenario and no clause; --list shows all")
    kept = [
        one
        for one in everything
        if (not wanted.only or any(_means(pattern, one) for pattern in wanted.only))
        and not any(fnmatchcase(one.id, pattern) for pattern in wanted.skip)
    ]
    if not kept:
        raise SelectionError("--only and --skip leave no scenario to run")
    return tuple(kept)


def _loaded(wanted: Wanted) -> tuple[Scenario, ...]:
    if wanted.replay is None:
        return load_scenarios()
    try:
        return read_scenarios(wanted.replay)
    except ScenarioError as error:
        raise SelectionError(str(error)) from None


def _means(pattern: str, scenario: Scenario) -> bool:
    """Whether a glob means this scenario, by its id, one of its clauses, or both with a slash."""
    clauses = [*scenario.clauses, *([PORTABLE] if "C-PLAN" in scenario.clauses else [])]
    names = [scenario.id, *clauses, *(f"{clause}/{scenario.id}" for clause in clauses)]
    return any(fnmatchcase(name.lower(), pattern.lower()) for name in names)


def _is_clause(pattern: str) -> bool:
    clauses = (clause.id for chapter in load_chapters() for clause in chapter.clauses)
    return any(fnmatchcase(clause.lower(), pattern.lower()) for clause in clauses if clause.startswith("C-"))


def _unasked(scenarios: Sequence[Scenario]) -> Iterator[Scenario]:
    """The plain upload, which comes first in any case: where it fails, it is what the others are not tried for."""
    if all(one.id != PLAIN for one in scenarios):
        yield from (one for one in load_scenarios() if one.id == PLAIN)


def _failed(tried: Tried) -> bool:
    return any(one.outcome is Outcome.FAIL for one in tried.findings)


def _counted(tried: Tried, wanted: Wanted, *, asked: bool) -> Iterator[Finding]:
    """What was asked for; and what was broken before it, for else nobody would see why that was skipped."""
    chosen = [one for one in tried.findings if asked and _is_wanted(one, tried.scenario, wanted)]
    yield from chosen
    if not asked or any(one.outcome is Outcome.SKIP for one in chosen):
        for one in tried.findings:
            skipped = any(one.case.matches(pattern) for pattern in wanted.skip)
            if one.outcome is Outcome.FAIL and one not in chosen and not skipped:
                yield one


def _is_wanted(finding: Finding, scenario: Scenario, wanted: Wanted) -> bool:
    """With --only C-X only what was found under that clause; with a scenario's id all that was found in it."""
    case = finding.case
    if any(case.matches(pattern) for pattern in wanted.skip):
        return False
    return (
        scenario.id == DRAWN
        or not wanted.only
        or any(case.matches(pattern) or fnmatchcase(scenario.id, pattern) for pattern in wanted.only)
    )


def _questions(scenarios: Iterable[Scenario], chapters: Sequence[Chapter]) -> list[Question]:
    clauses = [one.id for chapter in chapters for one in chapter.clauses if one.id.startswith("C-")]
    return [Question(f"{clause}/{one.id}", one.sentence) for one in scenarios for clause in clauses]


def _drawn(bench: Bench, wanted: Wanted, chapters: Sequence[Chapter], ticker: Ticker) -> Tried:
    """The property test, as one more scenario; the smallest failure is written to a file."""
    try:
        from conformance.client.drawn import try_drawn  # noqa: PLC0415 - hypothesis is an extra
    except ModuleNotFoundError:
        raise SelectionError(
            "--examples draws with hypothesis: pip install 'tiktok-upload-mock[conformance]'"
        ) from None

    must = {one.id for chapter in chapters for one in chapter.clauses if one.strength is not Strength.SHOULD}
    ticker.tell(f"drawing {wanted.examples} uploads (seed {bench.terms.seed})")
    return try_drawn(bench, wanted.examples, counts=lambda one: wanted.strict or one.clause in must)


def _save_drawn(tried: Tried, seed: int, console: Console) -> None:
    if tried.scenario.why:
        path = Path(f"tiktok-client-seed-{seed}.toml")
        path.write_text(as_toml(tried.scenario), encoding="utf-8")
        again = f"tiktok-conformance client --replay {path} -- CMD"
        console.print(f"{tried.scenario.why} Again: {again}", highlight=False, markup=False, soft_wrap=True)


def _print_cards(cards: dict[str, Card], console: Console) -> None:
    told = totals(cards)
    if not told:
        return
    console.print(headline(told), highlight=False, soft_wrap=True)
    for name, words in (
        ("most_bytes_beyond", "most bytes beyond the file"),
        ("longest_recovery", "longest recovery, in seconds"),
        ("most_retries", "most retries"),
    ):
        worst = told[name]
        if worst["value"]:
            console.print(f"  {words}: {worst['value']:,} ({worst['scenario']})", highlight=False)


def _write(verdict: Verdict, wanted: Wanted, tried: Sequence[Tried], cards: dict[str, Card]) -> None:
    if wanted.json:
        scenarios = [_scenario_as_json(one, cards.get(one.scenario.id)) for one in tried]
        write_json(verdict, wanted.json, {"scorecard": totals(cards), "scenarios": scenarios})
    if wanted.junit:
        write_junit(verdict, wanted.junit, "tiktok-conformance client")
    if wanted.html:
        drawings = {one.scenario.id: timeline(one.evidence) for one in tried if one.evidence is not None}
        panels = {one.case.id: drawings.get(one.case.name, "") for one in verdict.findings}
        write_html(verdict, wanted.html, panels=panels, sections={"Scorecard": as_table(cards)})


def _scenario_as_json(tried: Tried, card: Card | None) -> dict[str, Any]:
    one = tried.scenario
    ended: Evidence | None = tried.evidence
    return {
        "id": one.id,
        "sentence": one.sentence,
        "clauses": list(one.clauses),
        "bytes": ended.size if ended else None,
        "exit_code": ended.ended.exit_code if ended else None,
        "scorecard": card.as_json() if card else None,
    }
