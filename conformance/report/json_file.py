"""The JSON report, schema 1: fields are added, never renamed."""

import json
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from conformance.cases import Finding
from conformance.verdict import ClauseResult, Verdict


def write_json(verdict: Verdict, path: Path, more: Mapping[str, Any] | None = None) -> None:
    """Write the report, and what else belongs to it."""
    path.write_text(json.dumps({**as_json(verdict), **(more or {})}, indent=1) + "\n", encoding="utf-8")


def as_json(verdict: Verdict) -> dict[str, Any]:
    """The report as JSON values."""
    return {
        "schema": 1,
        "version": _version(),
        "target": verdict.target,
        "profile": verdict.profile,
        "seed": verdict.seed,
        "mb": verdict.mb,
        "seconds": round(verdict.seconds, 3),
        "strict": verdict.strict,
        "exit_code": verdict.exit_code(),
        "summary": verdict.summary(),
        "stale_known_failing": list(verdict.stale),
        "fingerprint": verdict.fingerprint(),
        "clauses": [_clause(title, result) for title, results in verdict.by_chapter() for result in results],
    }


def _version() -> str:
    try:
        return metadata.version("tiktok-upload-mock")
    except metadata.PackageNotFoundError:
        return ""


def _clause(title: str, result: ClauseResult) -> dict[str, Any]:
    return {
        "id": result.clause.id,
        "strength": result.clause.strength.value,
        "result": result.outcome.value,
        "chapter": title,
        "text": result.clause.text,
        "source": result.clause.source,
        "cases": [_case(finding) for finding in result.findings],
    }


def _case(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.case.name,
        "id": finding.case.id,
        "sentence": finding.case.sentence,
        "result": finding.outcome.value,
        "expected": finding.expected,
        "actual": finding.actual,
        "reason": finding.reason,
        "known_failing": finding.known,
        "readings": dict(finding.readings),
        "seconds": round(finding.seconds, 4),
        "steps": list(finding.steps),
        "curl": list(finding.curl),
        "replay": finding.replay,
        "exchange": [exchange.as_json() for exchange in finding.exchanges],
    }
