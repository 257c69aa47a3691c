"""Both init endpoints: shapes, ids, codes and texts of the reference."""

import io
import json
import re
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from mockserver.protocol.rules import PROFILES

DIRECT = "/v2/post/publish/video/init/"
DRAFT = "/v2/post/publish/inbox/video/init/"
STATUS = "/v2/post/publish/status/fetch/"
BEARER = {"Authorization": "Bearer act.one"}
SOURCE = {"source": "FILE_UPLOAD", "video_size": 15_000, "chunk_size": 5000, "total_chunk_count": 3}
BODY = {"post_info": {"privacy_level": "SELF_ONLY", "title": "hello"}, "source_info": SOURCE}
Client = TestClient[Any, Any]


def error_of(body: dict[str, Any]) -> tuple[str, str]:
    """Code and message of an envelope whose log_id has the known form."""
    assert set(body["error"]) == {"code", "message", "log_id"}
    assert re.fullmatch(r"20260101\d{6}[0-9A-F]{20}", body["error"]["log_id"])
    return body["error"]["code"], body["error"]["message"]


@pytest.mark.parametrize(
    ("path", "publish_id"), [(DIRECT, r"v_pub_file~v2-1\.7\d{18}"), (DRAFT, r"v_inbox_file~v2\.7\d{18}")]
)
async def test_good_init(client: Client, path: str, publish_id: str) -> None:
    # S-INIT-ANSWER
    answer = await client.post(path, json=BODY, headers=BEARER)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["X-Mock-Clause"] == "S-INIT-ANSWER"
    body = await answer.json()
    assert set(body) == {"data", "error"}
    assert error_of(body) == ("ok", "")
    assert set(body["data"]) == {"publish_id", "upload_url"}
    assert re.fullmatch(publish_id, body["data"]["publish_id"])
    assert len(body["data"]["publish_id"]) <= 64
    query = r"upload_id=7\d{18}&upload_token=[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    assert re.fullmatch(rf"http://127\.0\.0\.1:{client.port}/video/\?{query}", body["data"]["upload_url"])
    assert len(body["data"]["upload_url"]) <= 256


async def test_observed_profile_gives_the_path_seen_in_the_wild(serve: Any) -> None:
    client = await serve(profile="observed", rules=PROFILES["observed"].with_mb(1000))
    body = await (await client.post(DRAFT, json=BODY, headers=BEARER)).json()
    assert f"http://127.0.0.1:{client.port}/upload?upload_id=7" in body["data"]["upload_url"]


async def test_a_hundred_inits_share_no_id(client: Client) -> None:
    # S-INIT-UNIQUE
    answers = [await client.post(DIRECT, json=BODY, headers=BEARER) for _ in range(100)]
    bodies = [(await answer.json())["data"] for answer in answers]
    assert len({body["publish_id"] for body in bodies}) == 100
    assert len({body["upload_url"].split("upload_id=")[1].split("&")[0] for body in bodies}) == 100
    assert len({body["upload_url"].split("upload_token=")[1] for body in bodies}) == 100


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer  "},
        {"Authorization": "Basic eA=="},
    ],
    ids=["none", "empty", "no token", "blank token", "other scheme"],
)
@pytest.mark.parametrize("path", [DIRECT, DRAFT, STATUS])
async def test_no_usable_token(client: Client, path: str, headers: dict[str, str]) -> None:
    # S-INIT-AUTH: the token is judged before the body
    answer = await client.post(path, data=b"not json", headers=headers)
    assert answer.status == 401
    body = await answer.json()
    assert error_of(body) == ("access_token_invalid", "The access token is invalid or not found in the request.")
    assert body["data"] == {}
    assert (await (await client.get("/_mock/uploads")).json()) == {"uploads": []}


async def test_only_listed_tokens_are_accepted(serve: Any) -> None:
    client = await serve(tokens=["act.one", "act.zwö"])
    for token, status in [("act.one", 200), ("act.zwö", 200), ("act.two", 401), ("act.one2", 401)]:
        answer = await client.post(DIRECT, json=BODY, headers={"Authorization": f"bearer {token}"})
        assert answer.status == status, token


