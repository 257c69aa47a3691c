"""Which request a fault strikes, how often, and what is left of it. Most faults here are told by their status."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final

import pytest

from mockserver.faults.kinds import MOMENTS
from support.nonsense import GOOD_DO, MOMENTS_IN_ORDER, NONSENSE, SENSELESS, told
from support.peer import Peer, put_head
from support.servers import ThreadServer
from support.steering import (
    advance,
    arm,
    ask,
    call_head,
    counts,
    fault,
    fired,
    good,
    is_silent,
    journal,
    rest_of,
    shown,
    upload_id,
    wait_until_fired,
)

TOTAL = 15_000
CHUNK = b"a" * 5000
HEAD: Final = "bytes 0-4999/15000"
INIT = "/v2/post/publish/inbox/video/init/"
DIRECT = "/v2/post/publish/video/init/"
FETCH = "/v2/post/publish/status/fetch/"
SOURCE = b'{"source_info":{"source":"FILE_UPLOAD","video_size":15000,"chunk_size":5000,"total_chunk_count":3}}'


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def says(status: int, when: object = "after_body", **how: Any) -> dict[str, object]:
    """A fault that is told by its status."""
    return fault("status", when, status=status, **how)


def put(server: ThreadServer, path: str, first: int = 0, body: bytes = CHUNK, total: int = TOTAL) -> int:
    """The status that a good PUT meets, on a connection of its own."""
    with Peer(server.port) as peer:
        return peer.put(path, first, body, total).status


def call(server: ThreadServer, path: str, body: bytes, *, token: str | None = "t") -> int:
    with Peer(server.port) as peer:
        peer.send(call_head(path, len(body), token=token) + body)
        return peer.answer().status


def fetch(server: ThreadServer, *, token: str = "t") -> int:
    return call(server, FETCH, b'{"publish_id":"%s"}' % server.publish_id.encode(), token=token)


# ───────────────────────────── on what ─────────────────────────────


@pytest.mark.parametrize(
    ("operation", "struck"),
    [
        ("init", (500, 500, 200, 206)),
        ("status", (200, 200, 500, 206)),
        ("chunk", (200, 200, 200, 500)),
        ("any", (500, 500, 500, 500)),
    ],
)
def test_operation(server: ThreadServer, operation: str, struck: tuple[int, ...]) -> None:
    path = server.init(TOTAL, 5000, 3)
    arm(server, says(500, operation=operation, times=None))
    post = SOURCE[:-1] + b',"post_info":{"privacy_level":"SELF_ONLY"}}'
    met = (call(server, INIT, SOURCE), call(server, DIRECT, post), fetch(server), put(server, path))
    assert met == struck


def test_no_other_request_is_struck(server: ThreadServer) -> None:
    path = server.init(TOTAL, 5000, 3)
    (number,) = arm(server, says(500, "before_body", operation="any", times=None))
    with Peer(server.port) as peer:
        for line in (f"GET {path}", f"OPTIONS {path}", f"GET {INIT}", "POST /nowhere/", "GET /_mock/health"):
            peer.send(f"{line} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n".encode())
            assert peer.answer().status in (200, 404, 405)
    good(server, "POST", "/_mock/uploads", {"source": "FILE_UPLOAD", "video_size": 1} | _PLAN_OF_ONE)
    assert fired(server, number) == 0


_PLAN_OF_ONE = {"chunk_size": 1, "total_chunk_count": 1}


def test_chunks_count_from_1(server: ThreadServer) -> None:
    path = server.init(TOTAL + 123, 5000, 3)
    total = TOTAL + 123
    arm(server, *(says(500 + number, on={"chunk": number}) for number in (1, 2, 3, 4)))
    for first, body, status in ((0, CHUNK, 501), (5000, CHUNK, 502), (10_000, CHUNK + b"x" * 123, 503)):
        assert put(server, path, first, body, total) == status
        assert put(server, path, first, body, total) in (206, 201)
    assert counts(server) == [(1, 0), (1, 0), (1, 0), (0, 1)]


@pytest.mark.parametrize("count", [1, 3])
def test_minus_1_is_the_last_chunk_of_any_plan(server: ThreadServer, count: int) -> None:
    total = 5000 * count
    path = server.init(total, 5000, count)
    arm(server, says(503, on={"chunk": -1}, times=2))
    met = [put(server, path, 5000 * number, CHUNK, total) for number in range(count)]
    assert met == [206] * (count - 1) + [503]
    assert put(server, path, total - 5000, CHUNK, total) == 503
    assert put(server, path, total - 5000, CHUNK, total) == 201
    assert counts(server) == [(2, 0)]


def test_a_chunk_is_told_by_where_it_starts_whatever_else_is_wrong_with_it(server: ThreadServer) -> None:
    path = server.init(TOTAL, 5000, 3)
    arm(server, says(500, on={"chunk": 2}))
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 5000-5003/99", 4, content_type="image/png") + b"abcd")
        assert peer.answer().status == 400, "LAST is not below TOTAL: the range cannot be read"
        peer.send(put_head(path, "bytes 5000-5003/9999", 4, content_type="image/png") + b"abcd")
        assert peer.answer().status == 500


UNREADABLE = {
    "none": None,
    "malformed": "bytes=0-4999/15000",
    "blank": "",
    "inverted": "bytes 4999-0/15000",
    "beyond": "bytes 0-4999/4999",
    "inside a chunk": "bytes 1-5000/15000",
    "behind the last": "bytes 15000-15001/15002",
    "huge": "bytes 9223372036854775806-9223372036854775806/9223372036854775807",
    "beyond 64 bits": "bytes 0-9223372036854775808/9223372036854775809",
}


@pytest.mark.parametrize("span", UNREADABLE.values(), ids=UNREADABLE)
def test_a_range_that_starts_no_chunk_matches_null_alone(server: ThreadServer, span: str | None) -> None:
    path = server.init(TOTAL, 5000, 3)
    numbered = [says(501, on={"chunk": number}) for number in (1, 2, 3)]
    arm(server, *numbered, says(502, on={"chunk": None}))
    with Peer(server.port) as peer:
        peer.send(put_head(path, span, 5000) + CHUNK)
        assert peer.answer().status == 502
    assert counts(server) == [(0, 1), (0, 1), (0, 1), (1, 0)]


def test_upload_id(server: ThreadServer) -> None:
    one, two = server.init(TOTAL, 5000, 3), server.init(TOTAL, 5000, 3)
    arm(server, says(500, on={"upload_id": upload_id(two)}))
    assert [put(server, one), put(server, two), put(server, two)] == [206, 500, 206]


def test_upload_id_of_no_upload(server: ThreadServer) -> None:
    arm(server, says(500, on={"upload_id": "7"}), says(501, on={"chunk": 1}))
    assert put(server, "/video/?upload_id=7") == 500
    assert put(server, "/video/?upload_id=8") == 404
    assert put(server, "/video/") == 404


@pytest.mark.parametrize("operation", ["init", "status", "chunk", "any"])
def test_token(server: ThreadServer, operation: str) -> None:
    paths = {token: server.init(TOTAL, 5000, 3, token=token) for token in ("one", "two")}
    (number,) = arm(server, says(500, operation=operation, on={"token": "two"}, times=None))
    met = {
        token: (call(server, INIT, SOURCE, token=token), fetch(server, token=token), put(server, path))
        for token, path in paths.items()
    }
    assert met["one"] == (200, 400, 206)  # 400: the post is two's
    assert (
        met["two"]
        == {
            "init": (500, 200, 206),
            "status": (200, 500, 206),
            "chunk": (200, 200, 500),
            "any": (500, 500, 500),
        }[operation]
    )
    assert fired(server, number) == (3 if operation == "any" else 1)


def test_a_chunk_has_its_uploads_token_whatever_it_says_itself(server: ThreadServer) -> None:
    path = server.init(TOTAL, 5000, 3, token="one")
    arm(server, says(500, on={"token": "one"}), says(501, on={"token": "two"}))
    with Peer(server.port) as peer:
        peer.send(put_head(path, HEAD, 5000, "Authorization: Bearer two") + CHUNK)
        assert peer.answer().status == 500
    assert put(server, "/video/?upload_id=7") == 404


def test_a_fault_strikes_requests_that_would_be_refused_anyway(server: ThreadServer) -> None:
    path = server.init(TOTAL, 5000, 3)
    for when in ("before_body", {"at_byte": 2500}, "after_body"):
        arm(server, says(500, when))
        assert put(server, path, 5000) == 500
        assert put(server, path, 5000) == 416


# ───────────────────────────── how often, and in which order ─────────────────────────────


@pytest.mark.parametrize("times", [1, 2, 5])
def test_times(server: ThreadServer, times: int) -> None:
    path = server.init(TOTAL, 5000, 3)
    arm(server, says(500, times=times))
    for number in range(times):
        assert counts(server) == [(number, times - number)]
        assert put(server, path) == 500
    assert counts(server) == [(times, 0)]
    assert put(server, path) == 206


def test_times_null_is_for_ever(server: ThreadServer) -> None:
    path = server.init(TOTAL, 5000, 3)
    arm(server, says(500, times=None))
    assert [put(server, path) for _ in range(20)] == [500] * 20
    assert counts(server) == [(20, None)]


def test_the_first_that_matches_is_taken_and_no_second(server: ThreadServer) -> None:
    path = server.init(TOTAL, 5000, 3)
    arm(server, says(501, on={"chunk": 2}), says(502), says(503, times=2), says(504, operation="any"))
    assert [put(server, path) for _ in range(5)] == [502, 503, 503, 504, 206]
    assert put(server, path, 5000) == 501
    assert counts(server) == [(1, 0), (1, 0), (2, 0), (1, 0)]


def test_faults_added_later_come_later(server: ThreadServer) -> None:
    path = server.init(TOTAL, 5000, 3)
    numbers = [*arm(server, says(501)), *arm(server, says(502), says(503))]
    assert numbers == [1, 2, 3]
    assert [put(server, path) for _ in range(4)] == [501, 502, 503, 206]


def test_a_fault_of_another_moment_is_taken_all_the_same(server: ThreadServer) -> None:
    path = server.init(TOTAL, 5000, 3)
    arm(server, fault("close", "after_commit"), says(500, "before_body"))
    with Peer(server.port) as peer:
        peer.send(put_head(path, HEAD, 5000) + CHUNK)
        assert rest_of(peer) == (b"", "FIN")
    assert counts(server) == [(1, 0), (0, 1)]


def test_skip_lets_so_many_matches_pass(server: ThreadServer) -> None:
    path = server.init(TOTAL, 5000, 3)
    arm(server, says(500, skip=2, times=2))
    assert [put(server, path, 5000) for _ in range(5)] == [416, 416, 500, 500, 416]
    assert counts(server) == [(2, 0)]


def test_what_is_skipped_passes_on_to_later_faults(server: ThreadServer) -> None:
    path = server.init(TOTAL, 5000, 3)
    arm(server, says(501, skip=1), says(502, skip=1), says(503))
    assert [put(server, path) for _ in range(4)] == [503, 501, 502, 206]


def test_skip_counts_matches_alone(server: ThreadServer) -> None:
    one, two = server.init(TOTAL, 5000, 3), server.init(TOTAL, 5000, 3)
    arm(server, says(500, on={"upload_id": upload_id(two)}, skip=1))
    assert [put(server, one), put(server, two), put(server, one), put(server, two, 5000)] == [206, 206, 416, 500]


# ───────────────────────────── a moment that never comes ─────────────────────────────


def test_at_byte_beyond_the_body_does_not_match(server: ThreadServer) -> None:
    path = server.init(TOTAL + 1, 5000, 3)
    arm(server, says(501, {"at_byte": 5001}), says(502, {"at_byte": 5000}))
    assert put(server, path, 0, CHUNK, TOTAL + 1) == 502
    assert [put(server, path, first, CHUNK, TOTAL + 1) for first in (0, 5000)] == [206, 206]
    assert counts(server) == [(0, 1), (1, 0)]
    assert put(server, path, 10_000, CHUNK + b"x", TOTAL + 1) == 501
    assert counts(server) == [(1, 0), (1, 0)]


def test_at_byte_of_a_call_counts_its_json(server: ThreadServer) -> None:
    arm(server, says(501, {"at_byte": len(SOURCE) + 1}, operation="init"))
    assert call(server, INIT, SOURCE) == 200
    assert call(server, INIT, SOURCE + b" ") == 501


NEVER = {
    "at_byte": {"at_byte": 2500},
    "after_body": "after_body",
    "after_commit": "after_commit",
}


@pytest.mark.parametrize("when", NEVER.values(), ids=NEVER)
@pytest.mark.parametrize("ending", ["half_close", "close", "reset"])
def test_a_body_that_is_cut_before_puts_the_fault_back(server: ThreadServer, when: object, ending: str) -> None:
    path = server.init(TOTAL, 5000, 3)
    (number,) = arm(server, says(500, when))
    with ExitStack() as stack:
        peer = begin(server, path, stack)
        if ending == "half_close":
            peer.half_close()
            assert peer.answer().status == 400
        elif ending == "reset":
            peer.reset()
    assert _chunk_entries(server, 1)[0]["fault"] is None
    assert fired(server, number) == 0
    assert put(server, path) == 500
    assert fired(server, number) == 1


@pytest.mark.parametrize("when", NEVER.values(), ids=NEVER)
def test_a_refusal_that_asks_for_no_body_puts_the_fault_back(server: ThreadServer, when: object) -> None:
    path = server.init(TOTAL, 5000, 3)
    arm(server, says(500, when))
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 5000-9999/15000", 5000, "Expect: 100-continue"))
        assert peer.answer().status == 416
        assert peer.at_end()
    assert counts(server) == [(0, 1)]


def test_nothing_is_committed_by_a_refusal_so_after_commit_waits_on(server: ThreadServer) -> None:
    path = server.init(TOTAL, 5000, 3)
    arm(server, fault("close", "after_commit"))
    assert put(server, path, 5000) == 416
    assert counts(server) == [(0, 1)]
    with Peer(server.port) as peer:
        peer.send(put_head(path, HEAD, 5000) + CHUNK)
        assert rest_of(peer) == (b"", "FIN")
    assert put(server, path, 5000) == 206


def test_a_fault_put_back_keeps_its_place_and_its_times(server: ThreadServer) -> None:
    path = server.init(TOTAL, 5000, 3)
    arm(server, says(501, {"at_byte": 2500}, times=2), says(502))
    with Peer(server.port) as peer:
        peer.send(put_head(path, HEAD, 5000) + CHUNK[:100])
        peer.half_close()
        assert peer.answer().status == 400
    assert [put(server, path) for _ in range(4)] == [501, 501, 502, 206]


def _chunk_entries(server: ThreadServer, count: int) -> list[dict[str, Any]]:
    """The journal's entries of chunks, once there are `count`."""

    def chunks() -> int:
        return sum(entry.operation == "chunk" for entry in server.entries)

    with server._recorded:
        assert server._recorded.wait_for(lambda: chunks() >= count, 10), server.entries
    return [entry for entry in journal(server) if entry["operation"] == "chunk"]


