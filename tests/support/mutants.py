"""Broken servers, each an honest one behind a proxy that rewrites its answers in one way."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from support.perturbing import Passing, Rewrite


def _put(passing: Passing) -> bool:
    return passing.method == "PUT" and "upload_id" in passing.path


def status(old: int, new: int) -> Rewrite:
    """Another status on the answers to PUTs."""
    return lambda one: one.with_status(new) if _put(one) and one.status == old else one


def progress(change: Callable[[int, int], str | None], *statuses: int) -> Rewrite:
    """Another progress header; `change` is told count and total."""

    def rewrite(one: Passing) -> Passing:
        found = re.fullmatch(r"bytes 0-(\d+)/(\d+)", one.headers.get("Content-Range", ""))
        if not _put(one) or one.status not in (statuses or (201, 206)) or found is None:
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
        if not _put(one) or one.status not in (201, 206) or key in seen:
            return one
        seen.add(key)
        return replace(one, status=503, body=b"")

    return rewrite


def _uploaded(by: int) -> Callable[[dict[str, Any], Passing], None]:
    def change(body: dict[str, Any], _: Passing) -> None:
        if "uploaded_bytes" in body.get("data", {}):
            body["data"]["uploaded_bytes"] += by

    return change


def _set(*path: str, value: Any) -> Callable[[dict[str, Any], Passing], None]:
    def change(body: dict[str, Any], _: Passing) -> None:
        for name in path[:-1]:
            body = body.get(name, {})
        if path[-1] in body:
            body[path[-1]] = value

    return change


def _no_log_id(body: dict[str, Any], _: Passing) -> None:
    body["error"].pop("log_id", None)


def _no_token_in_url(body: dict[str, Any], _: Passing) -> None:
    if url := body.get("data", {}).get("upload_url"):
        body["data"]["upload_url"] = url.replace("upload_token", "token")


def _message(old: str, new: str) -> Callable[[dict[str, Any], Passing], None]:
    def change(body: dict[str, Any], _: Passing) -> None:
        if body["error"]["message"] == old:
            body["error"]["message"] = new

    return change


def _forgiving(code: str) -> Callable[[dict[str, Any], Passing], None]:
    def change(body: dict[str, Any], _: Passing) -> None:
        if body["error"]["code"] == code:
            body["error"]["code"] = "invalid_params"

    return change


SIZE = "The chunk size is invalid"
COUNT = "The total chunk count is invalid"
FETCH, INIT = "status/fetch", "video/init"

# name: the clause that has to catch it, every further clause that it breaks as well, and the proxy's deed
MUTANTS: dict[str, tuple[str, set[str], Callable[[], Rewrite]]] = {
    "200 for 201": ("S-CHUNK-201", {"S-CHUNK-EXAMPLE-50M", "S-CHUNK-EXAMPLE-4M"}, lambda: status(201, 200)),
    "206 for the last chunk": (
        "S-CHUNK-201",
        {"S-CHUNK-EXAMPLE-50M", "S-CHUNK-EXAMPLE-4M"},
        lambda: status(201, 206),
    ),
    "200 for 206": (
        "S-CHUNK-206",
        {"S-CHUNK-EXAMPLE-50M", "S-HEAD-TYPE", "S-BODY-SURPLUS", "S-BODY-CODING", "S-URL-EXPIRED"}
        | {"S-URL-LIFETIME", "S-ORDER-PARALLEL", "S-ISOLATED"},
        lambda: status(206, 200),
    ),
    "201 too early": (
        "S-CHUNK-206",
        {"S-CHUNK-EXAMPLE-50M", "S-HEAD-TYPE", "S-BODY-SURPLUS", "S-BODY-CODING", "S-URL-EXPIRED"}
        | {"S-URL-LIFETIME", "S-ORDER-PARALLEL", "S-ISOLATED"},
        lambda: status(206, 201),
    ),
    "progress one too many": ("S-CHUNK-PROGRESS", set(), lambda: progress(lambda n, t: f"bytes 0-{n + 1}/{t}")),
    "progress missing": ("S-CHUNK-PROGRESS", set(), lambda: progress(lambda _n, _t: None)),
    "progress stale": ("S-CHUNK-PROGRESS", set(), lambda: progress(lambda _n, t: f"bytes 0-0/{t}")),
    "progress of another total": (
        "S-CHUNK-PROGRESS",
        set(),
        lambda: progress(lambda n, t: f"bytes 0-{n}/{t + 1}"),
    ),
    "progress in other words": ("S-CHUNK-PROGRESS", set(), lambda: progress(lambda n, t: f"0-{n}/{t}")),
    "416 without progress": ("S-ORDER-416-PROGRESS", set(), lambda: progress(lambda _n, _t: None, 416)),
    "416 as 400": (
        "S-ORDER-GAP",
        {"S-ORDER-START", "S-ORDER-REPEAT", "S-ORDER-OVERLAP", "S-ORDER-PARALLEL"},
        lambda: status(416, 400),
    ),
    "400 as 416": (
        "S-HEAD-RANGE-MALFORMED",
        {"S-HEAD-RANGE-INVERTED", "S-HEAD-LENGTH-MISMATCH", "S-BODY-SHORT", "S-HEAD-TYPE"}
        | {"S-HEAD-LENGTH-MISSING", "S-BODY-CODING"},
        lambda: status(400, 416),
    ),
    "what is out of place accepted": (
        "S-ORDER-GAP",
        {"S-ORDER-START", "S-ORDER-REPEAT", "S-ORDER-OVERLAP", "S-ORDER-AFTER-END", "S-ORDER-PARALLEL"},
        lambda: status(416, 206),
    ),
    "expired as unknown": ("S-URL-EXPIRED", {"S-URL-LIFETIME"}, lambda: status(403, 404)),
    "unknown as bad": ("S-URL-UNKNOWN", {"S-URL-TOKEN"}, lambda: status(404, 400)),
    "5xx that commits": ("S-ATOMIC-5XX", set(), committing_5xx),
    "wrong count accepted": ("S-PLAN-COUNT", {"S-PLAN-COUNT-RANGE"}, lambda: accept_refused(COUNT)),
    "wrong size accepted": (
        "S-PLAN-CHUNK-MIN",
        {"S-PLAN-CHUNK-MAX", "S-PLAN-SMALL-WHOLE", "S-PLAN-LARGE-SPLIT", "S-PLAN-CHUNK-EXCEEDS"},
        lambda: accept_refused(SIZE),
    ),
    "count blamed on the size": (
        "S-PLAN-COUNT",
        {"S-PLAN-COUNT-RANGE"},
        lambda: answer_json(INIT, _message(COUNT, SIZE)),
    ),
    "status one byte too many": ("S-STATUS-UPLOADED", set(), lambda: answer_json(FETCH, _uploaded(1))),
    "status complete too early": (
        "S-STATUS-UPLOADED",
        {"S-STATUS-END"},
        lambda: answer_json(FETCH, _set("data", "status", value="PUBLISH_COMPLETE")),
    ),
    "status of strangers": (
        "S-STATUS-OWNER",
        set(),
        lambda: answer_json(FETCH, _forgiving("token_not_authorized_for_specified_publish_id")),
    ),
    "status of the unknown": (
        "S-STATUS-UNKNOWN",
        set(),
        lambda: answer_json(FETCH, _forgiving("invalid_publish_id")),
    ),
    "one publish_id for all": (
        "S-INIT-UNIQUE",
        {"S-STATUS-END", "S-STATUS-OWNER", "S-STATUS-UPLOADED"},
        lambda: answer_json(INIT, _set("data", "publish_id", value="v_pub_file~1")),
    ),
    "no upload_token": ("S-INIT-ANSWER", set(), lambda: answer_json(INIT, _no_token_in_url)),
    "no log_id": ("S-INIT-ENVELOPE", set(), lambda: answer_json("/v2/", _no_log_id)),
    "another code without a token": (
        "S-INIT-AUTH",
        set(),
        lambda: answer_json(INIT, _forgiving("access_token_invalid")),
    ),
}
