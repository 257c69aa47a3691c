"""Every kind of fault at every moment at which it can strike, seen from a raw socket.

A request is sent up to the byte at which its fault strikes, and no further. One byte before nothing may have
happened; with that byte, and without any later one, the fault has to be seen.
"""

import http.client
import io
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Final, NamedTuple

import pytest

from mockserver.clock import ManualClock, MockClock
from mockserver.config import Config
from mockserver.faults.kinds import MOMENTS, NEED_AN_UPLOAD
from mockserver.protocol.rules import DOCUMENTED
from support.peer import Answer, Peer, put_head
from support.servers import ThreadServer
from support.steering import (
    advance,
    arm,
    call_head,
    entry_of_fault,
    fault,
    fired,
    good,
    is_silent,
    journal,
    rest_of,
    shown,
    wait_until_fired,
)

TOTAL = 15_000
CHUNK = b"a" * 5000
SOURCE = {"source": "FILE_UPLOAD", "video_size": 15_000, "chunk_size": 5000, "total_chunk_count": 3}
INIT = "/v2/post/publish/inbox/video/init/"
FETCH = "/v2/post/publish/status/fetch/"
PARAMETERS: dict[str, dict[str, Any]] = {
    "status": {"status": 503, "headers": {"Retry-After": "7"}, "body": "busy"},
    "stall": {"seconds": 60},
    "truncate": {"bytes": 30},
    "progress": {"value": 777},
    "redirect": {"location": "https://elsewhere.example/video/?a=b"},
}
WHOLE_BODY = 0.05
"""Seconds that a throttled body takes."""


class Told(NamedTuple):
    """What the fault was told; `when` a moment, or a number for at_byte."""

    operation: str
    kind: str
    when: str | int
    do: dict[str, Any]


