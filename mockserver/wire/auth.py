"""Bearer tokens."""

from collections.abc import Sequence
from hmac import compare_digest

from aiohttp import web
from aiohttp.hdrs import AUTHORIZATION


def bearer_token(request: web.Request) -> str | None:
    """The token of `Authorization: Bearer TOKEN`, None where there is no usable one."""
    scheme, _, token = request.headers.get(AUTHORIZATION, "").partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and token else None


def what_came_instead(request: web.Request) -> str:
    """Where there is no usable token: what there is, without telling it."""
    given = request.headers.get(AUTHORIZATION)
    if given is None:
        return "no such header"
    return "no token in it" if given.strip().lower() in ("", "bearer") else "another scheme than Bearer"


def is_one_of(token: str, accepted: Sequence[str]) -> bool:
    """Compare in constant time for each of `accepted`."""
    given = token.encode("utf-8", "surrogateescape")
    # All are compared, so that the time does not tell which one it was.
    return sum(compare_digest(given, one.encode("utf-8", "surrogateescape")) for one in accepted) > 0
