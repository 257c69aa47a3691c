"""The command: exit codes, sentences, what goes to stdout."""

import asyncio
import json
import signal
import subprocess
import sys
from dataclasses import replace
from importlib import metadata

import pytest
from click.testing import CliRunner

from client_reference import cli, errors
from client_reference.plan import ChunkPlan
from client_reference.steps import UploadJob, UploadResult
from client_reference.transport import Answer, Exchange, NoAnswer, Progress


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(bytes(25_500))
    return path


@pytest.fixture
def command(monkeypatch):
    """Runs the command with `upload` replaced by `outcome`; keeps what it was called with."""
    calls = []

    def run(*arguments, outcome=None, env=None):
        async def upload(path, **options):
            calls.append((path, options))
            if isinstance(outcome, BaseException):
                raise outcome
            if callable(outcome):
                outcome(options)
            return UploadResult("v_pub", "PUBLISH_COMPLETE", 25_500, 4, 1)

        monkeypatch.setattr("client_reference.transport.upload", upload)
        result = CliRunner().invoke(cli.main, [str(argument) for argument in arguments], env=env)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    run.calls = calls
    return run


NO_ENV = {"TIKTOK_ACCESS_TOKEN": None, "TIKTOK_API_BASE": None}


def test_uploaded(command, video):
    result = command(video, "--token", "t", env=NO_ENV)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "uploaded 25500 bytes in 4 requests, 1 retries, v_pub PUBLISH_COMPLETE\n"
    path, options = command.calls[0]
    del options["progress"], options["exchange"]
    assert path == video
    assert options == {
        "token": "t",
        "api_base": "https://open.tiktokapis.com",
        "draft": False,
        "title": "",
        "privacy_level": "SELF_ONLY",
        "upload_url": None,
        "chunk_size": None,
        "mb": None,
        "resume_file": None,
        "limit_rate": None,
        "wait": True,
    }


def test_every_option(command, video):
    words = (
        "--draft --title Hello --privacy PUBLIC_TO_EVERYONE --upload-url http://h/u --chunk-size 5000 --mb 1000"
    )
    env = {"TIKTOK_ACCESS_TOKEN": "e", "TIKTOK_API_BASE": "http://h"}
    assert command(video, *words.split(), "--no-wait", env=env).exit_code == 0
    _, options = command.calls[0]
    del options["progress"], options["exchange"]
    assert options == {
        "token": "e",
        "api_base": "http://h",
        "draft": True,
        "title": "Hello",
        "privacy_level": "PUBLIC_TO_EVERYONE",
        "upload_url": "http://h/u",
        "chunk_size": 5000,
        "mb": 1000,
        "resume_file": None,
        "limit_rate": None,
        "wait": False,
    }


@pytest.mark.parametrize(
    ("said", "rate"), [("1", 1), ("500000", 500_000), ("500k", 512_000), ("2M", 2_097_152), ("1g", 1_073_741_824)]
)
def test_limit_rate_and_resume_file(command, video, tmp_path, said, rate):
    state = tmp_path / "state"
    assert command(video, "--token", "t", "--limit-rate", said, "--resume-file", state).exit_code == 0
    _, options = command.calls[0]
    assert (options["limit_rate"], options["resume_file"]) == (rate, state)


def test_json(command, video):
    result = command(video, "--token", "t", "--json")
    assert json.loads(result.stdout) == {
        "uploaded": True,
        "publish_id": "v_pub",
        "status": "PUBLISH_COMPLETE",
        "uploaded_bytes": 25_500,
        "requests": 4,
        "retries": 1,
    }


def test_plain_lines(command, video):
    def exchanges(options):
        job = UploadJob(ChunkPlan(25, 10, 2), token="t")
        chunk = job.chunk_request("http://h/", job.plan.chunk(2), 0.0)
        options["progress"](Progress(1, 0, 25))
        options["exchange"](Exchange(job.init_request(), Answer(200, {}, b""), 0.0))
        again = replace(job.init_request(), because="the saved upload had another file")
        options["exchange"](Exchange(again, Answer(200, {}, b""), 0.0))
        options["exchange"](Exchange(chunk, NoAnswer("no sign of life for 20 s", sent=True), 0.52))
        options["exchange"](Exchange(chunk, Answer(201, {}, b""), 0.0))
        options["exchange"](Exchange(job.status_request("v", 0.0), Answer(503, {}, b""), 2.0))

    result = command(video, "--token", "t", outcome=exchanges)
    assert result.stdout.splitlines()[:-1] == [
        "init: 200",
        "init, as the saved upload had another file: 200",
        "chunk 2 bytes 10-24/25: no sign of life for 20 s, next in 0.5 s",
        "chunk 2 bytes 10-24/25: 201",
        "status: 503, next in 2.0 s",
    ]
    silent = command(video, "--token", "t", "--json", outcome=exchanges)
    assert len(silent.stdout.splitlines()) == 1


def test_a_bar_on_a_terminal(command, video, monkeypatch):
    def progress(options):
        options["progress"](Progress(25_500, 25_500, 25_500))
        options["exchange"](None)

    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
    result = command(video, "--token", "t", outcome=progress, env={"COLUMNS": "100", "TERM": "xterm"})
    assert "clip.mp4" in result.stdout
    assert "uploaded 25500 bytes" in result.stdout


