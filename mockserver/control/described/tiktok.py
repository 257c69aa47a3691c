"""TikTok's side in the OpenAPI document: creator_info, both inits, status/fetch, and PUT to the upload_url."""

from typing import Final

from mockserver.control.described.parts import (
    TEXT,
    Json,
    answer,
    either,
    json_body,
    named_answers,
    operation,
    ref,
)
from mockserver.protocol import names

_WHY = ("X-Mock-Clause", "X-Mock-Reason")
_WHY_AND_WARNING = (*_WHY, "X-Mock-Warning")
_PROGRESS = ("Content-Range", *_WHY_AND_WARNING)
_SOURCE: Final[Json] = {
    "source": names.FILE_UPLOAD,
    "video_size": 50_000_123,
    "chunk_size": 10_000_000,
    "total_chunk_count": 5,
}
_POST: Final[Json] = {"privacy_level": "SELF_ONLY", "title": "Seven seconds of sea"}


_EXPLANATION: Final[Json] = {"type": "string", "maxLength": 512, "pattern": "^[ -~]+$"}
HEADERS: Final[Json] = {
    "Content-Range": {
        "description": "Bytes uploaded so far, before any byte bytes 0-0/TOTAL. With progress=last_index the last "
        "index, and before any byte no header; with progress=omit never (A4).",
        "schema": {"type": "string", "pattern": "^bytes 0-[0-9]+/[0-9]+$"},
    },
    "X-Mock-Clause": {
        "description": "The clause that decided. Not with --no-explain.",
        "schema": {"type": "string", "pattern": "^S-[A-Z0-9-]+$"},
    },
    "X-Mock-Reason": {
        "description": "What was expected and what came. Not with --no-explain.",
        "schema": _EXPLANATION,
    },
    "X-Mock-Warning": {
        "description": "Why the plan is legal under one reading only (A1 to A3), that creator_info does not offer "
        "the privacy level, or that a PUT carries the access "
        "token (C-URL-NO-BEARER). Not with --no-explain.",
        "schema": _EXPLANATION,
    },
    "Allow": {"description": "The methods that the path takes.", "schema": {"type": "string", "minLength": 3}},
    "Access-Control-Allow-Origin": {"schema": {"const": "*"}},
    "Access-Control-Allow-Methods": {"schema": {"const": "PUT"}},
    "Access-Control-Allow-Headers": {"schema": {"const": "Content-Type, Content-Range"}},
    "Access-Control-Max-Age": {"schema": {"const": "600"}},
}

PARAMETERS: Final[Json] = {
    "UploadId": {
        "name": "upload_id",
        "in": "query",
        "required": True,
        "description": "Part of the upload_url, which is used as it is (C-URL-OPAQUE).",
        "schema": TEXT,
    },
    "UploadToken": {
        "name": "upload_token",
        "in": "query",
        "required": True,
        "description": "Part of the upload_url, which is used as it is (C-URL-OPAQUE).",
        "schema": TEXT,
    },
    "ContentRange": {
        "name": "Content-Range",
        "in": "header",
        "required": True,
        "description": "bytes FIRST-LAST/TOTAL, zero based, both ends inclusive; TOTAL is video_size.",
        "schema": {"type": "string", "pattern": "^bytes [0-9]+-[0-9]+/[0-9]+$"},
        "example": "bytes 0-9999999/50000123",
    },
}

_NOTHING: Final = ref("Nothing")
RESPONSES: Final[Json] = {
    "Creator": answer("S-CREATOR-INFO.", ref("CreatorAnswer"), headers=_WHY),
    "CreatorBodyInvalid": answer("S-INIT-BODY; S-HTTP.", ref("InvalidParams"), headers=_WHY),
    "Initialised": answer("An upload task was made (S-INIT-ANSWER).", ref("InitAnswer"), headers=_WHY_AND_WARNING),
    "InvalidParams": answer(
        "S-INIT-BODY, S-INIT-POST-INFO, S-INIT-SOURCE, S-PLAN-*; S-HTTP.", ref("InvalidParams"), headers=_WHY
    ),
    "TokenInvalid": answer(
        "No bearer token, or one that is not accepted (S-INIT-AUTH).", ref("TokenInvalid"), headers=_WHY
    ),
    "UrlUnverified": answer(
        "PULL_FROM_URL: here no domain is verified (S-INIT-SOURCE).", ref("UrlUnverified"), headers=_WHY
    ),
    "CallTooLarge": answer(
        "The body has more than 1,048,576 bytes (S-INIT-BODY).", ref("InvalidParams"), headers=_WHY
    ),
    "CallTakesPost": answer(
        "The endpoint takes POST (S-INIT-ENVELOPE).", ref("InvalidParams"), headers=("Allow", *_WHY)
    ),
    "PathUnsupported": answer(
        "No endpoint has this path (S-INIT-ENVELOPE).", ref("PathUnsupported"), headers=_WHY
    ),
    "PostStatus": answer("S-STATUS-UPLOADED, S-STATUS-END.", ref("StatusAnswer"), headers=_WHY),
    "InvalidPublishId": answer(
        "S-STATUS-UNKNOWN, S-STATUS-OWNER; S-INIT-BODY; S-HTTP.",
        either(ref("PublishIdRefused"), ref("InvalidParams")),
        headers=_WHY,
    ),
    "UploadCompleteOk": answer(
        "All bytes are in (S-CHUNK-201, A6).", _NOTHING, headers=_PROGRESS, rule="final_status=200"
    ),
    "UploadComplete": answer(
        "All bytes are in (S-CHUNK-201).", _NOTHING, headers=_PROGRESS, rule="final_status=201"
    ),
    "ChunkAccepted": answer("The chunk is in, others are missing (S-CHUNK-206).", _NOTHING, headers=_PROGRESS),
    "ChunkRefused": answer(
        "S-HEAD-*, S-BODY-SHORT, S-BODY-CODING, S-CHUNK-PLANNED-SIZE; after_end=400. The error envelope where the "
        "HTTP parser refuses (S-HTTP, a second Content-Range).",
        either(_NOTHING, ref("InvalidParams")),
        headers=_WHY_AND_WARNING,
    ),
    "UploadUrlExpired": answer(
        "S-URL-EXPIRED; with wrong_token=403 S-URL-TOKEN (A14).", _NOTHING, headers=_WHY_AND_WARNING
    ),
    "UploadUrlUnknown": answer("S-URL-UNKNOWN, S-URL-TOKEN; after_end=404.", _NOTHING, headers=_WHY_AND_WARNING),
    "ChunkLengthRequired": answer(
        "No Content-Length (S-HEAD-LENGTH-MISSING, A17).",
        _NOTHING,
        headers=_WHY_AND_WARNING,
        rule="missing_length=411",
    ),
    "ChunkTypeUnsupported": answer(
        "Content-Type is none of the three (S-HEAD-TYPE, A15).",
        _NOTHING,
        headers=_WHY_AND_WARNING,
        rule="content_type=415",
    ),
    "ChunkMisplaced": answer(
        "Not the next chunk: S-ORDER-*; missing_range=416, wrong_total=416, off_plan=416.",
        _NOTHING,
        headers=_PROGRESS,
    ),
    "ChunkNotKept": answer(
        "With --keep: the bytes could not be written, nothing changed (S-ATOMIC-5XX).",
        _NOTHING,
        headers=_WHY_AND_WARNING,
    ),
    "UploadTakesPut": answer("An upload_url takes PUT (S-HEAD-METHOD).", _NOTHING, headers=("Allow", *_WHY)),
    "Preflight": answer(
        "OPTIONS (S-HEAD-METHOD, A17).",
        headers=(*(name for name in HEADERS if name.startswith("Access-Control-")), *_WHY),
        rule="cors=on",
    ),
}


