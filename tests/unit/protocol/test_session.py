"""An upload and its PUTs: who is judged by which rule first, and what moves an upload."""

from dataclasses import replace
from math import nextafter
from typing import Any, NamedTuple

import pytest

from mockserver.protocol.answers import put_answer
from mockserver.protocol.rules import DOCUMENTED
from mockserver.protocol.session import Chunk, ChunkHead, KeptChunk, UploadSession
from mockserver.protocol.verdicts import Accepted, Completed, Refused, Why
from support.uploads import EXPIRES, ISSUED, OTHER_TOKEN, SMALL, TOKEN, head, put, refused, upload, upload_at

FIRST = head("bytes 0-4999/15000", 5000)
SECOND = head("bytes 5000-9999/15000", 5000)
THIRD = head("bytes 10000-14999/15000", 5000)


# ───────────────────────────── order of judgement (contract, section 2) ─────────────────────────────


class Wrong(NamedTuple):
    """A PUT to an upload whose next chunk is bytes 5000-9999/15000, wrong in the ways that its id says."""

    clause: str
    text: str | None = "bytes 5000-9999/15000"
    length: int | None = 5000
    more: dict[str, Any] = {}  # noqa: RUF012 - never written
    now: float = 2000.0
    body: int | None = None
    offset: int = 5000


TYPE = {"content_type": ("image/png",)}
CODING = {"content_encoding": ("gzip",)}
BAD_TOKEN = {"upload_token": OTHER_TOKEN}

PAIRS = {
    "token-before-expiry": Wrong("S-URL-TOKEN", more=BAD_TOKEN, now=EXPIRES),
    "expiry-before-type": Wrong("S-URL-EXPIRED", more=TYPE, now=EXPIRES),
    "type-before-coding": Wrong("S-HEAD-TYPE", more=TYPE | CODING),
    "coding-before-length-missing": Wrong("S-BODY-CODING", length=None, more=CODING),
    "length-missing-before-range-missing": Wrong("S-HEAD-LENGTH-MISSING", text=None, length=None),
    "malformed-before-inverted": Wrong("S-HEAD-RANGE-MALFORMED", text="bytes 9999-5000 /15000"),
    "malformed-before-length": Wrong("S-HEAD-RANGE-MALFORMED", text="bytes=5000-9999/15000", length=4999),
    "inverted-before-length": Wrong("S-HEAD-RANGE-INVERTED", text="bytes 9999-5000/15000", length=77),
    "beyond-total-before-wrong-total": Wrong("S-HEAD-RANGE-INVERTED", text="bytes 5000-9999/9999"),
    "length-before-total": Wrong("S-HEAD-LENGTH-MISMATCH", text="bytes 5000-9999/15001", length=4999),
    "total-before-after-end": Wrong("S-HEAD-TOTAL", text="bytes 0-4999/15001", offset=15_000),
    "total-before-gap": Wrong("S-HEAD-TOTAL", text="bytes 10000-14999/15001"),
    "total-before-repeat": Wrong("S-HEAD-TOTAL", text="bytes 0-4999/14999"),
    "after-end-before-repeat": Wrong("S-ORDER-AFTER-END", text="bytes 0-4999/15000", offset=15_000),
    "after-end-before-overlap": Wrong("S-ORDER-AFTER-END", text="bytes 2-2/15000", length=1, offset=15_000),
    "gap-before-planned-size": Wrong("S-ORDER-GAP", text="bytes 5001-9999/15000", length=4999),
    "overlap-before-planned-size": Wrong("S-ORDER-OVERLAP", text="bytes 4999-9999/15000", length=5001),
    "start-before-planned-size": Wrong("S-ORDER-START", text="bytes 1-4999/15000", length=4999, offset=0),
    "planned-size-before-short": Wrong("S-CHUNK-PLANNED-SIZE", text="bytes 5000-9998/15000", length=4999, body=3),
    "short-alone": Wrong("S-BODY-SHORT", body=4999),
    # and some that are further apart
    "token-before-everything": Wrong("S-URL-TOKEN", text=None, length=None, more=BAD_TOKEN | TYPE),
    "expiry-before-missing-headers": Wrong("S-URL-EXPIRED", text=None, length=None, now=EXPIRES),
    "expiry-before-after-end": Wrong("S-URL-EXPIRED", text="bytes 0-4999/15000", now=EXPIRES, offset=15_000),
    "type-before-gap": Wrong("S-HEAD-TYPE", text="bytes 10000-14999/15000", more=TYPE),
    "range-missing-before-after-end": Wrong("S-HEAD-RANGE-MISSING", text=None, offset=15_000),
    "length-before-repeat": Wrong("S-HEAD-LENGTH-MISMATCH", text="bytes 0-4999/15000", length=1),
}


