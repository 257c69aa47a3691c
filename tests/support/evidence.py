"""What a run of a client left behind, written down literally: a file of 30 bytes in three chunks of 10."""

from dataclasses import replace
from typing import Any

from conformance.cases import Finding, Outcome
from conformance.client.evidence import Evidence, Request, Upload
from conformance.client.launcher import Ended
from conformance.client.scenario import Mode, Scenario
from conformance.client.verdicts import findings_of

TARGET = "/video/?upload_id=7&upload_token=1234...abcd"
ONE, TWO, THREE = "bytes 0-9/30", "bytes 10-19/30", "bytes 20-29/30"
CLOSED = {"status": None, "fault": "close", "when": "before_body"}
LOST = {"status": None, "fault": "close", "when": "after_commit", "kept": True}


def init(**more: Any) -> Request:
    """An init that was answered 200."""
    told = {"operation": "init", "method": "POST", "target": "/v2/post/publish/video/init/", "status": 200}
    return Request(0, **{**told, **more})


def put(content_range: str, status: int | None = 206, **more: Any) -> Request:
    """A PUT of ten bytes; kept where it was answered 206 or 201."""
    headers = {"content-type": "video/mp4", "content-length": "10", "content-range": content_range}
    headers |= more.pop("headers", {})
    told = {
        "operation": "chunk",
        "upload_id": "7",
        "content_range": content_range,
        "target": TARGET,
        "headers": tuple(headers.items()),
        "received": 10,
        "status": status,
        "kept": status in (201, 206),
    }
    return Request(0, **{**told, **more})


def fault(content_range: str, status: int, **more: Any) -> Request:
    """A PUT that a fault answered, and that was not kept."""
    return put(content_range, status, **{"fault": "status", "when": "after_body", "kept": False, **more})


def behind(content_range: str, count: int | None, **more: Any) -> Request:
    """A PUT that met 416, whose progress is `count`."""
    answer = (("Content-Range", f"bytes 0-{count}/30"),) if count is not None else ()
    return put(content_range, 416, answer=answer, clause="S-ORDER-REPEAT", **more)


def ask(said: str, **more: Any) -> Request:
    """A question for the status that was answered so."""
    told = {"operation": "status", "method": "POST", "status": 200, "reason": f"{said}, told"}
    return Request(0, **{**told, **more})


ALL = (init(), put(ONE), put(TWO), put(THREE, 201))


def upload(uploaded: int = 30, **more: Any) -> Upload:
    """The upload at the end."""
    told = {"complete": uploaded == 30, "status": "PUBLISH_COMPLETE" if uploaded == 30 else "PROCESSING_UPLOAD"}
    return Upload("7", 30, 10, 3, uploaded, **{**told, **more})


def left(*requests: Request, code: int | None = 0, **more: Any) -> Evidence:
    """Requests a tenth of a second apart, each answered in a hundredth, unless they say when they were."""
    placed = tuple(
        replace(one, sequence=number, **({} if one.ended else {"began": number / 10, "ended": number / 10 + 0.01}))
        for number, one in enumerate(requests, 1)
    )
    told = {
        "scenario": Scenario("here", "A scenario.", ("C-END",)),
        "mode": Mode.INIT,
        "size": 30,
        "ended": Ended(code, 1.0),
        "seconds_allowed": 60.0,
        "uploads": (upload(),),
        "mb": 1000,
    }
    return Evidence(requests=placed, **{**told, **more})


def outcomes(evidence: Evidence) -> dict[str, Outcome]:
    """What was found, by clause."""
    return {one.case.clause: one.outcome for one in findings_of(evidence)}


def red(evidence: Evidence) -> list[str]:
    """The clauses that fail."""
    return [clause for clause, outcome in outcomes(evidence).items() if outcome is Outcome.FAIL]


def finding(evidence: Evidence, clause: str) -> Finding:
    """What was found under a clause."""
    return next(one for one in findings_of(evidence) if one.case.clause == clause)
