"""The table of answers, line by line: status, headers and body as they go on the wire."""

import json
from typing import Any

import pytest

from mockserver.protocol.answers import (
    DEFECT,
    Answer,
    call_answer,
    data_answer,
    method_answer,
    put_answer,
    unkept_answer,
)
from mockserver.protocol.rules import DOCUMENTED, OBSERVED, PROFILES, STRICT, UploadRules
from mockserver.protocol.verdicts import Accepted, CallRefused, Completed, Refused, Verdict, Why

NULL = {"Content-Type": "application/json"}
LOG_ID = "20260101000000ABCDEF0123456789ABCD"


def progress(number: int) -> dict[str, str]:
    return {"Content-Range": f"bytes 0-{number}/50000123"}


def refusal(clause: str) -> Refused:
    return Refused(Why(clause), "because", 10_000_000, 50_000_123)


# ───────────────────────────── success ─────────────────────────────


def test_a_chunk_is_answered_206_with_the_count() -> None:
    assert put_answer(Accepted(10_000_000, 50_000_123), DOCUMENTED) == Answer(
        206,
        b"null",
        {"Content-Range": "bytes 0-10000000/50000123", "Content-Type": "application/json"},
        "S-CHUNK-206",
        "10000000 of 50000123 bytes are in",
    )


def test_the_last_chunk_is_answered_201_with_the_total() -> None:
    assert put_answer(Completed(50_000_123), DOCUMENTED) == Answer(
        201,
        b"null",
        {"Content-Range": "bytes 0-50000123/50000123", "Content-Type": "application/json"},
        "S-CHUNK-201",
        "all 50000123 bytes are in, posting starts",
    )


@pytest.mark.parametrize(("value", "status"), [("201", 201), ("200", 200)])
def test_final_status_is_that_of_the_last_chunk_alone(value: str, status: int) -> None:
    rules = DOCUMENTED.with_rule("final_status", value)
    assert put_answer(Completed(50_000_123), rules).status == status
    assert put_answer(Accepted(10_000_000, 50_000_123), rules).status == 206


PROGRESS = [
    pytest.param("count", Accepted(10_000_000, 50_000_123), progress(10_000_000), id="count-206"),
    pytest.param("count", Completed(50_000_123), progress(50_000_123), id="count-201"),
    pytest.param("count", refusal("S-ORDER-REPEAT"), progress(10_000_000), id="count-416"),
    pytest.param(
        "count", Refused(Why.START, "because", 0, 50_000_123), progress(0), id="count-416-before-any-byte"
    ),
    pytest.param("last_index", Accepted(10_000_000, 50_000_123), progress(9_999_999), id="last_index-206"),
    pytest.param("last_index", Completed(50_000_123), progress(50_000_122), id="last_index-201"),
    pytest.param("last_index", refusal("S-ORDER-REPEAT"), progress(9_999_999), id="last_index-416"),
    pytest.param("last_index", Accepted(1, 50_000_123), progress(0), id="last_index-206-after-one-byte"),
    pytest.param(
        "last_index", Refused(Why.START, "because", 0, 50_000_123), {}, id="last_index-416-before-any-byte"
    ),
    pytest.param("omit", Accepted(10_000_000, 50_000_123), {}, id="omit-206"),
    pytest.param("omit", Completed(50_000_123), {}, id="omit-201"),
    pytest.param("omit", refusal("S-ORDER-REPEAT"), {}, id="omit-416"),
]


@pytest.mark.parametrize(("value", "verdict", "header"), PROGRESS)
def test_progress_is_on_206_201_and_416(value: str, verdict: Verdict, header: dict[str, str]) -> None:
    rules = DOCUMENTED.with_rule("progress", value)
    assert put_answer(verdict, rules).headers == {**header, **NULL}


@pytest.mark.parametrize("profile", ["documented", "observed", "strict"])
def test_every_profile_reports_the_count(profile: str) -> None:
    header = put_answer(Accepted(10_000_000, 50_000_123), PROFILES[profile]).headers["Content-Range"]
    assert header == "bytes 0-10000000/50000123"


# ───────────────────────────── refusals ─────────────────────────────

REFUSALS = [
    ("S-URL-UNKNOWN", 404),
    ("S-URL-TOKEN", 404),
    ("S-URL-EXPIRED", 403),
    ("S-HEAD-TYPE", 400),
    ("S-BODY-CODING", 400),
    ("S-HEAD-LENGTH-MISSING", 400),
    ("S-HEAD-RANGE-MISSING", 400),
    ("S-HEAD-RANGE-MALFORMED", 400),
    ("S-HEAD-RANGE-INVERTED", 400),
    ("S-HEAD-LENGTH-MISMATCH", 400),
    ("S-HEAD-TOTAL", 400),
    ("S-ORDER-AFTER-END", 416),
    ("S-ORDER-START", 416),
    ("S-ORDER-GAP", 416),
    ("S-ORDER-REPEAT", 416),
    ("S-ORDER-OVERLAP", 416),
    ("S-ORDER-PARALLEL", 416),
    ("S-CHUNK-PLANNED-SIZE", 400),
    ("S-BODY-SHORT", 400),
]