# ───────────────────────────── several requests in flight ─────────────────────────────


def begin(server: ThreadServer, path: str, stack: ExitStack) -> Peer:
    """A chunk of which the server has the head and 100 bytes."""
    peer = stack.enter_context(Peer(server.port))
    peer.send(put_head(path, HEAD, 5000, "Expect: 100-continue"))
    assert peer.interim() == "HTTP/1.1 100 Continue"
    peer.send(CHUNK[:100])
    return peer


def finish(peer: Peer) -> int:
    peer.send(CHUNK[100:])
    return peer.answer().status


def test_requests_in_flight_take_no_more_than_there_is(server: ThreadServer, stack: ExitStack) -> None:
    path = server.init(TOTAL, 5000, 3)
    arm(server, says(500, times=2))
    peers = [begin(server, path, stack) for _ in range(3)]
    assert counts(server) == [(0, 2)]
    assert [finish(peer) for peer in reversed(peers)] == [206, 500, 500]
    assert counts(server) == [(2, 0)]
    assert put(server, path) == 416


def test_what_a_request_in_flight_holds_others_do_not_get_until_it_is_put_back(
    server: ThreadServer, stack: ExitStack
) -> None:
    path = server.init(TOTAL, 5000, 3)
    arm(server, says(501, {"at_byte": 2500}), says(502))
    first = begin(server, path, stack)
    assert put(server, path) == 502
    first.half_close()
    assert first.answer().status == 400
    assert put(server, path) == 501
    assert put(server, path) == 206


