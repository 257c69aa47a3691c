"""`tiktok-conformance client` as a user runs it: exit codes, sentences, reports, processes that do not end."""

import io
import json
import os
import re
import select
import sys
import textwrap
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from conformance.cases import Outcome
from conformance.client import trying
from conformance.client.command import Wanted, judge_client
from conformance.client.judging import Trying, opened, try_all
from conformance.client.launcher import CommandClient, Job
from conformance.client.scenario import load_scenarios
from conformance.client.trying import Terms
from conformance.selection import SelectionError
from support.commands import run

GOOD = [sys.executable, "-m", "client_reference", "{file}", "--api-base", "{api_base}", "--token", "{token}"]
BASE = ["client", "--mb", "1000"]


def script(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "uploader.py"
    path.write_text(textwrap.dedent(text))
    return [sys.executable, str(path)]


def test_a_good_client_and_its_reports(tmp_path: Path) -> None:
    files = ["--json", str(tmp_path / "out.json"), "--junit", str(tmp_path / "out.xml")]
    chosen = ["--only", "plain", "--only", "503-last", "--only", "final-lost"]
    done = run("conformance", *BASE, *chosen, *files, "--", *GOOD, "--mb", "{mb}")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "  ok    C-RETRY-LOST-FINAL (must): 1 pass" in done.stdout.splitlines()
    told = json.loads((tmp_path / "out.json").read_text())
    assert (told["summary"]["fail"], told["summary"]["error"]) == (0, 0)
    cards = {one["id"]: one["scorecard"] for one in told["scenarios"]}
    assert list(cards) == ["plain", "503-last", "final-lost"]
    assert (cards["plain"]["retries"], cards["plain"]["bytes_beyond"]) == (0, 0)
    assert (cards["503-last"]["retries"], cards["503-last"]["posts"]) == (1, 1)
    assert cards["final-lost"]["recovery"] is None, "nobody says that it is in: 416 does"
    assert ET.parse(tmp_path / "out.xml").getroot().get("name") == "tiktok-conformance client"


def test_a_client_that_is_handed_its_url() -> None:
    words = [*GOOD[:4], "--upload-url", "{upload_url}", "--chunk-size", "{chunk_size}", "--mb", "{mb}"]
    done = run("conformance", *BASE, "--only", "C-416-RESYNC", "--", *words)
    assert done.returncode == 0, done.stdout
    assert "C-416-RESYNC (must): 5 pass" in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["no-such-uploader", "{file}"], 3, "the client does not run: no-such-uploader: not found."),
        ([sys.executable, "-c", "raise SystemExit(127)"], 3, "the client does not run: exit code 127."),
        (["/etc/passwd"], 3, "the client does not run: /etc/passwd: Permission denied."),
        ([], 2, "-- CMD says how to upload a file"),
    ],
)
def test_what_cannot_be_run(words: list[str], code: int, sentence: str) -> None:
    done = run("conformance", *BASE, "--", *words)
    assert done.returncode == code
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--only", "C-PLANN"], "'C-PLANN' means no scenario and no clause; --list shows all"),
        (["--only", "plain", "--skip", "plain"], "--only and --skip leave no scenario to run"),
        (["--json", "/no/such/folder/out.json"], "there is no directory /no/such/folder"),
        (["--mb", "10"], "10 is not in the range"),
    ],
)
def test_wrong_usage(options: list[str], sentence: str) -> None:
    done = run("conformance", "client", *options, "--", *GOOD)
    assert done.returncode == 2
    assert sentence in done.stderr


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nonsense", "is no TOML"),
        ("", "has no [[scenario]]"),
        ('[[scenario]]\nid = "a"\nfor = ["C-END"]', "scenario 'a': wanted 'sentence'"),
        (
            '[[scenario]]\nid = "a"\nsentence = "s"\nfor = ["C-END"]\nsize = "5 KB"',
            "wanted a size like '5 MB - 1'",
        ),
        ('[[scenario]]\nid = "a"\nsentence = "s"\nfor = ["C-END"]\ncolour = "red"', "unknown: colour"),
    ],
)
def test_a_replay_that_cannot_be_read(text: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(text)
    done = run("conformance", *BASE, "--replay", str(tmp_path / "mine.toml"), "--", *GOOD)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_scenario_of_ones_own_may_move_the_clock(tmp_path: Path) -> None:
    """The post is processed for an hour, which is over as soon as the client has asked once."""
    (tmp_path / "mine.toml").write_text(
        """
        [[scenario]]
        id = "an-hour"
        sentence = "The post is processed for an hour."
        for = ["C-STATUS-POLL"]
        size = "2 M"
        options = ["--publish-delay", "3600"]
        moves = [{ operation = "status", count = 1, advance = 3600 }]
        """
    )
    report = tmp_path / "out.json"
    mine = ["--replay", str(tmp_path / "mine.toml"), "--json", str(report)]
    done = run("conformance", *BASE, *mine, "--", *GOOD, "--mb", "{mb}")
    assert done.returncode == 0, done.stdout
    (told,) = json.loads(report.read_text())["scenarios"]
    assert told["exit_code"] == 0
    assert told["scorecard"]["requests"] == 4, "init, a chunk, and status twice"


TAKES_416_FOR_THE_END = """
import http.client, json, os, sys, urllib.parse
size, at = os.path.getsize(os.environ["TIKTOK_FILE"]), 0
plan = {"video_size": size, "chunk_size": 10000, "total_chunk_count": size // 10000}
body = {"source_info": {"source": "FILE_UPLOAD", **plan}}
api = http.client.HTTPConnection(urllib.parse.urlsplit(os.environ["TIKTOK_API_BASE"]).netloc)
api.request("POST", "/v2/post/publish/inbox/video/init/", json.dumps(body), {"Authorization": "Bearer t"})
url = urllib.parse.urlsplit(json.load(api.getresponse())["data"]["upload_url"])
while at < size:
    end = size if size - at < 20000 else at + 10000
    put = http.client.HTTPConnection(url.netloc)
    headers = {"Content-Type": "video/mp4", "Content-Range": f"bytes {at}-{end - 1}/{size}"}
    try:
        put.request("PUT", f"{url.path}?{url.query}", bytes(end - at), headers)
        status = put.getresponse().status
    except OSError:
        continue
    if status == 416:
        break
    at = end
"""


def test_what_was_broken_first_is_told_though_nobody_asked_for_it(tmp_path: Path) -> None:
    """--only names a clause that nothing can be said about, because another one (C-END) was broken on the way."""
    words = script(tmp_path, TAKES_416_FOR_THE_END)
    done = run("conformance", *BASE, "--only", "C-RETRY-LOST-*", "--only", "C-STOP-403", "--", *words)
    assert done.returncode == 1, done.stdout
    assert "FAIL  C-END (must)" in done.stdout
    skipped = run("conformance", *BASE, "--only", "C-RETRY-LOST-*", "--skip", "C-END", "--", *words)
    assert "C-END (must)" not in skipped.stdout


def test_a_plain_upload_that_fails_is_told_though_nobody_asked_for_it(tmp_path: Path) -> None:
    done = run(
        "conformance",
        *BASE,
        "--only",
        "one-byte",
        "--only",
        "503-first",
        "--",
        *script(tmp_path, "raise SystemExit(1)"),
    )
    assert done.returncode == 1, done.stdout
    assert "C-END/plain: " in done.stdout
    assert "; it sent nothing to the mock, which is at {api_base} (TIKTOK_API_BASE)" in done.stdout


@pytest.mark.parametrize("word", ["{flie}", "--to={api-base}", "{apibase}"])
def test_a_placeholder_that_is_a_slip_of_the_pen(word: str) -> None:
    done = run("conformance", *BASE, "--only", "plain", "--", sys.executable, "-c", "pass", word)
    wrong = "api-base" not in word
    assert done.returncode == (2 if wrong else 1), done.stdout + done.stderr
    assert ("did you mean {" in done.stderr) is wrong


def test_other_words_in_braces_are_the_commands_own() -> None:
    done = run(
        "conformance", *BASE, "--only", "plain", "--", "sh", "-c", "awk '{print}' {file} | exit 1; echo ${HOME}"
    )
    assert "did you mean" not in done.stderr


def test_a_clause_of_real_units_alone() -> None:
    done = run("conformance", *BASE, "--only", "C-PLAN-PORTABLE", "--", *GOOD)
    assert done.returncode == 2
    assert "C-PLAN-PORTABLE is judged in real units only: leave out --mb" in done.stderr
    listed = run("conformance", "client", "--only", "C-PLAN-PORTABLE", "--list")
    assert "a-byte-above-64-mb" in listed.stdout


def test_known_failures_and_stale_ones(tmp_path: Path) -> None:
    words = script(tmp_path, "raise SystemExit(1)")
    (tmp_path / "known").write_text("C-END/plain # not written yet\n")
    known = ["--known-failing", str(tmp_path / "known")]
    done = run("conformance", *BASE, "--only", "plain", *known, "--", *words)
    assert "known C-END (must): 1 fail" in done.stdout
    done = run("conformance", *BASE, "--only", "plain", *known, "--", *GOOD, "--mb", "{mb}")
    assert done.returncode == 1
    assert "stale: C-END/plain is listed as known failing, but does not fail" in done.stdout


def test_the_property_finds_and_saves_the_smallest(tmp_path: Path) -> None:
    words = script(
        tmp_path,
        """
        import asyncio, os, sys
        import client_reference
        retry = client_reference.RetryPolicy(attempts=1)
        upload = client_reference.upload(
            os.environ["TIKTOK_FILE"], token="t", api_base=os.environ["TIKTOK_API_BASE"], mb=1000, retry=retry
        )
        try:
            asyncio.run(upload)
        except client_reference.UploadError as error:
            sys.exit(str(error))
        """,
    )
    drawn = ["--only", "plain", "--examples", "20", "--seed", "7"]
    done = run("conformance", *BASE, *drawn, "--", *words, cwd=tmp_path)
    assert done.returncode == 1, done.stdout
    saved = tmp_path / "tiktok-client-seed-7.toml"
    assert "Again: tiktok-conformance client --replay tiktok-client-seed-7.toml -- CMD" in done.stdout
    assert saved.read_text().count("when = ") == 1, "shrunk to one fault"
    again = run("conformance", *BASE, "--replay", str(saved), "--", *words)
    assert again.returncode == 1
    assert "/drawn: A file of" in again.stdout
    good = run("conformance", *BASE, "--replay", str(saved), "--", *GOOD, "--mb", "{mb}")
    assert good.returncode == 0, good.stdout


def test_without_hypothesis_nothing_can_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    monkeypatch.delitem(sys.modules, "conformance.client.drawn", raising=False)
    wanted = Wanted(Trying(Terms(mb=1000)), only=("plain",), examples=1)
    with pytest.raises(SelectionError, match=re.escape("pip install 'tiktok-upload-mock[conformance]'")):
        judge_client([sys.executable, "-c", "raise SystemExit(1)"], wanted, Console(file=io.StringIO()))


def job(tmp_path: Path) -> Job:
    return Job(tmp_path / "video.mp4", 10, "http://127.0.0.1:1", "t", 1000)


@pytest.mark.parametrize(("more", "code"), [(["stay"], None), ([], 0)])
def test_the_whole_process_group_is_ended(tmp_path: Path, more: list[str], code: int | None) -> None:
    """A child of the client outlives neither the client nor its time."""
    words = script(
        tmp_path,
        f"""
        import os, subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        open({str(tmp_path / "new")!r}, "w").write(str(child.pid))
        os.rename({str(tmp_path / "new")!r}, {str(tmp_path / "pid")!r})
        if sys.argv[1:] == ["stay"]:
            time.sleep(600)
        """,
    )
    pid = tmp_path / "pid"
    ended = CommandClient([*words, *more]).run(job(tmp_path), 120.0, lambda: not more or not pid.exists())
    assert ended.exit_code == code
    assert ends(int(pid.read_text()))


ASKS_WITHOUT_END = """
import os, urllib.error, urllib.request
while True:
    try:
        urllib.request.urlopen(os.environ["TIKTOK_API_BASE"] + "/nothing")
    except urllib.error.HTTPError as error:
        error.read()
"""


@pytest.mark.parametrize("intercept", [False, True])
def test_a_command_that_asks_without_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, intercept: bool
) -> None:
    """And told so with the number of its requests, though none of them was for TikTok."""
    monkeypatch.setattr(trying, "MOST_REQUESTS", 50)
    how = Trying(Terms(mb=1000), jobs=1, intercept=intercept)
    with opened(CommandClient(script(tmp_path, ASKS_WITHOUT_END)), how) as bench:
        (tried,) = try_all(bench, [one for one in load_scenarios() if one.id == "plain"], how)
    assert tried.evidence is not None
    ended = tried.evidence.ended
    assert (ended.exit_code, ended.hammered, ended.running) == (None, True, False)
    assert ended.requests >= 50
    (told,) = {one.actual for one in tried.findings if one.outcome is Outcome.FAIL}
    assert told == f"no end after {ended.requests:,} requests in {ended.seconds:.1f} s with no upload begun"


