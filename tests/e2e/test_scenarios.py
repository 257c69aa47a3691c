"""Every scenario that comes with the package, gone through by the reference client; and how one is asked for."""

import asyncio
import json
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import xxhash

import client_reference
from client_reference import errors
from client_reference.transport import Answer, Exchange, Timeouts
from mockserver.clock import Clock, ManualClock
from mockserver.config import Config
from mockserver.faults.reading import read_faults
from mockserver.faults.scenarios import load_scenario, scenario_names
from mockserver.protocol.rules import DOCUMENTED
from support.commands import make_file, run, serving
from support.servers import ThreadServer

ONE_BYTE, ONE_CHUNK, THREE_CHUNKS = 1, 7000, 30_123
SIZES = [ONE_BYTE, ONE_CHUNK, THREE_CHUNKS]
SILENT_FOR_A_MINUTE = ("stalls", "stalled-answer")

ENDS_WITH: dict[str, type[errors.UploadError] | None] = {
    "bad-day": None,
    "bad-request": errors.BadRequest,
    "blind-416": None,
    "closes": None,
    "early-413": errors.UploadError,  # whichever of the 413 and the end of the connection is seen first
    "early-refusal": None,
    "expired-in-flight": errors.UploadExpired,
    "expired-midway": errors.UploadExpired,
    "final-206": None,
    "flaky-gateway": None,
    "flaky-status": None,
    "forgotten-upload": errors.UploadUnknown,
    "garbage-answers": None,
    "gateway-timeout": None,
    "long-retry-after": errors.GaveUp,
    "lost-answer": None,
    "lost-final-answer": None,
    "lost-init-answer": None,
    "no-progress": None,
    "overloaded": None,
    "posting-limit": errors.InitRefused,
    "publish-fails": errors.PublishFailed,
    "rate-limited": None,
    "redirected-init": errors.RedirectRefused,
    "redirects": errors.RedirectRefused,
    "resets": None,
    "resets-for-ever": errors.GaveUp,
    "restarts-connection": None,
    "slow-answer": None,
    "slow-network": None,
    "slow-publish": None,
    "stalled-answer": None,
    "stalls": None,
    "token-refused": errors.InitRefused,
    "truncated-answers": None,
    "unavailable-for-ever": errors.GaveUp,
    "wrong-progress": None,
}
NOT_FOR_THIS_CLIENT = {"creator-capped"}
"""It does not ask creator_info; tests/http/test_creator.py does."""

NOTHING_IS_SENT_TWICE = {
    *("final-206", "no-progress", "slow-answer", "slow-network", "slow-publish", "wrong-progress"),
    *("expired-midway", "publish-fails"),
}


class HurryingClock(ManualClock):
    """Nobody waits on it: it jumps to the end of each sleep."""

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)


@dataclass
class Run:
    """One upload by the reference client: how it ended, and what passed."""

    server: ThreadServer
    error: errors.UploadError | None = None
    result: client_reference.UploadResult | None = None
    exchanges: list[Exchange] = field(default_factory=list)

    def upload(self, file: Path, *, silence: float = 20.0, minute_passes: bool = False) -> "Run":
        async def sleep(_: float) -> None:
            if minute_passes:
                await asyncio.to_thread(post, f"{self.server.url}/_mock/clock", {"advance": 60})

        uploading = client_reference.upload(
            file,
            token="t",
            api_base=self.server.url,
            mb=1000,
            sleep=sleep,
            random=lambda: 0.5,
            timeouts=Timeouts(silence=silence),
            exchange=self.exchanges.append,
        )
        try:
            self.result = asyncio.run(uploading)
        except errors.UploadError as error:
            self.error = error
        return self

    def paused_before_retries(self) -> bool:
        """Whether each Retry-After was obeyed."""
        asked = [
            (float(one.answer.headers.get("Retry-After", 0)), one.pause)
            for one in self.exchanges
            if isinstance(one.answer, Answer)
        ]
        return all(pause >= wanted for wanted, pause in asked if pause)


def post(url: str, body: object) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


def test_every_scenario_is_gone_through() -> None:
    assert sorted([*ENDS_WITH, *NOT_FOR_THIS_CLIENT]) == scenario_names()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ENDS_WITH)