def test_a_fault_for_ever_strikes_all_in_flight(server: ThreadServer, stack: ExitStack) -> None:
    path = server.init(TOTAL, 5000, 3)
    arm(server, says(500, times=None))
    peers = [begin(server, path, stack) for _ in range(5)]
    assert [finish(peer) for peer in peers] == [500] * 5
    assert counts(server) == [(5, None)]


def test_of_forty_at_once_exactly_as_many_are_struck_as_told(server: ThreadServer) -> None:
    path = server.init(TOTAL, 5000, 3)
    arm(server, says(500, times=7, skip=5), says(501, "before_body", times=11))
    go = threading.Barrier(40)
    met: list[int] = []

    def send() -> None:
        go.wait(10)
        met.append(put(server, path))

    threads = [threading.Thread(target=send) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert {status: met.count(status) for status in set(met)} == {500: 7, 501: 11, 206: 1, 416: 21}
    assert counts(server) == [(7, 0), (11, 0)]


# ───────────────────────────── GET, POST, DELETE ─────────────────────────────


def test_a_fault_is_shown_as_it_was_added(server: ThreadServer) -> None:
    added = [
        fault(
            "status",
            "before_body",
            on={"chunk": 2, "upload_id": "7", "token": "one"},
            status=503,
            headers={"Retry-After": "1"},
            body="busy",
            times=2,
            skip=3,
        ),
        fault("stall", {"at_byte": 10}, operation="any", on={"chunk": None, "upload_id": None, "token": None}),
    ]
    added[1]["do"] = {"kind": "stall", "seconds": 1.5}
    listed = good(server, "POST", "/_mock/faults", added)["faults"]
    assert [{name: one[name] for name in added[0]} for one in listed] == added
    assert [(one["id"], one["fired"], one["left"]) for one in listed] == [(1, 0, 2), (2, 0, 1)]
    assert good(server, "GET", "/_mock/faults")["faults"] == listed


def test_what_may_be_left_out_is_shown_filled_in(server: ThreadServer) -> None:
    short = {"on": {"operation": "init"}, "when": "after_body", "do": {"kind": "redirect", "location": "/x"}}
    assert good(server, "POST", "/_mock/faults", short)["faults"] == [
        {
            "id": 1,
            "on": {"operation": "init", "chunk": None, "upload_id": None, "token": None},
            "when": "after_body",
            "do": {"kind": "redirect", "location": "/x", "status": 307},
            "times": 1,
            "skip": 0,
            "fired": 0,
            "left": 1,
        }
    ]


@pytest.mark.parametrize("shape", ["one", "list", "object"])
def test_one_or_a_list_may_be_added(server: ThreadServer, shape: str) -> None:
    one = says(500)
    body = {"one": one, "list": [one, one], "object": {"faults": [one, one]}}[shape]
    assert len(good(server, "POST", "/_mock/faults", body)["faults"]) == (1 if shape == "one" else 2)


def test_delete_forgets_them_all(server: ThreadServer) -> None:
    path = server.init(TOTAL, 5000, 3)
    arm(server, says(500), says(501, on={"token": "t"}), says(502, times=None))
    assert put(server, path) == 500
    assert good(server, "DELETE", "/_mock/faults") == {"forgotten": {"faults": 3}}
    assert counts(server) == []
    assert put(server, path) == 206
    assert arm(server, says(500)) == [4], "no id is ever used again"


def test_one_tokens_faults_are_listed_and_forgotten_apart(server: ThreadServer) -> None:
    one, two = (server.init(TOTAL, 5000, 3, token=token) for token in ("one", "two"))
    arm(server, says(501, on={"token": "one"}), says(502, on={"token": "two"}), says(503, times=9))
    assert counts(server, "?token=one") == [(0, 1)]
    assert good(server, "DELETE", "/_mock/faults?token=one") == {"forgotten": {"faults": 1}}
    assert counts(server, "?token=one") == []
    assert counts(server) == [(0, 1), (0, 9)]
    assert [put(server, one), put(server, two)] == [503, 502]


def test_a_request_in_flight_may_outlive_its_fault(server: ThreadServer, stack: ExitStack) -> None:
    path = server.init(TOTAL, 5000, 3)
    arm(server, says(500, {"at_byte": 2500}))
    peer = begin(server, path, stack)
    good(server, "DELETE", "/_mock/faults")
    assert finish(peer) in (206, 500)
    assert counts(server) == []


# ───────────────────────────── nonsense is refused ─────────────────────────────


@pytest.mark.parametrize(("body", "sentence"), NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_refused_when_it_is_added(server: ThreadServer, body: object, sentence: str) -> None:
    refusal, answer = ask(server, "POST", "/_mock/faults", body, raw=b"null" if body is None else None)
    assert refusal == 400
    assert set(answer) == {"error"}
    assert answer["error"].startswith(sentence)
    assert counts(server) == [], "all of a list or none"


def pair(kind: str, when: str, operation: str = "chunk") -> dict[str, object]:
    return fault(kind, {"at_byte": 1} if when == "at_byte" else when, operation=operation, **GOOD_DO.get(kind, {}))


@pytest.mark.parametrize("kind", MOMENTS)
def test_a_kind_at_a_moment_that_makes_no_sense_is_refused(server: ThreadServer, kind: str) -> None:
    for when in MOMENTS_IN_ORDER:
        refusal, answer = ask(server, "POST", "/_mock/faults", pair(kind, when))
        if (kind, when) in SENSELESS:
            assert refusal == 400
            assert answer["error"].startswith(f"{kind} makes no sense at {when}; it can strike at ")
        else:
            assert refusal == 200, answer


@pytest.mark.parametrize("kind", ["progress", "expire", "forget"])
@pytest.mark.parametrize("operation", ["init", "status", "any"])
def test_what_changes_an_upload_strikes_chunks_only(server: ThreadServer, kind: str, operation: str) -> None:
    refusal, answer = ask(server, "POST", "/_mock/faults", pair(kind, "after_commit", operation))
    assert (refusal, answer["error"]) == (400, f"{kind} strikes operation chunk only, got {operation}")


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "the body must be JSON: got nothing"),
        (b"{", "the body must be JSON: "),
        (b'{"times": NaN}', "the body must be JSON: NaN is not JSON"),
        (b"\xff", "the body must be JSON: "),
        (b"[" * 100_000, "the body must be JSON, got something nested too deeply"),
    ],
    ids=["nothing", "half", "NaN", "not UTF-8", "deep"],
)
def test_what_is_no_json_is_refused(server: ThreadServer, raw: bytes, sentence: str) -> None:
    refusal, answer = ask(server, "POST", "/_mock/faults", raw=raw)
    assert refusal == 400
    assert answer["error"].startswith(sentence)


