import asyncio
import errno
import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from mockserver.vault import runs, side
from mockserver.vault.directory import Vault, VaultError, VaultLostError, open_vault
from mockserver.vault.threads import Threads

ID = "7600000000000000002"
NO_ROOM = OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[Vault]:
    opened = open_vault(tmp_path)
    yield opened
    await opened.close()


async def add(vault: Vault, piece: bytes, first: int, *, kind: str = "video/mp4", final: bool = False) -> None:
    """Bytes from `first` on, as a request brings them."""
    one = vault.side_file()
    await one.write(piece)
    try:
        async with (
            vault.lock(ID),
            vault.adding(ID, one, first, first + len(piece) - 1, kind=kind, final=final),
        ):
            pass
    finally:
        one.close()


def part(tmp_path: Path) -> bytes | None:
    found = [file.read_bytes() for file in tmp_path.rglob("*.part")]
    return found[0] if found else None


def ours(tmp_path: Path) -> list[str]:
    return sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file())


# ───────────────────────────── side files ─────────────────────────────


async def test_bytes_are_written_in_another_thread(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, int] = {}

    def noted(name: str, real: Any) -> Any:
        def work(*given: Any) -> Any:
            seen[name] = threading.get_ident()
            return real(*given)

        return work

    for name in ("_open", "_write_all", "_copy"):
        monkeypatch.setattr(side, name, noted(name, getattr(side, name)))
    await add(vault, b"abc", 0, final=True)
    assert sorted(seen) == ["_copy", "_open", "_write_all"]
    assert threading.get_ident() not in seen.values()


async def test_a_piece_holds_up_the_next_one_but_not_its_own(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, real = threading.Event(), side._write_all

    def gated(*given: Any) -> None:
        assert gate.wait(10)
        real(*given)

    monkeypatch.setattr(side, "_write_all", gated)
    one = vault.side_file()
    await one.write(b"a")
    second = asyncio.create_task(one.write(b"b"))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not second.done()
    gate.set()
    await second
    await one.settle()
    one.close()


async def test_what_the_system_takes_in_parts_is_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Sparing:
        def __init__(self) -> None:
            self.taken = b""

        def write(self, piece: memoryview) -> int:
            self.taken += bytes(piece[:2])
            return len(piece[:2])

        def close(self) -> None: ...

    file = Sparing()
    monkeypatch.setattr(side, "_open", lambda _: file)
    one = side.SideFile(Threads(), tmp_path)
    await one.write(b"abcdefg")
    await one.settle()
    assert file.taken == b"abcdefg"


async def test_the_first_trouble_is_told_and_nothing_is_written_after_it(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def broken(*_: object) -> None:
        calls.append(1)
        raise NO_ROOM

    monkeypatch.setattr(side, "_write_all", broken)
    one = vault.side_file()
    for _ in range(3):
        await one.write(b"a")
    with pytest.raises(OSError, match="No space left"):
        await one.settle()
    assert calls == [1]
    with pytest.raises(OSError, match="not all bytes"):
        one.copy_to(None, 1, 0)  # type: ignore[arg-type]


async def test_a_closed_side_file_takes_nothing_more(vault: Vault) -> None:
    one = vault.side_file()
    await one.write(b"a")
    one.close()
    await vault._threads.finish()
    await one.write(b"b")
    await one.settle()
    assert one._file is None


async def test_a_side_file_is_nowhere_to_be_seen(vault: Vault, tmp_path: Path) -> None:
    one = vault.side_file()
    await one.write(b"abc")
    await one.settle()
    assert ours(tmp_path) == []
    one.close()


def copied(tmp_path: Path, count: int, at: int) -> bytes:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"0123456789")
    target.write_bytes(b"xx")
    with source.open("rb", buffering=0) as one, target.open("r+b", buffering=0) as other:
        side._copy(one, other, count, at)
    return target.read_bytes()


def test_copying_in_the_kernel(tmp_path: Path) -> None:
    assert copied(tmp_path, 10, 2) == b"xx0123456789"


def test_copying_where_there_is_no_call_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "copy_file_range", raising=False)
    assert copied(tmp_path, 10, 2) == b"xx0123456789"


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM])
def test_copying_where_the_call_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def cannot(*_: object) -> int:
        raise OSError(number, "no")

    monkeypatch.setattr(os, "copy_file_range", cannot, raising=False)
    assert copied(tmp_path, 10, 2) == b"xx0123456789"


