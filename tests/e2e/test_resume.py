"""The command killed at every moment that matters, and run again: one post, and no accepted byte sent again."""

import json
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.commands import SECONDS, environment, make_file
from support.servers import ThreadServer
from support.steering import advance, arm, ask, entry_of_fault, fault, fired, good, journal

SIZE = 30_123  # in the server's unit three chunks
CHUNK = 10_041
POLLS = 50_000
STALL = 60.0  # far below the life of an upload_url

# Ends the process where no fault of the server can: on the client's own side of a request.
KILLED_BY_ITSELF = """
import os, signal, sys
from client_reference import cli, resume, transport
from client_reference.steps import ChunkRequest, InitRequest
moment = sys.argv.pop(1)
save, send = resume.ResumeFile.save, transport.Wire.send
def die():
    os.kill(os.getpid(), signal.SIGKILL)
def saving(self, saved):
    if saved.upload_url and moment == f"before {saved.acknowledged} is kept":
        die()
    save(self, saved)
async def sending(self, request):
    if isinstance(request, InitRequest) and moment == "before init is sent":
        die()
    if isinstance(request, ChunkRequest) and moment == f"before {request.chunk.first} is sent":
        die()
    return await send(self, request)
resume.ResumeFile.save, transport.Wire.send = saving, sending
cli.main()
"""


class Command:
    """`tiktok-upload` of one file with a resume file, as often as it takes."""

    def __init__(self, server: ThreadServer, folder: Path, *more: str) -> None:
        self.server = server
        self.held_over: set[int] = set()  # journal numbers of what went on only after another run
        self.video = make_file(folder / "clip.mp4", SIZE)
        self.state = folder / "state"
        self.arguments = [str(self.video), "--api-base", server.url, "--token", "t", "--mb", "1000"]
        self.arguments += ["--resume-file", str(self.state), *more]

    def start(self, *more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "client_reference", *self.arguments, *more]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
        )

    def run(self, *more: str) -> tuple[int, str, str]:
        with self.start(*more) as process:
            out, err = process.communicate(timeout=SECONDS)
        return process.returncode, out, err

    def run_well(self) -> dict[str, Any]:
        code, out, err = self.run("--json")
        assert (code, err) == (0, ""), (out, err)
        result: dict[str, Any] = json.loads(out)
        assert (result["status"], result["uploaded_bytes"]) == ("PUBLISH_COMPLETE", SIZE)
        return result

    def kill_itself(self, moment: str) -> None:
        command = [sys.executable, "-c", KILLED_BY_ITSELF, moment, *self.arguments]
        done = subprocess.run(command, check=False, timeout=SECONDS, capture_output=True, env=environment())
        assert done.returncode == -signal.SIGKILL, done

    @contextmanager
    def parked(self, stall: dict[str, object], *more: str) -> Iterator[int]:
        """A run that this stall holds, killed in the end; the stall's number."""
        (number,) = arm(self.server, stall)
        with self.start(*more) as process:
            self.wait(process, number)
            yield number
            process.kill()
            process.communicate(timeout=SECONDS)

    def wait(self, process: subprocess.Popen[str], number: int) -> None:
        """Until that fault has struck."""
        for _ in range(POLLS):
            if fired(self.server, number):
                return
            assert process.poll() is None, process.communicate()
        raise AssertionError("nothing was struck")

    def requests(self) -> list[tuple[str, str | None, int | None]]:
        """Operation, range and status of each request so far."""
        return [
            (entry["operation"], entry["content_range"], (entry["answer"] or {}).get("status"))
            for entry in journal(self.server)
        ]

    def check_one_post(self, inits: int | None = None) -> None:
        """One completed upload, byte for byte the file, and no chunk of it sent again once it was accepted.

        Others, of which there may be those that were begun and lost, have less than the file.
        """
        uploads = good(self.server, "GET", "/_mock/uploads")["uploads"]
        assert len(uploads) == (inits or len(uploads))
        (complete,) = (upload for upload in uploads if upload["complete"])
        for row in complete["ledger"]:
            kept = [request["kept"] for request in row["requests"]]
            assert kept.count(True) == 1, row
            assert kept[-1] or row["requests"][-1]["sequence"] in self.held_over, f"sent again, though kept: {row}"
        status, said = ask(
            self.server, "POST", f"/_mock/uploads/{complete['upload_id']}/compare", raw=self.video.read_bytes()
        )
        assert (status, said) == (200, {"equal": True, "first_difference": None})


