"""The sequence vectors over real sockets, both ends of each step on the wire."""

import urllib.parse
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from conformance.vectors import load
from mockserver.clock import ManualClock
from mockserver.config import Config
from mockserver.protocol.rules import PROFILES
from support.peer import Answer, Peer, put_head
from support.servers import ThreadServer

# Two of a header that may stand once are no well-formed HTTP: refused before the upload is even looked up.
TWO_RANGES = {"status": 400, "progress": None, "clause": "S-HEAD-RANGE-MALFORMED"}
BODY = bytes(range(251)) * 400_000


class WirePlayer:
    def __init__(self, server: ThreadServer, clock: ManualClock, row: dict[str, Any], stack: ExitStack) -> None:
        self.server = server
        self.clock = clock
        self.stack = stack
        self.total = row["source_info"]["video_size"]
        source = row["source_info"]
        self.url = server.init(source["video_size"], source["chunk_size"], source["total_chunk_count"])
        self.begun: dict[str, tuple[Peer, bytes]] = {}

    def path(self, put: dict[str, Any]) -> str:
        parts = urllib.parse.urlsplit(self.url)
        query = dict(urllib.parse.parse_qsl(parts.query))
        if put.get("upload_id") == "unknown":
            query["upload_id"] = "7000000000000000000"
        if put.get("token") == "wrong":
            query["upload_token"] = "00000000-0000-0000-0000-000000000000"
        if put.get("token") == "none":
            del query["upload_token"]
        return f"{parts.path}?{urllib.parse.urlencode(query)}"

    def message(self, put: dict[str, Any]) -> tuple[bytes, bytes, bool]:
        """Head, body, and whether the peer stops before the body is whole."""
        span, length = put["range"], put["length"]
        spans = [] if span is None else [span] if isinstance(span, str) else span
        more = [f"Content-Range: {one}" for one in spans]
        body = BODY[: put.get("body", length or 0)]
        if length is None:
            more.append("Transfer-Encoding: chunked")
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
        head = put_head(self.path(put), None, length, *more, content_type=put.get("type", "video/mp4"))
        return head, body, length is not None and len(body) < length

    def put(self, put: dict[str, Any]) -> Answer:
        head, body, short = self.message(put)
        with Peer(self.server.port) as peer:
            peer.send(head + body)
            if short:
                peer.half_close()
            return peer.answer()

    def begin(self, name: str, put: dict[str, Any]) -> None:
        head, body, _ = self.message(put)
        peer = self.stack.enter_context(Peer(self.server.port))
        # Expect makes the server say when it has let the request in: no guessing, no waiting.
        peer.send(head[:-2] + b"Expect: 100-continue\r\n\r\n")
        assert peer.interim() == "HTTP/1.1 100 Continue"
        peer.send(body[:-1])
        self.begun[name] = (peer, body[-1:])

    def finish(self, name: str) -> Answer:
        peer, last = self.begun.pop(name)
        peer.send(last)
        return peer.answer()


def check(answer: Answer, expected: dict[str, Any]) -> None:
    assert answer.status == expected["status"], answer
    assert answer.headers.get("Content-Range") == expected["progress"], answer
    clauses = expected["clause"]
    assert answer.headers["X-Mock-Clause"] in ([clauses] if isinstance(clauses, str) else clauses), answer


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.mark.parametrize("row", load("sequences"), ids=lambda row: row["id"])
def test_sequence(row: dict[str, Any], clock: ManualClock, stack: ExitStack) -> None:
    rules = PROFILES[row["profile"]]
    for name, value in row.get("rules", {}).items():
        rules = rules.with_rule(name, str(value))
    server = stack.enter_context(ThreadServer(Config(rules=rules), clock))
    player = WirePlayer(server, clock, row, stack)
    for step in row["steps"]:
        match step:
            case {"put": put, "expect": expected}:
                check(player.put(put), TWO_RANGES if isinstance(put["range"], list) else expected)
            case {"begin": name, "put": put}:
                player.begin(name, put)
            case {"finish": name, "expect": expected}:
                check(player.finish(name), expected)
            case {"advance": seconds}:
                clock.advance(seconds)
            case {"expect_status": expected}:
                assert server.status() == expected
            case _:
                pytest.fail(f"no such step: {step}")
