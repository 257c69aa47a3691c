"""Mutants that decide rightly and say the wrong thing."""

from collections.abc import Mapping
from typing import Final

from support.mutants import Mutant
from support.rewrites import (
    COUNT,
    CREATOR,
    FETCH,
    INIT,
    SIZE,
    accept_refused,
    another_code,
    answer_json,
    as_text,
    committing_5xx,
    for_an_empty_token,
    for_everybody,
    message,
    no_log_id,
    no_token_in_url,
    one_count_for_all,
    progress,
    put_in,
    relative_url,
    status,
    surplus_as_a_chunk,
    uploaded,
)

OF_ANSWERS: Final[Mapping[str, Mutant]] = {
    "200-for-201": Mutant(
        "The chunk that completes the video is answered 200.",
        "S-CHUNK-201 S-CHUNK-EXAMPLE-4M S-CHUNK-EXAMPLE-50M",
        rewrite=lambda: status(201, 200),
    ),
    "206-for-the-last": Mutant(
        "The chunk that completes the video is answered 206.",
        "S-CHUNK-201 S-CHUNK-EXAMPLE-4M S-CHUNK-EXAMPLE-50M",
        rewrite=lambda: status(201, 206),
    ),
    "200-for-206": Mutant(
        "A chunk that is not the last is answered 200.",
        "S-CHUNK-206 S-CHUNK-EXAMPLE-50M",
        rewrite=lambda: status(206, 200),
    ),
    "201-for-206": Mutant(
        "Every chunk is answered as if it were the last.",
        "S-CHUNK-206 S-CHUNK-EXAMPLE-50M",
        rewrite=lambda: status(206, 201),
    ),
    "progress-one-too-many": Mutant(
        "The progress header counts a byte that was not sent.",
        "S-CHUNK-PROGRESS",
        rewrite=lambda: progress(lambda n, t: f"bytes 0-{n + 1}/{t}"),
    ),
    "progress-missing": Mutant(
        "206 and 201 come without the progress header.",
        "S-CHUNK-PROGRESS",
        rewrite=lambda: progress(lambda _n, _t: None),
    ),
    "progress-stale": Mutant(
        "The progress header stays at 0.",
        "S-CHUNK-PROGRESS",
        rewrite=lambda: progress(lambda _n, t: f"bytes 0-0/{t}"),
    ),
    "progress-of-another-total": Mutant(
        "The total in the progress header is one too large.",
        "S-CHUNK-PROGRESS",
        rewrite=lambda: progress(lambda n, t: f"bytes 0-{n}/{t + 1}"),
    ),
    "progress-without-unit": Mutant(
        "The progress header lacks the word bytes.",
        "S-CHUNK-PROGRESS",
        rewrite=lambda: progress(lambda n, t: f"0-{n}/{t}"),
    ),
    "progress-shared": Mutant(
        "The progress header counts the bytes of the upload that was begun last, whichever is asked about.",
        "S-ISOLATED",
        rewrite=one_count_for_all,
    ),
    "416-without-progress": Mutant(
        "416 does not say where the upload is.",
        "S-ORDER-416-PROGRESS",
        rewrite=lambda: progress(lambda _n, _t: None, 416),
    ),
    "416-as-400": Mutant(
        "What is out of place is answered 400.",
        "S-ORDER-GAP S-ORDER-OVERLAP S-ORDER-PARALLEL S-ORDER-REPEAT S-ORDER-START",
        rewrite=lambda: status(416, 400),
    ),
    "400-as-416": Mutant(
        "What is malformed is answered 416.",
        "S-HEAD-RANGE-MALFORMED S-BODY-CODING S-BODY-SHORT "
        "S-HEAD-LENGTH-MISMATCH S-HEAD-LENGTH-MISSING S-HEAD-RANGE-INVERTED S-HEAD-TYPE",
        rewrite=lambda: status(400, 416),
    ),
    "416-as-206": Mutant(
        "What is out of place is thrown away and answered 206.",
        "S-ORDER-GAP S-ORDER-AFTER-END S-ORDER-OVERLAP S-ORDER-PARALLEL S-ORDER-REPEAT S-ORDER-START",
        rewrite=lambda: status(416, 206),
    ),
    "403-as-404": Mutant(
        "An expired upload_url is answered like an unknown one.",
        "S-URL-EXPIRED",
        rewrite=lambda: status(403, 404),
    ),
    "404-as-400": Mutant(
        "An unknown upload_url is answered 400.",
        "S-URL-UNKNOWN S-URL-TOKEN",
        rewrite=lambda: status(404, 400),
    ),
    "5xx-that-commits": Mutant(
        "Each chunk is kept, and answered 503 the first time.",
        "S-ATOMIC-5XX",
        rewrite=committing_5xx,
    ),
    "surplus-as-a-chunk": Mutant(
        "Bytes behind a body are answered 206.",
        "S-BODY-SURPLUS S-HTTP",
        rewrite=surplus_as_a_chunk,
    ),
    "count-unchecked": Mutant(
        "Any total_chunk_count is accepted.",
        "S-PLAN-COUNT S-PLAN-COUNT-RANGE",
        rewrite=lambda: accept_refused(COUNT),
    ),
    "size-unchecked": Mutant(
        "Any chunk_size is accepted.",
        "S-PLAN-CHUNK-MIN S-PLAN-CHUNK-EXCEEDS S-PLAN-CHUNK-MAX S-PLAN-LARGE-SPLIT S-PLAN-SMALL-WHOLE",
        rewrite=lambda: accept_refused(SIZE),
    ),
    "count-blamed-on-the-size": Mutant(
        "A wrong count is refused with the text for a wrong size.",
        "S-PLAN-COUNT S-PLAN-COUNT-RANGE",
        rewrite=lambda: answer_json(INIT, message(COUNT, SIZE)),
    ),
    "status-one-byte-too-many": Mutant(
        "status/fetch counts a byte that was not sent.",
        "S-STATUS-UPLOADED",
        rewrite=lambda: answer_json(FETCH, uploaded(1)),
    ),
    "status-published-at-once": Mutant(
        "status/fetch tells PUBLISH_COMPLETE from the start, of drafts too.",
        "S-STATUS-UPLOADED S-STATUS-END",
        rewrite=lambda: answer_json(FETCH, put_in("data", "status", value="PUBLISH_COMPLETE")),
    ),
    "status-code-for-strangers": Mutant(
        "Another user's publish_id is refused with another code.",
        "S-STATUS-OWNER",
        rewrite=lambda: answer_json(FETCH, another_code("token_not_authorized_for_specified_publish_id")),
    ),
    "status-code-for-the-unknown": Mutant(
        "An unknown publish_id is refused with another code.",
        "S-STATUS-UNKNOWN",
        rewrite=lambda: answer_json(FETCH, another_code("invalid_publish_id")),
    ),
    "creator-without-levels": Mutant(
        "creator_info offers no privacy level.",
        "S-CREATOR-INFO",
        rewrite=lambda: answer_json(CREATOR, put_in("data", "privacy_level_options", value=[])),
    ),
    "creator-with-a-level-that-init-refuses": Mutant(
        "creator_info offers a privacy level that init does not know.",
        "S-CREATOR-INFO",
        rewrite=lambda: answer_json(CREATOR, put_in("data", "privacy_level_options", value=["FRIENDS"])),
    ),
    "creator-with-a-list-for-a-level": Mutant(
        "creator_info puts each privacy level into a list of its own.",
        "S-CREATOR-INFO",
        rewrite=lambda: answer_json(CREATOR, put_in("data", "privacy_level_options", value=[["SELF_ONLY"]])),
    ),
    "creator-without-duration": Mutant(
        "creator_info tells the longest duration as text.",
        "S-CREATOR-INFO",
        rewrite=lambda: answer_json(CREATOR, put_in("data", "max_video_post_duration_sec", value="600")),
    ),
    "creator-with-a-flag-as-text": Mutant(
        "creator_info tells one of its flags as text.",
        "S-CREATOR-INFO",
        rewrite=lambda: answer_json(CREATOR, put_in("data", "duet_disabled", value="false")),
    ),
    "creator-for-everybody": Mutant(
        "creator_info answers without a token.",
        "S-CREATOR-INFO",
        rewrite=lambda: for_everybody(CREATOR, {"creator_username": "somebody"}),
    ),
    "creator-for-a-bearer-without-token": Mutant(
        "creator_info answers 'Bearer' without a token, though not a request without Authorization.",
        "S-CREATOR-INFO",
        rewrite=lambda: for_an_empty_token(CREATOR),
    ),
    "one-publish-id": Mutant(
        "Every init gives the same publish_id.",
        "S-INIT-UNIQUE",
        rewrite=lambda: answer_json(INIT, put_in("data", "publish_id", value="v_pub_file~1")),
    ),
    "url-without-token": Mutant(
        "upload_url has no upload_token.",
        "S-INIT-ANSWER",
        rewrite=lambda: answer_json(INIT, no_token_in_url),
    ),
    "url-relative": Mutant(
        "upload_url has no host.",
        "S-INIT-ANSWER",
        rewrite=lambda: answer_json(INIT, relative_url),
    ),
    "no-log-id": Mutant(
        "error.log_id is missing.",
        "S-INIT-ENVELOPE",
        rewrite=lambda: answer_json("/v2/", no_log_id),
    ),
    "404-as-text": Mutant(
        "A path that is none is answered in plain text.",
        "S-INIT-ENVELOPE",
        rewrite=lambda: as_text("/v2/", 404),
    ),
    "401-with-another-code": Mutant(
        "A missing token is refused with another code.",
        "S-INIT-AUTH",
        rewrite=lambda: answer_json(INIT, another_code("access_token_invalid")),
    ),
}
