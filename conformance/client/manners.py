"""Manners: what every run of every client has to keep to, whatever struck it. Pure functions over the evidence."""

import re
from collections.abc import Iterator
from itertools import pairwise
from math import inf
from statistics import mean
from typing import Final

from conformance.client.evidence import Evidence, Request
from conformance.client.scenario import Ends, Mode
from conformance.client.turns import Violation, unheard
from conformance.plans import PlanReading, init_answers

TYPES: Final = ("video/mp4", "video/quicktime", "video/webm")
TERMINAL: Final = ("PUBLISH_COMPLETE", "SEND_TO_USER_INBOX", "FAILED")
POLLS_A_MINUTE: Final = 30
TOLERANCE: Final = 0.05
"""Seconds by which a retry may come before its Retry-After: two clocks, two ends of a wire."""

LONGER: Final = 1.1
NOISE: Final = 0.02
"""Later waits are longer where they are by a tenth and by so many seconds: less is what a busy machine adds."""

_GROWTH: Final = 256 * 2**20
_READINGS: Final = tuple(
    PlanReading((unit, unit), whole) for unit in (1_048_576, 1_000_000) for whole in (False, True)
)


def manners_of(evidence: Evidence) -> Iterator[Violation]:
    """Everything that was wrong, whatever struck."""
    for judge in (
        _plan,
        _portable,
        _headers,
        _url,
        _bearer,
        _side_by_side,
        _bytes,
        _end,
        _one_post,
        _poll,
        _backoff,
        _bounded,
        _redirected,
    ):
        yield from judge(evidence)


def _plan(evidence: Evidence) -> Iterator[Violation]:
    if evidence.mode is Mode.INIT:
        for one in evidence.uploads:
            if one.video_size != evidence.size:
                told = f"video_size {one.video_size}"
                yield Violation("C-PLAN", f"video_size {evidence.size}, the file's, at init", told, 0)


def _portable(evidence: Evidence) -> Iterator[Violation]:
    """C-PLAN-PORTABLE: only in real units are there two readings of MB."""
    if evidence.mode is Mode.HANDED or evidence.mb:
        return
    for one in evidence.uploads:
        numbers = {"video_size": one.video_size, "chunk_size": one.chunk_size}
        source = {"source": "FILE_UPLOAD", **numbers, "total_chunk_count": one.total_chunk_count}
        refused = {answer for reading in _READINGS for answer in init_answers(source, reading) if answer}
        told = f"{one.video_size} bytes in {one.total_chunk_count} chunks of {one.chunk_size}"
        if refused:
            yield Violation(
                "C-PLAN-PORTABLE",
                "a plan that both readings of MB and of a single chunk's size allow",
                f"{told}: under one reading {' and '.join(sorted(refused))!r}",
                0,
                aside=True,
            )
        elif one.chunk_size != one.video_size // one.total_chunk_count:
            wanted = (
                f"chunk_size {one.video_size // one.total_chunk_count}, an equal split, which both wordings allow"
            )
            yield Violation("C-PLAN-PORTABLE", wanted, told, 0, aside=True)


def _headers(evidence: Evidence) -> Iterator[Violation]:
    for one in evidence.chunks:
        kind = (one.header("content-type") or "").partition(";")[0].strip().lower()
        if kind not in TYPES:
            wanted = f"Content-Type of {', '.join(TYPES)}"
            yield Violation("C-HEADERS", wanted, f"{one.header('content-type')!r} in {one}", one.sequence)
        if one.span is None:
            wanted = "Content-Range 'bytes FIRST-LAST/TOTAL'"
            yield Violation("C-HEADERS", wanted, f"{one.header('content-range')!r} in {one}", one.sequence)
            continue
        length = one.span.last - one.span.first + 1
        if one.header("content-length") != str(length):
            wanted = f"Content-Length {length} with {one.content_range!r}"
            yield Violation("C-HEADERS", wanted, f"{one.header('content-length')!r} in {one}", one.sequence)


def _url(evidence: Evidence) -> Iterator[Violation]:
    """The journal masks the token, the same one always alike."""
    for stray in evidence.strays[:1]:
        wanted = f"upload_url exactly as given, which begins with {evidence.upload_path}"
        yield Violation("C-URL-OPAQUE", wanted, f"PUT {stray.target}", stray.sequence)
    for upload in evidence.uploads:
        targets = dict.fromkeys(one.target for one in evidence.chunks if one.upload_id == upload.upload_id)
        for target in targets:
            path, _, query = target.partition("?")
            given = re.fullmatch(rf"upload_id={upload.upload_id}&upload_token=[^&=]+", query)
            if not given or path != evidence.upload_path:
                yield Violation("C-URL-OPAQUE", "upload_url exactly as given", target, aside=True)
        if len(targets) > 1:
            yield Violation("C-URL-OPAQUE", "one upload_url for every chunk", " and ".join(targets), aside=True)


def _bearer(evidence: Evidence) -> Iterator[Violation]:
    for one in evidence.chunks:
        if one.header("authorization") is not None:
            yield Violation(
                "C-URL-NO-BEARER", "no Authorization on a PUT", f"one in {one}", one.sequence, aside=True
            )
            return


