"""--keep: what is on disk after each thing that can happen to a chunk, and the bytes over /_mock/."""

import errno
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from mockserver.clock import ManualClock
from mockserver.config import Config
from mockserver.protocol.rules import DOCUMENTED, UploadRules
from mockserver.store.base import Conflict
from support.commands import run, serving
from support.peer import Answer, Peer, put_head
from support.servers import ThreadServer

TOTAL = 16_000
CHUNKS = (b"a" * 5000, b"b" * 5000, b"c" * 6000)
"""The plan of every upload here: the last chunk carries the trailing bytes."""
FIRSTS = (0, 5000, 10_000)
WHOLE = b"".join(CHUNKS)
SMALL = DOCUMENTED.with_mb(1000)


class Keeping(ThreadServer):
    """A server with `--keep`, and a look at its directory."""

    def __init__(
        self, keep: Path, rules: UploadRules = SMALL, clock: ManualClock | None = None, **more: Any
    ) -> None:
        super().__init__(Config(rules=rules, keep=keep, **more), clock)
        self.keep = keep

    def begin(self, chunks: int = 0, **more: Any) -> str:
        """A new upload of which the first `chunks` are in."""
        path = self.init(TOTAL, 5000, 3, **more)
        for number in range(1, chunks + 1):
            assert self.put(path, number).status in (201, 206)
        return path

    def put(self, path: str, number: int, body: bytes | None = None, *, kind: str = "video/mp4") -> Answer:
        """A PUT of chunk `number`, with other bytes if given."""
        first, sent = FIRSTS[number - 1], CHUNKS[number - 1] if body is None else body
        span = f"bytes {first}-{first + len(sent) - 1}/{TOTAL}"
        with Peer(self.port) as peer:
            peer.send(put_head(path, span, len(sent), content_type=kind) + sent)
            return peer.answer()

    def ask(self, path: str, method: str = "GET", body: bytes = b"", *headers: str) -> Answer:
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}", *headers]
        with Peer(self.port) as peer:
            peer.send("\r\n".join((*lines, "", "")).encode() + body)
            return peer.answer()

    def content(self, path: str, *headers: str) -> Answer:
        return self.ask(f"/_mock/uploads/{id_of(path)}/content", "GET", b"", *headers)

    def offset(self, path: str) -> int:
        found: int = self.get(f"/_mock/uploads/{id_of(path)}")["uploaded_bytes"]
        return found

    def files(self) -> dict[str, bytes]:
        """Complete uploads by name."""
        self.settle()
        return {file.name: file.read_bytes() for file in self.keep.iterdir() if file.is_file()}

    def parts(self) -> dict[str, bytes]:
        """Everything in this server's own folder, by name."""
        self.settle()
        (folder,) = (self.keep / ".incomplete").iterdir()
        return {file.name: file.read_bytes() for file in folder.iterdir()}

    def settle(self) -> None:
        """Wait for whatever a request that is over left to be done in threads."""
        vault = self.service.vault
        assert vault is not None
        self.run(vault._threads.finish())


@contextmanager
def process(*options: str, **variables: Any) -> Iterator[tuple[subprocess.Popen[str], Keeping]]:
    """A server as a process of its own, asked in the same words; its directory is the test's business."""
    with serving("--quiet", *options, **variables) as (running, url):
        server = Keeping(Path())
        server.url, server.port = url, int(url.rpartition(":")[2])
        try:
            yield running, server
        finally:
            server._loop.close()


def id_of(path: str) -> str:
    found = re.search(r"upload_id=(\d+)", path)
    assert found is not None
    return found[1]


def side_files() -> int:
    """Nameless files that are still open; where that cannot be seen, none."""
    folder = Path("/proc/self/fd")
    if not folder.exists():
        return 0
    links = []
    for one in folder.iterdir():
        with suppress(OSError):  # closed by now
            links.append(str(one.readlink()))
    return sum(".incomplete" in link and "deleted" in link for link in links)


