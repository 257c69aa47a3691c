"""A CONNECT proxy that takes TikTok's hosts to the mock, and nobody anywhere else."""

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from mockserver.tls.terms import is_tiktok_host

LARGEST_HEAD: Final = 16 * 1024
HEAD_SECONDS: Final = 30.0
PIECE: Final = 256 * 1024
READ_AWAY: Final = 16 * 2**20
READ_AWAY_SECONDS: Final = 1.0
"""How much of what a refused client still sends is read, so that it comes to read the refusal."""
HTTPS_PORT: Final = 443
_CONNECT: Final = re.compile(rb"CONNECT (?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5}) HTTP/1\.[01]\r\n")
_PHRASES: Final = {
    403: "Forbidden",
    405: "Method Not Allowed",
    431: "Request Header Fields Too Large",
    502: "Bad Gateway",
}


class ConnectProxy:
    """Tunnels for TikTok's hosts and for `names`, on port 443; a 403 with a sentence for all others."""

    def __init__(self, names: Sequence[str]) -> None:
        self.refused: Counter[str] = Counter()
        """What was asked for and not given, as HOST:PORT, and how often."""
        self.tunnels: Counter[str] = Counter()
        """The hosts that were led to the mock, and how often."""
        self._names = frozenset(name.lower() for name in names)
        self._target = ("", 0)
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def start(self, target: tuple[str, int]) -> str:
        """Listen on a free port of loopback; the proxy's URL. `target` is the mock's address for HTTPS."""
        self._target = target
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=LARGEST_HEAD)
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    async def close(self) -> None:
        """End it, open tunnels included."""
        if self._server is not None:
            self._server.close()
        for tunnel in self._clients:
            tunnel.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._clients.add(task)
            task.add_done_callback(self._clients.discard)
        try:
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()  # for as long as the client takes to read what there is
        except asyncio.CancelledError:
            pass  # the run is over
        finally:
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            await _refuse(
                reader, writer, 431, f"a request to this proxy has at most {LARGEST_HEAD} bytes before its body"
            )
            return
        asked = _CONNECT.match(head)
        if asked is None:
            line = _printable(head.partition(b"\r\n")[0])
            self.refused[line] += 1
            await _refuse(reader, writer, 405, f"this proxy takes CONNECT HOST:443 only, got {line}")
            return
        host = _printable(asked[1] or asked[2]).lower().rstrip(".")
        port = int(asked[3])
        if port != HTTPS_PORT or not (is_tiktok_host(host) or host in self._names):
            self.refused[f"{host}:{port}"] += 1
            sentence = (
                f"tiktok-mock exec --intercept proxy leads to TikTok's hosts on 443 only, not to {host}:{port}"
            )
            await _refuse(reader, writer, 403, sentence)
            return
        await self._tunnel(host, reader, writer)

    async def _tunnel(self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server_reader, server_writer = await asyncio.open_connection(*self._target)
        except OSError as error:
            await _refuse(reader, writer, 502, f"the mock cannot be reached: {error.strerror or error}")
            return
        self.tunnels[host] += 1
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            both = [
                asyncio.ensure_future(_pour(reader, server_writer)),
                asyncio.ensure_future(_pour(server_reader, writer)),
            ]
            try:
                await asyncio.gather(*both)
            finally:
                for one in both:
                    one.cancel()
        except (OSError, asyncio.CancelledError):
            for end in (writer, server_writer):
                end.transport.abort()  # a reset on one side is one on the other
            raise
        finally:
            server_writer.close()


def _printable(words: bytes) -> str:
    text = words.decode("ascii", "backslashreplace")[:200]
    return "".join(one if one.isprintable() else "?" for one in text)


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while piece := await source.read(PIECE):
        sink.write(piece)
        await sink.drain()
    with contextlib.suppress(OSError):
        sink.write_eof()


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: int, sentence: str) -> None:
    body = f"{sentence}\n"
    head = f"HTTP/1.1 {status} {_PHRASES[status]}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n{body}".encode())
    writer.write_eof()
    # A socket that is closed with bytes unread resets the connection, and the refusal is lost.
    left = READ_AWAY
    async with asyncio.timeout(READ_AWAY_SECONDS):
        while left > 0 and (piece := await reader.read(PIECE)):
            left -= len(piece)
