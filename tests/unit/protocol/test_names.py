"""Texts as TikTok's public API spells them (reference, sections 1.2, 1.7 and 3.1)."""

import pytest

from mockserver.protocol import names


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (names.CONTENT_RANGE, "Content-Range"),
        (names.CONTENT_TYPE, "Content-Type"),
        (names.FILE_UPLOAD, "FILE_UPLOAD"),
        (names.PULL_FROM_URL, "PULL_FROM_URL"),
        (names.OK, "ok"),
        (names.INVALID_PARAMS, "invalid_params"),
        (names.ACCESS_TOKEN_INVALID, "access_token_invalid"),
        (names.URL_OWNERSHIP_UNVERIFIED, "url_ownership_unverified"),
        (names.INVALID_PUBLISH_ID, "invalid_publish_id"),
        (names.PUBLISH_ID_NOT_YOURS, "token_not_authorized_for_specified_publish_id"),
        (names.INTERNAL_ERROR, "internal_error"),
        (names.CHUNK_SIZE_INVALID, "The chunk size is invalid"),
        (names.CHUNK_COUNT_INVALID, "The total chunk count is invalid"),
        (names.SOURCE_INFO_INVALID, "The request source info is empty or incorrect"),
        (names.POST_INFO_INVALID, "The request post info is empty or incorrect"),
        (names.FIELDS_INVALID, "One or more fields in request is invalid."),
        (names.TOKEN_INVALID, "The access token is invalid or not found in the request."),
    ],
)
def test_spelling(ours: str, theirs: str) -> None:
    assert ours == theirs


def test_the_types_of_video() -> None:
    assert {"video/mp4", "video/quicktime", "video/webm"} == names.VIDEO_TYPES


def test_the_privacy_levels() -> None:
    levels = {"PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"}
    assert levels == names.PRIVACY_LEVELS
