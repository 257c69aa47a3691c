"""What status/fetch says, as a function of time (S-STATUS-UPLOADED, S-STATUS-END)."""

from dataclasses import replace
from math import nextafter
from typing import Any

import pytest

from mockserver.protocol.posts import Post, PostInfo
from mockserver.protocol.publish import publish_status, status_data
from support.uploads import DRAFT, PUBLIC, upload_at

POST_ID = 7_600_000_000_000_000_003
FRIENDS = replace(PUBLIC, info=PostInfo("MUTUAL_FOLLOW_FRIENDS"))
COMPLETED = 1500.0
"""When `upload_at(15_000)` completed."""


@pytest.mark.parametrize("post", [DRAFT, PUBLIC], ids=["draft", "direct-post"])
@pytest.mark.parametrize("offset", [0, 5000, 10_000])
def test_while_bytes_are_missing_their_count_is_reported(post: Post, offset: int) -> None:
    expected = {"status": "PROCESSING_UPLOAD", "uploaded_bytes": offset}
    assert status_data(upload_at(offset, post=post), 2000.0) == expected


@pytest.mark.parametrize(
    ("post", "data"),
    [
        pytest.param(DRAFT, {"status": "SEND_TO_USER_INBOX", "uploaded_bytes": 15_000}, id="draft"),
        pytest.param(
            FRIENDS, {"status": "PUBLISH_COMPLETE", "uploaded_bytes": 15_000}, id="direct-post-for-friends"
        ),
        pytest.param(
            PUBLIC,
            {"status": "PUBLISH_COMPLETE", "uploaded_bytes": 15_000, "publicaly_available_post_id": [POST_ID]},
            id="direct-post-for-everyone",
        ),
    ],
)
def test_after_the_last_byte_each_flow_has_its_end(post: Post, data: dict[str, Any]) -> None:
    assert status_data(upload_at(15_000, post=post), COMPLETED) == data


@pytest.mark.parametrize("level", ["MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"])
def test_only_a_public_post_has_a_public_post_id(level: str) -> None:
    data = status_data(upload_at(15_000, post=replace(PUBLIC, info=PostInfo(level))), COMPLETED)
    assert "publicaly_available_post_id" not in data


DELAYED = upload_at(15_000, post=replace(PUBLIC, delay=60))


@pytest.mark.parametrize(
    ("now", "status"),
    [
        pytest.param(COMPLETED, "PROCESSING_UPLOAD", id="at-completion"),
        pytest.param(COMPLETED + 59.999, "PROCESSING_UPLOAD", id="short-of-the-delay"),
        pytest.param(nextafter(COMPLETED + 60, 0), "PROCESSING_UPLOAD", id="the-moment-before"),
        pytest.param(COMPLETED + 60, "PUBLISH_COMPLETE", id="on-the-second"),
        pytest.param(COMPLETED + 86_400, "PUBLISH_COMPLETE", id="a-day-later"),
    ],
)
def test_the_delay_counts_from_the_last_byte(now: float, status: str) -> None:
    assert publish_status(DELAYED, now) == status


def test_while_the_delay_lasts_all_bytes_are_uploaded_and_no_post_id_is_known() -> None:
    assert status_data(DELAYED, COMPLETED) == {"status": "PROCESSING_UPLOAD", "uploaded_bytes": 15_000}


def test_an_upload_that_expired_unfinished_stays_where_it_was() -> None:
    assert status_data(upload_at(5000), 90_000.0) == {"status": "PROCESSING_UPLOAD", "uploaded_bytes": 5000}


def test_a_completed_upload_is_published_after_its_url_expired() -> None:
    assert publish_status(DELAYED, 90_000.0) == "PUBLISH_COMPLETE"