def _call(name: str, summary: str, about: str, body: Json, answers: Json) -> Json:
    common = named_answers(_401="TokenInvalid", _413="CallTooLarge")
    post = operation(
        name,
        "tiktok",
        summary,
        dict(sorted((answers | common).items())),
        about=about,
        body=body,
        security="userToken",
    )
    return {"post": post, "x-mock-other-methods": named_answers(_405="CallTakesPost")}


def _upload_url(name: str, summary: str) -> Json:
    video: Json = {"type": "string", "format": "binary"}
    body = {
        "required": True,
        "description": "Bytes FIRST to LAST as they are: a body is never inflated (S-BODY-CODING).",
        "content": {kind: {"schema": video} for kind in sorted(names.VIDEO_TYPES)},
    }
    answers = named_answers(
        _200="UploadCompleteOk",
        _201="UploadComplete",
        _206="ChunkAccepted",
        _400="ChunkRefused",
        _403="UploadUrlExpired",
        _404="UploadUrlUnknown",
        _411="ChunkLengthRequired",
        _415="ChunkTypeUnsupported",
        _416="ChunkMisplaced",
        _500="ChunkNotKept",
    )
    put = operation(
        name,
        "tiktok",
        summary,
        answers,
        about="Content-Length is LAST - FIRST + 1. Judged in this order, and the first that applies answers: "
        "upload_id and token, expiry, headers, TOTAL, place, length, body.",
        parameters=list(PARAMETERS),
        body=body,
        security="",
    )
    return {"put": put, "x-mock-other-methods": named_answers(_204="Preflight", _405="UploadTakesPut")}


_INIT_ANSWERS: Final = named_answers(_200="Initialised", _400="InvalidParams", _403="UrlUnverified")
PATHS: Final[Json] = {
    "/v2/post/publish/creator_info/query/": _call(
        "queryCreatorInfo",
        "Who posts, and what they may choose",
        "The body may be empty.",
        {**json_body({"type": "object"}, {}), "required": False},
        named_answers(_200="Creator", _400="CreatorBodyInvalid"),
    ),
    "/v2/post/publish/video/init/": _call(
        "initDirectPost",
        "Declare a video and its post; answers with the upload_url",
        "Checked in this order: token, JSON, post_info, source_info fields, chunk size, chunk count.",
        json_body(ref("DirectPostInit"), {"post_info": _POST, "source_info": _SOURCE}),
        _INIT_ANSWERS,
    ),
    "/v2/post/publish/inbox/video/init/": _call(
        "initDraft",
        "Declare a video that becomes a draft; answers with the upload_url",
        "Checked in this order: token, JSON, source_info fields, chunk size, chunk count.",
        json_body(ref("DraftInit"), {"source_info": _SOURCE}),
        _INIT_ANSWERS,
    ),
    "/v2/post/publish/status/fetch/": _call(
        "fetchStatus",
        "How far a post is",
        "",
        json_body(ref("StatusFetch"), {"publish_id": "v_inbox_file~v2.7600000000000000001"}),
        named_answers(_200="PostStatus", _400="InvalidPublishId"),
    ),
    "/video/": _upload_url("putChunk", "Send a chunk to the upload_url"),
    "/upload": _upload_url("putChunkAtUpload", "The same under the path that live upload_urls have (A10)"),
    "/upload/": _upload_url("putChunkAtUploadSlash", "The same under the path that older pages show (A10)"),
}
OTHER_PATHS: Final[Json] = {"/{path}": named_answers(_404="PathUnsupported")}