def ends(pid: int) -> bool:
    """Whether a process that was killed has ended, or ends soon."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    readable, _, _ = select.select([handle], [], [], 30)
    os.close(handle)
    return bool(readable)


def test_a_talkative_client_is_read_to_the_end_and_not_kept(tmp_path: Path) -> None:
    words = script(tmp_path, 'print("x" * 5_000_000); import sys; print("the end", file=sys.stderr)')
    ended = CommandClient(words).run(job(tmp_path), 30.0, lambda: True)
    assert (ended.exit_code, ended.stderr) == (0, "the end\n")
    assert len(ended.stdout) == 8192
    assert ended.peak_memory > 1_000_000


@pytest.mark.parametrize(
    ("listed", "given"),
    [
        ({}, "127.0.0.1,localhost,::1"),
        ({"no_proxy": "corp.example"}, "corp.example,127.0.0.1,localhost,::1"),
        ({"no_proxy": " * "}, "*"),
        ({"no_proxy": "", "NO_PROXY": "*"}, "*"),
    ],
)
def test_no_proxy_of_the_machine_is_asked_for_the_mock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: dict[str, str], given: str
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in listed.items():
        monkeypatch.setenv(name, value)
    words = script(tmp_path, "import os; print(os.environ.get('no_proxy'), os.environ.get('NO_PROXY'))")
    ended = CommandClient(words).run(job(tmp_path), 30.0, lambda: True)
    assert ended.stdout.split() == [given, given]


def test_what_it_is_given(tmp_path: Path) -> None:
    words = script(
        tmp_path,
        """
        import json, os, sys
        own = {name: value for name, value in os.environ.items() if name.startswith("TIKTOK_")}
        print(json.dumps([sys.argv[1:], own, os.listdir(), sys.stdin.read()]))
        """,
    )
    given = Job(tmp_path / "video.mp4", 10, "http://127.0.0.1:1", "t", 1000, "http://127.0.0.1:1/video/", 10, 1)
    client = CommandClient([*words, "{file}", "{upload_url}x", "{video_size}/{chunk_size}"])
    assert client.handed
    os.environ["TIKTOK_OTHER"] = "not passed on"
    try:
        ended = client.run(given, 30.0, lambda: True)
    finally:
        del os.environ["TIKTOK_OTHER"]
    assert json.loads(ended.stdout) == [
        [str(tmp_path / "video.mp4"), "http://127.0.0.1:1/video/x", "10/10"],
        {
            "TIKTOK_FILE": str(tmp_path / "video.mp4"),
            "TIKTOK_UPLOAD_URL": "http://127.0.0.1:1/video/",
            "TIKTOK_API_BASE": "http://127.0.0.1:1",
            "TIKTOK_ACCESS_TOKEN": "t",
            "TIKTOK_VIDEO_SIZE": "10",
            "TIKTOK_CHUNK_SIZE": "10",
            "TIKTOK_TOTAL_CHUNK_COUNT": "1",
            "TIKTOK_MB": "1000",
        },
        [],
        "",
    ]