NOT_OBJECTS = {
    "empty": b"",
    "not json": b"{",
    "array": b"[]",
    "string": b'"x"',
    "number": b"1",
    "null": b"null",
    "NaN": b'{"a": NaN}',
    "not UTF-8": b'{"a": "\xff"}',
    "deeply nested": b"[" * 100_000,
    "deeply nested object": b'{"a":' * 100_000,
    "form": b"source=FILE_UPLOAD&video_size=5",
}


@pytest.mark.parametrize("raw", NOT_OBJECTS.values(), ids=NOT_OBJECTS.keys())
@pytest.mark.parametrize("path", [DIRECT, DRAFT, STATUS])
async def test_body_that_is_no_object(
    client: Client, path: str, raw: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    # S-INIT-BODY
    answer = await client.post(path, data=raw, headers=BEARER)
    assert answer.status == 400
    body = await answer.json()
    assert error_of(body)[0] == "invalid_params"
    assert "data" not in body
    assert answer.headers["X-Mock-Clause"] == "S-INIT-BODY"
    assert capfd.readouterr().err == ""


async def test_form_body_is_named_in_the_reason(client: Client) -> None:
    answer = await client.post(DIRECT, data={"source": "FILE_UPLOAD"}, headers=BEARER)
    assert answer.status == 400
    assert "form" in answer.headers["X-Mock-Reason"]


@pytest.mark.parametrize("field", ["video_size", "chunk_size", "total_chunk_count"])
@pytest.mark.parametrize(
    "written",
    ['"5000"', "5000.0", "5e3", "true", "null", "-1", "0", "9223372036854775808", "9" * 5000, "[5000]", "{}"],
    ids=[
        "text",
        "float",
        "exponent",
        "boolean",
        "null",
        "negative",
        "zero",
        "2**63",
        "5000 digits",
        "list",
        "object",
    ],
)
async def test_number_that_is_none(client: Client, field: str, written: str) -> None:
    # S-PLAN-FIELDS, as bytes on the wire: a JSON library could not write them all
    raw = json.dumps({"source_info": {**SOURCE, field: "@"}}).replace('"@"', written)
    answer = await client.post(DRAFT, data=raw, headers=BEARER)
    assert answer.status == 400
    assert error_of(await answer.json()) == ("invalid_params", "The request source info is empty or incorrect")
    assert answer.headers["X-Mock-Clause"] == "S-PLAN-FIELDS"
    assert field in answer.headers["X-Mock-Reason"]


@pytest.mark.parametrize(
    "change", [{"post_info": None}, {"post_info": {}}, {"post_info": {"privacy_level": "FRIENDS"}}]
)
async def test_post_info_is_judged_before_source_info(client: Client, change: dict[str, Any]) -> None:
    # S-INIT-POST-INFO
    answer = await client.post(DIRECT, json={**BODY, **change, "source_info": None}, headers=BEARER)
    assert answer.status == 400
    assert error_of(await answer.json()) == ("invalid_params", "The request post info is empty or incorrect")
    # A draft needs none.
    assert (await client.post(DRAFT, json={**BODY, **change}, headers=BEARER)).status == 200


@pytest.mark.parametrize(
    "source", [None, [], "FILE_UPLOAD", {}, {**SOURCE, "source": "FILE"}, {**SOURCE, "source": None}]
)
async def test_source_info_that_is_none(client: Client, source: object) -> None:
    answer = await client.post(DIRECT, json={**BODY, "source_info": source}, headers=BEARER)
    assert answer.status == 400
    assert error_of(await answer.json()) == ("invalid_params", "The request source info is empty or incorrect")


async def test_pull_from_url_is_refused_like_an_unverified_domain(client: Client) -> None:
    source = {"source": "PULL_FROM_URL", "video_url": "https://example.com/v.mp4"}
    answer = await client.post(DIRECT, json={**BODY, "source_info": source}, headers=BEARER)
    assert answer.status == 403
    assert error_of(await answer.json())[0] == "url_ownership_unverified"


async def test_unknown_fields_are_tolerated(client: Client) -> None:
    source = {**SOURCE, "video_type": "mp4"}
    assert (await client.post(DIRECT, json={**BODY, "source_info": source, "x": 1}, headers=BEARER)).status == 200


async def test_ten_megabytes_of_init_are_refused_and_the_server_lives(client: Client) -> None:
    answer = await client.post(DIRECT, data=io.BytesIO(b" " * 10_000_000), headers=BEARER)
    assert answer.status == 413
    assert error_of(await answer.json())[0] == "invalid_params"

    async def endless() -> Any:
        for _ in range(40):
            yield b" " * 262_144

    answer = await client.post(DIRECT, data=endless(), headers=BEARER)
    assert answer.status == 413
    assert (await client.post(DIRECT, json=BODY, headers=BEARER)).status == 200


async def test_compressed_init_is_not_inflated(client: Client) -> None:
    answer = await client.post(
        DIRECT, data=b"\x1f\x8b\x08\x00rest", headers={**BEARER, "Content-Encoding": "gzip"}
    )
    assert answer.status == 400
    assert error_of(await answer.json())[0] == "invalid_params"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", [DIRECT, DRAFT, STATUS])
async def test_other_methods(client: Client, path: str, method: str) -> None:
    # S-INIT-ENVELOPE
    answer = await client.request(method, path, headers=BEARER)
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert error_of(await answer.json())[0] == "invalid_params"


@pytest.mark.parametrize(
    "path", ["/", "/v2/post/publish/video/", "/v2/post/publish/video/init", "/video", "/upload/x", "/%00", "/%FF"]
)
async def test_unknown_paths(client: Client, path: str) -> None:
    answer = await client.post(path, json=BODY, headers=BEARER)
    assert answer.status == 404
    assert error_of(await answer.json()) == ("unsupported_path", "Unsupported path(Janus)")


async def test_an_endpoint_that_tiktok_has_and_the_mock_has_not_is_told_so(client: Client) -> None:
    answer = await client.post("/v2/post/publish/content/init/", headers=BEARER)
    assert answer.status == 404
    assert answer.headers["X-Mock-Reason"].startswith(
        "TikTok has /v2/post/publish/content/init/, this mock has not"
    )


async def test_reason_says_that_paths_end_in_a_slash(client: Client) -> None:
    answer = await client.post("/v2/post/publish/video/init", json=BODY, headers=BEARER)
    assert "TikTok's paths end in a slash" in answer.headers["X-Mock-Reason"]


async def test_plan_that_one_reading_refuses_carries_a_warning(client: Client) -> None:
    source = {**SOURCE, "video_size": 15_001}
    good = await client.post(DRAFT, json=BODY, headers=BEARER)
    assert "X-Mock-Warning" not in good.headers
    warned = await client.post(
        DRAFT, json={**BODY, "source_info": {**SOURCE, "video_size": 17_000}}, headers=BEARER
    )
    assert warned.status == 200
    assert "A1" in warned.headers["X-Mock-Warning"]
    assert "5666" in warned.headers["X-Mock-Warning"]
    # 15,001 bytes in three: 5000 each is an equal split too.
    split = await client.post(DRAFT, json={**BODY, "source_info": source}, headers=BEARER)
    assert "X-Mock-Warning" not in split.headers


async def test_no_explain_leaves_our_headers_out(serve: Any) -> None:
    client = await serve(explain=False)
    for body in (BODY, {}):
        answer = await client.post(DRAFT, json=body, headers=BEARER)
        assert not [name for name in answer.headers if name.lower().startswith("x-mock")]


@pytest.mark.parametrize("host", ["mock.internal:8080", "localhost", "[::1]:99"])
async def test_upload_url_is_where_the_client_came(client: Client, host: str) -> None:
    answer = await client.post(DRAFT, json=BODY, headers={**BEARER, "Host": host})
    assert (await answer.json())["data"]["upload_url"].startswith(f"http://{host}/video/?")


@pytest.mark.parametrize("host", ["a" * 200, "bad host", "x/y", "h\u00e4st"])
async def test_host_that_fits_no_url_is_not_echoed(client: Client, host: str) -> None:
    answer = await client.post(DRAFT, json=BODY, headers={**BEARER, "Host": host})
    url = (await answer.json())["data"]["upload_url"]
    assert url.startswith(f"http://127.0.0.1:{client.port}/video/?")


async def test_public_url_beats_the_host_header(serve: Any) -> None:
    client = await serve(public_url="https://open-upload.tiktokapis.com")
    body = await (await client.post(DRAFT, json=BODY, headers=BEARER)).json()
    assert body["data"]["upload_url"].startswith("https://open-upload.tiktokapis.com/video/?upload_id=7")
