"""Every clause about clients: evidence that keeps it and evidence that breaks it, and nothing else."""

from dataclasses import replace
from typing import Any

import pytest

from conformance.cases import Outcome
from conformance.clauses import load_clauses
from conformance.client.evidence import Evidence
from conformance.client.launcher import Ended
from conformance.client.manners import memory_violation
from conformance.client.scenario import Ends, Mode, Scenario
from conformance.client.verdicts import findings_of
from support.evidence import (
    ALL,
    CLOSED,
    LOST,
    ONE,
    TARGET,
    THREE,
    TWO,
    ask,
    behind,
    fault,
    init,
    left,
    outcomes,
    put,
    red,
    upload,
)

REST = (put(TWO), put(THREE, 201))
LATER = (put(TWO, began=4, ended=4.1), put(THREE, 201, began=5, ended=5.1))
ANOTHER = (init(), *(replace(one, upload_id="8", target=TARGET.replace("7", "8")) for one in ALL[1:]))
TWICE = (upload(0), replace(upload(), upload_id="8"))
FAILS = {"scenario": Scenario("here", "A scenario.", ("C-END",), ends=Ends.FAILED)}
EITHER = {"scenario": Scenario("here", "A scenario.", ("C-END",), ends=Ends.EITHER)}
STOPPED = {"code": 1, "uploads": (upload(0),), **EITHER}
REAL = {"size": 50_000_123, "mb": None}


def real(chunk_size: int, count: int) -> dict[str, Any]:
    """An upload of the guide's example in real units."""
    return {
        **REAL,
        "uploads": (replace(upload(), video_size=50_000_123, chunk_size=chunk_size, total_chunk_count=count),),
    }


def blamed(clause: str) -> dict[str, Any]:
    """A scenario that names this clause where an upload just does not end well."""
    return {"scenario": Scenario("here", "A scenario.", (clause,), blame=clause)}


def tries(*starts: float) -> tuple[Any, ...]:
    """503 at these seconds, each at once."""
    return tuple(fault(ONE, 503, began=one, ended=one + 0.01) for one in starts)


def asked(seconds: str) -> tuple[tuple[str, str], ...]:
    """The answer's headers."""
    return (("Retry-After", seconds),)


KEPT: dict[str, Evidence] = {
    "C-PLAN": left(*ALL),
    "C-PLAN-PORTABLE": left(*ALL, **real(10_000_024, 5)),
    "C-HEADERS": left(*ALL),
    "C-URL-OPAQUE": left(*ALL),
    "C-URL-NO-BEARER": left(*ALL),
    "C-ORDER": left(*ALL),
    "C-BYTES": left(*ALL),
    "C-END": left(*ALL),
    "C-BODY-IGNORED": left(*ALL, **blamed("C-BODY-IGNORED")),
    "C-PROGRESS-READINGS": left(init(), put(ONE, **LOST), behind(ONE, 9), *REST, progress="last_index"),
    "C-RETRY-5XX": left(init(), fault(ONE, 503), *ALL[1:]),
    "C-RETRY-BOUNDED": left(init(), *tries(1, 2, 4, 8), code=1, uploads=(upload(0),), **FAILS),
    "C-RETRY-BACKOFF": left(init(), *tries(1, 1.1, 1.3, 1.7, 2.5), code=1, uploads=(upload(0),), **FAILS),
    "C-RETRY-CUT": left(init(), put(ONE, **CLOSED), *ALL[1:]),
    "C-RETRY-LOST-ANSWER": left(init(), put(ONE, **LOST), behind(ONE, 10), *REST),
    "C-RETRY-LOST-FINAL": left(*ALL[:3], put(THREE, **LOST), behind(THREE, 30)),
    "C-RETRY-STALL": left(init(), put(ONE, None, fault="stall", when="before_body", kept=False), *ALL[1:]),
    "C-416-RESYNC": left(init(), fault(ONE, 503, kept=True), behind(ONE, 10), *REST),
    "C-STOP-400": left(init(), fault(ONE, 400), **STOPPED),
    "C-STOP-403": left(init(), fault(ONE, 403), **STOPPED),
    "C-STOP-404": left(init(), fault(ONE, 404), **STOPPED),
    "C-NO-REDIRECT": left(init(), fault(ONE, 307), **STOPPED),
    "C-ONE-POST": left(*ALL),
    "C-STATUS-POLL": left(*ALL, ask("PROCESSING_UPLOAD"), ask("PUBLISH_COMPLETE")),
}

