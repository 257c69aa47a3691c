"""Credentials as they are shown: recognisable, useless."""

import hashlib
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote_plus

_SECRET_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie"})
_SHOWN: Final = 4
_LONG_ENOUGH: Final = 12


def masked(secret: str) -> str:
    """`act....1a2b3c4d`: the beginning of a long secret and a hash, the same for the same secret everywhere."""
    digest = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{secret[:_SHOWN] if len(secret) >= _LONG_ENOUGH else ''}...{digest}"


def masked_target(target: str) -> str:
    """A request target whose upload_token is masked, however its name is written."""
    path, mark, query = target.partition("?")
    return path + mark + "&".join(_masked_pair(pair) for pair in query.split("&"))


def _masked_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if not value or unquote_plus(name).strip().lower() != "upload_token":
        return pair
    value, mark, rest = value.partition("#")
    return name + equals + masked(value) + mark + rest


def masked_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Headers in their order, the values of secret ones masked behind their scheme."""
    return tuple((name, _masked_value(name, value)) for name, value in headers)


def _masked_value(name: str, value: str) -> str:
    if name.lower() not in _SECRET_HEADERS:
        return value
    scheme, blank, secret = value.partition(" ")
    return f"{scheme} {masked(secret.strip())}" if blank else masked(value)
