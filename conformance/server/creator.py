"""Cases of creator_info/query, which many clients ask before they post."""

from collections.abc import Iterable
from typing import Any, Final

from conformance.cases import Case, Run, SkipError
from conformance.exchange import Answer
from conformance.target import error_of
from conformance.terms import Terms
from conformance.trial import CREATOR_INFO, Trial

_LEVELS: Final = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY")
_NOT_THERE: Final = (404, 405, 501)
_TEXTS: Final = ("creator_avatar_url", "creator_username", "creator_nickname")
_FLAGS: Final = ("comment_disabled", "duet_disabled", "stitch_disabled")


def cases(_terms: Terms) -> Iterable[Case]:
    """The cases of S-CREATOR-INFO."""
    for name, sentence, raw in (
        ("no-body", "Asked without a body.", b""),
        ("empty-object", "Asked with an empty object.", b"{}"),
    ):
        yield Case(f"S-CREATOR-INFO/{name}", sentence, _told(raw))
    for name, sentence, auth in (
        ("no-token", "Asked without Authorization.", None),
        ("bearer-without-token", "Asked with 'Bearer' and no token.", "Bearer"),
    ):
        yield Case(f"S-CREATOR-INFO/{name}", sentence, _unauthorized(auth))
    yield Case("S-CREATOR-INFO/levels", "Each level that it offers is taken to init.", _levels)


async def _asked(trial: Trial, raw: bytes = b"", *, auth: str | None = "") -> Answer:
    answer = await trial.post(CREATOR_INFO, raw=raw, auth=auth)
    if answer.status in _NOT_THERE:
        raise SkipError(f"creator_info/query is not offered ({answer.status})")
    return answer


def _lacks(data: dict[str, Any]) -> str:
    """What is not there as it should be, "" for nothing."""
    levels, seconds = data.get("privacy_level_options"), data.get("max_video_post_duration_sec")
    good = {
        **{name: isinstance(data.get(name), str) for name in _TEXTS},
        **{name: isinstance(data.get(name), bool) for name in _FLAGS},
        "privacy_level_options": isinstance(levels, list) and levels and all(one in _LEVELS for one in levels),
        "max_video_post_duration_sec": type(seconds) is int and seconds > 0,
    }
    return ", ".join(name for name, right in good.items() if not right)


def _told(raw: bytes) -> Run:
    async def run(trial: Trial) -> None:
        answer = await _asked(trial, raw)
        data = answer.field("data")
        lacks = _lacks(data) if isinstance(data, dict) else "data"
        wanted = "200 ok with names, avatar, levels, flags and longest duration"
        told = f"{answer}, without or with a wrong {lacks}" if lacks else str(answer)
        trial.expect(error_of(answer)[:2] == (200, "ok") and not lacks, wanted, told)

    return run


def _unauthorized(auth: str | None) -> Run:
    async def run(trial: Trial) -> None:
        await _asked(trial)
        answer = await _asked(trial, auth=auth)
        good = error_of(answer)[:2] == (401, "access_token_invalid")
        trial.expect(good, "401 access_token_invalid", answer)

    return run


async def _levels(trial: Trial) -> None:
    answer = await _asked(trial)
    await trial.ready()
    levels = answer.field("data", "privacy_level_options")
    for level in levels if isinstance(levels, list) else ():
        post = {"privacy_level": level, "title": "conformance"}
        made = await trial.init(trial.plan().source_info(), post_info=post)
        trial.expect(made.status == 200, f"an init with {level!r}, which creator_info offers", made)
