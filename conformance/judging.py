"""`tiktok-conformance server`: meets the target, runs the cases, reports, and returns the exit code."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from conformance.cases import Case, Finding
from conformance.clauses import Chapter, load_chapters
from conformance.replay import ReplayError, read_replay
from conformance.report.console import Ticker, print_verdict
from conformance.report.html import write_html
from conformance.report.json_file import write_json
from conformance.report.junit import write_junit
from conformance.runner import Runner
from conformance.selection import SelectionError, chosen, mark_known, read_known
from conformance.server import all_cases
from conformance.target import NotHttpError, Settings, Target
from conformance.verdict import UNABLE, Verdict
from conformance.wire import UnreachableError

__all__ = ["Outputs", "SelectionError", "UnableError", "judge_server", "list_cases"]


class UnableError(Exception):
    """The kit could not do its work, and why."""

    exit_code = UNABLE


@dataclass(frozen=True, slots=True)
class Outputs:
    """Which cases, and where the reports go."""

    only: Sequence[str] = ()
    skip: Sequence[str] = ()
    known_failing: Path | None = None
    strict: bool = False
    json: Path | None = None
    junit: Path | None = None
    html: Path | None = None
    replay: Path | None = None


def list_cases(settings: Settings, outputs: Outputs) -> list[str]:
    """The cases that would be run, a line each."""
    cases = chosen(_cases(settings, outputs), outputs.only, outputs.skip)
    return [f"{case.id}: {case.sentence}" for case in cases]


def judge_server(settings: Settings, outputs: Outputs, console: Console | None = None) -> int:
    """Judge it. Raises SelectionError for wrong usage, UnableError where nothing could be judged."""
    console = console or Console()
    everything = _cases(settings, outputs)
    cases = chosen(everything, outputs.only, outputs.skip)
    listed = read_known(outputs.known_failing, everything) if outputs.known_failing else ()
    chapters = load_chapters()
    for path in (outputs.json, outputs.junit, outputs.html):
        if path is not None and not path.parent.is_dir():
            raise SelectionError(f"{path} cannot be written: there is no directory {path.parent}")
    began = time.monotonic()
    findings, stale = mark_known(asyncio.run(_run(settings, cases, chapters, console)), listed)
    verdict = Verdict(
        settings.api_base,
        settings.terms.profile,
        chapters,
        tuple(findings),
        tuple(stale),
        outputs.strict,
        time.monotonic() - began,
        settings.seed,
        settings.terms.mb,
    )
    print_verdict(verdict, console)
    if outputs.json:
        write_json(verdict, outputs.json)
    if outputs.junit:
        write_junit(verdict, outputs.junit)
    if outputs.html:
        write_html(verdict, outputs.html)
    return verdict.exit_code()


def _cases(settings: Settings, outputs: Outputs) -> tuple[Case, ...]:
    if outputs.replay is None:
        return all_cases(settings.terms)
    try:
        return read_replay(outputs.replay)
    except ReplayError as error:
        raise SelectionError(str(error)) from None


async def _run(
    settings: Settings, cases: Sequence[Case], chapters: Sequence[Chapter], console: Console
) -> list[Finding]:
    ticker = Ticker(console, len(cases))
    target = Target(settings, ticker.tell)
    try:
        await target.meet()
    except (UnreachableError, NotHttpError) as error:
        raise UnableError(str(error)) from None
    clauses = [clause for chapter in chapters for clause in chapter.clauses]
    with ticker.shown:
        return await Runner(target, clauses, ticker.found).run(cases)