def _side_by_side(evidence: Evidence) -> Iterator[Violation]:
    """C-ORDER: no chunk before the answer to the one before; without an answer the client has to give up first."""
    for before, one in pairwise(evidence.chunks):
        if before.status is not None and one.began < before.ended and before.fault in ("", "throttle"):
            wanted = f"the answer to {before.content_range!r} before the next chunk"
            yield Violation("C-ORDER", wanted, f"{one} was sent meanwhile", min(before.sequence, one.sequence))
            return


def _bytes(evidence: Evidence) -> Iterator[Violation]:
    """Of uploads that were declared with the file's size; else C-PLAN says what is wrong."""
    for upload in evidence.uploads:
        if upload.wrong_at is not None and upload.video_size == evidence.size:
            looks = f", which looks like {upload.looks_like}" if upload.looks_like else ""
            told = f"a chunk from byte {upload.wrong_at} on that is not the file's{looks}"
            yield Violation("C-BYTES", "the file, byte for byte", told, aside=True)


def _end(evidence: Evidence) -> Iterator[Violation]:
    failed = any(one.fault and one.operation == "status" for one in evidence.requests)
    if evidence.claims_success and not evidence.posts:
        most = max((one.uploaded for one in evidence.uploads), default=0)
        told = f"exit code 0 after {most} of {evidence.size} bytes{unheard(evidence)}"
        yield Violation("C-END", "a failure that the caller can see, as no upload is complete", told, inf)
    elif evidence.claims_success and evidence.scenario.ends is Ends.FAILED and failed:
        yield Violation("C-STATUS-POLL", "a failure, as the status is FAILED", "exit code 0", inf)


def _one_post(evidence: Evidence) -> Iterator[Violation]:
    if len(evidence.posts) > 1:
        told = f"{len(evidence.posts)} completed posts"
        yield Violation("C-ONE-POST", "at most one completed post", told, inf)


def _poll(evidence: Evidence) -> Iterator[Violation]:
    polls = [one for one in evidence.requests if one.operation == "status"]
    for number, one in enumerate(polls[POLLS_A_MINUTE:]):
        if one.began - polls[number].began < 60:
            told = f"{POLLS_A_MINUTE + 1} in {one.began - polls[number].began:.1f} s"
            yield Violation("C-STATUS-POLL", f"at most {POLLS_A_MINUTE} a minute", told, one.sequence, aside=True)
            break
    for one, after in pairwise(polls):
        if one.said in TERMINAL:
            wanted = f"no further question after {one.said}"
            yield Violation("C-STATUS-POLL", wanted, str(after), after.sequence, aside=True)
            return


def _attempts(evidence: Evidence) -> Iterator[list[Request]]:
    """The attempts at each range, in a row."""
    row: list[Request] = []
    for one in evidence.chunks:
        if row and row[-1].content_range != one.content_range:
            yield row
            row = []
        row.append(one)
    if row:
        yield row


def waits(row: list[Request]) -> list[float]:
    """Seconds between the end of an attempt and the next one's beginning."""
    return [after.began - before.ended for before, after in pairwise(row)]


def _backoff(evidence: Evidence) -> Iterator[Violation]:
    for row in _attempts(evidence):
        for before, after in pairwise(row):
            asked = before.answered("retry-after") or ""
            if asked.isdigit() and after.began - before.ended < int(asked) - TOLERANCE:
                wanted = f"at least {asked} s after {before}, as its Retry-After says"
                told = f"{after.began - before.ended:.2f} s"
                yield Violation("C-RETRY-BACKOFF", wanted, told, after.sequence, aside=True)
        refused = [one for one in row if one.fault]
        gaps = waits(refused)
        half = len(gaps) // 2
        if len(gaps) >= 3 and not _longer(mean(gaps[-half:]), mean(gaps[:half])):
            told = "waits of " + ", ".join(f"{gap:.2f}" for gap in gaps[:12]) + " s"
            wanted = "waits whose later half is longer than the earlier"
            yield Violation("C-RETRY-BACKOFF", wanted, told, refused[-1].sequence, aside=True)


def _longer(later: float, earlier: float) -> bool:
    return later > max(earlier * LONGER, earlier + NOISE)


def _bounded(evidence: Evidence) -> Iterator[Violation]:
    if evidence.timed_out and evidence.scenario.ends is not Ends.COMPLETE:
        yield Violation("C-RETRY-BOUNDED", "a failure within the time limit", evidence.exit_told, inf)


def _redirected(evidence: Evidence) -> Iterator[Violation]:
    if evidence.trapped:
        told = f"{evidence.trapped[0]!r} there"
        yield Violation("C-NO-REDIRECT", "nothing for the host of the redirect", told, inf, aside=True)


def memory_violation(small: Evidence, large: Evidence) -> Iterator[Violation]:
    """C-MEMORY: two files, and the peak memory of each run."""
    grown = large.ended.peak_memory - small.ended.peak_memory
    if small.ended.peak_memory and grown > _GROWTH:
        wanted = f"at most {_GROWTH >> 20} MiB more for {large.size} bytes than for {small.size}"
        yield Violation("C-MEMORY", wanted, f"{grown >> 20} MiB more", aside=True)
