"""creator_info/query."""

import pytest
from aiohttp.test_utils import TestClient

from mockserver.journal import Entry

CREATOR_INFO = "/v2/post/publish/creator_info/query/"
INIT = "/v2/post/publish/video/init/"
ONE = {"Authorization": "Bearer act.one"}
Client = TestClient[object, object]


@pytest.mark.parametrize("body", [None, b"", b"{}", b'{"anything": 1}'], ids=["none", "empty", "object", "more"])
async def test_the_creator(client: Client, body: bytes | None) -> None:
    # S-CREATOR-INFO; fields and their types: creator info reference
    answer = await client.post(CREATOR_INFO, data=body, headers=ONE | {"Content-Type": "application/json"})
    told = await answer.json()
    assert (answer.status, told["error"]["code"]) == (200, "ok")
    assert {name: type(value).__name__ for name, value in told["data"].items()} == {
        "creator_avatar_url": "str",
        "creator_username": "str",
        "creator_nickname": "str",
        "privacy_level_options": "list",
        "comment_disabled": "bool",
        "duet_disabled": "bool",
        "stitch_disabled": "bool",
        "max_video_post_duration_sec": "int",
    }
    assert told["data"]["privacy_level_options"] == ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]


async def test_init_takes_each_level_that_it_offers(client: Client) -> None:
    told = await (await client.post(CREATOR_INFO, headers=ONE)).json()
    source = {"source": "FILE_UPLOAD", "video_size": 10_000, "chunk_size": 5000, "total_chunk_count": 2}
    for level in told["data"]["privacy_level_options"]:
        body = {"post_info": {"privacy_level": level}, "source_info": source}
        answer = await client.post(INIT, json=body, headers=ONE)
        assert (answer.status, "X-Mock-Warning" in answer.headers) == (200, False)


async def test_a_level_that_it_does_not_offer_is_remarked(client: Client) -> None:
    """Accepted, for another creator may have it; a client that asked creator_info would not send it."""
    source = {"source": "FILE_UPLOAD", "video_size": 10_000, "chunk_size": 5000, "total_chunk_count": 2}
    body = {"post_info": {"privacy_level": "FOLLOWER_OF_CREATOR"}, "source_info": source}
    answer = await client.post(INIT, json=body, headers=ONE)
    assert answer.status == 200
    assert answer.headers["X-Mock-Warning"] == (
        "creator_info does not offer FOLLOWER_OF_CREATOR: "
        "TikTok answers 403 privacy_level_option_mismatch to such a level"
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[]", "the body must be a JSON object, or nothing at all"),
        (b"{", "the body must be a JSON object: Expecting property name"),
        (b"a=1", "the body must be a JSON object: Expecting value"),
    ],
)
async def test_a_body_that_is_none(client: Client, body: bytes, reason: str) -> None:
    answer = await client.post(CREATOR_INFO, data=body, headers=ONE)
    assert (answer.status, answer.headers["X-Mock-Clause"]) == (400, "S-INIT-BODY")
    assert answer.headers["X-Mock-Reason"].startswith(reason)


async def test_without_a_token(client: Client) -> None:
    answer = await client.post(CREATOR_INFO)
    assert (answer.status, (await answer.json())["error"]["code"]) == (401, "access_token_invalid")


async def test_by_get(client: Client) -> None:
    assert (await client.get(CREATOR_INFO, headers=ONE)).status == 405


async def test_its_journal_entry_and_a_scenario_of_it(client: Client) -> None:
    assert (await client.post("/_mock/scenarios/creator-capped")).status == 200
    codes = []
    for path in (CREATOR_INFO, CREATOR_INFO, INIT):
        answer = await client.post(path, headers=ONE)
        codes.append((answer.status, (await answer.json())["error"]["code"]))
    assert codes == [(status, "spam_risk_too_many_posts") for status in (200, 200, 403)]
    await client.delete("/_mock/faults")
    assert (await client.post(CREATOR_INFO, headers=ONE)).status == 200
    entries: list[Entry] = client.server.entries  # type: ignore[attr-defined]
    asked = [one for one in entries if one.path == CREATOR_INFO]
    assert [(one.operation, one.clause, one.upload_id) for one in asked] == [
        ("creator_info", "", None),
        ("creator_info", "", None),
        ("creator_info", "S-CREATOR-INFO", None),
    ]
