"""TLS in front of a server that has none, with a CA made for the test."""

import asyncio
import ssl
from pathlib import Path

import trustme

from support.streams import StreamServer, close

_PIECE = 65_536


def throw_away_ca(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Its certificate as a file, and the context of a server called localhost that it vouches for."""
    authority = trustme.CA()
    path = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return path, context


class TlsFront(StreamServer):
    """Ends TLS and passes everything on; `port` of the server behind may be told once this one listens."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(self._pass_on, context)
        self.port = 0

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", self.port)
        there = asyncio.create_task(_copy(reader, forth))
        try:
            await _copy(back, writer)
        finally:
            there.cancel()
            await asyncio.gather(there, return_exceptions=True)
            await close(forth)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(_PIECE):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        writer.transport.abort()