@pytest.fixture
def keeping(tmp_path: Path, clock: ManualClock) -> Iterator[Keeping]:
    with Keeping(tmp_path / "kept", clock=clock) as server:
        yield server
        server.settle()
        assert side_files() == 0, "a request that is over has left its side file open"


# ───────────────────────────── good uploads ─────────────────────────────


def test_unfinished_upload_lies_beside_and_a_complete_one_in_the_directory(keeping: Keeping) -> None:
    path = keeping.begin(2)
    assert keeping.files() == {}
    assert keeping.parts() == {f"{id_of(path)}.part": CHUNKS[0] + CHUNKS[1]}
    assert keeping.put(path, 3).status == 201
    assert keeping.files() == {f"{id_of(path)}.mp4": WHOLE}
    assert keeping.parts() == {}


@pytest.mark.parametrize(
    ("kind", "suffix", "told"),
    [
        ("video/mp4", ".mp4", "video/mp4"),
        ("video/quicktime", ".mov", "video/quicktime"),
        ("video/webm", ".webm", "video/webm"),
        ("Video/WebM; codecs=vp9", ".webm", "video/webm"),
        ("application/x-thing", ".bin", "application/octet-stream"),
    ],
)
def test_first_chunks_type_names_the_file(tmp_path: Path, kind: str, suffix: str, told: str) -> None:
    with Keeping(tmp_path, SMALL.with_rule("content_type", "any")) as server:
        path = server.begin()
        assert server.put(path, 1, kind=kind).status == 206
        assert server.content(path).headers["Content-Type"] == told
        assert server.put(path, 2).status == 206
        assert server.put(path, 3).status == 201
        assert server.files() == {f"{id_of(path)}{suffix}": WHOLE}
        assert server.content(path).headers["Content-Type"] == told


def test_without_a_type_at_all_the_file_is_there_too(tmp_path: Path) -> None:
    with Keeping(tmp_path, SMALL.with_rule("content_type", "any")) as server:
        path = server.init(5000, 5000, 1)
        with Peer(server.port) as peer:
            peer.send(put_head(path, "bytes 0-4999/5000", 5000, content_type=None) + CHUNKS[0])
            assert peer.answer().status == 201
        assert server.files() == {f"{id_of(path)}.bin": CHUNKS[0]}


def test_interleaved_uploads_stay_apart(keeping: Keeping) -> None:
    # S-ISOLATED
    paths = [keeping.begin() for _ in range(3)]
    for number in (1, 2, 3):
        for mark, path in zip(b"xyz", paths, strict=True):
            assert keeping.put(path, number, bytes([mark]) * len(CHUNKS[number - 1])).status in (201, 206)
    assert keeping.files() == {
        f"{id_of(path)}.mp4": bytes([mark]) * TOTAL for mark, path in zip(b"xyz", paths, strict=True)
    }


def test_off_plan_chunks_of_any_size_make_the_file(tmp_path: Path) -> None:
    with Keeping(tmp_path, SMALL.with_rule("off_plan", "accept")) as server:
        path = server.init(TOTAL, 5000, 3)
        with Peer(server.port) as peer:
            assert peer.put(path, 0, WHOLE[:1], TOTAL).status == 206
            assert peer.put(path, 1, WHOLE[1:7001], TOTAL).status == 206
            assert peer.put(path, 7001, WHOLE[7001:], TOTAL).status == 201
        assert server.files() == {f"{id_of(path)}.mp4": WHOLE}


def test_stopped_server_leaves_complete_files_only(tmp_path: Path) -> None:
    with Keeping(tmp_path) as server:
        done = server.begin(3)
        server.begin(2)
        with Peer(server.port) as peer:
            peer.send(put_head(server.begin(), "bytes 0-4999/16000", 5000) + b"half")
            server.wait_for_entries(8)
    assert sorted(tmp_path.rglob("*")) == [tmp_path / ".incomplete", tmp_path / f"{id_of(done)}.mp4"]
    assert side_files() == 0


# ───────────────────────────── chunks that come to nothing ─────────────────────────────


