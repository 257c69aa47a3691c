"""The JUnit report: a test suite for each clause, a test case for each case."""

import re
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from conformance.cases import Finding, Outcome
from conformance.clauses import Strength
from conformance.verdict import ClauseResult, Verdict

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAGS: Final = {Outcome.FAIL: "failure", Outcome.ERROR: "error", Outcome.SKIP: "skipped"}


def write_junit(verdict: Verdict, path: Path, kind: str = "tiktok-conformance server") -> None:
    """Write the report."""
    ET.ElementTree(as_xml(verdict, kind)).write(path, encoding="utf-8", xml_declaration=True)


def as_xml(verdict: Verdict, kind: str = "tiktok-conformance server") -> ET.Element:
    """The report as a tree. A failure that does not fail the run is told as skipped."""
    results = [result for _, results in verdict.by_chapter() for result in results]
    root = ET.Element("testsuites", name=kind)
    failing = {finding.case.id for finding in verdict.broken()}
    for result in results:
        root.append(_suite(result, failing))
    _counted(root, list(verdict.findings), failing, verdict.seconds)
    if verdict.stale:
        suite = ET.SubElement(root, "testsuite", name="known failing", tests=str(len(verdict.stale)))
        for name in verdict.stale:
            case = ET.SubElement(suite, "testcase", classname="known failing", name=name)
            ET.SubElement(case, "failure", message="listed as known failing, but does not fail")
    return root


def _suite(result: ClauseResult, failing: set[str]) -> ET.Element:
    suite = ET.Element("testsuite", name=result.clause.id)
    _counted(suite, list(result.findings), failing, sum(one.seconds for one in result.findings))
    for finding in result.findings:
        suite.append(_case(finding, result.clause.strength, fails=finding.case.id in failing))
    return suite


def _counted(element: ET.Element, findings: list[Finding], failing: set[str], seconds: float) -> None:
    failures = sum(finding.case.id in failing for finding in findings)
    errors = sum(finding.outcome is Outcome.ERROR for finding in findings)
    others = sum(finding.outcome in (Outcome.SKIP, Outcome.FAIL) for finding in findings)
    counts = {"tests": len(findings), "failures": failures, "errors": errors, "skipped": others - failures}
    for name, count in counts.items():
        element.set(name, str(count))
    element.set("time", f"{seconds:.3f}")


def _case(finding: Finding, strength: Strength, *, fails: bool) -> ET.Element:
    case = ET.Element(
        "testcase", classname=finding.case.clause, name=finding.case.name, time=f"{finding.seconds:.3f}"
    )
    tag = _TAGS.get(finding.outcome)
    if tag is None:
        return case
    message = finding.reason
    if finding.outcome is Outcome.FAIL:
        message = f"{finding.case.sentence} Expected {finding.expected}; got {finding.actual}"
        if not fails:
            tag, message = "skipped", f"({'known failing' if finding.known else strength}) {message}"
    told = ET.SubElement(case, tag, message=_NOT_XML.sub("?", message))
    lines = [line for exchange in finding.exchanges for line in exchange.lines()]
    if finding.outcome is not Outcome.SKIP:
        told.text = _NOT_XML.sub("?", "\n".join(lines))
    return case