BROKEN: list[tuple[str, str, Evidence]] = [
    ("C-PLAN", "another size", left(*ALL, size=31)),
    ("C-PLAN", "refused", left(init(status=400, clause="S-PLAN-COUNT"), code=1, uploads=())),
    (
        "C-PLAN",
        "another length",
        left(init(), put(ONE, 400, clause="S-CHUNK-PLANNED-SIZE"), code=1, uploads=(upload(0),)),
    ),
    ("C-PLAN-PORTABLE", "no equal split", left(*ALL, **real(10_000_000, 5))),
    ("C-PLAN-PORTABLE", "5,000,000 bytes", left(*ALL, **real(5_000_012, 10))),
    ("C-HEADERS", "no type", left(init(), put(ONE, headers={"content-type": "text/plain"}), *REST)),
    ("C-HEADERS", "no range", left(init(), put("0-9/30"), *REST)),
    ("C-HEADERS", "another length", left(init(), put(ONE, headers={"content-length": "11"}), *REST)),
    ("C-HEADERS", "refused", left(init(), put(ONE, 400, clause="S-HEAD-TOTAL"), code=1, uploads=(upload(0),))),
    ("C-URL-OPAQUE", "more in the query", left(init(), put(ONE, target=TARGET + "&a=1"), *REST)),
    ("C-URL-OPAQUE", "another path", left(*(replace(one, target="/upload" + TARGET[7:]) for one in ALL))),
    (
        "C-URL-OPAQUE",
        "unknown there",
        left(init(), put(ONE, 404, clause="S-URL-UNKNOWN"), code=1, uploads=(upload(0),)),
    ),
    (
        "C-URL-OPAQUE",
        "elsewhere",
        left(init(), put(ONE, 404, operation="", upload_id=None), code=1, uploads=(upload(0),)),
    ),
    ("C-URL-NO-BEARER", "token", left(init(), put(ONE, headers={"authorization": "Bearer a"}), *REST)),
    (
        "C-ORDER",
        "side by side",
        left(init(), put(ONE, began=1, ended=3), put(TWO, began=2, ended=4), LATER[1]),
    ),
    ("C-ORDER", "refused", left(*ALL[:2], put(THREE, 416, clause="S-ORDER-GAP"), code=1, uploads=(upload(10),))),
    ("C-BYTES", "others", left(*ALL, uploads=(upload(wrong_at=10),))),
    ("C-END", "too early", left(*ALL[:3], uploads=(upload(20),))),
    ("C-END", "failure", left(*ALL, code=1)),
    ("C-END", "failure before the status", left(*ALL, code=1, **blamed("C-STATUS-POLL"))),
    (
        "C-STATUS-POLL",
        "failure while it is processed",
        left(*ALL, ask("PROCESSING_UPLOAD"), code=1, **blamed("C-STATUS-POLL")),
    ),
    ("C-END", "no end", left(*ALL, code=None)),
    ("C-END", "nothing done", left(uploads=())),
    ("C-BODY-IGNORED", "stopped", left(*ALL[:2], code=1, uploads=(upload(10),), **blamed("C-BODY-IGNORED"))),
    (
        "C-PROGRESS-READINGS",
        "as a count",
        left(
            init(),
            put(ONE, **LOST),
            behind(ONE, 9),
            put("bytes 9-19/30", 416),
            code=1,
            uploads=(upload(10),),
            progress="last_index",
        ),
    ),
    (
        "C-PROGRESS-READINGS",
        "stopped",
        left(init(), put(ONE, **LOST), behind(ONE, None), code=1, uploads=(upload(10),), progress="omit"),
    ),
    ("C-RETRY-5XX", "stopped", left(init(), fault(ONE, 500), code=1, uploads=(upload(0),))),
    (
        "C-RETRY-5XX",
        "the next",
        left(init(), fault(ONE, 502), put(TWO, 416, clause="S-ORDER-START"), code=1, uploads=(upload(0),)),
    ),
    ("C-RETRY-5XX", "a new init", left(init(), fault(ONE, 504), *ANOTHER, uploads=TWICE)),
    ("C-RETRY-BOUNDED", "no end", left(init(), *tries(1, 2, 4, 8), code=None, uploads=(upload(0),), **FAILS)),
    (
        "C-RETRY-BACKOFF",
        "at once",
        left(init(), *tries(1, 1.012, 1.024, 1.042), code=1, uploads=(upload(0),), **FAILS),
    ),
    (
        "C-RETRY-BACKOFF",
        "the same",
        left(init(), *tries(1, 2, 3.01, 4, 5.02), code=1, uploads=(upload(0),), **FAILS),
    ),
    (
        "C-RETRY-BACKOFF",
        "too soon",
        left(init(), fault(ONE, 503, answer=asked("2"), began=1, ended=1.1), put(ONE, began=2.9, ended=3), *LATER),
    ),
    ("C-RETRY-CUT", "stopped", left(init(), put(ONE, **CLOSED), code=1, uploads=(upload(0),))),
    (
        "C-RETRY-CUT",
        "the next",
        left(init(), put(ONE, **CLOSED), put(TWO, 416, clause="S-ORDER-START"), code=1, uploads=(upload(0),)),
    ),
    ("C-RETRY-CUT", "a new init", left(init(), put(ONE, **CLOSED), *ANOTHER, uploads=TWICE)),
    (
        "C-RETRY-CUT",
        "stopped at a stale connection",
        left(
            *(init(), put(ONE, fault="close", when="after_answer")),
            **{"code": 1, "uploads": (upload(10),), **blamed("C-RETRY-CUT")},
        ),
    ),
    ("C-RETRY-LOST-ANSWER", "stopped", left(init(), put(ONE, **LOST), code=1, uploads=(upload(10),))),
    ("C-RETRY-LOST-ANSWER", "from zero", left(*ALL[:2], put(TWO, **LOST), behind(ONE, 20), put(THREE, 201))),
    ("C-RETRY-LOST-ANSWER", "too far", left(init(), put(ONE, **LOST), put(THREE, 416), *REST)),
    ("C-RETRY-LOST-FINAL", "stopped", left(*ALL[:3], put(THREE, **LOST), code=1)),
    ("C-RETRY-LOST-FINAL", "a new init", left(*ALL[:3], put(THREE, **LOST), *ALL, uploads=(upload(), upload()))),
    (
        "C-RETRY-STALL",
        "no end",
        left(init(), put(ONE, None, fault="stall", kept=False), code=None, uploads=(upload(0),)),
    ),
    (
        "C-416-RESYNC",
        "from zero",
        left(init(), fault(ONE, 503, kept=True), behind(ONE, 10), behind(ONE, 10), *REST),
    ),
    (
        "C-416-RESYNC",
        "stopped",
        left(init(), fault(ONE, 503, kept=True), behind(ONE, 10), code=1, uploads=(upload(10),)),
    ),
    (
        "C-416-RESYNC",
        "more when all is there",
        left(*ALL[:3], fault(THREE, 503, kept=True), behind(THREE, 30), behind(THREE, 30)),
    ),
    ("C-STOP-400", "again", left(init(), fault(ONE, 400), fault(ONE, 400), **STOPPED)),
    ("C-STOP-403", "again", left(init(), fault(ONE, 403), put(TWO, 403, clause="S-URL-EXPIRED"), **STOPPED)),
    ("C-STOP-404", "the next", left(init(), fault(ONE, 404), put(TWO, 404, clause="S-URL-UNKNOWN"), **STOPPED)),
    ("C-NO-REDIRECT", "followed", left(init(), fault(ONE, 307), trapped=("PUT /video/ HTTP/1.1",), **STOPPED)),
    ("C-ONE-POST", "two", left(*ALL, *ALL, uploads=(upload(), upload()))),
    (
        "C-STATUS-POLL",
        "31 in a minute",
        left(*ALL, *(ask("PROCESSING_UPLOAD", began=one, ended=one + 0.1) for one in range(1, 32))),
    ),
    ("C-STATUS-POLL", "after the end", left(*ALL, ask("PUBLISH_COMPLETE"), ask("PUBLISH_COMPLETE"))),
    ("C-STATUS-POLL", "FAILED", left(*ALL, ask("", fault="status"), **FAILS)),
]


