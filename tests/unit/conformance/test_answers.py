import asyncio
from itertools import pairwise

import pytest

from conformance.answers import read_answer
from conformance.exchange import Answer, Exchange, masked, printable
from conformance.wire import Address

HEAD = b"HTTP/1.1 200 OK\r\n"


async def read(raw: bytes, *, bodiless: bool = False) -> Answer:
    reader = asyncio.StreamReader(limit=65_536)
    reader.feed_data(raw)
    reader.feed_eof()
    return await read_answer(reader, bodiless=bodiless)


@pytest.mark.parametrize(
    ("raw", "status", "body"),
    [
        (HEAD + b"Content-Length: 4\r\n\r\nnull", 200, b"null"),
        (HEAD + b"Content-Length: 0\r\n\r\nrest", 200, b""),
        (HEAD + b"\r\nuntil the end", 200, b"until the end"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2;x=1\r\nab\r\n1\r\nc\r\n0\r\nT: 1\r\n\r\n", 200, b"abc"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 206 Partial\r\nContent-Length: 0\r\n\r\n", 206, b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.0 501 Unsupported\r\nContent-Length: 1\r\n\r\nx", 501, b"x"),
        (b"HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", 404, b""),
    ],
)
async def test_an_answer_is_read(raw: bytes, status: int, body: bytes) -> None:
    answer = await read(raw)
    assert (answer.status, answer.body, answer.trouble) == (status, body, "")


async def test_the_answer_to_head_has_no_body() -> None:
    assert (await read(HEAD + b"Content-Length: 99\r\n\r\n", bodiless=True)).status == 200


@pytest.mark.parametrize(
    ("raw", "trouble"),
    [
        (b"", "the connection was closed without an answer"),
        (b"220 hello\r\n", "not HTTP: b'220 hello\\r\\n'"),
        (b"220 hello\r\n\r\n", "not HTTP: b'220 hello'"),
        (b"HTTP/1.1 20", "closed in the middle of an answer, 11 bytes"),
        (HEAD + b"Content-Length: 5\r\n\r\nabc", "closed in the middle"),
        (HEAD + b"Content-Length: -1\r\n\r\n", "Content-Length of the answer is '-1'"),
        (HEAD + b"Content-Length: 99999999\r\n\r\n", "a flood"),
        (HEAD + b": x\r\n\r\n", "a header line without a name"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "a chunk of the answer begins"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffff\r\n", "a flood"),
        (b"x" * 200_000, "more than 65536 bytes"),
        (HEAD + b"\r\n" + b"x" * 2_000_000, "a flood"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 30, "more than 20 interim answers"),
    ],
)
async def test_trouble_is_told(raw: bytes, trouble: str) -> None:
    answer = await read(raw)
    assert answer.status == 0
    assert trouble in answer.trouble


def test_tokens_are_masked() -> None:
    head = b"PUT /video/?upload_id=7&upload_token=secret HTTP/1.1\r\nAuthorization: Bearer act.secret\r\n\r\n"
    tape = Exchange(0.0)
    tape.wrote(head[:30])
    tape.wrote(head[30:] + b"body")
    tape.wrote(b"more body")
    body = b'{"upload_url": "http://h/?upload_id=7&upload_token=secret"}'
    tape.answered(Answer(200, (("X-Mock-Reason", "upload_token=secret"),), body))
    assert "secret" not in str(tape.as_json())
    assert "secret" not in "\n".join(tape.lines())
    assert tape.as_json()["body_bytes"] == 13
    assert masked('"upload_token": "secret"') == '"upload_token": "***"'


@pytest.mark.parametrize("cuts", [(), (9,), (70,), (9, 71, 80), tuple(range(1, 90, 7))])
def test_a_body_of_json_is_told_however_it_was_written(cuts: tuple[int, ...]) -> None:
    sent = (
        b"POST /init/ HTTP/1.1\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n" + b'{"video_size": 15000}'
    )
    tape = Exchange(0.0)
    for first, last in pairwise((0, *cuts, len(sent))):
        tape.wrote(sent[first:last])
    told = tape.as_json()
    assert (told["request_body"], told["body_bytes"]) == ('{"video_size": 15000}', 21)
    assert '           > {"video_size": 15000}' in list(tape.lines())


def test_no_video_and_no_more_than_two_kilobytes_are_told() -> None:
    tape = Exchange(0.0)
    tape.wrote(b"PUT /video/ HTTP/1.1\r\nContent-Type: video/mp4\r\n\r\nvideo")
    assert tape.as_json()["request_body"] == ""
    assert "           > (5 bytes of body)" in list(tape.lines())
    tape = Exchange(0.0)
    tape.wrote(b"POST /init/ HTTP/1.1\r\nContent-Type: application/json\r\n\r\n")
    for _ in range(3):
        tape.wrote(b"[" * 1000)
    assert (len(tape.as_json()["request_body"]), tape.as_json()["body_bytes"]) == (2048, 3000)


def test_a_terminal_is_not_steered() -> None:
    assert printable("a\x1b[31mb\nc") == "a\\x1b[31mb\\nc"


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("http://localhost", "localhost", "/"),
        ("http://localhost:8080/video/?a=b", "localhost:8080", "/video/?a=b"),
        ("https://open.tiktokapis.com:443/x", "open.tiktokapis.com", "/x"),
        ("http://[::1]:81", "[::1]:81", "/"),
    ],
)
def test_an_address(url: str, authority: str, path: str) -> None:
    address = Address.of(url)
    assert (address.authority, address.path) == (authority, path)


@pytest.mark.parametrize(
    "url", ["", "localhost:8080", "ftp://x", "http://", "http://a b", "http://u:p@h", "http://h:x"]
)
def test_no_address(url: str) -> None:
    with pytest.raises(ValueError):
        Address.of(url)
