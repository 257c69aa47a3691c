"""What aiohttp's HTTP parser refuses is answered in our shape, once, without a traceback (S-HTTP)."""

import json

import pytest

from support.peer import Peer, put_head
from support.servers import ThreadServer

HEAD = b"PUT /video/ HTTP/1.1\r\nHost: x\r\n"
BROKEN = {
    "no HTTP at all": b"hello\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40 + b"\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "length and chunked": HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "length that is none": HEAD + b"Content-Length: five\r\n\r\n",
    "negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "signed length": HEAD + b"Content-Length: +5\r\n\r\n",
    "huge length": HEAD + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n",
    "two hosts": HEAD + b"Host: y\r\n\r\n",
    "two types": HEAD + b"Content-Type: video/mp4\r\nContent-Type: video/mp4\r\n\r\n",
    "header without name": HEAD + b": x\r\n\r\n",
    "oversized header": HEAD + b"X: " + b"a" * 20_000 + b"\r\n\r\n",
    "oversized line": b"PUT /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
    "too many headers": HEAD + b"".join(b"X-%d: y\r\n" % number for number in range(400)) + b"\r\n",
    "bytes above 127 in the target": b"PUT /video/?upload_id=\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    "version 0.9": b"PUT /video/\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
    "version 2": b"PUT /video/ HTTP/2.0\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
    "version 2, prior knowledge": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "version 3": b"PUT /video/ HTTP/3.0\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN.keys())
def test_refused_by_the_parser(server: ThreadServer, raw: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with Peer(server.port) as peer:
        peer.send(raw)
        answer = peer.answer()
        assert answer.status == 400
        assert answer.headers["X-Mock-Clause"] == "S-HTTP"
        assert set(json.loads(answer.body)["error"]) == {"code", "message", "log_id"}
        assert len(answer.body) < 300
        assert peer.at_end()
    assert [(entry.status, entry.clause) for entry in server.entries] == [(400, "S-HTTP")]
    assert capfd.readouterr().err == ""


def test_megabytes_of_garbage_get_one_short_answer(server: ThreadServer) -> None:
    with Peer(server.port) as peer:
        peer.send(b"garbage\r\n\r\n" + b"\xff\x00" * 4_000_000)
        assert len(peer.answer().body) < 300
        assert peer.at_end()
    assert len(server.entries) == 1


@pytest.mark.parametrize("value", ["\x80", "\xff\xfe", "b\xe4r", "bytes 0-4999/15000\xa0"])
@pytest.mark.parametrize(
    "name", ["Content-Range", "Content-Type", "Content-Encoding", "Authorization", "X-Any", "Expect"]
)
def test_bytes_above_127_in_a_header(
    server: ThreadServer, name: str, value: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = server.init(15_000, 5000, 3)
    span = None if name == "Content-Range" else "bytes 0-4999/15000"
    kind = None if name == "Content-Type" else "video/mp4"
    with Peer(server.port) as peer:
        peer.send(put_head(path, span, 5000, f"{name}: {value}", content_type=kind) + b"x" * 5000)
        answer = peer.answer()
        harmless = name in ("Authorization", "X-Any", "Expect")
        assert answer.status == (206 if harmless else 400)
        reason = answer.headers["X-Mock-Reason"]
        assert reason.isascii()
        assert reason.isprintable()
        assert len(reason) <= 512
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("query", ["?upload_id=%ff%fe", "?upload_id=" + "9" * 4000, "?upload_id=%0d%0aX:y"])
def test_odd_upload_ids_are_unknown(server: ThreadServer, query: str, capfd: pytest.CaptureFixture[str]) -> None:
    with Peer(server.port) as peer:
        peer.send(put_head(f"/video/{query}", "bytes 0-4/5", 5) + b"x" * 5)
        answer = peer.answer()
        assert (answer.status, answer.headers["X-Mock-Clause"]) == (404, "S-URL-UNKNOWN")
    assert capfd.readouterr().err == ""


def test_token_with_odd_bytes_is_a_wrong_token(server: ThreadServer, capfd: pytest.CaptureFixture[str]) -> None:
    path = server.init(15_000, 5000, 3)
    with Peer(server.port) as peer:
        for token in ("%ff", "%00", "%ed%a0%80"):
            peer.send(put_head(path.partition("&")[0] + f"&upload_token={token}", "bytes 0-4/5", 5) + b"x" * 5)
            assert peer.answer().headers["X-Mock-Clause"] == "S-URL-TOKEN"
    assert capfd.readouterr().err == ""


SECRETS = {
    "version": "PUT {path} HTTP/1.x\r\nHost: x\r\n\r\n",
    "blank in the target": "PUT {path} foo HTTP/1.1\r\nHost: x\r\n\r\n",
    "line feeds": "PUT {path} HTTP/1.1\nHost: x\n\n",
    "control character": "PUT /video/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer act.SECRET\x01\r\n\r\n",
    "method": "FOO {path} HTTP/1.1\r\nHost: x\r\n\r\n",
    "oversized": "PUT /video/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer act.SECRET" + "a" * 9000 + "\r\n\r\n",
}


@pytest.mark.parametrize("raw", SECRETS.values(), ids=SECRETS.keys())
def test_what_the_parser_read_is_not_quoted(server: ThreadServer, raw: str) -> None:
    path = server.init(15_000, 5000, 3)
    token = path.partition("upload_token=")[2]
    with Peer(server.port) as peer:
        peer.send(raw.format(path=path).encode())
        answer = peer.answer()
    shown = str(answer) + str(server.entries)
    assert answer.status == 400
    assert token not in shown
    assert "SECRET" not in shown


@pytest.mark.parametrize(
    "head",
    ["CONNECT a:1 HTTP/1.1", "GET http://evil HTTP/1.1", "OPTIONS * HTTP/1.1", "GET /%0d%0aX HTTP/1.1"],
)
def test_no_path_is_answered_by_aiohttp_itself(server: ThreadServer, head: str) -> None:
    with Peer(server.port) as peer:
        peer.send(f"{head}\r\nHost: 127.0.0.1\r\n\r\n".encode())
        answer = peer.answer()
        assert answer.status in (400, 404)
        assert answer.headers["X-Mock-Clause"] in ("S-INIT-ENVELOPE", "S-HTTP")
        assert answer.json()["error"]["code"] in ("unsupported_path", "invalid_params")
    assert server.entries[-1].status == answer.status


def test_control_surface_guards_before_it_continues(server: ThreadServer) -> None:
    for expect in ("100-continue", "foo"):
        with Peer(server.port) as peer:
            head = f"POST /_mock/reset HTTP/1.1\r\nHost: evil\r\nExpect: {expect}\r\nContent-Length: 5\r\n\r\n"
            peer.send(head.encode())
            assert peer.interim().startswith("HTTP/1.1 403 ")