def test_copying_goes_on_where_the_call_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [3, 2, 0]

    def some(source: int, target: int, count: int, of: int, to: int) -> int:
        taken = min(count, left.pop(0))
        return os.pwrite(target, os.pread(source, taken, of), to)

    monkeypatch.setattr(os, "copy_file_range", some, raising=False)
    monkeypatch.setattr(side, "PIECE", 2)
    assert copied(tmp_path, 10, 2) == b"xx0123456789"


def test_copying_more_than_there_is_fails(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="not all bytes"):
        copied(tmp_path, 11, 2)


def test_trouble_in_the_kernel_is_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise NO_ROOM

    monkeypatch.setattr(os, "copy_file_range", full, raising=False)
    with pytest.raises(OSError, match="No space left"):
        copied(tmp_path, 10, 2)


# ───────────────────────────── uploads ─────────────────────────────


async def test_bytes_follow_one_another_and_end_as_a_file(vault: Vault, tmp_path: Path) -> None:
    await add(vault, b"abc", 0, kind="video/webm")
    await add(vault, b"de", 3, kind="video/mp4")
    assert part(tmp_path) == b"abcde"
    await add(vault, b"f", 5, final=True)
    assert ours(tmp_path) == [f"{ID}.webm"]
    assert (tmp_path / f"{ID}.webm").read_bytes() == b"abcdef"


@pytest.mark.parametrize(("first", "final"), [(0, False), (0, True), (3, False), (3, True)])
@pytest.mark.parametrize("error", [ValueError("no"), asyncio.CancelledError()], ids=["raised", "cancelled"])
async def test_what_is_not_committed_is_taken_back(
    vault: Vault, tmp_path: Path, first: int, error: BaseException, *, final: bool
) -> None:
    if first:
        await add(vault, b"abc", 0)
    one = vault.side_file()
    await one.write(b"de")
    with pytest.raises(type(error)):  # noqa: PT012 - what raises is in a block of its own
        async with vault.lock(ID), vault.adding(ID, one, first, first + 1, kind="video/mp4", final=final):
            assert len(ours(tmp_path)) == 1
            raise error
    one.close()
    assert part(tmp_path) == (b"abc" if first else None)
    assert len(ours(tmp_path)) == (1 if first else 0)


