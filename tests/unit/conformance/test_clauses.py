import dataclasses
import subprocess
import sys

import pytest

from conformance.clauses import (
    Chapter,
    Clause,
    LawBookError,
    Strength,
    load_chapters,
    load_clauses,
    parse_law_book,
)

HEADING = "# ───────── server: a chapter ─────────\n"


def clause(clause_id: str = "S-ONE", strength: str = "must", more: str = "") -> str:
    return f'[[clause]]\nid = "{clause_id}"\nstrength = "{strength}"\ntext = "T."\nsource = "guide"\n{more}\n'


def test_the_law_book_has_its_clauses_in_order():
    clauses = load_clauses()
    assert clauses[0].id == "S-PLAN-COUNT"
    assert clauses[-1].id == "C-MEMORY"
    assert len(clauses) == 87
    assert [c.strength for c in clauses].count(Strength.REPORTED) == 7


def test_the_chapters_are_the_headings():
    assert [chapter.title for chapter in load_chapters()] == [
        "server: the plan checked at init",
        "server: init and the upload URL",
        "server: a chunk",
        "server: headers",
        "server: order",
        "server: all or nothing, and isolation",
        "server: status",
        "client",
    ]


def test_server_clauses_begin_with_s_and_client_clauses_with_c():
    for chapter in load_chapters():
        letter = "C" if chapter.title == "client" else "S"
        assert {c.id[:2] for c in chapter.clauses} == {f"{letter}-"}


def test_a_clause_is_a_frozen_slotted_value():
    one = Clause("S-ONE", Strength.MUST, "T.", "guide")
    assert not hasattr(one, "__dict__")
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.id = "S-TWO"  # type: ignore[misc]


def test_a_law_book_of_one_clause():
    assert parse_law_book(HEADING + clause()) == (
        Chapter("server: a chapter", (Clause("S-ONE", Strength.MUST, "T.", "guide"),)),
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (HEADING + clause(more='link = "x"'), "S-ONE: unknown key link"),
        (HEADING + clause() + clause(), "S-ONE is there twice"),
        (HEADING + clause() + HEADING + clause(), "S-ONE is there twice"),
        (HEADING + clause(strength="shall"), "S-ONE: strength is 'shall'"),
        (HEADING + clause(strength="MUST"), "S-ONE: strength is 'MUST'"),
        (HEADING + '[[clause]]\nid = "S-ONE"\nstrength = "must"\ntext = "T."\n', "S-ONE: source is missing"),
        (HEADING + '[[clause]]\nstrength = "must"\n', "a clause without id: id, source, text is missing"),
        (HEADING + clause().replace('"T."', '" "'), "S-ONE: text is ' '"),
        (HEADING + clause().replace('"T."', "7"), "S-ONE: text is 7"),
        (HEADING + clause("s-one"), "'s-one' is no clause id"),
        (HEADING + clause("X-ONE"), "'X-ONE' is no clause id"),
        (HEADING + clause().replace("[[clause]]", "[clause]"), "written [[clause]]"),
        (HEADING + 'title = "x"\n' + clause(), "not title"),
        (HEADING + "id = ", "not TOML"),
        (clause(), "before the first heading"),
    ],
)
def test_a_wrong_law_book_is_refused(text, complaint):
    with pytest.raises(LawBookError) as caught:
        parse_law_book(text)
    assert complaint in str(caught.value)


def test_the_judge_imports_nothing_of_the_accused_or_of_the_speaker():
    code = (
        "import sys, conformance, conformance.__main__, conformance.cli, conformance.clauses,"
        " conformance.vectors; print({'mockserver', 'client_reference'} & {m.split('.')[0] for m in sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
