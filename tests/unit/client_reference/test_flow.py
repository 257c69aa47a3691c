"""UploadFlow: the client clauses, without a socket."""

import json

import pytest

from client_reference import RetryPolicy, UploadFlow, UploadJob, UploadResult, errors
from support.flows import (
    BUSY,
    LOST,
    ONE_BYTE,
    PLAN,
    THREE,
    URL,
    WHOLE,
    error,
    given,
    initialised,
    play,
    progress,
    refused,
    seen,
    start,
    state,
)

# ── what is sent ──


def test_init_of_a_direct_post():
    flow = UploadFlow(UploadJob(PLAN, token="act.1", title="Hé", privacy_level="SELF_ONLY"))
    request = flow.next_request()
    assert request.url == "https://open.tiktokapis.com/v2/post/publish/video/init/"
    assert request.headers == {"Authorization": "Bearer act.1", "Content-Type": "application/json; charset=UTF-8"}
    assert json.loads(request.body) == {
        "post_info": {"title": "Hé", "privacy_level": "SELF_ONLY"},
        "source_info": {"source": "FILE_UPLOAD", "video_size": 25, "chunk_size": 10, "total_chunk_count": 2},
    }


def test_init_of_a_draft():
    flow = UploadFlow(UploadJob(PLAN, token="act.1", draft=True, api_base="http://127.0.0.1:8080/"))
    request = flow.next_request()
    assert request.url == "http://127.0.0.1:8080/v2/post/publish/inbox/video/init/"
    assert json.loads(request.body) == {
        "source_info": {"source": "FILE_UPLOAD", "video_size": 25, "chunk_size": 10, "total_chunk_count": 2}
    }


def test_chunks_and_status():
    flow = start(wait=True, content_type="video/webm")
    first = flow.next_request()
    assert flow.next_request() is first
    assert first.url == URL  # C-URL-OPAQUE
    assert first.headers == {  # C-HEADERS, C-URL-NO-BEARER
        "Content-Type": "video/webm",
        "Content-Length": "10",
        "Content-Range": "bytes 0-9/25",
    }
    flow.receive_response(206, progress(10), b"null")
    second = flow.next_request()
    assert second.headers["Content-Length"] == "15"
    assert second.headers["Content-Range"] == "bytes 10-24/25"
    assert flow.acknowledged == 10
    flow.receive_response(201, progress(25), b"null")
    status = flow.next_request()
    assert status.url == "https://open.tiktokapis.com/v2/post/publish/status/fetch/"
    assert status.headers["Authorization"] == "Bearer act.1"
    assert json.loads(status.body) == {"publish_id": "v_pub_file~v2-1.76"}
    flow.receive_response(*state("PUBLISH_COMPLETE"))
    assert flow.next_request() == UploadResult("v_pub_file~v2-1.76", "PUBLISH_COMPLETE", 25, 4, 0)
    with pytest.raises(RuntimeError, match="no request is under way"):
        flow.receive_response(200, {})


def test_no_credential_is_shown():
    flow = UploadFlow(UploadJob(PLAN, token="act.secret"))
    shown = repr(flow.next_request()) + repr(UploadJob(PLAN, token="act.secret", upload_url=URL))
    flow.receive_response(*initialised())
    shown += repr(flow.next_request())
    assert "secret" not in shown
    assert "upload_token" not in shown


# ── answers to chunks: the whole table ──

