"""A proxy that makes a broken server of an honest one: it rewrites answers on their way."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from support.streams import StreamServer, close


@dataclass(frozen=True)
class Passing:
    """An answer on its way, with the head of the request it belongs to (the first of its connection)."""

    request: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def method(self) -> str:
        return self.request.split(" ")[0]

    @property
    def path(self) -> str:
        return self.request.split(" ")[1]

    def with_status(self, status: int) -> "Passing":
        return replace(self, status=status)

    def with_header(self, name: str, value: str | None) -> "Passing":
        kept = {key: old for key, old in self.headers.items() if key.lower() != name.lower()}
        return replace(self, headers=kept if value is None else {**kept, name: value})

    def raw(self) -> bytes:
        headers = {**self.headers, "Content-Length": str(len(self.body))}
        lines = [f"HTTP/1.1 {self.status} Perturbed", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join((*lines, "", "")).encode("latin-1") + self.body


Rewrite = Callable[[Passing], Passing]


class PerturbingProxy(StreamServer):
    """What it does to an answer is `rewrite`."""

    def __init__(self, upstream: str, rewrite: Rewrite) -> None:
        super().__init__(self._pass_on)
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "", parts.port or 80)
        self._rewrite = rewrite

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        to_reader, to_writer = await asyncio.open_connection(*self._upstream)
        try:
            to_writer.write(head)
            out = asyncio.create_task(_copy(reader, to_writer))
            try:
                while not to_reader.at_eof():
                    answer = self._rewrite(await _answer(to_reader, head.decode("latin-1")))
                    writer.write(answer.raw())
                    await writer.drain()
            finally:
                out.cancel()
            await close(to_writer)
        finally:
            to_writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Bytes, the half-close and the reset alike."""
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        if reader.exception() is not None:  # the reset of a client; where the server has gone, its answer counts
            writer.transport.abort()


async def _answer(reader: asyncio.StreamReader, request: str) -> Passing:
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ")[1])
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        if status >= 200:
            length = 0 if request.startswith("HEAD ") else int(headers.get("Content-Length", "0"))
            return Passing(request, status, headers, await reader.readexactly(length))
