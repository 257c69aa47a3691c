"""Ways in which a proxy rewrites the answers of an honest server."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from support.perturbing import Passing, Rewrite


def is_put(passing: Passing) -> bool:
    return passing.method == "PUT" and "upload_id" in passing.path


def status(old: int, new: int) -> Rewrite:
    """Another status on the answers to PUTs."""
    return lambda one: one.with_status(new) if is_put(one) and one.status == old else one


def progress(change: Callable[[int, int], str | None], *statuses: int) -> Rewrite:
    """Another progress header; `change` is told count and total."""

    def rewrite(one: Passing) -> Passing:
        found = re.fullmatch(r"bytes 0-(\d+)/(\d+)", one.headers.get("Content-Range", ""))
        if not is_put(one) or one.status not in (statuses or (201, 206)) or found is None:
            return one
        return one.with_header("Content-Range", change(int(found[1]), int(found[2])))

    return rewrite


def answer_json(path: str, change: Callable[[dict[str, Any], Passing], None]) -> Rewrite:
    """Another JSON body on the answers of an endpoint."""

    def rewrite(one: Passing) -> Passing:
        if path not in one.path or not one.body.startswith(b"{"):
            return one
        body = json.loads(one.body)
        change(body, one)
        return replace(one, body=json.dumps(body).encode())

    return rewrite


def accept_refused(message: str) -> Rewrite:
    """Init lets pass what it refuses with this text."""
    data = {"publish_id": "v_pub_file~1", "upload_url": "http://127.0.0.1/video/?upload_id=1&upload_token=2"}
    good = json.dumps({"data": data, "error": {"code": "ok", "message": "", "log_id": "1"}}).encode()
    return lambda one: replace(one, status=200, body=good) if message.encode() in one.body else one


def committing_5xx() -> Rewrite:
    """The first acceptance of each range is told as a 503."""
    seen: set[tuple[str, str]] = set()

    def rewrite(one: Passing) -> Passing:
        span = re.search(r"Content-Range: ([^\r]*)", one.request)
        key = (one.path, span[1] if span else "")
        if not is_put(one) or one.status not in (201, 206) or key in seen:
            return one
        seen.add(key)
        return replace(one, status=503, body=b"")

    return rewrite


def uploaded(by: int) -> Callable[[dict[str, Any], Passing], None]:
    def change(body: dict[str, Any], _: Passing) -> None:
        if "uploaded_bytes" in body.get("data", {}):
            body["data"]["uploaded_bytes"] += by

    return change


def put_in(*path: str, value: Any) -> Callable[[dict[str, Any], Passing], None]:
    def change(body: dict[str, Any], _: Passing) -> None:
        for name in path[:-1]:
            body = body.get(name, {})
        if path[-1] in body:
            body[path[-1]] = value

    return change


def no_log_id(body: dict[str, Any], _: Passing) -> None:
    body["error"].pop("log_id", None)


def no_token_in_url(body: dict[str, Any], _: Passing) -> None:
    if url := body.get("data", {}).get("upload_url"):
        body["data"]["upload_url"] = url.replace("upload_token", "token")


def message(old: str, new: str) -> Callable[[dict[str, Any], Passing], None]:
    def change(body: dict[str, Any], _: Passing) -> None:
        if body["error"]["message"] == old:
            body["error"]["message"] = new

    return change


def another_code(old: str, new: str = "invalid_params") -> Callable[[dict[str, Any], Passing], None]:
    def change(body: dict[str, Any], _: Passing) -> None:
        if body["error"]["code"] == old:
            body["error"]["code"] = new

    return change


SIZE = "The chunk size is invalid"
COUNT = "The total chunk count is invalid"
FETCH, INIT, CREATOR = "status/fetch", "video/init", "creator_info/query"


def surplus_as_a_chunk() -> Rewrite:
    """Bytes behind a body, which are no request, are answered as if they were the next chunk."""

    def rewrite(one: Passing) -> Passing:
        told = one.headers.get("X-Mock-Clause") == "S-HTTP"
        return one.with_status(206) if is_put(one) and told else one

    return rewrite


def as_text(path: str, status: int) -> Rewrite:
    """Refusals of the JSON endpoints come as text."""

    def rewrite(one: Passing) -> Passing:
        if path not in one.path or one.status != status:
            return one
        return replace(one, body=b"no such thing").with_header("Content-Type", "text/plain")

    return rewrite


def for_everybody(path: str, data: dict[str, Any]) -> Rewrite:
    """Whoever comes without a token is told as well."""
    told = json.dumps({"data": data, "error": {"code": "ok", "message": "", "log_id": "1"}}).encode()
    return lambda one: replace(one, status=200, body=told) if path in one.path and one.status == 401 else one


def for_an_empty_token(path: str) -> Rewrite:
    """Whoever says 'Bearer' and no more is told as anybody was who had a token."""
    told = b""

    def rewrite(one: Passing) -> Passing:
        nonlocal told
        if path not in one.path:
            return one
        if one.status == 200:
            told = one.body
        empty = re.search(r"(?i)^Authorization: Bearer *\r$", one.request, re.MULTILINE)
        return replace(one, status=200, body=told) if empty and told else one

    return rewrite


def gone(path: str, status: int) -> Rewrite:
    """There is no such endpoint."""
    return lambda one: replace(one, status=status, body=b"") if path in one.path else one


def relative_url(body: dict[str, Any], _: Passing) -> None:
    if url := body.get("data", {}).get("upload_url"):
        body["data"]["upload_url"] = "/video/" + url.partition("/video/")[2]


def one_count_for_all() -> Rewrite:
    """The progress header counts the bytes of whatever upload was begun last."""
    count = 0

    def rewrite(one: Passing) -> Passing:
        nonlocal count
        span = re.search(r"Content-Range: bytes (\d+)-(\d+)/", one.request)
        if not is_put(one) or one.status not in (201, 206) or span is None:
            return one
        first, last = int(span[1]), int(span[2])
        count = (count if first else 0) + last + 1 - first
        total = one.headers["Content-Range"].rpartition("/")[2]
        return one.with_header("Content-Range", f"bytes 0-{count}/{total}")

    return rewrite
