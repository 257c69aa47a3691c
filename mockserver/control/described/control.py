"""The control surface, /_mock/, in the OpenAPI document."""

from typing import Any, Final

from mockserver.control.described.parts import (
    DECIMAL,
    SOME_TEXT,
    TEXT,
    Json,
    answer,
    either,
    json_body,
    named_answers,
    operation,
    ref,
)

_WHY: Final = ("X-Mock-Clause", "X-Mock-Reason")
_ERROR: Final = ref("ControlError")
_BYTES: Final[Json] = {"type": "string", "format": "binary"}

PARAMETERS: Final[Json] = {
    "Token": {
        "name": "token",
        "in": "query",
        "description": "Only what belongs to this bearer token.",
        "schema": SOME_TEXT,
    },
    "OfUpload": {
        "name": "upload_id",
        "in": "query",
        "description": "Only entries of this upload.",
        "schema": SOME_TEXT,
    },
    "Since": {
        "name": "since",
        "in": "query",
        "description": "Only entries numbered above this.",
        "schema": DECIMAL,
    },
    "LastEventId": {
        "name": "Last-Event-ID",
        "in": "header",
        "description": "Beats since; sent by a client that reconnects.",
        "schema": DECIMAL,
    },
    "UploadIdInPath": {
        "name": "upload_id",
        "in": "path",
        "required": True,
        "schema": SOME_TEXT,
    },
    "Range": {
        "name": "Range",
        "in": "header",
        "description": "Only these bytes, of a complete upload.",
        "schema": SOME_TEXT,
        "example": "bytes=0-99",
    },
    "ScenarioName": {
        "name": "name",
        "in": "path",
        "required": True,
        "schema": SOME_TEXT,
        "example": "lost-answer",
    },
}

RESPONSES: Final[Json] = {
    # What the HTTP parser refuses is answered in TikTok's shape, whatever the path.
    "ControlRefused": answer(
        "Query or body make no sense; S-HTTP.", either(_ERROR, ref("InvalidParams")), headers=_WHY
    ),
    "ControlTokenMissing": answer("The control token is not there.", _ERROR),
    "ControlForbidden": answer("Host or Origin is not this server's own.", _ERROR),
    "ControlUnknown": answer("The control surface has no such path.", _ERROR),
    "ControlMethod": answer("The path takes other methods; Allow names them.", _ERROR, headers=("Allow",)),
    "ControlTooLarge": answer("The body has more than 4,194,304 bytes.", _ERROR),
    "NoSuchUpload": answer("No upload has the id.", _ERROR),
    "NoSuchScenario": answer("No scenario has the name.", _ERROR),
    "TooManyFaults": answer("A plan holds 10,000 faults.", _ERROR),
    "EndOfTime": answer("The clock stands still before 2038-01-19, where TikTok's ids exceed 64 bits.", _ERROR),
    "NoDigests": answer("Under --digest none there is nothing to compare with.", _ERROR),
    "TaskRefused": answer(
        "As init refuses it, or the control surface.", either(ref("InvalidParams"), _ERROR), headers=_WHY
    ),
    "TaskForbidden": answer(
        "As init refuses PULL_FROM_URL; or Host or Origin is not this server's own.",
        either(ref("UrlUnverified"), _ERROR),
        headers=_WHY,
    ),
    "ArmedFaults": answer("Faults, with how often each fired and what is left.", ref("ArmedFaults")),
    "Clock": answer("The mock's time.", ref("Clock")),
}

_GUARD: Final = named_answers(_400="ControlRefused", _401="ControlTokenMissing", _403="ControlForbidden")


def _control(name: str, tag: str, summary: str, answers: Json, **more: Any) -> Json:
    """An operation behind the guard."""
    return operation(name, tag, summary, dict(sorted((_GUARD | answers).items())), **more)


