"""`tiktok-mock exec` as a process: what CMD gets, what is passed on, what is told at the end."""

import asyncio
import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from mockserver.execution.child import Signals
from support.commands import SECONDS, environment, run, serving
from support.peer import Peer

PUT = (
    "import os, urllib.request as u, urllib.error\n"
    "def put():\n"
    "    url = os.environ['TIKTOK_MOCK_URL'] + '/video/?upload_id=7&upload_token=8'\n"
    "    try: u.urlopen(u.Request(url, b'', method='PUT'))\n"
    "    except (OSError, urllib.error.HTTPError): pass\n"
)


NOTHING = (
    "tiktok-mock: 0 uploads, 0 complete; 0 requests, 0 refused\n"
    "tiktok-mock: CMD sent no request: TIKTOK_API_BASE says where the mock is; "
    "for one that has TikTok's URL in its code there is --intercept\n"
)
FAULT = {
    "on": {"operation": "chunk"},
    "when": "before_body",
    "do": {"kind": "status", "status": 503},
}


def python(script: str) -> list[str]:
    return ["--", sys.executable, "-c", script]


def exec_(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return run("mockserver", "exec", *arguments, **more)


@pytest.fixture
def started() -> "Callable[..., subprocess.Popen[str]]":
    """`exec` that is still running."""

    def start(*arguments: str, **more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "mockserver", "exec", "--quiet", *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment(**more))

    return start


def test_command_finds_a_server_that_answers_and_a_token() -> None:
    script = (
        "import os, json, urllib.request as u\n"
        "url, base, token = (os.environ[f'TIKTOK_{n}'] for n in ('MOCK_URL', 'API_BASE', 'ACCESS_TOKEN'))\n"
        "print(json.load(u.urlopen(url + '/_mock/health'))['profile'], url == base, token)"
    )
    options = ["--quiet", "--profile", "strict", "--token", "one", "--token", "two"]
    done = exec_(*options, *python(script), TIKTOK_ACCESS_TOKEN="x")
    assert (done.returncode, done.stdout) == (0, "strict True one\n")
    assert done.stderr == NOTHING


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "none"),
        (["--mb", "1000"], "1000"),
        (["--profile", "strict", "--rule", "mb=2000"], "2000"),
        (["--profile", "observed"], "none"),
    ],
)
def test_scale_is_the_commands_too(options: list[str], told: str) -> None:
    script = "import os; print(os.environ.get('TIKTOK_MB', 'none'))"
    assert exec_("--quiet", *options, *python(script)).stdout == f"{told}\n"


def test_control_token_is_the_commands_too() -> None:
    script = "import os; print(os.environ['TIKTOK_MOCK_CONTROL_TOKEN'], os.environ['TIKTOK_ACCESS_TOKEN'])"
    assert exec_("--control-token", "c", *python(script)).stdout == "c act.tiktok-mock\n"


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("raise SystemExit(7)", 7),
        ("raise SystemExit(255)", 255),
        ("import os; os.kill(os.getpid(), 9)", 137),
        ("import os; os.kill(os.getpid(), 15)", 143),
    ],
)
def test_exit_code_is_the_commands(script: str, code: int) -> None:
    assert exec_(*python(script)).returncode == code


def test_stdin_stdout_and_stderr_are_the_commands_own() -> None:
    script = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1]); sys.stderr.write('said\\n')"
    command = [sys.executable, "-m", "mockserver", "exec", *python(script)]
    done = subprocess.run(
        command, input=b"\x00\xff\r\n.", capture_output=True, timeout=SECONDS, env=environment(), check=False
    )
    assert (done.returncode, done.stdout) == (0, b".\n\r\xff\x00")
    assert done.stderr.startswith(b"said\n")


