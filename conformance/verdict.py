"""All findings of a run together: by clause, counted, with the fingerprint, and good or not."""

from collections import Counter
from dataclasses import dataclass

from conformance.cases import WORST_FIRST, Finding, Outcome
from conformance.clauses import Chapter, Clause, Strength
from conformance.terms import SWITCHES

GOOD, BROKEN, UNABLE = 0, 1, 3


@dataclass(frozen=True, slots=True)
class ClauseResult:
    """A clause with its findings."""

    clause: Clause
    findings: tuple[Finding, ...]

    @property
    def outcome(self) -> Outcome:
        """The weightiest of its cases' outcomes."""
        present = {finding.outcome for finding in self.findings}
        return next(outcome for outcome in WORST_FIRST if outcome in present)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole run."""

    target: str
    profile: str
    chapters: tuple[Chapter, ...]
    findings: tuple[Finding, ...]
    stale: tuple[str, ...] = ()
    strict: bool = False
    seconds: float = 0.0
    seed: int = 0
    mb: int | None = None

    def by_chapter(self) -> list[tuple[str, list[ClauseResult]]]:
        """The clauses that were tried, under the headings of the law book."""
        table: dict[str, list[Finding]] = {}
        for finding in self.findings:
            table.setdefault(finding.case.clause, []).append(finding)
        tried = [
            (one.title, [ClauseResult(c, tuple(table[c.id])) for c in one.clauses if c.id in table])
            for one in self.chapters
        ]
        return [(title, results) for title, results in tried if results]

    def summary(self) -> dict[str, int]:
        """How many cases ended how."""
        counts = Counter(finding.outcome for finding in self.findings)
        return {outcome.value: counts[outcome] for outcome in Outcome}

    def broken(self) -> list[Finding]:
        """The failures that make the run fail."""
        strengths = {clause.id: clause.strength for chapter in self.chapters for clause in chapter.clauses}
        return [
            finding
            for finding in self.findings
            if finding.outcome is Outcome.FAIL
            and not finding.known
            and (self.strict or strengths[finding.case.clause] is not Strength.SHOULD)
        ]

    def soft(self) -> int:
        """How many should-clauses are broken without making the run fail."""
        counted = {finding.case.clause for finding in self.broken()}
        failed = {one.case.clause for one in self.findings if one.outcome is Outcome.FAIL and not one.known}
        return len(failed - counted)

    def exit_code(self) -> int:
        """0 good, 1 the target is not, 3 the kit could not tell."""
        if self.broken() or self.stale:
            return BROKEN
        summary = self.summary()
        judged = summary["pass"] + summary["fail"] + summary["reported"]
        return UNABLE if summary["error"] or not judged else GOOD

    def fingerprint(self) -> dict[str, dict[str, str]]:
        """For each ambiguity that showed: the reading, or the readings where cases saw different ones."""
        seen: dict[str, set[str]] = {}
        for finding in self.findings:
            for switch, value in finding.readings.items():
                seen.setdefault(switch, set()).add(value)
        known = [*SWITCHES, *(name for name in seen if name not in SWITCHES)]
        return {
            name: {
                "ambiguity": SWITCHES[name].ambiguity if name in SWITCHES else "",
                "reading": " and ".join(sorted(seen[name])),
            }
            for name in known
            if name in seen
        }
