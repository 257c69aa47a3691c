"""Header, field, code and message texts as TikTok's public API spells them, in one place."""

from typing import Final

CONTENT_LENGTH: Final = "Content-Length"
CONTENT_RANGE: Final = "Content-Range"
CONTENT_TYPE: Final = "Content-Type"

VIDEO_TYPES: Final = frozenset({"video/mp4", "video/quicktime", "video/webm"})
"""Upload reference, headers."""

FILE_UPLOAD: Final = "FILE_UPLOAD"
PULL_FROM_URL: Final = "PULL_FROM_URL"

PRIVACY_LEVELS: Final = frozenset(
    {"PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"}
)
LONGEST_TITLE: Final = 2200
"""In UTF-16 code units."""

LARGEST_INT64: Final = 2**63 - 1

# error.code. The wire says invalid_params, the reference tables invalid_param (A7).
OK: Final = "ok"
INVALID_PARAMS: Final = "invalid_params"
ACCESS_TOKEN_INVALID: Final = "access_token_invalid"
URL_OWNERSHIP_UNVERIFIED: Final = "url_ownership_unverified"
INVALID_PUBLISH_ID: Final = "invalid_publish_id"
PUBLISH_ID_NOT_YOURS: Final = "token_not_authorized_for_specified_publish_id"
UNSUPPORTED_PATH: Final = "unsupported_path"
INTERNAL_ERROR: Final = "internal_error"

# error.message, as captured from the live service.
CHUNK_SIZE_INVALID: Final = "The chunk size is invalid"
CHUNK_COUNT_INVALID: Final = "The total chunk count is invalid"
SOURCE_INFO_INVALID: Final = "The request source info is empty or incorrect"
POST_INFO_INVALID: Final = "The request post info is empty or incorrect"
FIELDS_INVALID: Final = "One or more fields in request is invalid."
TOKEN_INVALID: Final = "The access token is invalid or not found in the request."
URL_UNVERIFIED: Final = (
    "Please review our URL ownership verification rules at https://developers.tiktok.com"
    "/doc/content-posting-api-media-transfer-guide/#pull_from_url"
)
PATH_UNSUPPORTED: Final = "Unsupported path(Janus)"

# Not captured anywhere in public; the wording is ours.
PUBLISH_ID_UNKNOWN: Final = "The publish_id is invalid."
PUBLISH_ID_FOREIGN: Final = "The access token is not authorized for the specified publish_id."
INTERNAL: Final = "Something is wrong. Please try again later."