def test_a_body_beyond_4_mb_is_refused(server: ThreadServer) -> None:
    refusal, answer = ask(server, "POST", "/_mock/faults", raw=b" " * (4 * 2**20 + 1))
    assert (refusal, answer["error"]) == (413, "the body may have 4194304 bytes, got more")


def test_an_unknown_query_is_refused(server: ThreadServer) -> None:
    for method in ("GET", "DELETE"):
        refusal, answer = ask(server, method, "/_mock/faults?tokn=t")
        assert refusal == 400
        assert answer["error"] == "/_mock/faults has no query parameter 'tokn': it can have token"
    assert ask(server, "DELETE", "/_mock/faults?token=a&token=b")[0] == 400
    assert ask(server, "POST", "/_mock/faults?token=t", says(500))[0] == 400


def test_10000_faults_and_not_one_more(server: ThreadServer) -> None:
    one = told("before_body", on={"operation": "any"})
    refusal, answer = ask(server, "POST", "/_mock/faults", [one] * 10_001)
    assert refusal == 409
    sentence = "a plan holds 10000 faults, 0 are in it; DELETE /_mock/faults empties it"
    assert answer == {"error": sentence}
    assert counts(server) == []
    assert len(good(server, "POST", "/_mock/faults", [one] * 10_000)["faults"]) == 10_000
    assert ask(server, "POST", "/_mock/faults", one)[0] == 409
    good(server, "DELETE", "/_mock/faults")
    assert ask(server, "POST", "/_mock/faults", one)[0] == 200


