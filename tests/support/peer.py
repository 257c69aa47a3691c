"""A peer that writes what it is told, byte for byte, and reads answers without a client library's opinion."""

import json
import socket
import struct
from dataclasses import dataclass
from typing import Any, Self

SECONDS = 10


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def put_head(
    path: str, span: str | None, length: int | None, *more: str, content_type: str | None = "video/mp4"
) -> bytes:
    """The head of a PUT."""
    lines = [f"PUT {path} HTTP/1.1", "Host: 127.0.0.1"]
    if content_type is not None:
        lines.append(f"Content-Type: {content_type}")
    if span is not None:
        lines.append(f"Content-Range: {span}")
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join((*lines, *more, "", "")).encode("latin-1")


class Peer:
    """One TCP connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), SECONDS)
        self._held = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def put(self, path: str, first: int, body: bytes, total: int) -> Answer:
        """A good PUT of `body` from byte `first`."""
        span = f"bytes {first}-{first + len(body) - 1}/{total}"
        self.send(put_head(path, span, len(body)) + body)
        return self.answer()

    def half_close(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def answer(self) -> Answer:
        """The next answer that is not a 1xx."""
        while True:
            head = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
            status = int(head[0].split(" ")[1])
            headers = dict(line.split(": ", 1) for line in head[1:] if line)
            body = self._exactly(int(headers.get("Content-Length", "0"))) if status >= 200 else b""
            if status >= 200:
                return Answer(status, headers, body)

    def interim(self) -> str:
        """The next status line, whatever it is."""
        return self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")[0]

    def at_end(self) -> bool:
        """Whether the server has closed; waits for that or for the first byte it sends instead."""
        if self._held:
            return False
        self._held = self.socket.recv(1)
        return not self._held

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._held:
            self._more()
        taken, _, self._held = self._held.partition(mark)
        return taken

    def _exactly(self, count: int) -> bytes:
        while len(self._held) < count:
            self._more()
        taken, self._held = self._held[:count], self._held[count:]
        return taken

    def _more(self) -> None:
        piece = self.socket.recv(65536)
        if not piece:
            raise EOFError(f"the server closed after {self._held[:200]!r}")
        self._held += piece
