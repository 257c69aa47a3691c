"""Reading an HTTP/1.1 answer off a stream, however wrong it is: bounded, and its trouble told in a word."""

import asyncio
import re
from typing import Final

from conformance.exchange import Answer

LIMIT: Final = 65_536
"""Bytes of a head, and of a body that are kept."""

_MOST: Final = 1_048_576
_INTERIM: Final = 20
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: [^\r\n]*)?")
_CHUNK_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n")


class _GarbledError(Exception):
    """What came is no answer."""


async def read_answer(reader: asyncio.StreamReader, *, bodiless: bool = False) -> Answer:
    """The next answer that is not a 1xx; trouble instead of an exception. Bounded in bytes, not in time."""
    try:
        for _ in range(_INTERIM):
            status, headers = await _head(reader)
            if status == 101 or status >= 200:
                empty = bodiless or status in (101, 204, 304)
                return Answer(status, headers, b"" if empty else await _body(reader, headers))
        trouble = f"more than {_INTERIM} interim answers"
    except _GarbledError as error:
        trouble = str(error)
    except asyncio.IncompleteReadError as error:
        trouble = f"the connection was closed in the middle of an answer, {len(error.partial)} bytes into a part"
    except (asyncio.LimitOverrunError, ValueError):
        trouble = f"not HTTP: a line or head of more than {LIMIT} bytes"
    return Answer(0, trouble=trouble)


async def _head(reader: asyncio.StreamReader) -> tuple[int, tuple[tuple[str, str], ...]]:
    try:
        block = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            raise _GarbledError("the connection was closed without an answer") from None
        if not error.partial.startswith(b"HTTP/1."[: len(error.partial)]):
            raise _GarbledError(f"not HTTP: {error.partial[:60]!r}") from None
        raise
    first, *lines = block[:-4].split(b"\r\n")
    found = _STATUS_LINE.fullmatch(first)
    if found is None:
        raise _GarbledError(f"not HTTP: {first[:60]!r}")
    return int(found[1]), tuple(_field(line) for line in lines)


def _field(line: bytes) -> tuple[str, str]:
    name, colon, value = line.decode("latin-1").partition(":")
    if not colon or not name.strip():
        raise _GarbledError(f"a header line without a name: {line[:60]!r}")
    return name, value.strip(" \t")


async def _body(reader: asyncio.StreamReader, headers: tuple[tuple[str, str], ...]) -> bytes:
    fields = {name.lower(): value for name, value in headers}
    if fields.get("transfer-encoding", "").lower() == "chunked":
        return await _chunks(reader)
    length = fields.get("content-length")
    if length is None:
        return await _until_end(reader)
    if not re.fullmatch("[0-9]{1,18}", length):
        raise _GarbledError(f"Content-Length of the answer is {length[:40]!r}")
    return await _exactly(reader, int(length), _MOST)


async def _exactly(reader: asyncio.StreamReader, length: int, most: int) -> bytes:
    if length > most:
        raise _GarbledError(f"a flood: an answer with a body of {length} bytes")
    return (await reader.readexactly(length))[:LIMIT]


async def _until_end(reader: asyncio.StreamReader) -> bytes:
    kept = b""
    seen = 0
    while data := await reader.read(LIMIT):
        seen += len(data)
        kept += data[: LIMIT - len(kept)]
        if seen > _MOST:
            raise _GarbledError(f"a flood: an answer whose body goes on after {seen} bytes")
    return kept


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    kept, room = b"", _MOST
    while True:
        line = await reader.readuntil(b"\r\n")
        size = _CHUNK_SIZE.fullmatch(line)
        if size is None:
            raise _GarbledError(f"a chunk of the answer begins {line[:40]!r}")
        length = int(size[1], 16)
        if length == 0:
            break
        kept += (await _exactly(reader, length, room))[: LIMIT - len(kept)]
        room -= length
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        room -= 100
        if room < 0:
            raise _GarbledError("a flood of trailers")
    return kept
