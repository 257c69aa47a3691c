"""Answers that are none: some bytes, or nothing, and then the end of the connection."""

from collections.abc import Iterable
from http import HTTPStatus

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.hdrs import CONNECTION, CONTENT_LENGTH

from mockserver.wire.connection import UploadConnection


class SeveredResponse(web.StreamResponse):
    """Returned by a handler like any response; sends `last_words` as they are and cuts the connection."""

    def __init__(self, last_words: bytes = b"", *, reset: bool = False) -> None:
        super().__init__()
        self._last_words = last_words
        self._reset = reset

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        await sever(request, self._last_words, reset=self._reset)
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to write."""

    @property
    def keep_alive(self) -> bool:
        return False


async def sever(request: web.BaseRequest, last_words: bytes = b"", *, reset: bool) -> None:
    """Cut the request's connection with a FIN or a RST."""
    if isinstance(request.protocol, UploadConnection):
        await request.protocol.sever(last_words, reset=reset)


def on_the_wire(response: web.Response) -> bytes:
    """The response as the bytes that would be sent."""
    body = response.body if isinstance(response.body, bytes) else b""
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = ""
    lines = [f"HTTP/1.1 {response.status} {phrase}", *_lines(response.headers.items())]
    if CONTENT_LENGTH not in response.headers:
        lines.append(f"{CONTENT_LENGTH}: {len(body)}")
    lines.append(f"{CONNECTION}: close")
    return "\r\n".join((*lines, "", "")).encode("latin-1", "replace") + body


def _lines(headers: Iterable[tuple[str, str]]) -> Iterable[str]:
    return (f"{name}: {value}" for name, value in headers)
