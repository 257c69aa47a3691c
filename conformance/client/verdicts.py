"""From evidence to findings: what was broken first, what only came of that, and what was kept."""

from collections.abc import Iterable, Iterator

from conformance.cases import Finding, Outcome, Question
from conformance.client.evidence import Evidence
from conformance.client.manners import manners_of
from conformance.client.passed import records_of
from conformance.client.scenario import Mode, Scenario
from conformance.client.turns import Violation, stopped_early, turns_of, violations_of

_ALWAYS = ("C-END", "C-ONE-POST")
_WITH_CHUNKS = ("C-HEADERS", "C-URL-OPAQUE", "C-URL-NO-BEARER", "C-ORDER", "C-BYTES")
_WEIGHT = {"C-END": 0, "C-ONE-POST": 1}


def broken(evidence: Evidence) -> tuple[tuple[Violation, ...], tuple[Violation, ...]]:
    """What the client broke, and what only came of that: of all that hangs together the first counts."""
    turns = turns_of(evidence)
    found = [violation for turn in turns for violation in violations_of(turn, evidence)]
    found += manners_of(evidence)
    found += stopped_early(evidence, turns)
    found.sort(key=lambda one: (one.at, _WEIGHT.get(one.clause, 2)))
    aside = [one for one in found if one.aside]
    chain = [one for one in found if not one.aside]
    return (*chain[:1], *aside), tuple(chain[1:])


def findings_of(evidence: Evidence) -> tuple[Finding, ...]:
    """A finding for each clause that this run says something about."""
    scenario = evidence.scenario
    roots, consequences = broken(evidence)
    failed = {one.clause: one for one in reversed(roots)}
    root = next((one for one in roots if not one.aside), None)
    clauses = dict.fromkeys((*scenario.clauses, *failed, *_judged(evidence)))
    found = []
    for clause in clauses:
        if clause in failed:
            outcome, reason = Outcome.FAIL, ""
        else:
            outcome, reason = _unbroken(clause, evidence, root, consequences)
        question = Question(f"{clause}/{scenario.id}", scenario.sentence)
        violation = failed.get(clause)
        found.append(
            Finding(
                question,
                outcome,
                violation.expected if violation else "",
                violation.actual if violation else evidence.exit_told,
                reason,
                exchanges=records_of(evidence),
                seconds=evidence.ended.seconds,
            )
        )
    return tuple(found)


def _unbroken(
    clause: str, evidence: Evidence, root: Violation | None, consequences: Iterable[Violation]
) -> tuple[Outcome, str]:
    mine = clause in evidence.scenario.clauses
    if root is not None and (mine or any(one.clause == clause for one in consequences)):
        return Outcome.SKIP, f"another clause was broken first; see {root.clause}"
    if mine and evidence.unfired:
        return Outcome.SKIP, f"the fault did not strike: {', '.join(evidence.unfired)}"
    if mine and clause == "C-STATUS-POLL" and not any(one.operation == "status" for one in evidence.requests):
        return Outcome.SKIP, "the client does not ask for the status"
    if mine and clause == "C-RETRY-BACKOFF" and not _retries(evidence):
        return Outcome.SKIP, "the client does not send again"
    return Outcome.PASS, ""


def _retries(evidence: Evidence) -> bool:
    ranges = [one.content_range for one in evidence.chunks]
    return len(ranges) > len(set(ranges))


def _judged(evidence: Evidence) -> Iterator[str]:
    """The clauses that every run says something about."""
    yield from _ALWAYS
    if evidence.chunks:
        yield from _WITH_CHUNKS
    if evidence.mode is Mode.INIT and evidence.requests:
        yield "C-PLAN"
        if evidence.mb is None:
            yield "C-PLAN-PORTABLE"
    if any(one.operation == "status" for one in evidence.requests):
        yield "C-STATUS-POLL"


def not_tried(scenario: Scenario, outcome: Outcome, why: str) -> tuple[Finding, ...]:
    """The findings of a scenario that says nothing."""
    questions = [Question(f"{clause}/{scenario.id}", scenario.sentence) for clause in scenario.clauses]
    return tuple(Finding(question, outcome, reason=why) for question in questions)