# ───────────────────────────── two hundred ─────────────────────────────

PAIRS = [(kind, when.value) for kind, moments in MOMENTS.items() for when in moments]


def strike(server: ThreadServer, path: str, number: int, kind: str) -> None:
    """Send the chunk into its fault, whatever that makes of the connection."""
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 0-4999/5000", 5000) + CHUNK)
        if kind == "stall":
            wait_until_fired(server, number)
            assert is_silent(server, peer)
            advance(server, 1)
        if kind in ("close", "reset", "truncate", "garbage"):
            rest_of(peer)
        else:
            peer.answer()


def test_200_faults_armed_fired_and_accounted_for_in_one_run(server: ThreadServer) -> None:
    paths = [server.init(5000, 5000, 1) for _ in range(200)]
    plan = [PAIRS[number % len(PAIRS)] for number in range(200)]
    faults = [pair(kind, when) for kind, when in plan]
    for one, path in zip(faults, paths, strict=True):
        one["on"] = {"operation": "chunk", "upload_id": upload_id(path)}
        if one["do"] == {"kind": "throttle", "bytes_per_second": 1}:
            one["do"] = {"kind": "throttle", "bytes_per_second": 10_000_000}
    assert arm(server, *faults) == list(range(1, 201))
    assert counts(server) == [(0, 1)] * 200
    for number, (path, (kind, _)) in enumerate(zip(paths, plan, strict=True), 1):
        strike(server, path, number, kind)
        assert fired(server, number) == 1
    assert counts(server) == [(1, 0)] * 200
    told = [entry["fault"] for entry in _chunk_entries(server, 200)]
    assert told == [{"id": number, "kind": kind, "when": when} for number, (kind, when) in enumerate(plan, 1)]
    for path, (kind, _) in zip(paths, plan, strict=True):
        met = put(server, path, 0, CHUNK, 5000)
        assert met in {"expire": (403,), "forget": (404,)}.get(kind, (201, 416))
        found = shown(server, path)
        if kind not in ("expire", "forget"):
            assert found is not None
            assert (found["complete"], found["uploaded_bytes"], len(found["chunks"])) == (True, 5000, 1)
    assert counts(server) == [(1, 0)] * 200


