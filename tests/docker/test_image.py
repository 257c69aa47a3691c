"""The image and the compose example, without an engine: their own commands, run here against real processes."""

import http.client
import json
import re
import shlex
import socket
import ssl
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.commands import SECONDS, environment

ROOT = Path(__file__).parents[2]
TOKEN = "for-tests-only"


def instructions() -> list[tuple[str, str]]:
    """Those of the Dockerfile, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1].strip()) for line in text.splitlines() if line]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    return found[max(number for number, (name, _) in enumerate(found) if name == "FROM") :]


def only(name: str) -> str:
    (value,) = [value for one, value in last_stage() if one == name]
    return value


def image_environment(tmp_path: Path) -> dict[str, str]:
    """ENV of the image; its path and its port are this test's."""
    told = dict(word.split("=", 1) for word in shlex.split(only("ENV")))
    assert told.pop("PATH").startswith("/opt/tiktok-mock/bin:")
    assert told["TIKTOK_MOCK_READY_FILE"].startswith("/run/tiktok-mock/")
    assert told["TIKTOK_MOCK_PORT"] == only("EXPOSE")
    return {**told, "TIKTOK_MOCK_PORT": "0", "TIKTOK_MOCK_READY_FILE": str(tmp_path / "ready.json")}


def entrypoint(*words: str) -> list[str]:
    first, *rest = json.loads(only("ENTRYPOINT"))
    assert first == "tiktok-mock"
    return [sys.executable, "-m", "mockserver", *rest, *words]


@contextmanager
def container(tmp_path: Path, *words: str) -> Iterator[dict[str, str]]:
    """What `docker run -e TIKTOK_MOCK_CONTROL_TOKEN=... IMAGE WORDS` starts: its environment."""
    told = {**image_environment(tmp_path), "TIKTOK_MOCK_CONTROL_TOKEN": TOKEN}
    with subprocess.Popen(
        entrypoint(*words), stdout=subprocess.PIPE, text=True, env=environment(**told)
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("tiktok-mock ready at http")
            yield told
        finally:
            process.terminate()
            process.communicate(timeout=SECONDS)


def health(told: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """HEALTHCHECK's command; its file is the one that was copied there."""
    command = json.loads(only("HEALTHCHECK").partition(" CMD ")[2])
    copied = {
        there: here for name, value in last_stage() if name == "COPY" for here, there in [value.split()[-2:]]
    }
    python, script = command
    assert python == "python"
    return subprocess.run(
        [sys.executable, str(ROOT / copied[script])],
        env=environment(**told),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.mark.parametrize("options", [[], ["--tls"]], ids=["http", "https"])
def test_health_of_a_server_that_is_up_and_of_one_that_is_gone(tmp_path: Path, options: list[str]) -> None:
    with container(tmp_path, *options) as told:
        facts = (tmp_path / "ready.json").read_text()
        assert "//0.0.0.0:" in facts
        up = health(told)
        assert (up.returncode, up.stderr) == (0, "")
    for text in ("", facts):
        (tmp_path / "ready.json").write_text(text)
        gone = health(told)
        assert gone.returncode == 1
        assert gone.stderr.startswith("no tiktok-mock is up: ")
        assert gone.stderr.count("\n") == 1


def test_the_control_token_is_compulsory(tmp_path: Path) -> None:
    done = subprocess.run(
        entrypoint(),
        env=environment(**image_environment(tmp_path)),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 2
    assert "give --control-token TOKEN too" in done.stderr


def test_nobody_is_root_and_no_token_is_in_the_image() -> None:
    assert only("USER") == "mock"
    assert re.search(r"\buseradd --uid [1-9][0-9]* .*\bmock\b", only("RUN"))
    assert "TOKEN" not in "".join(value for _, value in instructions())
    for name, value in instructions():
        if name == "RUN":
            subprocess.run(["sh", "-n", "-c", value], check=True)


def test_what_is_copied_is_let_in_and_is_all_that_a_build_needs() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert {name for name in let_in if not (ROOT / name).exists()} == set()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {"pyproject.toml", project["project"]["readme"], *project["project"]["license-files"]}
    wanted |= set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    copied = [value.split()[-2] for name, value in last_stage() if name == "COPY" and "--from" not in value]
    assert let_in == {*wanted, *copied}
    assert "tls" in project["project"]["optional-dependencies"]


def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.example.yml").read_text())


def ask(
    ready: Path, method: str, path: str, body: str | None = None, **headers: str
) -> tuple[int, dict[str, Any]]:
    """As a client of the compose network does that trusts the volume's CA: by TikTok's name, on TLS."""
    facts = json.loads(ready.read_text())
    port = int(facts["url"].rpartition(":")[2])
    connection = http.client.HTTPSConnection("open.tiktokapis.com")
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as plain:
        trust = ssl.create_default_context(cafile=ready.parent / "ca" / "ca.pem")
        with trust.wrap_socket(plain, server_hostname="open.tiktokapis.com") as connection.sock:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, json.load(answer)


def test_compose_example_is_tiktok_for_its_neighbours(tmp_path: Path) -> None:
    services = compose()["services"]
    tiktok, uploader = services["tiktok"], services["uploader"]
    assert tiktok["networks"]["default"]["aliases"] == ["open.tiktokapis.com", "open-upload.tiktokapis.com"]
    assert tiktok["environment"] == {"TIKTOK_MOCK_CONTROL_TOKEN": TOKEN}
    assert uploader["depends_on"] == {"tiktok": {"condition": "service_healthy"}}
    assert {value for value in uploader["environment"].values() if value.startswith("/")} == {"/ca/ca.pem"}
    assert tiktok["volumes"] == ["ca:/ca"]
    assert uploader["volumes"] == ["ca:/ca:ro"]
    assert "/ca" in only("RUN"), "the volume has to be the user's"
    command = " ".join(tiktok["command"])
    here = command.replace("--port 443", "--port 0").replace("--ca-dir /ca", f"--ca-dir {tmp_path / 'ca'}")
    assert here.count("--port 0") == here.count(str(tmp_path)) == 1
    ready = tmp_path / "ready.json"
    with container(tmp_path, *here.split()) as told:
        assert health(told).returncode == 0
        plan = {"source": "FILE_UPLOAD", "video_size": 9000, "chunk_size": 9000, "total_chunk_count": 1}
        asked = json.dumps({"source_info": plan})
        path = "/v2/post/publish/inbox/video/init/"
        status, made = ask(ready, "POST", path, asked, Authorization="Bearer me")
        assert status == 200
        assert made["data"]["upload_url"].startswith("https://open-upload.tiktokapis.com/video/?")
        status, seen = ask(ready, "GET", "/_mock/uploads", Authorization=f"Bearer {TOKEN}")
        assert (status, len(seen["uploads"])) == (200, 1)
        assert ask(ready, "GET", "/_mock/uploads")[0] == 401


def test_ci_page_tells_that_the_image_is_not_built_here() -> None:
    assert "is not built in this project's CI" in (ROOT / "docs" / "ci.md").read_text()
