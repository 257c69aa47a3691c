"""The kit from Python: one scenario or all, for a test of your own."""

import unittest
from collections.abc import Iterable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from conformance.cases import Finding, Outcome
from conformance.clauses import Strength, load_chapters
from conformance.client.callables import CallableClient, Uploader
from conformance.client.judging import Tried, Trying, opened, try_all
from conformance.client.scenario import Mode, Scenario, load_scenarios
from conformance.client.trying import Terms


class BrokenClausesError(AssertionError):
    """The client broke clauses of the law book. `findings` are the failures."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n\n".join(map(_told, self.findings)))


def scenarios(*, handed: bool = False, large: bool = False) -> list[Scenario]:
    """All scenarios for a client of this kind, for `pytest.mark.parametrize("scenario", ..., ids=str)`."""
    mode = Mode.HANDED if handed else Mode.INIT
    return [one for one in load_scenarios() if one.matches(mode, large=large)]


class Checker:
    """Puts one uploader through scenarios, on mocks that live as long as it does; a context manager.

    `mb` is the unit that 5, 64 and 128 MB count in (None: real units), `seconds` what one upload may take.
    """

    def __init__(
        self,
        upload: Uploader,
        *,
        handed: bool = False,
        mb: int | None = 1000,
        profile: str = "documented",
        seconds: float = 60.0,
        strict: bool = False,
        seed: int = 0,
    ) -> None:
        self._client = CallableClient(upload, handed=handed)
        self._how = Trying(Terms(seconds, mb, seed), ("--profile", profile), jobs=1, large=True)
        self._strict = strict
        self._stack = ExitStack()
        self._must = {
            clause.id
            for chapter in load_chapters()
            for clause in chapter.clauses
            if strict or clause.strength is not Strength.SHOULD
        }

    def __enter__(self) -> Self:
        self._bench = self._stack.enter_context(opened(self._client, self._how))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def check(self, scenario: Scenario | str) -> tuple[Finding, ...]:
        """Run one scenario; a plain upload comes first, once. Gives the findings.

        Raises BrokenClausesError, an AssertionError; unittest.SkipTest, which pytest takes for a skip too, where
        the scenario says nothing of this client; RuntimeError where the kit fails; ValueError for an unknown id.
        """
        wanted = _by_id(scenario) if isinstance(scenario, str) else scenario
        if not wanted.matches(self._bench.mode, large=True):
            raise unittest.SkipTest(_not_for(wanted, self._bench.mode))
        tried = try_all(self._bench, [wanted], self._how)
        return self._judged(tried[0])

    def _judged(self, tried: Tried) -> tuple[Finding, ...]:
        broken = [one for one in tried.findings if one.outcome is Outcome.FAIL and one.case.clause in self._must]
        if broken:
            raise BrokenClausesError(broken)
        if errors := [one.reason for one in tried.findings if one.outcome is Outcome.ERROR]:
            raise RuntimeError(errors[0])
        own = [one for one in tried.findings if one.case.clause in tried.scenario.clauses]
        if own and all(one.outcome is Outcome.SKIP for one in own):
            raise unittest.SkipTest(own[0].reason)
        return tried.findings


def check(
    upload: Uploader,
    scenario: Scenario | str | None = None,
    *,
    handed: bool = False,
    mb: int | None = 1000,
    profile: str = "documented",
    seconds: float = 60.0,
    strict: bool = False,
) -> tuple[Finding, ...]:
    """Put an uploader, sync or async, through one scenario or through all; raises as Checker.check does.

    `upload(job)` uploads `job.file` to `job.api_base` with `job.token`, or to `job.upload_url` where it is
    `handed` one. All broken clauses of all scenarios are told together.
    """
    with Checker(upload, handed=handed, mb=mb, profile=profile, seconds=seconds, strict=strict) as checker:
        if scenario is not None:
            return checker.check(scenario)
        findings: list[Finding] = []
        broken: list[Finding] = []
        for one in scenarios(handed=handed):
            try:
                findings += checker.check(one)
            except BrokenClausesError as error:
                broken += error.findings
            except unittest.SkipTest:
                continue
    if broken:
        raise BrokenClausesError(broken)
    return tuple(findings)


def _by_id(name: str) -> Scenario:
    found = next((one for one in load_scenarios() if one.id == name), None)
    if found is None:
        raise ValueError(f"no scenario is called {name!r}; `tiktok-conformance client --list` shows all")
    return found


def _not_for(scenario: Scenario, mode: Mode) -> str:
    if mode is Mode.INIT:
        return (
            f"{scenario.id} is for a client that is handed its upload_url (handed=True); this one makes the init"
        )
    return f"{scenario.id} is for a client that makes the init; this one is handed its upload_url"


def _told(finding: Finding) -> str:
    lines = [f"{finding.case.id}: {finding.case.sentence}"]
    lines += [f"  expected: {finding.expected}", f"  actual:   {finding.actual}"]
    lines += [f"  {line}" for record in finding.exchanges for line in record.lines()]
    return "\n".join(lines)
