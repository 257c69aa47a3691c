"""Every documented refusal over a real socket, in all three profiles: status, progress header and clause."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from mockserver.clock import ManualClock
from mockserver.config import Config
from mockserver.protocol.rules import PROFILES
from support.commands import serving
from support.peer import Answer, Peer, put_head
from support.servers import ThreadServer
from support.steering import advance, arm, ask, call_head, fault, good, is_silent, journal, shown, upload_id

TOTAL = 15_000
CHUNK = b"a" * 5000
YEAR = 31_536_000
INIT = "/v2/post/publish/inbox/video/init/"
DIRECT = "/v2/post/publish/video/init/"
FETCH = "/v2/post/publish/status/fetch/"
PATHS = {"documented": "/video/", "observed": "/upload", "strict": "/video/"}


@pytest.fixture(params=["documented", "observed", "strict"])
def profile(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def server(profile: str, clock: ManualClock) -> Iterator[ThreadServer]:
    """A server of each profile, its MB 1000 bytes."""
    with ThreadServer(Config(profile=profile, rules=PROFILES[profile].with_mb(1000)), clock) as running:
        yield running


@pytest.fixture
def full_size(profile: str, clock: ManualClock) -> Iterator[ThreadServer]:
    """A server of each profile, its MB as it is."""
    with ThreadServer(Config(profile=profile, rules=PROFILES[profile]), clock) as running:
        yield running


@pytest.fixture
def path(server: ThreadServer) -> str:
    """An upload of three chunks of 5000, of which the first is in."""
    path = server.init(TOTAL, 5000, 3)
    with Peer(server.port) as peer:
        assert peer.put(path, 0, CHUNK, TOTAL).status == 206
    return path


# ───────────────────────────── init ─────────────────────────────

SIZE = "The chunk size is invalid"
COUNT = "The total chunk count is invalid"
SOURCE = "The request source info is empty or incorrect"
POST = "The request post info is empty or incorrect"
FIELDS = "One or more fields in request is invalid."
TOKEN = "The access token is invalid or not found in the request."
GOOD = {"source": "FILE_UPLOAD", "video_size": 15_000, "chunk_size": 5000, "total_chunk_count": 3}


def call(server: ThreadServer, path: str, body: object, *, token: str | None = "t") -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with Peer(server.port) as peer:
        peer.send(call_head(path, len(raw), token=token) + raw)
        return peer.answer()


def check_error(answer: Answer, status: int, code: str, message: str, clause: str) -> None:
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    body = answer.json()
    assert set(body["error"]) == {"code", "message", "log_id"}
    told = (answer.status, body["error"]["code"], body["error"]["message"], answer.headers.get("X-Mock-Clause"))
    assert told == (status, code, message, clause)
    assert body.get("data", {}) == {}


def plan(video_size: object, chunk_size: object, count: object) -> dict[str, object]:
    return GOOD | {"video_size": video_size, "chunk_size": chunk_size, "total_chunk_count": count}


PLANS: dict[str, tuple[dict[str, object], str, str]] = {
    "count rounded up": (plan(17_000, 5000, 4), COUNT, "S-PLAN-COUNT"),
    "count one less": (plan(15_000, 5000, 2), COUNT, "S-PLAN-COUNT"),
    "count beyond the size": (plan(15_000, 5000, 4), COUNT, "S-PLAN-COUNT"),
    "count 1001": (plan(5_005_000, 5000, 1001), COUNT, "S-PLAN-COUNT-RANGE"),
    "small video in two": (plan(4999, 2499, 2), SIZE, "S-PLAN-SMALL-WHOLE"),
    "small video, count 2": (plan(4999, 4999, 2), COUNT, "S-PLAN-COUNT"),
    "chunk below 5 MB": (plan(15_000, 4999, 3), SIZE, "S-PLAN-CHUNK-MIN"),
    "chunk above 64 MB": (plan(128_002, 64_001, 2), SIZE, "S-PLAN-CHUNK-MAX"),
    "64 MB and a byte in one": (plan(64_001, 64_000, 1), SIZE, "S-PLAN-LARGE-SPLIT"),
    "chunk above the video": (plan(15_000, 15_001, 1), SIZE, "S-PLAN-CHUNK-EXCEEDS"),
    "size before count": (plan(15_000, 4999, 99), SIZE, "S-PLAN-CHUNK-MIN"),
    "size 0": (plan(0, 5000, 3), SOURCE, "S-PLAN-FIELDS"),
    "size missing": (
        {"source": "FILE_UPLOAD", "chunk_size": 5000, "total_chunk_count": 3},
        SOURCE,
        "S-PLAN-FIELDS",
    ),
    "size as text": (plan("15000", 5000, 3), SOURCE, "S-PLAN-FIELDS"),
    "chunk as fraction": (plan(15_000, 5000.0, 3), SOURCE, "S-PLAN-FIELDS"),
    "chunk null": (plan(15_000, None, 3), SOURCE, "S-PLAN-FIELDS"),
    "count true": (GOOD | {"total_chunk_count": True}, SOURCE, "S-PLAN-FIELDS"),
    "count negative": (plan(15_000, 5000, -3), SOURCE, "S-PLAN-FIELDS"),
    "count beyond 64 bits": (plan(15_000, 5000, 2**63), SOURCE, "S-PLAN-FIELDS"),
    "source missing": ({"video_size": 5000, "chunk_size": 5000, "total_chunk_count": 1}, SOURCE, "S-INIT-SOURCE"),
    "source unknown": (GOOD | {"source": "FILE"}, SOURCE, "S-INIT-SOURCE"),
}


@pytest.mark.parametrize(("source", "message", "clause"), PLANS.values(), ids=PLANS)
def test_a_plan(server: ThreadServer, source: dict[str, object], message: str, clause: str) -> None:
    answer = call(server, INIT, {"source_info": source})
    check_error(answer, 400, "invalid_params", message, clause)
    assert good(server, "GET", "/_mock/uploads") == {"uploads": []}
    status, made = ask(server, "POST", "/_mock/uploads", source)
    assert (status, made["error"]["code"], made["error"]["message"]) == (400, "invalid_params", message)
    (entry,) = journal(server)
    assert (entry["answer"]["status"], entry["clause"], entry["operation"]) == (400, clause, "init")


def test_a_plan_that_only_some_readings_allow(server: ThreadServer, profile: str) -> None:
    # A3: one chunk, and chunk_size below video_size
    answer = call(server, INIT, {"source_info": plan(8000, 5000, 1)})
    if profile == "documented":
        assert answer.status == 200
        assert "A3" in answer.headers["X-Mock-Warning"]
    else:
        check_error(answer, 400, "invalid_params", SIZE, "S-PLAN-WHOLE-SIZE")


def test_a_video_above_4_gb(server: ThreadServer, profile: str) -> None:
    answer = call(server, INIT, {"source_info": plan(4_000_000_001, 64_000, 62_500)})
    if profile == "strict":
        check_error(answer, 400, "invalid_params", SOURCE, "S-PLAN-LARGEST")
    else:
        check_error(answer, 400, "invalid_params", COUNT, "S-PLAN-COUNT-RANGE")


LIMITS = {
    # smallest and largest chunk_size, largest video
    "documented": (5_242_880, 67_108_864, None),
    "observed": (5_000_000, 64_000_000, None),
    "strict": (5_242_880, 64_000_000, 4_000_000_000),
}


def test_limits_in_real_megabytes(full_size: ThreadServer, profile: str) -> None:
    smallest, largest, video = LIMITS[profile]
    for source, message, clause in (
        (plan(3 * smallest, smallest, 3), None, None),
        (plan(3 * smallest, smallest - 1, 3), SIZE, "S-PLAN-CHUNK-MIN"),
        (plan(2 * largest, largest, 2), None, None),
        (plan(2 * largest + 2, largest + 1, 2), SIZE, "S-PLAN-CHUNK-MAX"),
        (plan(largest, largest, 1), None, None),
        (plan(largest + 1, largest + 1, 1), SIZE, "S-PLAN-CHUNK-MAX"),
        (plan(4_000_000_000, 50_000_000, 80), None, None),
        (plan(4_000_000_001, 50_000_000, 80), SOURCE if video else None, "S-PLAN-LARGEST"),
    ):
        answer = call(full_size, INIT, {"source_info": source})
        if message is None:
            assert answer.status == 200, source
        else:
            check_error(answer, 400, "invalid_params", message, str(clause))


class Refusal(NamedTuple):
    body: object
    status: int
    code: str
    message: str
    clause: str
    path: str = INIT
    token: str | None = "t"


CALLS = {
    "no token": Refusal({"source_info": GOOD}, 401, "access_token_invalid", TOKEN, "S-INIT-AUTH", token=None),
    "no token, no JSON": Refusal(b"{", 401, "access_token_invalid", TOKEN, "S-INIT-AUTH", token=None),
    "status without token": Refusal({}, 401, "access_token_invalid", TOKEN, "S-INIT-AUTH", FETCH, None),
    "no JSON": Refusal(b"{", 400, "invalid_params", FIELDS, "S-INIT-BODY"),
    "nothing": Refusal(b"", 400, "invalid_params", FIELDS, "S-INIT-BODY"),
    "a list": Refusal([], 400, "invalid_params", FIELDS, "S-INIT-BODY"),
    "no source_info": Refusal({}, 400, "invalid_params", SOURCE, "S-INIT-BODY"),
    "source_info is text": Refusal({"source_info": "x"}, 400, "invalid_params", SOURCE, "S-INIT-BODY"),
    "no post_info": Refusal({"source_info": GOOD}, 400, "invalid_params", POST, "S-INIT-POST-INFO", DIRECT),
    "privacy_level": Refusal(
        {"post_info": {"privacy_level": "ME"}, "source_info": GOOD},
        400, "invalid_params", POST, "S-INIT-POST-INFO", DIRECT,
    ),
    "title of 2201": Refusal(
        {"post_info": {"privacy_level": "SELF_ONLY", "title": "x" * 2201}, "source_info": GOOD},
        400, "invalid_params", POST, "S-INIT-POST-INFO", DIRECT,
    ),
    "unknown path": Refusal(
        {}, 404, "unsupported_path", "Unsupported path(Janus)", "S-INIT-ENVELOPE", "/v2/post/publish/video/"
    ),
}  # fmt: skip


@pytest.mark.parametrize("refusal", CALLS.values(), ids=CALLS)
def test_a_call(server: ThreadServer, refusal: Refusal) -> None:
    answer = call(server, refusal.path, refusal.body, token=refusal.token)
    check_error(answer, refusal.status, refusal.code, refusal.message, refusal.clause)
    assert ("data" in answer.json()) is (refusal.status == 401)
    assert good(server, "GET", "/_mock/uploads") == {"uploads": []}


def test_a_token_that_is_not_listed(profile: str, clock: ManualClock) -> None:
    rules = PROFILES[profile].with_mb(1000)
    with ThreadServer(Config(profile=profile, rules=rules, tokens=["one"]), clock) as server:
        answer = call(server, INIT, {"source_info": GOOD}, token="two")
        check_error(answer, 401, "access_token_invalid", TOKEN, "S-INIT-AUTH")
        assert call(server, INIT, {"source_info": GOOD}, token="one").status == 200


@pytest.mark.parametrize("publish_id", [None, "", "v_inbox_file~v2.7", 7])
def test_status_of_an_unknown_post(server: ThreadServer, publish_id: object) -> None:
    answer = call(server, FETCH, {"publish_id": publish_id})
    check_error(answer, 400, "invalid_publish_id", "The publish_id is invalid.", "S-STATUS-UNKNOWN")


def test_status_of_another_users_post(server: ThreadServer) -> None:
    server.init(TOTAL, 5000, 3, token="one")
    answer = call(server, FETCH, {"publish_id": server.publish_id}, token="two")
    message = "The access token is not authorized for the specified publish_id."
    check_error(answer, 400, "token_not_authorized_for_specified_publish_id", message, "S-STATUS-OWNER")


def test_upload_url_has_the_path_of_the_profile(server: ThreadServer, profile: str, path: str) -> None:
    assert path.startswith(f"{PATHS[profile]}?upload_id=7")


# ───────────────────────────── a chunk ─────────────────────────────


class Put(NamedTuple):
    """A PUT to an upload of which 5000 of 15,000 bytes are in, and how it is refused in each profile."""

    clause: str
    status: int
    span: str | None = "bytes 5000-9999/15000"
    length: int | None = 5000
    more: tuple[str, ...] = ()
    kind: str | None = "video/mp4"
    observed: int | None = None
    offset: int = 5000


PUTS = {
    "no range": Put("S-HEAD-RANGE-MISSING", 400, None, observed=416),
    "range without unit": Put("S-HEAD-RANGE-MALFORMED", 400, "5000-9999/15000"),
    "range with equals": Put("S-HEAD-RANGE-MALFORMED", 400, "bytes=5000-9999/15000"),
    "range without total": Put("S-HEAD-RANGE-MALFORMED", 400, "bytes 5000-9999/*"),
    "range of another unit": Put("S-HEAD-RANGE-MALFORMED", 400, "chunks 5000-9999/15000"),
    "range with a sign": Put("S-HEAD-RANGE-MALFORMED", 400, "bytes +5000-9999/15000"),
    "range with blanks": Put("S-HEAD-RANGE-MALFORMED", 400, "bytes 5000 - 9999 / 15000"),
    "range in hex": Put("S-HEAD-RANGE-MALFORMED", 400, "bytes 0x1388-0x270F/0x3A98"),
    "range with more": Put("S-HEAD-RANGE-MALFORMED", 400, "bytes 5000-9999/15000, 1-2/3"),
    "range beyond 64 bits": Put(
        "S-HEAD-RANGE-MALFORMED", 400, "bytes 5000-9223372036854775808/9223372036854775809"
    ),
    "empty range": Put("S-HEAD-RANGE-MALFORMED", 400, ""),
    "two ranges": Put("S-HEAD-RANGE-MALFORMED", 400, more=("Content-Range: bytes 5000-9999/15000",)),
    "inverted": Put("S-HEAD-RANGE-INVERTED", 400, "bytes 9999-5000/15000"),
    "last is total": Put("S-HEAD-RANGE-INVERTED", 400, "bytes 5000-15000/15000", 10_001),
    "another total": Put("S-HEAD-TOTAL", 400, "bytes 5000-9999/15001"),
    "length one less": Put("S-HEAD-LENGTH-MISMATCH", 400, "bytes 5000-9999/15000", 4999),
    "length one more": Put("S-HEAD-LENGTH-MISMATCH", 400, "bytes 5000-9999/15000", 5001),
    "length 0": Put("S-HEAD-LENGTH-MISMATCH", 400, "bytes 5000-9999/15000", 0),
    "no length": Put("S-HEAD-LENGTH-MISSING", 400, length=None),
    "another type": Put("S-HEAD-TYPE", 400, kind="application/octet-stream"),
    "no type": Put("S-HEAD-TYPE", 400, kind=None),
    "coding": Put("S-BODY-CODING", 400, more=("Content-Encoding: gzip",)),
    "start": Put("S-ORDER-START", 416, "bytes 5000-9999/15000", offset=0),
    "gap": Put("S-ORDER-GAP", 416, "bytes 10000-14999/15000"),
    "gap by a byte": Put("S-ORDER-GAP", 416, "bytes 5001-9999/15000", 4999),
    "repeat": Put("S-ORDER-REPEAT", 416, "bytes 0-4999/15000"),
    "overlap": Put("S-ORDER-OVERLAP", 416, "bytes 2500-7499/15000"),
    "overlap by a byte": Put("S-ORDER-OVERLAP", 416, "bytes 4999-9999/15000", 5001),
    "after the end": Put("S-ORDER-AFTER-END", 416, "bytes 10000-14999/15000", offset=15_000),
    "the first after the end": Put("S-ORDER-AFTER-END", 416, "bytes 0-4999/15000", offset=15_000),
    "one byte less than planned": Put("S-CHUNK-PLANNED-SIZE", 400, "bytes 5000-9998/15000", 4999),
    "one byte more than planned": Put("S-CHUNK-PLANNED-SIZE", 400, "bytes 5000-10000/15000", 5001),
    "two chunks in one": Put("S-CHUNK-PLANNED-SIZE", 400, "bytes 5000-14999/15000", 10_000),
}
WITHOUT_A_HANDLER = ("two ranges",)
"""Refused by the HTTP parser: after that nothing can be read from the connection."""


def bring_to(server: ThreadServer, offset: int) -> str:
    path = server.init(TOTAL, 5000, 3)
    with Peer(server.port) as peer:
        for first in range(0, offset, 5000):
            assert peer.put(path, first, CHUNK, TOTAL).status in (206, 201)
    return path


def send(peer: Peer, path: str, put: Put) -> Answer:
    body = b"b" * (put.length if put.length is not None else 5000)
    more = put.more
    if put.length is None:
        more = (*more, "Transfer-Encoding: chunked")
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    peer.send(put_head(path, put.span, put.length, *more, content_type=put.kind) + body)
    return peer.answer()


def check_refusal(answer: Answer, status: int, progress: str | None, clause: str) -> None:
    assert (answer.status, answer.headers["X-Mock-Clause"]) == (status, clause)
    assert answer.headers.get("Content-Range") == progress
    assert answer.headers["X-Mock-Reason"]
    if clause != "S-HEAD-RANGE-MALFORMED":
        assert (answer.body, answer.headers["Content-Type"]) == (b"null", "application/json")


@pytest.mark.parametrize("name", PUTS)
def test_a_chunk(server: ThreadServer, profile: str, name: str) -> None:
    put = PUTS[name]
    path = bring_to(server, put.offset)
    before = shown(server, path)
    status = put.observed if profile == "observed" and put.observed else put.status
    progress = f"bytes 0-{put.offset}/15000" if status == 416 else None
    with Peer(server.port) as peer:
        check_refusal(send(peer, path, put), status, progress, put.clause)
        found = shown(server, path)
        assert before is not None
        assert found is not None
        assert found | {"ledger": None} == before | {"ledger": None}, "a refusal changes nothing"
        if name in WITHOUT_A_HANDLER:
            assert peer.at_end()
    entry = journal(server)[-1]
    assert (entry["answer"]["status"], entry["clause"]) == (status, put.clause)
    if put.offset < TOTAL:  # S-ATOMIC-REFUSED
        with Peer(server.port) as peer:
            assert peer.put(path, put.offset, CHUNK, TOTAL).status == 206


def test_a_refused_chunk_leaves_its_connection_open(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        for name, put in PUTS.items():
            if put.offset == 5000 and name not in WITHOUT_A_HANDLER:
                assert send(peer, path, put).headers["X-Mock-Clause"] == put.clause
        assert peer.put(path, 5000, CHUNK, TOTAL).status == 206


def test_a_short_body(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 5000-9999/15000", 5000) + CHUNK[:4999])
        peer.half_close()
        answer = peer.answer()
        check_refusal(answer, 400, None, "S-BODY-SHORT")
        assert answer.headers["Connection"] == "close"
        assert peer.at_end()
    with Peer(server.port) as peer:
        assert peer.put(path, 5000, CHUNK, TOTAL).status == 206


def test_no_framing_at_all(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 5000-9999/15000", None))
        check_refusal(peer.answer(), 400, None, "S-HEAD-LENGTH-MISSING")
        assert peer.put(path, 5000, CHUNK, TOTAL).status == 206


@pytest.mark.parametrize("query", ["?upload_id=7000000000000000000", "?upload_id=", "", "?upload_token=x"])
def test_an_unknown_upload(server: ThreadServer, profile: str, query: str) -> None:
    with Peer(server.port) as peer:
        answer = peer.put(PATHS[profile] + query, 0, CHUNK, TOTAL)
    check_refusal(answer, 404, None, "S-URL-UNKNOWN")


@pytest.mark.parametrize("wrong", ["", "&upload_token=", "&upload_token=00000000-0000-0000-0000-000000000000"])
def test_a_wrong_upload_token(server: ThreadServer, path: str, wrong: str) -> None:
    with Peer(server.port) as peer:
        answer = peer.put(path.partition("&")[0] + wrong, 5000, CHUNK, TOTAL)
        check_refusal(answer, 404, None, "S-URL-TOKEN")
        assert peer.put(path, 5000, CHUNK, TOTAL).status == 206


# ───────────────────────────── an expired URL ─────────────────────────────

EXPIRED = {
    "the next chunk": Put("S-URL-EXPIRED", 403),
    "a repeat": Put("S-URL-EXPIRED", 403, "bytes 0-4999/15000"),
    "nothing right but the URL": Put("S-URL-EXPIRED", 403, None, None, kind=None),
}


def check_expired_for_ever(server: ThreadServer, path: str, uploaded: int = 5000) -> None:
    """403 to whatever comes, now and a year later, with nothing told and nothing changed."""
    for wait in (0, 1, YEAR):
        advance(server, wait)
        with Peer(server.port) as peer:
            for put in EXPIRED.values():
                check_refusal(send(peer, path, put), 403, None, "S-URL-EXPIRED")
        found = shown(server, path)
        assert found is not None
        assert (found["expired"], found["complete"], found["uploaded_bytes"]) == (True, False, uploaded)


def test_expired_by_the_clock(server: ThreadServer, path: str) -> None:
    advance(server, 3599.75)
    with Peer(server.port) as peer:
        assert peer.put(path, 5000, CHUNK, TOTAL).status == 206
        advance(server, 0.25)
        check_refusal(peer.put(path, 10_000, CHUNK, TOTAL), 403, None, "S-URL-EXPIRED")
    check_expired_for_ever(server, path, 10_000)
    answer = call(server, FETCH, {"publish_id": server.publish_id})
    assert answer.json()["data"] == {"status": "PROCESSING_UPLOAD", "uploaded_bytes": 10_000}


def test_expired_while_its_body_came_in(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 5000-9999/15000", 5000, "Expect: 100-continue"))
        assert peer.interim() == "HTTP/1.1 100 Continue"
        peer.send(CHUNK[:-1])
        advance(server, 3600)
        assert is_silent(server, peer)
        peer.send(CHUNK[-1:])
        check_refusal(peer.answer(), 403, None, "S-URL-EXPIRED")
    check_expired_for_ever(server, path)


def test_expired_by_a_lifetime_of_its_own(profile: str, clock: ManualClock) -> None:
    rules = PROFILES[profile].with_mb(1000)
    with ThreadServer(Config(profile=profile, rules=rules, url_lifetime=2.5), clock) as server:
        path = server.init(TOTAL, 5000, 3)
        with Peer(server.port) as peer:
            assert peer.put(path, 0, CHUNK, TOTAL).status == 206
            advance(server, 2.25)
            check_refusal(peer.put(path, 0, CHUNK, TOTAL), 416, "bytes 0-5000/15000", "S-ORDER-REPEAT")
            advance(server, 0.25)
        check_expired_for_ever(server, path)


def test_expired_by_the_option(profile: str) -> None:
    with serving("--profile", profile, "--mb", "1000", "--url-lifetime", "60", "--quiet") as (_, url):
        server = _Served(url)
        path = server.init(TOTAL, 5000, 3)
        with Peer(server.port) as peer:
            assert peer.put(path, 0, CHUNK, TOTAL).status == 206
            advance(server, 60)
        check_expired_for_ever(server, path)


class _Served(ThreadServer):
    """Stands in for a server that is a process of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.port = int(url.rpartition(":")[2])