async def test_bytes_being_written_when_the_request_is_cancelled_are_taken_back(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add(vault, b"abc", 0)
    begun, gate, real = threading.Event(), threading.Event(), side._copy

    def gated(*given: Any) -> None:
        begun.set()
        assert gate.wait(10)
        real(*given)

    monkeypatch.setattr(side, "_copy", gated)
    adding = asyncio.create_task(add(vault, b"de", 3, final=True))
    await asyncio.to_thread(begun.wait, 10)
    adding.cancel()
    for _ in range(5):
        await asyncio.sleep(0)
    assert vault.lock(ID).locked(), "nobody else may write while a thread does"
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await adding
    assert part(tmp_path) == b"abc"
    assert not (tmp_path / f"{ID}.mp4").exists()


async def test_an_upload_that_was_never_begun_cannot_go_on(vault: Vault, tmp_path: Path) -> None:
    with pytest.raises(VaultLostError, match="begin a new upload"):
        await add(vault, b"de", 3)
    assert ours(tmp_path) == []


async def test_the_first_chunk_can_come_again_after_a_full_disk(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise NO_ROOM

    monkeypatch.setattr(side, "_copy", full)
    with pytest.raises(
        VaultError, match=rf"bytes 0-2 of upload {ID} cannot be kept in {tmp_path} \(No space left"
    ):
        await add(vault, b"abc", 0, kind="video/webm")
    monkeypatch.undo()
    assert ours(tmp_path) == []
    await add(vault, b"abc", 0, kind="video/quicktime", final=True)
    assert ours(tmp_path) == [f"{ID}.mov"]


async def test_forgetting_waits_for_who_is_adding(vault: Vault, tmp_path: Path) -> None:
    await add(vault, b"abc", 0)
    async with vault.lock(ID):
        forgetting = asyncio.create_task(vault.forget(ID))
        for _ in range(5):
            await asyncio.sleep(0)
        assert part(tmp_path) == b"abc"
    await forgetting
    assert ours(tmp_path) == []
    await vault.forget(ID)


async def test_locks_are_kept_only_while_somebody_has_them(vault: Vault) -> None:
    lock = vault.lock(ID)
    assert vault.lock(ID) is lock
    del lock
    await add(vault, b"abc", 0)
    assert dict(vault._locks) == {}


# ───────────────────────────── runs ─────────────────────────────


async def test_closing_removes_what_is_unfinished(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    await add(vault, b"abc", 0)
    await vault.close()
    assert list((tmp_path / ".incomplete").iterdir()) == []


async def test_closing_leaves_what_is_not_ours(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    (folder,) = (tmp_path / ".incomplete").iterdir()
    (folder / "notes.txt").write_text("mine")
    await vault.close()
    assert ours(tmp_path) == [str((folder / "notes.txt").relative_to(tmp_path))]


@pytest.mark.parametrize("name", ["run-abcd1234", "run-________"])
def test_a_run_that_nobody_holds_is_removed(tmp_path: Path, name: str) -> None:
    left = tmp_path / ".incomplete" / name
    left.mkdir(parents=True)
    (left / "76.part").write_bytes(b"x")
    run = runs.begin_run(tmp_path)
    assert list((tmp_path / ".incomplete").iterdir()) == [run.folder]
    run.end()


@pytest.mark.parametrize("name", ["run-abc", "run-abcd12345", "RUN-abcd1234", "abcd1234", "run-abcd123!"])
def test_a_folder_of_another_name_stays(tmp_path: Path, name: str) -> None:
    other = tmp_path / ".incomplete" / name
    other.mkdir(parents=True)
    (other / "76.part").write_bytes(b"x")
    runs.begin_run(tmp_path).end()
    assert ours(tmp_path) == [f".incomplete/{name}/76.part"]


def test_a_link_to_elsewhere_is_not_followed(tmp_path: Path) -> None:
    elsewhere, incomplete = tmp_path / "elsewhere", tmp_path / "kept" / ".incomplete"
    elsewhere.mkdir()
    incomplete.mkdir(parents=True)
    (elsewhere / "76.part").write_bytes(b"x")
    (incomplete / "run-abcd1234").symlink_to(elsewhere)
    runs.begin_run(tmp_path / "kept").end()
    assert (elsewhere / "76.part").read_bytes() == b"x"


def test_a_run_that_somebody_holds_stays(tmp_path: Path) -> None:
    one = runs.begin_run(tmp_path)
    other = runs.begin_run(tmp_path)
    assert one.folder.is_dir()
    one.end()
    other.end()
    assert list((tmp_path / ".incomplete").iterdir()) == []


def test_where_nothing_can_be_held_nothing_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    left = tmp_path / ".incomplete" / "run-abcd1234"
    left.mkdir(parents=True)
    monkeypatch.setattr("fcntl.flock", cannot)
    runs.begin_run(tmp_path).end()
    assert left.is_dir()


def test_a_directory_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    with pytest.raises(OSError, match="give --keep a directory") as caught:
        open_vault(file)
    assert (caught.value.errno, "\n" in str(caught.value.strerror)) == (None, False)


def test_a_relative_directory_is_told_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    vault = open_vault(Path("kept"))
    assert vault.directory == tmp_path / "kept"
    vault._run.end()
