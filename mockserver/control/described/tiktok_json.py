"""JSON of TikTok's side in the OpenAPI document."""

from typing import Final

from mockserver.control.described.parts import (
    COUNT,
    FLAG,
    NULL,
    POSITIVE,
    TEXT,
    Json,
    optional,
    record,
    ref,
    rows,
    said,
    tolerant,
)
from mockserver.protocol import names
from mockserver.protocol.source import MOST_CHUNKS

_FLAGS: Final = (
    "disable_comment",
    "disable_duet",
    "disable_stitch",
    "brand_content_toggle",
    "brand_organic_toggle",
    "is_aigc",
)
_FLAG_OR_NULL: Final[Json] = {"type": ["boolean", "null"]}


def _refusal(code: Json, message: Json, **data: Json) -> Json:
    """The error envelope; `data` is there with access_token_invalid alone (A8)."""
    return record(error=record(code=code, message=message, log_id=ref("LogId")), **data)


_OK: Final = record(code={"const": names.OK}, message={"const": ""}, log_id=ref("LogId"))
SCHEMAS: Final[Json] = {
    "PublishId": {"type": "string", "maxLength": 64, "pattern": "^v_(pub_file~v2-1|inbox_file~v2)\\.[0-9]+$"},
    "PrivacyLevel": {"enum": sorted(names.PRIVACY_LEVELS)},
    "PostStatus": {"enum": ["PROCESSING_UPLOAD", "PUBLISH_COMPLETE", "SEND_TO_USER_INBOX"]},
    "LogId": {"type": "string", "pattern": "^[0-9]{14}[0-9A-F]{20}$"},
    "Nothing": said("Says nothing. With put_body=empty there is no body (A6).", NULL),
    "DirectPostInit": tolerant(record(post_info=ref("PostInfo"), source_info=ref("SourceInfo"))),
    "DraftInit": tolerant(record(source_info=ref("SourceInfo"))),
    "PostInfo": tolerant(
        optional(
            record(
                "S-INIT-POST-INFO.",
                privacy_level=ref("PrivacyLevel"),
                title={
                    "description": "In UTF-16 code units.",
                    "type": ["string", "null"],
                    "maxLength": names.LONGEST_TITLE,
                },
                video_cover_timestamp_ms={"description": "Not looked at.", "type": "integer"},
                **dict.fromkeys(_FLAGS, _FLAG_OR_NULL),
            ),
            "title",
            "video_cover_timestamp_ms",
            *_FLAGS,
        )
    ),
    "SourceInfo": {
        "oneOf": [ref("FileUpload"), ref("PullFromUrl")],
        "discriminator": {
            "propertyName": "source",
            "mapping": {
                names.FILE_UPLOAD: "#/components/schemas/FileUpload",
                names.PULL_FROM_URL: "#/components/schemas/PullFromUrl",
            },
        },
    },
    "FileUpload": tolerant(
        record(
            "total_chunk_count is video_size / chunk_size rounded down (S-PLAN-COUNT); for the sizes S-PLAN-*.",
            source={"const": names.FILE_UPLOAD},
            video_size=POSITIVE,
            chunk_size=POSITIVE,
            total_chunk_count={"type": "integer", "minimum": 1, "maximum": MOST_CHUNKS},
        )
    ),
    "PullFromUrl": tolerant(
        record(
            "Always refused (S-INIT-SOURCE).",
            source={"const": names.PULL_FROM_URL},
            video_url={"type": "string", "pattern": "^https://"},
        )
    ),
    "StatusFetch": tolerant(record(publish_id=TEXT)),
    "CreatorAnswer": record(
        data=record(
            creator_avatar_url=TEXT,
            creator_username=TEXT,
            creator_nickname=TEXT,
            privacy_level_options=rows(ref("PrivacyLevel")),
            max_video_post_duration_sec=POSITIVE,
            **dict.fromkeys(("comment_disabled", "duet_disabled", "stitch_disabled"), FLAG),
        ),
        error=_OK,
    ),
    "InitAnswer": record(
        data=record(
            publish_id=ref("PublishId"),
            upload_url={
                "type": "string",
                "maxLength": 256,
                "pattern": "^https?://[^/]+/(video/|upload)\\?upload_id=[0-9]{19}&upload_token=[0-9a-f-]{36}$",
            },
        ),
        error=_OK,
    ),
    "StatusAnswer": record(
        data=optional(
            record(
                status=ref("PostStatus"),
                uploaded_bytes=COUNT,
                publicaly_available_post_id={
                    "description": "Their spelling. With PUBLISH_COMPLETE of a public post only.",
                    **rows(POSITIVE),
                },
            ),
            "publicaly_available_post_id",
        ),
        error=_OK,
    ),
    "InvalidParams": _refusal(
        {"const": names.INVALID_PARAMS},
        {
            "enum": [
                names.CHUNK_SIZE_INVALID,
                names.CHUNK_COUNT_INVALID,
                names.SOURCE_INFO_INVALID,
                names.POST_INFO_INVALID,
                names.FIELDS_INVALID,
            ]
        },
    ),
    "TokenInvalid": _refusal(
        {"const": names.ACCESS_TOKEN_INVALID},
        {"const": names.TOKEN_INVALID},
        data={"type": "object", "maxProperties": 0},
    ),
    "UrlUnverified": _refusal({"const": names.URL_OWNERSHIP_UNVERIFIED}, {"const": names.URL_UNVERIFIED}),
    "PublishIdRefused": _refusal(
        {"enum": [names.INVALID_PUBLISH_ID, names.PUBLISH_ID_NOT_YOURS]},
        {"enum": [names.PUBLISH_ID_UNKNOWN, names.PUBLISH_ID_FOREIGN]},
    ),
    "PathUnsupported": _refusal({"const": names.UNSUPPORTED_PATH}, {"const": names.PATH_UNSUPPORTED}),
}
