"""`tiktok-mock serve` as a process: start, ready, log, stop, and what it says when it cannot."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from support.commands import run, run_with_files_of_at_most, serving
from support.peer import Peer


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


def test_ready_line_and_ready_file_name_the_open_port(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    with serving("--ready-file", str(ready)) as (process, url):
        facts = json.loads(ready.read_text())
        assert facts["url"] == url
        assert facts["control_url"] == f"{url}/_mock"
        assert facts["pid"] == process.pid
        assert get(f"{facts['control_url']}/health")["status"] == "ok"
        assert list(tmp_path.iterdir()) == [ready], "nothing half-written is left beside it"
    assert not ready.exists(), "a stopped server is not ready"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_it_with_0_and_without_a_word(number: signal.Signals) -> None:
    with serving("--quiet") as (process, _):
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")


def test_signal_ends_it_with_a_body_half_sent() -> None:
    with serving("--quiet") as (process, url), Peer(int(url.rpartition(":")[2])) as peer:
        peer.send(b"POST /v2/post/publish/video/init/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n")
        peer.send(b"Expect: 100-continue\r\nContent-Length: 100\r\n\r\n")
        assert peer.interim() == "HTTP/1.1 100 Continue"
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")


def test_taken_port_is_exit_3_and_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("mockserver", "serve", "--port", str(port))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        f"tiktok-mock: port {port} on 127.0.0.1 is taken: stop what listens there, or give --port 0\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--prot", "1"], "--port"),
        (["--profile", "documentd"], "did you mean documented?"),
        (["--rule", "progess=omit"], "did you mean progress?"),
        (["--rule", "progress=all"], "count, last_index, omit"),
        (["--rule", "progress"], "NAME=VALUE"),
        (["--rule", "count_rule=off"], "floor, equal_split"),
        (["--digest", "sha25"], "did you mean sha256"),
        (["--mb", "199"], "199"),
        (["--port", "65536"], "65536"),
        (["--url-lifetime", "0"], "0"),
        (["--url-lifetime", "nan"], "nan"),
        (["--public-url", "ftp://x"], "https://open-upload.tiktokapis.com"),
        (["--public-url", "https://x/path"], "https://x/path"),
        (["--token", ""], "--token"),
        (["--token", " x "], "one word"),
        (["--control-token", ""], "one word"),
        (["--allow-host", "box:8080"], "without scheme or port"),
        (["--public-url", "http://x y"], "http://x y"),
        (["--ready-file", ""], "an empty one"),
        (["--host", "0.0.0.0"], "--control-token"),
        (["extra"], "extra"),
    ],
)
def test_wrong_usage_is_exit_2_and_says_what_would_do(arguments: list[str], said: str) -> None:
    done = run("mockserver", "serve", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "192.0.2.1", "--control-token", "x"], "this machine has no address 192.0.2.1"),
        (["--ready-file", "/nowhere/at/all"], "the ready file /nowhere/at/all cannot be written"),
        (
            ["--host", "no.such.host.invalid", "--control-token", "x"],
            "no address is known for --host no.such.host.invalid",
        ),
        (["--ready-file", "/dev/null"], "it is no regular file"),
    ],
)
def test_what_it_cannot_do_is_exit_3(arguments: list[str], said: str) -> None:
    done = run("mockserver", "serve", "--port", "0", *arguments)
    assert (done.returncode, done.stdout) == (3, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_ready_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    done = run_with_files_of_at_most(9, "serve", "--port", "0", "--ready-file", str(ready))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == f"tiktok-mock: the ready file {ready} cannot be written: File too large\n"
    assert list(tmp_path.iterdir()) == []


def test_ready_file_in_a_working_directory_that_is_gone_is_told(tmp_path: Path) -> None:
    code = "import os, socket; from mockserver.cli import main; os.rmdir(os.getcwd()); main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "serve", "--port", "0", "--ready-file", "ready.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "tiktok-mock: the ready file ready.json cannot be written: No such file or directory\n"


def test_options_come_from_the_environment_and_a_flag_beats_them() -> None:
    variables = {
        "TIKTOK_MOCK_PROFILE": "strict",
        "TIKTOK_MOCK_MB": "1000",
        "TIKTOK_MOCK_RULE": "progress=omit put_body=empty",
        "TIKTOK_MOCK_URL_LIFETIME": "7",
        "TIKTOK_MOCK_QUIET": "1",
    }
    with serving("--rule", "put_body=null", **variables) as (_, url):
        health = get(f"{url}/_mock/health")
    assert health["profile"] == "strict"
    assert health["url_lifetime"] == 7
    assert health["limits"]["smallest_chunk"] == 5000
    # repeatable options given as flags replace those of the environment
    assert (health["rules"]["progress"], health["rules"]["put_body"]) == ("count", "null")


def request(url: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, b"", method="PUT"), timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_text_log_has_a_line_per_request() -> None:
    with serving() as (process, url):
        assert request(f"{url}/video/?upload_id=7&upload_token=secret") == 404
        process.terminate()
        _, err = process.communicate(timeout=30)
    lines = err.splitlines()
    assert len(lines) == 1
    assert "  404  PUT /video/  S-URL-UNKNOWN  no upload task has the upload_id '7'  [upload 7]" in lines[0]
    assert "secret" not in err


def test_json_log_has_an_object_per_request() -> None:
    with serving("--log-format", "json") as (process, url):
        assert request(f"{url}/video/?upload_id=7&upload_token=secret") == 404
        process.terminate()
        _, err = process.communicate(timeout=30)
    entry = json.loads(err)
    assert (entry["status"], entry["clause"], entry["method"], entry["path"]) == (
        404,
        "S-URL-UNKNOWN",
        "PUT",
        "/video/",
    )


def test_log_that_nobody_reads_stops_no_request() -> None:
    read, write = os.pipe()
    with serving(stderr=write) as (_, url):
        os.close(write)
        for _ in range(1000):  # far more than a pipe holds
            assert request(f"{url}/video/?upload_id={'9' * 60}") == 404
    os.close(read)


def test_stdout_that_is_closed_early_does_no_harm() -> None:
    with serving("--quiet") as (process, url):
        assert process.stdout is not None
        process.stdout.close()
        assert request(f"{url}/video/?upload_id=7") == 404
        process.terminate()
        assert process.wait(30) == 0
        process.stdout = None


def test_localhost_listens_on_both_loopback_addresses() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with serving("--host", "localhost", "--quiet") as (_, url):
        assert url.startswith("http://localhost:")
        for address in ("127.0.0.1", "[::1]"):
            base = url.replace("localhost", address)
            with urllib.request.urlopen(f"{base}/_mock/health", timeout=30) as answer:
                assert answer.status == 200


@pytest.mark.parametrize("command", ["mockserver", "conformance", "client_reference"])
@pytest.mark.parametrize("option", ["--help", "--version"])
def test_every_command_explains_itself(command: str, option: str) -> None:
    done = run(command, option)
    assert (done.returncode, done.stderr) == (0, "")
    assert ("0.1.0" if option == "--version" else "Usage: ") in done.stdout


def test_help_of_serve_fits_a_screen_and_imports_no_aiohttp() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "mockserver", "serve", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert len(done.stdout.splitlines()) <= 50
    assert "aiohttp" not in done.stderr


def test_ready_file_of_another_server_is_left_alone(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    with serving("--quiet", "--ready-file", str(ready)):
        with serving("--quiet", "--ready-file", str(ready)) as (second, _):
            assert json.loads(ready.read_text())["pid"] == second.pid
        assert not ready.exists()
        ready.write_text("somebody else's")
    assert ready.read_text() == "somebody else's"


def test_reset_connections_leave_no_trace_on_stderr() -> None:
    # Retry tests reset connections all day; forty tracebacks would fill a pipe that nobody reads.
    with serving("--quiet") as (process, url):
        port = int(url.rpartition(":")[2])
        for _ in range(40):
            peer = Peer(port)
            peer.send(b"POST /v2/post/publish/video/init/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n")
            peer.send(b"Expect: 100-continue\r\nContent-Length: 100\r\n\r\n")
            assert peer.interim() == "HTTP/1.1 100 Continue"
            peer.reset()
        assert get(f"{url}/_mock/health")["status"] == "ok"
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
