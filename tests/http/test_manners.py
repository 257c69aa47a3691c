"""What real HTTP clients do besides the protocol, byte for byte, and that they are served."""

import json

import pytest

from support.peer import Answer, Peer, put_head
from support.servers import ThreadServer

INIT = "/v2/post/publish/inbox/video/init/"
SOURCE = {"source": "FILE_UPLOAD", "video_size": 15_000, "chunk_size": 5000, "total_chunk_count": 3}
BODY = json.dumps({"source_info": SOURCE}).encode()
H2C = (  # as the HttpClient of Java sends it with every request over plain http
    "Connection: Upgrade, HTTP2-Settings",
    "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    "Upgrade: h2c",
)
JSON = ("Content-Type: application/json",)


def init(target: str, *headers: str, body: bytes = BODY, version: str = "1.1") -> bytes:
    lines = [f"POST {target} HTTP/{version}", "Authorization: Bearer act.one", f"Content-Length: {len(body)}"]
    return "\r\n".join((*lines, *headers, "", "")).encode() + body


def chunk(path: str, number: int, *headers: str) -> bytes:
    first = 5000 * (number - 1)
    return put_head(path, f"bytes {first}-{first + 4999}/15000", 5000, *headers) + b"v" * 5000


def asked(server: ThreadServer, request: bytes) -> Answer:
    """The answer on a connection of its own, which is left open where the server does not close it."""
    with Peer(server.port) as peer:
        peer.send(request)
        return peer.answer()


@pytest.fixture
def path(server: ThreadServer) -> str:
    return server.init(15_000, 5000, 3)


def test_an_offer_of_http2_is_ignored(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        peer.send(init(INIT, "Host: x", *H2C, *JSON))
        answer = peer.answer()
        assert answer.status == 200
        assert "Upgrade" not in answer.headers
        for number, status in ((1, 206), (2, 206), (3, 201)):  # and the connection goes on as HTTP/1.1
            peer.send(chunk(path, number, *H2C))
            assert peer.answer().status == status
        peer.send(chunk(path, 3, "Connection: Upgrade", "Upgrade: websocket"))
        assert peer.answer().status == 416
    assert {entry.head.version for entry in server.entries if entry.head} == {"HTTP/1.1"}


def test_a_connection_for_each_chunk_or_one_for_all(server: ThreadServer, path: str) -> None:
    assert [asked(server, chunk(path, number)).status for number in (1, 2, 3)] == [206, 206, 201]
    other = server.init(15_000, 5000, 3)
    with Peer(server.port) as peer:
        for number, status in ((1, 206), (2, 206), (3, 201)):
            peer.send(chunk(other, number))
            assert peer.answer().status == status
    peers = [entry.peer for entry in server.entries if entry.operation == "chunk"]
    assert (len(set(peers[:3])), len(set(peers[3:]))) == (3, 1)


@pytest.mark.parametrize("spelling", [str.lower, str.upper])
def test_names_of_headers_in_any_case(server: ThreadServer, path: str, spelling: object) -> None:
    head, _, body = chunk(path, 1, "Expect: 100-continue").partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    assert callable(spelling)
    spelt = [f"{spelling(name)}: {value}" for name, value in (one.split(": ") for one in headers)]
    with Peer(server.port) as peer:
        peer.send("\r\n".join((line, *spelt, "", "")).encode())
        assert peer.interim() == "HTTP/1.1 100 Continue"
        peer.send(body)
        assert peer.answer().status == 206


def test_the_access_token_on_a_put_is_remarked_and_does_no_harm(server: ThreadServer, path: str) -> None:
    answer = asked(server, chunk(path, 1, "Authorization: Bearer act.secret"))
    assert answer.status == 206
    assert answer.headers["X-Mock-Warning"].startswith("C-URL-NO-BEARER: ")
    assert asked(server, chunk(path, 3, "Authorization: Bearer act.secret")).status == 416
    assert "X-Mock-Warning" not in asked(server, chunk(path, 2)).headers
    with_it, refused, without = server.wait_for_entries(4)[1:]
    assert with_it.warning == with_it.remark == answer.headers["X-Mock-Warning"]
    assert refused.warning == with_it.warning
    assert (without.warning, without.remark) == ("", "")
    assert "act.secret" not in str(server.entries)


def test_both_warnings_of_a_put_are_told(server: ThreadServer) -> None:
    path = server.init(17_000, 5000, 3)
    answer = asked(server, put_head(path, "bytes 0-4999/17000", 5000, "Authorization: Bearer x") + b"v" * 5000)
    assert answer.headers["X-Mock-Warning"].startswith("C-URL-NO-BEARER: ")
    assert "another reading (A1) refuses this plan" in answer.headers["X-Mock-Warning"]


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ("Content-Type: application/json;",),
        ("Content-Type: APPLICATION/JSON;charset=UTF-8",),
        ("Content-Type: application/json, application/json",),
        ("Content-Type: text/plain",),
        ("Content-Type: application/x-www-form-urlencoded",),  # curl -d
    ],
)
def test_init_goes_by_its_body_not_by_its_type(server: ThreadServer, headers: tuple[str, ...]) -> None:
    assert asked(server, init(INIT, "Host: x", *headers)).status == 200