def cut(server: Keeping, path: str) -> None:
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 5000-9999/16000", 5000) + b"x" * 4999)
        peer.reset()
    server.wait_for_entries(3)


def half_closed(server: Keeping, path: str) -> None:
    with Peer(server.port) as peer:
        peer.send(put_head(path, "bytes 5000-9999/16000", 5000) + b"x" * 4999)
        peer.half_close()
        assert peer.answer().status == 400


def refused_by_its_head(server: Keeping, path: str) -> None:
    assert server.put(path, 3, b"x" * 6000).status == 416
    assert server.put(path, 1, b"x" * 5000).status == 416
    assert server.put(path, 2, b"x" * 4999).status == 400


def struck(when: object, **effect: object) -> Callable[[Keeping, str], None]:
    def strike(server: Keeping, path: str) -> None:
        server.call("/_mock/faults", {"on": {"operation": "chunk"}, "when": when, "do": effect})
        try:
            assert server.put(path, 2, b"x" * 5000).status == 503
        except EOFError:
            assert effect["kind"] == "close"

    return strike


@pytest.mark.parametrize(
    "happening",
    [
        pytest.param(cut, id="cut"),
        pytest.param(half_closed, id="half-closed"),
        pytest.param(refused_by_its_head, id="refused"),
        pytest.param(struck("before_body", kind="status", status=503), id="fault-before-body"),
        pytest.param(struck({"at_byte": 1}, kind="status", status=503), id="fault-in-the-body"),
        pytest.param(struck({"at_byte": 5000}, kind="close"), id="fault-closes-at-the-last-byte"),
        pytest.param(struck("after_body", kind="status", status=503), id="fault-after-body"),
        pytest.param(struck("after_body", kind="close"), id="fault-closes-after-body"),
    ],
)
def test_chunk_that_comes_to_nothing_leaves_nothing(
    keeping: Keeping, happening: Callable[[Keeping, str], None]
) -> None:
    # S-ATOMIC-CUT, S-ATOMIC-REFUSED
    path = keeping.begin(1)
    happening(keeping, path)
    assert keeping.parts() == {f"{id_of(path)}.part": CHUNKS[0]}
    assert side_files() == 0
    assert keeping.put(path, 2).status == 206
    assert keeping.put(path, 3).status == 201
    assert keeping.files() == {f"{id_of(path)}.mp4": WHOLE}


