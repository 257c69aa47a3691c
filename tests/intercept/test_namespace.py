"""`--intercept netns`: what a command sees in there, and that nothing gets out."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mockserver.intercept import namespace
from mockserver.intercept.namespace import Room, without_names
from support.commands import SECONDS, environment, run

INSIDE = ("exec", "--quiet", "--intercept", "netns")


def inside(script: str, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
    return run("mockserver", *INSIDE, *options, "--", sys.executable, "-c", script, **more)


@pytest.mark.usefixtures("namespaces")
def test_tiktoks_hosts_are_at_an_address_that_is_not_loopback() -> None:
    script = (
        "import socket, sys\n"
        "for name in sys.stdin.read().split(): print(name, socket.gethostbyname(name))\n"
        "print(socket.create_connection(('open.tiktokapis.com', 443)).getpeername())"
    )
    names = "open.tiktokapis.com open-upload.tiktokapis.com open-upload-va.tiktokapis.com upload.us.tiktokapis.com"
    command = [
        sys.executable,
        "-m",
        "mockserver",
        *INSIDE,
        "--upload-host",
        "u.example",
        "--tls-name",
        "t.example",
    ]
    done = subprocess.run(
        [*command, "--", sys.executable, "-c", script],
        input=f"{names} u.example t.example",
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env=environment(),
        check=False,
    )
    assert done.stdout.splitlines() == [
        *(f"{name} 198.18.0.1" for name in (*names.split(), "u.example", "t.example")),
        "('198.18.0.1', 443)",
    ], done.stderr


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("127.0.0.1 localhost open.tiktokapis.com myhost", ["127.0.0.1 localhost myhost"]),
        (
            "::1\tUpload.US.TikTokApis.com. localhost # open.tiktokapis.com",
            ["::1 localhost # open.tiktokapis.com"],
        ),
        ("203.0.113.9 T.example open.tiktokapis.com # gone", []),
        ("127.0.1.1\tmyhost  not-tiktokapis.com", ["127.0.1.1\tmyhost  not-tiktokapis.com"]),
        ("# 203.0.113.9 open.tiktokapis.com", ["# 203.0.113.9 open.tiktokapis.com"]),
        ("", [""]),
    ],
)
def test_a_line_of_the_hosts_file_loses_our_names_only(line: str, kept: list[str]) -> None:
    assert without_names([line], ["t.EXAMPLE"]) == kept


@pytest.mark.usefixtures("namespaces")
def test_nothing_gets_out_and_the_machines_own_services_are_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as outside:
        script = (
            "import errno, os, socket\n"
            "def to(*address):\n"
            "    try: socket.create_connection(address, 30)\n"
            "    except OSError as error: return errno.errorcode.get(error.errno, 'no name')\n"
            f"print(to('127.0.0.1', {outside.getsockname()[1]}), to('192.0.2.1', 443), to('not.invalid', 443))\n"
            "print(sorted(name for _, name in socket.if_nameindex()))"
        )
        done = inside(script)
    assert done.stdout.splitlines() == ["ECONNREFUSED ENETUNREACH no name", "['lo']"], done.stderr


@pytest.mark.usefixtures("namespaces")
def test_the_systems_own_trust_has_the_ca_without_any_variable() -> None:
    script = (
        "import urllib.request as u, urllib.error\n"
        "try: u.urlopen('https://open.tiktokapis.com/v2/')\n"
        "except urllib.error.HTTPError as error: print(error.code)"
    )
    done = run("mockserver", *INSIDE, "--", "env", "-i", sys.executable, "-c", script)
    assert done.stdout == "404\n", done.stderr


@pytest.mark.usefixtures("namespaces")
def test_files_and_identity_are_the_users_own_and_the_machine_is_unchanged(tmp_path: Path) -> None:
    hosts = Path("/etc/hosts").read_bytes()
    script = (
        "import os, sys\n"
        "print(os.getuid(), os.getgid(), open('/etc/hosts').read().count('tiktokapis.com'))\n"
        f"open({str(tmp_path / 'made')!r}, 'w').write('x')"
    )
    done = inside(script)
    assert done.stdout.split() == [str(os.getuid()), str(os.getgid()), "7"], done.stderr
    assert (tmp_path / "made").stat().st_uid == os.getuid()
    assert Path("/etc/hosts").read_bytes() == hosts


@pytest.mark.usefixtures("namespaces")
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="this machine has no root here")
def test_root_sees_other_users_files_as_theirs(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("x")
    os.chown(theirs, 4321, 4321)
    script = f"import os; print(os.stat({str(theirs)!r}).st_uid); open({str(theirs)!r}, 'a').write('y')"
    assert inside(script).stdout == "4321\n"
    assert theirs.read_text() == "xy"


@pytest.mark.usefixtures("namespaces")
@pytest.mark.parametrize(
    ("script", "code"), [("raise SystemExit(9)", 9), ("import os; os.kill(os.getpid(), 15)", 143)]
)
def test_exit_code_is_the_commands(script: str, code: int) -> None:
    assert inside(script).returncode == code


@pytest.mark.usefixtures("namespaces")
def test_signals_are_forwarded_and_nothing_is_left(tmp_path: Path) -> None:
    script = (
        "import signal, sys; signal.signal(15, lambda *_: sys.exit(33)); print('up', flush=True); signal.pause()"
    )
    command = [sys.executable, "-m", "mockserver", *INSIDE, "--", sys.executable, "-c", script]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, env=environment(TMPDIR=str(tmp_path))) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 33
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("namespaces")
def test_control_surface_and_journal_are_there(tmp_path: Path) -> None:
    script = (
        "import os, urllib.request as u\n"
        "print(u.urlopen(os.environ['TIKTOK_MOCK_URL'] + '/_mock/health').status)\n"
        "try: u.urlopen('https://open.tiktokapis.com/v2/')\n"
        "except OSError: pass"
    )
    done = inside(script, "--journal", str(tmp_path / "j"), "--fail-on-refused")
    assert (done.returncode, done.stdout) == (1, "200\n"), done.stderr
    assert json.loads((tmp_path / "j").read_text())["peer"].startswith("198.18.0.1:")


@pytest.mark.skipif(sys.platform != "linux", reason="this machine has no Linux kernel")
def test_where_namespaces_are_not_to_be_had_it_says_so_and_what_to_do() -> None:
    # The kernel gives no new user namespace to a process with a second thread.
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        with pytest.raises(OSError) as caught:
            Room(["open.tiktokapis.com"]).enter()
    finally:
        done.set()
        other.join()
    assert caught.value.errno is None
    said = str(caught.value.strerror)
    assert said.startswith(
        "--intercept netns needs namespaces, which are not allowed here: Invalid argument (unshare)"
    )
    assert "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0" in said
    assert said.endswith("or use --intercept proxy")


def in_a_room(script: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A process that has `room` and `namespace`."""
    before = (
        "import os, pathlib, sys\n"
        "from mockserver.intercept import namespace\n"
        "room = namespace.Room(['open.tiktokapis.com'])\n"
    )
    command = [sys.executable, "-c", before + script, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS, env=environment(**more), check=False
    )