def test_expired_by_the_verb(server: ThreadServer, path: str) -> None:
    named = f"/_mock/uploads/{upload_id(path)}/expire"
    assert ask(server, "POST", named) == (200, {"upload_id": upload_id(path), "expired": True})
    check_expired_for_ever(server, path)
    assert ask(server, "POST", named)[0] == 200
    status, said = ask(server, "POST", "/_mock/uploads/7/expire")
    assert (status, said) == (404, {"error": "no upload has the id '7'"})


def test_expired_by_a_fault(server: ThreadServer, path: str) -> None:
    arm(server, fault("expire", "after_body"))
    with Peer(server.port) as peer:
        check_refusal(peer.put(path, 5000, CHUNK, TOTAL), 403, None, "S-URL-EXPIRED")
    check_expired_for_ever(server, path)


def test_a_complete_upload_expires_too(server: ThreadServer) -> None:
    path = bring_to(server, TOTAL)
    advance(server, 3600)
    with Peer(server.port) as peer:
        check_refusal(peer.put(path, 0, CHUNK, TOTAL), 403, None, "S-URL-EXPIRED")
    answer = call(server, FETCH, {"publish_id": server.publish_id})
    assert answer.json()["data"] == {"status": "SEND_TO_USER_INBOX", "uploaded_bytes": 15_000}


def test_a_wrong_token_is_told_nothing_about_expiry(server: ThreadServer, path: str) -> None:
    advance(server, 3600)
    with Peer(server.port) as peer:
        answer: Any = peer.put(path.partition("&")[0], 5000, CHUNK, TOTAL)
        check_refusal(answer, 404, None, "S-URL-TOKEN")