def test_the_list_of_refusals_is_whole() -> None:
    assert [clause for clause, _ in REFUSALS] == [why.value for why in Why]


@pytest.mark.parametrize(("clause", "status"), REFUSALS)
def test_a_refusal_of_documented(clause: str, status: int) -> None:
    headers = {**progress(10_000_000), **NULL} if status == 416 else NULL
    assert put_answer(refusal(clause), DOCUMENTED) == Answer(status, b"null", headers, clause, "because")


@pytest.mark.parametrize(("clause", "status"), REFUSALS)
def test_a_refusal_of_observed_differs_in_the_missing_range_alone(clause: str, status: int) -> None:
    assert put_answer(refusal(clause), OBSERVED).status == (416 if clause == "S-HEAD-RANGE-MISSING" else status)


@pytest.mark.parametrize(("clause", "status"), REFUSALS)
def test_a_refusal_of_strict(clause: str, status: int) -> None:
    assert put_answer(refusal(clause), STRICT).status == status


SWITCHED = [
    ("missing_range", "400", "S-HEAD-RANGE-MISSING", 400),
    ("missing_range", "416", "S-HEAD-RANGE-MISSING", 416),
    ("after_end", "416", "S-ORDER-AFTER-END", 416),
    ("after_end", "404", "S-ORDER-AFTER-END", 404),
    ("after_end", "400", "S-ORDER-AFTER-END", 400),
    ("off_plan", "400", "S-CHUNK-PLANNED-SIZE", 400),
    ("off_plan", "416", "S-CHUNK-PLANNED-SIZE", 416),
    ("off_plan", "accept", "S-CHUNK-PLANNED-SIZE", 400),
    ("wrong_total", "400", "S-HEAD-TOTAL", 400),
    ("wrong_total", "416", "S-HEAD-TOTAL", 416),
    ("wrong_token", "404", "S-URL-TOKEN", 404),
    ("wrong_token", "403", "S-URL-TOKEN", 403),
    ("content_type", "400", "S-HEAD-TYPE", 400),
    ("content_type", "415", "S-HEAD-TYPE", 415),
    ("missing_length", "400", "S-HEAD-LENGTH-MISSING", 400),
    ("missing_length", "411", "S-HEAD-LENGTH-MISSING", 411),
]


@pytest.mark.parametrize(("name", "value", "clause", "status"), SWITCHED)
def test_a_switch_chooses_the_status(name: str, value: str, clause: str, status: int) -> None:
    answer = put_answer(refusal(clause), DOCUMENTED.with_rule(name, value))
    assert answer.status == status
    assert answer.headers == ({**progress(10_000_000), **NULL} if status == 416 else NULL)


@pytest.mark.parametrize(("name", "value", "clause", "status"), SWITCHED)
def test_a_switch_chooses_no_other_status(name: str, value: str, clause: str, status: int) -> None:
    rules = DOCUMENTED.with_rule(name, value)
    others = [(other, usual) for other, usual in REFUSALS if other != clause]
    assert [(other, put_answer(refusal(other), rules).status) for other, _ in others] == others


@pytest.mark.parametrize("clause", ["S-URL-UNKNOWN", "S-URL-TOKEN"])
def test_a_refusal_without_counts_tells_no_progress(clause: str) -> None:
    rules = DOCUMENTED.with_rule("wrong_token", "403")
    assert put_answer(Refused(Why(clause), "because"), rules).headers == NULL


# ───────────────────────────── bodies of the upload host ─────────────────────────────


@pytest.mark.parametrize(
    ("verdict", "status", "header"),
    [
        pytest.param(Accepted(10_000_000, 50_000_123), 206, progress(10_000_000), id="206"),
        pytest.param(Completed(50_000_123), 201, progress(50_000_123), id="201"),
        pytest.param(refusal("S-ORDER-GAP"), 416, progress(10_000_000), id="416"),
        pytest.param(refusal("S-URL-EXPIRED"), 403, {}, id="403"),
    ],
)
def test_an_empty_body_has_no_type(verdict: Verdict, status: int, header: dict[str, str]) -> None:
    answer = put_answer(verdict, DOCUMENTED.with_rule("put_body", "empty"))
    assert (answer.status, answer.body, answer.headers) == (status, b"", header)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "DELETE"])
