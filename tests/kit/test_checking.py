"""The client kit from Python: sync and async callables, one scenario or all, and what it says of broken ones."""

import asyncio
import re
import time
import unittest
from collections.abc import Iterator

import aiohttp
import pytest

import client_reference
from client_reference.transport import Timeouts
from conformance.client import BrokenClausesError, Checker, Job, check, scenarios, trying
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
    began = time.monotonic()
    with pytest.raises(BrokenClausesError, match=r"no end within 0\.5 s"):
        check(hangs, "plain", seconds=0.5)
    assert time.monotonic() - began < 30


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


def test_an_unknown_scenario() -> None:
    with pytest.raises(ValueError, match="no scenario is called '503-frist'"):
        check(reference, "503-frist")
