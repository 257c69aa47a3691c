"""What several reports say in the same words."""

import json
from collections.abc import Iterator
from typing import Final

from conformance.cases import Finding
from conformance.verdict import Verdict

_EXCHANGES: Final = 12
"""So many of a case's exchanges are shown as text, the last ones."""


def exchange_lines(finding: Finding) -> Iterator[str]:
    """What passed between the kit and its target, as far as it helps; and the same for a shell."""
    if before := finding.exchanges[:-_EXCHANGES]:
        count, left_out = sum(one.left_out or 1 for one in before), sum(one.left_out for one in before)
        where = f", {left_out:,} of them in no report" if left_out else ""
        yield f"({count:,} exchange{'s' * (count > 1)} before these{where})"
    for exchange in finding.exchanges[-_EXCHANGES:]:
        yield from exchange.lines()
    if finding.replay is None:
        yield from _curl_lines(finding)


def story_lines(finding: Finding) -> Iterator[str]:
    """What a machine's smallest story did, and how it is told again: as steps, as JSON, as lines for a shell."""
    if finding.replay is None:
        return
    for number, step in enumerate(finding.steps, 1):
        yield f"step {number}: {step}"
    yield "again with --replay FILE, where FILE is the --json report or has this line:"
    yield json.dumps(finding.replay)
    yield from _curl_lines(finding)


def _curl_lines(finding: Finding) -> Iterator[str]:
    if finding.curl:
        yield "again with curl:"
        yield from finding.curl


def fingerprint_lines(verdict: Verdict) -> Iterator[str]:
    """A heading, and a line for each ambiguity that showed; nothing where none did."""
    shown = verdict.fingerprint()
    if shown:
        yield "fingerprint: how this target reads what the guide leaves open"
    for switch, told in shown.items():
        yield f"  {switch:20} {told['reading']:24} {told['ambiguity']}".rstrip()


def summary_line(verdict: Verdict) -> str:
    """The terms of the run and its counts."""
    told = ", ".join(f"{count} {outcome}" for outcome, count in verdict.summary().items())
    unit = f", MB of {verdict.mb} bytes" if verdict.mb else ""
    return f"{verdict.target}, profile {verdict.profile}{unit}, seed {verdict.seed}: {told}"