def test_another_method_is_answered_405(method: str) -> None:
    assert method_answer(method, DOCUMENTED) == Answer(
        405,
        b"null",
        {"Allow": "PUT", "Content-Type": "application/json"},
        "S-HEAD-METHOD",
        f"an upload_url takes PUT, got {method}",
    )


def test_another_method_under_put_body_empty() -> None:
    answer = method_answer("GET", DOCUMENTED.with_rule("put_body", "empty"))
    assert (answer.status, answer.body, answer.headers) == (405, b"", {"Allow": "PUT"})


# ───────────────────────────── the JSON endpoints ─────────────────────────────

CALLS = [
    ("invalid_params", "The chunk size is invalid", 400),
    ("invalid_params", "The total chunk count is invalid", 400),
    ("invalid_params", "The request source info is empty or incorrect", 400),
    ("invalid_params", "The request post info is empty or incorrect", 400),
    ("invalid_params", "One or more fields in request is invalid.", 400),
    ("url_ownership_unverified", "Please review our URL ownership verification rules", 403),
    ("invalid_publish_id", "The publish_id is invalid.", 400),
    ("token_not_authorized_for_specified_publish_id", "Not yours.", 400),
    ("unsupported_path", "Unsupported path(Janus)", 404),
    ("internal_error", "Something is wrong. Please try again later.", 500),
]


@pytest.mark.parametrize(("code", "message", "status"), CALLS)
def test_a_refused_call_has_an_error_and_no_data_key(code: str, message: str, status: int) -> None:
    answer = call_answer(CallRefused(code, message, "S-CLAUSE", "because"), LOG_ID)
    assert answer.status == status
    assert json.loads(answer.body) == {"error": {"code": code, "message": message, "log_id": LOG_ID}}
    assert (answer.headers, answer.clause, answer.reason) == ({}, "S-CLAUSE", "because")


def test_an_unusable_token_is_answered_401_with_empty_data() -> None:
    message = "The access token is invalid or not found in the request."
    answer = call_answer(CallRefused("access_token_invalid", message, "S-INIT-AUTH", "because"), LOG_ID)
    assert answer.status == 401
    assert json.loads(answer.body) == {
        "data": {},
        "error": {"code": "access_token_invalid", "message": message, "log_id": LOG_ID},
    }


@pytest.mark.parametrize("status", [405, 413])
def test_a_refused_call_may_have_a_status_of_its_own(status: int) -> None:
    refused = CallRefused("invalid_params", "One or more fields in request is invalid.", "S-CLAUSE", "because")
    answer = call_answer(refused, LOG_ID, status)
    assert answer.status == status
    assert json.loads(answer.body)["error"]["code"] == "invalid_params"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"publish_id": "v_inbox_file~v2.7600000000000000001", "upload_url": "http://x/"}, id="init"),
        pytest.param(
            {"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": [7_600_000_000_000_000_003]}, id="status"
        ),
    ],
)
def test_a_good_call_has_data_and_the_code_ok(data: dict[str, Any]) -> None:
    answer = data_answer(data, LOG_ID, "S-CLAUSE", "because")
    assert answer.status == 200
    assert json.loads(answer.body) == {"data": data, "error": {"code": "ok", "message": "", "log_id": LOG_ID}}
    assert (answer.headers, answer.clause, answer.reason) == ({}, "S-CLAUSE", "because")


def test_numbers_beyond_doubles_stay_whole() -> None:
    answer = data_answer({"id": [7_600_000_000_000_000_003]}, LOG_ID, "", "")
    assert b"7600000000000000003" in answer.body


def test_text_goes_out_as_ascii() -> None:
    answer = call_answer(CallRefused("invalid_params", "caf\u00e9 \ud83d", "", ""), LOG_ID)
    assert answer.body.isascii()


@pytest.mark.parametrize("rules", [DOCUMENTED, OBSERVED, STRICT], ids=["documented", "observed", "strict"])
def test_every_profile_answers_null_as_json(rules: UploadRules) -> None:
    answer = put_answer(Completed(50_000_123), rules)
    assert (answer.body, answer.headers["Content-Type"]) == (b"null", "application/json")


def test_bytes_that_could_not_be_kept_are_answered_500() -> None:
    for body in ("null", "empty"):
        answer = unkept_answer("the disk is full", DOCUMENTED.with_rule("put_body", body))
        assert (answer.status, answer.body) == (500, b"null" if body == "null" else b"")
        assert (answer.clause, answer.reason) == ("S-ATOMIC-5XX", "the disk is full")
        assert "Content-Range" not in answer.headers


def test_the_last_resort_is_an_envelope() -> None:
    assert DEFECT.status == 500
    assert set(json.loads(DEFECT.body)["error"]) == {"code", "message", "log_id"}