@pytest.mark.parametrize("wrong", PAIRS.values(), ids=PAIRS)
def test_of_two_faults_the_earlier_answers(wrong: Wrong) -> None:
    sent = head(wrong.text, wrong.length, **wrong.more)
    found = refused(upload_at(wrong.offset), sent, now=wrong.now, body=wrong.body)
    assert found.clause == wrong.clause


@pytest.mark.parametrize("wrong", PAIRS.values(), ids=PAIRS)
def test_a_refusal_returns_the_same_object(wrong: Wrong) -> None:
    session = upload_at(wrong.offset)
    sent = head(wrong.text, wrong.length, **wrong.more)
    received = (wrong.length or 0) if wrong.body is None else wrong.body
    after, verdict = session.receive(Chunk(sent, received), now=wrong.now)
    assert isinstance(verdict, Refused)
    assert after is session


@pytest.mark.parametrize("wrong", PAIRS.values(), ids=PAIRS)
def test_after_a_refusal_the_right_chunk_is_still_accepted(wrong: Wrong) -> None:
    if wrong.offset == 15_000:
        return  # nothing is left to send
    session, _ = put(
        upload_at(wrong.offset), head(wrong.text, wrong.length, **wrong.more), now=wrong.now, body=wrong.body
    )
    session, verdict = put(session, FIRST if wrong.offset == 0 else SECOND)
    assert verdict == Accepted(wrong.offset + 5000, 15_000)


# ───────────────────────────── good chunks ─────────────────────────────


def test_chunks_in_order_complete_the_upload() -> None:
    session, first = put(upload(), FIRST)
    session, second = put(session, SECOND)
    assert (first, second) == (Accepted(5000, 15_000), Accepted(10_000, 15_000))
    assert (session.offset, session.complete, session.completed_at) == (10_000, False, None)
    session, third = put(session, THIRD, now=2345.5)
    assert third == Completed(15_000)
    assert (session.offset, session.complete, session.completed_at) == (15_000, True, 2345.5)


def test_facts_about_accepted_chunks_are_kept() -> None:
    session, _ = upload().receive(Chunk(FIRST, 5000, "aa"), now=2000.0)
    session, _ = session.receive(Chunk(SECOND, 5000, "bb"), now=2000.0)
    assert session.chunks == (KeptChunk(0, 4999, "aa"), KeptChunk(5000, 9999, "bb"))


def test_an_accepted_chunk_leaves_the_session_before_it_alone() -> None:
    before = upload()
    after, _ = put(before, FIRST)
    assert (before.offset, before.chunks) == (0, ())
    assert after.offset == 5000


def test_a_good_chunk_changes_nothing_else() -> None:
    before = upload()
    after, _ = put(before, FIRST)
    assert replace(after, chunks=()) == before


def test_a_good_head_is_not_refused_and_moves_nothing() -> None:
    session = upload()
    assert session.refusal(FIRST, 2000.0) is None
    assert session.offset == 0


# ───────────────────────────── the upload_url ─────────────────────────────


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="none"),
        pytest.param(OTHER_TOKEN, id="another"),
        pytest.param(TOKEN[:-1], id="one-character-less"),
        pytest.param(TOKEN + "0", id="one-character-more"),
        pytest.param(TOKEN.upper(), id="letter-case"),
        pytest.param("\u00e9", id="not-ascii"),
        pytest.param("\udcff", id="half-a-pair"),
    ],
)
def test_another_token_is_no_upload_url(token: str) -> None:
    found = refused(upload_at(5000), head("bytes 5000-9999/15000", 5000, upload_token=token))
    assert found.why is Why.WRONG_TOKEN


def test_without_the_token_nothing_is_told_about_progress() -> None:
    found = refused(upload_at(5000), head("bytes 5000-9999/15000", 5000, upload_token=OTHER_TOKEN))
    assert (found.uploaded, found.total) == (None, None)
    assert found.reason == "the upload_token does not belong to upload 7600000000000000002"