# ───────────────────────────── one token's world ─────────────────────────────


def world(server: ThreadServer, token: str) -> dict[str, object]:
    """What the control surface has of one token."""
    return {
        "uploads": [
            one["uploaded_bytes"] for one in good(server, "GET", f"/_mock/uploads?token={token}")["uploads"]
        ],
        "faults": counts(server, f"?token={token}"),
        "entries": [one["answer"]["status"] for one in journal(server, f"?token={token}")],
    }


def test_a_reset_of_one_token_touches_nothing_of_another(server: ThreadServer) -> None:
    one, two = (server.init(TOTAL, 5000, 3, token=token) for token in ("one", "two"))
    arm(server, says(500, on={"token": "one"}), says(500, on={"token": "two"}), says(503, on={"chunk": 3}))
    assert [put(server, one), put(server, two), put(server, one), put(server, two)] == [500, 500, 206, 206]
    before = {"uploads": [5000], "faults": [(1, 0)], "entries": [200, 500, 206]}
    assert (world(server, "one"), world(server, "two")) == (before, before)
    advance(server, 100)
    forgotten = good(server, "POST", "/_mock/reset?token=one")
    assert forgotten == {"forgotten": {"uploads": 1, "faults": 1, "entries": 3}}
    assert world(server, "one") == {"uploads": [], "faults": [], "entries": []}
    assert world(server, "two") == before
    assert counts(server) == [(1, 0), (0, 1)]
    assert good(server, "GET", "/_mock/clock")["offset"] == 100, "the clock is everybody's"
    assert [put(server, one, 5000), put(server, two, 5000)] == [404, 206]
    assert [row["times"] for row in (shown(server, two) or {})["ledger"]] == [2, 1]