def test_command_that_cannot_be_run(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no program")
    script = tmp_path / "script"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    for command, code, said in (
        ("no-such-program", 127, "tiktok-mock: no-such-program was not found: give a path, or the name of"),
        (str(script), 127, f"tiktok-mock: {script} cannot be started: what its first line names was not found"),
        (str(text), 126, f"tiktok-mock: {text} cannot be executed: Permission denied"),
        (str(tmp_path), 126, f"tiktok-mock: {tmp_path} cannot be executed: Permission denied"),
    ):
        done = exec_("--", command)
        assert (done.returncode, done.stdout) == (code, "")
        assert done.stderr.startswith(said)
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--prot", "1", "--", "true"], "--port"),
        ([], "CMD"),
        (["--intercept", "magic", "--", "true"], "proxy"),
        (["--host", "0.0.0.0", "--", "true"], "--control-token"),
        (["--host", "192.0.2.1", "--control-token", "x", "--", "true"], "this machine has no address 192.0.2.1"),
        (
            ["--journal", "/no/such/folder/j", "--", "true"],
            "the journal /no/such/folder/j cannot be written: No such",
        ),
        (["--journal", "/dev/null", "--", "true"], "it is no regular file"),
        (
            ["--ready-file", "/no/such/folder/r", "--", "true"],
            "the ready file /no/such/folder/r cannot be written",
        ),
    ],
)
def test_failures_of_its_own_are_125(arguments: list[str], said: str) -> None:
    done = exec_(*arguments)
    assert (done.returncode, done.stdout) == (125, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_journal_in_a_directory_that_is_gone(tmp_path: Path) -> None:
    script = (
        f"mkdir gone && cd gone && rmdir ../gone && exec '{sys.executable}' -m mockserver exec --journal j -- true"
    )
    command = ["/bin/sh", "-c", script]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, env=environment(), check=False
    )
    said = "tiktok-mock: the journal j cannot be written: No such file or directory\n"
    assert (done.returncode, done.stderr) == (125, said)


def test_options_behind_the_command_are_the_commands() -> None:
    done = exec_(sys.executable, "-c", "import sys; print(sys.argv)", "--port", "x", "--")
    assert done.stdout == "['-c', '--port', 'x', '--']\n"


def test_refusals_are_told_and_can_fail_the_run(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    done = exec_(
        "--quiet", "--fail-on-refused", "--journal", str(journal), *python(PUT + "for _ in range(7): put()")
    )
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0] == "tiktok-mock: 0 uploads, 0 complete; 7 requests, 7 refused"
    refusal = "tiktok-mock:   404  PUT  /video/  S-URL-UNKNOWN  no upload task has the upload_id '7'"
    assert lines[1:] == [
        *[refusal] * 5,
        "tiktok-mock:   and 2 more",
        "tiktok-mock: exit code 1 by --fail-on-refused",
    ]
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [(entry["sequence"], entry["clause"]) for entry in entries] == [
        (number, "S-URL-UNKNOWN") for number in range(1, 8)
    ]
    assert list(tmp_path.iterdir()) == [journal], "nothing half-written is left beside it"
    assert exec_("--quiet", *python(PUT + "put()")).returncode == 0
    assert exec_("--quiet", "--fail-on-refused", *python(PUT + "put(); raise SystemExit(5)")).returncode == 5


def test_warnings_are_in_the_summary() -> None:
    """A2: 66,000,000 bytes in one chunk are 63 MB or 66."""
    source = {"source": "FILE_UPLOAD", "video_size": 66_000_000, "chunk_size": 66_000_000, "total_chunk_count": 1}
    script = (
        "import os, urllib.request as u\n"
        "url = os.environ['TIKTOK_MOCK_URL'] + '/v2/post/publish/inbox/video/init/'\n"
        f"body = {json.dumps({'source_info': source}).encode()!r}\n"
        "for _ in range(2): u.urlopen(u.Request(url, body, {'Authorization': 'Bearer x'})).read()"
    )
    lines = exec_("--quiet", *python(script)).stderr.splitlines()
    assert lines[0] == "tiktok-mock: 2 uploads, 0 complete; 2 requests, 0 refused"
    assert len(lines) == 2
    assert lines[1].startswith("tiktok-mock: warning (2 times): another reading (A2) refuses this plan: ")


