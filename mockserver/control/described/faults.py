"""Faults in the OpenAPI document: kinds, moments and targets come from the tables of mockserver.faults."""

from typing import Final

from mockserver.control.described.parts import (
    COUNT,
    LARGEST,
    NULL,
    POSITIVE,
    TEXT,
    Json,
    either,
    optional,
    record,
    ref,
    rows,
    said,
)
from mockserver.faults.kinds import EFFECTS, LAST_CHUNK, MOMENTS, NEED_AN_UPLOAD, Operation, When
from mockserver.faults.reading import LARGEST_BODY, MOST_SECONDS

_SOME_TEXT: Final[Json] = {"type": ["string", "null"], "minLength": 1}
_PRINTABLE: Final[Json] = {"type": "string", "minLength": 1, "pattern": "^[ -~]+$"}
_HEADERS: Final[Json] = {
    "description": "Content-Length and Transfer-Encoding are the server's own.",
    "type": "object",
    "propertyNames": {"pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},
    "additionalProperties": {"type": "string", "pattern": "^[ -~]*$"},
}

_DOES: Final = {
    "status": "Another answer.",
    "close": "A FIN.",
    "reset": "A RST.",
    "stall": "Waits on the mock's clock, then goes on.",
    "throttle": "Reads the body no faster.",
    "truncate": "The answer, status line and all, cut after so many bytes.",
    "garbage": "Bytes that are not HTTP instead of an answer.",
    "progress": "Another number in the progress header; null, or no value, is no header.",
    "redirect": "Sends the client elsewhere.",
    "expire": "The upload is expired from then on (S-URL-EXPIRED).",
    "forget": "The upload is unknown from then on (S-URL-UNKNOWN).",
}
_PARAMETERS: Final[dict[str, Json]] = {
    "status": {
        "status": {"type": "integer", "minimum": 200, "maximum": 599},
        "headers": _HEADERS,
        "body": {"type": "string", "maxLength": LARGEST_BODY},
    },
    "stall": {"seconds": {"type": "number", "exclusiveMinimum": 0, "maximum": MOST_SECONDS}},
    "throttle": {"bytes_per_second": {"type": "number", "exclusiveMinimum": 0, "maximum": 2**53}},
    "truncate": {"bytes": COUNT},
    "progress": {"value": either(COUNT, NULL)},
    "redirect": {"location": _PRINTABLE, "status": {"enum": [301, 302, 303, 307, 308], "default": 307}},
}
_OPTIONAL: Final = {"status": ("headers", "body"), "progress": ("value",), "redirect": ("status",)}


def _effect(kind: str) -> Json:
    parameters = _PARAMETERS.get(kind, {})
    return optional(record(_DOES[kind], kind={"const": kind}, **parameters), *_OPTIONAL.get(kind, ()))


def _fault(kind: str) -> Json:
    """A fault of one kind, with the moments and targets that make sense for it."""
    words = [when.value for when in MOMENTS[kind] if when is not When.AT_BYTE]
    moments = [ref("AtByte")] if When.AT_BYTE in MOMENTS[kind] else []
    fault = record(
        on=ref("ChunkTarget") if kind in NEED_AN_UPLOAD else either(ref("CallTarget"), ref("ChunkTarget")),
        when=either({"enum": words}, *moments),
        do=ref(f"{kind.title()}Effect"),
        times=ref("Times"),
        skip=ref("Skip"),
    )
    return optional(fault, "times", "skip")


_SHOWN_TARGET: Final = ("operation", "chunk", "upload_id", "token")
SCHEMAS: Final[Json] = {
    "Fault": {
        "description": "On what it strikes, when, and what it does; one schema for each kind.",
        "oneOf": [ref(f"{kind.title()}Fault") for kind in EFFECTS],
    },
    **{f"{kind.title()}Fault": _fault(kind) for kind in EFFECTS},
    "FaultOrFaults": either(
        ref("Fault"), rows(ref("Fault")), record(faults=either(ref("Fault"), rows(ref("Fault"))))
    ),
    "CallTarget": optional(
        record(
            operation={"enum": [one.value for one in Operation if one is not Operation.CHUNK]},
            chunk=NULL,
            upload_id=NULL,
            token=said("Only requests with it.", _SOME_TEXT),
        ),
        *_SHOWN_TARGET[1:],
    ),
    "ChunkTarget": optional(
        record(
            operation={"const": Operation.CHUNK.value},
            chunk={
                "description": "The planned chunk that starts at FIRST, counted from 1; -1 is the last, null any.",
                "type": ["integer", "null"],
                "minimum": LAST_CHUNK,
                "not": {"const": 0},
                "maximum": LARGEST,
            },
            upload_id=_SOME_TEXT,
            token=said("Only uploads of it.", _SOME_TEXT),
        ),
        *_SHOWN_TARGET[1:],
    ),
    "Moment": either({"enum": [when.value for when in When if when is not When.AT_BYTE]}, ref("AtByte")),
    "AtByte": record("As soon as so many bytes of the body were read; nothing is committed.", at_byte=COUNT),
    "Times": {
        "description": "How often it fires; null, or forever, is without end.",
        "anyOf": [POSITIVE, NULL, {"const": "forever"}],
        "default": 1,
    },
    "Skip": {"description": "So many matches pass first.", **COUNT, "default": 0},
    "Effect": {
        "oneOf": [ref(f"{kind.title()}Effect") for kind in EFFECTS],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {kind: f"#/components/schemas/{kind.title()}Effect" for kind in EFFECTS},
        },
    },
    **{f"{kind.title()}Effect": _effect(kind) for kind in EFFECTS},
    "ArmedFaults": record(faults=rows(ref("ArmedFault"))),
    "ArmedFault": record(
        "A fault as it was added, with how often it fired and what is left.",
        id=POSITIVE,
        on=either(ref("CallTarget"), ref("ChunkTarget")) | {"required": list(_SHOWN_TARGET)},
        when=ref("Moment"),
        do=ref("Effect"),
        times=either(POSITIVE, NULL),
        skip=COUNT,
        fired=COUNT,
        left=said("Null is without end.", either(COUNT, NULL)),
    ),
    "FiredFault": record(
        "The fault that struck a request.",
        id=POSITIVE,
        kind={"enum": list(EFFECTS)},
        when={"enum": [when.value for when in When]},
    ),
    "Scenarios": record(scenarios=rows(ref("Scenario"))),
    "Scenario": record(
        name=TEXT,
        title=TEXT,
        good_client=said("What a good client does in it.", TEXT),
        faults=said("How many it has.", POSITIVE),
    ),
}
