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


def is_one_of(token: str, accepted: Sequence[str]) -> bool:
    """Compare in constant time for each of `accepted`."""
    given = token.encode("utf-8", "surrogateescape")
    # All are compared, so that the time does not tell which one it was.
    return sum(compare_digest(given, one.encode("utf-8", "surrogateescape")) for one in accepted) > 0
