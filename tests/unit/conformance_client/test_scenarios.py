"""Scenarios as files: what comes with the kit, and what is said about one that cannot be read."""

from pathlib import Path

import pytest

from conformance.clauses import load_clauses
from conformance.client.scenario import (
    Mode,
    Move,
    Scenario,
    ScenarioError,
    as_toml,
    load_scenarios,
    read_scenarios,
)
from conformance.client.sizes import SizeError, Units

GOOD = """
[[scenario]]
id = "mine"
sentence = "Mine."
for = ["C-END"]
"""


def read(tmp_path: Path, text: str) -> tuple[Scenario, ...]:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return read_scenarios(path)


def test_every_clause_has_a_scenario_and_every_scenario_a_clause() -> None:
    clauses = [one.id for one in load_clauses() if one.id.startswith("C-")]
    meant = {clause for one in load_scenarios() for clause in one.clauses}
    assert meant == set(clauses) - {"C-PLAN-PORTABLE"}  # each plan of each run in real units is judged under it


def test_blame_is_a_clause_too() -> None:
    assert {one.blame for one in load_scenarios()} <= {one.id for one in load_clauses()}


def test_ids_and_sentences_are_their_own() -> None:
    scenarios = load_scenarios()
    assert len({one.id for one in scenarios}) == len({one.sentence for one in scenarios}) == len(scenarios)


def test_whatever_depends_on_the_place_is_tried_at_the_first_middle_and_last_chunk() -> None:
    placed = {(one.clauses[0], one.place) for one in load_scenarios() if one.faults}
    for clause in ("C-RETRY-5XX", "C-RETRY-CUT", "C-STOP-403", "C-STOP-404", "C-BODY-IGNORED"):
        assert {place for name, place in placed if name == clause} == {"first", "middle", "last"}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('size = "5 GB"', "wanted a size like '5 MB - 1' or '3 * 10 M', got '5 GB'"),
        ('size = "1 - 1"', "wanted at least one byte, got '1 - 1', which is 0"),
        ('chunk = "big"', "wanted a size like '5 MB - 1' or '3 * 10 M', got 'big'"),
        ('place = "fourth"', "wanted a place of first, middle, last, got 'fourth'"),
        ('places = ["first", "fourth"]', "wanted places of first, middle, last, got 'fourth'"),
        ('ends = "badly"', "wanted complete, failed or either in 'ends', got 'badly'"),
        ('modes = ["given"]', "wanted init or handed in 'modes', got 'given'"),
        ('typo = "x"', "unknown: typo"),
        ('blame = "C-ENDS"', "the law book has no clause 'C-ENDS' for clients"),
        (
            'faults = [{ when = "before_body" }]',
            "wanted a fault with 'when' and 'do', got {'when': 'before_body'}",
        ),
        ('faults = ["close"]', "wanted a fault with 'when' and 'do', got 'close'"),
        ('faults = "close"', "wanted a list in 'faults', got 'close'"),
        ("size = 5", "wanted a text in 'size', got 5"),
        ("sent_before = -1", "wanted 0 or more in 'sent_before', got -1"),
        ("moves = [{ count = 1 }]", "wanted a move with operation, count and advance, got {'count': 1}"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(more: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(tmp_path, GOOD + more)
    assert str(caught.value) == f"{tmp_path}/mine.toml, scenario 'mine': {told}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[scenario", "is no TOML: "),
        ("", "has no [[scenario]]"),
        ("scenario = 3", "has no [[scenario]]"),
        ("scenario = [3]", "scenario 1: wanted a table, got 3"),
        ('[[scenario]]\nid = "a"\nfor = ["C-END"]', "scenario 'a': wanted 'sentence'"),
        ('[[scenario]]\nid = "a"\nsentence = "A."', "scenario 'a': wanted 'for'"),
        (GOOD.replace('"C-END"', ""), "scenario 'mine': wanted clauses in 'for', got []"),
        (GOOD.replace('["C-END"]', '"C-END"'), "scenario 'mine': wanted a list in 'for', got 'C-END'"),
        (
            GOOD.replace("C-END", "S-URL-TOKEN"),
            "scenario 'mine': the law book has no clause 'S-URL-TOKEN' for clients",
        ),
    ],
)
def test_so_it_is_about_a_whole_file(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(tmp_path, text)
    assert told in str(caught.value)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe")
    with pytest.raises(ScenarioError, match="is no UTF-8 text"):
        read_scenarios(tmp_path / "x")


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    scenario = Scenario(
        id="mine",
        sentence='A "quoted" one.',
        clauses=("C-END", "C-BYTES"),
        size="15000",
        chunk="5000",
        place="middle",
        faults=(
            {"on": {"operation": "chunk"}, "when": {"at_byte": 1}, "do": {"kind": "reset"}, "skip": 2},
            {
                "when": "after_body",
                "do": {"kind": "status", "status": 503, "headers": {"Retry-After": "1"}},
                "times": None,
            },
        ),
        options=("--rule", "put_body=empty"),
        moves=(Move("chunk", 2, 3600.0),),
        modes=(Mode.HANDED,),
        sent_before=1,
        slow=True,
        why="Because.",
    )
    assert read(tmp_path, as_toml(scenario)) == (scenario,)


@pytest.mark.parametrize(
    ("text", "mb", "size"),
    [
        ("7", None, 7),
        ("5 MB", None, 5_242_880),
        ("5 M", None, 5_000_000),
        ("3 * 10 M + 7", 1000, 30_007),
        ("5 MB - 1", 1000, 4999),
    ],
)
def test_sizes(text: str, mb: int | None, size: int) -> None:
    assert Units(mb).bytes_of(text) == size


@pytest.mark.parametrize("text", ["", "MB", "5MB", "5 MB -1", "-5", "5 MB + "])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(SizeError, match="wanted a size like"):
        Units().bytes_of(text)
