"""A run of the kit from a test, and what its JSON report tells."""

import io
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from conformance.judging import Outputs, judge_server
from conformance.target import Settings
from conformance.terms import Terms

MACHINES = "*/stories"
"""What they find that tables do not is shown in tests/kit/test_machines.py."""


@dataclass(frozen=True)
class Told:
    """Exit code, how many cases ended how, the clauses with a failed case, and what went wrong in the kit."""

    code: int
    summary: dict[str, int]
    red: frozenset[str]
    errors: tuple[str, ...]


def judged(url: str, mb: int, *only: str) -> Told:
    """The verdict on a server, by one case after the other: the same each time."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.json"
        outputs = Outputs(only=only, skip=(MACHINES,), strict=True, json=path)
        settings = Settings(url, Terms(mb=mb), jobs=1)
        code = judge_server(settings, outputs, Console(file=io.StringIO()))
        report = json.loads(path.read_text())
    cases = [(clause["id"], case) for clause in report["clauses"] for case in clause["cases"]]
    return Told(
        code,
        report["summary"],
        frozenset(clause for clause, case in cases if case["result"] == "fail"),
        tuple(f"{clause}/{case['name']}" for clause, case in cases if case["result"] == "error"),
    )
