"""What is told at the end of a pytest run: counts, the fingerprint, and what is not failing any more."""

from collections.abc import Sequence
from typing import Any

import pytest

from conformance.cases import Case, Finding, Outcome
from conformance.clauses import load_chapters
from conformance.report.lines import fingerprint_lines, summary_line
from conformance.selection import mark_known
from conformance.target import Settings
from conformance.verdict import Verdict

_READING = "reading."


class Summary:
    """Hears each test's end, wherever it was run."""

    def __init__(self, settings: Settings, cases: Sequence[Case], known: Sequence[str]) -> None:
        self._settings = settings
        self._cases = {f"conformance/server::{case.id}": case for case in cases}
        self._known = known
        self._found: dict[str, Finding] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of what the properties of a test tell."""
        case = self._cases.get(report.nodeid)
        told = {name: str(value) for name, value in report.user_properties}
        if case is not None and report.when == "teardown" and "result" in told:
            readings = {
                name.removeprefix(_READING): value for name, value in told.items() if name.startswith(_READING)
            }
            self._found[report.nodeid] = Finding(case, Outcome(told["result"]), readings=readings)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A stale clause fails the run."""
        if self._verdict().stale and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Tell it."""
        if not self._found:
            return
        verdict = self._verdict()
        terminalreporter.section("TikTok conformance")
        terminalreporter.write_line(summary_line(verdict))
        for name in verdict.stale:
            told = f"stale: {name} is listed as known failing, but does not fail"
            terminalreporter.write_line(told, red=True)
        for line in fingerprint_lines(verdict):
            terminalreporter.write_line(line)

    def _verdict(self) -> Verdict:
        findings, stale = mark_known(self._found.values(), self._known)
        terms = self._settings.terms
        chapters = load_chapters()
        return Verdict(
            self._settings.api_base,
            terms.profile,
            chapters,
            tuple(findings),
            tuple(stale),
            seed=self._settings.seed,
            mb=terms.mb,
        )