@pytest.fixture
def command(server: ThreadServer, tmp_path: Path) -> Command:
    return Command(server, tmp_path)


# ── killed ──


@pytest.mark.parametrize(
    ("moment", "inits", "requests"),
    [
        ("before init is sent", 1, 5),  # init, three chunks, status
        ("before 0 is kept", 2, 5),  # init was answered: an upload without a byte stays behind
        ("before 0 is sent", 1, 5),  # status first
        (f"before {CHUNK} is kept", 1, 4),
        (f"before {CHUNK} is sent", 1, 4),
        (f"before {2 * CHUNK} is kept", 1, 3),
        (f"before {2 * CHUNK} is sent", 1, 3),
        (f"before {SIZE} is kept", 1, 1),  # after the final 201
    ],
)
def test_killed_on_the_client_s_side(command: Command, moment: str, inits: int, requests: int) -> None:
    command.kill_itself(moment)
    assert command.run_well()["requests"] == requests
    command.check_one_post(inits)


def test_run_again_after_the_end(command: Command) -> None:
    first = command.run_well()
    before = len(command.requests())
    assert command.run_well() == {**first, "requests": 1}
    assert [operation for operation, _, _ in command.requests()[before:]] == ["status"]
    command.check_one_post(inits=1)


PARKED = {
    "init before it is answered": fault("stall", operation="init", seconds=STALL),
    "init made but not answered": fault("stall", "after_commit", operation="init", seconds=STALL),
    "first chunk, its head": fault("stall", "before_body", on={"chunk": 1}, seconds=STALL),
    "first chunk, its last byte": fault("stall", on={"chunk": 1}, seconds=STALL),
    "first chunk, kept": fault("stall", "after_commit", on={"chunk": 1}, seconds=STALL),
    "middle chunk, kept": fault("stall", "after_commit", on={"chunk": 2}, seconds=STALL),
    "last chunk, its head": fault("stall", "before_body", on={"chunk": 3}, seconds=STALL),
    "last chunk, its last byte": fault("stall", on={"chunk": 3}, seconds=STALL),
    "last chunk, kept": fault("stall", "after_commit", on={"chunk": 3}, seconds=STALL),
    "status": fault("stall", "before_body", operation="status", seconds=STALL),
}


@pytest.mark.parametrize("where", PARKED)
def test_killed_while_it_waits_for_an_answer(command: Command, where: str) -> None:
    """What the server holds of the killed run goes on without it, before the next run."""
    with command.parked(PARKED[where]) as number:
        pass
    advance(command.server, STALL)
    entry_of_fault(command.server, number)
    command.run_well()
    command.check_one_post()


@pytest.mark.parametrize("where", [where for where in PARKED if "byte" in where or "head" in where])
def test_killed_while_it_waits_and_the_server_goes_on_only_after_the_next_run(
    command: Command, where: str
) -> None:
    with command.parked(PARKED[where]) as number:
        pass
    command.run_well()
    advance(command.server, STALL)
    command.held_over = {entry_of_fault(command.server, number)["sequence"]}
    command.check_one_post()


@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_killed_in_mid_chunk(command: Command, chunk: int) -> None:
    stall = fault("stall", {"at_byte": 100}, on={"chunk": chunk}, seconds=STALL)
    with command.parked(stall, "--limit-rate", "20000") as number:
        pass
    advance(command.server, STALL)
    entry_of_fault(command.server, number)
    command.run_well()
    command.check_one_post()


def test_killed_again_and_again(command: Command) -> None:
    for moment in (
        "before 0 is kept",
        "before 0 is sent",
        f"before {CHUNK} is kept",
        f"before {2 * CHUNK} is sent",
    ):
        command.kill_itself(moment)
    command.run_well()
    command.check_one_post()


# ── ended by a signal ──


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "Interrupted"), (signal.SIGTERM, 143, "Terminated")]
)
def test_a_signal_ends_it_in_one_sentence(command: Command, number: signal.Signals, code: int, word: str) -> None:
    (stalled,) = arm(command.server, PARKED["middle chunk, kept"])
    with command.start() as process:
        command.wait(process, stalled)
        process.send_signal(number)
        _, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, err) == (code, f"Error: {word}; the same command goes on where the server is.\n")
    assert stat.S_IMODE(command.state.stat().st_mode) == 0o600
    advance(command.server, STALL)
    entry_of_fault(command.server, stalled)
    assert command.run_well()["requests"] == 3
    command.check_one_post()


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "Interrupted"), (signal.SIGTERM, 143, "Terminated")]
)
def test_a_signal_without_resume_file(
    server: ThreadServer, tmp_path: Path, number: signal.Signals, code: int, word: str
) -> None:
    command = Command(server, tmp_path)
    command.arguments = command.arguments[:-2]
    (stalled,) = arm(server, PARKED["middle chunk, kept"])
    with command.start() as process:
        command.wait(process, stalled)
        process.send_signal(number)
        _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == code
    assert err == (f"Error: {word}; if the last chunk had gone out, look for the post before uploading again.\n")
    assert not command.state.exists()


