"""POST /_mock/uploads/{id}/compare: is what was uploaded this file, and if not, which chunk is it instead?"""

import re
from typing import Any

import pytest

from mockserver.clock import ManualClock
from mockserver.config import Config
from mockserver.protocol.rules import DOCUMENTED, UploadRules
from support.peer import Answer, Peer
from support.servers import ThreadServer

SMALL = DOCUMENTED.with_mb(1000)
ONE, TWO, THREE = b"1" * 5000, b"2" * 5000, b"3" * 6000
FILE = ONE + TWO + THREE
"""The last chunk carries the trailing bytes."""
EQUAL = {"equal": True, "first_difference": None}


def id_of(path: str) -> str:
    found = re.search(r"upload_id=(\d+)", path)
    assert found is not None
    return found[1]


def uploaded(server: ThreadServer, *chunks: bytes) -> str:
    """The upload_id of an upload of three chunks, of which these are in."""
    path, first = server.init(16_000, 5000, 3), 0
    with Peer(server.port) as peer:
        for chunk in chunks:
            assert peer.put(path, first, chunk, 16_000).status in (201, 206)
            first += len(chunk)
    return id_of(path)


def compare_head(upload_id: str, length: int, *more: str) -> bytes:
    lines = [f"POST /_mock/uploads/{upload_id}/compare HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {length}"]
    return "\r\n".join((*lines, *more, "", "")).encode()


def compared(server: ThreadServer, upload_id: str, expected: bytes) -> Answer:
    with Peer(server.port) as peer:
        peer.send(compare_head(upload_id, len(expected)) + expected)
        return peer.answer()


def differs(chunk: int, first: int, last: int, looks_like: str | None = None) -> dict[str, Any]:
    edges = {"chunk": chunk, "first": first, "last": last, "looks_like": looks_like}
    return {"equal": False, "first_difference": edges}


@pytest.mark.parametrize(
    ("chunks", "expected", "said"),
    [
        pytest.param([ONE, TWO, THREE], FILE, EQUAL, id="the-file"),
        # ── what clients do wrong ──
        pytest.param([ONE, ONE, THREE], FILE, differs(2, 5000, 9999, "chunk 1"), id="first-chunk-again"),
        pytest.param(
            [ONE, TWO, FILE[:6000]], FILE, differs(3, 10_000, 15_999, "the file's start"), id="start-as-the-last"
        ),
        pytest.param(
            [ONE, ONE, FILE[:6000]],
            FILE,
            differs(2, 5000, 9999, "chunk 1"),
            id="first-chunk-always-names-the-second",
        ),
        pytest.param([TWO, ONE, THREE], FILE, differs(1, 0, 4999, "chunk 2"), id="swapped"),
        pytest.param([TWO, TWO, THREE], FILE, differs(1, 0, 4999, "chunk 2"), id="second-chunk-twice"),
        pytest.param([ONE, TWO, THREE[:-1] + b"x"], FILE, differs(3, 10_000, 15_999), id="last-byte"),
        pytest.param([b"x" + ONE[1:], TWO, THREE], FILE, differs(1, 0, 4999), id="first-byte"),
        pytest.param(
            [ONE, TWO[:-1] + b"x", b"x" * 6000], FILE, differs(2, 5000, 9999), id="two-wrong-names-first"
        ),
        pytest.param(
            [ONE, FILE[4999:9999], THREE], FILE, differs(2, 5000, 9999), id="one-byte-early-looks-like-nothing"
        ),
        pytest.param(
            [ONE, ONE, THREE], ONE + TWO + TWO + b"2" * 1000, differs(2, 5000, 9999, "chunk 1"), id="first-of-many"
        ),
        # ── files of another size ──
        pytest.param([ONE, TWO, THREE], FILE[:-1], differs(3, 10_000, 15_999), id="shorter-by-a-byte"),
        pytest.param([ONE, TWO, THREE], FILE[:10_000], differs(3, 10_000, 15_999), id="shorter-by-a-chunk"),
        pytest.param([ONE, TWO, THREE], FILE[:9999], differs(2, 5000, 9999), id="shorter-within-the-second"),
        pytest.param([ONE, TWO, THREE], b"", differs(1, 0, 4999), id="empty"),
        pytest.param([ONE, TWO, THREE], FILE + b"3", differs(3, 10_000, 15_999), id="longer-by-a-byte"),
        pytest.param([ONE, TWO, THREE], FILE + FILE, differs(3, 10_000, 15_999), id="longer-by-much"),
        pytest.param([ONE, ONE, THREE], FILE + b"3", differs(2, 5000, 9999, "chunk 1"), id="longer-and-wrong"),
        pytest.param([ONE, ONE, THREE], FILE[:7000], differs(2, 5000, 9999, "chunk 1"), id="shorter-and-wrong"),
        # ── uploads that are not complete ──
        pytest.param([], FILE, differs(1, 0, 4999), id="nothing-yet"),
        pytest.param([], b"", differs(1, 0, 4999), id="nothing-yet-and-nothing-expected"),
        pytest.param([ONE], FILE, differs(2, 5000, 9999), id="second-missing"),
        pytest.param([ONE, TWO], FILE, differs(3, 10_000, 15_999), id="last-missing"),
        pytest.param([ONE, TWO], FILE[:10_000], differs(3, 10_000, 15_999), id="no-more-was-expected"),
        pytest.param([ONE, TWO], FILE + b"x", differs(3, 10_000, 15_999), id="missing-before-longer"),
        pytest.param([ONE, ONE], FILE, differs(2, 5000, 9999, "chunk 1"), id="wrong-before-missing"),
        pytest.param(
            [THREE[:5000]], ONE + THREE[:5000] + THREE, differs(1, 0, 4999, "chunk 2"), id="not-yet-sent"
        ),
    ],
)
def test_compare(server: ThreadServer, chunks: list[bytes], expected: bytes, said: dict[str, Any]) -> None:
    answer = compared(server, uploaded(server, *chunks), expected)
    assert (answer.status, answer.json()) == (200, said)


