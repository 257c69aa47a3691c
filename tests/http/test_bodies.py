"""Bodies on the wire: cut, short, surplus, stalled, refused early, seen from a raw socket."""

import threading

import pytest

from mockserver.clock import ManualClock
from mockserver.config import Config
from mockserver.protocol.rules import DOCUMENTED
from support.peer import Peer, put_head
from support.servers import ThreadServer

TOTAL = 15_000
CHUNK = b"a" * 5000


@pytest.fixture
def path(server: ThreadServer) -> str:
    """An upload of three chunks of 5000."""
    return server.init(TOTAL, 5000, 3)


def uploaded(server: ThreadServer) -> int:
    found: int = server.status()["uploaded_bytes"]
    return found


def test_half_closed_short_body_is_answered_400_and_the_connection_closed(server: ThreadServer, path: str) -> None:
    # S-BODY-SHORT
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 0-4999/15000", 5000) + CHUNK[:-1])
        peer.half_close()
        answer = peer.answer()
        assert answer.status == 400
        assert answer.headers["X-Mock-Clause"] == "S-BODY-SHORT"
        assert answer.headers["Connection"] == "close"
        assert "5000" in answer.headers["X-Mock-Reason"]
        assert "4999" in answer.headers["X-Mock-Reason"]
        assert peer.at_end()
    assert uploaded(server) == 0


def test_half_close_with_the_head_alone_is_answered_400(server: ThreadServer, path: str) -> None:
    # The end of file can be there before the handler starts.
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 0-4999/15000", 5000))
        peer.half_close()
        assert peer.answer().status == 400
        assert peer.at_end()


