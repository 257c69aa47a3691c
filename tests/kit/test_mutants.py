"""Each broken server is caught under the clause that it breaks. Under no other: matrix.py, which CI runs."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from conformance.clauses import Strength, load_chapters
from conformance.judging import Outputs, judge_server
from conformance.target import Settings
from conformance.terms import Terms
from kit import matrix
from support.all_mutants import MUTANTS, WITHOUT_A_BUG_OF_THEIR_OWN
from support.judged import judged
from support.mutants import MB, Mutant
from support.planting import Edit, planted
from support.rewrites import CREATOR, gone

JUDGED = {
    clause.id
    for chapter in load_chapters()
    for clause in chapter.clauses
    if clause.id.startswith("S-") and clause.strength is not Strength.REPORTED
}
HONEST = Mutant("Nothing is wrong.", "", rewrite=lambda: lambda answer: answer)


@pytest.mark.parametrize("name", MUTANTS)
def test_it_is_caught_under_its_clause(name: str) -> None:
    mutant = MUTANTS[name]
    with mutant.running() as url:
        told = judged(url, MB, mutant.clause)
    assert (told.code, told.red, told.errors) == (1, {mutant.clause}, ())


def test_the_mock_is_honest_through_the_proxy_too() -> None:
    with HONEST.running() as url:
        told = judged(url, MB)
    assert (told.code, told.red, told.errors) == (0, frozenset(), ())
    assert told.summary["skip"] == 4  # no plan of a small unit reaches 4 GB, and the mock takes any token


@pytest.mark.parametrize("name", ["5xx-that-commits", "last-exclusive", "url-without-token"])
def test_one_cause_is_one_red_line(name: str) -> None:
    """Whatever needs what is broken is skipped; these break the most."""
    with MUTANTS[name].running() as url:
        told = judged(url, MB)
    assert (told.red, told.errors) == (MUTANTS[name].red, ())
    assert told.summary["skip"] > 200


@pytest.mark.parametrize("status", [404, 405, 501])
def test_who_has_no_creator_info_is_not_judged_by_it(status: int) -> None:
    """Nothing passes, nothing fails: what is not offered is skipped."""
    without = Mutant("creator_info is not offered.", "", rewrite=lambda: gone(CREATOR, status))
    with without.running() as url:
        told = judged(url, MB, "S-CREATOR-INFO")
    assert told.summary == {"pass": 0, "fail": 0, "error": 0, "skip": 5, "reported": 0}


def test_every_clause_that_can_fail_has_a_bug_of_its_own() -> None:
    caught = {mutant.clause for mutant in MUTANTS.values()}
    assert JUDGED - caught == WITHOUT_A_BUG_OF_THEIR_OWN
    assert caught <= JUDGED
    assert len(MUTANTS) >= 50


def test_the_page_is_up_to_date() -> None:
    assert matrix.PAGE.read_text(encoding="utf-8") == matrix.page()


def test_a_known_failure_is_let_pass(tmp_path: Path) -> None:
    (tmp_path / "known").write_text("S-CHUNK-201\n")
    out = io.StringIO()
    with MUTANTS["200-for-201"].running() as url:
        outputs = Outputs(only=("S-CHUNK-20*",), known_failing=tmp_path / "known")
        assert judge_server(Settings(url, Terms(mb=MB)), outputs, Console(file=out)) == 0
    assert "known S-CHUNK-201" in out.getvalue()


def test_planting_an_edit_that_is_none() -> None:
    for old, new, told in (
        ("no such text", "", "stands 0 times"),
        ("self", "this", "times in"),
        ("# S-URL-TOKEN\n", "#\n", "changes no function"),
    ):
        with pytest.raises(AssertionError, match=told), planted(Edit("protocol.session", old, new)):
            pass


def test_a_bug_is_gone_when_its_mutant_is() -> None:
    with MUTANTS["gap-accepted"].running():
        pass
    with HONEST.running() as url:
        assert judged(url, MB, "S-ORDER-GAP").code == 0