@pytest.mark.parametrize("clause", KEPT)
def test_kept(clause: str) -> None:
    evidence = KEPT[clause]
    evidence = replace(evidence, scenario=replace(evidence.scenario, clauses=(clause,)))
    assert outcomes(evidence)[clause] is Outcome.PASS
    assert red(evidence) == []


@pytest.mark.parametrize(("clause", "how", "evidence"), BROKEN, ids=[f"{one[0]}: {one[1]}" for one in BROKEN])
def test_broken(clause: str, how: str, evidence: Evidence) -> None:
    assert red(evidence) == [clause]


@pytest.mark.parametrize("clause", ["C-RETRY-5XX", "C-RETRY-CUT"])
def test_a_new_init_is_told_by_what_it_does_to_the_video(clause: str) -> None:
    (evidence,) = [evidence for one, how, evidence in BROKEN if (one, how) == (clause, "a new init")]
    (failed,) = [one for one in findings_of(evidence) if one.outcome is Outcome.FAIL]
    assert failed.actual.startswith("a new init, #")
    assert failed.actual.endswith(": the video may be posted twice")


def test_every_clause_is_kept_and_broken_here() -> None:
    clauses = {one.id for one in load_clauses() if one.id.startswith("C-")} - {"C-MEMORY"}
    assert set(KEPT) == clauses
    assert {clause for clause, _, _ in BROKEN} == clauses


@pytest.mark.parametrize(("peak", "grown"), [(300, False), (400, True)])
def test_memory_is_compared_between_two_files(peak: int, *, grown: bool) -> None:
    small = left(*ALL, ended=Ended(0, 1.0, 40 * 2**20))
    large = left(*ALL, ended=Ended(0, 1.0, peak * 2**20 - 20 * 2**20), size=1_000_000_000)
    assert [one.clause for one in memory_violation(small, large)] == ["C-MEMORY"] * grown


def test_handed_clients_have_no_plan_to_judge() -> None:
    evidence = left(*ALL[1:], mode=Mode.HANDED, **real(10_000_000, 5))
    assert "C-PLAN-PORTABLE" not in outcomes(evidence)