def test_reference_client_goes_through(tmp_path: Path, name: str, size: int) -> None:
    file = make_file(tmp_path / "video.mp4", size)
    silent = name in SILENT_FOR_A_MINUTE
    config = Config(rules=DOCUMENTED.with_mb(1000), faults=load_scenario(name).faults)
    clock: Clock = ManualClock() if silent else HurryingClock()
    with ThreadServer(config, clock) as server:
        ran = Run(server).upload(file, silence=0.2 if silent else 20.0, minute_passes=silent)
        uploads = server.get("/_mock/uploads")["uploads"]
        faults = server.get("/_mock/faults")["faults"]
    assert faults
    for fault in faults:
        assert fault["fired"] > 0, f"a fault that did not fire: {fault}"
        assert fault["left"] in (0, None), f"a fault that did not fire often enough: {fault}"
    expected = ENDS_WITH[name]
    if name == "expired-midway" and size != THREE_CHUNKS:
        expected = None  # complete before it expires
    complete = [upload for upload in uploads if upload["complete"]]
    assert len(complete) <= 1, "never two posts"
    content = file.read_bytes()
    for upload in uploads:
        for kept in upload["chunks"]:
            piece = content[kept["first"] : kept["last"] + 1]
            assert kept["digest"] == xxhash.xxh3_128(piece).hexdigest()
    if expected is None:
        assert ran.error is None, ran.exchanges
        assert ran.result is not None
        assert (ran.result.status, ran.result.uploaded_bytes) == ("PUBLISH_COMPLETE", size)
        assert sum(kept["last"] - kept["first"] + 1 for kept in complete[0]["chunks"]) == size
    else:
        assert isinstance(ran.error, expected), (ran.error, ran.result)
        assert bool(complete) is (name == "publish-fails")
    assert ran.paused_before_retries()
    if name in NOTHING_IS_SENT_TWICE:
        sent = [getattr(one.request, "chunk", None) for one in ran.exchanges]
        chunks = [chunk for chunk in sent if chunk is not None]
        assert len(chunks) == len(set(chunks))


def test_a_scenario_of_one_token_leaves_others_alone(tmp_path: Path) -> None:
    file = make_file(tmp_path / "video.mp4", ONE_CHUNK)
    with ThreadServer(Config(rules=DOCUMENTED.with_mb(1000)), HurryingClock()) as server:
        armed = post(f"{server.url}/_mock/scenarios/bad-request?token=somebody", None)
        assert [fault["on"]["token"] for fault in armed["faults"]] == ["somebody"]
        assert Run(server).upload(file).error is None
        (fault,) = server.get("/_mock/faults")["faults"]
    assert (fault["fired"], fault["left"]) == (0, 1)


def test_scenarios_are_listed_with_a_paragraph() -> None:
    done = run("mockserver", "scenarios")
    assert (done.returncode, done.stderr) == (0, "")
    paragraphs = done.stdout.rstrip("\n").split("\n\n")
    assert len(paragraphs) == len(scenario_names())
    redirects = paragraphs[scenario_names().index("redirects")]
    assert redirects == (
        "redirects: A chunk is redirected to another host\n"
        "    Does not send the user's bytes there and reports the failure (C-NO-REDIRECT, C-END). The host of\n"
        "    this scenario exists nowhere."
    )


def test_scenarios_are_listed_as_json_as_over_http(tmp_path: Path) -> None:
    done = run("mockserver", "scenarios", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    with ThreadServer(Config()) as server:
        assert json.loads(done.stdout) == server.get("/_mock/scenarios")


ANY_500 = [{"on": {"operation": "any"}, "when": "before_body", "do": {"kind": "status", "status": 500}}]


def armed(url: str) -> list[tuple[str, str]]:
    found = get(f"{url}/_mock/faults")["faults"]
    return [(fault["on"]["operation"], fault["do"]["kind"]) for fault in found]


def test_faults_of_the_file_wait_before_those_of_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(ANY_500))
    with serving("--quiet", "--scenario", "redirects", "--faults", str(tmp_path / "mine.json")) as (_, url):
        assert armed(url) == [("any", "status"), ("chunk", "redirect")]


def test_faults_and_scenario_come_from_the_environment_too(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'faults = [{on={operation="init"}, when="before_body", do={kind="reset"}}]'
    )
    variables = {"TIKTOK_MOCK_FAULTS": str(tmp_path / "mine.toml"), "TIKTOK_MOCK_SCENARIO": "redirects"}
    with serving("--quiet", stderr=None, **variables) as (_, url):
        assert armed(url) == [("init", "reset"), ("chunk", "redirect")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "mine.json cannot be read: No such file or directory"),
        ("{", "mine.json: not JSON"),
        (json.dumps([*ANY_500, {**ANY_500[0], "when": "later"}]), "mine.json: fault 2: no when is called 'later'"),
    ],
)
def test_a_bad_fault_file_is_exit_2_and_names_file_and_fault(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "mine.json").write_text(text)
    done = run("mockserver", "serve", "--faults", str(tmp_path / "mine.json"), COLUMNS="1000")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_scenario_is_exit_2_and_names_the_nearest() -> None:
    done = run("mockserver", "serve", "--scenario", "lost-anwser", COLUMNS="1000")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no scenario is called 'lost-anwser': did you mean lost-answer" in done.stderr


def test_more_faults_than_a_plan_holds_are_exit_2(tmp_path: Path) -> None:
    assert len(read_faults(ANY_500 * 10_001)) == 10_001
    (tmp_path / "many.json").write_text(json.dumps(ANY_500 * 10_001))
    done = run("mockserver", "serve", "--faults", str(tmp_path / "many.json"), COLUMNS="1000")
    assert (done.returncode, done.stdout) == (2, "")
    assert "may have 10000 faults, got 10001" in done.stderr
