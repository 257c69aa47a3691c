from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.clauses import Strength, load_clauses
from conformance.vectors import NAMES, load, load_schema

Row = dict[str, Any]

CONTENT_RANGES = load("content_range")
PLANS = load("plans")
SEQUENCES = load("sequences")
LAW_BOOK = {clause.id: clause for clause in load_clauses()}
JUDGED_BY_VECTORS = [
    clause.id
    for clause in load_clauses()
    if clause.strength is Strength.MUST
    and (
        clause.id.startswith(("S-PLAN-", "S-HEAD-", "S-ORDER-"))
        or clause.id in {"S-URL-EXPIRED", "S-URL-UNKNOWN", "S-BODY-SHORT"}
    )
]


def by_id(rows: list[Row]) -> Any:
    return pytest.mark.parametrize("row", [pytest.param(row, id=row["id"]) for row in rows])


def as_ids(clause: str | list[str]) -> set[str]:
    return {clause} if isinstance(clause, str) else set(clause)


def answers(row: Row) -> list[Row]:
    """What a sequence expects of its PUTs, in order."""
    return [step["expect"] for step in row["steps"] if "expect" in step]


def accepting(row: Row) -> bool:
    if "header" in row:
        return "accept" in row
    if "steps" in row:
        return any(answer["status"] < 300 for answer in answers(row))
    return any("accept" in answer for answer in row["expect"].values())


def refusals(row: Row) -> Iterator[set[str]]:
    """The ids acceptable for each refusal that a row expects."""
    if "header" in row:
        if "refuse" in row:
            yield {row["refuse"]}
    elif "steps" in row:
        yield from (as_ids(answer["clause"]) for answer in answers(row) if answer["status"] >= 400)
    else:
        yield from (as_ids(a["refuse"]["clause"]) for a in row["expect"].values() if "refuse" in a)


def named(row: Row) -> set[str]:
    steps = set().union(*(as_ids(answer["clause"]) for answer in answers(row))) if "steps" in row else set()
    return set(row["clauses"]).union(steps, *refusals(row))


def rows() -> list[Row]:
    return [*CONTENT_RANGES, *PLANS, *SEQUENCES]