def test_what_a_fault_refused_fails_no_run(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps({**FAULT, "times": 2}))
    options = ["--quiet", "--fail-on-refused", "--faults", str(faults)]
    done = exec_(*options, *python(PUT + "put(); put()"))
    assert (done.returncode, done.stderr) == (0, "tiktok-mock: 0 uploads, 0 complete; 2 requests, 0 refused\n")
    assert "fault 1 fired 1 of 2 times: " in exec_(*options, *python(PUT + "put()")).stderr
    assert exec_(*options, *python(PUT + "put(); put(); put()")).returncode == 0, "one upload, struck before"
    unfired = exec_(*options, *python(""))
    assert (unfired.returncode, unfired.stderr.count("fault 1 did not fire")) == (1, 1), "no request came"


def test_fault_that_did_not_strike_can_fail_the_run(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps({**FAULT, "times": 2}))
    options = ["--quiet", "--fail-on-unfired", "--faults", str(faults)]
    codes = [exec_(*options, *python(PUT + "put();" * times)).returncode for times in (0, 1, 2)]
    assert codes == [1, 1, 0]
    assert exec_(*options, *python("raise SystemExit(5)")).returncode == 5
    faults.write_text(json.dumps({**FAULT, "times": None}))
    assert exec_(*options, *python("")).returncode == 0, "for ever is exempt"


def test_upload_that_is_not_complete_can_fail_the_run() -> None:
    script = (
        "import json, os, urllib.request as u\n"
        "def init(size):\n"
        "    body = {'source': 'FILE_UPLOAD', 'video_size': size, 'chunk_size': size, 'total_chunk_count': 1}\n"
        "    url = os.environ['TIKTOK_MOCK_URL'] + '/v2/post/publish/inbox/video/init/'\n"
        "    body = json.dumps({'source_info': body}).encode()\n"
        "    answer = u.urlopen(u.Request(url, body, {'Authorization': 'Bearer x'}))\n"
        "    return json.load(answer)['data']['upload_url']\n"
        "def put(url):\n"
        "    head = {'Content-Type': 'video/mp4', 'Content-Range': 'bytes 0-2/3'}\n"
        "    u.urlopen(u.Request(url, b'abc', head, method='PUT'))\n"
    )
    codes = [
        exec_("--quiet", "--fail-on-incomplete", *python(script + more)).returncode
        for more in ("", "init(3)", "put(init(3)); init(3)", "put(init(3))", "put(init(3)); raise SystemExit(7)")
    ]
    assert codes == [1, 1, 1, 0, 7]


def test_what_the_control_surface_refused_is_told() -> None:
    script = (
        "import os, urllib.request as u\n"
        "url = os.environ['TIKTOK_MOCK_URL'] + '/_mock/scenarios/flakygateway'\n"
        "try: u.urlopen(u.Request(url, method='POST'))\n"
        "except OSError: pass"
    )
    lines = exec_(*python(script)).stderr.splitlines()
    path, why = "/_mock/scenarios/flakygateway", "no scenario is called 'flakygateway'"
    assert lines[0].partition("  ")[2].startswith(f"404  POST {path}  {why}")
    assert lines[2].startswith(f"tiktok-mock: the control surface refused  404  POST  {path}  {why}")


def test_what_was_asked_is_one_line_of_the_summary() -> None:
    script = (
        "import os, urllib.request as u\n"
        "for path in ('/_mock/a%0Ab%1Bc', '/a%0Ab%1Bc'):\n"
        "    try: u.urlopen(os.environ['TIKTOK_MOCK_URL'] + path)\n"
        "    except OSError: pass"
    )
    done = exec_("--quiet", *python(script))
    assert "\x1b" not in done.stderr
    assert [line.partition(" ")[0] for line in done.stderr.splitlines()] == ["tiktok-mock:"] * 3


