"""What schemathesis cannot know from the document: real uploads to aim at, video bytes, and a check of our own.

Loaded by `schemathesis run` (schemathesis.toml says so); run.py sets FUZZ_BASE and FUZZ_SEEN.

A drawn upload_id or plan is never a real one, so most cases would end in 404 or 400. Some cases are led on to a
real upload just before they are sent; which ones is told by what was drawn, and so the same with the same seed.
"""

import json
import os
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from hypothesis import strategies as st

import schemathesis

BASE: Final = os.environ["FUZZ_BASE"]
SEEN: Final = Path(os.environ["FUZZ_SEEN"])
USER_TOKEN: Final = "fuzz"
CONTROL_TOKEN: Final = "steer"
SMALL: Final = 4999
"""Bytes below 5 MB where a MB has 1000: a video of one chunk."""

for media in ("video/mp4", "video/quicktime", "video/webm"):
    schemathesis.openapi.media_type(media, st.binary(max_size=200))


HEADERS: Final = st.dictionaries(
    st.sampled_from(
        [
            *("Content-Type", "Content-Encoding", "Transfer-Encoding", "Expect", "Connection", "Upgrade"),
            *("Accept", "Authorization", "Cookie", "If-Match", "Origin", "Range", "X-Any"),
        ]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f")).map(str.strip)
    | st.sampled_from(["video/mp4", "gzip", "identity", "chunked", "100-continue", "close"]),
    max_size=2,
)


@schemathesis.hook
def flatmap_headers(context: Any, headers: Any) -> Any:
    """Besides the documented header of a PUT, any others."""
    if not _is_put(context.operation):
        return st.just(headers)
    return HEADERS.map(lambda more: {**(headers or {}), **more})


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """5.0 is an integer to JSON Schema, and none to this server: it is not asked for here."""
    if isinstance(body, dict):
        return {name: map_body(context, value) for name, value in body.items()}
    if isinstance(body, list):
        return [map_body(context, value) for value in body]
    return int(body) if isinstance(body, float) and body.is_integer() else body


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Lead some cases on to something real."""
    drawn = _told_by(case)
    # Never changed in place: several cases may share what was drawn.
    if _is_put(case):
        PUTS[drawn % len(PUTS)](case)
    elif case.path == "/_mock/scenarios/{name}" and drawn % 2:
        case.path_parameters = {"name": "lost-answer"}
    elif "{upload_id}" in case.path and drawn % 2:
        case.path_parameters = {"upload_id": _busy_upload(b"v" * 1000)}
        if case.path.endswith("/compare") and drawn % 4 == 1:
            case.body = b"v" * 1000
    elif isinstance(case.body, dict) and drawn % 2:
        case.body = _led_on(case.body)


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Note which answers were seen."""
    with SEEN.open("a", encoding="utf-8") as seen:
        seen.write(f"{case.method} {case.path} {response.status_code}\n")


@schemathesis.check
def explained(ctx: Any, response: Any, case: Any) -> None:
    """TikTok's side says which clause decided, and 201, 206 and 416 how far the upload is."""
    assert response.headers.get("x-mock-clause"), "X-Mock-Clause is missing"
    assert response.headers.get("x-mock-reason"), "X-Mock-Reason is missing"
    if response.status_code in (201, 206, 416):
        assert response.headers.get("content-range"), "Content-Range is missing"


def _told_by(case: Any) -> int:
    """A number that is the same for the same case in every run."""
    body = case.body if isinstance(case.body, bytes | str | int | float | list | dict) else None
    return zlib.crc32(repr((case.path_parameters, case.query, body, dict(case.headers))).encode())


def _is_put(one: Any) -> bool:
    return one.method.upper() == "PUT" and one.path in ("/video/", "/upload", "/upload/")


def _as_drawn(case: Any) -> None:
    """Nothing real: an upload_url that nobody knows."""


def _range_as_drawn(case: Any) -> None:
    """A real upload, whatever the Content-Range."""
    case.query = _new_upload(SMALL)


def _wrong_token(case: Any) -> None:
    case.query = _new_upload(SMALL) | {"upload_token": "01234567-89ab-cdef-0123-456789abcdef"}


def _whole(case: Any) -> None:
    """The drawn bytes are the whole video."""
    case.body = _bytes_of(case)
    size = len(case.body)
    case.query = _new_upload(size)
    _set_range(case, f"bytes 0-{size - 1}/{size}")


def _first_of_two(case: Any) -> None:
    """The drawn bytes begin the first of two chunks."""
    case.body = _bytes_of(case).ljust(5000, b"\0")
    case.query = _new_upload(10_000, 5000)
    _set_range(case, "bytes 0-4999/10000")


def _after_the_end(case: Any) -> None:
    _whole(case)
    _put(case.query, case.body)


def _expired(case: Any) -> None:
    _whole(case)
    _ask("POST", f"/_mock/uploads/{case.query['upload_id']}/expire")


PUTS: Final[tuple[Callable[[Any], None], ...]] = (
    _as_drawn,
    _range_as_drawn,
    _wrong_token,
    _whole,
    _first_of_two,
    _after_the_end,
    _expired,
)


def _set_range(case: Any, text: str) -> None:
    case.headers = type(case.headers)({**case.headers, "Content-Range": text})


def _bytes_of(case: Any) -> bytes:
    return case.body if isinstance(case.body, bytes) and case.body else b"v"


def _led_on(body: dict[str, Any]) -> dict[str, Any]:
    """The same with a plan that the rules allow, or the publish_id of a post that is there."""
    if body.get("source") == "FILE_UPLOAD":
        return body | _plan(SMALL)
    source = body.get("source_info")
    if isinstance(source, dict) and source.get("source") == "FILE_UPLOAD":
        return body | {"source_info": source | _plan(SMALL)}
    if "publish_id" in body:
        init = {"source_info": _plan(SMALL)}
        made = _ask("POST", "/v2/post/publish/inbox/video/init/", init, USER_TOKEN)
        return body | {"publish_id": made["data"]["publish_id"]}
    return body


def _plan(size: int, chunk: int | None = None) -> dict[str, Any]:
    chunk = chunk or size
    return {
        "source": "FILE_UPLOAD",
        "video_size": size,
        "chunk_size": chunk,
        "total_chunk_count": size // chunk,
    }


def _new_upload(size: int, chunk: int | None = None) -> dict[str, str]:
    """The query of the upload_url of a new upload."""
    made = _ask("POST", "/_mock/uploads?token=fuzz", _plan(size, chunk))
    return {name: values[0] for name, values in parse_qs(urlsplit(made["data"]["upload_url"]).query).items()}


def _busy_upload(video: bytes) -> str:
    """A complete upload that has met a fault; its id. Journal and ledger then have something to show."""
    query = _new_upload(len(video))
    _ask("DELETE", "/_mock/faults")  # those of scenarios, which would strike this upload
    fault = {
        "on": {"operation": "chunk", "upload_id": query["upload_id"]},
        "when": "after_commit",
        "do": {"kind": "status", "status": 418},
    }
    _ask("POST", "/_mock/faults", fault)
    _put(query, video)
    return query["upload_id"]


def _put(query: dict[str, str], video: bytes) -> None:
    url = f"/video/?upload_id={query['upload_id']}&upload_token={query['upload_token']}"
    span = f"bytes 0-{len(video) - 1}/{len(video)}"
    _send("PUT", url, video, {"Content-Type": "video/mp4", "Content-Range": span})


def _ask(method: str, path: str, body: object = None, token: str = CONTROL_TOKEN) -> Any:
    sent = None if body is None else json.dumps(body).encode()
    return json.loads(_send(method, path, sent, {"Authorization": f"Bearer {token}"}))


def _send(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> bytes:
    request = urllib.request.Request(BASE + path, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        return error.read()
