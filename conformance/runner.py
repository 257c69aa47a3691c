"""Trying cases: some at a time, each within its time, then those that move the clock, then the machines."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Final

from conformance.cases import BrokenError, Case, Finding, Outcome, SkipError, UnsteadyError
from conformance.clauses import Clause, Strength
from conformance.retold import retold
from conformance.target import Target
from conformance.trial import Trial
from conformance.wire import CannotError, UnreachableError

Told = Callable[[Finding], None]
_LOST: Final = 3


class Runner:
    """Runs cases against one target; each finding is told as it is made."""

    def __init__(self, target: Target, clauses: Iterable[Clause], told: Told = lambda _: None) -> None:
        self._target = target
        self._strengths = {clause.id: clause.strength for clause in clauses}
        self._told = told
        self._lost = 0
        self._found: dict[str, Finding] = {}

    async def run(self, cases: Sequence[Case]) -> list[Finding]:
        """What came of each case, in the order of the cases. The last ones know what came of all before, in
        earlier runs too.
        """
        found = self._found
        waiting = iter([case for case in cases if not case.alone and not case.last])

        async def worker() -> None:
            for case in waiting:
                found[case.id] = await self._one(case)

        jobs = self._target.settings.jobs
        await _all(worker for _ in range(jobs))
        alone = [case for case in cases if case.alone and not case.last]
        if self._target.clock:
            jobs = 1
        waiting = iter(alone)
        await _all(worker for _ in range(jobs))
        for case in cases:
            if case.last:
                found[case.id] = await self._one(case, tuple(found.values()))
        return [found[case.id] for case in cases]

    async def _one(self, case: Case, before: Sequence[Finding] = ()) -> Finding:
        finding = await self._tried(case, before)
        self._told(finding)
        return finding

    async def _tried(self, case: Case, before: Sequence[Finding]) -> Finding:
        if self._target.dead or self._lost >= _LOST:
            why = "has stopped answering" if self._target.dead else "is not there any more"
            return Finding(case, Outcome.SKIP, reason=f"the target {why}")
        trial = Trial(self._target, case.id, before)
        outcome, reason = await self._outcome(trial, case)
        if outcome in (Outcome.PASS, Outcome.FAIL) and self._strengths[case.clause] is Strength.REPORTED:
            outcome = Outcome.REPORTED
        return self._finding(trial, case, outcome, reason)

    async def _outcome(self, trial: Trial, case: Case) -> tuple[Outcome, str]:
        try:
            async with asyncio.timeout(self._limit(case)):
                await case.run(trial)
            self._lost = 0
        except BrokenError as error:
            self._lost = 0
            trial.expected, trial.actual = error.expected, error.actual
            return Outcome.FAIL, ""
        except (SkipError, CannotError) as error:
            return Outcome.SKIP, str(error)
        except UnreachableError as error:
            self._lost += 1
            return Outcome.ERROR, str(error)
        except UnsteadyError as error:
            return Outcome.ERROR, str(error)
        except TimeoutError:
            trial.expected, trial.actual = "the end of the case in time", f"no end after {self._limit(case):g} s"
            return Outcome.FAIL, ""
        except Exception as error:  # noqa: BLE001 - whatever the kit's own fault is, the run goes on
            return Outcome.ERROR, f"the kit failed: {type(error).__name__}: {error}"
        return Outcome.PASS, ""

    def _limit(self, case: Case) -> float:
        settings = self._target.settings
        slow = settings.url_lifetime or 0.0 if case.alone and not self._target.clock else 0.0
        paced = 3600.0 if settings.rate else 0.0
        return settings.time_limit + 2 * slow + paced

    @staticmethod
    def _finding(trial: Trial, case: Case, outcome: Outcome, reason: str) -> Finding:
        return Finding(
            case,
            outcome,
            trial.expected,
            trial.actual,
            reason or trial.reported,
            dict(trial.readings),
            tuple(trial.exchanges),
            time.monotonic() - trial.began,
            trial.steps,
            trial.curl or _commands(trial, outcome),
            trial.replay,
        )


def _commands(trial: Trial, outcome: Outcome) -> tuple[str, ...]:
    """What passed as lines for a shell, where it broke the target."""
    if outcome is not Outcome.FAIL or not trial.exchanges:
        return ()
    target = trial.target
    return retold(trial.exchanges, str(target.address), target.token, told=not target.settings.token)


async def _all(workers: Iterable[Callable[[], Coroutine[None, None, None]]]) -> None:
    async with asyncio.TaskGroup() as group:
        for worker in workers:
            group.create_task(worker())
