"""`tiktok-conformance client`: a plain upload first, then every scenario, some at a time; then the verdict."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from conformance.cases import Finding, Outcome
from conformance.client.evidence import Evidence
from conformance.client.files import Files
from conformance.client.launcher import NOT_EXECUTABLE, NOT_FOUND, Client
from conformance.client.manners import memory_violation
from conformance.client.mock import InterceptingMock, Mock, MockError, Mocks
from conformance.client.scenario import Mode, Scenario
from conformance.client.sizes import SEVERAL
from conformance.client.trying import SIZES_FOR_SEVERAL, Bench, NotTriedError, Terms
from conformance.client.verdicts import broken, findings_of, not_tried
from conformance.exchange import masked, printable

PLAIN: Final = "plain"
ONE_CHUNK: Final = "one-chunk"


class UnusableError(Exception):
    """The client cannot be judged at all, and why."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A scenario, its evidence where there is any, and what was found."""

    scenario: Scenario
    evidence: Evidence | None
    findings: tuple[Finding, ...]


Told = Callable[[Tried], None]


@dataclass(frozen=True, slots=True)
class Trying:
    """How the scenarios are tried. `options` are those of every mock."""

    terms: Terms
    options: tuple[str, ...] = ()
    jobs: int = 4
    large: bool = False
    intercept: bool = False
    """TikTok's own hosts lead to the mock."""


@contextmanager
def opened(client: Client, how: Trying) -> Iterator[Bench]:
    """Where the client is tried: mocks that end with it, files that go with it."""
    unit = ("--mb", str(how.terms.mb)) if how.terms.mb else ()
    start = InterceptingMock if how.intercept else Mock
    with (
        tempfile.TemporaryDirectory(prefix="tiktok-files-") as folder,
        Mocks(*unit, *how.options, start=start) as mocks,
    ):
        yield Bench(client, mocks, Files(Path(folder), how.terms.seed), how.terms)


def try_all(bench: Bench, scenarios: Sequence[Scenario], how: Trying, told: Told = lambda _: None) -> list[Tried]:
    """What came of each scenario, in their order. Raises UnusableError and MockError."""
    return _Run(bench, how, told).all(scenarios)


class _Run:
    def __init__(self, bench: Bench, how: Trying, told: Told) -> None:
        self._bench, self._how, self._told = bench, how, told
        self._done: dict[str, Tried] = {}

    def all(self, scenarios: Sequence[Scenario]) -> list[Tried]:
        fit = [one for one in scenarios if one.matches(self._bench.mode, large=self._how.large)]
        why_not = self._first_uploads(fit)
        rest = [one for one in fit if one.id not in self._done]
        rest.sort(key=lambda one: (not one.slow, one.large))
        with ThreadPoolExecutor(self._how.jobs) as pool:
            list(pool.map(lambda one: self._one(one, why_not), rest))
        tried = [self._done[one.id] for one in fit]
        return list(_with_memory(tried, self._bench.small))

    def _first_uploads(self, scenarios: Iterable[Scenario]) -> str:
        """The plain uploads, from which the client's plans are learned; gives why no fault need be tried."""
        why_not = ""
        if self._bench.plain_is_good:
            return ""
        plain = next((one for one in scenarios if one.id == PLAIN), Scenario(PLAIN, "A plain upload.", ("C-END",)))
        evidence = self._plain(plain)
        if evidence is not None:
            roots, _ = broken(evidence)
            first = next((one for one in roots if not one.aside), None)
            why_not = f"a plain upload fails already; see {first.clause}/{PLAIN}" if first else ""
            self._bench.plain_is_good = first is None
            self._bench.small = evidence
        elif self._done[PLAIN].findings[0].outcome is Outcome.ERROR:
            raise UnusableError(self._done[PLAIN].findings[0].reason)
        for one in scenarios:
            if one.id == ONE_CHUNK and not why_not:
                self._one(one, "")
        return why_not

    def _plain(self, plain: Scenario) -> Evidence | None:
        sizes = SIZES_FOR_SEVERAL if self._bench.mode is Mode.INIT else (SEVERAL,)
        tried = self._tried(replace(plain, size=sizes[0]))
        for size in (*sizes[1:], ""):
            if tried.evidence is None:
                break
            self._bench.several = tried.evidence.size
            _demand_runs(tried.evidence)
            if self._how.intercept:
                _demand_sends(tried.evidence)
            enough = any(one.total_chunk_count >= 3 for one in tried.evidence.uploads)
            if not size or enough or broken(tried.evidence)[0]:
                break
            tried = self._tried(replace(plain, size=size))
        self._keep(replace(tried, scenario=plain))
        return tried.evidence

    def _one(self, scenario: Scenario, why_not: str) -> None:
        if why_not and (scenario.faults or scenario.moves or scenario.size == SEVERAL):
            findings = not_tried(scenario, Outcome.SKIP, why_not)
            self._keep(Tried(scenario, None, findings))
            return
        self._keep(self._tried(scenario))

    def _tried(self, scenario: Scenario) -> Tried:
        try:
            evidence = self._bench.trial(scenario)
        except NotTriedError as error:
            return Tried(scenario, None, not_tried(scenario, Outcome.SKIP, str(error)))
        except (MockError, OSError) as error:
            return Tried(scenario, None, not_tried(scenario, Outcome.ERROR, str(error)))
        if evidence.ended.exit_code == NOT_FOUND and not evidence.requests and scenario.id != PLAIN:
            why = "the client does not support it (exit code 127)"
            return Tried(scenario, evidence, not_tried(scenario, Outcome.SKIP, why))
        if not scenario.faults:
            self._bench.learn(evidence)
        return Tried(scenario, evidence, findings_of(evidence))

    def _keep(self, tried: Tried) -> None:
        self._done[tried.scenario.id] = tried
        self._told(tried)


def _demand_runs(evidence: Evidence) -> None:
    code = evidence.ended.exit_code
    if code in (NOT_EXECUTABLE, NOT_FOUND):
        told = evidence.ended.stderr.strip().splitlines()[-1:] or [f"exit code {code}"]
        raise UnusableError(f"the client does not run: {told[0][:300]}")


def _demand_sends(evidence: Evidence) -> None:
    """Who asks nobody here may have asked the real TikTok, and is not run again."""
    if not evidence.requests and not evidence.ended.hammered:
        last = evidence.ended.stderr.strip().splitlines()[-1:]
        said = f", its stderr: {printable(masked(last[0]))[:300]}" if last else ""
        raise UnusableError(
            f"nothing came from the client ({evidence.exit_told}{said}), and as it may ask the real TikTok it is "
            "not run again: does it heed HTTPS_PROXY, and trust the CA that SSL_CERT_FILE names?"
        )


def _with_memory(tried: Iterable[Tried], small: Evidence | None) -> Iterator[Tried]:
    """C-MEMORY compares two runs: the plain upload, `small`, and a large one."""
    for one in tried:
        if "C-MEMORY" not in one.scenario.clauses or one.evidence is None or small is None:
            yield one
            continue
        grown = next(memory_violation(small, one.evidence), None)
        yield (
            one
            if grown is None
            else replace(one, findings=tuple(_grown(one.findings, grown.expected, grown.actual)))
        )


def _grown(findings: Iterable[Finding], expected: str, actual: str) -> Iterator[Finding]:
    for one in findings:
        if one.case.clause == "C-MEMORY":
            yield replace(one, outcome=Outcome.FAIL, expected=expected, actual=actual, reason="")
        else:
            yield one