TABLE = [
    # name, flow, answers, steps
    ("all-well", start, [206, 201], [0, 10, "done"]),
    ("whole-file", lambda: start(WHOLE), [201], [0, "done"]),
    ("whole-file-200-A6", lambda: start(WHOLE), [200], [0, "done"]),
    ("progress-is-a-count", start, [(206, progress(10)), (201, progress(25))], [0, 10, "done"]),
    ("progress-is-the-last-index", start, [(206, progress(9)), (201, progress(24))], [0, 10, "done"]),
    ("progress-is-no-progress", start, [(206, {"content-range": "bytes */25"}), 201], [0, 10, "done"]),
    ("503-then-well", start, [503, 206, 201], [0, (0, 0.5), 10, "done"]),
    (
        "every-5xx-and-429",
        start,
        [500, 502, 504, 429, 206, 599, 201],
        [0, (0, 0.5), (0, 1.0), (0, 2.0), (0, 4.0), 10, (10, 0.5), "done"],
    ),
    ("retry-after", start, [(503, {"retry-after": "3"}), 206, 201], [0, (0, 3.0), 10, "done"]),
    ("retry-after-too-long", start, [(503, {"Retry-After": "3600"})], [0, "GaveUp"]),
    ("cut-before-commit", start, [LOST, 206, 201], [0, (0, 0.5), 10, "done"]),
    ("lost-answer-count", start, [LOST, (416, progress(10)), 201], [0, (0, 0.5), 10, "done"]),
    ("lost-answer-last-index", start, [LOST, (416, progress(9)), 201], [0, (0, 0.5), 10, "done"]),
    (
        "lost-answer-no-progress-asks-status",
        start,
        [LOST, 416, state("PROCESSING_UPLOAD", uploaded_bytes=10), 201],
        [0, (0, 0.5), "status", 10, "done"],
    ),
    ("lost-answer-nobody-to-ask", given, [LOST, 416, 201], [0, (0, 0.5), 10, "done"]),
    ("416-out-of-the-blue-nobody-to-ask", given, [416], [0, "PlaceLost"]),
    ("lost-final-count", start, [206, LOST, (416, progress(25))], [0, 10, (10, 0.5), "done"]),
    ("lost-final-last-index", start, [206, LOST, (416, progress(24))], [0, 10, (10, 0.5), "done"]),
    (
        "lost-final-no-progress-asks-status",
        start,
        [206, LOST, 416, state("PROCESSING_UPLOAD", uploaded_bytes=25)],
        [0, 10, (10, 0.5), "status", "done"],
    ),
    ("lost-final-nobody-to-ask", given, [206, LOST, 416], [0, 10, (10, 0.5), "PlaceLost"]),
    (
        "lost-final-then-404-A12",
        start,
        [206, LOST, 404, state("PUBLISH_COMPLETE")],
        [0, 10, (10, 0.5), "status", "done"],
    ),
    (
        "lost-final-then-400-A12",
        start,
        [206, 500, 400, state("PROCESSING_UPLOAD", uploaded_bytes=25)],
        [0, 10, (10, 0.5), "status", "done"],
    ),
    (
        "lost-final-then-403-and-it-did-not-arrive",
        start,
        [206, LOST, 403, state("PROCESSING_UPLOAD", uploaded_bytes=10)],
        [0, 10, (10, 0.5), "status", "UploadExpired"],
    ),
    (
        "lost-final-then-400-and-it-did-not-arrive",
        start,
        [206, LOST, 400, state("PROCESSING_UPLOAD", uploaded_bytes=10)],
        [0, 10, (10, 0.5), "status", "BadRequest"],
    ),
    ("lost-final-then-403-nobody-to-ask", given, [206, LOST, 403], [0, 10, (10, 0.5), "UploadExpired"]),
    (
        "lost-final-then-404-and-no-status",
        start,
        [206, LOST, 404, refused(401, "access_token_invalid")],
        [0, 10, (10, 0.5), "status", "UploadUnknown"],
    ),
    ("an-earlier-run-sent-some", given, [(416, progress(10)), 201], [0, 10, "done"]),
    ("an-earlier-run-sent-all", given, [(416, progress(25))], [0, "done"]),
    (
        "the-server-lost-a-chunk",
        start,
        [206, (416, progress(0)), 206, 201],
        [0, 10, 0, 10, "done"],
    ),
    (
        "the-server-stays-where-it-is",
        given,
        [(416, progress(0)), (416, progress(0)), (416, progress(0)), (416, progress(0))],
        [0, 0, (0, 0.5), (0, 1.0), "PlaceLost"],
    ),
    ("416-between-chunks", given, [(416, progress(7))], [0, "PlaceLost"]),
    ("416-of-another-size", given, [(416, progress(10, 26))], [0, "PlaceLost"]),
    (
        "416-between-chunks-asks-status",
        start,
        [(416, progress(7)), state("PROCESSING_UPLOAD", uploaded_bytes=0), 206, 201],
        [0, "status", 0, 10, "done"],
    ),
    (
        "416-beyond-what-was-sent-is-not-believed",
        start,
        [(416, progress(25)), state("PROCESSING_UPLOAD", uploaded_bytes=25)],
        [0, "status", "PlaceLost"],
    ),
    ("status-without-a-number", start, [416, state("PROCESSING_UPLOAD")], [0, "status", "PlaceLost"]),
    (
        "status-between-chunks",
        start,
        [416, state("PROCESSING_UPLOAD", uploaded_bytes=7)],
        [0, "status", "PlaceLost"],
    ),
    ("status-failed", start, [416, state("FAILED", fail_reason="internal")], [0, "status", "PublishFailed"]),
    ("400", start, [400], [0, "BadRequest"]),
    ("415", start, [415], [0, "BadRequest"]),
    ("403", start, [403], [0, "UploadExpired"]),
    ("404", start, [404], [0, "UploadUnknown"]),
    ("404-of-the-last-that-was-never-lost", start, [206, 404], [0, 10, "UploadUnknown"]),
    ("404-of-a-chunk-that-is-not-the-last", start, [LOST, 404], [0, (0, 0.5), "UploadUnknown"]),
    ("redirect", start, [(307, {"Location": "https://evil.example/x?upload_token=1"})], [0, "RedirectRefused"]),
    (
        "206-for-the-last-not-there",
        start,
        [206, 206, state("PROCESSING_UPLOAD", uploaded_bytes=10), 201],
        [0, 10, "status", 10, "done"],
    ),
    (
        "206-for-the-last-yet-there",
        start,
        [206, 206, state("PROCESSING_UPLOAD", uploaded_bytes=25)],
        [0, 10, "status", "done"],
    ),
    ("206-for-the-last-proved-by-progress", given, [206, (206, progress(25))], [0, 10, "done"]),
    ("206-for-the-last-nobody-to-ask", given, [206, 206, 201], [0, 10, 10, "done"]),
    (
        "206-for-the-last-for-ever",
        given,
        [206, 206, 206, 206, 206],
        [0, 10, 10, (10, 0.5), (10, 1.0), "PlaceLost"],
    ),
    (
        "201-before-the-last-not-there",
        start,
        [201, state("PROCESSING_UPLOAD", uploaded_bytes=0), 206, 201],
        [0, "status", 0, 10, "done"],
    ),
    ("201-before-the-last-proved-a-chunk-by-progress", start, [(201, progress(10)), 201], [0, 10, "done"]),
    ("201-before-the-last-nobody-to-ask", given, [201, 416, 201], [0, 0, 10, "done"]),
    ("204", start, [204, state("PROCESSING_UPLOAD", uploaded_bytes=10), 201], [0, "status", 10, "done"]),
    (
        "206-against-its-progress",
        start,
        [(206, progress(0)), state("PROCESSING_UPLOAD", uploaded_bytes=10), 201],
        [0, "status", 10, "done"],
    ),
    (
        "206-of-another-size",
        start,
        [(206, progress(10, 26)), state("PROCESSING_UPLOAD", uploaded_bytes=10), 201],
        [0, "status", 10, "done"],
    ),
    ("206-against-its-progress-nobody-to-ask", given, [(206, progress(0)), 201], [0, 10, "done"]),
    (
        "201-against-its-progress",
        start,
        [206, (201, progress(10)), state("PROCESSING_UPLOAD", uploaded_bytes=10), 201],
        [0, 10, "status", 10, "done"],
    ),
    ("201-against-its-progress-nobody-to-ask", given, [206, (201, progress(10))], [0, 10, "done"]),
    # One byte: `bytes 0-0/1` is "nothing" as a count and "all" as a last index.
    ("one-byte", lambda: start(ONE_BYTE), [(201, progress(1, 1))], [0, "done"]),
    ("one-byte-last-index", lambda: start(ONE_BYTE), [(201, progress(0, 1))], [0, "done"]),
    ("one-byte-lost-count", lambda: start(ONE_BYTE), [LOST, (416, progress(1, 1))], [0, (0, 0.5), "done"]),
    (
        "one-byte-lost-and-ambiguous-asks-status",
        lambda: start(ONE_BYTE),
        [LOST, (416, progress(0, 1)), state("PROCESSING_UPLOAD", uploaded_bytes=1)],
        [0, (0, 0.5), "status", "done"],
    ),
    (
        "one-byte-lost-and-ambiguous-nobody-to-ask",
        lambda: given(ONE_BYTE),
        [LOST, (416, progress(0, 1))],
        [0, (0, 0.5), "done"],
    ),
    ("one-byte-206-proves-nothing", lambda: given(ONE_BYTE), [(206, progress(0, 1)), 201], [0, 0, "done"]),
]