def test_half_close_behind_a_whole_body_is_answered_like_any_other(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 0-4999/15000", 5000) + CHUNK)
        peer.half_close()
        assert peer.answer().status == 206
        assert peer.at_end()
    assert uploaded(server) == 5000


def test_half_close_behind_two_pipelined_chunks_answers_both(server: ThreadServer, path: str) -> None:
    first = put_head(path, "bytes 0-4999/15000", 5000) + CHUNK
    second = put_head(path, "bytes 5000-9999/15000", 5000) + CHUNK
    with Peer(server.port) as peer:
        peer.send(first + second)
        peer.half_close()
        assert [peer.answer().status, peer.answer().status] == [206, 206]
        assert peer.at_end()


@pytest.mark.parametrize("sent", [0, 1, 4999])
@pytest.mark.parametrize("ending", ["close", "reset"])
def test_cut_body_commits_nothing_and_the_chunk_can_be_sent_again(
    server: ThreadServer, path: str, sent: int, ending: str
) -> None:
    # S-ATOMIC-CUT
    peer = Peer(server.port)
    head = put_head(path, "bytes 0-4999/15000", 5000, "Expect: 100-continue")
    peer.send(head)
    assert peer.interim() == "HTTP/1.1 100 Continue"
    peer.send(CHUNK[:sent])
    if ending == "reset":
        peer.reset()
    else:
        peer.socket.close()
    # the init, then this request, given up: without an answer where nobody could read one
    cut = server.wait_for_entries(2)[1]
    assert cut.status in (None, 400)
    assert cut.clause in ("S-ATOMIC-CUT", "S-BODY-SHORT")
    assert uploaded(server) == 0
    with Peer(server.port) as again:
        assert again.put(path, 0, CHUNK, TOTAL).status == 206


def test_silent_body_is_given_up_with_400(clock: ManualClock) -> None:
    with ThreadServer(Config(rules=DOCUMENTED.with_mb(1000), body_timeout=0.05), clock) as server:
        path = server.init(TOTAL, 5000, 3)
        with Peer(server.port) as peer:
            peer.send(put_head(path, "bytes 0-4999/15000", 5000) + CHUNK[:1234])
            answer = peer.answer()
            assert (answer.status, answer.headers["X-Mock-Clause"]) == (400, "S-BODY-SHORT")
            assert "1234" in answer.headers["X-Mock-Reason"]
            assert "nothing came for 0.05 s" in answer.headers["X-Mock-Reason"]
            assert peer.at_end()
        assert uploaded(server) == 0


def test_moving_the_clock_never_ends_a_body(server: ThreadServer, clock: ManualClock, path: str) -> None:
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 0-4999/15000", 5000, "Expect: 100-continue"))
        assert peer.interim() == "HTTP/1.1 100 Continue"
        clock.advance(3599)
        peer.send(CHUNK)
        assert peer.answer().status == 206


@pytest.mark.parametrize("size", [5000, 300_000], ids=["in one segment", "in many"])
def test_garbage_behind_a_body_never_becomes_part_of_a_chunk(clock: ManualClock, size: int) -> None:
    # S-BODY-SURPLUS: the chunk stands, one short further answer, then the end.
    with ThreadServer(Config(rules=DOCUMENTED.with_mb(1000).with_rule("mb", str(size // 5))), clock) as server:
        path = server.init(3 * size, size, 3)
        body = b"a" * size
        with Peer(server.port) as peer:
            peer.send(put_head(path, f"bytes 0-{size - 1}/{3 * size}", size) + body + b"\x00surplus\xff" * 400_000)
            assert peer.answer().status == 206
            further = peer.answer()
            assert (further.status, further.headers["X-Mock-Clause"]) == (400, "S-HTTP")
            assert len(further.body) < 300
            assert b"surplus" not in further.body
            assert peer.at_end()
        assert uploaded(server) == size
        assert [entry.clause for entry in server.entries[1:3]] == ["S-CHUNK-206", "S-HTTP"]


def test_refusal_does_not_wait_for_a_body_that_waits_for_continue(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 5000-9999/15000", 5000, "Expect: 100-continue"))
        assert peer.interim().startswith("HTTP/1.1 416 ")
        assert peer.at_end() is False  # the rest of the 416's body
    with Peer(server.port) as peer:
        peer.send(put_head("/video/?upload_id=1", "bytes 0-4999/15000", 5000, "Expect: 100-continue"))
        answer = peer.answer()
        assert (answer.status, answer.headers["Connection"]) == (404, "close")
        assert peer.at_end()


def test_unknown_path_sends_no_continue(server: ThreadServer) -> None:
    with Peer(server.port) as peer:
        peer.send(put_head("/nowhere", "bytes 0-4999/15000", 5000, "Expect: 100-continue"))
        assert peer.interim().startswith("HTTP/1.1 404 ")


def test_good_body_is_asked_for_once(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 0-4999/15000", 5000, "Expect: 100-continue"))
        assert peer.interim() == "HTTP/1.1 100 Continue"
        peer.send(CHUNK)
        assert peer.interim().startswith("HTTP/1.1 206 ")


def test_refused_body_is_read_away_and_the_connection_goes_on(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        assert peer.put(path, 5000, CHUNK, TOTAL).status == 416
        assert peer.put(path, 0, CHUNK, TOTAL).status == 206
        assert peer.put(path, 5000, CHUNK, TOTAL).status == 206
    assert [entry.received for entry in server.entries[1:]] == [5000, 5000, 5000]


def test_writer_of_64_mb_in_one_call_reads_its_416(server: ThreadServer, path: str) -> None:
    # A client that writes everything before it reads anything, as Python's http.client does.
    body = bytes(64 * 2**20)
    with Peer(server.port) as peer:
        head = put_head(path, f"bytes 5000-{5000 + len(body) - 1}/{TOTAL}", len(body))
        peer.send(head + body)
        assert peer.answer().status == 400  # LAST is not below TOTAL
        assert peer.put(path, 5000, CHUNK, TOTAL).status == 416


def test_body_beyond_all_bounds_is_answered_at_once_and_cut(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 0-4999/15000", 10**12))
        answer = peer.answer()
        assert (answer.status, answer.headers["X-Mock-Clause"]) == (400, "S-HEAD-LENGTH-MISMATCH")
        assert answer.headers["Connection"] == "close"
        assert peer.at_end()


def test_of_two_same_ranges_exactly_one_is_accepted(server: ThreadServer, path: str) -> None:
    # S-ORDER-PARALLEL: both have sent all but the last byte before either finishes.
    peers = [Peer(server.port) for _ in range(2)]
    for peer in peers:
        peer.send(put_head(path, "bytes 0-4999/15000", 5000, "Expect: 100-continue"))
        assert peer.interim() == "HTTP/1.1 100 Continue"
        peer.send(CHUNK[:-1])
    go = threading.Barrier(2)
    statuses: list[int] = []

    def finish(peer: Peer) -> None:
        go.wait(10)
        peer.send(CHUNK[-1:])
        statuses.append(peer.answer().status)

    threads = [threading.Thread(target=finish, args=[peer]) for peer in peers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(statuses) == [206, 416]
    assert uploaded(server) == 5000
    assert sum(entry.clause == "S-ORDER-PARALLEL" for entry in server.entries) == 1
    for peer in peers:
        peer.socket.close()


def test_stalled_request_reserves_nothing(server: ThreadServer, path: str) -> None:
    # A client that gave up on a stalled request sends the chunk again at once.
    with Peer(server.port) as stalled, Peer(server.port) as again:
        stalled.send(put_head(path, "bytes 0-4999/15000", 5000, "Expect: 100-continue"))
        assert stalled.interim() == "HTTP/1.1 100 Continue"
        stalled.send(CHUNK[:2500])
        assert again.put(path, 0, CHUNK, TOTAL).status == 206
        stalled.send(CHUNK[2500:])
        answer = stalled.answer()
        assert (answer.status, answer.headers["Content-Range"]) == (416, "bytes 0-5000/15000")


def test_compressed_body_is_refused_and_never_inflated(server: ThreadServer, path: str) -> None:
    # S-BODY-CODING
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 0-4999/15000", 5000, "Content-Encoding: gzip") + CHUNK)
        answer = peer.answer()
        assert (answer.status, answer.headers["X-Mock-Clause"]) == (400, "S-BODY-CODING")
    assert server.entries[-1].received == 5000


def test_chunked_body_is_refused_whole(server: ThreadServer, path: str) -> None:
    # S-HEAD-LENGTH-MISSING
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 0-4999/15000", None, "Transfer-Encoding: chunked"))
        peer.send(b"1388\r\n" + CHUNK + b"\r\n0\r\n\r\n")
        assert peer.answer().headers["X-Mock-Clause"] == "S-HEAD-LENGTH-MISSING"
        assert peer.put(path, 0, CHUNK, TOTAL).status == 206


def test_broken_chunked_body_ends_the_connection(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 0-4999/15000", None, "Transfer-Encoding: chunked") + b"zz\r\n")
        assert peer.answer().status == 400
        assert peer.at_end()


def test_reset_while_a_chunk_is_on_its_way_leaves_it_unknown(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 0-4999/15000", 5000, "Expect: 100-continue"))
        assert peer.interim() == "HTTP/1.1 100 Continue"
        assert server.post("/_mock/reset") == {"forgotten": {"uploads": 1, "faults": 0, "entries": 1}}
        peer.send(CHUNK)
        assert peer.answer().status == 404
    assert server.get("/_mock/uploads") == {"uploads": []}


def test_slow_digest_blocks_no_other_request(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    entered, go_on = threading.Event(), threading.Event()

    class SlowHasher:
        def update(self, _: bytes, /) -> None:
            entered.set()
            assert go_on.wait(10)

        def hexdigest(self) -> str:
            return "slow"

    monkeypatch.setattr("mockserver.bodies.hashlib.new", lambda *_, **__: SlowHasher())
    with ThreadServer(Config(rules=DOCUMENTED.with_mb(1000), digest="sha256"), clock) as server:
        path = server.init(TOTAL, 5000, 3)
        with Peer(server.port) as peer:
            peer.send(put_head(path, "bytes 0-4999/15000", 5000) + CHUNK)
            assert entered.wait(10)
            assert uploaded(server) == 0, "answered while the digest is at work"
            go_on.set()
            assert peer.answer().status == 206
        assert server.get("/_mock/uploads")["uploads"][0]["chunks"][0]["digest"] == "slow"


def test_garbage_behind_a_body_whose_head_came_in_two_segments(server: ThreadServer, path: str) -> None:
    head = put_head(path, "bytes 0-4999/15000", 5000)
    with Peer(server.port) as peer:
        peer.send(head[:-2])
        assert server.get("/_mock/health")["status"] == "ok"  # by now the first segment has been read
        peer.send(head[-2:] + CHUNK + b"x")
        assert peer.answer().status == 206
    assert uploaded(server) == 5000


def test_garbage_behind_two_pipelined_chunks_undoes_neither(server: ThreadServer, path: str) -> None:
    first = put_head(path, "bytes 0-4999/15000", 5000) + CHUNK
    second = put_head(path, "bytes 5000-9999/15000", 5000) + CHUNK
    with Peer(server.port) as peer:
        peer.send(first + second + b"rubble\r\n\r\n")
        assert [peer.answer().status for _ in range(3)] == [206, 206, 400]
        assert peer.at_end()
    assert uploaded(server) == 10_000


def test_a_hundred_pipelined_requests_are_all_answered(server: ThreadServer, path: str) -> None:
    chunk = put_head(path, "bytes 5000-9999/15000", 5000) + CHUNK
    with Peer(server.port) as peer:
        for _ in range(100):
            peer.send(chunk)
        assert [peer.answer().status for _ in range(100)] == [416] * 100


def test_a_body_full_of_head_ends_is_a_body(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        assert peer.put(path, 0, b"\r\n\r\n" * 1250, TOTAL).status == 206
        assert peer.put(path, 5000, b"GET / HTTP/1.1\r\n\r\n\r\n" * 250, TOTAL).status == 206


def test_upgrade_to_http_2_is_ignored(server: ThreadServer, path: str) -> None:
    # As Java's HttpClient asks on every first request.
    more = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"]
    first = put_head(path, "bytes 0-4999/15000", 5000, *more) + CHUNK
    second = put_head(path, "bytes 5000-9999/15000", 5000) + CHUNK
    with Peer(server.port) as peer:
        peer.send(first + second)
        assert [peer.answer().status, peer.answer().status] == [206, 206]