@pytest.mark.parametrize("status", ["404", "403"])
def test_a_wrong_token_has_no_progress_header(status: str) -> None:
    rules = SMALL.with_rule("wrong_token", status)
    found = refused(upload_at(5000, rules), head("bytes 5000-9999/15000", 5000, upload_token=OTHER_TOKEN))
    answer = put_answer(found, rules)
    assert answer.status == int(status)
    assert "Content-Range" not in answer.headers


def test_the_right_token_is_told_the_progress() -> None:
    found = refused(upload_at(5000), FIRST)
    assert (found.uploaded, found.total) == (5000, 15_000)


@pytest.mark.parametrize(
    ("now", "expired"),
    [
        pytest.param(ISSUED, False, id="at-once"),
        pytest.param(4599.999, False, id="a-millisecond-before"),
        pytest.param(nextafter(EXPIRES, 0), False, id="the-moment-before"),
        pytest.param(EXPIRES, True, id="on-the-hour"),
        pytest.param(nextafter(EXPIRES, 9999), True, id="the-moment-after"),
        pytest.param(86_400.0, True, id="a-day-later"),
    ],
)
def test_the_url_is_valid_while_now_is_before_issued_plus_lifetime(now: float, expired: bool) -> None:  # noqa: FBT001
    session = upload()
    assert session.expired(now) is expired
    found = session.refusal(FIRST, now)
    assert (found is not None and found.clause == "S-URL-EXPIRED") is expired


def test_no_accepted_chunk_extends_the_lifetime() -> None:
    session, _ = put(upload(), FIRST, now=4599.0)
    session, _ = put(session, SECOND, now=4599.9)
    assert refused(session, THIRD, now=4600.0).why is Why.EXPIRED


def test_a_body_that_ends_on_the_hour_is_not_committed() -> None:
    session = upload()
    assert session.refusal(FIRST, 4599.9) is None
    after, verdict = session.receive(Chunk(FIRST, 5000, None, 0), now=4600.0)
    assert after is session
    assert isinstance(verdict, Refused)
    assert verdict.clause == "S-URL-EXPIRED"


def test_an_expired_url_says_how_long_it_was_valid() -> None:
    found = refused(upload(), FIRST, now=4600.25)
    assert found.reason == "the upload_url was valid for 3600 s, came 3600.250 s after init"


@pytest.mark.parametrize("now", [ISSUED, 2000.0, EXPIRES, 0.0], ids=str)
def test_an_upload_that_was_made_to_expire_is_expired_whatever_the_time(now: float) -> None:
    session = upload_at(5000).expire()
    assert session.expired(now)
    found = refused(session, SECOND, now=now)
    assert (found.clause, found.uploaded, found.total) == ("S-URL-EXPIRED", 5000, 15_000)
    assert found.reason == "the upload_url was made to expire early, through the control surface or by a fault"


def test_expiring_changes_nothing_else() -> None:
    session = upload_at(5000)
    ended = session.expire()
    assert not session.expired(2000.0)
    assert replace(ended, ended_early=False) == session


def test_an_upload_that_is_made_to_expire_while_a_body_comes_in_is_not_moved() -> None:
    session = upload_at(5000)
    assert session.refusal(SECOND, 2000.0) is None
    ended = session.expire()
    after, verdict = ended.receive(Chunk(SECOND, 5000, None, 5000), now=2000.0)
    assert after is ended
    assert isinstance(verdict, Refused)
    assert verdict.clause == "S-URL-EXPIRED"


# ───────────────────────────── the head ─────────────────────────────


@pytest.mark.parametrize(
    "kind",
    [
        ("video/mp4",),
        ("video/quicktime",),
        ("video/webm",),
        ("VIDEO/MP4",),
        ("Video/QuickTime",),
        ("video/mp4; codecs=avc1",),
        ("video/webm ;a=b;c=d",),
        (" video/mp4 ",),
    ],
    ids=str,
)
def test_video_types_are_accepted_in_any_letter_case_with_parameters(kind: tuple[str, ...]) -> None:
    assert upload().refusal(head("bytes 0-4999/15000", 5000, content_type=kind), 2000.0) is None