@pytest.mark.parametrize("name", ["Content-Type", "Host", "Content-Length"])
def test_a_header_sent_twice_is_named(server: ThreadServer, name: str) -> None:
    value = str(len(BODY)) if name == "Content-Length" else "application/json"
    answer = asked(server, init(INIT, f"{name}: {value}", f"{name}: {value}"))
    assert (answer.status, answer.headers["X-Mock-Clause"]) == (400, "S-HTTP")
    assert name in answer.headers["X-Mock-Reason"]


def test_a_type_sent_twice_is_refused_with_a_reason_of_ours(server: ThreadServer) -> None:
    answer = asked(server, init(INIT, "Host: x", *JSON, *JSON))
    assert answer.headers["X-Mock-Reason"].endswith("wanted one Content-Type header, got several")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"source=FILE_UPLOAD&video_size=15000"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b--'),
    ],
)
def test_init_as_a_form_is_refused_and_told_so(server: ThreadServer, content_type: str, body: bytes) -> None:
    answer = asked(server, init(INIT, "Host: x", f"Content-Type: {content_type}", body=body))
    assert (answer.status, answer.headers["X-Mock-Clause"]) == (400, "S-INIT-BODY")
    assert f"a form is not read here (Content-Type {content_type})" in answer.headers["X-Mock-Reason"]


def test_http_1_0(server: ThreadServer, path: str) -> None:
    for headers, stays in (((), False), (("Connection: keep-alive",), True)):
        with Peer(server.port) as peer:
            peer.send(init(INIT, *headers, version="1.0"))  # no Host: it was not compulsory then
            answer = peer.answer()
            assert answer.status == 200
            assert f"http://127.0.0.1:{server.port}/video/?" in answer.json()["data"]["upload_url"]
            assert (answer.headers.get("Connection") == "keep-alive") is stays
            assert stays or peer.at_end()
    old = chunk(path, 1).replace(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n")
    # A client of HTTP/1.0 cannot wait for 100 Continue, whatever it says.
    assert asked(server, old.replace(b"Host:", b"Expect: 100-continue\r\nHost:")).status == 206


def test_connection_close(server: ThreadServer, path: str) -> None:
    with Peer(server.port) as peer:
        peer.send(chunk(path, 1, "Connection: close"))
        answer = peer.answer()
        assert (answer.status, answer.headers["Connection"]) == (206, "close")
        assert peer.at_end()


def test_targets_in_absolute_form_as_through_a_plain_proxy(server: ThreadServer, path: str) -> None:
    answer = asked(server, init(f"http://open.tiktokapis.com{INIT}", "Host: other.example", *JSON))
    assert answer.json()["data"]["upload_url"].startswith("http://open.tiktokapis.com/video/?upload_id=")
    assert asked(server, chunk(f"http://open-upload.tiktokapis.com{path}", 1)).status == 206
    entry = server.wait_for_entries(3)[2]
    assert entry.path == "/video/"
    assert entry.head is not None
    assert entry.head.target.startswith("http://open-upload.tiktokapis.com/video/?upload_id=")
    assert path.partition("upload_token=")[2] not in entry.head.target


@pytest.mark.parametrize(
    ("host", "status"), [("evil.example", 403), ("127.0.0.1:1", 200), ("localhost", 200), ("a@b", 403)]
)
def test_the_control_surface_reads_the_host_of_an_absolute_form(
    server: ThreadServer, host: str, status: int
) -> None:
    answer = asked(server, f"GET http://{host}/_mock/clock HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert answer.status == status


def test_connect_is_told_that_this_is_no_proxy(server: ThreadServer) -> None:
    target = "open.tiktokapis.com:443"
    answer = asked(server, f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    assert answer.status == 404
    assert answer.headers["X-Mock-Reason"] == f"no endpoint is CONNECT {target}"