# ── what is not gone on with ──


def test_two_runs_at_once(command: Command) -> None:
    with command.parked(PARKED["first chunk, its last byte"]):
        code, out, err = command.run()
    assert (code, out) == (3, "")
    assert err == (
        f"Error: Another upload is running with the resume file {command.state}: wait for it, or name another.\n"
    )


def test_an_upload_url_that_expired_meanwhile(command: Command) -> None:
    command.kill_itself(f"before {CHUNK} is sent")
    (upload,) = good(command.server, "GET", "/_mock/uploads")["uploads"]
    good(command.server, "POST", f"/_mock/uploads/{upload['upload_id']}/expire")
    code, out, _ = command.run()
    assert code == 0
    assert out.splitlines()[:4] == [
        "status: 200",
        f"chunk 2 bytes {CHUNK}-{2 * CHUNK - 1}/{SIZE}: 403",
        "init, as the saved upload_url has expired (HTTP 403): 200",
        f"chunk 1 bytes 0-{CHUNK - 1}/{SIZE}: 206",
    ]
    command.check_one_post()


def test_a_server_that_forgot_everything(command: Command) -> None:
    command.kill_itself(f"before {CHUNK} is sent")
    good(command.server, "POST", "/_mock/reset")
    code, out, _ = command.run()
    assert code == 0
    assert "init, as the saved upload_url has no upload (HTTP 404): 200" in out.splitlines()
    command.check_one_post()


def test_a_server_that_forgot_what_may_be_posted(command: Command) -> None:
    command.kill_itself(f"before {2 * CHUNK} is sent")
    good(command.server, "POST", "/_mock/reset")
    code, _, err = command.run()
    assert (code, err) == (
        1,
        (
            "Error: The upload_url has no upload (HTTP 404); the last chunk may have arrived, "
            "so look for the post before uploading again.\n"
        ),
    )
    assert good(command.server, "GET", "/_mock/uploads") == {"uploads": []}


def test_a_file_that_changed_begins_anew(command: Command) -> None:
    command.kill_itself(f"before {CHUNK} is sent")
    command.video.write_bytes(command.video.read_bytes()[::-1])
    code, out, _ = command.run()
    assert code == 0
    assert out.splitlines()[0] == "init, as the saved upload had another file: 200"
    command.check_one_post()


def test_a_file_that_changed_after_it_may_be_posted(command: Command) -> None:
    command.run_well()
    command.video.write_bytes(command.video.read_bytes()[::-1])
    before = command.requests()
    code, out, err = command.run()
    assert (code, out) == (2, "")
    assert err == (
        f"Error: The resume file {command.state} is of an upload with another file, which may be posted: "
        "name another, or remove it to upload this one as well.\n"
    )
    assert command.requests() == before


@pytest.mark.parametrize("content", [b"", b"{}", b"\x00\xff video of somebody"])
def test_a_resume_file_that_is_none(command: Command, content: bytes) -> None:
    command.state.write_bytes(content)
    code, _, err = command.run()
    if content == b"":
        assert (code, err) == (0, "")
        command.check_one_post()
        return
    assert code == 2
    assert err == (
        f"Error: {command.state} is not a resume file, or damaged: name another; remove it to upload anew.\n"
    )
    assert command.state.read_bytes() == content
    assert command.requests() == []


@pytest.mark.parametrize("what", ["folder", "missing folder"])
def test_a_resume_file_where_none_can_be(command: Command, what: str) -> None:
    if what == "folder":
        command.state.mkdir()
    else:
        command.arguments[-1] = str(command.state / "state")
    code, _, err = command.run()
    assert code == 2
    assert err.startswith(f"Error: The resume file {command.arguments[-1]} cannot be used: ")
    assert "Traceback" not in err
    assert command.requests() == []


def test_no_resume_file_no_state(server: ThreadServer, tmp_path: Path) -> None:
    command = Command(server, tmp_path)
    command.arguments = command.arguments[:-2]
    assert command.run()[0] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]
