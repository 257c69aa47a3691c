"""The law book of the side that was judged, with what a saved report says of each clause."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from conformance.clauses import load_chapters
from conformance.report.page.markup import number
from conformance.report.page.standing import WORDS, Standing, heaviest, standing


@dataclass(frozen=True)
class Entry:
    """A clause on the page: tried, or only in the law book."""

    id: str
    strength: str
    text: str
    source: str
    cases: Sequence[tuple[Mapping[str, Any], Standing]] = ()

    @cached_property
    def standing(self) -> Standing:
        """How the clause stands."""
        return heaviest(standing for _, standing in self.cases)

    @cached_property
    def told(self) -> str:
        """How many of its cases ended how."""
        counts = Counter(standing for _, standing in self.cases)
        if len(counts) == 1 and self.standing is not Standing.FAIL:
            return f"{number(len(self.cases), 'case')}: {WORDS[self.standing]}"
        return ", ".join(f"{counts[one]} {WORDS[one]}" for one in Standing if counts[one]) or "not tried"


Chapters: TypeAlias = Sequence[tuple[str, Sequence[Entry]]]
"""Titles with their clauses."""


def read_chapters(report: Mapping[str, Any]) -> Chapters:
    """All its clauses, tried or not; those that this law book does not know are kept."""
    found = {clause["id"]: clause for clause in report["clauses"]}
    sides = {name[:2] for name in found}
    strict = bool(report.get("strict"))
    book: dict[str, list[Entry]] = {}
    for chapter in load_chapters():
        for clause in chapter.clauses:
            tried = found.pop(clause.id, {"cases": ()})
            if clause.id[:2] in sides:
                values = {"strength": clause.strength.value, "text": clause.text, "source": clause.source, **tried}
                book.setdefault(chapter.title, []).append(_entry({**values, "id": clause.id}, strict=strict))
    for clause in found.values():
        book.setdefault(clause.get("chapter", "further clauses"), []).append(_entry(clause, strict=strict))
    return list(book.items())


def _entry(clause: Mapping[str, Any], *, strict: bool) -> Entry:
    strength = clause.get("strength", "must")
    cases = [(case, standing(case, strength, strict=strict)) for case in clause["cases"]]
    return Entry(clause["id"], strength, clause.get("text", ""), clause.get("source", ""), cases)


def entries_of(chapters: Chapters) -> Iterator[Entry]:
    """All clauses of the page."""
    for _, entries in chapters:
        yield from entries


def case_counts(chapters: Chapters) -> Counter[Standing]:
    """How many cases stand how."""
    return Counter(standing for entry in entries_of(chapters) for _, standing in entry.cases)
