"""Verdicts into answers: the one table of status codes, headers and bodies."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, assert_never

from mockserver.protocol import names
from mockserver.protocol.rules import FinalStatus, Progress, PutBody, UploadRules
from mockserver.protocol.verdicts import Accepted, CallRefused, Completed, Refused, Verdict, Why


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes on the wire, with the clause that decided and a sentence that explains (both "" if none)."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    clause: str = ""
    reason: str = ""


# Refusals whose status no ambiguity touches (guide, response table).
_STATUS: Final[Mapping[Why, int]] = {
    Why.UNKNOWN: 404,
    Why.EXPIRED: 403,
    Why.CODING: 400,
    Why.RANGE_MALFORMED: 400,
    Why.RANGE_INVERTED: 400,
    Why.LENGTH_MISMATCH: 400,
    Why.START: 416,
    Why.GAP: 416,
    Why.REPEAT: 416,
    Why.OVERLAP: 416,
    Why.PARALLEL: 416,
    Why.SHORT: 400,
}

_CODE_STATUS: Final[Mapping[str, int]] = {
    names.INVALID_PARAMS: 400,
    names.ACCESS_TOKEN_INVALID: 401,
    names.URL_OWNERSHIP_UNVERIFIED: 403,
    names.INVALID_PUBLISH_ID: 400,
    names.PUBLISH_ID_NOT_YOURS: 400,
    names.UNSUPPORTED_PATH: 404,
    names.INTERNAL_ERROR: 500,
}


def put_answer(verdict: Verdict, rules: UploadRules) -> Answer:
    """The answer to a PUT. Progress is on 206, 201 and 416 (S-CHUNK-PROGRESS, S-ORDER-416-PROGRESS)."""
    match verdict:
        case Accepted(uploaded, total):
            reason = f"{uploaded} of {total} bytes are in"
            return _put(206, rules, "S-CHUNK-206", reason, _progress(uploaded, total, rules))
        case Completed(total):
            status = 200 if rules.final_status is FinalStatus.OK else 201  # A6
            reason = f"all {total} bytes are in, posting starts"
            return _put(status, rules, "S-CHUNK-201", reason, _progress(total, total, rules))
        case Refused(why, reason, uploaded, total):
            status = _refusal_status(why, rules)
            progress = _progress(uploaded, total, rules) if status == 416 else {}
            return _put(status, rules, why.value, reason, progress)
        case _:
            assert_never(verdict)


def method_answer(method: str, rules: UploadRules) -> Answer:
    """Any method but PUT on the upload URL (S-HEAD-METHOD): not documented; we answer 405."""
    return _put(405, rules, "S-HEAD-METHOD", f"an upload_url takes PUT, got {method}", {"Allow": "PUT"})


def unkept_answer(reason: str, rules: UploadRules) -> Answer:
    """A good chunk whose bytes could not be kept: nothing moved, it can be sent again (S-ATOMIC-5XX)."""
    return _put(500, rules, "S-ATOMIC-5XX", reason, {})


def call_answer(refused: CallRefused, log_id: str, status: int | None = None) -> Answer:
    """A JSON endpoint's refusal; `data` is there, empty, with access_token_invalid alone (A8)."""
    extra: dict[str, object] = {"data": {}} if refused.code == names.ACCESS_TOKEN_INVALID else {}
    body = {"error": _error(refused.code, refused.message, log_id), **extra}
    return Answer(status or _CODE_STATUS[refused.code], _json(body), {}, refused.clause, refused.reason)


def data_answer(data: Mapping[str, object], log_id: str, clause: str, reason: str) -> Answer:
    """A JSON endpoint's success."""
    return Answer(200, _json({"data": data, "error": _error(names.OK, "", log_id)}), {}, clause, reason)


def _error(code: str, message: str, log_id: str) -> dict[str, str]:
    return {"code": code, "message": message, "log_id": log_id}


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _put(status: int, rules: UploadRules, clause: str, reason: str, headers: Mapping[str, str]) -> Answer:
    # A6: success and error bodies of the upload host carry nothing.
    body, kind = b"null", {names.CONTENT_TYPE: "application/json"}
    if rules.put_body is PutBody.EMPTY:
        body, kind = b"", {}
    return Answer(status, body, {**headers, **kind}, clause, reason)


def _progress(uploaded: int | None, total: int | None, rules: UploadRules) -> dict[str, str]:
    # A4. Under last_index there is no index before the first byte.
    if uploaded is None or rules.progress is Progress.OMIT:
        return {}
    if rules.progress is Progress.LAST_INDEX and uploaded == 0:
        return {}
    number = uploaded - 1 if rules.progress is Progress.LAST_INDEX else uploaded
    return {names.CONTENT_RANGE: f"bytes 0-{number}/{total}"}


def _refusal_status(why: Why, rules: UploadRules) -> int:
    match why:
        case Why.WRONG_TOKEN:
            return int(rules.wrong_token.value)
        case Why.RANGE_MISSING:
            return int(rules.missing_range.value)
        case Why.TOTAL:
            return int(rules.wrong_total.value)
        case Why.AFTER_END:
            return int(rules.after_end.value)
        case Why.LENGTH_MISSING:
            return int(rules.missing_length.value)
        case Why.TYPE:
            # Under `any` a type is never refused.
            return int(rules.content_type.value)
        case Why.PLANNED_SIZE:
            # Under `accept` only a chunk above 128 MB is refused, as a bad request.
            return int(rules.off_plan.value) if rules.off_plan.value.isdigit() else 400
        case _:
            return _STATUS[why]


DEFECT: Final = Answer(500, _json({"error": _error(names.INTERNAL_ERROR, names.INTERNAL, "")}))
"""A defect of this server, where nothing more can be said."""
