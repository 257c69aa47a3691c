"""Cases as pytest's items, and the packages that hold them as its collectors."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.cases import Case, Finding, Outcome
from conformance.exchange import printable
from conformance.pytest_plugin.bench import BENCH, UnableError
from conformance.pytest_plugin.selected import KIT, SERVER
from conformance.report.lines import exchange_lines, story_lines


def collector_of(path: Path, parent: pytest.Collector) -> pytest.Collector:
    """What collects from the kit itself, or from its package of cases for servers."""
    kind, nodeid = (ServerCases, "conformance/server") if path == SERVER else (Kit, "conformance")
    collector: pytest.Collector = kind.from_parent(parent, path=path, nodeid=nodeid)
    return collector


class Kit(pytest.Directory):
    """The kit: of its packages one holds cases."""

    def collect(self) -> Iterable[pytest.Collector]:
        """That one."""
        return [collector_of(KIT / "server", self)]


class ServerCases(pytest.Directory):
    """The cases for servers; where there is no target, one error stands for all of them."""

    def collect(self) -> Iterable[pytest.Item]:
        """The cases that were asked for, those that move the clock at the end."""
        bench = self.config.stash[BENCH]
        if not self.config.option.collectonly:
            try:
                bench.meet()
            except UnableError as error:
                raise self.CollectError(printable(str(error))) from None
        return [CaseItem.from_parent(self, name=case.id, case=case) for case in bench.cases]


class CaseItem(pytest.Item):
    """One case. It is tried in the setup phase, so that what is no fault of the target is an error there."""

    def __init__(self, *, case: Case, **more: Any) -> None:
        super().__init__(**more)
        self.case = case
        self._bench = self.config.stash[BENCH]
        self._clause = self._bench.clauses[case.clause]
        self._finding: Finding | None = None
        self.add_marker(pytest.mark.tiktok_conformance(clause=case.clause, strength=self._clause.strength.value))

    def setup(self) -> None:
        """Try it."""
        finding = self._finding = self._bench.judge(self.case)
        self.user_properties += [
            ("clause", self._clause.id),
            ("strength", self._clause.strength.value),
            ("result", finding.outcome.value),
            *((f"reading.{switch}", value) for switch, value in finding.readings.items()),
        ]
        if finding.outcome is Outcome.REPORTED:
            self.user_properties.append(("reported", printable(finding.reason or finding.actual)))
        if finding.outcome is Outcome.SKIP:
            pytest.skip(printable(finding.reason))
        if finding.outcome is Outcome.ERROR:
            self._fail(finding, f"not the target's fault: {finding.reason}")

    def runtest(self) -> None:
        """Say what came of it."""
        finding = self._finding
        assert finding is not None
        if finding.outcome is not Outcome.FAIL:
            if self.case.id in self._bench.known:
                pytest.fail(f"stale: {self.case.id} is listed as known failing, but does not fail", pytrace=False)
            return
        told = f"expected {finding.expected}; got {finding.actual}"
        if not self.config.option.runxfail:
            if finding.known:
                pytest.xfail(printable(f"known failing: {told}"))
            if not self._bench.fails_run(finding):
                pytest.xfail(printable(f"{self._clause.strength}: {told}"))
        self._fail(finding, told)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it is, as far as that helps, and its name."""
        return self.path, None, self.name

    def _fail(self, finding: Finding, told: str) -> None:
        pytest.fail("\n".join(map(printable, self._lines(finding, told))), pytrace=False)

    def _lines(self, finding: Finding, told: str) -> Iterator[str]:
        yield told
        yield f"  {finding.case.sentence}"
        yield f"  {self._clause.id} ({self._clause.strength}): {self._clause.text}"
        yield ""
        for line in (*story_lines(finding), *exchange_lines(finding)):
            yield f"  {line}"
