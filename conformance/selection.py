"""Which cases are run, and which of them are known to fail."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from conformance.cases import Finding, Outcome, Question

AnyQuestion = TypeVar("AnyQuestion", bound=Question)


class SelectionError(ValueError):
    """A pattern or an id that means no case."""


def chosen(cases: Sequence[AnyQuestion], only: Sequence[str], skip: Sequence[str]) -> tuple[AnyQuestion, ...]:
    """The cases that a pattern of `only` means (none given: all) and none of `skip`."""
    for pattern in (*only, *skip):
        if not any(case.matches(pattern) for case in cases):
            raise SelectionError(f"{pattern!r} means no case; --list shows all")
    kept = tuple(
        case for case in cases if (not only or any(map(case.matches, only))) and not any(map(case.matches, skip))
    )
    if not kept:
        raise SelectionError("--only and --skip leave no case to run")
    return kept


def read_known(path: Path, cases: Iterable[Question]) -> tuple[str, ...]:
    """The ids, of cases or clauses, that a file lists: one a line, # begins a comment."""
    meant = {name for case in cases for name in (case.id, case.clause)}
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise SelectionError(f"{path} is no UTF-8 text") from None
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    listed = tuple(line for line in lines if line)
    if strangers := [name for name in listed if name not in meant]:
        raise SelectionError(f"{path}: {strangers[0]!r} is the id of no case and of no clause")
    return listed


def mark_known(findings: Iterable[Finding], listed: Sequence[str]) -> tuple[list[Finding], list[str]]:
    """The findings with the known failures marked, and the ids that are stale: they were judged and none fails."""
    marked, judged, failing = [], set(), set()
    for finding in findings:
        names = {finding.case.id, finding.case.clause} & set(listed)
        fails = finding.outcome is Outcome.FAIL
        if finding.outcome in (Outcome.PASS, Outcome.FAIL, Outcome.REPORTED):
            judged |= names
        if fails:
            failing |= names
        marked.append(replace(finding, known=fails and bool(names)))
    return marked, [name for name in listed if name in judged - failing]
