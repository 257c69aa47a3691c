"""Unmodified clients with the real URL in their code: init, chunks and status end at the mock."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from support.commands import make_file, run
from support.stacks import ELSEWHERE, HERE, Stack

ROOT = Path(__file__).parents[2]
FOLDER = "TIKTOK_MOCK_STACKS"
"""The variable that names the folder where .ci/run has put axios, when it has installed the other stacks too."""


def in_all_modes(stacks: tuple[Stack, ...]) -> pytest.MarkDecorator:
    cases = [(stack, mode) for stack in stacks for mode in stack.modes]
    ids = [f"{stack.name}-{mode}" for stack, mode in cases]
    return pytest.mark.parametrize(("stack", "mode"), cases, ids=ids)


def check(
    stack: Stack, mode: str, tmp_path: Path, upload_host: str = "open-upload.tiktokapis.com", **more: str
) -> None:
    video = make_file(tmp_path / "video.mp4", 12_345)
    journal = tmp_path / "journal"
    options = ["--intercept", mode, "--mb", "1000", "--quiet", "--fail-on-refused", "--journal", str(journal)]
    command = [part.replace("{file}", str(video)) for part in stack.command]
    done = run("mockserver", "exec", *options, "--", *command, NO_PROXY="*", no_proxy="*", **more)
    assert (done.returncode, done.stdout.split()) == (0, ["SEND_TO_USER_INBOX"]), done.stderr
    seen = []
    for line in journal.read_text().splitlines():
        entry = json.loads(line)
        headers = {name.lower(): value for name, value in entry["request"]["headers"]}
        seen.append((entry["operation"], headers["host"], entry["content_range"], entry["answer"]["status"]))
    assert seen == [
        ("init", "open.tiktokapis.com", None, 200),
        ("chunk", upload_host, "bytes 0-5999/12345", 206),
        ("chunk", upload_host, "bytes 6000-12344/12345", 201),
        ("status", "open.tiktokapis.com", None, 200),
    ]
    assert "1 upload, 1 complete; 4 requests, 0 refused" in done.stderr


@in_all_modes(HERE)
def test_client_that_knows_only_the_real_url(
    stack: Stack, mode: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if mode == "netns":
        request.getfixturevalue("namespaces")
    if stack.name == "curl" and shutil.which("curl") is None:
        pytest.skip("this machine has no curl")
    check(stack, mode, tmp_path)


def test_upload_host_can_be_a_regional_one(tmp_path: Path) -> None:
    upload = next(stack for stack in HERE if stack.name == "Python requests")
    check(
        upload, "proxy", tmp_path, "upload.us.tiktokapis.com", TIKTOK_MOCK_UPLOAD_HOST="upload.us.tiktokapis.com"
    )


@pytest.mark.skipif(FOLDER not in os.environ, reason=f"this machine has no {FOLDER}: .ci/run sets it")
@in_all_modes(ELSEWHERE)
def test_client_of_another_language_that_knows_only_the_real_url(stack: Stack, mode: str, tmp_path: Path) -> None:
    # No skips: who sets the variable has installed Node with axios, PHP with curl, and Java, and may unshare.
    check(stack, mode, tmp_path, **{FOLDER: os.environ[FOLDER]})


def test_page_says_for_each_stack_what_works() -> None:
    page = (ROOT / "docs" / "intercept.md").read_text()
    rows = re.findall(r"^\| (.+?) \| (yes|no|[^|]*from [^|]*) \| (yes|no) \|", page, re.MULTILINE)
    told = {name: (proxy, netns) for name, proxy, netns in rows}
    assert list(told) == [stack.name for stack in (*HERE, *ELSEWHERE)]
    for stack in (*HERE, *ELSEWHERE):
        proxy, netns = told[stack.name]
        assert ((proxy == "yes"), (netns == "yes")) == ("proxy" in stack.modes, "netns" in stack.modes), stack.name