def test_several_scenarios_and_files_wait_together(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(json.dumps(FAULT))
    script = (
        "import json, os, urllib.request as u\n"
        "url = os.environ['TIKTOK_MOCK_URL'] + '/_mock/faults'\n"
        "print(len(json.load(u.urlopen(url))['faults']))"
    )
    files = ["--faults", str(tmp_path / "a.json"), "--faults", str(tmp_path / "b.json")]
    both = exec_("--quiet", *files, "--scenario", "lost-answer", "--scenario", "expired-midway", *python(script))
    assert both.stdout == "4\n"
    by_variable = exec_(
        "--quiet", *python(script),
        TIKTOK_MOCK_SCENARIO="lost-answer expired-midway",
        TIKTOK_MOCK_FAULTS=f"{tmp_path / 'a.json'}:{tmp_path / 'b.json'}",
    )  # fmt: skip
    assert by_variable.stdout == "4\n"


def test_init_that_a_fault_refused_fails_no_run(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps({**FAULT, "on": {"operation": "init"}}))
    script = (
        "import os, urllib.request as u\n"
        "url = os.environ['TIKTOK_MOCK_URL'] + '/v2/post/publish/inbox/video/init/'\n"
        "try: u.urlopen(u.Request(url, b'{}', method='POST'))\n"
        "except OSError: pass"
    )
    done = exec_("--quiet", "--fail-on-refused", "--faults", str(faults), *python(script))
    assert (done.returncode, done.stderr) == (0, "tiktok-mock: 0 uploads, 0 complete; 1 request, 0 refused\n")


def test_log_is_as_it_is_asked_for() -> None:
    assert "  404  PUT /video/  S-URL-UNKNOWN" in exec_(*python(PUT + "put()")).stderr
    first = exec_("--log-format", "json", *python(PUT + "put()")).stderr.splitlines()[0]
    assert json.loads(first)["clause"] == "S-URL-UNKNOWN"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_are_forwarded(number: signal.Signals, started: "Callable[..., subprocess.Popen[str]]") -> None:
    script = (
        "import signal, sys\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(33))\n"
        "print('up', flush=True); signal.pause()"
    )
    with started(*python(script)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(number)
        assert process.wait(SECONDS) == 33


def test_command_that_a_signal_ended_is_128_and_its_number(
    started: "Callable[..., subprocess.Popen[str]]",
) -> None:
    script = "import signal; signal.signal(2, signal.SIG_DFL); print('up', flush=True); signal.pause()"
    with started(*python(script)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, err) == (130, NOTHING)


def test_signal_that_the_caller_ignores_stays_ignored() -> None:
    # As under nohup: neither we nor CMD end of it.
    script = (
        "import signal, sys\n"
        "print('up', signal.pthread_sigmask(signal.SIG_BLOCK, []), flush=True)\n"
        "print(len(sys.stdin.readline()))"
    )
    shell = 'trap "" HUP; exec "$0" -m mockserver exec --quiet -- "$0" -c "$1"'
    pipe = subprocess.PIPE
    command = ["sh", "-c", shell, sys.executable, script]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment()) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up set()\n"
        process.send_signal(signal.SIGHUP)
        assert process.communicate("four\n", timeout=SECONDS)[0] == "5\n"
    assert process.returncode == 0


def test_signal_ends_a_command_that_is_stopped(started: "Callable[..., subprocess.Popen[str]]") -> None:
    # What tells that it is stopped is no part of the stopped: its parent, which waits for it.
    stopped = "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"
    script = (
        "import os, signal, subprocess, sys\n"
        f"other = subprocess.Popen([sys.executable, '-c', {stopped!r}])\n"
        "os.waitpid(other.pid, os.WUNTRACED)\n"
        "signal.signal(15, lambda *_: None)\n"
        "print(os.getpid(), flush=True)\n"
        "sys.exit(-other.wait())"
    )
    with started(*python(script)) as process:
        assert process.stdout is not None
        group = int(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(SECONDS) == signal.SIGTERM
        except subprocess.TimeoutExpired:
            os.killpg(group, signal.SIGKILL)
            raise


async def test_signal_before_the_command_runs_ends_the_run() -> None:
    signals = Signals()
    with signals.held():
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(asyncio.CancelledError):
            await asyncio.get_running_loop().create_future()
    assert signals.number == signal.SIGTERM


@pytest.mark.parametrize(
    ("number", "where", "code"), [(15, "enter", 143), (2, "enter", 130), (2, "leave", 130), (15, "leave", -15)]
)
def test_signal_while_all_is_prepared_or_removed_leaves_nothing(number: int, where: str, code: int) -> None:
    script = (
        "import os, sys\n"
        "from mockserver.config import Config\n"
        "from mockserver.execution.running import RunTerms, run_command\n"
        "from mockserver.intercept.modes import Interception\n"
        "class Way(Interception):\n"
        "    def enter(self, config): self.pass_('enter')\n"
        "    def leave(self): self.pass_('leave')\n"
        "    def pass_(self, place):\n"
        f"        if place == {where!r}: os.kill(os.getpid(), {number})\n"
        "        print(place, flush=True)\n"
        f"terms = RunTerms(command=['sleep', {'600' if where == 'enter' else '0'!r}], log_format=None,\n"
        "    ready_file=None, journal=None)\n"
        "sys.exit(run_command(Config(port=0), terms, Way()))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=environment(), check=False)
    assert (done.returncode, done.stdout) == (code, "enter\nleave\n"), done.stderr
    assert "Traceback" not in done.stderr


def test_what_the_command_leaves_behind_is_ended() -> None:
    # The second of them has to be killed. Both hold our stdout: run() returns only once they are gone.
    stubborn = "import signal; signal.signal(15, signal.SIG_IGN); print('up', flush=True); signal.pause()"
    script = (
        "import subprocess as s, sys\n"
        "s.Popen(['sleep', '600'])\n"
        f"other = s.Popen([sys.executable, '-c', {stubborn!r}], stdout=s.PIPE)\n"
        "other.stdout.readline()"
    )
    assert exec_(*python(script)).returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="this machine has no Linux kernel")
@pytest.mark.parametrize("process_1", ["exec", "a program that never reaps"])
def test_orphans_that_nobody_reaps_are_not_waited_for(process_1: str) -> None:
    own = "import ctypes; assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0\n"  # PR_SET_CHILD_SUBREAPER
    script = (
        "import asyncio, os\n"
        "from mockserver.execution import child\n"
        "child.PATIENCE = 600\n"
        "async def main():\n"
        "    one = child.Child(['sh', '-c', 'sleep 600 & sleep 600 & exit 7'], os.environ)\n"
        "    print(await one.wait(), flush=True)\n"
        "    await one.end()\n"
        "asyncio.run(main())"
    )
    if process_1 != "exec":
        script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {script!r}], check=True)"
    command = [sys.executable, "-c", own + script]
    done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"7\n", b"")