_HEALTH: Final[Json] = {
    "get": operation(
        "getHealth",
        "state",
        "Version, profile, rules and limits; needs no control token",
        {
            "200": answer("It answers.", ref("Health")),
            **named_answers(_400="ControlRefused", _403="ControlForbidden"),
        },
        security="",
    ),
    "head": operation(
        "headHealth",
        "state",
        "The same without the body",
        {
            "200": answer("It answers."),
            "400": answer("S-HTTP.", headers=_WHY),
            "403": answer("Host or Origin is not this server's own."),
        },
        security="",
    ),
}
_UPLOADS: Final[Json] = {
    "get": _control(
        "listUploads",
        "state",
        "All uploads, oldest first",
        {"200": answer("Each with plan, progress and ledger.", ref("Uploads"))},
        parameters=["Token"],
    ),
    "post": _control(
        "makeUpload",
        "state",
        "Make an upload task without init; answered like init",
        named_answers(_200="Initialised", _400="TaskRefused", _403="TaskForbidden", _413="ControlTooLarge"),
        about="With token it belongs to that bearer token, without to anybody.",
        parameters=["Token"],
        body=json_body(ref("SourceInfo")),
    ),
}
_UPLOAD: Final = _control(
    "getUpload",
    "state",
    "One upload with plan, progress and ledger",
    {"200": answer("The upload.", ref("Upload")), **named_answers(_404="NoSuchUpload")},
    parameters=["UploadIdInPath"],
)
_EXPIRE: Final = _control(
    "expireUpload",
    "state",
    "Its upload_url is expired from now on (S-URL-EXPIRED)",
    {"200": answer("Done.", ref("Expired")), **named_answers(_404="NoSuchUpload")},
    parameters=["UploadIdInPath"],
)
_COMPARE: Final = _control(
    "compareUpload",
    "state",
    "Is it this file? The expected bytes are the body",
    {
        "200": answer("Whether it is, and where it first differs.", ref("Comparison")),
        **named_answers(_404="NoSuchUpload", _409="NoDigests"),
    },
    about="The body is read as it comes and cut where the chunks were; whatever its Content-Type.",
    parameters=["UploadIdInPath"],
    body={"required": True, "content": {"application/octet-stream": {"schema": _BYTES}}},
)
_CONTENT: Final = _control(
    "getContent",
    "state",
    "The bytes accepted so far, with --keep",
    {
        "200": answer("The bytes, under the Content-Type of the first chunk.", _BYTES, media="*/*"),
        "206": answer("The Range asked for; of a complete upload only.", _BYTES, media="*/*"),
        "304": answer("Not changed since; of a complete upload only."),
        "404": answer("No upload has the id, or its file is gone.", _ERROR),
        "409": answer("The server runs without --keep.", _ERROR),
        "412": answer("Changed since; of a complete upload only."),
        "416": answer("No such Range; of a complete upload only."),
    },
    parameters=["UploadIdInPath", "Range"],
)
_FAULTS: Final[Json] = {
    "get": _control(
        "listFaults",
        "faults",
        "Faults in the order they were added, spent ones too",
        named_answers(_200="ArmedFaults"),
        parameters=["Token"],
    ),
    "post": _control(
        "addFaults",
        "faults",
        "Add one fault or a list: all of them or, where one makes no sense, none",
        named_answers(_200="ArmedFaults", _409="TooManyFaults", _413="ControlTooLarge"),
        body=json_body(
            ref("FaultOrFaults"),
            {
                "on": {"operation": "chunk", "chunk": 2},
                "when": "before_body",
                "do": {"kind": "status", "status": 503, "headers": {"Retry-After": "1"}},
                "times": 2,
            },
        ),
    ),
    "delete": _control(
        "clearFaults",
        "faults",
        "Forget all faults, or those of one bearer token",
        {"200": answer("How many were forgotten.", ref("ForgottenFaults"))},
        parameters=["Token"],
    ),
}
_STREAM: Final = _control(
    "streamJournal",
    "journal",
    "The same as server-sent events, for as long as the client listens",
    {
        "200": answer(
            "Events named entry: id is the sequence, data an Entry as JSON in one line.",
            TEXT,
            media="text/event-stream",
        )
    },
    parameters=["Since", "Token", "OfUpload", "LastEventId"],
)
_CLOCK: Final[Json] = {
    "get": _control("getClock", "clock", "The mock's time", named_answers(_200="Clock")),
    "post": _control(
        "setClock",
        "clock",
        "Move it forward, stop it, or let it run on",
        named_answers(_200="Clock", _409="EndOfTime", _413="ControlTooLarge"),
        body=json_body(ref("ClockChange"), {"advance": 3600}),
    ),
}

_PATHS: Final[Json] = {
    "/_mock/health": _HEALTH,
    "/_mock/openapi.json": {
        "get": _control("getOpenapi", "state", "This document", {"200": answer("OpenAPI 3.1.", ref("Document"))})
    },
    "/_mock/reset": {
        "post": _control(
            "reset",
            "state",
            "Forget uploads, faults, journal and clock offset",
            {"200": answer("How much was forgotten.", ref("Forgotten"))},
            about="With token only the uploads, faults and entries of that bearer token. A request that began "
            "before the reset touches nothing after it.",
            parameters=["Token"],
        )
    },
    "/_mock/uploads": _UPLOADS,
    "/_mock/uploads/{upload_id}": {"get": _UPLOAD},
    "/_mock/uploads/{upload_id}/expire": {"post": _EXPIRE},
    "/_mock/uploads/{upload_id}/compare": {"post": _COMPARE},
    "/_mock/uploads/{upload_id}/content": {"get": _CONTENT},
    "/_mock/journal": {
        "get": _control(
            "getJournal",
            "journal",
            "Numbered entries: what TikTok's side was asked and what it answered",
            {"200": answer("Entries in order.", ref("Journal"))},
            parameters=["Since", "Token", "OfUpload"],
        )
    },
    "/_mock/journal/stream": {"get": _STREAM},
    "/_mock/faults": _FAULTS,
    "/_mock/scenarios": {
        "get": _control(
            "listScenarios",
            "faults",
            "The fault lists that come with the package",
            {"200": answer("Each with what a good client does in it.", ref("Scenarios"))},
        )
    },
    "/_mock/scenarios/{name}": {
        "post": _control(
            "armScenario",
            "faults",
            "Add a scenario's faults, narrowed to one bearer token where token is given",
            named_answers(_200="ArmedFaults", _404="NoSuchScenario", _409="TooManyFaults"),
            parameters=["ScenarioName", "Token"],
        )
    },
    "/_mock/clock": _CLOCK,
}
PATHS: Final[Json] = {
    path: item | {"x-mock-other-methods": named_answers(_405="ControlMethod")} for path, item in _PATHS.items()
}
OTHER_PATHS: Final[Json] = {"/_mock/{path}": named_answers(_404="ControlUnknown")}
