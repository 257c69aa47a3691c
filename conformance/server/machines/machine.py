"""A machine as a case: it searches for a story that breaks the target, and reports the smallest."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from conformance.cases import BrokenError, Case, Outcome, SkipError, UnsteadyError
from conformance.search import Search
from conformance.server.expiry import Hour
from conformance.server.machines import drawing
from conformance.server.machines.inits import SWITCHES, InitPlayer
from conformance.server.machines.kinds import EXPIRED, kinds
from conformance.server.machines.player import Player
from conformance.server.machines.stories import SCHEMA, Inits, Knowledge, Story
from conformance.task import Task
from conformance.trial import Trial

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_EXAMPLES: Final = 60
_PLAIN: Final = 3
_OF_LARGE_CHUNKS: Final = 15
_AT_A_RATE: Final = 2
_LARGE: Final = 1_000_000
_TOLD_APART: Final = "S-INIT-UNIQUE"
_SHORTEST_LIFE: Final = 60.0
_JUDGED_BY: Final = {
    "progress": "S-CHUNK-PROGRESS",
    "missing_range": "S-HEAD-RANGE-MISSING",
    "wrong_total": "S-HEAD-TOTAL",
    "off_plan": "S-CHUNK-PLANNED-SIZE",
    "wrong_token": "S-URL-TOKEN",
    "content_type": "S-HEAD-TYPE",
    "missing_length": "S-HEAD-LENGTH-MISSING",
    "after_end": "S-ORDER-AFTER-END",
}
"""The clause of a switch of which a target has shown two values: it mixes them, and is not judged by them."""


@dataclass(frozen=True, slots=True)
class Machine:
    """`histories`: what its stories tell of. It is about the clause of its id."""

    id: str
    sentence: str
    histories: frozenset[str] = frozenset()
    several: bool = False
    inits: bool = False

    @property
    def case(self) -> Case:
        """To be run after all tables, for it looks at what they have found."""
        return Case(self.id, self.sentence, self._run, alone=EXPIRED in self.histories, last=True)

    async def _run(self, trial: Trial) -> None:
        if self.inits:
            await trial.ready()
        else:
            await Task.ready(trial, needs=_PLAIN)
        settings = trial.target.settings
        knows = self._knowledge(trial)
        strategy = self._strategy(knows)
        paced = 3600.0 if settings.rate else 0.0
        search: Search[Any] = Search(
            lambda story: play(trial, story, knows),
            seed=f"{settings.seed} {self.id}",
            examples=self._examples(trial),
            seconds=0.8 * (settings.time_limit + paced),
            shrinking=0.25 * settings.time_limit + paced / 4,
        )
        async with self.standing_clock(trial):
            smallest = await search.run(strategy)
            trial.reported = f"{search.tried} stories" + (", then the time was over" if search.ran_out else "")
            if smallest is not None:
                await self._report(trial, smallest, knows, steady=not search.unsteady)

    async def _report(self, trial: Trial, story: Story | Inits, knows: Knowledge, *, steady: bool) -> None:
        """Play the smallest story once more, for the record. Raises BrokenError or UnsteadyError."""
        trial.replay = {"schema": SCHEMA, "case": self.id, **knows.as_json(), **story.as_json()}
        try:
            await play(trial, story, knows)
        except BrokenError:
            if steady:
                raise
        raise UnsteadyError("a story broke the target, and when it was told again it did not, or not always")

    def standing_clock(self, trial: Trial) -> AbstractAsyncContextManager[object]:
        """To be entered while its stories are told. Raises SkipError where it needs a clock and there is none."""
        if EXPIRED not in self.histories:
            if not self.inits and trial.target.lifetime < _SHORTEST_LIFE:
                raise SkipError(f"an upload_url of {trial.target.lifetime:g} s is over before a story is told")
            return nullcontext()
        if not trial.target.clock:
            raise SkipError(trial.target.no_clock)
        return Hour(trial)

    def _knowledge(self, trial: Trial) -> Knowledge:
        own = self.id.partition("/")[0]
        broken = {found.case.clause for found in trial.before if found.outcome is Outcome.FAIL} - {own}
        shown: dict[str, set[str]] = {}
        for found in trial.before:
            for switch, value in found.readings.items():
                shown.setdefault(switch, set()).add(value)
        mixed = {clause for switch, clause in _JUDGED_BY.items() if len(shown.get(switch, ())) > 1}
        plan_switches = {name: tuple(sorted(shown.get(name, ()))) for name in SWITCHES}
        return Knowledge(trial.terms, trial.terms.put_reading(shown), plan_switches, frozenset(broken | mixed))

    def _strategy(self, knows: Knowledge) -> "Callable[[], SearchStrategy[Any]]":
        if self.inits:
            return lambda: drawing.inits(knows.terms)
        if _TOLD_APART in knows.unjudged:
            raise SkipError(f"uploads cannot be told apart; see {_TOLD_APART}")
        told = kinds(self.histories, knows.unjudged)
        if not set(told) - {"status"}:
            raise SkipError(f"no step is left to tell of; see {', '.join(sorted(knows.unjudged))}")
        return lambda: drawing.stories(knows.terms, told, several=self.several)

    def _examples(self, trial: Trial) -> int:
        settings = trial.target.settings
        if settings.examples is not None:
            return settings.examples
        if settings.rate:
            trial.target.tell(f"{self.id}: {_AT_A_RATE} stories only, for the --rate (--examples N for more)")
            return _AT_A_RATE
        return _OF_LARGE_CHUNKS if trial.terms.least > _LARGE and not self.inits else _EXAMPLES


async def play(trial: Trial, story: Story | Inits, knows: Knowledge) -> None:
    """Play a story once; the trial then has its exchanges, steps and curl lines. Raises BrokenError."""
    if trial.target.dead:
        raise SkipError("the target has stopped answering")
    trial.exchanges.clear()
    player = InitPlayer(trial, story, knows) if isinstance(story, Inits) else Player(trial, story, knows)
    try:
        await player.play()
    finally:
        trial.steps, trial.curl = tuple(player.words), player.script.lines
    trial.expected = trial.actual = ""