@pytest.mark.parametrize(
    ("kind", "came"),
    [
        pytest.param((), "none", id="missing"),
        pytest.param(("",), "none", id="empty"),
        pytest.param(("application/octet-stream",), "application/octet-stream", id="bytes"),
        pytest.param(("video/mpeg",), "video/mpeg", id="another-video"),
        pytest.param(("video/mp4x",), "video/mp4x", id="longer"),
        pytest.param(("video",), "video", id="shorter"),
        pytest.param(("text/plain; video/mp4",), "text/plain; video/mp4", id="as-a-parameter"),
        pytest.param(("video/mp4", "text/plain"), "video/mp4, text/plain", id="one-of-two"),
    ],
)
def test_another_type_is_refused(kind: tuple[str, ...], came: str) -> None:
    found = refused(upload(), head("bytes 0-4999/15000", 5000, content_type=kind))
    assert found.clause == "S-HEAD-TYPE"
    assert found.reason == f"Content-Type must be one of video/mp4, video/quicktime, video/webm; got {came}"


@pytest.mark.parametrize("kind", [(), ("text/plain",), ("",), ("video/mp4", "text/plain")], ids=str)
def test_any_type_is_accepted_under_content_type_any(kind: tuple[str, ...]) -> None:
    session = upload(SMALL.with_rule("content_type", "any"))
    _, verdict = put(session, head("bytes 0-4999/15000", 5000, content_type=kind))
    assert verdict == Accepted(5000, 15_000)


@pytest.mark.parametrize("coding", [(), ("identity",), ("Identity",), ("",), (" identity ",)], ids=str)
def test_a_body_as_it_is_may_say_so(coding: tuple[str, ...]) -> None:
    assert upload().refusal(head("bytes 0-4999/15000", 5000, content_encoding=coding), 2000.0) is None


@pytest.mark.parametrize(
    "coding", [("gzip",), ("GZIP",), ("deflate",), ("br",), ("identity, gzip",), ("identity", "gzip")], ids=str
)
@pytest.mark.parametrize("switch", ["400", "any"])
def test_a_coded_body_is_refused_whatever_its_type_may_be(coding: tuple[str, ...], switch: str) -> None:
    session = upload(SMALL.with_rule("content_type", switch))
    found = refused(session, head("bytes 0-4999/15000", 5000, content_encoding=coding))
    assert found.clause == "S-BODY-CODING"
    assert found.reason == f"the body must come as it is, got Content-Encoding {', '.join(coding)}"


@pytest.mark.parametrize(
    ("sent", "clause", "reason"),
    [
        pytest.param(
            head("bytes 0-4999/15000", None),
            "S-HEAD-LENGTH-MISSING",
            "Content-Length must be the size of this chunk, got none",
            id="length-missing",
        ),
        pytest.param(
            head(None, 5000),
            "S-HEAD-RANGE-MISSING",
            "Content-Range must be there, got none; next is 'bytes 0-4999/15000'",
            id="range-missing",
        ),
        pytest.param(
            replace(FIRST, content_range=("bytes 0-4999/15000", "bytes 0-4999/15000")),
            "S-HEAD-RANGE-MALFORMED",
            "wanted one Content-Range header, got 2",
            id="range-twice",
        ),
        pytest.param(
            head("bytes 0-4999", 5000),
            "S-HEAD-RANGE-MALFORMED",
            "wanted 'bytes FIRST-LAST/TOTAL' in plain digits; got 'bytes 0-4999'; next is 'bytes 0-4999/15000'",
            id="malformed",
        ),
        pytest.param(
            head("bytes 0-15000/15000", 15_001),
            "S-HEAD-RANGE-INVERTED",
            "LAST is inclusive: 15000 must be below TOTAL 15000; got 'bytes 0-15000/15000'; "
            "next is 'bytes 0-4999/15000'",
            id="exclusive-last",
        ),
        pytest.param(
            head("bytes 0-4999/15000", 5001),
            "S-HEAD-LENGTH-MISMATCH",
            "Content-Length must be LAST - FIRST + 1 = 5000 (LAST is inclusive), got 5001",
            id="length-mismatch",
        ),
        pytest.param(
            head("bytes 0-4999/15001", 5000),
            "S-HEAD-TOTAL",
            "TOTAL must be the declared video_size 15000, got 15001",
            id="total",
        ),
        pytest.param(
            head("bytes 5000-9999/15000", 5000),
            "S-ORDER-START",
            "FIRST must be 0, the next byte; got 5000; next is 'bytes 0-4999/15000'",
            id="start",
        ),
        pytest.param(
            head("bytes 0-4998/15000", 4999),
            "S-CHUNK-PLANNED-SIZE",
            "chunk at byte 0 was declared to have 5000 bytes, got 4999; next is 'bytes 0-4999/15000'",
            id="planned-size",
        ),
    ],
)
def test_a_refusal_says_what_was_wanted_and_what_came(sent: ChunkHead, clause: str, reason: str) -> None:
    found = refused(upload(), sent)
    assert (found.clause, found.reason) == (clause, reason)


