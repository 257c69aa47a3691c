"""Another host: nobody should send it anything."""

import socket
import threading
from types import TracebackType
from typing import Final, Self

_ANSWER: Final = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_MOST: Final = 65_536


class Trap:
    """Listens on loopback, counts who calls, and answers 201, as a thief would."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.authority = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.calls: list[str] = []
        """The request line of each call, "" where none came."""
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            with peer:
                peer.settimeout(2)
                self.calls.append(_request_line(peer))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


def _request_line(peer: socket.socket) -> str:
    head = b""
    try:
        while b"\r\n" not in head and len(head) < _MOST and (data := peer.recv(4096)):
            head += data
        peer.sendall(_ANSWER)
    except OSError:
        pass
    return head.partition(b"\r\n")[0].decode("latin-1")
