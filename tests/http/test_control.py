"""The control surface and who may use it."""

from typing import Any

import pytest
from aiohttp.test_utils import TestClient

Client = TestClient[Any, Any]


async def test_health_tells_profile_rules_and_limits(client: Client) -> None:
    body = await (await client.get("/_mock/health")).json()
    assert body["status"] == "ok"
    assert body["profile"] == "documented"
    assert body["rules"]["mb"] == 1000
    assert body["rules"]["progress"] == "count"
    assert body["limits"] == {"smallest_chunk": 5000, "largest_chunk": 64_000, "largest_final_chunk": 128_000}


async def test_uploads_are_listed_shown_and_forgotten(client: Client) -> None:
    source = {"source": "FILE_UPLOAD", "video_size": 10_000, "chunk_size": 5000, "total_chunk_count": 2}
    answer = await client.post(
        "/v2/post/publish/inbox/video/init/", json={"source_info": source}, headers={"Authorization": "Bearer t"}
    )
    url = (await answer.json())["data"]["upload_url"]
    headers = {"Content-Type": "video/mp4", "Content-Range": "bytes 0-4999/10000"}
    async with client.session.put(url, data=b"\0" * 5000, headers=headers) as put:
        assert put.status == 206
    listed = (await (await client.get("/_mock/uploads")).json())["uploads"]
    assert len(listed) == 1
    shown = await (await client.get(f"/_mock/uploads/{listed[0]['upload_id']}")).json()
    assert shown == listed[0]
    assert {name: shown[name] for name in ("uploaded_bytes", "complete", "expired", "status")} == {
        "uploaded_bytes": 5000,
        "complete": False,
        "expired": False,
        "status": "PROCESSING_UPLOAD",
    }
    # xxh3_128 of 5000 zero bytes, computed with the xxhsum command
    assert [(chunk["first"], chunk["last"], len(chunk["digest"])) for chunk in shown["chunks"]] == [(0, 4999, 32)]
    assert [(row["first"], row["last"], row["times"], row["kept"]) for row in shown["ledger"]] == [
        (0, 4999, 1, True)
    ]
    forgotten = {"uploads": 1, "faults": 0, "entries": 2}
    assert await (await client.post("/_mock/reset")).json() == {"forgotten": forgotten}
    assert (await client.get(f"/_mock/uploads/{listed[0]['upload_id']}")).status == 404


async def test_unknown_control_path_names_itself(client: Client) -> None:
    answer = await client.get("/_mock/nothing")
    assert answer.status == 404
    assert "/_mock/nothing" in (await answer.json())["error"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "localhost"}, 200),
        ({"Host": "localhost:8080"}, 200),
        ({"Host": "127.0.0.1:1"}, 200),
        ({"Host": "[::1]:1"}, 200),
        ({"Host": "tiktok-mock:8080"}, 200),
        ({"Host": "attacker.example"}, 403),
        ({"Host": "127.0.0.1.attacker.example"}, 403),
        ({"Host": "8.8.8.8"}, 403),
        ({"Host": "["}, 403),
        ({"Host": ""}, 403),
        ({"Origin": "http://attacker.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "localhost:1", "Origin": "http://localhost:1"}, 200),
        ({"Host": "localhost:1", "Origin": "http://localhost:2"}, 403),
    ],
)
@pytest.mark.parametrize("path", ["/_mock/health", "/_mock/uploads"])
async def test_web_pages_and_rebound_names_are_kept_out(
    serve: Any, headers: dict[str, str], status: int, path: str
) -> None:
    client = await serve(allow_hosts=["tiktok-mock"])
    answer = await client.get(path, headers=headers)
    assert answer.status == status, await answer.text()


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        ("/_mock/health", None, 200),
        ("/_mock/uploads", None, 401),
        ("/_mock/uploads", "wrong", 401),
        ("/_mock/uploads", "secret", 200),
        ("/_mock/nothing", None, 401),
    ],
)
async def test_control_token(serve: Any, path: str, token: str | None, status: int) -> None:
    client = await serve(control_token="secret")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    assert (await client.get(path, headers=headers)).status == status


async def test_a_wrong_method_is_told_the_right_ones(client: Client) -> None:
    for method, path, allowed in (
        ("PUT", "/_mock/health", "GET, HEAD"),
        ("GET", "/_mock/uploads/7/expire", "POST"),
        ("PUT", "/_mock/faults", "DELETE, GET, POST"),
    ):
        answer = await client.request(method, path)
        assert (answer.status, answer.headers["Allow"]) == (405, allowed)
        assert (await answer.json())["error"] == f"{path} takes {allowed}, got {method}"