# Shape.


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_is_a_schema(name):
    Draft202012Validator.check_schema(load_schema(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_file_keeps_its_schema(name):
    errors = Draft202012Validator(load_schema(name)).iter_errors(load(name))
    assert [f"{error.json_path}: {error.message[:200]}" for error in errors] == []


def objects(schema: Any) -> Iterator[Row]:
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for part in schema.values():
            yield from objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects(part)


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_lets_nothing_unknown_in(name):
    found = list(objects(load_schema(name)))
    assert found
    assert all(part["additionalProperties"] is False for part in found)


@pytest.mark.parametrize("name", NAMES)
def test_ids_are_unique(name):
    repeated = [row_id for row_id, times in Counter(row["id"] for row in load(name)).items() if times > 1]
    assert repeated == []


def test_no_input_is_there_twice():
    headers = Counter(row["header"] for row in CONTENT_RANGES)
    plans = Counter(repr((row["source_info"], row.get("rules"))) for row in PLANS)
    assert [key for key, times in (headers + plans).items() if times > 1] == []


def test_the_number_of_rows_is_known():
    """A row that goes missing is noticed; a new one is counted here."""
    assert {name: len(load(name)) for name in NAMES} == {"content_range": 152, "plans": 242, "sequences": 87}
    assert sum(len(row["steps"]) for row in SEQUENCES) == 466


# Clauses.


@pytest.mark.parametrize("name", NAMES)
def test_every_named_clause_is_in_the_law_book(name):
    unknown = {row["id"]: missing for row in load(name) if (missing := named(row) - LAW_BOOK.keys())}
    assert unknown == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_row_is_evidence_for_the_clauses_that_refuse_in_it(name):
    silent = [row["id"] for row in load(name) if any(not ids & set(row["clauses"]) for ids in refusals(row))]
    assert silent == []


def test_the_clauses_judged_by_vectors_are_many():
    assert len(JUDGED_BY_VECTORS) == 23


@pytest.mark.parametrize("clause", JUDGED_BY_VECTORS)
def test_each_must_clause_has_an_accepting_row(clause):
    assert [row["id"] for row in rows() if clause in row["clauses"] and accepting(row)]


@pytest.mark.parametrize("clause", JUDGED_BY_VECTORS)
def test_each_must_clause_has_a_refusing_row(clause):
    assert [
        row["id"] for row in rows() if clause in row["clauses"] and any(clause in ids for ids in refusals(row))
    ]


@pytest.mark.parametrize("clause", ["S-CHUNK-206", "S-CHUNK-201", "S-CHUNK-PROGRESS", "S-ATOMIC-REFUSED"])
def test_chunks_are_accepted_beside_refusals(clause):
    assert [row["id"] for row in SEQUENCES if clause in row["clauses"] and accepting(row) and any(refusals(row))]


SWITCHES = {
    "progress": {"last_index", "omit"},
    "missing_range": {416, 400},
    "final_status": {200},
    "repeat": {"accept"},
    "after_end": {404, 400},
    "off_plan": {416, "accept"},
    "wrong_total": {416},
    "wrong_token": {403},
    "content_type": {415, "any"},
    "missing_length": {411},
}


@pytest.mark.parametrize("switch", SWITCHES)
def test_each_value_of_a_switch_that_shows_on_a_put_has_a_sequence(switch):
    assert {row["rules"][switch] for row in SEQUENCES if switch in row.get("rules", {})} == SWITCHES[switch]


@pytest.mark.parametrize("profile", ["documented", "observed", "strict"])
def test_each_profile_has_a_sequence(profile):
    assert [row["id"] for row in SEQUENCES if row["profile"] == profile]


# Content-Range.


def test_the_guide_s_ranges_are_there():
    headers = {row["header"] for row in CONTENT_RANGES if "accept" in row}
    assert {
        "bytes 0-9999999/50000123",
        "bytes 10000000-19999999/50000123",
        "bytes 20000000-29999999/50000123",
        "bytes 30000000-39999999/50000123",
        "bytes 40000000-50000122/50000123",
        "bytes 0-4194303/4194304",
    } <= headers


@by_id([row for row in CONTENT_RANGES if "accept" in row])
def test_an_accepted_range_lies_inside_its_total(row):
    assert 0 <= row["accept"]["first"] <= row["accept"]["last"] < row["accept"]["total"] < 2**63


@by_id([row for row in CONTENT_RANGES if "accept" in row])
def test_an_accepted_range_says_what_the_header_says(row):
    numbers = row["header"].removeprefix("bytes ").replace("/", "-").split("-")
    assert [number.lstrip("0") or "0" for number in numbers] == [
        str(row["accept"][part]) for part in ("first", "last", "total")
    ]


# Plans.


def accepted_plans(row: Row) -> list[Row]:
    return [answer["accept"] for answer in row["expect"].values() if "accept" in answer]


@by_id([row for row in PLANS if accepted_plans(row)])
def test_the_chunks_of_an_accepted_plan_make_the_video(row):
    info = row["source_info"]
    full_chunks = (info["total_chunk_count"] - 1) * info["chunk_size"]
    for plan in accepted_plans(row):
        assert full_chunks + plan["final_chunk"] == info["video_size"]
        assert plan["final_chunk"] >= info["chunk_size"]
        assert plan["final_chunk"] < 2 * info["chunk_size"] or row.get("core_only")


@by_id(PLANS)
def test_strict_is_the_narrowest_profile(row):
    """What strict accepts, all accept, and it has nothing to warn of but the count rule."""
    expect = row["expect"]
    if "all" not in expect and "accept" in expect["strict"]:
        assert "accept" in expect["documented"]
        assert "accept" in expect["observed"]
        assert set(expect["strict"]["accept"]["warnings"]) <= {"A1"}


@by_id([row for row in PLANS if row.get("rules", {}).get("mb", 1_000_000) not in {1_000_000, 1_048_576}])
def test_another_unit_is_never_warned_of(row):
    assert all("A2" not in plan["warnings"] for plan in accepted_plans(row))


@by_id(PLANS)
def test_the_message_fits_the_clause(row):
    counts = {"S-PLAN-COUNT", "S-PLAN-COUNT-RANGE", "S-PLAN-COUNT-READING", "S-PLAN-EQUAL-SPLIT"}
    fields = {"S-PLAN-FIELDS", "S-PLAN-LARGEST"}
    for answer in row["expect"].values():
        if "refuse" not in answer or row.get("core_only"):
            continue
        ids = as_ids(answer["refuse"]["clause"])
        if ids <= counts:
            assert answer["refuse"]["message"] == "The total chunk count is invalid"
        elif ids <= fields:
            assert answer["refuse"]["message"] == "The request source info is empty or incorrect"
        else:
            assert not ids & (counts | fields)
            assert answer["refuse"]["message"] == "The chunk size is invalid"


@pytest.mark.parametrize(
    ("row_id", "profile", "final_chunk"),
    [
        ("guide-chunk-example", "all", 10_000_123),
        ("guide-whole-example", "all", 4_194_304),
        ("final-134217727", "documented", 128 * 1_048_576 - 1),
        ("final-127999999", "all", 127_999_999),
        ("count-1000-of-5242880", "documented", 5 * 1_048_576),
        ("live-158008374-count-30", "all", 5_964_854),
    ],
)
def test_final_chunks_worked_out_by_hand(row_id, profile, final_chunk):
    (row,) = [row for row in PLANS if row["id"] == row_id]
    assert row["expect"][profile]["accept"]["final_chunk"] == final_chunk


@pytest.mark.parametrize("field", ["video_size", "chunk_size", "total_chunk_count"])
def test_each_field_is_tried_with_each_wrong_value(field):
    tried = [
        row["source_info"].get(field, "missing")
        for row in PLANS
        if row["expect"] == {"all": {"refuse": FIELDS_REFUSAL}} and not missing_other(row["source_info"], field)
    ]
    kinds = {(type(value).__name__, str(value)) for value in tried}
    assert {
        ("str", "missing"),
        ("NoneType", "None"),
        ("bool", "True"),
        ("bool", "False"),
        ("str", ""),
        ("int", "0"),
        ("int", "9223372036854775808"),
        ("int", "18446744073709551616"),
    } <= kinds
    assert any(isinstance(value, str) and value.isdecimal() for value in tried)
    assert any(isinstance(value, float) and value.is_integer() for value in tried)
    assert any(isinstance(value, float) and not value.is_integer() for value in tried)
    assert any(isinstance(value, int) and value < 0 for value in tried)


FIELDS_REFUSAL = {"clause": "S-PLAN-FIELDS", "message": "The request source info is empty or incorrect"}


def missing_other(source_info: Row, field: str) -> bool:
    return any(key not in source_info for key in ("video_size", "chunk_size", "total_chunk_count") if key != field)


# Sequences.


def put_answers(row: Row) -> list[tuple[Row, Row]]:
    """Each PUT with its answer, in the order of the answers."""
    begun: dict[str, Row] = {}
    pairs = []
    for step in row["steps"]:
        if "begin" in step:
            begun[step["begin"]] = step["put"]
        elif "finish" in step:
            pairs.append((begun.pop(step["finish"]), step["expect"]))
        elif "put" in step:
            pairs.append((step["put"], step["expect"]))
    assert not begun
    return pairs


@by_id(SEQUENCES)
def test_a_sequence_is_of_a_plan_that_init_accepts(row):
    info = row["source_info"]
    assert info["total_chunk_count"] * info["chunk_size"] <= info["video_size"]
    assert info["video_size"] < (info["total_chunk_count"] + 1) * info["chunk_size"]


@by_id(SEQUENCES)
def test_what_begins_is_finished_and_what_finishes_was_begun(row):
    assert len(put_answers(row)) == len(answers(row))


@by_id(SEQUENCES)
def test_progress_is_the_sum_of_the_accepted_chunks(row):
    """Adding up the Content-Lengths of accepted PUTs, without looking at their ranges (repeats add nothing)."""
    number = {"last_index": -1}.get(row.get("rules", {}).get("progress"), 0)
    total, uploaded = row["source_info"]["video_size"], 0
    for put, answer in put_answers(row):
        if answer["status"] < 300 and "S-ORDER-REPEAT" not in as_ids(answer["clause"]):
            uploaded += put["length"]
        if answer["progress"] is not None:
            assert answer["progress"] == f"bytes 0-{uploaded + number}/{total}"
        if answer["status"] < 300:
            assert (answer["status"] in {200, 201}) == (uploaded == total)


@by_id(SEQUENCES)
def test_progress_is_on_206_201_and_416_only(row):
    switched = row.get("rules", {}).get("progress")
    for answer in answers(row):
        if switched == "omit" or answer["status"] not in {200, 201, 206, 416}:
            assert answer["progress"] is None
        elif switched is None:
            assert answer["progress"] is not None


@by_id(SEQUENCES)
def test_the_status_asked_for_is_what_was_accepted_so_far(row):
    uploaded, begun = 0, {}
    for step in row["steps"]:
        if "expect_status" in step:
            assert step["expect_status"]["uploaded_bytes"] == uploaded < row["source_info"]["video_size"]
        elif "begin" in step:
            begun[step["begin"]] = step["put"]
        elif "expect" in step and step["expect"]["status"] < 300:
            put = step.get("put") or begun[step["finish"]]
            if "S-ORDER-REPEAT" not in as_ids(step["expect"]["clause"]):
                uploaded += put["length"]


@by_id(SEQUENCES)
def test_an_accepted_put_is_whole_and_a_body_never_longer_than_its_length(row):
    for put, answer in put_answers(row):
        if put["length"] is not None:
            assert put.get("body", put["length"]) <= put["length"]
        if answer["status"] < 300:
            assert put["length"] == put.get("body", put["length"])
            first, last, _ = put["range"].removeprefix("bytes ").replace("/", "-").split("-")
            assert int(last) - int(first) + 1 == put["length"]


@by_id([row for row in SEQUENCES if "guide" not in row["id"]])
def test_bodies_are_small(row):
    assert row["rules"]["mb"] == 1000


def test_the_guide_s_uploads_add_up():
    sent = {row["id"]: [put["length"] for put, _ in put_answers(row)] for row in SEQUENCES if "guide" in row["id"]}
    assert sent == {
        "guide-chunk-example": [10_000_000, 10_000_000, 10_000_000, 10_000_000, 10_000_123],
        "guide-whole-example": [4_194_304],
    }
    assert sum(sent["guide-chunk-example"]) == 50_000_123
