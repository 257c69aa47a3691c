"""Cases of init and of the JSON envelope."""

import asyncio
import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from conformance.cases import Case, Run, SkipError
from conformance.exchange import Answer
from conformance.plans import FIELDS
from conformance.puts import Plan, is_upload_url
from conformance.server.plan import ACCEPT, outcome_of, told
from conformance.target import error_of
from conformance.terms import Terms
from conformance.trial import DIRECT, DRAFT, STATUS, Trial

_POST: Final = "The request post info is empty or incorrect"
_DEEP: Final = b"[" * 50_000 + b"]" * 50_000
_NUMBER: Final = b'{"post_info":{"privacy_level":"SELF_ONLY"},"source_info":{"source":"FILE_UPLOAD","video_size":'


def cases(_terms: Terms) -> Iterable[Case]:
    """The cases of S-INIT-..."""
    yield from _answers()
    yield from _refusals()
    yield from _envelopes()


def _answers() -> Iterable[Case]:
    yield Case("S-INIT-ANSWER/direct-post", "A good init of a direct post.", _good(draft=False))
    yield Case("S-INIT-ANSWER/draft", "A good init of a draft.", _good(draft=True))
    yield Case("S-INIT-ANSWER/whole", "A good init of a video in one chunk.", _good(draft=False, whole=True))
    yield Case("S-INIT-ANSWER/one-byte", "A good init of a video of one byte.", _good(draft=True, size=1))
    yield Case("S-INIT-UNIQUE/same-body-twice", "The same init twice.", _unique(2, together=False))
    yield Case("S-INIT-UNIQUE/five-at-once", "The same init, five times at once.", _unique(5, together=True))
    yield Case(
        "S-INIT-UNIQUE/both-endpoints", "A direct post and a draft.", _unique(2, together=False, mixed=True)
    )


def _refusals() -> Iterable[Case]:
    for name, sentence, auth in (
        ("none", "No Authorization.", None),
        ("bearer-without-token", "'Bearer' and no token.", "Bearer"),
        ("bearer-and-blank", "'Bearer' and a blank.", "Bearer "),
        ("other-scheme", "Basic credentials.", "Basic dGVzdDp0ZXN0"),
        ("no-scheme", "A token without 'Bearer'.", "act.conformance"),
    ):
        yield Case(f"S-INIT-AUTH/{name}", sentence, _unauthorized(auth))
    yield Case("S-INIT-AUTH/unknown", "A token that the target never gave.", _unknown_token)
    for name, sentence, raw in (
        ("empty", "An empty body.", b""),
        ("no-json", "A word.", b"hello"),
        ("form", "A form.", b"source=FILE_UPLOAD&video_size=1"),
        ("cut-short", "An object that ends too early.", b'{"source_info": {"source": "FILE_UPLOAD"'),
        ("list", "A list.", b"[]"),
        ("text", "A JSON text.", b'"source_info"'),
        ("null", "null.", b"null"),
        ("number", "A number.", b"1"),
        ("empty-object", "An empty object.", b"{}"),
        ("no-source-info", "source_info is missing.", b'{"post_info": {"privacy_level": "SELF_ONLY"}}'),
        ("bad-utf-8", "Bytes that are no UTF-8.", b'{"source_info": "\xff\xfe"}'),
        ("very-deep", "Lists in lists, fifty thousand deep.", _DEEP),
        ("very-long-number", "A number of 5,000 digits.", _NUMBER + b"9" * 5000 + b"}}"),
    ):
        yield Case(f"S-INIT-BODY/{name}", sentence, _bad_body(raw))
    yield from _sources()
    yield from _post_infos()


def _sources() -> Iterable[Case]:
    for name, sentence, value in (
        ("missing", "source is missing.", ...),
        ("null", "source is null.", None),
        ("empty", "source is empty.", ""),
        ("unknown", "source is a word nobody knows.", "CARRIER_PIGEON"),
        ("lower-case", "source is file_upload.", "file_upload"),
        ("number", "source is a number.", 1),
        ("list", "source is a list.", ["FILE_UPLOAD"]),
    ):
        yield Case(f"S-INIT-SOURCE/{name}", sentence, _source(value))


def _post_infos() -> Iterable[Case]:
    for name, sentence, value in (
        ("missing", "post_info is missing.", ...),
        ("null", "post_info is null.", None),
        ("empty", "post_info is empty.", {}),
        ("text", "post_info is a text.", "SELF_ONLY"),
        ("level-null", "privacy_level is null.", {"privacy_level": None}),
        ("level-unknown", "privacy_level is a word nobody knows.", {"privacy_level": "EVERYBODY"}),
        ("level-lower-case", "privacy_level is self_only.", {"privacy_level": "self_only"}),
        ("level-number", "privacy_level is a number.", {"privacy_level": 1}),
        ("level-misspelt", "privacy_level is misspelt.", {"privacyLevel": "SELF_ONLY"}),
    ):
        yield Case(f"S-INIT-POST-INFO/{name}", sentence, _post_info(value))
    yield Case("S-INIT-POST-INFO/draft-without", "A draft without post_info.", _draft_without)


def _envelopes() -> Iterable[Case]:
    for name, sentence, method, path, raw, auth in (
        ("good-init", "A good init.", "POST", DIRECT, None, True),
        ("bad-body", "A body that is no JSON.", "POST", DIRECT, b"hello", True),
        ("no-token", "No token.", "POST", DIRECT, b"{}", False),
        ("no-token-status", "status/fetch without a token.", "POST", STATUS, b"{}", False),
        ("unknown-post", "A publish_id nobody knows.", "POST", STATUS, b'{"publish_id": "v_pub_file~none"}', True),
        ("unknown-path", "A path that is none.", "POST", "/v2/post/publish/video/finish/", b"{}", True),
        ("get-init", "GET on init.", "GET", DIRECT, None, True),
        ("put-draft-init", "PUT on the init of drafts.", "PUT", DRAFT, b"{}", True),
        ("delete-status", "DELETE on status/fetch.", "DELETE", STATUS, None, True),
        ("two-megabytes", "A JSON body of two million bytes.", "POST", DIRECT, b" " * 2_000_000, True),
    ):
        yield Case(f"S-INIT-ENVELOPE/{name}", sentence, _envelope(method, path, raw, auth=auth))


