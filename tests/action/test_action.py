"""The GitHub action: its YAML refers to what exists; its scripts do what they say, on a runner made of files."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from support.commands import SECONDS, environment, make_file, run

ROOT = Path(__file__).parents[2]
ACTIONS = {"action.yml": ROOT, "action/summary/action.yml": ROOT / "action" / "summary"}


def action(path: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / path).read_text())


@dataclass
class Runner:
    """What a runner gives the steps of a job, and what they wrote."""

    folder: Path
    bin: Path

    def step(self, script: str, seconds: int = SECONDS, **more: str) -> subprocess.CompletedProcess[str]:
        names = ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
        files = {name: str(self.folder / name) for name in names}
        path = f"{self.bin}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        told = environment(PATH=path, RUNNER_TEMP=str(self.folder), **files, **self.env, **more)
        command = ["bash", str(ROOT / "action" / script)]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=told,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=seconds,
            check=False,
        )

    def written(self, name: str) -> dict[str, str]:
        path = self.folder / name
        lines = path.read_text().splitlines() if path.exists() else []
        return dict(line.split("=", 1) for line in lines)

    @property
    def env(self) -> dict[str, str]:
        """What the steps before told this one."""
        return self.written("GITHUB_ENV")

    @property
    def ready(self) -> Path:
        return self.folder / "tiktok-mock" / "ready.json"


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    folder = tmp_path / "a runner"  # with a space
    (folder / "bin").mkdir(parents=True)
    mock = folder / "bin" / "tiktok-mock"
    mock.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mockserver "$@"\n')
    mock.chmod(0o755)
    made = Runner(folder, folder / "bin")
    yield made
    with suppress(OSError, ValueError):
        os.kill(json.loads(made.ready.read_text())["pid"], signal.SIGTERM)


def upload(runner: Runner, *options: str) -> int:
    video = make_file(runner.folder / "video.mp4", 12_345)
    return run("client_reference", str(video), "--mb", "1000", *options, **runner.env).returncode


@pytest.mark.parametrize("path", sorted(ACTIONS))
def test_yaml_of_an_action(path: str) -> None:
    told = action(path)
    assert told["name"]
    assert told["description"]
    assert told["runs"]["using"] == "composite"
    text = (ROOT / path).read_text()
    assert set(re.findall(r"inputs\.([a-z-]+)", text)) == set(told["inputs"])
    assert all(one["description"] and isinstance(one["default"], str) for one in told["inputs"].values())
    steps = {step["id"] for step in told["runs"]["steps"] if "id" in step}
    assert set(re.findall(r"steps\.([a-z]+)\.", text)) <= steps
    scripts = [step for step in told["runs"]["steps"] if "run" in step]
    assert scripts
    for step in scripts:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "an input is data, and never part of a script"
        (script,) = re.findall(r'^bash "\$GITHUB_ACTION_PATH/(\S+)"$', step["run"])
        source = (ACTIONS[path] / script).read_text()
        assert set(step["env"]) == {
            name for name in step["env"] if name in source or name == "MOCK_FAIL_ON_REFUSED"
        }


def test_outputs_and_variables_are_those_that_scripts_write() -> None:
    outputs = action("action.yml")["outputs"]
    source = (ROOT / "action" / "start.sh").read_text()
    assert set(outputs) == set(re.findall(r'^\s+echo "([a-z]+)=', source, re.MULTILINE))
    for name, output in outputs.items():
        assert output["value"] == f"${{{{ steps.start.outputs.{name} }}}}"
    used = {name for script in ("install.sh", "start.sh") for name in variables_of(script)}
    given = {name for step in action("action.yml")["runs"]["steps"] for name in step["env"]}
    assert used == given


def variables_of(script: str) -> set[str]:
    return set(re.findall(r"\$\{?(MOCK_[A-Z]+)", (ROOT / "action" / script).read_text()))


@pytest.mark.parametrize("script", ["install.sh", "start.sh", "summary.sh"])
def test_scripts_are_scripts(script: str) -> None:
    done = subprocess.run(
        ["bash", "-n", str(ROOT / "action" / script)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_job_from_start_to_summary(runner: Runner) -> None:
    started = runner.step(
        "start.sh",
        MOCK_PORT="0",
        MOCK_PROFILE="strict",
        MOCK_MB="1000",
        MOCK_ARGS="--token secret --keep 'kept here'",
    )
    assert started.returncode == 0, started.stdout + started.stderr
    outputs = runner.written("GITHUB_OUTPUT")
    assert started.stdout == f"tiktok-mock ready at {outputs['url']}\n"
    assert runner.env == {
        "TIKTOK_MOCK_URL": outputs["url"],
        "TIKTOK_API_BASE": outputs["url"],
        "TIKTOK_ACCESS_TOKEN": "secret",
        "TIKTOK_MB": "1000",
    }
    assert outputs["token"] == "secret"
    assert json.loads(runner.ready.read_text())["profile"] == "strict"
    assert upload(runner) == 0
    assert upload(runner, "--token", "another") == 1
    with closing(http.client.HTTPConnection(outputs["url"].removeprefix("http://"))) as connection:
        connection.request("GET", "/a|<b>")
        assert connection.getresponse().status == 404

    done = runner.step("summary.sh")
    assert done.returncode == 0, done.stdout + done.stderr
    summary = (runner.folder / "GITHUB_STEP_SUMMARY").read_text()
    assert "Uploads: 1, 1 complete. Requests: 5, 2 refused." in summary
    assert "| 401 | POST /v2/post/publish/video/init/ |" in summary
    assert "| 404 | GET /a&#124;&#60;b&#62; |" in summary
    assert [path.stat().st_size for path in (runner.folder / "kept here").glob("*.mp4")] == [12_345]
    folder = Path(runner.written("GITHUB_OUTPUT")["folder"])
    journal = Path(outputs["journal"])
    assert journal.parent == folder
    assert [json.loads(line)["answer"]["status"] for line in journal.read_text().splitlines()] == [
        200,
        201,
        200,
        401,
        404,
    ]
    assert [one["complete"] for one in json.loads((folder / "uploads.json").read_text())["uploads"]] == [True]
    assert "/v2/post/publish/video/init/" in (folder / "requests.log").read_text()
    assert not runner.ready.exists(), "the mock is stopped"


def test_what_is_trusted_under_tls_can_be_read_when_the_mock_is_gone(runner: Runner) -> None:
    started = runner.step("start.sh", MOCK_MB="1000", MOCK_ARGS="--tls")
    assert started.returncode == 0, started.stdout + started.stderr
    trusted = {name: value for name, value in runner.env.items() if not name.startswith("TIKTOK_")}
    assert set(trusted.values()) == {str(runner.folder / "tiktok-mock" / "trust.pem")}
    assert {"SSL_CERT_FILE", "HTTPLIB2_CA_CERTS", "NODE_EXTRA_CA_CERTS"} <= set(trusted)
    assert runner.env["TIKTOK_MOCK_URL"].startswith("https://")
    assert upload(runner) == 0
    done = runner.step("summary.sh")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 complete" in (runner.folder / "GITHUB_STEP_SUMMARY").read_text()
    assert "BEGIN CERTIFICATE" in Path(trusted["SSL_CERT_FILE"]).read_text()


def test_a_certificate_for_another_name_does_not_hide_what_the_mock_saw(runner: Runner, tmp_path: Path) -> None:
    issued = trustme.CA().issue_cert("box.example")
    issued.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    args = f"--tls --cert {tmp_path / 'cert.pem'} --key {tmp_path / 'key.pem'}"
    started = runner.step("start.sh", MOCK_ARGS=args)
    assert started.returncode == 0, started.stdout + started.stderr
    done = runner.step("summary.sh")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Requests: 0" in (runner.folder / "GITHUB_STEP_SUMMARY").read_text()
    assert not runner.ready.exists(), "the mock is stopped"


def test_a_control_token_that_the_job_does_not_know_is_told_and_the_mock_is_stopped(runner: Runner) -> None:
    started = runner.step("start.sh", MOCK_ARGS="--control-token secret")
    assert started.returncode == 0, started.stdout + started.stderr
    done = runner.step("summary.sh")
    assert done.returncode == 1
    assert (
        "::error::the mock does not tell without its control token: set TIKTOK_MOCK_CONTROL_TOKEN" in done.stdout
    )
    assert not runner.ready.exists(), "the mock is stopped"


def test_a_control_token_of_the_job_s_environment_is_used(runner: Runner) -> None:
    assert runner.step("start.sh", TIKTOK_MOCK_CONTROL_TOKEN="secret").returncode == 0
    done = runner.step("summary.sh", TIKTOK_MOCK_CONTROL_TOKEN="secret")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("token", "code"), [("wrong", 2), ("right", 0)])
def test_a_refusal_can_fail_the_job(runner: Runner, token: str, code: int) -> None:
    assert runner.step("start.sh", MOCK_MB="1000", MOCK_ARGS="--token right").returncode == 0
    upload(runner, "--token", token)
    done = runner.step("summary.sh", MOCK_FAIL_ON_REFUSED="true")
    assert done.returncode == code, done.stdout + done.stderr
    assert ("::error::TikTok would have refused something" in done.stdout) is (code == 2)


def test_a_job_in_which_nothing_came_can_fail(runner: Runner) -> None:
    assert runner.step("start.sh", MOCK_MB="1000").returncode == 0
    done = runner.step("summary.sh", MOCK_FAIL_ON_REFUSED="true")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "::error::no request came to the mock: TIKTOK_API_BASE" in done.stdout


def test_what_a_fault_did_is_no_refusal_and_one_that_waits_is_told(runner: Runner) -> None:
    assert runner.step("start.sh", MOCK_MB="1000", MOCK_SCENARIO="lost-answer").returncode == 0
    assert upload(runner) == 0  # a 416 was among the answers
    faults = '[{"on": {"operation": "status"}, "when": "before_body", "do": {"kind": "close"}}]'
    request = urllib.request.Request(f"{runner.env['TIKTOK_MOCK_URL']}/_mock/faults", faults.encode())
    urllib.request.urlopen(request).close()
    assert runner.step("summary.sh", MOCK_FAIL_ON_REFUSED="true").returncode == 0
    journal = Path(runner.written("GITHUB_OUTPUT")["journal"])
    answers = [json.loads(line)["answer"] for line in journal.read_text().splitlines()]
    assert 416 in [answer["status"] for answer in answers if answer]
    summary = (runner.folder / "GITHUB_STEP_SUMMARY").read_text()
    assert "0 refused" in summary
    assert summary.count("did not strike as often as it was to (fired 0)") == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"MOCK_PROFILE": "lenient"}, "lenient"),
        ({"MOCK_ARGS": "--nonsense"}, "--nonsense"),
        ({"MOCK_ARGS": "--token 'open"}, "args cannot be split into words"),
    ],
)
def test_a_mock_that_does_not_start_is_told_at_once(runner: Runner, options: dict[str, str], said: str) -> None:
    done = runner.step("start.sh", seconds=25, **options)  # it would wait for thirty
    assert done.returncode == 1
    (error,) = [line for line in done.stdout.splitlines() if line.startswith("::error::")]
    assert said in error
    assert runner.env == {}


def test_one_mock_for_a_job(runner: Runner) -> None:
    assert runner.step("start.sh").returncode == 0
    done = runner.step("start.sh")
    assert (done.returncode, "runs already" in done.stdout) == (1, True)


def test_summary_of_a_mock_that_is_gone_says_so(runner: Runner) -> None:
    (runner.ready.parent / "report").mkdir(parents=True)
    (runner.ready.parent / "report" / "requests.log").write_text("what it said last\n")
    done = runner.step("summary.sh")
    assert done.returncode == 1
    assert "what it said last\n::error::the mock does not answer" in done.stdout


def test_summary_of_a_mock_that_was_killed_says_so_at_once(runner: Runner) -> None:
    (runner.ready.parent / "report").mkdir(parents=True)
    (runner.ready.parent / "report" / "requests.log").touch()
    with subprocess.Popen([sys.executable, "-c", ""]) as killed:
        killed.wait(SECONDS)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/_mock"
    runner.ready.write_text(json.dumps({"control_url": url, "pid": killed.pid}))
    done = runner.step("summary.sh", seconds=8)  # it would wait for ten
    assert done.returncode == 1
    assert "::error::the mock does not answer" in done.stdout
    runner.ready.unlink()


def test_summary_without_a_mock_says_so(runner: Runner) -> None:
    done = runner.step("summary.sh")
    assert (done.returncode, "no tiktok-mock was started" in done.stdout) == (1, True)


def test_install_puts_our_commands_alone_on_the_path(runner: Runner, tmp_path: Path) -> None:
    """With a wheel of no content, so that nothing is fetched."""
    name = "tiktok_upload_mock-1.0"
    wheel = tmp_path / f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("stand_in.py", "def main():\n    print('it is I')\n")
        archive.writestr(
            f"{name}.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiktok-upload-mock\nVersion: 1.0\n"
        )
        tags = "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr(f"{name}.dist-info/WHEEL", tags)
        archive.writestr(f"{name}.dist-info/entry_points.txt", "[console_scripts]\ntiktok-mock = stand_in:main\n")
        archive.writestr(f"{name}.dist-info/RECORD", "")
    done = runner.step("install.sh", MOCK_PACKAGE=str(wheel), MOCK_PYTHON=sys.executable, PIP_NO_INDEX="1")
    assert done.returncode == 0, done.stdout + done.stderr
    added = Path((runner.folder / "GITHUB_PATH").read_text().strip())
    assert sorted(path.name for path in added.iterdir()) == ["tiktok-conformance", "tiktok-mock", "tiktok-upload"]
    assert subprocess.check_output([added / "tiktok-mock"], text=True) == "it is I\n"
