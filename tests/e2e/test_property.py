"""The property of the whole project: whatever the file, the legal plan and the interference, what the server
accepted is the file, byte for byte.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

import client_reference
from mockserver.config import Config
from mockserver.protocol.rules import DOCUMENTED
from support.commands import make_file
from support.peer import Peer, put_head
from support.servers import ThreadServer
from support.steering import assert_is_the_file

MB = 1000
SMALLEST, LARGEST = 5 * MB, 64 * MB

# An edge of the rules is drawn as often as a size from the middle of nowhere.
EDGES = [
    1,
    2,
    SMALLEST - 1,
    SMALLEST,
    SMALLEST + 1,
    LARGEST - 1,
    LARGEST,
    LARGEST + 1,
    2 * LARGEST - 1,
    2 * LARGEST,
]


@st.composite
def files_and_chunks(draw: st.DrawFn) -> tuple[int, int | None]:
    """A file size and the chunk_size the client is told to use, None for the client's own choice."""
    kind = draw(st.sampled_from(["edge", "any", "around a multiple", "around a multiple"]))
    event(f"size: {kind}")
    if kind == "edge":
        return draw(st.sampled_from(EDGES)), None
    if kind == "any":
        size, chunk = draw(st.integers(1, 3 * LARGEST)), draw(st.integers(SMALLEST, LARGEST))
    else:
        chunk = draw(st.sampled_from([SMALLEST, SMALLEST + 1, 10 * MB, 17_389, LARGEST]))
        size = chunk * draw(st.integers(1, 6)) + draw(st.sampled_from([-1, 0, 1]))
    one_chunk_too_large = size > LARGEST and size < 2 * chunk  # such a chunk_size has no legal plan
    return size, None if one_chunk_too_large or draw(st.booleans()) else chunk


MISCHIEF = st.lists(
    st.sampled_from(
        ["gap", "repeat", "overlap", "total", "too long", "short body", "length", "no range", "token", "malformed"]
    ),
    max_size=4,
)


@dataclass
class Meddler:
    """Another client, which sends a bad PUT after each good one."""

    port: int
    kinds: list[str]
    refused: list[int] = field(default_factory=list)
    _path: str = ""
    _size: int = 0

    def between(self, exchange: Any) -> None:
        """Called by the good client after each of its requests."""
        if not self._path:
            data = json.loads(exchange.answer.body)["data"]
            self._path = "/video/" + data["upload_url"].partition("/video/")[2]
            return
        chunk = getattr(exchange.request, "chunk", None)
        if self.kinds and chunk is not None:
            kind = self.kinds.pop()
            event(f"meddling: {kind}")
            self.refused.append(self._put(kind, chunk.last + 1, chunk.total))

    def _put(self, kind: str, offset: int, total: int) -> int:
        path, length, body_length = self._path, 10, 10
        first = {"gap": offset + 1, "repeat": 0, "overlap": max(0, offset - 1)}.get(kind, offset)
        span: str | None = f"bytes {first}-{first + 9}/{max(total, first + 10)}"
        match kind:
            case "total":
                span = f"bytes {first}-{first + 9}/{total + 10}"
            case "too long":
                length = body_length = total - offset + 1
                span = f"bytes {first}-{total}/{total}"
            case "short body":
                body_length = 9
            case "length":
                length = body_length = 11
            case "no range":
                span = None
            case "token":
                path = path[:-1] + ("0" if path[-1] != "0" else "1")
            case "malformed":
                span = f"bytes {first}-{first + 9}/{total} "[:-1].replace("-", " - ")
        with Peer(self.port) as peer:
            peer.send(put_head(path, span, length) + b"!" * body_length)
            if body_length < length:
                peer.half_close()
            return peer.answer().status


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadServer]:
    with ThreadServer(Config(rules=DOCUMENTED.with_mb(MB))) as running:
        yield running


@pytest.fixture(scope="module")
def several() -> Iterator[list[bool]]:
    """For each example whether it had several chunks: at least a third of them must."""
    examples: list[bool] = []
    yield examples
    assert sum(examples) * 3 >= len(examples) > 0


@settings(max_examples=max(150, settings().max_examples))
@given(cut=files_and_chunks(), kinds=MISCHIEF, draft=st.booleans())
def test_whatever_the_file_the_server_ends_with_exactly_it(
    server: ThreadServer,
    several: list[bool],
    tmp_path_factory: pytest.TempPathFactory,
    cut: tuple[int, int | None],
    kinds: list[str],
    *,
    draft: bool,
) -> None:
    size, chunk_size = cut
    file = make_file(tmp_path_factory.getbasetemp() / "property.mp4", size)
    server.post("/_mock/reset")
    meddler = Meddler(server.port, list(kinds))
    result = asyncio.run(
        client_reference.upload(
            file,
            token="t",
            api_base=server.url,
            draft=draft,
            chunk_size=chunk_size,
            mb=MB,
            exchange=meddler.between,
        )
    )
    assert result.status == ("SEND_TO_USER_INBOX" if draft else "PUBLISH_COMPLETE")
    assert result.uploaded_bytes == size
    assert all(400 <= status < 500 for status in meddler.refused), meddler
    several.append(assert_is_the_file(server, file) > 1)
    event(f"chunks: {'several' if several[-1] else 'one'}")