@pytest.mark.parametrize("algorithm", ["sha256", "md5", "xxh3_128"])
def test_every_digest_compares(clock: ManualClock, algorithm: str) -> None:
    with ThreadServer(Config(rules=SMALL, digest=algorithm), clock) as server:
        assert compared(server, uploaded(server, ONE, TWO, THREE), FILE).json() == EQUAL
        again = uploaded(server, ONE, ONE, THREE)
        assert compared(server, again, FILE).json() == differs(2, 5000, 9999, "chunk 1")
        start = uploaded(server, ONE, TWO, FILE[:6000])
        assert compared(server, start, FILE).json() == differs(3, 10_000, 15_999, "the file's start")


def test_single_chunk(server: ThreadServer) -> None:
    path = server.init(5000, 5000, 1)
    with Peer(server.port) as peer:
        assert peer.put(path, 0, ONE, 5000).status == 201
    assert compared(server, id_of(path), ONE).json() == EQUAL
    assert compared(server, id_of(path), TWO).json() == differs(1, 0, 4999)
    assert compared(server, id_of(path), ONE + ONE).json() == differs(1, 0, 4999)


OFF_PLAN: UploadRules = SMALL.with_rule("off_plan", "accept")


@pytest.mark.parametrize(
    ("chunks", "said"),
    [
        pytest.param([b"1" * 7000, FILE[7000:]], differs(1, 0, 6999), id="wrong"),
        pytest.param([FILE[:7000], FILE[7000:]], EQUAL, id="the-file"),
        pytest.param([FILE[:7000], FILE[:9000]], differs(2, 7000, 15_999, "the file's start"), id="start-longer"),
        pytest.param([FILE[:7000], FILE[:3]], differs(2, 7000, 7002, "the file's start"), id="start-shorter"),
        pytest.param(
            [FILE[:5000], FILE[5000:7000], FILE[:9000]],
            differs(3, 7000, 15_999, "the file's start"),
            id="start-third",
        ),
        pytest.param([FILE[:7000]], differs(2, 7000, 11_999), id="missing-at-no-planned-chunk"),
        pytest.param([FILE[:14_000]], differs(2, 14_000, 15_999), id="missing-at-the-end"),
    ],
)
def test_chunks_are_cut_where_they_were_accepted(
    clock: ManualClock, chunks: list[bytes], said: dict[str, Any]
) -> None:
    with ThreadServer(Config(rules=OFF_PLAN), clock) as server:
        assert compared(server, uploaded(server, *chunks), FILE).json() == said


