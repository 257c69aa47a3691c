"""Raw HTTP/1.1 over asyncio streams: sends what a library refuses to send, and waits for nothing without end."""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import cache
from itertools import chain
from socket import SO_LINGER, SOL_SOCKET
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from conformance.answers import LIMIT, read_answer
from conformance.exchange import Answer, Exchange

_NEVER: Final = Answer(0, trouble="the answer was not read")


class UnreachableError(Exception):
    """No connection to the target: the network's fault, or nobody is there."""


class CannotError(Exception):
    """This connection cannot do what was asked of it."""


class Address(NamedTuple):
    """Where a URL points: the place to connect to, and what its request line and Host say."""

    host: str
    port: int
    tls: bool
    path: str

    @classmethod
    def of(cls, url: str) -> "Address":
        """Raises ValueError where it is no http or https URL."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise ValueError(f"wanted http://HOST or https://HOST, got {url[:200]!r}")
        if not url.isascii() or any(char <= " " for char in url):
            raise ValueError(f"wanted a URL of visible ASCII characters, got {url[:200]!r}")
        tls = parts.scheme == "https"
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(parts.hostname, parts.port or (443 if tls else 80), tls, path)

    @property
    def authority(self) -> str:
        """The value of Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"

    def at(self, path: str) -> "Address":
        """Another path of the same place, below this one's."""
        return self._replace(path=self.path.rstrip("/") + path)

    def __str__(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.authority}{self.path.rstrip('/')}"


class _Reader(asyncio.StreamReader):
    """After a reset, what had come before it can still be read."""

    def set_exception(self, exc: BaseException) -> None:
        del exc
        self.feed_eof()


class Wire:
    """One connection. What cannot be sent any more is not an error: the answer says why it was so."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tape: Exchange) -> None:
        self._reader = reader
        self._writer = writer
        self._tape = tape
        self._deaf = False
        self.patience = 10.0

    async def send(self, *pieces: bytes | memoryview) -> None:
        """Write, as far as the target still reads."""
        await self.send_all(pieces)

    async def send_all(self, pieces: Iterable[bytes | memoryview]) -> None:
        """Write piece by piece, never more than one ahead of what the target reads."""
        for piece in pieces:
            if self._deaf:
                return
            try:
                async with asyncio.timeout(self.patience):
                    self._writer.write(piece)
                    await self._writer.drain()
            except (OSError, RuntimeError):  # TimeoutError is an OSError; writing after a loss is a RuntimeError
                self._deaf = True
                self._tape.happened("the target reads no further")
                return
            self._tape.wrote(piece)

    async def answer(self, *, bodiless: bool = False, patience: float | None = None) -> Answer:
        """The next answer that is not a 1xx; `bodiless` after HEAD."""
        seconds = self.patience if patience is None else patience
        try:
            async with asyncio.timeout(seconds):
                found = await read_answer(self._reader, bodiless=bodiless)
        except TimeoutError:
            found = Answer(0, trouble=f"no answer within {seconds:g} s", timed_out=True)
        self._tape.answered(found)
        return found

    async def exchange(self, head: bytes, body: Iterable[bytes | memoryview], *, bodiless: bool = False) -> Answer:
        """Send a request while listening: an early refusal ends the sending."""
        sending = asyncio.create_task(self.send_all(chain([head], body)))
        listening = asyncio.create_task(read_answer(self._reader, bodiless=bodiless))
        found = _NEVER
        try:
            await asyncio.wait({sending, listening}, return_when=asyncio.FIRST_COMPLETED)
            if listening.done() and listening.result().status < 300:
                await sending
            async with asyncio.timeout(self.patience):
                found = await listening
        except TimeoutError:
            found = Answer(0, trouble=f"no answer within {self.patience:g} s", timed_out=True)
        finally:
            for task in (sending, listening):
                task.cancel()
            await asyncio.gather(sending, listening, return_exceptions=True)
        self._tape.answered(found)
        return found

    async def ended(self, patience: float | None = None) -> bool:
        """Whether the target closes the connection in time; what it sends before is thrown away, within bounds."""
        seconds, room = self.patience if patience is None else patience, LIMIT
        try:
            async with asyncio.timeout(seconds):
                while room > 0 and (data := await self._reader.read(LIMIT)):
                    room -= len(data)
        except TimeoutError:
            return False
        self._tape.happened("the target has closed" if room > 0 else "the target floods")
        return room > 0

    async def pause(self, seconds: float) -> None:
        """Hold the next bytes back."""
        self._tape.happened(f"held back for {seconds:g} s")
        await asyncio.sleep(seconds)

    def half_close(self) -> None:
        """No further byte will come, but the answer can still be read."""
        if not self._writer.can_write_eof():
            raise CannotError("a TLS connection cannot be half-closed")
        self._tape.happened("half-closed")
        if self._deaf:
            return
        try:
            self._writer.write_eof()
        except OSError:  # the target has reset the connection: there is no side left to close
            self._deaf = True

    def reset(self) -> None:
        """End with RST."""
        self._tape.happened("reset")
        sock = self._writer.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def close(self) -> None:
        """End with FIN; what the target does then is its own affair."""
        if not self._writer.transport.is_closing():
            self._writer.close()
        try:
            async with asyncio.timeout(1):
                await self._writer.wait_closed()
        except (OSError, ssl.SSLError):
            self._writer.transport.abort()


@asynccontextmanager
async def connected(address: Address, tape: Exchange, patience: float) -> AsyncIterator[Wire]:
    """A connection, closed at the end. Raises UnreachableError."""
    loop = asyncio.get_running_loop()
    reader = _Reader(limit=LIMIT, loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    context = _trusting() if address.tls else None
    try:
        async with asyncio.timeout(patience):
            transport, _ = await loop.create_connection(lambda: protocol, address.host, address.port, ssl=context)
    except (OSError, ValueError) as error:
        raise UnreachableError(f"{address.authority} cannot be reached: {_why(error, patience)}") from None
    wire = Wire(reader, asyncio.StreamWriter(transport, protocol, reader, loop), tape)
    wire.patience = patience
    try:
        yield wire
    finally:
        await wire.close()


@cache
def _trusting() -> ssl.SSLContext:
    """Trusts whom the machine trusts, or SSL_CERT_FILE; read once, since that takes longer than a request."""
    return ssl.create_default_context()


def _why(error: Exception, patience: float) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message}); SSL_CERT_FILE=FILE names a CA to trust"
    if isinstance(error, ssl.SSLError):
        return f"it does not speak TLS ({(error.reason or str(error)).lower().replace('_', ' ')}); try http://"
    return getattr(error, "strerror", None) or str(error) or f"no connection within {patience:g} s"
