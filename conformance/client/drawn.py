"""The property: whatever file, plan and faults are drawn, a good client ends with the file uploaded once.

Hypothesis draws and shrinks; what is drawn stays within what a good client has to survive.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from conformance.cases import Outcome
from conformance.client.evidence import Evidence
from conformance.client.judging import Tried
from conformance.client.scenario import DRAWN, Mode, Scenario
from conformance.client.trying import Bench
from conformance.client.turns import Violation
from conformance.client.verdicts import broken, findings_of, not_tried

_MOST_FAULTS: Final = 3
_SHRINKS: Final = 40
"""Runs of the client that shrinking may take: each is one of real time."""

_HARMLESS: Final = ({"kind": "close"}, {"kind": "reset"}, {"kind": "garbage"})
_STATUSES: Final = (500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Smallest:
    """The smallest upload found that the client does not survive, and what it broke; `flaky`: not every time."""

    scenario: Scenario
    evidence: Evidence
    violation: Violation
    flaky: bool = False


def faults() -> st.SearchStrategy[dict[str, Any]]:
    """One fault that a good client survives, on the PUT that comes after `skip` others."""
    status = st.sampled_from(_STATUSES).map(lambda code: {"kind": "status", "status": code})
    before = st.tuples(
        st.sampled_from(["before_body", "after_body", {"at_byte": 1}]),
        st.one_of(status, st.sampled_from(_HARMLESS)),
    )
    kept = st.one_of(status, st.sampled_from([*_HARMLESS, {"kind": "truncate", "bytes": 9}]))
    lost = st.tuples(st.just("after_commit"), kept)
    stale = st.tuples(st.just("after_answer"), st.sampled_from(_HARMLESS[:2]))
    return st.builds(
        lambda pair, skip: {"on": {"operation": "chunk"}, "when": pair[0], "do": pair[1], "skip": skip},
        st.one_of(before, lost, stale),
        st.integers(0, 4),
    )


def uploads(mode: Mode, units: Mapping[str, int]) -> st.SearchStrategy[Scenario]:
    """Drawn scenarios; `units` has the bytes of `least` and `most`, the smallest and the largest chunk."""
    least, most = units["least"], units["most"]
    edges = st.sampled_from([1, least - 1, least, least + 1, 2 * least - 1, 2 * least, 3 * least, 10 * least])
    size = st.one_of(edges, st.integers(1, 10 * least))
    chunk = st.none() if mode is Mode.INIT else st.integers(least, min(most, 4 * least)).map(str)
    return st.builds(
        lambda number, piece, struck: Scenario(
            DRAWN, "A drawn upload.", ("C-BYTES", "C-END", "C-ONE-POST"), str(number), piece, faults=tuple(struck)
        ),
        size,
        chunk,
        st.lists(faults(), max_size=_MOST_FAULTS),
    )


def smallest_failure(bench: Bench, examples: int, *, counts: Callable[[Violation], bool]) -> Smallest | None:
    """Draw so many uploads and shrink the first that breaks a clause which `counts`; None: all went well."""
    hunt = _Hunt(bench, counts)
    units = bench.terms.units
    drawn = uploads(bench.mode, {"least": units.bytes_of("5 MB"), "most": units.bytes_of("64 M")})

    @seed(bench.terms.seed)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        print_blob=False,
    )
    @given(drawn)
    def survives(scenario: Scenario) -> None:
        hunt.try_one(scenario)

    try:
        survives()
    except Flaky:
        return hunt.found(flaky=True)
    except _FailedError:
        return hunt.found(flaky=False)
    return None


class _FailedError(Exception):
    """A drawn upload that the client did not survive."""


class _Hunt:
    def __init__(self, bench: Bench, counts: Callable[[Violation], bool]) -> None:
        self._bench, self._counts = bench, counts
        self._failed: dict[str, tuple[Scenario, Evidence, Violation]] = {}
        self._last = ""
        self._after = 0

    def try_one(self, scenario: Scenario) -> None:
        key = str((scenario.size, scenario.chunk, scenario.faults))
        if key not in self._failed:
            if self._failed:
                self._after += 1
                if self._after > _SHRINKS:  # time is up: nothing smaller is looked for
                    return
            evidence = self._bench.trial(scenario)
            roots = [one for one in broken(evidence)[0] if self._counts(one)]
            if not roots:
                return
            self._failed[key] = (scenario, evidence, roots[0])
        self._last = key
        raise _FailedError(key)

    def found(self, *, flaky: bool) -> Smallest:
        scenario, evidence, violation = self._failed[self._last]
        return Smallest(scenario, evidence, violation, flaky)


def try_drawn(bench: Bench, examples: int, *, counts: Callable[[Violation], bool]) -> Tried:
    """The property as one more scenario; where it fails, the smallest one, and `why` explains it."""
    found = smallest_failure(bench, examples, counts=counts)
    if found is None:
        drawn = Scenario(DRAWN, f"{examples} drawn uploads with drawn faults.", ("C-BYTES", "C-END", "C-ONE-POST"))
        return Tried(drawn, None, not_tried(drawn, Outcome.PASS, ""))
    why = explained(found)
    sentence = why.partition(". ")[0] + "."
    scenario = replace(found.scenario, sentence=sentence, clauses=(found.violation.clause,), why=why)
    if found.flaky:
        return Tried(scenario, found.evidence, not_tried(scenario, Outcome.ERROR, f"not every time: {why}"))
    return Tried(scenario, found.evidence, findings_of(replace(found.evidence, scenario=scenario)))


def explained(found: Smallest) -> str:
    """Two sentences: what was done to the client, and what it made of it."""
    struck = [_told(fault) for fault in found.scenario.faults] or ["nothing goes wrong"]
    violation = found.violation
    return (
        f"A file of {int(found.scenario.size):,} bytes is uploaded; {', then '.join(struck)}. "
        f"{violation.clause} wants {violation.expected}, but what came was {violation.actual}."
    )


def _told(fault: Mapping[str, Any]) -> str:
    when, do = fault["when"], fault["do"]
    moment = {
        "before_body": "before its body is read",
        "after_body": "after its body, which is not kept",
        "after_commit": "after it is kept",
        "after_answer": "after its answer",
    }.get(when if isinstance(when, str) else "", "in the middle of its body")
    deed = {
        "status": f"is answered {do.get('status')}",
        "close": "has its connection closed",
        "reset": "has its connection reset",
        "garbage": "is answered with what is no HTTP",
        "truncate": "gets a truncated answer",
    }[do["kind"]]
    passed = fault.get("skip", 0)
    which = "the first PUT" if not passed else f"the PUT after {passed} others"
    return f"{which} {deed} {moment}"