@pytest.mark.parametrize("surplus", [-1, 1], ids=["one-less", "one-more"])
def test_one_byte_of_difference_between_length_and_range_is_refused(surplus: int) -> None:
    found = refused(upload_at(5000), head("bytes 5000-9999/15000", 5000 + surplus))
    assert found.clause == "S-HEAD-LENGTH-MISMATCH"


def test_the_hint_names_the_final_chunk_with_its_trailing_bytes() -> None:
    session = upload(plan=(10_001, 10_000, 1))
    assert "next is 'bytes 0-10000/10001'" in refused(session, head(None, 1)).reason


def test_after_completion_there_is_no_hint() -> None:
    assert refused(upload_at(15_000), head(None, 1)).reason == "Content-Range must be there, got none"


def test_after_completion_nothing_is_expected() -> None:
    found = refused(upload_at(15_000), FIRST)
    assert found.reason == "the upload is complete, nothing is expected; got bytes 0-4999/15000"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        pytest.param(
            {"content_range": ("y" * 5000,)},
            f"wanted 'bytes FIRST-LAST/TOTAL' in plain digits; got '{'y' * 200}'; next is 'bytes 0-4999/15000'",
            id="range",
        ),
        pytest.param(
            {"content_type": ("y" * 5000,)},
            f"Content-Type must be one of video/mp4, video/quicktime, video/webm; got {'y' * 100}",
            id="type",
        ),
        pytest.param(
            {"content_encoding": ("y" * 5000,)},
            f"the body must come as it is, got Content-Encoding {'y' * 100}",
            id="coding",
        ),
    ],
)
def test_a_long_header_is_shown_cut(more: dict[str, Any], reason: str) -> None:
    assert refused(upload(), replace(FIRST, **more)).reason == reason


# ───────────────────────────── the body ─────────────────────────────


@pytest.mark.parametrize("received", [0, 1, 4999])
def test_a_short_body_is_refused(received: int) -> None:
    found = refused(upload(), FIRST, body=received)
    assert found.clause == "S-BODY-SHORT"
    assert found.reason == f"the body must have 5000 bytes as Content-Length says, got {received}"


def test_a_short_body_that_was_overtaken_is_still_short() -> None:
    found = upload_at(5000).receive(Chunk(FIRST, 4999, None, 0), now=2000.0)[1]
    assert isinstance(found, Refused)
    assert found.clause == "S-BODY-SHORT"


# ───────────────────────────── S-ORDER-PARALLEL ─────────────────────────────


def overtaken(session: UploadSession, sent: ChunkHead, admitted_at: int | None, now: float = 2000.0) -> Refused:
    """The refusal of a whole body that was let in at another offset."""
    after, verdict = session.receive(Chunk(sent, sent.content_length or 0, None, admitted_at), now=now)
    assert after is session
    assert isinstance(verdict, Refused)
    return verdict


def test_of_two_that_were_let_in_the_first_to_be_complete_wins() -> None:
    session = upload()
    assert session.refusal(FIRST, 2000.0) is None
    assert session.refusal(FIRST, 2000.0) is None
    session, winner = session.receive(Chunk(FIRST, 5000, "b", 0), now=2000.0)
    assert winner == Accepted(5000, 15_000)
    loser = overtaken(session, FIRST, 0)
    assert (loser.clause, loser.uploaded, loser.total) == ("S-ORDER-PARALLEL", 5000, 15_000)
    assert loser.reason == "another request was complete first: began at offset 0, now 5000"
    assert session.chunks == (KeptChunk(0, 4999, "b"),)