def test_a_reset_of_an_unknown_token_touches_nothing(server: ThreadServer) -> None:
    server.init(TOTAL, 5000, 3, token="one")
    arm(server, says(500))
    forgotten = good(server, "POST", "/_mock/reset?token=nobody")
    assert forgotten == {"forgotten": {"uploads": 0, "faults": 0, "entries": 0}}
    assert world(server, "one")["uploads"] == [0]


def test_a_reset_forgets_everything(server: ThreadServer) -> None:
    one = server.init(TOTAL, 5000, 3, token="one")
    arm(server, says(500), says(500, on={"token": "one"}))
    put(server, one)
    advance(server, 100)
    good(server, "POST", "/_mock/clock", {"freeze": True})
    forgotten = good(server, "POST", "/_mock/reset")
    assert forgotten == {"forgotten": {"uploads": 1, "faults": 2, "entries": 2}}
    assert (journal(server), counts(server), shown(server, one)) == ([], [], None)
    clock = good(server, "GET", "/_mock/clock")
    assert (clock["offset"], clock["frozen"]) == (0, False)


RESETS = {"all": "/_mock/reset", "one token": "/_mock/reset?token=t"}


@pytest.mark.parametrize("reset", RESETS.values(), ids=RESETS)
def test_an_init_begun_before_a_reset_makes_nothing_after_it(server: ThreadServer, reset: str) -> None:
    with Peer(server.port) as peer:
        peer.send(call_head(INIT, len(SOURCE), "Expect: 100-continue"))
        assert peer.interim() == "HTTP/1.1 100 Continue"
        peer.send(SOURCE[:50])
        good(server, "POST", reset)
        peer.send(SOURCE[50:])
        answer = peer.answer()
    assert answer.status == 200
    assert good(server, "GET", "/_mock/uploads") == {"uploads": []}
    assert journal(server) == []
    path = answer.json()["data"]["upload_url"].removeprefix(server.url)
    assert put(server, path) == 404
    assert [entry["clause"] for entry in journal(server)] == ["S-URL-UNKNOWN"]


