"""The client kit from Python: sync and async callables, one scenario or all, and what it says of broken ones."""

import asyncio
import http.client
import re
import threading
import unittest
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

import client_reference
from client_reference.transport import Timeouts
from conformance.client import BrokenClausesError, Checker, Job, callables, check, scenarios, trying
from conformance.client.callables import CallableClient
from conformance.client.passed import SHOWN

SOME = ("503-first", "lost-middle", "final-lost", "expired-first", "closed-between-chunks")


async def reference(job: Job) -> None:
    await client_reference.upload(
        job.file,
        token=job.token,
        api_base=job.api_base,
        mb=job.mb,
        upload_url=job.upload_url,
        chunk_size=job.chunk_size,
        timeouts=Timeouts(silence=5),
        random=lambda: 0.0,
    )


def reference_sync(job: Job) -> None:
    asyncio.run(reference(job))


@pytest.fixture(scope="module")
def checker() -> Iterator[Checker]:
    with Checker(reference) as checker:
        yield checker


@pytest.mark.parametrize("scenario", [one for one in scenarios() if one.id in SOME], ids=str)
def test_the_reference_client_async(checker: Checker, scenario: object) -> None:
    assert checker.check(str(scenario))


@pytest.mark.parametrize("scenario", ["503-last", "begun-before"])
def test_the_reference_client_sync_and_handed(scenario: str) -> None:
    assert check(reference_sync, scenario, handed=True)


def claims_success(job: Job) -> None:
    """Does nothing at all."""
    assert job.file.exists()


def test_a_client_that_does_nothing() -> None:
    with pytest.raises(BrokenClausesError, match="C-END/plain: A file of several chunks") as caught:
        check(claims_success, "plain")
    assert [one.case.clause for one in caught.value.findings] == ["C-END"]


def gives_up(job: Job) -> None:
    raise ConnectionError(f"no {job.api_base} today")


def test_what_depends_on_a_plain_upload_is_skipped() -> None:
    with pytest.raises(unittest.SkipTest, match="a plain upload fails already; see C-END/plain"):
        check(gives_up, "503-first")
    with pytest.raises(BrokenClausesError, match="ConnectionError: no http://127"):
        check(gives_up, "plain")


async def hangs(_: Job) -> None:
    await asyncio.Event().wait()


def test_one_that_hangs_is_cancelled() -> None:
    with pytest.raises(BrokenClausesError, match=r"no end within 0\.5 s") as caught:
        check(hangs, "plain", seconds=0.5)
    assert "the client was ended: its time was up" in str(caught.value)


def job(tmp_path: Path) -> Job:
    return Job(tmp_path / "video.mp4", 10, "http://127.0.0.1:1", "t", 1000)


def test_what_may_still_run_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread cannot be ended, nor can a coroutine that is deaf to being cancelled."""
    monkeypatch.setattr(callables, "_GRACE", 0.1)
    over = threading.Event()

    def waits(_: Job) -> None:
        over.wait()

    async def is_deaf(_: Job) -> None:
        while not over.is_set():
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.05)

    running = {
        upload.__name__: CallableClient(upload).run(job(tmp_path), seconds, lambda: True)
        for upload, seconds in ((waits, 0.1), (is_deaf, 0.5), (hangs, 0.5), (claims_nothing, 60.0))
    }
    over.set()
    assert {name: (one.exit_code, one.running) for name, one in running.items()} == {
        "waits": (None, True),
        "is_deaf": (None, True),
        "hangs": (None, False),
        "claims_nothing": (1, False),
    }


def claims_nothing(_: Job) -> bool:
    return False


class Deaf:
    """Good, until it is told to ask without end: then nobody can end it but a mock that is gone."""

    def __init__(self) -> None:
        self.endless = False
        self.over = threading.Event()

    def __call__(self, job: Job) -> None:
        if not self.endless:
            reference_sync(job)
            return
        with suppress(OSError, http.client.HTTPException):
            while not self.over.is_set():
                peer = http.client.HTTPConnection(job.api_base.removeprefix("http://"), timeout=60)
                headers = {"Content-Type": "video/mp4", "Content-Range": "bytes 0-0/1"}
                peer.request("PUT", "/video/?upload_id=1&upload_token=x", b"x", headers)
                peer.getresponse().read()
                peer.close()
        self.over.set()


def test_one_that_nothing_can_end_does_not_disturb_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Deaf()
    with Checker(client) as checker:
        assert checker.check("503-first")
        client.endless = True
        monkeypatch.setattr(trying, "MOST_REQUESTS", 100)
        with pytest.raises(BrokenClausesError, match="the client was left to itself: it sent too many requests"):
            checker.check("503-first")
        client.endless = False
        try:
            assert checker.check("503-first")
            assert client.over.wait(30), "its mock is gone"
        finally:
            client.over.set()


async def asks_for_nothing(job: Job) -> None:
    """Asks again and again for what is no path of TikTok's."""
    async with aiohttp.ClientSession(job.api_base) as session:
        while True:
            async with session.get("/nothing") as answer:
                await answer.read()


def test_requests_of_any_kind_are_counted_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "MOST_REQUESTS", 100)
    with pytest.raises(BrokenClausesError, match=r"no end after [1-9][\d,]{2,} requests in \d+\.\d s") as caught:
        check(asks_for_nothing, "plain", seconds=60)
    assert "it sent nothing" not in str(caught.value)


async def never_content(job: Job) -> None:
    """Sends its chunk again and again, though nobody wants it."""
    headers = {"Content-Type": "video/mp4", "Content-Range": "bytes 0-0/1"}
    async with aiohttp.ClientSession(job.api_base) as session:
        while True:
            async with session.put("/video/?upload_id=1&upload_token=x", data=b"x", headers=headers) as answer:
                await answer.read()


def test_one_that_hammers_is_ended_before_the_journal_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "MOST_REQUESTS", 100)
    with pytest.raises(BrokenClausesError, match="the client was ended: it sent too many requests") as caught:
        check(never_content, "plain", seconds=60)
    assert re.search(r"… [\d,]+ further requests …", str(caught.value))
    assert str(caught.value).count("PUT bytes 0-0/1: 404") == 2 * SHOWN


@pytest.mark.parametrize(
    ("scenario", "handed", "sentence"),
    [
        (
            "begun-before",
            False,
            "begun-before is for a client that is handed its upload_url (handed=True); this",
        ),
        ("unavailable-init", True, "unavailable-init is for a client that makes the init; this one is handed"),
    ],
)
def test_a_scenario_that_is_for_the_other_kind_of_client(scenario: str, sentence: str, *, handed: bool) -> None:
    with pytest.raises(unittest.SkipTest, match=re.escape(sentence)):
        check(reference, scenario, handed=handed)


def test_an_unknown_scenario() -> None:
    with pytest.raises(ValueError, match="no scenario is called '503-frist'"):
        check(reference, "503-frist")