def test_of_two_last_chunks_the_second_meets_416_with_the_total() -> None:
    session, winner = upload_at(10_000).receive(Chunk(THIRD, 5000, None, 10_000), now=2000.0)
    assert winner == Completed(15_000)
    answer = put_answer(overtaken(session, THIRD, 10_000), SMALL)
    assert (answer.status, answer.clause) == (416, "S-ORDER-PARALLEL")
    assert answer.headers["Content-Range"] == "bytes 0-15000/15000"


def test_a_chunk_that_was_overtaken_by_another_cut_meets_416() -> None:
    rules = SMALL.with_rule("off_plan", "accept")
    session, _ = put(upload(rules), head("bytes 0-99/15000", 100))
    assert overtaken(session, FIRST, 0).clause == "S-ORDER-PARALLEL"


def test_a_request_in_flight_reserves_nothing() -> None:
    session = upload()
    assert session.refusal(FIRST, 2000.0) is None
    _, verdict = put(session, FIRST)
    assert verdict == Accepted(5000, 15_000)


@pytest.mark.parametrize(
    ("offset", "sent", "clause"),
    [
        pytest.param(5000, FIRST, "S-ORDER-REPEAT", id="repeat"),
        pytest.param(5000, head("bytes 1-5/15000", 5), "S-ORDER-OVERLAP", id="overlap"),
        pytest.param(5000, THIRD, "S-ORDER-GAP", id="gap"),
        pytest.param(15_000, THIRD, "S-ORDER-AFTER-END", id="after-end"),
    ],
)
@pytest.mark.parametrize("seen", [True, False], ids=["same-offset-seen", "none-seen"])
def test_without_another_request_it_is_no_race(offset: int, sent: ChunkHead, clause: str, seen: bool) -> None:  # noqa: FBT001
    assert overtaken(upload_at(offset), sent, offset if seen else None).clause == clause


def test_expiry_in_flight_answers_before_a_lost_race() -> None:
    assert overtaken(upload_at(5000), FIRST, 0, now=4600.0).clause == "S-URL-EXPIRED"


# ───────────────────────────── switches that let more in ─────────────────────────────

REPEATING = SMALL.with_rule("repeat", "accept")


def test_under_repeat_accept_a_range_accepted_before_is_answered_206_and_not_counted() -> None:
    session = upload_at(10_000, REPEATING)
    for sent in (FIRST, SECOND):
        after, verdict = put(session, sent)
        assert verdict == Accepted(10_000, 15_000)
        assert after is session


def test_under_repeat_accept_the_last_chunk_is_answered_201_again() -> None:
    session = upload_at(15_000, REPEATING)
    after, verdict = put(session, THIRD, now=2000.0)
    assert verdict == Completed(15_000)
    assert after is session
    assert after.completed_at == 1500.0


def test_under_repeat_accept_an_earlier_chunk_is_answered_206_after_the_end() -> None:
    session = upload_at(15_000, REPEATING)
    assert put(session, FIRST) == (session, Accepted(15_000, 15_000))


@pytest.mark.parametrize(
    ("offset", "sent", "now", "body", "clause"),
    [
        pytest.param(
            10_000, head("bytes 0-9999/15000", 10_000), 2000.0, None, "S-ORDER-OVERLAP", id="two-at-once"
        ),
        pytest.param(
            10_000, head("bytes 0-4998/15000", 4999), 2000.0, None, "S-ORDER-OVERLAP", id="one-byte-less"
        ),
        pytest.param(10_000, head("bytes 1-4999/15000", 4999), 2000.0, None, "S-ORDER-OVERLAP", id="tail"),
        pytest.param(5000, THIRD, 2000.0, None, "S-ORDER-GAP", id="gap"),
        pytest.param(
            15_000, head("bytes 0-9999/15000", 10_000), 2000.0, None, "S-ORDER-AFTER-END", id="after-end"
        ),
        pytest.param(10_000, head("bytes 0-4999/15001", 5000), 2000.0, None, "S-HEAD-TOTAL", id="wrong-total"),
        pytest.param(10_000, FIRST, 4600.0, None, "S-URL-EXPIRED", id="expired"),
        pytest.param(10_000, FIRST, 2000.0, 4999, "S-BODY-SHORT", id="short"),
    ],
)
def test_under_repeat_accept_all_else_is_refused_as_ever(
    offset: int, sent: ChunkHead, now: float, body: int | None, clause: str
) -> None:
    assert refused(upload_at(offset, REPEATING), sent, now=now, body=body).clause == clause