# ── what they do ──


def _good(*, draft: bool, whole: bool = False, size: int | None = None) -> Run:
    async def run(trial: Trial) -> None:
        plan = Plan.whole(size or trial.terms.least) if whole or size else trial.plan()
        answer = await trial.init(plan.source_info(), draft=draft)
        trial.expect(error_of(answer)[:2] == (200, "ok"), "200 with error.code 'ok'", answer)
        publish_id, url = answer.field("data", "publish_id"), answer.field("data", "upload_url")
        good = isinstance(publish_id, str) and 1 <= len(publish_id) <= 64
        trial.expect(good, "data.publish_id of 1 to 64 characters", repr(publish_id)[:200])
        wanted = "data.upload_url, absolute, of at most 256 characters, with upload_id and upload_token"
        if is_upload_url(url):
            trial.shows("upload_path", urlsplit(url).path)
        trial.expect(is_upload_url(url), wanted, re.sub("token=[^&]+", "token=***", repr(url)[:300]))

    return run


def _unique(count: int, *, together: bool, mixed: bool = False) -> Run:
    async def run(trial: Trial) -> None:
        source = trial.plan().source_info()
        inits = [trial.init(source, draft=mixed and number % 2 == 1) for number in range(count)]
        answers = await asyncio.gather(*inits) if together else [await one for one in inits]
        for answer in answers:
            whole = outcome_of(answer) == ACCEPT and is_upload_url(answer.field("data", "upload_url"))
            trial.need(whole, "S-INIT-ANSWER", f"a good init was answered {answer}")
        for what, found in zip(("publish_id", "upload_id", "upload_token"), _names(answers), strict=True):
            trial.expect(len(set(found)) == count, f"{count} different {what}s", f"{len(set(found))} different")

    return run


def _names(answers: list[Answer]) -> list[list[str]]:
    queries = [parse_qs(urlsplit(answer.field("data", "upload_url")).query) for answer in answers]
    ids = [str(answer.field("data", "publish_id")) for answer in answers]
    return [ids, *([query.get(name, [""])[0] for query in queries] for name in ("upload_id", "upload_token"))]


def _unauthorized(auth: str | None) -> Run:
    async def run(trial: Trial) -> None:
        await trial.ready()
        answer = await trial.init(trial.plan().source_info(), auth=auth)
        good = error_of(answer)[:2] == (401, "access_token_invalid")
        trial.expect(good, "401 access_token_invalid", answer)
        created = answer.field("data", "publish_id") or answer.field("data", "upload_url")
        trial.expect(not created, "no publish_id and no upload_url", "one was made")

    return run


async def _unknown_token(trial: Trial) -> None:
    await trial.ready()
    answer = await trial.init(trial.plan().source_info(), auth="Bearer act.conformanceunknown")
    if answer.status == 200:
        raise SkipError("a made-up token is accepted: here none is unknown")
    good = error_of(answer)[:2] == (401, "access_token_invalid")
    trial.expect(good, "401 access_token_invalid", answer)


def _bad_body(raw: bytes) -> Run:
    async def run(trial: Trial) -> None:
        await trial.ready()
        answer = await trial.post(DIRECT, raw=raw)
        trial.expect(error_of(answer)[:2] == (400, "invalid_params"), "400 invalid_params", answer)

    return run


def _source(value: Any) -> Run:
    async def run(trial: Trial) -> None:
        await trial.ready()
        source = trial.plan().source_info() | {"source": value}
        if value is ...:
            del source["source"]
        outcome = outcome_of(await trial.init(source))
        trial.expect(outcome == FIELDS, told(FIELDS), told(outcome))

    return run


def _post_info(value: Any) -> Run:
    async def run(trial: Trial) -> None:
        await trial.ready()
        source = trial.plan().source_info()
        if value is ...:
            answer = await trial.post(DIRECT, {"source_info": source})
        else:
            answer = await trial.init(source, post_info=value)
        outcome = outcome_of(answer)
        trial.expect(outcome == _POST, f"400 invalid_params {_POST!r}", told(outcome))

    return run


async def _draft_without(trial: Trial) -> None:
    await trial.ready()
    outcome = outcome_of(await trial.init(trial.plan().source_info(), draft=True))
    trial.expect(outcome == ACCEPT, ACCEPT, told(outcome))


def _envelope(method: str, path: str, raw: bytes | None, *, auth: bool) -> Run:
    async def run(trial: Trial) -> None:
        lines = ["Content-Type: application/json"]
        if auth:
            lines.append(f"Authorization: Bearer {trial.target.token}")
        if raw is None and method == "POST":
            answer = await trial.init(trial.plan().source_info())
        else:
            if path != STATUS:
                await trial.target.may_init()
            answer = await trial.send(method, path, raw, *lines)
        wanted = "JSON with error.code, error.message and error.log_id as strings"
        found = [answer.field("error", name) for name in ("code", "message", "log_id")]
        trial.expect(all(isinstance(one, str) for one in found), wanted, _seen(answer, found))

    return run


def _seen(answer: Answer, found: list[Any]) -> str:
    return f"{answer.status or answer.trouble} with {found} in {answer.body[:80]!r}"
