"""What is said of a run beside what broke: one cause, what came of it, and what it says nothing about."""

from dataclasses import replace

import pytest

from conformance.cases import Outcome
from conformance.client.evidence import Evidence, Raw, requests_of, uploads_of
from conformance.client.scenario import Ends, Scenario
from conformance.client.verdicts import broken
from support.evidence import (
    ALL,
    LOST,
    ONE,
    THREE,
    TWO,
    behind,
    fault,
    finding,
    init,
    left,
    outcomes,
    put,
    red,
    upload,
)


def about(*clauses: str, ends: Ends = Ends.COMPLETE) -> Scenario:
    return Scenario("here", "A scenario.", clauses, ends=ends)


@pytest.mark.parametrize(
    ("clause", "evidence", "why"),
    [
        (
            "C-RETRY-5XX",
            left(*ALL, scenario=about("C-RETRY-5XX"), unfired=("status after_body of chunk 2",)),
            "the fault did not strike: status after_body of chunk 2",
        ),
        ("C-RETRY-BACKOFF", left(*ALL, scenario=about("C-RETRY-BACKOFF")), "the client does not send again"),
        ("C-STATUS-POLL", left(*ALL, scenario=about("C-STATUS-POLL")), "the client does not ask for the status"),
        (
            "C-RETRY-CUT",
            left(init(), fault(ONE, 503), code=1, uploads=(upload(0),), scenario=about("C-RETRY-CUT")),
            "another clause was broken first; see C-RETRY-5XX",
        ),
    ],
)
def test_a_run_that_says_nothing_about_a_clause(clause: str, evidence: Evidence, why: str) -> None:
    found = finding(evidence, clause)
    assert (found.outcome, found.reason) == (Outcome.SKIP, why)


def test_what_came_of_it_is_skipped() -> None:
    """After a 503 the next chunk, which meets 416, which ends the client, which says that all is well."""
    evidence = left(init(), fault(ONE, 503), put(TWO, 416, clause="S-ORDER-START"), uploads=(upload(0),))
    assert red(evidence) == ["C-RETRY-5XX"]
    assert outcomes(evidence)["C-END"] is Outcome.SKIP
    roots, consequences = broken(evidence)
    assert [one.clause for one in roots] == ["C-RETRY-5XX"]
    assert "C-END" in [one.clause for one in consequences]


def test_what_hangs_together_with_nothing_is_red_beside_it() -> None:
    token = {"headers": {"authorization": "Bearer a"}}
    evidence = left(init(), fault(ONE, 503, **token), code=1, uploads=(upload(0),))
    assert red(evidence) == ["C-URL-NO-BEARER", "C-RETRY-5XX"] or red(evidence) == [
        "C-RETRY-5XX",
        "C-URL-NO-BEARER",
    ]


def test_bytes_are_judged_against_the_size_that_was_declared() -> None:
    short = replace(upload(wrong_at=20), video_size=29)
    assert red(left(*ALL, uploads=(short,))) == ["C-PLAN"]


def test_a_post_that_failed_is_none() -> None:
    posts = left(*ALL, uploads=(upload(status="FAILED"), upload())).posts
    assert [one.status for one in posts] == ["PUBLISH_COMPLETE"]


def test_the_number_read_as_a_count_and_as_an_index() -> None:
    told = (init(), put(ONE, **LOST), behind(ONE, 9), put(TWO), put(THREE, 201))
    assert red(left(*told, progress="last_index")) == []
    assert red(left(*told)) == ["C-416-RESYNC"]


def test_what_is_not_there_yet_is_not_wrong() -> None:
    told = {
        "upload_id": "7",
        "video_size": 30,
        "chunk_size": 10,
        "total_chunk_count": 3,
        "uploaded_bytes": 20,
        "complete": False,
        "status": "PROCESSING_UPLOAD",
        "ledger": [],
    }
    edges = [{"first_difference": {"first": first, "looks_like": "chunk 1"}} for first in (10, 20)]
    found = [uploads_of(Raw([], [told], {"7": edge}))[0] for edge in edges]
    assert [(one.wrong_at, one.looks_like) for one in found] == [(10, "chunk 1"), (None, "")]


def test_a_journal_is_read_in_the_order_in_which_requests_began() -> None:
    def entry(sequence: int, began: str, ended: str) -> dict[str, object]:
        times = {"first_byte": {"wall": f"2026-01-01T00:00:0{began}+00:00"}}
        times["answer"] = {"wall": f"2026-01-01T00:00:0{ended}+00:00"}
        names = (
            "upload_id",
            "chunk",
            "content_range",
            "request",
            "answer",
            "clause",
            "reason",
            "warning",
            "fault",
        )
        return {**dict.fromkeys(names), "sequence": sequence, "operation": "chunk", "received": 0, "times": times}

    ledger = [{"requests": [{"sequence": 2, "kept": True}, {"sequence": 1, "kept": False}]}]
    found = requests_of(Raw([entry(1, "2.5", "4.0"), entry(2, "1.0", "3.0")], [{"ledger": ledger}], {}))
    assert [(one.sequence, one.kept, one.began, one.ended) for one in found] == [
        (2, True, 0.0, 2.0),
        (1, False, 1.5, 3.0),
    ]