@pytest.mark.usefixtures("namespaces")
def test_what_else_cannot_be_prepared_is_named(tmp_path: Path) -> None:
    script = (
        "namespace.HOSTS = pathlib.Path(sys.argv[1])\n"
        "try: room.enter()\n"
        "except OSError as error: print(error.errno, error.strerror)"
    )
    done = in_a_room(script, str(tmp_path / "hosts"), TMPDIR=str(tmp_path))
    said = f"None --intercept netns cannot prepare {tmp_path / 'hosts'}: No such file or directory\n"
    assert done.stdout == said, done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("namespaces")
def test_among_the_systems_certificates_only_files_count(tmp_path: Path) -> None:
    certificates = tmp_path / "certs"
    certificates.mkdir()
    os.mkfifo(certificates / "pipe")
    (certificates / "one.pem").write_text("one")
    ca = tmp_path / "ca"
    ca.mkdir()
    (ca / "12.0").write_text("ours")
    script = (
        "namespace._CERTIFICATES = pathlib.Path(sys.argv[1])\n"
        "namespace.SYSTEM_BUNDLES = ()\n"
        "room.enter()\n"
        "room.trust(pathlib.Path(sys.argv[2]))\n"
        "print(sorted(os.listdir(sys.argv[1])))\n"
        "room.close()"
    )
    done = in_a_room(script, str(certificates), str(ca / "ca.pem"))
    assert done.stdout == "['12.0', 'one.pem']\n", done.stderr


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (shutil.Error([("/etc/ssl/certs/a", "b", "no space"), ("c", "d", "e")]), "/etc/ssl/certs/a: no space"),
        (OSError(28, "No space left on device", "/etc/hosts"), "/etc/hosts: No space left on device"),
        (FileNotFoundError(2, "No usable temporary directory"), "its room: No usable temporary directory"),
    ],
)
def test_each_failure_has_a_path_and_a_reason(
    error: OSError, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(namespace, "_CERTIFICATES", tmp_path)
    monkeypatch.setattr(Room, "_certificates", failing)
    with pytest.raises(OSError, match="netns cannot prepare") as caught:
        Room([]).trust(tmp_path / "ca.pem")
    assert (caught.value.errno, caught.value.strerror) == (None, f"--intercept netns cannot prepare {said}")
