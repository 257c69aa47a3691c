"""Plays inits near the edges: some reading of a plan has to allow all that one target answers."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from conformance.cases import BrokenError, SkipError
from conformance.plans import COUNT, FIELDS, SIZE, PlanReading, init_clauses
from conformance.server.machines.curl import Script
from conformance.server.machines.stories import Declared, Inits, Knowledge
from conformance.server.plan import ACCEPT, outcome_of, told
from conformance.terms import Terms
from conformance.trial import Trial

SWITCHES: Final = ("mb", "mb_above", "count_rule", "single_chunk_size", "largest_video")
_ACCEPTANCE: Final[Mapping[str, frozenset[str]]] = {
    SIZE: frozenset(
        f"S-PLAN-{name}"
        for name in ("CHUNK-MIN", "CHUNK-MAX", "SMALL-WHOLE", "LARGE-SPLIT", "CHUNK-EXCEEDS", "FINAL-MAX")
    ),
    COUNT: frozenset({"S-PLAN-COUNT", "S-PLAN-COUNT-RANGE"}),
    FIELDS: frozenset({"S-PLAN-FIELDS", "S-INIT-SOURCE"}),
}
"""The clauses that may be broken where a good plan is refused with a text."""


class Reading(NamedTuple):
    """A reading of a plan. `older`: what is no equal split is refused (A1)."""

    plan: PlanReading
    older: bool

    def clauses(self, source: Declared) -> Mapping[str | None, str]:
        """What init may answer, each with its clause."""
        right = init_clauses(source, self.plan)
        if self.older and None in right and not _equal_split(source):
            return {SIZE: "S-PLAN-COUNT-READING", COUNT: "S-PLAN-COUNT-READING"}
        return right


def _equal_split(source: Declared) -> bool:
    numbers = [source[name] for name in ("video_size", "chunk_size", "total_chunk_count")]
    size, chunk, count = (number if isinstance(number, int) else 0 for number in numbers)
    return chunk == size // count


def readings(terms: Terms, shown: Mapping[str, Collection[str]]) -> tuple[Reading, ...]:
    """The readings that are right on these terms, and that are what the target has shown."""
    older = [
        value for value, name in ((False, "floor"), (True, "equal_split")) if terms.admits("count_rule", name)
    ]
    every = [Reading(plan, one) for plan in terms.plan_readings() for one in older]
    return tuple(
        one for one in every if all(_fits(one, switch, shown.get(switch, ())) for switch in SWITCHES)
    ) or (*every,)


def _fits(reading: Reading, switch: str, values: Collection[str]) -> bool:
    """Whether it is the reading of the one value that was seen, if one was."""
    plan = reading.plan
    own = {
        "mb": str(plan.units[0]),
        "mb_above": str(plan.units[1]),
        "count_rule": "equal_split" if reading.older else "floor",
        "single_chunk_size": "equal" if plan.whole else "any",
        "largest_video": "none" if plan.largest is None else str(plan.largest),
    }[switch]
    return len(values) != 1 or own in values


class InitPlayer:
    """Plays one story of inits once. Raises BrokenError; `words` and `script` then tell what was done."""

    def __init__(self, trial: Trial, story: Inits, knows: Knowledge) -> None:
        self.words: list[str] = []
        self.script = Script(trial.target, 0)
        self._trial = trial
        self._story = story
        self._knows = knows

    async def play(self) -> None:
        """Each init, and the readings that are left after it."""
        left: Iterable[Reading] = readings(self._knows.terms, self._knows.plan_switches)
        for source in self._story.told:
            answer = await self._trial.init(source)
            if answer.status == 429:
                raise SkipError("the target limits inits: --rate N keeps to N a minute")
            self.script.init(source)
            outcome = outcome_of(answer)
            shown = ", ".join(f"{name} {value!r}" for name, value in source.items() if name != "source")
            self.words.append(f"init with {shown}: {told(outcome)}")
            left = self._judged(tuple(left), source, outcome)

    def _judged(self, before: tuple[Reading, ...], source: Declared, outcome: str) -> tuple[Reading, ...]:
        seen = None if outcome == ACCEPT else outcome
        after = tuple(reading for reading in before if seen in reading.clauses(source))
        if after:
            return after
        right = {text: clause for reading in before for text, clause in reading.clauses(source).items()}
        clauses = set(right.values()) | (set(_ACCEPTANCE.get(outcome, ())) if None in right else set())
        if clauses & self._knows.unjudged:
            return before
        wanted = " or ".join(sorted(_wanted(text, clause) for text, clause in right.items()))
        raise BrokenError(f"{wanted}, at step {len(self.words)}", told(outcome))


def _wanted(text: str | None, clause: str) -> str:
    return f"{told(text)} ({clause})" if text else ACCEPT
