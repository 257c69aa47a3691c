"""post_info of a direct post (reference, section 1.2)."""

from typing import Any

import pytest

from mockserver.protocol.posts import Post, PostInfo, read_post_info
from mockserver.protocol.verdicts import CallRefused

ROCKET = "\U0001f680"
"""One character, two UTF-16 code units."""
FLAGS = (
    "disable_comment",
    "disable_duet",
    "disable_stitch",
    "brand_content_toggle",
    "brand_organic_toggle",
    "is_aigc",
)


def assert_refused(value: object, reason: str) -> None:
    assert read_post_info(value) == CallRefused(
        "invalid_params", "The request post info is empty or incorrect", "S-INIT-POST-INFO", reason
    )


@pytest.mark.parametrize(
    "level", ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"]
)
def test_the_four_privacy_levels_are_known(level: str) -> None:
    assert read_post_info({"privacy_level": level}) == PostInfo(level, "")


@pytest.mark.parametrize(
    ("level", "came"),
    [
        pytest.param(None, "nothing", id="null"),
        pytest.param("", "''", id="empty"),
        pytest.param("self_only", "'self_only'", id="letter-case"),
        pytest.param("PRIVATE", "'PRIVATE'", id="unknown"),
        pytest.param("SELF_ONLY ", "'SELF_ONLY '", id="trailing-blank"),
        pytest.param(["SELF_ONLY"], "['SELF_ONLY']", id="list"),
        pytest.param(True, "True", id="boolean"),
        pytest.param("X" * 1000, "'XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", id="long-text-is-cut"),
    ],
)
def test_another_privacy_level_is_refused(level: object, came: str) -> None:
    allowed = "FOLLOWER_OF_CREATOR, MUTUAL_FOLLOW_FRIENDS, PUBLIC_TO_EVERYONE, SELF_ONLY"
    assert_refused({"privacy_level": level}, f"privacy_level must be one of {allowed}; got {came}")


def test_a_missing_privacy_level_is_refused() -> None:
    allowed = "FOLLOWER_OF_CREATOR, MUTUAL_FOLLOW_FRIENDS, PUBLIC_TO_EVERYONE, SELF_ONLY"
    assert_refused({"title": "t"}, f"privacy_level must be one of {allowed}; got nothing")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        pytest.param(None, "nothing", id="missing"),
        pytest.param("SELF_ONLY", "str", id="text"),
        pytest.param([{"privacy_level": "SELF_ONLY"}], "list", id="list"),
        pytest.param(1, "int", id="number"),
    ],
)
def test_a_post_info_that_is_no_object_is_refused(value: object, kind: str) -> None:
    assert_refused(value, f"post_info must be an object, got {kind}")


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        pytest.param("", "", id="empty"),
        pytest.param(None, "", id="null"),
        pytest.param("Hello #cats @me", "Hello #cats @me", id="text"),
        pytest.param("a" * 2200, "a" * 2200, id="2200-units"),
        pytest.param("\u00e9" * 2200, "\u00e9" * 2200, id="2200-units-of-two-bytes-in-utf-8"),
        pytest.param(ROCKET * 1100, ROCKET * 1100, id="1100-astral-characters"),
        pytest.param("a" + ROCKET * 1099 + "a", "a" + ROCKET * 1099 + "a", id="astral-between"),
        pytest.param("\ud83d", "\ud83d", id="half-a-pair-is-one-unit"),
    ],
)
def test_a_title_may_have_2200_utf_16_units(title: str | None, shown: str) -> None:
    assert read_post_info({"privacy_level": "SELF_ONLY", "title": title}) == PostInfo("SELF_ONLY", shown)


def test_a_post_needs_no_title() -> None:
    assert read_post_info({"privacy_level": "SELF_ONLY"}) == PostInfo("SELF_ONLY", "")


@pytest.mark.parametrize(
    ("title", "units"),
    [
        pytest.param("a" * 2201, 2201, id="2201-units"),
        pytest.param(ROCKET * 1100 + "a", 2201, id="1100-astral-characters-and-one"),
        pytest.param(ROCKET * 1101, 2202, id="1101-astral-characters"),
        pytest.param("\ud83d" * 2201, 2201, id="halves-of-pairs"),
    ],
)
def test_a_longer_title_is_refused(title: str, units: int) -> None:
    reason = f"title may have 2200 UTF-16 code units, got {units}"
    assert_refused({"privacy_level": "SELF_ONLY", "title": title}, reason)


@pytest.mark.parametrize(("title", "kind"), [(5, "int"), (True, "bool"), (["t"], "list"), ({}, "dict")], ids=str)
def test_a_title_that_is_no_text_is_refused(title: object, kind: str) -> None:
    assert_refused({"privacy_level": "SELF_ONLY", "title": title}, f"title must be a string, got {kind}")


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("value", [True, False, None], ids=str)
def test_a_flag_may_be_set_or_not(flag: str, value: bool | None) -> None:  # noqa: FBT001
    assert read_post_info({"privacy_level": "SELF_ONLY", flag: value}) == PostInfo("SELF_ONLY", "")


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize(
    ("value", "kind"), [("true", "str"), (1, "int"), (0, "int"), ([], "list"), ({}, "dict")], ids=repr
)
def test_a_flag_that_is_no_boolean_is_refused(flag: str, value: object, kind: str) -> None:
    assert_refused({"privacy_level": "SELF_ONLY", flag: value}, f"{flag} must be true or false, got {kind}")


def test_unknown_further_fields_are_tolerated() -> None:
    value: dict[str, Any] = {"privacy_level": "SELF_ONLY", "mood": "good", "video_cover_timestamp_ms": 1000}
    assert read_post_info(value) == PostInfo("SELF_ONLY", "")


@pytest.mark.parametrize(
    ("info", "draft"),
    [pytest.param(None, True, id="draft"), pytest.param(PostInfo("SELF_ONLY"), False, id="direct-post")],
)
def test_a_post_without_post_info_is_a_draft(info: PostInfo | None, draft: bool) -> None:  # noqa: FBT001
    assert Post("p", "owner", info, 1).draft is draft