@pytest.mark.parametrize(("flow", "answers", "steps"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_answers_to_chunks(flow, answers, steps):
    assert play(flow(), answers) == steps


def test_attempts_are_bounded_and_counted_anew_after_progress():
    flow = start(retry=RetryPolicy(attempts=3, base=1.0))
    assert play(flow, [503, LOST, 206, 503, LOST, 503]) == [
        0,
        (0, 1.0),
        (0, 2.0),
        10,
        (10, 1.0),
        (10, 2.0),
        "GaveUp",
    ]
    assert str(error(flow)) == (
        "Gave up after 3 attempts without progress, the last one: HTTP 503; "
        "the last chunk may have arrived, so look for the post before uploading again."
    )
    assert (error(flow).attempts, error(flow).in_doubt, error(flow).retryable) == (3, True, False)


def test_the_same_without_doubt():
    flow = start(retry=RetryPolicy(attempts=1))
    play(flow, [503])
    assert str(error(flow)) == "Gave up after 1 attempt without progress, the last one: HTTP 503; try again later."
    assert error(flow).retryable is True
    assert not isinstance(error(flow), errors.Unreachable)


def test_resyncs_are_counted_anew_after_progress():
    flow = start(THREE, retry=RetryPolicy(resyncs=1))
    back, ten = (416, progress(0, 30)), (416, progress(10, 30))
    assert play(flow, [back, 206, ten, 206, 201]) == [0, 0, 10, 10, 20, "done"]
    assert play(start(THREE, retry=RetryPolicy(resyncs=1)), [back, back]) == [0, 0, "PlaceLost"]


def test_a_server_that_forgets_for_ever_is_left():
    flow = start()
    answers = [206, (416, progress(0))] * 4
    assert play(flow, answers) == [0, 10, 0, 10, (0, 0.5), 10, (0, 1.0), 10, "PlaceLost"]
    assert str(error(flow)) == "The server came back to byte 0 4 times."


def test_a_retry_after_date_needs_a_clock():
    flow = start()
    flow.receive_response(503, {"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}, now=784_111_770.0)
    assert seen(flow.next_request()) == (0, 7.0)


def test_jitter_comes_from_outside():
    flow = UploadFlow(UploadJob(PLAN, upload_url=URL), jitter=lambda: 0.5)
    assert play(flow, [503, 503]) == [0, (0, 0.375), (0, 0.75)]


def test_result_counts_requests_and_retries():
    flow = start()
    play(flow, [503, LOST, (416, progress(10)), 503, (416, progress(0)), 206, 201])
    assert flow.next_request() == UploadResult("v_pub_file~v2-1.76", None, 25, 8, 4)


@pytest.mark.parametrize(
    ("answers", "sentence", "retryable"),
    [
        (
            [400],
            (
                "Chunk 'bytes 0-9/25' was refused with HTTP 400, and would be refused again; "
                "check plan, size and content type."
            ),
            False,
        ),
        ([403], "The upload_url has expired (HTTP 403); upload again, which starts with a new init.", True),
        ([404], "The upload_url has no upload (HTTP 404); upload again, which starts with a new init.", True),
        (
            [206, LOST, 404],
            (
                "The upload_url has no upload (HTTP 404); the last chunk may have arrived, "
                "so look for the post before uploading again."
            ),
            False,
        ),
        (
            [(302, {"location": "https://evil.example/?upload_token=1"})],
            "HTTP 302 points to evil.example; redirects are not followed.",
            False,
        ),
        ([(302, {"location": "//[oops"})], "HTTP 302 points to another place; redirects are not followed.", False),
        ([302], "HTTP 302 points to another place; redirects are not followed.", False),
        ([416], "The server denies 'bytes 0-9/25' and does not say where it is: no chunk starts there.", False),
        (
            [(416, progress(7))],
            "The server denies 'bytes 0-9/25' and reports 7 bytes: no chunk starts there.",
            False,
        ),
        (
            [(503, {"Retry-After": "3600"})],
            (
                "Gave up after 1 attempt without progress, the last one: HTTP 503 with a Retry-After of 3600 s; "
                "try again later."
            ),
            True,
        ),
    ],
)
def test_sentences(answers, sentence, retryable):
    flow = given()
    play(flow, answers)
    assert str(error(flow)) == sentence
    assert error(flow).retryable is retryable


def test_nothing_sent_is_no_doubt():
    flow = given(WHOLE, retry=RetryPolicy(attempts=2))
    flow.receive_failure("cannot connect", sent=False)
    flow.receive_failure("cannot connect", sent=False)
    assert isinstance(error(flow), errors.Unreachable)
    assert (error(flow).in_doubt, error(flow).retryable, error(flow).fault) == (False, True, "network")


# ── init ──


def fresh(**job):
    return UploadFlow(UploadJob(PLAN, token="act.1", **job))


def test_init_is_retried_while_no_byte_has_left():
    flow = fresh(wait=False)
    steps = play(flow, [LOST, 503, 429, initialised(), 206, 201])
    assert steps == ["init", ("init", 0.5), ("init", 1.0), ("init", 2.0), 0, 10, "done"]


def test_init_that_never_answers():
    flow = fresh()
    assert play(flow, [LOST] * 6)[-1] == "Unreachable"


@pytest.mark.parametrize("code", ["invalid_params", "invalid_param"])
def test_init_refused(code):
    flow = fresh()
    assert play(flow, [refused(400, code, "The chunk size is invalid")]) == ["init", "InitRefused"]
    problem = error(flow)
    assert (problem.status, problem.code, problem.message, problem.log_id) == (
        400,
        code,
        "The chunk size is invalid",
        "2026",
    )
    assert problem.invalid_parameters
    assert str(problem) == (
        f"The init was refused with HTTP 400: {code}, 'The chunk size is invalid' (log_id 2026); "
        "correct the plan or the post."
    )


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            refused(401, "access_token_invalid", "The access token is invalid", ""),
            (
                "The init was refused with HTTP 401: access_token_invalid, 'The access token is invalid'; "
                "check the access token and its scopes."
            ),
        ),
        (
            refused(200, "spam_risk_too_many_posts", "\x1b[31m", ""),
            (
                "The init was refused with HTTP 200: spam_risk_too_many_posts, '?[31m'; "
                "look the code up in TikTok's reference."
            ),
        ),
        (
            (403, {}, b"<html>"),
            "The init was refused with HTTP 403 and no reason; look the code up in TikTok's reference.",
        ),
        (
            (400, {}, b'{"error": []}'),
            "The init was refused with HTTP 400 and no reason; look the code up in TikTok's reference.",
        ),
        (
            (400, {}, b'{"error": {"code": 7, "message": "m"}}'),
            "The init was refused with HTTP 400: no code, 'm'; look the code up in TikTok's reference.",
        ),
        ((301, {}), "HTTP 301 points to another place; redirects are not followed."),
        ((200, {}, b"null"), "The init was answered without upload_url or publish_id."),
        ((200, {}, b"\xff"), "The init was answered without upload_url or publish_id."),
        ((200, {}, b"[" * 100_000), "The init was answered without upload_url or publish_id."),
        ((200, {}, b'{"data": null}'), "The init was answered without upload_url or publish_id."),
        (initialised(publish_id=7), "The init was answered without upload_url or publish_id."),
        (
            initialised("/video/?upload_id=1"),
            "The upload_url that init gave is not an absolute http or https URL; nothing goes there.",
        ),
        (
            initialised("ftp://h/video"),
            "The upload_url that init gave is not an absolute http or https URL; nothing goes there.",
        ),
        (
            initialised("https://h:99999/"),
            "The upload_url that init gave is not an absolute http or https URL; nothing goes there.",
        ),
        (
            initialised("https://h/\r\nX: y"),
            "The upload_url that init gave holds characters that no URL has; nothing goes there.",
        ),
        (
            initialised("http://h/video"),
            "The upload_url that init gave is plain http, though the API itself is https; nothing goes there.",
        ),
    ],
)
def test_init_that_leads_nowhere(answer, sentence):
    flow = fresh()
    play(flow, [answer])
    assert str(error(flow)) == sentence
    assert error(flow).retryable is False


def test_plain_http_where_the_api_is_plain_http():
    flow = fresh(api_base="http://127.0.0.1:8080")
    assert play(flow, [initialised("http://127.0.0.1:8080/video/?upload_id=1")]) == ["init", 0]


@pytest.mark.parametrize(
    ("job", "sentence"),
    [
        ({}, "The access token is missing; it is wanted for the init and for the status."),
        ({"upload_url": URL, "publish_id": "v"}, "The access token is missing"),
        ({"token": "a b"}, "The access token holds characters that no token has"),
        ({"token": "a\n"}, "The access token holds characters that no token has"),
        ({"token": "ä"}, "The access token holds characters that no token has"),
        (
            {"token": "a", "api_base": "open.tiktokapis.com"},
            "The API base 'open.tiktokapis.com' is not an absolute",
        ),
        ({"upload_url": "nowhere"}, "The given upload_url is not an absolute http or https URL"),
    ],
)
def test_a_job_that_cannot_work_cannot_be_built(job, sentence):
    with pytest.raises(errors.UsageError, match=sentence):
        UploadJob(PLAN, **job)


# ── status ──


@pytest.mark.parametrize("end", ["PUBLISH_COMPLETE", "SEND_TO_USER_INBOX"])
def test_polling_slows_down_and_ends(end):
    flow = start(WHOLE, wait=True)
    steps = play(flow, [201, *[BUSY] * 8, state(end)])
    gaps = [("status", gap) for gap in (2.0, 3.0, 4.5, 7.0, 10.0, 15.0, 15.0, 15.0)]
    assert steps == [0, "status", *gaps, "done"]
    assert flow.next_request().status == end


def test_polling_has_an_end():
    flow = start(WHOLE, wait=True, patience=9.5)
    assert play(flow, [201, *[BUSY] * 4])[-2:] == [("status", 4.5), "NotConfirmed"]
    assert str(error(flow)) == (
        "The video is uploaded, but the end of post v_pub_file~v2-1.76 is not known (status PROCESSING_UPLOAD); "
        "do not upload it again, ask for its status later."
    )
    assert error(flow).retryable is False


def test_patience_before_the_last_byte():
    flow = start(THREE, patience=1.0)
    at_zero = state("PROCESSING_UPLOAD", uploaded_bytes=0)
    assert play(flow, [416, at_zero, 416]) == [0, "status", 0, "GaveUp"]


@pytest.mark.parametrize(
    ("reason", "retryable"), [("internal", True), ("duration_check_failed", False), ("", False)]
)
def test_failed_post(reason, retryable):
    flow = start(WHOLE, wait=True)
    play(flow, [201, state("FAILED", fail_reason=reason)])
    assert isinstance(error(flow), errors.PublishFailed)
    assert (error(flow).fail_reason, error(flow).retryable) == (reason, retryable)


def test_status_trouble_is_waited_out():
    flow = start(WHOLE, wait=True)
    answers = [
        201,
        503,
        (429, {"Retry-After": "5"}),
        LOST,
        (200, {}, b"oops"),
        refused(400, "invalid_publish_id"),
        BUSY,
    ]
    steps = play(flow, [*answers, 503, state("PUBLISH_COMPLETE")])
    gaps = [2.0, 5.0, 4.5, 7.0, 10.0, 15.0, 15.0]
    assert steps == [0, "status", *[("status", gap) for gap in gaps], "done"]


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([503] * 6, "HTTP 503"),
        ([302], "HTTP 302 points to another place; redirects are not followed"),
        (
            [refused(401, "access_token_invalid", "m", "")],
            (
                "The status query was refused with HTTP 401: access_token_invalid, 'm'; "
                "check the access token and its scopes"
            ),
        ),
        (
            [refused(400, "invalid_publish_id", "m", "")] * 6,
            (
                "The status query was refused with HTTP 400: invalid_publish_id, 'm'; "
                "look the code up in TikTok's reference"
            ),
        ),
    ],
)
def test_once_everything_arrived_status_trouble_says_so(answers, why):
    flow = start(WHOLE, wait=True)
    play(flow, [201, *answers])
    assert isinstance(error(flow), errors.NotConfirmed)
    assert error(flow).last.rstrip(".") == why


