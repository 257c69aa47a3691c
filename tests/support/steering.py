"""The control surface from a test's side, and what a raw peer sees at the end of its connection."""

import http.client
import json
import select
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xxhash

from mockserver.journal import Entry
from support.peer import Peer
from support.servers import ThreadServer

SECONDS = 10
PATIENCE = 2000
"""Looks at a state that is about to change; each is a whole exchange with the server."""


def ask(
    server: ThreadServer,
    method: str,
    path: str,
    body: object = None,
    *,
    raw: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, Any]:
    """Status and JSON of one exchange on a connection of its own; `body` is sent as JSON, `raw` as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=SECONDS)
    try:
        sent = raw if raw is not None or body is None else json.dumps(body).encode()
        connection.request(method, path, sent, dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def good(server: ThreadServer, method: str, path: str, body: object = None) -> Any:
    """The same, which must be answered 200."""
    status, said = ask(server, method, path, body)
    assert status == 200, said
    return said


# ───────────────────────────── faults ─────────────────────────────


def fault(
    kind: str,
    when: object = "after_body",
    *,
    operation: str = "chunk",
    on: Mapping[str, object] | None = None,
    times: int | None = 1,
    skip: int = 0,
    **do: Any,
) -> dict[str, object]:
    """A fault as JSON; `do` are the kind's parameters."""
    return {
        "on": {"operation": operation, **(on or {})},
        "when": when,
        "do": {"kind": kind, **do},
        "times": times,
        "skip": skip,
    }


def arm(server: ThreadServer, *faults: Mapping[str, object]) -> list[int]:
    """Add faults; their ids."""
    return [one["id"] for one in good(server, "POST", "/_mock/faults", list(faults))["faults"]]


def counts(server: ThreadServer, query: str = "") -> list[tuple[int, int | None]]:
    """Of each fault how often it fired and what is left."""
    listed = good(server, "GET", f"/_mock/faults{query}")["faults"]
    return [(one["fired"], one["left"]) for one in listed]


def fired(server: ThreadServer, number: int) -> int:
    listed = good(server, "GET", "/_mock/faults")["faults"]
    found: int = next(one["fired"] for one in listed if one["id"] == number)
    return found


def wait_until_fired(server: ThreadServer, number: int, times: int = 1) -> None:
    for _ in range(PATIENCE):
        if fired(server, number) >= times:
            return
    raise AssertionError(f"fault {number} never fired {times} times")


# ───────────────────────────── journal, uploads, clock ─────────────────────────────


def journal(server: ThreadServer, query: str = "") -> list[dict[str, Any]]:
    """The journal's entries."""
    found: list[dict[str, Any]] = good(server, "GET", f"/_mock/journal{query}")["entries"]
    return found


def entry_of_fault(server: ThreadServer, number: int) -> dict[str, Any]:
    """The journal's entry of the one request that fault `number` struck; waits for it."""

    def struck(entry: Entry) -> bool:
        return entry.fault is not None and entry.fault.number == number

    with server._recorded:
        assert server._recorded.wait_for(lambda: any(map(struck, server.entries)), SECONDS), server.entries
    found = [entry for entry in journal(server) if entry["fault"] and entry["fault"]["id"] == number]
    assert len(found) == 1, found
    return found[0]


def upload_id(path: str) -> str:
    """The upload_id in an upload_url."""
    return path.partition("upload_id=")[2].partition("&")[0]


def shown(server: ThreadServer, path: str) -> dict[str, Any] | None:
    """/_mock/uploads/{upload_id} of an upload_url; None where there is no such upload."""
    status, said = ask(server, "GET", f"/_mock/uploads/{upload_id(path)}")
    assert status in (200, 404), said
    return said if status == 200 else None


def advance(server: ThreadServer, seconds: float) -> None:
    """Move the mock's clock, from the loop that others sleep on."""
    good(server, "POST", "/_mock/clock", {"advance": seconds})


# ───────────────────────────── what a peer sees ─────────────────────────────


def rest_of(peer: Peer) -> tuple[bytes, str]:
    """All that still comes, and how it ends: FIN or RST."""
    came, peer._held = peer._held, b""
    while True:
        try:
            piece = peer.socket.recv(65536)
        except ConnectionResetError:
            return came, "RST"
        if not piece:
            return came, "FIN"
        came += piece


def is_silent(server: ThreadServer, peer: Peer) -> bool:
    """Whether the peer was sent nothing, although the server has read all it sent and serves others meanwhile."""
    for _ in range(2):
        good(server, "GET", "/_mock/health")
    readable, _, _ = select.select([peer.socket], [], [], 0)
    return not readable and not peer._held


def call_head(path: str, length: int, *more: str, token: str | None = "t") -> bytes:
    """The head of a POST to a JSON endpoint."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join((*lines, f"Content-Length: {length}", *more, "", "")).encode()


class Events(Peer):
    """A listener of /_mock/journal/stream."""

    def __init__(self, server: ThreadServer, query: str = "", *more: str) -> None:
        super().__init__(server.port)
        self._server = server
        lines = [f"GET /_mock/journal/stream{query} HTTP/1.1", "Host: 127.0.0.1", *more, "", ""]
        self.send("\r\n".join(lines).encode())
        head = self._until(b"\r\n\r\n").decode().split("\r\n")
        self.status = int(head[0].split()[1])
        self.headers = dict(line.split(": ", 1) for line in head[1:])
        self._text = b""

    def __exit__(self, *details: object) -> None:
        super().__exit__(*details)
        # A stream looks at its listener when it has something to tell; the server's end need not wait for that.
        for _ in range(2):
            ask(self._server, "GET", "/nowhere/")

    def block(self) -> list[str]:
        """The lines up to the next blank one."""
        while b"\n\n" not in self._text:
            length = int(self._until(b"\r\n"), 16)
            assert length, "the stream has ended"
            self._text += self._exactly(length)
            assert self._exactly(2) == b"\r\n"
        text, _, self._text = self._text.partition(b"\n\n")
        return text.decode().split("\n")

    def entry(self) -> dict[str, Any]:
        """The next event's entry; comments are passed over."""
        while (lines := self.block())[0].startswith(":"):
            pass
        number, kind, data = lines
        entry: dict[str, Any] = json.loads(data.removeprefix("data: "))
        assert (number, kind) == (f"id: {entry['sequence']}", "event: entry")
        return entry


def assert_is_the_file(server: ThreadServer, file: Path) -> int:
    """One upload was begun and completed, and each chunk that was kept is the file's. Gives how many they are."""
    (upload,) = server.get("/_mock/uploads")["uploads"]
    assert upload["complete"]
    content, offset = file.read_bytes(), 0
    for kept in upload["chunks"]:
        assert kept["first"] == offset
        offset = kept["last"] + 1
        assert kept["digest"] == xxhash.xxh3_128(content[kept["first"] : offset]).hexdigest()
    assert offset == len(content)
    return len(upload["chunks"])