def test_ready_file_is_there_while_the_command_runs(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    done = exec_("--ready-file", str(ready), "--", "cat", str(ready))
    assert json.loads(done.stdout)["access_token"] == "act.tiktok-mock"
    assert not ready.exists()


TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
SHELL = (  # as far as job control goes
    "import os, signal, subprocess, sys\n"
    "signal.signal(signal.SIGTTOU, signal.SIG_IGN)\n"
    "job = subprocess.Popen(sys.argv[1:], process_group=0)\n"
    "os.tcsetpgrp(0, job.pid)\n"
    "_, status = os.waitpid(job.pid, os.WUNTRACED)\n"
    "assert os.WIFSTOPPED(status) and os.tcgetpgrp(0) == job.pid, status\n"
    "print('stopped', flush=True)\n"
    "os.killpg(job.pid, signal.SIGCONT)\n"
    "sys.exit(os.waitstatus_to_exitcode(os.waitpid(job.pid, 0)[1]))"
)


def on_a_terminal(script: str, *typed: tuple[bytes, bytes], shell: str = "") -> tuple[bytes, int]:
    """Run CMD on a terminal of its own; type each answer once its prompt is there: what was printed, the code."""
    terminal, theirs = pty.openpty()
    before = [sys.executable, "-c", shell] if shell else []
    command = [*before, sys.executable, "-m", "mockserver", "exec", "--quiet", *python(script)]
    with subprocess.Popen(
        [sys.executable, "-c", TAKE_TERMINAL, *command],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env=environment(),
    ) as process:
        os.close(theirs)
        printed, waiting = b"", list(typed)
        with suppress(OSError):  # the terminal is gone with its last process
            while select.select([terminal], [], [], SECONDS)[0] and (piece := os.read(terminal, 4096)):
                printed += piece
                if waiting and waiting[0][0] in printed:
                    os.write(terminal, waiting.pop(0)[1])
        os.close(terminal)
        return printed, process.wait(SECONDS)


def test_terminal_is_the_commands_to_read() -> None:
    printed, code = on_a_terminal("print('hello', input('name? '))", (b"name? ", b"you\n"))
    assert code == 0
    assert b"hello you" in printed


def test_interrupt_key_is_the_commands() -> None:
    script = "import signal; signal.signal(2, signal.SIG_DFL); print('up', flush=True); signal.pause()"
    printed, code = on_a_terminal(script, (b"up", b"\x03"))
    assert code == 130
    assert b"0 requests" in printed


def test_stopped_command_stops_us_and_goes_on_with_us() -> None:
    script = "print('hello', input('name? '))"
    printed, code = on_a_terminal(script, (b"name? ", b"\x1a"), (b"stopped", b"you\n"), shell=SHELL)
    assert code == 0, printed
    assert b"hello you" in printed


def test_exports_of_a_running_server(tmp_path: Path) -> None:
    ready = tmp_path / "it's ready.json"
    with serving("--ready-file", str(ready), "--token", "a'b$c", "--quiet") as (_, url):
        done = run("mockserver", "env", "--ready-file", str(ready))
        script = f'{done.stdout}printf "%s\\n" "$TIKTOK_MOCK_URL" "$TIKTOK_API_BASE" "$TIKTOK_ACCESS_TOKEN"'
        told = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=SECONDS, check=True)
        assert told.stdout.splitlines() == [url, url, "a'b$c"]
        assert done.stdout.count("export ") == 3
        behind = run("mockserver", "env", "--ready-file", str(ready), http_proxy="http://p", NO_PROXY="corp")
        own = "corp,127.0.0.1,localhost,::1"
        assert behind.stdout == f"{done.stdout}export NO_PROXY={own}\nexport no_proxy={own}\n"
    gone = run("mockserver", "env", "--ready-file", str(ready))
    assert (gone.returncode, gone.stdout) == (3, "false\n"), "eval fails, and what follows does not ask elsewhere"
    assert gone.stderr.startswith(f"tiktok-mock: no server is ready at {ready} (No such file or directory)")
    ready.write_text("[]")
    strange = run("mockserver", "env", "--ready-file", str(ready))
    assert (strange.returncode, strange.stderr.count("\n")) == (3, 1)


def test_help_of_exec_fits_a_screen() -> None:
    done = exec_("--help")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) <= 60


def test_peer_that_hangs_does_not_outlive_the_command(
    started: "Callable[..., subprocess.Popen[str]]",
) -> None:
    script = "import os; print(os.environ['TIKTOK_MOCK_URL'], flush=True); input()"
    with started(*python(script)) as process:
        assert process.stdout is not None
        with Peer(int(process.stdout.readline().rpartition(":")[2])) as peer:
            peer.send(b"POST /v2/post/publish/video/init/ HTTP/1.1\r\n")
            process.communicate("\n", timeout=SECONDS)
    assert process.returncode == 0