def test_lost_answer_keeps_what_was_committed(keeping: Keeping) -> None:
    path = keeping.begin(1)
    fault = {"on": {"operation": "chunk"}, "when": "after_commit", "do": {"kind": "close"}}
    keeping.call("/_mock/faults", fault)
    with pytest.raises(EOFError):
        keeping.put(path, 2)
    assert keeping.parts() == {f"{id_of(path)}.part": CHUNKS[0] + CHUNKS[1]}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_of_eight_racing_chunks_the_file_holds_the_winners_bytes(keeping: Keeping, number: int) -> None:
    # S-ORDER-PARALLEL: each has sent all but its last byte before any finishes.
    path, first, length = keeping.begin(number - 1), FIRSTS[number - 1], len(CHUNKS[number - 1])
    peers = {mark: Peer(keeping.port) for mark in b"12345678"}
    for mark, peer in peers.items():
        span = f"bytes {first}-{first + length - 1}/{TOTAL}"
        peer.send(put_head(path, span, length, "Expect: 100-continue"))
        assert peer.interim() == "HTTP/1.1 100 Continue"
        peer.send(bytes([mark]) * (length - 1))
    go, statuses = threading.Barrier(len(peers)), {}

    def finish(mark: int, peer: Peer) -> None:
        go.wait(10)
        peer.send(bytes([mark]))
        statuses[mark] = peer.answer().status

    threads = [threading.Thread(target=finish, args=one) for one in peers.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    for peer in peers.values():
        peer.socket.close()
    assert sorted(statuses.values()) == [201 if number == 3 else 206, *[416] * 7]
    winner = min(statuses, key=lambda mark: statuses[mark])
    wanted = {number: bytes([winner]) * length}
    for later in range(number + 1, 4):
        assert keeping.put(path, later).status in (201, 206)
    expected = b"".join(wanted.get(one, CHUNKS[one - 1]) for one in (1, 2, 3))
    assert keeping.files() == {f"{id_of(path)}.mp4": expected}
    assert keeping.parts() == {}


def test_repeat_that_is_accepted_keeps_nothing_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A12 with repeat=accept
    with Keeping(tmp_path, SMALL.with_rule("repeat", "accept")) as server:
        path = server.begin(2)
        monkeypatch.setattr("mockserver.vault.side._open", None)  # not even a side file is wanted
        assert server.put(path, 1, b"x" * 5000).status == 206
        monkeypatch.undo()
        assert server.parts() == {f"{id_of(path)}.part": CHUNKS[0] + CHUNKS[1]}
        assert server.put(path, 3).status == 201
        assert server.put(path, 3, b"x" * 6000).status == 201
        assert server.files() == {f"{id_of(path)}.mp4": WHOLE}
        assert server.parts() == {}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_bytes_are_on_disk_before_they_count_and_gone_if_they_do_not(keeping: Keeping, number: int) -> None:
    path, store = keeping.begin(number - 1), keeping.service._store
    replace, seen = store.replace, []

    async def expired_meanwhile(old: Any, new: Any) -> None:
        seen.append({file.name: file.read_bytes() for file in keeping.keep.rglob("*") if file.is_file()})
        store.replace = replace  # type: ignore[method-assign]
        await keeping.service.expire(old.upload_id)
        raise Conflict

    store.replace = expired_meanwhile  # type: ignore[method-assign]
    assert keeping.put(path, number).status == 403
    name = f"{id_of(path)}.mp4" if number == 3 else f"{id_of(path)}.part"
    assert seen == [{name: b"".join(CHUNKS[:number])}]
    before = b"".join(CHUNKS[: number - 1])
    assert keeping.parts() == ({f"{id_of(path)}.part": before} if before else {})
    assert keeping.files() == {}


# ───────────────────────────── uploads that are forgotten ─────────────────────────────


def test_reset_removes_unfinished_and_leaves_complete(keeping: Keeping) -> None:
    done = keeping.begin(3)
    keeping.begin(1)
    keeping.begin(2)
    assert keeping.post("/_mock/reset")["forgotten"]["uploads"] == 3
    assert keeping.parts() == {}
    assert keeping.files() == {f"{id_of(done)}.mp4": WHOLE}
    assert keeping.content(done).status == 404


def test_reset_of_one_token_removes_its_own(keeping: Keeping) -> None:
    keeping.begin(1, token="one")
    other = keeping.begin(1, token="other")
    keeping.post("/_mock/reset?token=one")
    assert keeping.parts() == {f"{id_of(other)}.part": CHUNKS[0]}
    assert keeping.put(other, 2).status == 206


def test_forgotten_upload_is_removed(keeping: Keeping) -> None:
    path = keeping.begin(1)
    fault = {"on": {"operation": "chunk"}, "when": "before_body", "do": {"kind": "forget"}}
    keeping.call("/_mock/faults", fault)
    assert keeping.put(path, 2).status == 404
    assert keeping.parts() == {}


def test_upload_forgotten_while_its_chunk_is_on_its_way_leaves_nothing(keeping: Keeping) -> None:
    path = keeping.begin(1)
    fault = {"on": {"operation": "chunk"}, "when": "after_body", "do": {"kind": "forget"}}
    keeping.call("/_mock/faults", fault)
    assert keeping.put(path, 2).status == 404
    assert keeping.parts() == {}


def test_evicted_upload_is_removed_and_a_complete_one_stays(tmp_path: Path) -> None:
    with Keeping(tmp_path, max_uploads=2) as server:
        done = server.begin(3)
        server.begin(1)
        third = server.begin(1)
        fourth = server.begin(1)
        assert server.parts() == {f"{id_of(one)}.part": CHUNKS[0] for one in (third, fourth)}
        assert server.files() == {f"{id_of(done)}.mp4": WHOLE}
        server.post("/_mock/reset")
        server.begin()
        assert server.parts() == {}


def test_upload_forgotten_while_its_bytes_are_being_kept_leaves_nothing(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = keeping.begin(1)
    with held_up(monkeypatch, "mockserver.vault.side._copy") as (begun, go_on), Peer(keeping.port) as peer:
        peer.send(put_head(path, "bytes 5000-9999/16000", 5000) + CHUNKS[1])
        assert begun.wait(10)
        resetting = threading.Thread(target=keeping.post, args=["/_mock/reset"])
        resetting.start()
        while keeping.get("/_mock/uploads")["uploads"]:
            assert resetting.is_alive()
        go_on.set()
        assert peer.answer().status == 404
        resetting.join(10)
    assert keeping.parts() == {}


# ───────────────────────────── disks that are full or broken ─────────────────────────────


class held_up:  # noqa: N801 - reads like a function where it is used
    """Calls of `name` wait, in their thread, until they may go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self._patch, self._name = monkeypatch, name
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __enter__(self) -> tuple[threading.Event, threading.Event]:
        module, _, attribute = self._name.rpartition(".")
        real = getattr(sys.modules[module], attribute)

        def wait(*given: Any) -> Any:
            self.begun.set()
            assert self.go_on.wait(10)
            return real(*given)

        self._patch.setattr(self._name, wait)
        return self.begun, self.go_on

    def __exit__(self, *_: object) -> None:
        self.go_on.set()


def test_slow_disk_blocks_no_other_request(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    path = keeping.begin()
    for point in ("_write_all", "_copy"):
        with held_up(monkeypatch, f"mockserver.vault.side.{point}") as (begun, go_on), Peer(keeping.port) as peer:
            number = 1 if point == "_write_all" else 2
            first = FIRSTS[number - 1]
            peer.send(put_head(path, f"bytes {first}-{first + 4999}/16000", 5000) + CHUNKS[number - 1])
            assert begun.wait(10)
            assert keeping.offset(path) == first, "answered while the disk is at work"
            go_on.set()
            assert peer.answer().status == 206
        monkeypatch.undo()


def failing(number: int) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise OSError(number, os.strerror(number))

    return fail


def write_half(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def half(file: Any, piece: bytes) -> None:
        file.write(piece[: len(piece) // 2])
        failing(number)()

    monkeypatch.setattr("mockserver.vault.side._write_all", half)


def copy_half(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    real = sys.modules["mockserver.vault.side"]._copy

    def half(source: Any, target: Any, count: int, at: int) -> None:
        real(source, target, count // 2, at)
        failing(number)()

    monkeypatch.setattr("mockserver.vault.side._copy", half)


def refuse_part(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    real = Path.open

    def read_only(path: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
        return real(path, mode, *more, **named) if mode == "rb" else failing(number)()

    monkeypatch.setattr("mockserver.vault.directory.Path.open", read_only)


def refuse(name: str) -> Callable[[pytest.MonkeyPatch, int], None]:
    return lambda monkeypatch, number: monkeypatch.setattr(name, failing(number))


POINTS = [
    pytest.param(refuse("mockserver.vault.side._open"), id="open-side"),
    pytest.param(write_half, id="write-side"),
    pytest.param(refuse_part, id="open-part"),
    pytest.param(copy_half, id="copy"),
]


def check_refused_and_sent_again(
    server: Keeping, path: str, number: int, told: str, mend: Callable[[], None]
) -> None:
    answer = server.put(path, number)
    assert (answer.status, answer.headers["X-Mock-Clause"], answer.body) == (500, "S-ATOMIC-5XX", b"null")
    reason = answer.headers["X-Mock-Reason"]
    assert str(server.keep) in reason
    assert told in reason
    assert reason.endswith("then send the same chunk again")
    assert server.offset(path) == FIRSTS[number - 1]
    before = WHOLE[: FIRSTS[number - 1]]
    assert server.parts() == ({f"{id_of(path)}.part": before} if before else {})
    assert server.files() == {}
    assert side_files() == 0
    mend()
    for rest in range(number, 4):
        assert server.put(path, rest).status in (201, 206)
    assert server.files() == {f"{id_of(path)}.mp4": WHOLE}
    assert server.parts() == {}


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("point", POINTS)
def test_full_disk_is_500_and_the_same_chunk_can_be_sent_again(
    keeping: Keeping,
    monkeypatch: pytest.MonkeyPatch,
    point: Callable[[pytest.MonkeyPatch, int], None],
    number: int,
) -> None:
    # S-ATOMIC-5XX
    path = keeping.begin(number - 1)
    point(monkeypatch, errno.ENOSPC)
    check_refused_and_sent_again(keeping, path, number, "make room there", monkeypatch.undo)


def test_directory_that_takes_no_name_any_more_is_500(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    path = keeping.begin(2)
    monkeypatch.setattr("mockserver.vault.directory.Path.replace", failing(errno.ENOSPC))
    check_refused_and_sent_again(keeping, path, 3, "make room there", monkeypatch.undo)


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "make room there"),
        (errno.EDQUOT, "make room there"),
        (errno.EFBIG, "allow larger files there (ulimit -f"),
        (errno.EIO, "see to that disk"),
        (errno.EACCES, "see that it can be written"),
    ],
)
@pytest.mark.parametrize("point", [write_half, copy_half])
def test_each_trouble_says_what_to_do(
    keeping: Keeping,
    monkeypatch: pytest.MonkeyPatch,
    point: Callable[[pytest.MonkeyPatch, int], None],
    number: int,
    told: str,
) -> None:
    path = keeping.begin(1)
    point(monkeypatch, number)
    check_refused_and_sent_again(keeping, path, 2, f"({os.strerror(number)}): {told}", monkeypatch.undo)


def test_full_disk_under_empty_bodies_is_500_with_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Keeping(tmp_path, SMALL.with_rule("put_body", "empty")) as server:
        path = server.begin()
        write_half(monkeypatch, errno.ENOSPC)
        answer = server.put(path, 1)
        assert (answer.status, answer.body) == (500, b"")
        assert "Content-Type" not in answer.headers


def test_short_body_on_a_full_disk_is_still_a_short_body(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = keeping.begin()
    write_half(monkeypatch, errno.ENOSPC)
    with Peer(keeping.port) as peer:
        peer.send(put_head(path, "bytes 0-4999/16000", 5000) + b"x")
        peer.half_close()
        assert peer.answer().headers["X-Mock-Clause"] == "S-BODY-SHORT"


def test_connection_goes_on_after_a_full_disk(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    path = keeping.begin()
    with Peer(keeping.port) as peer:
        write_half(monkeypatch, errno.ENOSPC)
        assert peer.put(path, 0, CHUNKS[0], TOTAL).status == 500
        monkeypatch.undo()
        assert peer.put(path, 0, CHUNKS[0], TOTAL).status == 206


@pytest.mark.parametrize(
    ("number", "limit"),
    [
        pytest.param(1, 1000, id="side-file"),
        pytest.param(2, 7000, id="part-file"),
        pytest.param(3, 15_999, id="last-byte"),
    ],
)
def test_real_limit_of_file_size_is_met_and_lifted(tmp_path: Path, number: int, limit: int) -> None:
    # SIGXFSZ does not end the server, and once larger files are allowed the same chunk goes in.
    resource = pytest.importorskip("resource", reason="this machine has no limits of resources")
    if not hasattr(resource, "prlimit"):
        pytest.skip("this machine has no prlimit")
    with process("--mb", "1000", "--keep", str(tmp_path)) as (running, server):
        path = server.begin(number - 1)
        soft, hard = resource.prlimit(running.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (limit, hard))
        answer = server.put(path, number)
        assert (answer.status, answer.headers["X-Mock-Clause"]) == (500, "S-ATOMIC-5XX")
        assert os.strerror(errno.EFBIG) in answer.headers["X-Mock-Reason"]
        parts = [file.read_bytes() for file in tmp_path.rglob("*.part")]
        assert parts == ([WHOLE[: FIRSTS[number - 1]]] if number > 1 else [])
        assert server.offset(path) == FIRSTS[number - 1]
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (soft, hard))
        for rest in range(number, 4):
            assert server.put(path, rest).status in (201, 206)
        assert (tmp_path / f"{id_of(path)}.mp4").read_bytes() == WHOLE
        assert running.poll() is None


def test_part_file_that_somebody_removed_is_said_so(keeping: Keeping) -> None:
    path = keeping.begin(1)
    (part,) = keeping.keep.rglob("*.part")
    part.unlink()
    answer = keeping.put(path, 2)
    assert (answer.status, answer.headers["X-Mock-Clause"]) == (500, "S-ATOMIC-5XX")
    assert answer.headers["X-Mock-Reason"].endswith("begin a new upload")
    assert keeping.offset(path) == 5000
    assert keeping.content(path).status == 404
    part.write_bytes(CHUNKS[0][:-1])
    assert keeping.put(path, 2).status == 500, "a part file that was cut is not filled up with anything"
    assert keeping.content(path).status == 404


def test_what_lies_behind_the_accepted_bytes_is_nobodys(keeping: Keeping) -> None:
    path = keeping.begin(2)
    (part,) = keeping.keep.rglob("*.part")
    part.write_bytes(part.read_bytes() + b"x" * 9000)
    assert keeping.content(path).body == WHOLE[:10_000]
    assert keeping.put(path, 3).status == 201
    assert keeping.files() == {f"{id_of(path)}.mp4": WHOLE}


# ───────────────────────────── GET content ─────────────────────────────


@pytest.mark.parametrize("chunks", [0, 1, 2, 3])
def test_content_is_the_bytes_accepted_so_far(keeping: Keeping, chunks: int) -> None:
    path = keeping.begin(chunks)
    answer = keeping.content(path)
    assert (answer.status, answer.body) == (200, b"".join(CHUNKS[:chunks]))
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert answer.headers["Content-Type"] == ("video/mp4" if chunks else "application/octet-stream")


@pytest.mark.parametrize(
    ("asked", "span", "body"),
    [
        ("bytes=4999-5000", "bytes 4999-5000/16000", b"ab"),
        ("bytes=15999-", "bytes 15999-15999/16000", b"c"),
        ("bytes=-2", "bytes 15998-15999/16000", b"cc"),
    ],
)
def test_content_of_a_complete_upload_comes_in_ranges_too(
    keeping: Keeping, asked: str, span: str, body: bytes
) -> None:
    answer = keeping.content(keeping.begin(3), f"Range: {asked}")
    assert (answer.status, answer.headers["Content-Range"], answer.body) == (206, span, body)


def test_content_of_an_unknown_upload_is_404(keeping: Keeping) -> None:
    answer = keeping.ask("/_mock/uploads/7600000000000000009/content")
    assert (answer.status, answer.json()) == (404, {"error": "no upload has the id '7600000000000000009'"})


def test_content_of_a_file_that_somebody_removed_is_404(keeping: Keeping) -> None:
    path = keeping.begin(3)
    (keeping.keep / f"{id_of(path)}.mp4").unlink()
    answer = keeping.content(path)
    assert answer.status == 404
    assert str(keeping.keep) in answer.json()["error"]


def test_content_without_keep_is_409(server: ThreadServer) -> None:
    path = server.init(TOTAL, 5000, 3)
    with Peer(server.port) as peer:
        peer.send(f"GET /_mock/uploads/{id_of(path)}/content HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        answer = peer.answer()
    assert answer.status == 409
    assert "--keep" in answer.json()["error"]


def test_content_takes_no_query(keeping: Keeping) -> None:
    assert keeping.ask(f"/_mock/uploads/{id_of(keeping.begin())}/content?a=1").status == 400


# ───────────────────────────── the directory ─────────────────────────────


def test_leftovers_of_a_killed_server_are_removed_and_nothing_else(tmp_path: Path) -> None:
    with process("--mb", "1000", "--keep", str(tmp_path)) as (running, server):
        done = server.begin(3)
        server.begin(1)
        running.kill()
        running.wait(10)
    (part,) = tmp_path.rglob("*.part")
    left = part.with_name("side-abcd_123")
    left.write_bytes(b"x")
    foreign = [
        part.with_name("holiday.mp4"),
        tmp_path / ".incomplete" / "76.part",
        tmp_path / ".incomplete" / "run-mine" / "76.part",
        tmp_path / "notes.txt",
    ]
    for file in foreign:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"mine")
    with Keeping(tmp_path):
        assert not part.exists()
        assert not left.exists()
        assert [file.read_bytes() for file in foreign] == [b"mine"] * 4
        assert (tmp_path / f"{id_of(done)}.mp4").read_bytes() == WHOLE


def test_two_servers_share_a_directory(tmp_path: Path) -> None:
    with Keeping(tmp_path) as one:
        path = one.begin(1)
        with Keeping(tmp_path) as other:
            other_path = other.begin(2)
            assert one.put(path, 2).status == 206
            assert other.put(other_path, 3).status == 201
        assert one.put(path, 3).status == 201
        assert one.files() == {f"{id_of(path)}.mp4": WHOLE, f"{id_of(other_path)}.mp4": WHOLE}


def test_directory_is_made_with_its_parents(tmp_path: Path) -> None:
    keep = tmp_path / "some" / "where"
    with process("--mb", "1000", TIKTOK_MOCK_KEEP=str(keep)) as (_, server):
        path = server.begin(3)
        assert server.get("/_mock/health")["keep"] == str(keep)
    assert (keep / f"{id_of(path)}.mp4").read_bytes() == WHOLE


@pytest.mark.parametrize("keep", ["file", "file/below"])
def test_directory_that_cannot_be_made_is_exit_3(tmp_path: Path, keep: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    done = run("mockserver", "serve", "--port", "0", "--keep", str(tmp_path / keep))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"tiktok-mock: uploads cannot be kept in {tmp_path / keep} (")
    assert done.stderr.endswith("give --keep a directory that can be made and written\n")
    assert done.stderr.count("\n") == 1


def test_directory_that_cannot_be_written_is_exit_3(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    if os.access(tmp_path, os.W_OK):
        tmp_path = Path("/proc/self")  # to the superuser few directories are closed
        if not tmp_path.exists():
            pytest.skip("this machine has no directory that its superuser may not write")
    done = run("mockserver", "serve", "--port", "0", "--keep", str(tmp_path))
    assert (done.returncode, done.stdout) == (3, "")
    assert f"uploads cannot be kept in {tmp_path} (" in done.stderr
    assert done.stderr.count("\n") == 1


def test_empty_name_of_a_directory_is_wrong_usage() -> None:
    done = run("mockserver", "serve", "--keep", "")
    assert done.returncode == 2
    assert "wanted a directory" in done.stderr


# ───────────────────────────── memory ─────────────────────────────


def test_no_chunk_is_ever_whole_in_memory(tmp_path: Path) -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip("this machine has no /proc to read the peak of memory from")
    size = 64 * 2**20
    body = bytes(range(256)) * (size // 256)
    with process("--keep", str(tmp_path)) as (running, server):
        idle = peak_kilobytes(running.pid)
        path = server.init(size, size, 1)
        with Peer(server.port) as peer:
            assert peer.put(path, 0, body, size).status == 201
            lines = [f"POST /_mock/uploads/{id_of(path)}/compare HTTP/1.1", "Host: 127.0.0.1"]
            peer.send("\r\n".join((*lines, f"Content-Length: {size}", "", "")).encode() + body)
            assert peer.answer().json() == {"equal": True, "first_difference": None}
        assert peak_kilobytes(running.pid) - idle < 20_000
    assert (tmp_path / f"{id_of(path)}.mp4").read_bytes() == body


def peak_kilobytes(pid: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1])
