"""Targets that are no upload server: each is a handler of one connection."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager

from support.streams import Handler, StreamServer


async def hangs(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Takes everything and says nothing."""
    while await reader.read(65_536):
        pass


async def closes(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Is gone at once."""
    writer.close()


async def resets(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def floods(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Sends without end."""
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def floods_a_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A good head, and a body without end."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    await floods(reader, writer)


async def greets(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Speaks another protocol, with a terminal's control characters."""
    writer.write(b"220 mail.example \x1b[31mESMTP\r\n")
    await writer.drain()
    await asyncio.sleep(0.05)


async def answers_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Good for status/fetch, then silent."""
    head = await reader.readuntil(b"\r\n\r\n")
    if b"status/fetch" in head or b"/_mock/" in head:
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
    await hangs(reader, writer)


async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An answer, a byte in a long while."""
    await reader.readuntil(b"\r\n\r\n")
    for byte in b"HTTP/1.1 200 OK\r\n" * 1000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.2)


async def says_yes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """200 and an empty JSON object to everything, before it has read the body."""
    while await reader.readuntil(b"\r\n\r\n"):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()


async def inits_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Good inits, and silence on every PUT."""
    head = await reader.readuntil(b"\r\n\r\n")
    await _init(head, head.partition(b"Host: ")[2].partition(b"\r\n")[0].decode(), writer)
    await hangs(reader, writer)


async def inits_for_nobody(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Good inits, whose upload_url leads to where nobody listens."""
    await _init(await reader.readuntil(b"\r\n\r\n"), "127.0.0.1:1", writer)
    await hangs(reader, writer)


async def _init(head: bytes, host: str, writer: asyncio.StreamWriter) -> None:
    if head.startswith(b"POST"):
        data = {"publish_id": "v_pub_file~1", "upload_url": f"http://{host}/video/?upload_id=1&upload_token=2"}
        body = json.dumps({"data": data, "error": {"code": "ok", "message": "", "log_id": "1"}}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()


@contextmanager
def alien(handler: Handler) -> Iterator[str]:
    """Its URL, while it runs."""
    with StreamServer(handler) as server:
        yield server.url
