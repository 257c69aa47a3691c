"""What the control surface tells of what happened: journal, its stream, the ledger of an upload, the clock."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from mockserver.clock import MockClock
from mockserver.config import Config
from mockserver.protocol.rules import DOCUMENTED
from support.peer import Peer, put_head
from support.servers import ThreadServer
from support.steering import (
    Events,
    advance,
    arm,
    ask,
    call_head,
    fault,
    good,
    journal,
    rest_of,
    shown,
    upload_id,
)

TOTAL = 15_000
CHUNK = b"a" * 5000
INIT = "/v2/post/publish/inbox/video/init/"
FETCH = "/v2/post/publish/status/fetch/"
SOURCE = b'{"source_info":{"source":"FILE_UPLOAD","video_size":15000,"chunk_size":5000,"total_chunk_count":3}}'


@pytest.fixture
def path(server: ThreadServer) -> str:
    return server.init(TOTAL, 5000, 3)


# ───────────────────────────── numbers and filters ─────────────────────────────


def test_entries_are_numbered_from_1_in_order(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        for first in (0, 5000, 0):
            peer.put(path, first, CHUNK, TOTAL)
    server.status()
    entries = journal(server)
    assert [entry["sequence"] for entry in entries] == [1, 2, 3, 4, 5]
    assert [entry["operation"] for entry in entries] == ["init", "chunk", "chunk", "chunk", "status"]
    assert [entry["clause"] for entry in entries] == [
        "S-INIT-ANSWER",
        "S-CHUNK-206",
        "S-CHUNK-206",
        "S-ORDER-REPEAT",
        "S-STATUS-UPLOADED",
    ]
    assert {entry["upload_id"] for entry in entries} == {upload_id(path)}
    assert [entry["chunk"] for entry in entries] == [None, 1, 2, 1, None]


def test_since_is_the_last_that_is_known(server: ThreadServer, path: str) -> None:
    for _ in range(3):
        server.status()
    for since, numbers in ((0, [1, 2, 3, 4]), (1, [2, 3, 4]), (3, [4]), (4, []), (99, [])):
        whole = good(server, "GET", f"/_mock/journal?since={since}")
        assert [entry["sequence"] for entry in whole["entries"]] == numbers
        assert (whole["last"], whole["dropped"]) == (4, 0)


def test_an_empty_journal(server: ThreadServer) -> None:
    assert good(server, "GET", "/_mock/journal") == {"entries": [], "last": 0, "dropped": 0}


def test_entries_of_one_token_or_upload(server: ThreadServer) -> None:
    one, two = (server.init(TOTAL, 5000, 3, token=token) for token in ("one", "two"))
    with Peer(server.port) as peer:
        for path in (one, two, one):
            peer.put(path, 0, CHUNK, TOTAL)
        peer.put("/video/?upload_id=7", 0, CHUNK, TOTAL)

    def numbers(query: str) -> list[int]:
        return [entry["sequence"] for entry in journal(server, query)]

    assert numbers("?token=one") == [1, 3, 5]
    assert numbers("?token=two") == [2, 4]
    assert numbers("?token=three") == []
    assert numbers(f"?upload_id={upload_id(two)}") == [2, 4]
    assert numbers("?upload_id=7") == [6]
    assert numbers(f"?token=one&upload_id={upload_id(one)}&since=1") == [3, 5]
    assert numbers(f"?token=one&upload_id={upload_id(two)}") == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?since=-1", "since must be a whole number from 0, got '-1'"),
        ("?since=x", "since must be a whole number from 0, got 'x'"),
        ("?since=", "query parameter since is empty: give it a value or leave it out"),
        ("?since=" + "9" * 19, "since must be a whole number from 0, got '9999999999999999999'"),
        ("?since=1&since=2", "query parameter since was given more than once"),
        ("?sinc=1", "{path} has no query parameter 'sinc': it can have since, token, upload_id"),
    ],
)
@pytest.mark.parametrize("path", ["/_mock/journal", "/_mock/journal/stream"])
def test_a_query_that_makes_no_sense(server: ThreadServer, path: str, query: str, sentence: str) -> None:
    assert ask(server, "GET", path + query) == (400, {"error": sentence.format(path=path)})


def test_requests_to_the_control_surface_are_not_in_it(server: ThreadServer) -> None:
    for name in ("health", "uploads", "journal", "faults", "clock", "nothing"):
        ask(server, "GET", f"/_mock/{name}")
    good(server, "POST", "/_mock/uploads", json.loads(SOURCE)["source_info"])
    good(server, "POST", "/_mock/reset")
    assert journal(server) == []
    assert good(server, "GET", "/_mock/journal")["last"] == 0


@pytest.mark.parametrize(
    ("head", "status", "clause"),
    [
        (f"GET {INIT} HTTP/1.1", 405, "S-INIT-ENVELOPE"),
        ("GET /video/?upload_id=7 HTTP/1.1", 405, "S-HEAD-METHOD"),
        ("GET /nowhere?a=b HTTP/1.1", 404, "S-INIT-ENVELOPE"),
    ],
)
def test_requests_without_an_operation_are_in_it(
    server: ThreadServer, head: str, status: int, clause: str
) -> None:
    with Peer(server.port) as peer:
        peer.send(f"{head}\r\nHost: x\r\n\r\n".encode())
        assert peer.answer().status == status
    (entry,) = journal(server)
    assert (entry["operation"], entry["chunk"], entry["fault"]) == (None, None, None)
    assert (entry["request"]["method"], entry["request"]["target"]) == tuple(head.split()[:2])
    assert (entry["answer"]["status"], entry["clause"]) == (status, clause)


# ───────────────────────────── one entry ─────────────────────────────


def test_an_entry_has_every_field(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        address = "{}:{}".format(*peer.socket.getsockname())
        peer.put(path, 5000, CHUNK, TOTAL)
    entry = journal(server)[-1]
    assert set(entry) == {
        "sequence",
        "peer",
        "operation",
        "token",
        "upload_id",
        "chunk",
        "content_range",
        "request",
        "received",
        "answer",
        "clause",
        "reason",
        "warning",
        "fault",
        "times",
    }
    assert (entry["peer"], entry["received"]) == (address, 5000)
    assert (entry["chunk"], entry["content_range"]) == (2, "bytes 5000-9999/15000")
    assert (entry["clause"], entry["warning"], entry["fault"]) == ("S-ORDER-START", "", None)
    assert entry["reason"] == "FIRST must be 0, the next byte; got 5000; next is 'bytes 0-4999/15000'"
    told = dict(entry["answer"]["headers"])
    assert (entry["answer"]["status"], told["Content-Range"]) == (416, "bytes 0-0/15000")


def test_a_warning_is_in_it(server: ThreadServer) -> None:
    server.init(17_000, 5000, 3)
    (entry,) = journal(server)
    assert entry["warning"].startswith("another reading (A1) refuses this plan: ")
    assert dict(entry["answer"]["headers"])["X-Mock-Warning"] == entry["warning"]


def test_headers_are_in_it_as_they_came(server: ThreadServer, path: str) -> None:
    more = ["x-TWO: b", "X-One: a", "x-two:   c", "X-Latin: caf\xe9", "X-Empty:"]
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 0-4999/15000", 5000, *more) + CHUNK)
        assert peer.answer().status == 206
    asked = journal(server)[-1]["request"]
    assert (asked["method"], asked["version"]) == ("PUT", "HTTP/1.1")
    assert asked["target"].startswith(f"/video/?upload_id={upload_id(path)}&upload_token=")
    assert asked["headers"] == [
        ["Host", "127.0.0.1"],
        ["Content-Type", "video/mp4"],
        ["Content-Range", "bytes 0-4999/15000"],
        ["Content-Length", "5000"],
        ["x-TWO", "b"],
        ["X-One", "a"],
        ["x-two", "c"],
        ["X-Latin", "caf\xe9"],
        ["X-Empty", ""],
    ]


def test_credentials_are_masked_and_the_same_ones_look_the_same(server: ThreadServer) -> None:
    secret = "act.secretsecret"
    path = server.init(TOTAL, 5000, 3, token=secret)
    token = path.partition("upload_token=")[2]
    with Peer(server.port) as peer:
        for _ in range(2):
            more = [f"Authorization: Bearer {secret}", f"Cookie: session={secret}"]
            peer.send(put_head(path, "bytes 0-4999/15000", 5000, *more) + CHUNK)
            assert peer.answer().status in (206, 416)
    entries = journal(server)
    text = json.dumps(entries)
    assert secret not in text
    assert token not in text
    # the beginning, and the first eight digits of sha256
    masked = "act....ab01a5ab"
    assert [entry["token"] for entry in entries] == [masked] * 3
    for entry in entries:
        assert dict(entry["request"]["headers"])["Authorization"] == f"Bearer {masked}"
    shown_tokens = {entry["request"]["target"].partition("upload_token=")[2] for entry in entries[1:]}
    assert len(shown_tokens) == 1
    assert re.fullmatch(rf"{token[:4]}\.\.\.[0-9a-f]{{8}}", shown_tokens.pop())


@pytest.mark.parametrize("name", ["upload%5Ftoken", "%75pload_token", "UPLOAD_TOKEN"])
def test_an_upload_token_is_masked_however_its_name_is_written(server: ThreadServer, path: str, name: str) -> None:
    with Peer(server.port) as peer:
        peer.put(path.replace("upload_token", name), 0, CHUNK, TOTAL)
    assert path.partition("upload_token=")[2] not in json.dumps(journal(server))


def test_no_body_is_in_it(server: ThreadServer) -> None:
    body = SOURCE[:-1] + b',"post_info":{"privacy_level":"SELF_ONLY","title":"MARKER"}}'
    with Peer(server.port) as peer:
        peer.send(call_head("/v2/post/publish/video/init/", len(body)) + body)
        said = peer.answer().json()
        path = said["data"]["upload_url"].removeprefix(server.url)
        assert peer.put(path, 0, b"MARKER" + CHUNK[6:], TOTAL).status == 206
    text = json.dumps(journal(server))
    for secret in ("MARKER", said["data"]["publish_id"], said["error"]["log_id"], "aaaaaa"):
        assert secret not in text


def test_what_the_parser_refused_is_in_it_without_a_request(server: ThreadServer) -> None:
    with Peer(server.port) as peer:
        peer.send(b"PUT /video/?upload_token=SECRET HTTP/9.x\r\nAuthorization: SECRET\r\n\r\n")
        assert peer.answer().status == 400
    (entry,) = journal(server)
    assert (entry["request"], entry["operation"], entry["token"], entry["received"]) == (None, None, None, 0)
    assert (entry["answer"]["status"], entry["clause"]) == (400, "S-HTTP")
    assert entry["reason"].startswith("the bytes are no HTTP request: ")
    assert "SECRET" not in json.dumps(entry)


def test_a_request_given_up_has_no_answer(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        address = "{}:{}".format(*peer.socket.getsockname())
        peer.send(put_head(path, "bytes 0-4999/15000", 5000, "Expect: 100-continue"))
        assert peer.interim() == "HTTP/1.1 100 Continue"
        peer.send(CHUNK[:1000])
        server.status()  # by now the 1000 bytes have been read
        peer.reset()
        server.wait_for_entries(3)
    (entry,) = (entry for entry in journal(server) if entry["operation"] == "chunk")
    assert (entry["answer"], entry["clause"], entry["received"]) == (None, "S-ATOMIC-CUT", 1000)
    assert entry["times"]["last_byte"] is None
    assert entry["peer"] == address


# ───────────────────────────── times ─────────────────────────────

ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00"


def test_times_are_on_both_clocks_to_the_microsecond(server: ThreadServer) -> None:
    path = server.init(TOTAL, 5000, 3)
    head = put_head(path, "bytes 0-4999/15000", 5000, "Expect: 100-continue")
    with Peer(server.port) as peer:
        assert peer.put(path, 5000, CHUNK, TOTAL).status == 416  # the connection is known to the server
        peer.send(head[:1])
        good(server, "GET", "/_mock/health")  # by now it has the first byte
        advance(server, 10)
        peer.send(head[1:])
        assert peer.interim() == "HTTP/1.1 100 Continue"
        peer.send(CHUNK[:100])
        good(server, "GET", "/_mock/health")
        advance(server, 20.000001)
        peer.send(CHUNK[100:])
        assert peer.answer().status == 206
    times = journal(server)[-1]["times"]
    assert [times[name]["clock"] for name in ("first_byte", "last_byte", "answer")] == [
        "2026-01-01T00:00:00.000000+00:00",
        "2026-01-01T00:00:30.000001+00:00",
        "2026-01-01T00:00:30.000001+00:00",
    ]
    wall = [times[name]["wall"] for name in ("first_byte", "last_byte", "answer")]
    assert wall == sorted(wall)
    assert all(re.fullmatch(ISO, moment) for moment in wall)


def test_the_answers_time_comes_after_a_stall(server: ThreadServer, path: str) -> None:
    (number,) = arm(server, fault("stall", "after_body", seconds=5))
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 0-4999/15000", 5000) + CHUNK)
        while good(server, "GET", "/_mock/faults")["faults"][0]["fired"] == 0:
            pass
        advance(server, 5)
        assert peer.answer().status == 206
    entry = journal(server)[-1]
    assert entry["fault"]["id"] == number
    assert entry["times"]["last_byte"]["clock"] == "2026-01-01T00:00:00.000000+00:00"
    assert entry["times"]["answer"]["clock"] == "2026-01-01T00:00:05.000000+00:00"


@pytest.mark.parametrize("operation", ["chunk", "init", "refused", "without a body"])
def test_a_body_that_came_has_a_last_byte(server: ThreadServer, path: str, operation: str) -> None:
    with Peer(server.port) as peer:
        if operation == "without a body":
            peer.send(b"GET /video/ HTTP/1.1\r\nHost: x\r\n\r\n")
            peer.answer()
        elif operation == "init":
            peer.send(call_head(INIT, len(SOURCE)) + SOURCE)
            peer.answer()
        else:
            peer.put(path, 0 if operation == "chunk" else 5000, CHUNK, TOTAL)
    times = journal(server)[-1]["times"]
    assert times["first_byte"]["wall"] <= times["last_byte"]["wall"] <= times["answer"]["wall"]


def test_pipelined_requests_have_their_own_times(server: ThreadServer, path: str) -> None:
    chunks = b"".join(
        put_head(path, f"bytes {first}-{first + 4999}/15000", 5000) + CHUNK for first in (0, 5000, 10_000)
    )
    with Peer(server.port) as peer:
        peer.send(chunks)
        assert [peer.answer().status for _ in range(3)] == [206, 206, 201]
    entries = journal(server)[1:]
    assert [entry["sequence"] for entry in entries] == [2, 3, 4]
    for entry in entries:
        wall = [entry["times"][name]["wall"] for name in ("first_byte", "last_byte", "answer")]
        assert wall == sorted(wall)


# ───────────────────────────── server-sent events ─────────────────────────────


def test_the_stream_tells_what_was_and_what_comes(server: ThreadServer, path: str) -> None:
    with Events(server) as events, Peer(server.port) as peer:
        assert events.status == 200
        assert events.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert events.headers["Cache-Control"] == "no-store"
        assert events.block()[0].startswith(":")
        assert events.entry()["operation"] == "init"
        for number, first in enumerate((0, 5000, 0), 2):
            peer.put(path, first, CHUNK, TOTAL)
            entry = events.entry()
            assert entry["sequence"] == number
            assert entry == journal(server)[-1]


def test_an_event_is_three_lines(server: ThreadServer, path: str) -> None:
    with Events(server) as events:
        events.block()
        number, kind, data = events.block()
    assert (number, kind) == ("id: 1", "event: entry")
    assert json.loads(data.removeprefix("data: ")) == journal(server)[0]


@pytest.mark.parametrize(
    ("query", "more", "first"),
    [
        ("?since=2", (), 3),
        ("", ("Last-Event-ID: 3",), 4),
        ("?since=1", ("Last-Event-ID: 3",), 4),
        ("?since=4", (), 5),
        ("?since=4", ("Last-Event-ID: 0",), 1),
    ],
)
def test_a_stream_goes_on_where_its_reader_was(
    server: ThreadServer, path: str, query: str, more: tuple[str, ...], first: int
) -> None:
    for _ in range(3):
        server.status()
    with Events(server, query, *more) as events:
        server.status()
        assert [events.entry()["sequence"] for _ in range(first, 6)] == list(range(first, 6))


def test_a_stream_of_one_token_or_upload(server: ThreadServer) -> None:
    one, two = (server.init(TOTAL, 5000, 3, token=token) for token in ("one", "two"))
    with (
        Events(server, "?token=two") as of_two,
        Events(server, f"?upload_id={upload_id(one)}&since=1") as of_one,
        Peer(server.port) as peer,
    ):
        for path in (one, two):
            peer.put(path, 0, CHUNK, TOTAL)
        assert [of_two.entry()["sequence"] for _ in range(2)] == [2, 4]
        assert of_one.entry()["sequence"] == 3


def test_a_stream_that_goes_on_at_no_number(server: ThreadServer) -> None:
    status, said = ask(server, "GET", "/_mock/journal/stream", headers={"Last-Event-ID": "x"})
    assert status == 400
    assert said["error"].endswith("must be a whole number from 0, got 'x'")


def test_several_listeners_hear_the_same(server: ThreadServer, path: str) -> None:
    with Events(server) as one, Events(server) as other:
        server.status()
        assert [[events.entry()["sequence"] for _ in range(2)] for events in (one, other)] == [[1, 2], [1, 2]]


def test_a_stream_goes_on_after_a_reset(server: ThreadServer, path: str) -> None:
    with Events(server) as events:
        assert events.entry()["sequence"] == 1
        good(server, "POST", "/_mock/reset")
        server.init(TOTAL, 5000, 3)
        assert events.entry()["sequence"] == 2


def tasks(server: ThreadServer) -> int:
    async def count() -> int:
        return len(asyncio.all_tasks())

    found: int = server.run(count())
    return found


@pytest.mark.parametrize("ending", ["close", "reset"])
def test_a_listener_may_go_away(
    server: ThreadServer, path: str, ending: str, capfd: pytest.CaptureFixture[str]
) -> None:
    before = tasks(server)
    with Events(server) as events:
        assert events.entry()["sequence"] == 1
        assert tasks(server) > before
        if ending == "reset":
            events.reset()
        events.socket.close()
        for _ in range(1000):
            server.status()
            if tasks(server) <= before:
                break
        else:
            pytest.fail("the stream still runs")
    assert capfd.readouterr().err == ""


def test_a_listener_that_is_slow_misses_nothing(server: ThreadServer, path: str) -> None:
    # More than the sockets' buffers hold: the server waits for the listener while more entries come.
    with Peer(server.port) as peer:
        head = call_head("/nowhere/", 0, *[f"X-Filler-{number}: {'x' * 7000}" for number in range(3)])
        for _ in range(600):
            peer.send(head)
            assert peer.answer().status == 404
        with Events(server) as events:
            assert events.entry()["sequence"] == 1
            for _ in range(3):
                server.status()
            assert [events.entry()["sequence"] for _ in range(603)] == list(range(2, 605))


# ───────────────────────────── the ledger ─────────────────────────────


def ledger(server: ThreadServer, path: str) -> list[dict[str, Any]]:
    found = shown(server, path)
    assert found is not None
    rows: list[dict[str, Any]] = found["ledger"]
    return rows


def test_an_upload_nobody_sent_to_has_an_empty_ledger(server: ThreadServer, path: str) -> None:
    assert ledger(server, path) == []


def test_the_ledger_tells_of_each_range_who_sent_it_and_what_became_of_it(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        address = "{}:{}".format(*peer.socket.getsockname())
        assert peer.put(path, 5000, CHUNK, TOTAL).status == 416
        advance(server, 1.5)
        assert peer.put(path, 0, CHUNK, TOTAL).status == 206
        assert peer.put(path, 0, CHUNK, TOTAL).status == 416
        assert peer.put(path, 5000, CHUNK, TOTAL).status == 206
        assert peer.put(path, 0, CHUNK[:-1], TOTAL).status == 416
    digest = (shown(server, path) or {})["chunks"][0]["digest"]
    zero, later = "2026-01-01T00:00:00.000000+00:00", "2026-01-01T00:00:01.500000+00:00"

    def request(sequence: int, at: str, status: int, *, kept: bool, received: int = 5000) -> dict[str, object]:
        return {
            "sequence": sequence,
            "at": at,
            "peer": address,
            "status": status,
            "received": received,
            "kept": kept,
        }

    assert ledger(server, path) == [
        {
            "first": 0,
            "last": 4998,
            "times": 1,
            "kept": False,
            "digest": None,
            "requests": [request(6, later, 416, kept=False, received=4999)],
        },
        {
            "first": 0,
            "last": 4999,
            "times": 2,
            "kept": True,
            "digest": digest,
            "requests": [request(3, later, 206, kept=True), request(4, later, 416, kept=False)],
        },
        {
            "first": 5000,
            "last": 9999,
            "times": 2,
            "kept": True,
            "digest": digest,
            "requests": [request(2, zero, 416, kept=False), request(5, later, 206, kept=True)],
        },
    ]
    assert len(digest) == 32


def test_the_ledger_has_requests_that_got_no_answer(server: ThreadServer, path: str) -> None:
    arm(server, fault("close", "after_body"), fault("reset", "after_commit"), fault("status", status=503))
    for end in ("FIN", "RST"):
        with Peer(server.port) as peer:
            peer.send(put_head(path, "bytes 0-4999/15000", 5000) + CHUNK)
            assert rest_of(peer) == (b"", end)
    with Peer(server.port) as peer:
        assert peer.put(path, 0, CHUNK, TOTAL).status == 503
    (row,) = ledger(server, path)
    assert (row["times"], row["kept"]) == (3, True)
    assert [(one["status"], one["kept"]) for one in row["requests"]] == [(None, False), (None, True), (503, False)]


def test_a_range_that_cannot_be_read_is_in_no_row(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        for span in (None, "bytes 0-4999", "bytes 4999-0/15000"):
            peer.send(put_head(path, span, 5000) + CHUNK)
            assert peer.answer().status == 400
    assert ledger(server, path) == []


def test_a_stranger_without_the_upload_token_is_in_the_ledger_too(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        assert peer.put(path.partition("&")[0], 0, CHUNK, TOTAL).status == 404
    assert [(row["times"], row["kept"]) for row in ledger(server, path)] == [(1, False)]


@pytest.mark.parametrize("query", ["", "?token=one"], ids=["anybody's", "one token's"])
def test_an_upload_made_without_init_has_a_ledger(server: ThreadServer, query: str) -> None:
    made = good(server, "POST", f"/_mock/uploads{query}", json.loads(SOURCE)["source_info"])
    path = made["data"]["upload_url"].removeprefix(server.url)
    with Peer(server.port) as peer:
        assert peer.put(path, 0, CHUNK, TOTAL).status == 206
    assert [(row["times"], row["kept"]) for row in ledger(server, path)] == [(1, True)]


def test_the_last_20_requests_of_a_range_are_shown_and_all_are_counted(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        for _ in range(25):
            assert peer.put(path, 5000, CHUNK, TOTAL).status == 416
    (row,) = ledger(server, path)
    assert row["times"] == 25
    assert [one["sequence"] for one in row["requests"]] == list(range(7, 27))


def test_a_list_of_uploads_has_their_ledgers(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        assert peer.put(path, 0, CHUNK, TOTAL).status == 206
    (one,) = good(server, "GET", "/_mock/uploads")["uploads"]
    assert one == shown(server, path)
    assert [row["times"] for row in one["ledger"]] == [1]


# ───────────────────────────── the clock ─────────────────────────────

ZERO = 1_767_225_600


def test_the_clock_is_advanced(server: ThreadServer) -> None:
    assert good(server, "GET", "/_mock/clock") == {
        "now": "2026-01-01T00:00:00.000000+00:00",
        "seconds": ZERO,
        "offset": 0,
        "frozen": False,
    }
    assert good(server, "POST", "/_mock/clock", {"advance": 3600}) == {
        "now": "2026-01-01T01:00:00.000000+00:00",
        "seconds": ZERO + 3600,
        "offset": 3600,
        "frozen": False,
    }
    assert good(server, "POST", "/_mock/clock", {"advance": 0.5})["seconds"] == ZERO + 3600.5
    assert good(server, "POST", "/_mock/clock", {"advance": 0})["seconds"] == ZERO + 3600.5
    assert good(server, "GET", "/_mock/clock")["now"] == "2026-01-01T01:00:00.500000+00:00"


@pytest.fixture
def running() -> Iterator[ThreadServer]:
    """A server on the clock that it really has."""
    with ThreadServer(Config(rules=DOCUMENTED.with_mb(1000)), MockClock()) as server:
        yield server


def test_a_clock_is_frozen_and_runs_on(running: ThreadServer) -> None:
    frozen = good(running, "POST", "/_mock/clock", {"freeze": True})
    assert frozen["frozen"] is True
    assert good(running, "GET", "/_mock/clock")["seconds"] == frozen["seconds"]
    assert good(running, "POST", "/_mock/clock", {"freeze": True})["seconds"] == frozen["seconds"]
    moved = good(running, "POST", "/_mock/clock", {"advance": 60})
    assert (moved["seconds"], moved["frozen"]) == (frozen["seconds"] + 60, True)
    on = good(running, "POST", "/_mock/clock", {"freeze": False})
    assert on["frozen"] is False
    assert on["seconds"] >= moved["seconds"]
    assert good(running, "GET", "/_mock/clock")["seconds"] > on["seconds"]


def test_both_verbs_at_once(running: ThreadServer) -> None:
    before = good(running, "POST", "/_mock/clock", {"freeze": True})["seconds"]
    after = good(running, "POST", "/_mock/clock", {"freeze": True, "advance": 7200})
    assert (after["seconds"], after["frozen"]) == (before + 7200, True)
    assert good(running, "POST", "/_mock/clock", {"freeze": False, "advance": 1})["seconds"] >= before + 7201


def test_uploads_live_on_the_clock_that_was_moved(server: ThreadServer) -> None:
    advance(server, 86_400)
    path = server.init(TOTAL, 5000, 3)
    found = shown(server, path)
    assert found is not None
    assert found["issued_at"] == "2026-01-02T00:00:00.000000+00:00"
    assert found["expires_at"] == "2026-01-02T01:00:00.000000+00:00"
    entry = journal(server)[-1]
    assert entry["times"]["answer"]["clock"] == "2026-01-02T00:00:00.000000+00:00"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "the body must be an object with advance or freeze, got an empty one"),
        ([], "the body must be an object with advance or freeze, got list"),
        (3600, "the body must be an object with advance or freeze, got int"),
        ({"advanse": 1}, "the body must be an object with advance or freeze, got 'advanse'"),
        ({"advance": 1, "x": 1}, "the body must be an object with advance or freeze, got 'x'"),
        ({"advance": -1}, "advance must be seconds from 0 to 315360000, got -1"),
        ({"advance": -0.5}, "advance must be seconds from 0 to 315360000, got -0.5"),
        ({"advance": 315_360_001}, "advance must be seconds from 0 to 315360000, got 315360001"),
        ({"advance": True}, "advance must be seconds from 0 to 315360000, got true"),
        ({"advance": "60"}, 'advance must be seconds from 0 to 315360000, got "60"'),
        ({"advance": None}, "advance must be seconds from 0 to 315360000, got null"),
        ({"advance": 1, "freeze": 1}, "freeze must be true or false, got 1"),
        ({"freeze": "yes"}, "freeze must be true or false, got yes"),
        ({"freeze": None}, "freeze must be true or false, got None"),
    ],
    ids=str,
)
def test_a_clock_refuses_nonsense_and_stays_where_it_is(server: ThreadServer, body: object, sentence: str) -> None:
    assert ask(server, "POST", "/_mock/clock", body) == (400, {"error": sentence})
    assert good(server, "GET", "/_mock/clock")["seconds"] == ZERO


@pytest.mark.parametrize("raw", [b"", b"{", b'{"advance": NaN}', b'{"advance": 1e999}'])
def test_a_clock_refuses_what_is_no_json_number(server: ThreadServer, raw: bytes) -> None:
    assert ask(server, "POST", "/_mock/clock", raw=raw)[0] == 400
    assert good(server, "GET", "/_mock/clock")["seconds"] == ZERO


def test_a_clock_is_never_moved_beyond_what_can_be_shown(server: ThreadServer) -> None:
    met = [ask_raw(server, b'{"advance": 315360000}') for _ in range(900)]
    assert set(met) == {200, 409}
    server.init(TOTAL, 5000, 3)
    good(server, "POST", "/_mock/reset")


def ask_raw(server: ThreadServer, body: bytes) -> int:
    with Peer(server.port) as peer:
        peer.send(
            b"POST /_mock/clock HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )
        return peer.answer().status