class Request(ABC):
    """One request, sent up to its fault's moment and then on. Its body is cut in the middle for `at_byte`."""

    def __init__(self, server: ThreadServer, told: Told, head: bytes, body: bytes) -> None:
        self.server = server
        self.operation, self.kind, when, do = told
        self.when, sent = str(when), {"before_body": 0, "at_byte": len(body) // 2}.get(str(when), len(body))
        if isinstance(when, int):
            self.when, sent = "at_byte", when
        at = {"at_byte": sent} if self.when == "at_byte" else self.when
        throttled = {"bytes_per_second": len(body) / WHOLE_BODY} if self.kind == "throttle" else {}
        do = PARAMETERS.get(self.kind, throttled) | do
        (self.number,) = arm(server, fault(self.kind, at, operation=self.operation, **do))
        self.peer = Peer(server.port)
        self.length = len(body)
        self.received = sent
        self.committed = self.when in ("after_commit", "after_answer")
        self._before, self._after = head + body[:sent], body[sent:]

    def reach(self, held_up: float = 0) -> float:
        """Send all up to the moment, byte for byte: it strikes with the last of them and not before.

        That last one is `held_up` for so many seconds; gives the time just before it was sent.
        """
        began = time.monotonic()
        self.peer.send(self._before[:-1])
        assert is_silent(self.server, self.peer)
        assert fired(self.server, self.number) == 0
        while time.monotonic() < began + held_up:
            good(self.server, "GET", "/_mock/health")
        moment = time.monotonic()
        self.peer.send(self._before[-1:])
        return moment

    def send_the_rest(self) -> None:
        self.peer.send(self._after)
        self.received, self._after = self.length, b""

    @abstractmethod
    def check_committed(self) -> None:
        """Nothing is kept before `after_commit`, all after it."""

    @abstractmethod
    def check_good(self, answer: Answer) -> None:
        """It is the answer of a request that no fault spoiled."""

    @abstractmethod
    def go_on(self, peer: Peer) -> None:
        """The same request again, on this connection, and what follows it."""

    def check_fault_and_journal(self, answer: int | None) -> dict[str, Any]:
        """The fault is used up, and the journal tells of it; the journal's entry."""
        (one,) = good(self.server, "GET", "/_mock/faults")["faults"]
        assert (one["id"], one["fired"], one["left"]) == (self.number, 1, 0)
        entry = entry_of_fault(self.server, self.number)
        assert entry["fault"] == {"id": self.number, "kind": self.kind, "when": self.when}
        assert (entry["answer"]["status"] if entry["answer"] else None) == answer
        assert (entry["operation"], entry["received"]) == (self.operation, self.received)
        return entry


class Chunk(Request):
    """The first of three chunks, and what became of its upload."""

    def __init__(self, server: ThreadServer, kind: str, when: str | int, *more: str, **do: Any) -> None:
        self.path = server.init(TOTAL, 5000, 3)
        self.publish_id = server.publish_id
        head = put_head(self.path, "bytes 0-4999/15000", 5000, *more)
        super().__init__(server, Told("chunk", kind, when, do), head, CHUNK)

    def check_kept(self, count: int) -> None:
        """So many bytes are in, say all who know it."""
        status = self.server.call(FETCH, {"publish_id": self.publish_id})["data"]
        assert status == {"status": "PROCESSING_UPLOAD", "uploaded_bytes": count}
        found = shown(self.server, self.path)
        assert found is not None
        assert found["uploaded_bytes"] == count
        assert [(chunk["first"], chunk["last"]) for chunk in found["chunks"]] == ([(0, 4999)] if count else [])

    def check_committed(self) -> None:
        self.check_kept(5000 if self.committed else 0)

    def check_good(self, answer: Answer) -> None:
        assert (answer.status, answer.body) == (206, b"null")
        assert answer.headers["Content-Range"] == "bytes 0-5000/15000"
        assert "Connection" not in answer.headers
        self.check_kept(5000)
        self.committed = True

    def check_fault_and_journal(self, answer: int | None) -> dict[str, Any]:
        entry = super().check_fault_and_journal(answer)
        assert (entry["chunk"], entry["content_range"]) == (1, "bytes 0-4999/15000")
        return entry

    def go_on(self, peer: Peer) -> None:
        again = peer.put(self.path, 0, CHUNK, TOTAL)
        assert again.status == (416 if self.committed else 206)
        assert again.headers["Content-Range"] == "bytes 0-5000/15000"
        assert peer.put(self.path, 5000, CHUNK, TOTAL).status == 206
        last = peer.put(self.path, 10_000, CHUNK, TOTAL)
        assert (last.status, last.headers["Content-Range"]) == (201, "bytes 0-15000/15000")


class Call(Request):
    """An init or a status/fetch."""

    def __init__(self, server: ThreadServer, operation: str, kind: str, when: str | int, *more: str) -> None:
        if operation == "init":
            self.path, asked = INIT, {"source_info": SOURCE}
        else:
            server.init(TOTAL, 5000, 3)
            self.path, asked = FETCH, {"publish_id": server.publish_id}
        self.body = json.dumps(asked).encode()
        head = call_head(self.path, len(self.body), *more)
        super().__init__(server, Told(operation, kind, when, {}), head, self.body)
        self.made_before = self.made()

    def made(self) -> int:
        return len(good(self.server, "GET", "/_mock/uploads")["uploads"])

    def check_committed(self) -> None:
        made = 1 if self.operation == "init" and self.committed else 0
        assert self.made() - self.made_before == made

    def check_good(self, answer: Answer) -> None:
        said = answer.json()
        assert (answer.status, said["error"]["code"]) == (200, "ok")
        if self.operation == "init":
            assert set(said["data"]) == {"publish_id", "upload_url"}
        else:
            assert said["data"] == {"status": "PROCESSING_UPLOAD", "uploaded_bytes": 0}

    def go_on(self, peer: Peer) -> None:
        peer.send(call_head(self.path, len(self.body)) + self.body)
        self.check_good(peer.answer())


# ───────────────────────────── what each kind looks like ─────────────────────────────


def says_something_else(sent: Request, peer: Peer) -> None:
    """A whole answer, before the rest of the request; the connection goes on once that has come."""
    sent.reach()
    answer = peer.answer()
    if sent.kind == "status":
        assert (answer.status, answer.body) == (503, b"busy")
        assert (answer.headers["Retry-After"], answer.headers["Content-Length"]) == ("7", "4")
    else:
        assert (answer.status, answer.body) == (307, b"")
        assert answer.headers["Location"] == "https://elsewhere.example/video/?a=b"
    assert not {"Content-Range", "Connection", "X-Mock-Clause"} & set(answer.headers)
    sent.check_committed()
    sent.send_the_rest()
    sent.go_on(peer)
    sent.check_fault_and_journal(answer.status)


def ends_the_connection(sent: Request, peer: Peer) -> None:
    """No byte, or bytes that are no answer, or after the answer nothing: and then FIN or RST."""
    sent.reach()
    answer = peer.answer() if sent.when == "after_answer" else None
    came, end = rest_of(peer)
    assert end == ("RST" if sent.kind == "reset" else "FIN")
    if sent.kind == "garbage":
        assert len(came) > 10
        assert not reads_as_http(came)
    else:
        assert came == b""
    peer.socket.close()
    sent.check_committed()
    if answer is not None:
        sent.check_good(answer)
    sent.check_fault_and_journal(answer.status if answer else None)
    with Peer(sent.server.port) as other:
        sent.go_on(other)


def cuts_the_answer(sent: Request, peer: Peer) -> None:
    sent.reach()
    cut = {"chunk": b"HTTP/1.1 206 Partial Content\r\n"}.get(sent.operation, b"HTTP/1.1 200 OK\r\nServer: tikto")
    assert len(cut) == 30
    assert rest_of(peer) == (cut, "FIN")
    peer.socket.close()
    sent.check_committed()
    sent.check_fault_and_journal(None)
    with Peer(sent.server.port) as other:
        sent.go_on(other)


def tells_another_number(sent: Chunk, peer: Peer) -> None:
    sent.reach()
    answer = peer.answer()
    assert (answer.status, answer.headers["Content-Range"]) == (206, "bytes 0-777/15000")
    sent.check_committed()
    sent.go_on(peer)
    entry = sent.check_fault_and_journal(206)
    assert dict(entry["answer"]["headers"])["Content-Range"] == "bytes 0-777/15000"
    assert entry["clause"] == "S-CHUNK-206"


def falls_silent(sent: Request, peer: Peer) -> None:
    """Nothing comes, while others are served, until the mock's clock has been moved far enough."""
    sent.reach()
    wait_until_fired(sent.server, sent.number)
    if sent.when != "before_body":
        sent.send_the_rest()
    assert is_silent(sent.server, peer)
    sent.check_committed()
    advance(sent.server, 59.5)
    assert is_silent(sent.server, peer)
    advance(sent.server, 0.5)
    if sent.when == "before_body":
        assert peer.interim() == "HTTP/1.1 100 Continue"
        sent.send_the_rest()
    answer = peer.answer()
    sent.check_good(answer)
    sent.go_on(peer)
    sent.check_fault_and_journal(answer.status)


def reads_slowly(sent: Request, peer: Peer) -> None:
    """The answer comes no sooner than the bytes still to be read allow, however slow those before were."""
    moment = sent.reach(held_up=1.2 * WHOLE_BODY)
    wait_until_fired(sent.server, sent.number)
    still_to_read = (sent.length - sent.received) / sent.length
    sent.send_the_rest()
    answer = peer.answer()
    assert time.monotonic() - moment >= WHOLE_BODY * still_to_read - 0.001
    sent.check_good(answer)
    sent.go_on(peer)
    sent.check_fault_and_journal(answer.status)


def ends_the_upload(sent: Chunk, peer: Peer) -> None:
    """The upload is expired (403) or unknown (404) from the moment on, and the right chunk meets that for ever."""
    refusal = {"expire": (403, "S-URL-EXPIRED"), "forget": (404, "S-URL-UNKNOWN")}[sent.kind]
    sent.reach()
    if sent.when == "at_byte":
        wait_until_fired(sent.server, sent.number)
        found = shown(sent.server, sent.path)
        assert found is None or found["expired"]
        assert is_silent(sent.server, peer)
        sent.send_the_rest()
    answer = peer.answer()
    if sent.committed:
        assert (answer.status, answer.headers["Content-Range"]) == (206, "bytes 0-5000/15000")
    else:
        assert (answer.status, answer.headers["X-Mock-Clause"]) == refusal
        assert "Content-Range" not in answer.headers
    if sent.kind == "expire":
        sent.check_committed()
    else:
        assert shown(sent.server, sent.path) is None
    clause = sent.check_fault_and_journal(answer.status)["clause"]
    assert clause == ("S-CHUNK-206" if sent.committed else refusal[1])
    with Peer(sent.server.port) as other:
        kept = other if sent.when == "before_body" else peer  # the one was answered without its body, and closed
        for first in (0, 5000):
            refused = kept.put(sent.path, first, CHUNK, TOTAL)
            assert (refused.status, refused.headers["X-Mock-Clause"]) == refusal
        assert kept.put(sent.server.init(5000, 5000, 1), 0, CHUNK, 5000).status == 201


def reads_as_http(came: bytes) -> bool:
    class Socket:
        def makefile(self, _: str) -> io.BytesIO:
            return io.BytesIO(came)

    try:
        http.client.HTTPResponse(Socket()).begin()  # type: ignore[arg-type]
    except http.client.HTTPException:
        return False
    return True


LOOKS: Final[dict[tuple[str, str], Callable[[Any, Peer], None]]] = {
    ("status", "before_body"): says_something_else,
    ("status", "at_byte"): says_something_else,
    ("status", "after_body"): says_something_else,
    ("status", "after_commit"): says_something_else,
    ("redirect", "before_body"): says_something_else,
    ("redirect", "at_byte"): says_something_else,
    ("redirect", "after_body"): says_something_else,
    ("redirect", "after_commit"): says_something_else,
    ("close", "before_body"): ends_the_connection,
    ("close", "at_byte"): ends_the_connection,
    ("close", "after_body"): ends_the_connection,
    ("close", "after_commit"): ends_the_connection,
    ("close", "after_answer"): ends_the_connection,
    ("reset", "before_body"): ends_the_connection,
    ("reset", "at_byte"): ends_the_connection,
    ("reset", "after_body"): ends_the_connection,
    ("reset", "after_commit"): ends_the_connection,
    ("reset", "after_answer"): ends_the_connection,
    ("garbage", "before_body"): ends_the_connection,
    ("garbage", "at_byte"): ends_the_connection,
    ("garbage", "after_body"): ends_the_connection,
    ("garbage", "after_commit"): ends_the_connection,
    ("truncate", "after_commit"): cuts_the_answer,
    ("progress", "after_commit"): tells_another_number,
    ("stall", "before_body"): falls_silent,
    ("stall", "at_byte"): falls_silent,
    ("stall", "after_body"): falls_silent,
    ("stall", "after_commit"): falls_silent,
    ("throttle", "before_body"): reads_slowly,
    ("throttle", "at_byte"): reads_slowly,
    ("expire", "before_body"): ends_the_upload,
    ("expire", "at_byte"): ends_the_upload,
    ("expire", "after_body"): ends_the_upload,
    ("expire", "after_commit"): ends_the_upload,
    ("expire", "after_answer"): ends_the_upload,
    ("forget", "before_body"): ends_the_upload,
    ("forget", "at_byte"): ends_the_upload,
    ("forget", "after_body"): ends_the_upload,
    ("forget", "after_commit"): ends_the_upload,
    ("forget", "after_answer"): ends_the_upload,
}
WAITS = [look for look in LOOKS if look[1] == "before_body" and look[0] in ("stall", "expire", "forget")]
"""Those that show before the body only to a client that waits to be asked for it."""


def test_every_pair_of_kind_and_moment_has_a_row() -> None:
    assert set(LOOKS) == {(kind, when.value) for kind, moments in MOMENTS.items() for when in moments}
    assert len(LOOKS) == 40


@pytest.mark.parametrize(("kind", "when"), LOOKS)
def test_a_chunk(server: ThreadServer, kind: str, when: str) -> None:
    chunk = Chunk(server, kind, when, *["Expect: 100-continue"] * ((kind, when) in WAITS))
    with chunk.peer as peer:
        LOOKS[kind, when](chunk, peer)


@pytest.mark.parametrize(("kind", "when"), [look for look in LOOKS if look[0] not in NEED_AN_UPLOAD])
@pytest.mark.parametrize("operation", ["init", "status"])
def test_a_call(server: ThreadServer, operation: str, kind: str, when: str) -> None:
    call = Call(server, operation, kind, when, *["Expect: 100-continue"] * ((kind, when) in WAITS))
    with call.peer as peer:
        LOOKS[kind, when](call, peer)


# ───────────────────────────── parameters ─────────────────────────────


@pytest.mark.parametrize("byte", [0, 1, 4999, 5000])
@pytest.mark.parametrize("kind", ["status", "close"])
def test_at_byte_is_any_byte_of_the_body(server: ThreadServer, kind: str, byte: int) -> None:
    chunk = Chunk(server, kind, byte)
    with chunk.peer as peer:
        LOOKS[kind, "at_byte"](chunk, peer)


@pytest.mark.parametrize("when", ["before_body", 2500, "after_body", "after_commit"])
def test_a_client_that_writes_all_before_it_reads_sees_the_answer(server: ThreadServer, when: str | int) -> None:
    chunk = Chunk(server, "status", when)
    with chunk.peer as peer:
        peer.send(put_head(chunk.path, "bytes 0-4999/15000", 5000) + CHUNK)
        assert peer.answer().status == 503
        chunk.received = 5000
        chunk.go_on(peer)
        chunk.check_fault_and_journal(503)


@pytest.mark.parametrize("when", ["before_body", 2500, "after_body", "after_commit"])
def test_an_answer_that_says_close_is_followed_by_a_fin(server: ThreadServer, when: str | int) -> None:
    chunk = Chunk(server, "status", when, status=500, headers={"Connection": "close"}, body="")
    with chunk.peer as peer:
        chunk.reach()
        answer = peer.answer()
        assert (answer.status, answer.headers["Connection"]) == (500, "close")
        assert peer.at_end()
    chunk.check_committed()
    with Peer(server.port) as peer:
        chunk.go_on(peer)


@pytest.mark.parametrize("when", ["before_body", 0])
def test_a_client_that_waits_to_be_asked_is_answered_instead(server: ThreadServer, when: str | int) -> None:
    chunk = Chunk(server, "status", when, "Expect: 100-continue")
    with chunk.peer as peer:
        chunk.reach()
        answer = peer.answer()
        assert (answer.status, answer.headers.get("Connection")) == (503, "close")
        assert peer.at_end()
    chunk.check_fault_and_journal(503)


def test_a_client_that_was_asked_for_its_body_is_told_if_the_connection_ends(server: ThreadServer) -> None:
    chunk = Chunk(server, "status", 2500)
    with chunk.peer as peer:
        peer.send(put_head(chunk.path, "bytes 0-4999/15000", 5000, "Expect: 100-continue"))
        assert peer.interim() == "HTTP/1.1 100 Continue"
        peer.send(CHUNK[:2500])
        answer = peer.answer()
        assert answer.status == 503
        if answer.headers.get("Connection") == "close":
            assert peer.at_end()
        else:
            peer.send(CHUNK[2500:])
            chunk.go_on(peer)


@pytest.mark.parametrize(
    ("status", "headers", "body", "came"),
    [
        pytest.param(200, {}, "", b"", id="a lie"),
        pytest.param(429, {"Retry-After": "1", "X-Two": "a b"}, "{}", b"{}", id="two headers"),
        pytest.param(500, {}, "caf\u00e9 \U0001f600", b"caf\xc3\xa9 \xf0\x9f\x98\x80", id="text"),
        pytest.param(500, {"Content-Type": "text/html"}, "<p>", b"<p>", id="type"),
        pytest.param(599, {}, "x" * 100_000, b"x" * 100_000, id="long"),
        pytest.param(502, {"Content-Range": "bytes 0-9/10", "Server": "CloudFront"}, "", b"", id="disguise"),
    ],
)
def test_status_headers_and_body_are_as_told(
    server: ThreadServer, status: int, headers: dict[str, str], body: str, came: bytes
) -> None:
    chunk = Chunk(server, "status", "after_body", status=status, headers=headers, body=body)
    with chunk.peer as peer:
        chunk.reach()
        answer = peer.answer()
        assert (answer.status, answer.body) == (status, came)
        assert {name: answer.headers[name] for name in headers} == headers
        chunk.go_on(peer)


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_none(server: ThreadServer, status: int) -> None:
    chunk = Chunk(server, "status", "after_body", status=status, body="never sent")
    with chunk.peer as peer:
        chunk.reach()
        answer = peer.answer()
        assert (answer.status, answer.body) == (status, b"")
        chunk.go_on(peer)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_has_the_status_told(server: ThreadServer, status: int) -> None:
    chunk = Chunk(server, "redirect", "before_body", status=status, location="/elsewhere")
    with chunk.peer as peer:
        chunk.reach()
        answer = peer.answer()
        assert (answer.status, answer.headers["Location"]) == (status, "/elsewhere")


WHOLE_ANSWER = (
    b"HTTP/1.1 206 Partial Content\r\n",
    b"Content-Range: bytes 0-5000/15000\r\n",
    b"Content-Length: 4\r\n",
    b"X-Mock-Clause: S-CHUNK-206\r\n",
    b"\r\n\r\nnull",
)


def truncated(server: ThreadServer, count: int) -> bytes:
    chunk = Chunk(server, "truncate", "after_commit", bytes=count)
    with chunk.peer as peer:
        chunk.reach()
        came, end = rest_of(peer)
        assert end == "FIN"
    chunk.check_kept(5000)
    server.post("/_mock/reset")
    return came


def test_an_answer_is_cut_at_any_byte(server: ThreadServer) -> None:
    whole = truncated(server, 1_000_000)
    assert whole.startswith(WHOLE_ANSWER[0])
    assert whole.endswith(WHOLE_ANSWER[-1])
    assert all(part in whole for part in WHOLE_ANSWER)
    assert truncated(server, 0) == b""
    assert truncated(server, 1) == b"H"
    assert truncated(server, 12) == b"HTTP/1.1 206"
    for count in (30, 31, 60, len(whole) - 6, len(whole) - 4, len(whole) - 1):
        assert truncated(server, count) == whole[:count]


@pytest.mark.parametrize(
    ("value", "shown_as"), [(None, None), (0, "bytes 0-0/15000"), (2**63 - 1, "bytes 0-9223372036854775807/15000")]
)
def test_progress_is_any_number_or_none(server: ThreadServer, value: int | None, shown_as: str | None) -> None:
    chunk = Chunk(server, "progress", "after_commit", value=value)
    with chunk.peer as peer:
        chunk.reach()
        answer = peer.answer()
        assert (answer.status, answer.headers.get("Content-Range")) == (206, shown_as)
        chunk.go_on(peer)


def test_progress_of_the_last_chunk_may_be_wrong_too(server: ThreadServer) -> None:
    path = server.init(5000, 5000, 1)
    arm(server, fault("progress", "after_commit", value=4999))
    with Peer(server.port) as peer:
        answer = peer.put(path, 0, CHUNK, 5000)
        assert (answer.status, answer.headers["Content-Range"]) == (201, "bytes 0-4999/5000")
    assert server.status() == {"status": "SEND_TO_USER_INBOX", "uploaded_bytes": 5000}


# ───────────────────────────── clocks ─────────────────────────────


@pytest.fixture
def running() -> Iterator[ThreadServer]:
    """A server on the clock that it really has."""
    with ThreadServer(Config(rules=DOCUMENTED.with_mb(1000)), MockClock()) as server:
        yield server


@pytest.mark.parametrize("verbs", [[{"advance": 0.25}, {"advance": 0.25}], [{"freeze": False}]], ids=str)
def test_a_stall_waits_as_long_as_the_clock_stands_still(
    running: ThreadServer, verbs: list[dict[str, object]]
) -> None:
    good(running, "POST", "/_mock/clock", {"freeze": True})
    chunk = Chunk(running, "stall", "after_body", seconds=0.5 if len(verbs) == 2 else 0.001)
    with chunk.peer as peer:
        chunk.reach()
        wait_until_fired(running, chunk.number)
        for verb in verbs:
            assert is_silent(running, peer)
            good(running, "POST", "/_mock/clock", verb)
        chunk.check_good(peer.answer())


def test_a_stall_ends_by_itself_on_a_clock_that_runs(running: ThreadServer) -> None:
    chunk = Chunk(running, "stall", "after_body", seconds=0.001)
    with chunk.peer as peer:
        chunk.reach()
        chunk.check_good(peer.answer())


def test_one_step_of_the_clock_releases_every_stall(server: ThreadServer) -> None:
    with ExitStack() as stack:
        chunks = [Chunk(server, "stall", "after_body", seconds=seconds) for seconds in (10, 20, 30)]
        first, second, third = (stack.enter_context(chunk.peer) for chunk in chunks)
        for chunk in chunks:
            chunk.peer.send(put_head(chunk.path, "bytes 0-4999/15000", 5000) + CHUNK)
            wait_until_fired(server, chunk.number)
        advance(server, 20)
        assert [first.answer().status, second.answer().status] == [206, 206]
        assert is_silent(server, third)
        advance(server, 10)
        assert third.answer().status == 206


@pytest.mark.parametrize("when", ["before_body", "after_body", "after_commit"])
def test_a_stall_is_over_when_its_client_has_reset_the_connection(server: ThreadServer, when: str) -> None:
    chunk = Chunk(server, "stall", when, seconds=3600)
    chunk.peer.send(put_head(chunk.path, "bytes 0-4999/15000", 5000) + CHUNK)
    wait_until_fired(server, chunk.number)
    assert [entry for entry in server.entries if entry.fault] == []
    chunk.peer.reset()
    assert entry_of_fault(server, chunk.number)["fault"]["kind"] == "stall"
    chunk.check_kept(0 if when == "before_body" else 5000)  # it goes on as without the stall


def test_a_stall_waits_for_a_client_that_has_half_closed_and_may_still_read(server: ThreadServer) -> None:
    chunk = Chunk(server, "stall", "after_commit", seconds=3600)
    with chunk.peer as peer:
        chunk.reach()
        wait_until_fired(server, chunk.number)
        peer.half_close()
        assert is_silent(server, peer)
        advance(server, 3600)
        assert peer.answer().status == 206


def test_an_upload_may_expire_while_a_fault_stalls_it(server: ThreadServer) -> None:
    chunk = Chunk(server, "stall", "after_body", seconds=3600)
    with chunk.peer as peer:
        chunk.reach()
        wait_until_fired(server, chunk.number)
        advance(server, 3600)
        answer = peer.answer()
        assert (answer.status, answer.headers["X-Mock-Clause"]) == (403, "S-URL-EXPIRED")
    chunk.check_kept(0)


def test_a_throttled_body_is_never_too_silent(clock: ManualClock) -> None:
    with ThreadServer(Config(rules=DOCUMENTED.with_mb(1000), body_timeout=0.02), clock) as server:
        chunk = Chunk(server, "throttle", "before_body", bytes_per_second=50_000)
        with chunk.peer as peer:
            peer.send(put_head(chunk.path, "bytes 0-4999/15000", 5000) + CHUNK)
            chunk.check_good(peer.answer())


# ───────────────────────────── the journal in time ─────────────────────────────


def test_a_connection_that_is_never_closed_by_the_client_is_in_the_journal_at_once(server: ThreadServer) -> None:
    # A stale connection in a pool: nobody looks at it until the next request, which comes on another one.
    chunk = Chunk(server, "close", "after_answer")
    with chunk.peer as peer, Peer(server.port) as other:
        chunk.reach()
        assert peer.answer().status == 206
        assert peer.at_end()
        assert other.put(chunk.path, 5000, CHUNK, TOTAL).status == 206
        told = [entry["content_range"] for entry in journal(server) if entry["operation"] == "chunk"]
        assert told == ["bytes 0-4999/15000", "bytes 5000-9999/15000"]
