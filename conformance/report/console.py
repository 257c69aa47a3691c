"""The console report: a tree by chapter, a line while the run goes on, the exchange where a case failed."""

from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from conformance.cases import Finding, Outcome
from conformance.clauses import Strength
from conformance.exchange import printable
from conformance.report.lines import exchange_lines, fingerprint_lines, story_lines, summary_line
from conformance.verdict import ClauseResult, Verdict

_MARKS: Final = {
    Outcome.PASS: ("ok", "green"),
    Outcome.FAIL: ("FAIL", "bold red"),
    Outcome.ERROR: ("ERROR", "bold magenta"),
    Outcome.SKIP: ("skip", "yellow"),
    Outcome.REPORTED: ("info", "cyan"),
}
_IN_FULL: Final = 3


class Ticker:
    """Progress: a bar on a terminal, on anything else a line for each wait and each failure."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._bar: Progress | None = None
        if console.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._bar = Progress(*columns, console=console, transient=True)
            self._task = self._bar.add_task("judging", total=total)

    @property
    def shown(self) -> "Progress | nullcontext[None]":
        """To be entered while the run goes on."""
        return self._bar or nullcontext()

    def found(self, _finding: Finding) -> None:
        """One more case is done."""
        self.advance()

    def advance(self) -> None:
        """One more is done."""
        if self._bar is not None:
            self._bar.advance(self._task)

    def tell(self, sentence: str) -> None:
        """Something takes a while."""
        if self._bar is not None:
            self._bar.update(self._task, description=sentence)
        else:
            _line(self._console, sentence)


def print_verdict(verdict: Verdict, console: Console) -> None:
    """The whole report."""
    for title, results in verdict.by_chapter():
        _line(console, "")
        _line(console, title, "bold")
        for result in results:
            _print_clause(result, console)
    _print_fingerprint(verdict, console)
    _print_summary(verdict, console)


def _print_clause(result: ClauseResult, console: Console) -> None:
    mark, style = _mark(result)
    counts = Counter(finding.outcome for finding in result.findings)
    told = ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome if counts[outcome])
    _line(console, f"  {mark:5} {result.clause.id} ({result.clause.strength}): {told}", style)
    bad = [one for one in result.findings if one.outcome in (Outcome.FAIL, Outcome.ERROR)]
    if bad:
        _line(console, f"        requirement: {result.clause.text}", "dim")
    for number, finding in enumerate(bad):
        _print_bad(finding, console, exchanges=number < _IN_FULL)
    if len(bad) > _IN_FULL:
        _line(console, "        (the exchanges of the later ones are in --json FILE)", "dim")
    for finding in result.findings:
        if finding.outcome is Outcome.REPORTED:
            _line(console, f"        {finding.case.name}: {finding.reason or finding.actual}", "cyan")
    for reason, names in _skipped(result):
        _line(console, f"        skipped {names}: {reason}", "yellow")


def _mark(result: ClauseResult) -> tuple[str, str]:
    mark, style = _MARKS[result.outcome]
    if result.outcome is not Outcome.FAIL:
        return mark, style
    if all(finding.known for finding in result.findings if finding.outcome is Outcome.FAIL):
        return "known", "yellow"
    return ("fail", "yellow") if result.clause.strength is Strength.SHOULD else (mark, style)


def _skipped(result: ClauseResult) -> Iterator[tuple[str, str]]:
    reasons: dict[str, list[str]] = {}
    for finding in result.findings:
        if finding.outcome is Outcome.SKIP:
            reasons.setdefault(finding.reason, []).append(finding.case.name)
    for reason, names in reasons.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield reason, f"{names[0]}{more}"


def _print_bad(finding: Finding, console: Console, *, exchanges: bool) -> None:
    known = " (known failing)" if finding.known else ""
    _line(console, f"        {finding.case.id}{known}: {finding.case.sentence}", "bold")
    if finding.outcome is Outcome.ERROR:
        _line(console, f"          error:    {finding.reason}", "magenta")
    else:
        _line(console, f"          expected: {finding.expected}", "green")
        _line(console, f"          actual:   {finding.actual}", "red")
    for line in story_lines(finding):
        _line(console, f"          {line}")
    if not exchanges:
        return
    for line in exchange_lines(finding):
        _line(console, f"          {line}", "dim")


def _print_fingerprint(verdict: Verdict, console: Console) -> None:
    for number, line in enumerate(fingerprint_lines(verdict)):
        if not number:
            _line(console, "")
        _line(console, line, "" if number else "bold")


def _print_summary(verdict: Verdict, console: Console) -> None:
    _line(console, "")
    for name in verdict.stale:
        _line(console, f"stale: {name} is listed as known failing, but does not fail", "bold red")
    _line(console, summary_line(verdict))
    code = verdict.exit_code()
    word = {0: "good", 1: "not good", 3: "could not be judged"}[code]
    _line(console, f"{word} ({verdict.seconds:.1f} s)", "bold green" if code == 0 else "bold red")
    if code == 0 and (soft := verdict.soft()):
        _line(
            console,
            f"but for {soft} should-clause{'s' * (soft > 1)}: broken ones fail the run under --strict",
            "yellow",
        )


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(printable(text), style=style), soft_wrap=True, highlight=False)