def test_status_refused_before_the_last_byte():
    assert play(start(), [416, refused(401, "scope_not_authorized")]) == [0, "status", "StatusRefused"]


def test_two_status_queries_are_never_close():
    flow = start(WHOLE, wait=True)
    steps = play(flow, [LOST, 416, BUSY, state("PUBLISH_COMPLETE")])
    assert steps == [0, (0, 0.5), "status", ("status", 2.0), "done"]


def test_a_terminal_status_met_on_the_way_is_the_end():
    flow = start(WHOLE, wait=True)
    assert play(flow, [LOST, 416, state("SEND_TO_USER_INBOX")]) == [0, (0, 0.5), "status", "done"]
    assert flow.next_request().status == "SEND_TO_USER_INBOX"


def test_status_of_a_given_upload_with_publish_id():
    flow = given(WHOLE, token="act.1", publish_id="v_pub")
    assert play(flow, [201, state("PUBLISH_COMPLETE")]) == [0, "status", "done"]


def test_status_numbers_are_numbers():
    steps = play(start(ONE_BYTE), [416, state("PROCESSING_UPLOAD", uploaded_bytes=True)])
    assert steps == [0, "status", "PlaceLost"]
    assert play(start(), [416, state(None, uploaded_bytes="0")]) == [0, "status", "PlaceLost"]
