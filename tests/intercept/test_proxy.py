"""The CONNECT proxy on real sockets: whom it lets through, and what it says to the rest."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from mockserver.intercept.proxy import ConnectProxy

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@asynccontextmanager
async def proxying(*names: str) -> AsyncIterator[tuple[ConnectProxy, int]]:
    """A proxy before a target that answers each line, until the end, with its reverse."""

    async def target(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line.strip()[::-1] + b"\n")
        writer.write(b"bye\n")
        writer.close()

    server = await asyncio.start_server(target, "127.0.0.1", 0)
    proxy = ConnectProxy(names)
    url = await proxy.start(server.sockets[0].getsockname()[:2])
    try:
        yield proxy, int(url.removeprefix("http://127.0.0.1:"))
    finally:
        await proxy.close()
        server.close()


async def said(port: int, request: bytes) -> bytes:
    """All that comes back, when we say nothing more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    writer.write_eof()
    async with asyncio.timeout(30):
        answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(
    "host",
    [
        b"open.tiktokapis.com",
        b"OPEN-UPLOAD.tiktokapis.com",
        b"open-upload-eu9.tiktokapis.com",
        b"upload.us.tiktokapis.com.",
        b"box.example",
    ],
)
async def test_tunnel_carries_both_ways_to_the_end(host: bytes) -> None:
    async with proxying("box.example") as (proxy, port):
        request = b"CONNECT " + host + b":443 HTTP/1.1\r\nHost: x\r\n\r\nabc\ndef\n"
        assert await said(port, request) == ESTABLISHED + b"cba\nfed\nbye\n"
        assert not proxy.refused


@pytest.mark.parametrize(
    ("line", "status", "sentence", "told"),
    [
        (
            b"CONNECT example.com:443 HTTP/1.1",
            b"403 Forbidden",
            b"leads to TikTok's hosts on 443 only, not to example.com:443",
            "example.com:443",
        ),
        (
            b"CONNECT open.tiktokapis.com:80 HTTP/1.1",
            b"403 Forbidden",
            b"not to open.tiktokapis.com:80",
            "open.tiktokapis.com:80",
        ),
        (
            b"CONNECT open.tiktokapis.com.evil.example:443 HTTP/1.1",
            b"403 Forbidden",
            b"not to open.tiktokapis.com.evil.example:443",
            "open.tiktokapis.com.evil.example:443",
        ),
        (b"CONNECT [2001:db8::1]:443 HTTP/1.1", b"403 Forbidden", b"not to 2001:db8::1:443", "2001:db8::1:443"),
        (
            b"GET http://open.tiktokapis.com/ HTTP/1.1",
            b"405 Method Not Allowed",
            b"this proxy takes CONNECT HOST:443 only, got GET http://open.tiktokapis.com/ HTTP/1.1",
            "GET http://open.tiktokapis.com/ HTTP/1.1",
        ),
        *(
            (line, b"405 Method Not Allowed", b"CONNECT HOST:443 only, got " + told.encode(), told)
            for line, told in (
                (b"CONNECT x\0.tiktokapis.com:443 HTTP/1.1", "CONNECT x?.tiktokapis.com:443 HTTP/1.1"),
                (b"CONNECT a@open.tiktokapis.com:443 HTTP/1.1", "CONNECT a@open.tiktokapis.com:443 HTTP/1.1"),
            )
        ),
        (b"\xff\x00", b"405 Method Not Allowed", b"got \\xff", "\\xff?"),
    ],
)
async def test_all_others_are_refused_with_a_sentence(
    line: bytes, status: bytes, sentence: bytes, told: str
) -> None:
    async with proxying() as (proxy, port):
        answer = await said(port, line + b"\r\nHost: x\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 " + status + b"\r\n")
        assert sentence in answer
        assert dict(proxy.refused) == {told: 1}


@pytest.mark.parametrize(
    ("head", "size", "status"),
    [
        (b"", 200_000, b"431 "),
        (b"POST http://open.tiktokapis.com/ HTTP/1.1\r\nContent-Length: 900000\r\n\r\n", 900_000, b"405 "),
        (b"CONNECT example.com:443 HTTP/1.1\r\n\r\n", 900_000, b"403 "),
    ],
)
async def test_refusal_comes_whatever_is_still_sent(
    head: bytes, size: int, status: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mockserver.intercept.proxy.READ_AWAY_SECONDS", 600)
    async with proxying() as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(30):
            writer.write(head)
            for _ in range(0, size, 10_000):
                writer.write(b"x" * 10_000)
                await writer.drain()
                await asyncio.sleep(0)
            assert (await reader.read()).startswith(b"HTTP/1.1 " + status)
        writer.close()


@pytest.mark.parametrize(("bound", "far"), [("READ_AWAY_SECONDS", 600), ("READ_AWAY", 10**15)])
async def test_no_more_is_read_away_than_that(bound: str, far: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"mockserver.intercept.proxy.{bound}", far)  # the other one ends it
    async with proxying() as (_, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises(ConnectionError):  # noqa: PT012 - at some point
            async with asyncio.timeout(30):
                while True:
                    writer.write(b"x" * 65536)
                    await writer.drain()
        writer.close()


async def test_target_that_is_gone_is_told() -> None:
    proxy = ConnectProxy(())
    with socket.socket() as nobody:  # who does not listen, and keeps others from the port
        nobody.bind(("127.0.0.1", 0))
        url = await proxy.start(nobody.getsockname())
        answer = await said(int(url.rpartition(":")[2]), b"CONNECT open.tiktokapis.com:443 HTTP/1.1\r\n\r\n")
        await proxy.close()
    assert answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert b"\r\n\r\nthe mock cannot be reached: " in answer
    assert not proxy.tunnels


async def test_close_ends_open_tunnels() -> None:
    async with proxying() as (proxy, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"CONNECT open.tiktokapis.com:443 HTTP/1.1\r\n\r\n")
        assert await reader.readexactly(len(ESTABLISHED)) == ESTABLISHED
        await proxy.close()
        async with asyncio.timeout(30):
            assert await reader.read() == b""
        writer.close()


async def test_close_waits_for_no_client_that_does_not_read() -> None:
    sent, told = 0, list[dict[str, Any]]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))

    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        with suppress(OSError):
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
                sent += 65536

    server = await asyncio.start_server(flood, "127.0.0.1", 0)
    proxy = ConnectProxy(())
    url = await proxy.start(server.sockets[0].getsockname()[:2])
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as client:
        client.sendall(b"CONNECT open.tiktokapis.com:443 HTTP/1.1\r\n\r\n")
        async with asyncio.timeout(30):
            seen, turns = -1, 0
            while turns < 1000 or not sent:  # until all that is between the two is full
                seen, turns = (seen, turns + 1) if seen == sent else (sent, 0)
                await asyncio.sleep(0)
            await proxy.close()
    server.close()
    assert not told
