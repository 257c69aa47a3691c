"""Each broken server is caught under the clause that it breaks."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from conformance.judging import Outputs, judge_server
from conformance.target import Settings
from conformance.terms import Terms
from support.mutants import MUTANTS
from support.perturbing import PerturbingProxy, Rewrite


def judge(url: str, rewrite: Rewrite, tmp_path: Path, *only: str) -> tuple[int, dict[str, Any]]:
    path = tmp_path / "out.json"
    with PerturbingProxy(url, rewrite) as proxy:
        settings = Settings(proxy.url, Terms(mb=1000))
        outputs = Outputs(only=only, strict=True, json=path)
        code = judge_server(settings, outputs, Console(file=io.StringIO()))
    return code, json.loads(path.read_text())


def failed(told: dict[str, Any]) -> set[str]:
    return {
        clause["id"] for clause in told["clauses"] if any(case["result"] == "fail" for case in clause["cases"])
    }


@pytest.mark.parametrize("name", MUTANTS)
def test_it_is_caught_under_its_clause(name: str, mock_url: str, tmp_path: Path) -> None:
    clause, _, deed = MUTANTS[name]
    code, told = judge(mock_url, deed(), tmp_path, clause)
    assert code == 1
    assert failed(told) == {clause}
    assert told["summary"]["error"] == 0


def test_the_proxy_that_changes_nothing_is_honest(mock_url: str, tmp_path: Path) -> None:
    code, told = judge(mock_url, lambda answer: answer, tmp_path)
    assert code == 0, failed(told)
    assert (told["summary"]["fail"], told["summary"]["error"]) == (0, 0)


@pytest.mark.parametrize("name", ["416 as 400", "no upload_token"])
def test_it_is_caught_under_no_other(name: str, mock_url: str, tmp_path: Path) -> None:
    clause, more, deed = MUTANTS[name]
    _, told = judge(mock_url, deed(), tmp_path)
    assert failed(told) == {clause} | more
    assert told["summary"]["error"] == 0


def test_a_known_failure_is_let_pass(mock_url: str, tmp_path: Path) -> None:
    (tmp_path / "known").write_text("S-CHUNK-201\n")
    with PerturbingProxy(mock_url, MUTANTS["200 for 201"][2]()) as proxy:
        settings = Settings(proxy.url, Terms(mb=1000))
        outputs = Outputs(only=("S-CHUNK-20*",), known_failing=tmp_path / "known")
        out = io.StringIO()
        assert judge_server(settings, outputs, Console(file=out)) == 0
    assert "known S-CHUNK-201" in out.getvalue()