@pytest.mark.parametrize(
    ("outcome", "code", "told"),
    [
        (errors.UploadExpired(), 1, {"kind": "UploadExpired", "fault": "service", "retryable": True}),
        (errors.BadRequest(400, "bytes 0-9/25"), 1, {"kind": "BadRequest", "fault": "caller", "retryable": False}),
        (errors.GaveUp(6, "HTTP 503"), 1, {"kind": "GaveUp", "fault": "service", "retryable": True}),
        (
            errors.PlanError("The file has 0 bytes."),
            2,
            {"kind": "PlanError", "fault": "caller", "retryable": False},
        ),
        (errors.ResumeTrouble("No."), 3, {"kind": "ResumeTrouble", "fault": "caller", "retryable": False}),
        (errors.Unreachable(6, "cut"), 3, {"kind": "Unreachable", "fault": "network", "retryable": True}),
    ],
)
def test_failures(command, video, outcome, code, told):
    result = command(video, "--token", "t", "--json", outcome=outcome)
    assert result.exit_code == code
    assert result.stderr == f"Error: {outcome}\n"
    assert json.loads(result.stdout) == {"uploaded": False, "error": {**told, "message": str(outcome)}}
    assert command(video, "--token", "t", outcome=outcome).stdout == ""


def test_interrupted(command, video):
    result = command(video, "--token", "t", outcome=KeyboardInterrupt())
    assert (result.exit_code, result.stderr) == (
        130,
        "Error: Interrupted; if the last chunk had gone out, look for the post before uploading again.\n",
    )


async def test_ctrl_c_ends_a_running_upload_with_130(video):
    async def hold(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        process.send_signal(signal.SIGINT)
        await reader.read()
        writer.close()

    listener = await asyncio.start_server(hold, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    command = "-m", "client_reference", str(video), "--token", "t", "--api-base", url
    pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
    process = await asyncio.create_subprocess_exec(sys.executable, *command, **pipes)
    assert await process.communicate() == (
        b"",
        b"Error: Interrupted; if the last chunk had gone out, look for the post before uploading again.\n",
    )
    assert process.returncode == 130
    listener.close()


def test_interrupted_with_a_resume_file(command, video, tmp_path):
    result = command(video, "--token", "t", "--resume-file", tmp_path / "state", outcome=KeyboardInterrupt())
    assert (result.exit_code, result.stderr) == (
        130,
        "Error: Interrupted; the same command goes on where the server is.\n",
    )


def test_version(command):
    assert command("--version").stdout == f"tiktok-upload, version {metadata.version('tiktok-upload-mock')}\n"


def test_unreadable(command, video):
    result = command(video, "--token", "t", outcome=OSError(5, "Input/output error"))
    assert (result.exit_code, result.stderr) == (3, f"Error: {video} cannot be read: Input/output error.\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere.mp4", "--token", "t"], "File 'nowhere.mp4' does not exist."),
        ([], "Missing argument 'FILE'."),
        (["{video}"], "The access token is missing; give it as --token T or in TIKTOK_ACCESS_TOKEN."),
        (["{video}", "--token", "t", "--chunk-size", "many"], "'many' is not a valid integer range."),
        (["{video}", "--token", "t", "--mb", "199"], "199 is not in the range x>=200."),
        (["{video}", "--token", "t", "--limit-rate", "0"], "'0' is no number of bytes a second"),
        (["{video}", "--token", "t", "--limit-rate", "-1"], "'-1' is no number of bytes a second"),
        (["{video}", "--token", "t", "--limit-rate", "2T"], "'2T' is no number of bytes a second"),
    ],
)
def test_wrong_usage(command, video, arguments, sentence):
    result = command(*[argument.replace("{video}", str(video)) for argument in arguments], env=NO_ENV)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert not command.calls


def test_a_given_upload_needs_no_token(command, video):
    assert command(video, "--upload-url", "http://h/u", env=NO_ENV).exit_code == 0


def test_the_module_runs_and_a_wrong_api_base_is_wrong_usage(video):
    run = [sys.executable, "-m", "client_reference", str(video), "--token", "t", "--api-base", "ftp://h"]
    done = subprocess.run(run, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr == "Error: The API base 'ftp://h' is not an absolute http or https URL.\n"


@pytest.mark.parametrize(
    "code",
    [
        "import client_reference; client_reference.ChunkPlan.for_size(1)",
        "from client_reference.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass",
    ],
    ids=["plan", "help"],
)
def test_nothing_heavy_is_loaded_before_it_is_used(code):
    heavy = "{'aiohttp', 'rich', 'mockserver', 'conformance'}"
    check = f"\nimport sys\nassert not {heavy} & set(sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code + check], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_public_names():
    import client_reference

    for name in client_reference.__all__:
        assert getattr(client_reference, name)
    with pytest.raises(AttributeError, match="has no attribute 'download'"):
        client_reference.download  # noqa: B018 - the access is what is tested
