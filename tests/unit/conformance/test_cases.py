"""The case tables: complete, well named, and of one opinion with the model."""

import random
import re
from collections import Counter
from typing import cast

import pytest

from conformance.clauses import load_clauses
from conformance.model import Put as ModelPut
from conformance.model import Upload, World, allowed
from conformance.plans import init_answers
from conformance.puts import Plan, Put
from conformance.readings import DOCUMENTED, EVERY
from conformance.rights import AFTER_END, OFF_PLAN, OUT_OF_PLACE, REPEATED, Rights
from conformance.server import all_cases, order, plan, ranges
from conformance.task import Task
from conformance.terms import PROFILES, Terms
from conformance.trial import Trial
from conformance.wire import Address

CASES = all_cases(Terms(mb=1000))
CLAUSES = [clause.id for clause in load_clauses() if clause.id.startswith("S-")]
TERMS = [Terms(profile) for profile in PROFILES] + [Terms(profile, 1000) for profile in PROFILES]


def task_of(declared: Plan) -> Task:
    return Task(cast(Trial, None), declared, "id", Address.of("http://localhost/?upload_id=1"))


@pytest.mark.parametrize("clause", CLAUSES)
def test_every_clause_of_the_server_has_cases(clause: str) -> None:
    assert sum(case.clause == clause for case in CASES) >= (1 if "READING" in clause or "STATUS" in clause else 2)


def test_no_case_is_about_an_unknown_clause() -> None:
    assert {case.clause for case in CASES} <= set(CLAUSES)


def test_ids_are_unique_short_words() -> None:
    assert [one for one, count in Counter(case.id for case in CASES).items() if count > 1] == []
    assert [case.id for case in CASES if not re.fullmatch(r"S-[A-Z0-9-]+/[a-z0-9-]+", case.id)] == []


def test_sentences_are_sentences() -> None:
    assert [case.id for case in CASES if not re.fullmatch(r"\S.*[.']", case.sentence)] == []


def test_ids_do_not_depend_on_the_terms() -> None:
    assert {tuple(case.id for case in all_cases(terms)) for terms in TERMS} == {tuple(case.id for case in CASES)}


@pytest.mark.parametrize("terms", TERMS, ids=lambda terms: f"{terms.profile}-{terms.mb}")
def test_the_plan_table_agrees_with_the_model(terms: Terms) -> None:
    """What the table finds right is right in some reading, and every reading is covered by it."""
    dice = random.Random(1)
    rows = [*plan.rows(terms), *(plan.drawn(terms, number, dice) for number in range(50))]
    for row in rows:
        source = row.plan.source_info()
        told = {reading: init_answers(source, reading) for reading in terms.plan_readings()}
        right = {None if outcome == plan.ACCEPT else outcome for outcome in row.on(terms)}
        assert right == set().union(*told.values()), row


@pytest.mark.parametrize("row", order._TABLE, ids=lambda row: row[0])
def test_the_order_table_agrees_with_the_model(row: tuple[str, str, int, order.Made, Rights]) -> None:
    _, _, done, made, rights = row
    declared = Plan.of_chunks(5000, 3, 2)
    upload = Upload.declared(declared.video_size, declared.chunk_size, expires_at=9, mb=1000)
    for piece in declared.pieces[:done]:
        upload = upload.tick(piece)
    put = as_model(made(task_of(declared)))
    documented = {answer.status for answer, _ in allowed(World(upload, DOCUMENTED), put, 0)}
    every = {answer.status for answer, _ in allowed(World(upload, EVERY), put, 0)}
    assert documented == set(rights.on(Terms("documented")))
    assert set(rights.statuses) <= every


def as_model(put: Put) -> ModelPut:
    return ModelPut(put.ranges, put.length, len(put.body), put.content_type)


@pytest.mark.parametrize("text", [text for _, _, text in ranges._MALFORMED])
def test_what_is_called_malformed_cannot_be_read(text: str) -> None:
    numbers = {"F": "0", "L": "4999", "T": "15002"}
    sent = "".join(numbers.get(char, char) for char in text)
    assert ModelPut((sent,), 5000, 5000).span() is None


@pytest.mark.parametrize(
    ("rights", "documented", "observed", "anyhow"),
    [
        (OUT_OF_PLACE, (416,), (416,), (416,)),
        (REPEATED, (416,), (416,), (416,)),
        (AFTER_END, (416,), (416,), (416, 404, 403, 400)),
        (OFF_PLAN, (400,), (400,), (400, 416)),
    ],
)
def test_a_profile_narrows_what_is_right(
    rights: Rights, documented: tuple[int, ...], observed: tuple[int, ...], anyhow: tuple[int, ...]
) -> None:
    assert rights.on(Terms("documented")) == documented
    assert rights.on(Terms("observed")) == observed
    assert rights.on(Terms("any")) == anyhow


def test_a_status_that_is_not_right_still_shows_its_reading() -> None:
    assert OFF_PLAN.reading(206) == "accept"
    assert OFF_PLAN.reading(500) is None
    assert OFF_PLAN.told(Terms("any")) == "400 or 416 (A13: off_plan)"


@pytest.mark.parametrize(
    ("terms", "least", "too_little", "most", "too_much"),
    [
        (Terms("any"), 5_242_880, 4_999_999, 64_000_000, 67_108_865),
        (Terms("documented"), 5_242_880, 5_242_879, 67_108_864, 67_108_865),
        (Terms("observed"), 5_000_000, 4_999_999, 64_000_000, 64_000_001),
        (Terms("strict"), 5_242_880, 5_242_879, 64_000_000, 64_000_001),
        (Terms("strict", 1000), 5_000, 4_999, 64_000, 64_001),
    ],
)
def test_the_edges(terms: Terms, least: int, too_little: int, most: int, too_much: int) -> None:
    assert (terms.least, terms.too_little, terms.most, terms.too_much) == (least, too_little, most, too_much)
