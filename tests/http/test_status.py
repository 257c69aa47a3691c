"""status/fetch."""

from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from mockserver.clock import ManualClock

STATUS = "/v2/post/publish/status/fetch/"
ONE = {"Authorization": "Bearer act.one"}
TWO = {"Authorization": "Bearer act.two"}
Client = TestClient[Any, Any]


async def upload(client: Client, kind: str, level: str = "SELF_ONLY") -> tuple[str, str]:
    source = {"source": "FILE_UPLOAD", "video_size": 10_000, "chunk_size": 5000, "total_chunk_count": 2}
    body = {"post_info": {"privacy_level": level}, "source_info": source}
    path = "/v2/post/publish/video/init/" if kind == "direct" else "/v2/post/publish/inbox/video/init/"
    data = (await (await client.post(path, json=body, headers=ONE)).json())["data"]
    return data["publish_id"], data["upload_url"]


async def put(client: Client, url: str, first: int) -> int:
    headers = {"Content-Type": "video/mp4", "Content-Range": f"bytes {first}-{first + 4999}/10000"}
    async with client.session.put(url, data=b"x" * 5000, headers=headers) as answer:
        return answer.status


async def data_of(client: Client, publish_id: str) -> Any:
    answer = await client.post(STATUS, json={"publish_id": publish_id}, headers=ONE)
    assert answer.status == 200
    body = await answer.json()
    assert body["error"]["code"] == "ok"
    return body["data"]


@pytest.mark.parametrize(("kind", "end"), [("direct", "PUBLISH_COMPLETE"), ("draft", "SEND_TO_USER_INBOX")])
async def test_life_of_a_post(serve: Any, clock: ManualClock, kind: str, end: str) -> None:
    # S-STATUS-UPLOADED, S-STATUS-END
    client = await serve(publish_delay=10)
    publish_id, url = await upload(client, kind)
    assert await data_of(client, publish_id) == {"status": "PROCESSING_UPLOAD", "uploaded_bytes": 0}
    assert await put(client, url, 0) == 206
    assert await data_of(client, publish_id) == {"status": "PROCESSING_UPLOAD", "uploaded_bytes": 5000}
    assert await put(client, url, 5000) == 201
    clock.advance(9.999)
    assert await data_of(client, publish_id) == {"status": "PROCESSING_UPLOAD", "uploaded_bytes": 10_000}
    clock.advance(0.001)
    assert await data_of(client, publish_id) == {"status": end, "uploaded_bytes": 10_000}


async def test_public_post_has_a_post_id_as_a_raw_integer(client: Client) -> None:
    publish_id, url = await upload(client, "direct", "PUBLIC_TO_EVERYONE")
    assert [await put(client, url, 0), await put(client, url, 5000)] == [206, 201]
    ids = (await data_of(client, publish_id))["publicaly_available_post_id"]
    assert len(ids) == 1
    assert type(ids[0]) is int
    assert len(str(ids[0])) == 19


async def test_another_users_post(client: Client) -> None:
    # S-STATUS-OWNER
    publish_id, _ = await upload(client, "direct")
    answer = await client.post(STATUS, json={"publish_id": publish_id}, headers=TWO)
    assert answer.status == 400
    body = await answer.json()
    assert body["error"]["code"] == "token_not_authorized_for_specified_publish_id"
    assert "data" not in body


@pytest.mark.parametrize(
    "body", [{}, {"publish_id": None}, {"publish_id": 1}, {"publish_id": ""}, {"publish_id": "v_pub_file~v2-1.7"}]
)
async def test_unknown_post(client: Client, body: object) -> None:
    # S-STATUS-UNKNOWN
    answer = await client.post(STATUS, json=body, headers=ONE)
    assert answer.status == 400
    assert (await answer.json())["error"]["code"] == "invalid_publish_id"