@pytest.mark.parametrize("reset", RESETS.values(), ids=RESETS)
def test_a_chunk_begun_before_a_reset_leaves_nothing_after_it(
    server: ThreadServer, reset: str, stack: ExitStack
) -> None:
    path = server.init(TOTAL, 5000, 3)
    peer = begin(server, path, stack)
    good(server, "POST", reset)
    assert finish(peer) == 404
    assert good(server, "GET", "/_mock/uploads") == {"uploads": []}
    assert journal(server) == []


@pytest.mark.parametrize("reset", RESETS.values(), ids=RESETS)
def test_a_status_begun_before_a_reset_is_not_in_the_journal_after_it(server: ThreadServer, reset: str) -> None:
    server.init(TOTAL, 5000, 3)
    body = b'{"publish_id":"%s"}' % server.publish_id.encode()
    with Peer(server.port) as peer:
        peer.send(call_head(FETCH, len(body), "Expect: 100-continue"))
        assert peer.interim() == "HTTP/1.1 100 Continue"
        good(server, "POST", reset)
        peer.send(body)
        assert peer.answer().status == 400
    assert journal(server) == []


@pytest.mark.parametrize("reset", RESETS.values(), ids=RESETS)
def test_a_request_stalled_over_a_reset_leaves_nothing_after_it(server: ThreadServer, reset: str) -> None:
    path = server.init(TOTAL, 5000, 3)
    (number,) = arm(server, fault("stall", seconds=10, on={"token": "t"}))
    with Peer(server.port) as peer:
        peer.send(put_head(path, HEAD, 5000) + CHUNK)
        wait_until_fired(server, number)
        good(server, "POST", reset)
        advance(server, 10)
        assert peer.answer().status == 404
    assert journal(server) == []
    assert counts(server) == []


def test_another_tokens_requests_in_flight_are_not_touched(server: ThreadServer, stack: ExitStack) -> None:
    path = server.init(TOTAL, 5000, 3, token="two")
    peer = begin(server, path, stack)
    call_in_flight = stack.enter_context(Peer(server.port))
    call_in_flight.send(call_head(INIT, len(SOURCE), "Expect: 100-continue", token="two"))
    assert call_in_flight.interim() == "HTTP/1.1 100 Continue"
    good(server, "POST", "/_mock/reset?token=one")
    assert finish(peer) == 206
    call_in_flight.send(SOURCE)
    assert call_in_flight.answer().status == 200
    assert world(server, "two") == {"uploads": [5000, 0], "faults": [], "entries": [200, 206, 200]}


def test_a_connection_older_than_a_reset_serves_on(server: ThreadServer) -> None:
    with Peer(server.port) as peer:
        assert peer.put(server.init(TOTAL, 5000, 3), 0, CHUNK, TOTAL).status == 206
        good(server, "POST", "/_mock/reset")
        assert peer.put(server.init(TOTAL, 5000, 3), 0, CHUNK, TOTAL).status == 206
    assert [entry["answer"]["status"] for entry in journal(server)] == [200, 206]


def test_numbers_go_on_after_a_reset(server: ThreadServer) -> None:
    server.init(TOTAL, 5000, 3)
    good(server, "POST", "/_mock/reset")
    server.init(TOTAL, 5000, 3)
    assert [entry["sequence"] for entry in journal(server)] == [2]


def test_a_reset_releases_a_stalled_request(server: ThreadServer) -> None:
    path = server.init(TOTAL, 5000, 3)
    arm(server, told("after_commit", {"kind": "stall", "seconds": 3600}))
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 0-4999/15000", 5000) + CHUNK)
        wait_until_fired(server, 1)
        good(server, "POST", "/_mock/reset")
        assert peer.answer().status == 206