CONTIGUOUS = SMALL.with_rule("off_plan", "accept")


def test_under_off_plan_accept_any_contiguous_ranges_make_the_upload() -> None:
    session = upload(CONTIGUOUS)
    session, first = put(session, head("bytes 0-0/15000", 1))
    session, second = put(session, head("bytes 1-14998/15000", 14_998))
    session, third = put(session, head("bytes 14999-14999/15000", 1))
    assert (first, second, third) == (Accepted(1, 15_000), Accepted(14_999, 15_000), Completed(15_000))
    assert (session.offset, session.complete) == (15_000, True)


def test_under_off_plan_accept_the_whole_video_may_come_at_once() -> None:
    assert put(upload(CONTIGUOUS), head("bytes 0-14999/15000", 15_000))[1] == Completed(15_000)


@pytest.mark.parametrize(
    ("offset", "sent", "clause"),
    [
        pytest.param(0, head("bytes 1-2/15000", 2), "S-ORDER-START", id="start"),
        pytest.param(5000, head("bytes 5001-5002/15000", 2), "S-ORDER-GAP", id="gap"),
        pytest.param(5000, head("bytes 4999-5002/15000", 4), "S-ORDER-OVERLAP", id="overlap"),
        pytest.param(5000, FIRST, "S-ORDER-REPEAT", id="repeat"),
        pytest.param(15_000, FIRST, "S-ORDER-AFTER-END", id="after-end"),
    ],
)
def test_under_off_plan_accept_the_order_still_holds(offset: int, sent: ChunkHead, clause: str) -> None:
    assert refused(upload_at(offset, CONTIGUOUS), sent).clause == clause


def test_between_planned_chunks_there_is_no_hint() -> None:
    session, _ = put(upload(CONTIGUOUS), head("bytes 0-99/15000", 100))
    found = refused(session, head("bytes 200-299/15000", 100))
    assert found.reason == "FIRST must be 100, the next byte; got 200"


@pytest.mark.parametrize(
    ("mb", "video", "largest"),
    [
        pytest.param("1048576", 300_000_000, 134_217_728, id="binary"),
        pytest.param("1000000", 300_000_000, 128_000_000, id="decimal"),
        pytest.param("1000", 300_000, 128_000, id="mb-1000"),
    ],
)
def test_under_off_plan_accept_a_chunk_has_at_most_128_mb(mb: str, video: int, largest: int) -> None:
    rules = DOCUMENTED.with_rule("off_plan", "accept").with_rule("mb", mb)
    session = upload(rules, plan=(video, video // 6, 6))
    assert put(session, head(f"bytes 0-{largest - 1}/{video}", largest))[1] == Accepted(largest, video)
    found = refused(session, head(f"bytes 0-{largest}/{video}", largest + 1))
    assert found.clause == "S-CHUNK-PLANNED-SIZE"
    assert found.reason == f"a chunk has at most {largest} bytes, got {largest + 1}"
    assert put_answer(found, rules).status == 400


@pytest.mark.parametrize(
    ("offset", "text", "length"),
    [
        pytest.param(0, "bytes 0-4998/15000", 4999, id="first-one-less"),
        pytest.param(0, "bytes 0-5000/15000", 5001, id="first-one-more"),
        pytest.param(0, "bytes 0-14999/15000", 15_000, id="all-at-once"),
        pytest.param(5000, "bytes 5000-14999/15000", 10_000, id="two-at-once"),
        pytest.param(10_000, "bytes 10000-14998/15000", 4999, id="last-one-less"),
    ],
)
@pytest.mark.parametrize("status", ["400", "416"])
def test_another_length_than_the_planned_one_is_refused(offset: int, text: str, length: int, status: str) -> None:
    rules = SMALL.with_rule("off_plan", status)
    found = refused(upload_at(offset, rules), head(text, length))
    assert found.clause == "S-CHUNK-PLANNED-SIZE"
    assert put_answer(found, rules).status == int(status)