def test_expected_bytes_may_come_in_any_pieces(server: ThreadServer) -> None:
    upload_id = uploaded(server, ONE, TWO, FILE[:6000])
    with Peer(server.port) as peer:
        peer.send(compare_head(upload_id, 16_000, "Expect: 100-continue"))
        assert peer.interim() == "HTTP/1.1 100 Continue"
        for first in range(0, 16_000, 999):
            peer.send(FILE[first : first + 999])
        assert peer.answer().json() == differs(3, 10_000, 15_999, "the file's start")


def test_chunked_body_is_compared_too(server: ThreadServer) -> None:
    upload_id = uploaded(server, ONE, TWO, THREE)
    head = compare_head(upload_id, 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    with Peer(server.port) as peer:
        peer.send(head + b"3e80\r\n" + FILE + b"\r\n0\r\n\r\n")
        assert peer.answer().json() == EQUAL


def test_body_that_is_cut_short_is_400(server: ThreadServer) -> None:
    upload_id = uploaded(server, ONE, TWO, THREE)
    with Peer(server.port) as peer:
        peer.send(compare_head(upload_id, 16_000) + FILE[:-1])
        peer.half_close()
        answer = peer.answer()
        assert answer.status == 400
        assert answer.json()["error"].startswith("the expected bytes must come whole")
        assert peer.at_end()


def test_body_that_falls_silent_is_400(clock: ManualClock) -> None:
    with ThreadServer(Config(rules=SMALL, body_timeout=0.05), clock) as server, Peer(server.port) as peer:
        peer.send(compare_head(uploaded(server, ONE), 16_000) + ONE)
        assert peer.answer().status == 400


def test_reset_peer_does_no_harm(server: ThreadServer) -> None:
    upload_id = uploaded(server, ONE, TWO, THREE)
    with Peer(server.port) as peer:
        peer.send(compare_head(upload_id, 16_000) + ONE)
        peer.reset()
    assert compared(server, upload_id, FILE).json() == EQUAL


def test_unknown_upload_is_404(server: ThreadServer) -> None:
    answer = compared(server, "7600000000000000009", FILE)
    assert (answer.status, answer.json()) == (404, {"error": "no upload has the id '7600000000000000009'"})


def test_query_is_400(server: ThreadServer) -> None:
    with Peer(server.port) as peer:
        peer.send(compare_head(uploaded(server), 1).replace(b"/compare", b"/compare?a=1") + b"x")
        assert peer.answer().status == 400


def test_without_digests_it_is_409_even_to_a_whole_video(clock: ManualClock) -> None:
    # Whoever writes everything before reading anything sees the answer.
    with ThreadServer(Config(rules=SMALL, digest="none"), clock) as server:
        upload_id = uploaded(server, ONE, TWO, THREE)
        with Peer(server.port) as peer:
            body = bytes(16 * 2**20)
            peer.send(compare_head(upload_id, len(body)) + body)
            answer = peer.answer()
            assert answer.status == 409
            assert "--digest none" in answer.json()["error"]
            peer.send(compare_head("1", 0))
            assert peer.answer().status == 404, "and the connection goes on"


def test_chunk_that_arrives_meanwhile_is_not_looked_at(server: ThreadServer) -> None:
    path = server.init(16_000, 5000, 3)
    with Peer(server.port) as uploader, Peer(server.port) as peer:
        assert uploader.put(path, 0, ONE, 16_000).status == 206
        peer.send(compare_head(id_of(path), 16_000, "Expect: 100-continue"))
        assert peer.interim() == "HTTP/1.1 100 Continue"
        assert uploader.put(path, 5000, ONE, 16_000).status == 206
        peer.send(FILE)
        assert peer.answer().json() == differs(2, 5000, 9999)


def test_comparing_changes_nothing(server: ThreadServer) -> None:
    upload_id = uploaded(server, ONE)
    before = server.get(f"/_mock/uploads/{upload_id}")
    assert compared(server, upload_id, FILE).status == 200
    assert server.get(f"/_mock/uploads/{upload_id}") == before
