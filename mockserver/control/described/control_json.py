"""JSON of /_mock/ in the OpenAPI document, faults apart."""

from typing import Final

from mockserver.control.described.parts import (
    COUNT,
    FLAG,
    NULL,
    POSITIVE,
    SOME_TEXT,
    TEXT,
    TEXT_OR_NULL,
    Json,
    either,
    optional,
    record,
    ref,
    rows,
    said,
    tolerant,
)
from mockserver.control.steering import LONGEST_STEP
from mockserver.ledger import MOST_SENDINGS
from mockserver.protocol.rules import PROFILES, SMALLEST_MB, SWITCHES

_NUMBER: Final[Json] = {"type": "number"}
_SECONDS: Final[Json] = {"description": "Seconds.", "type": "number", "minimum": 0}
_STATUS: Final[Json] = {"type": "integer", "minimum": 200, "maximum": 599}
_NO_ANSWER: Final = "Null where no answer, or none that is whole, was sent."

SCHEMAS: Final[Json] = {
    "ControlError": record(error=said("One sentence: what came, what was wanted.", SOME_TEXT)),
    "Document": tolerant(
        record(
            openapi={"const": "3.1.0"},
            info={"type": "object"},
            servers={"type": "array", "minItems": 1},
            paths={"type": "object"},
            components={"type": "object"},
        )
    ),
    "Health": record(
        status={"const": "ok"},
        version=TEXT,
        profile={"enum": list(PROFILES)},
        rules=ref("Rules"),
        limits=ref("Limits"),
        url_lifetime=_SECONDS,
        publish_delay=_SECONDS,
        digest=said("none, or the algorithm of each chunk's digest.", TEXT),
        keep=said("The directory of --keep.", TEXT_OR_NULL),
    ),
    "Rules": record(
        "The switches in force.",
        mb=said(
            "Bytes; two numbers where 5 MB and 64 MB count in different units.",
            either({"type": "integer", "minimum": SMALLEST_MB}, {"type": "string", "pattern": "^[0-9]+/[0-9]+$"}),
        ),
        largest_video=either(POSITIVE, NULL),
        **{name: {"enum": [choice.value for choice in choices]} for name, choices in SWITCHES.items()},
    ),
    "Limits": record(
        "5, 64 and 128 MB in bytes.", smallest_chunk=POSITIVE, largest_chunk=POSITIVE, largest_final_chunk=POSITIVE
    ),
    "Forgotten": record(forgotten=record(uploads=COUNT, faults=COUNT, entries=COUNT)),
    "ForgottenFaults": record(forgotten=record(faults=COUNT)),
    "Time": {"description": "ISO 8601, UTC, to the microsecond.", "type": "string", "format": "date-time"},
    "Uploads": record(uploads=rows(ref("Upload"))),
    "Upload": record(
        upload_id=ref("UploadId"),
        publish_id=ref("PublishId"),
        status=ref("PostStatus"),
        draft=FLAG,
        title=TEXT_OR_NULL,
        privacy_level=either(ref("PrivacyLevel"), NULL),
        video_size=POSITIVE,
        chunk_size=POSITIVE,
        total_chunk_count=POSITIVE,
        uploaded_bytes=COUNT,
        complete=FLAG,
        expired=FLAG,
        issued_at=ref("Time"),
        expires_at=ref("Time"),
        chunks=rows(record(first=COUNT, last=COUNT, digest=ref("Digest"))),
        ledger=rows(ref("LedgerRow")),
    ),
    "UploadId": {"type": "string", "pattern": "^[0-9]{19}$"},
    "Digest": {"description": "Null under --digest none.", "type": ["string", "null"], "pattern": "^[0-9a-f]+$"},
    "LedgerRow": record(
        "One byte range and who sent it.",
        first=COUNT,
        last=COUNT,
        times=said("How often it was sent.", POSITIVE),
        kept=said("Whether its bytes are part of the upload.", FLAG),
        digest=ref("Digest"),
        requests={
            "description": "The last of them.",
            "type": "array",
            "minItems": 1,
            "maxItems": MOST_SENDINGS,
            "items": record(
                sequence=said("Its number in the journal.", POSITIVE),
                at=ref("Time"),
                peer=TEXT,
                status=said(_NO_ANSWER, either(_STATUS, NULL)),
                received=said("Bytes of body read.", COUNT),
                kept=FLAG,
            ),
        },
    ),
    "Expired": record(upload_id=ref("UploadId"), expired={"const": True}),
    "Comparison": record(
        equal=FLAG,
        first_difference=said(
            "The first chunk that is another one or is missing; first and last are its edges.",
            either(
                record(
                    chunk=POSITIVE,
                    first=COUNT,
                    last=COUNT,
                    looks_like=said("chunk N or the file's start, whose bytes it holds.", TEXT_OR_NULL),
                ),
                NULL,
            ),
        ),
    ),
    "Journal": record(
        entries=rows(ref("Entry")),
        last=said("Number of the newest entry there ever was.", COUNT),
        dropped=said("Entries that had to make room.", COUNT),
    ),
    "Entry": record(
        "One request to TikTok's side. Credentials are masked, bodies are never in it.",
        sequence=POSITIVE,
        peer=said("Address and port of the other side.", TEXT),
        operation=said("Null for other requests.", {"enum": ["creator_info", "init", "status", "chunk", None]}),
        token=said("The bearer token it belongs to, masked.", TEXT_OR_NULL),
        upload_id=TEXT_OR_NULL,
        chunk=said("The planned chunk that starts at FIRST, counted from 1.", either(POSITIVE, NULL)),
        content_range=TEXT_OR_NULL,
        request=said("Null where the bytes were no HTTP request (S-HTTP).", either(ref("Head"), NULL)),
        received=said("Bytes of body read.", COUNT),
        answer=said(_NO_ANSWER, either(record(status=_STATUS, headers=ref("Headers")), NULL)),
        clause={"type": "string", "pattern": "^(S-[A-Z0-9-]+)?$"},
        reason=TEXT,
        warning=TEXT,
        fault=either(ref("FiredFault"), NULL),
        times=record(
            first_byte=ref("Instant"),
            last_byte=said("Null where the body did not become whole.", either(ref("Instant"), NULL)),
            answer=ref("Instant"),
        ),
    ),
    "Instant": record("One moment on the mock's clock and on the wall's.", clock=ref("Time"), wall=ref("Time")),
    "Head": record(method=TEXT, target=TEXT, version={"enum": ["HTTP/1.1", "HTTP/1.0"]}, headers=ref("Headers")),
    "Headers": {
        "description": "Names and values in the order received or sent.",
        "type": "array",
        "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": TEXT},
    },
    "ClockChange": {
        "minProperties": 1,
        **optional(
            record(
                advance={"description": "Seconds.", "type": "number", "minimum": 0, "maximum": LONGEST_STEP},
                freeze=said("True stops it, false lets it run on.", FLAG),
            ),
            "advance",
            "freeze",
        ),
    },
    "Clock": record(
        now=ref("Time"),
        seconds=said("The same since the Unix epoch.", _NUMBER),
        offset=said("Seconds ahead of the machine; negative where it was frozen.", _NUMBER),
        frozen=FLAG,
    ),
}
