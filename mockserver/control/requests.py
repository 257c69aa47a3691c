"""What a request to /_mock/ asks for: its JSON body and its query, read strictly."""

import json
from collections.abc import Mapping
from typing import Final, Never

from aiohttp import web

from mockserver.wire.connection import BodyEndedError
from mockserver.wire.intake import read_whole

LARGEST_BODY: Final = 4 * 2**20


class ControlError(Exception):
    """A request that is refused, with its status; `str()` is the sentence that says why.

    `allow`: the methods that a path takes, for 405.
    """

    def __init__(self, status: int, sentence: str, *, allow: str = "") -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = {"Allow": allow} if allow else {}


def query_of(request: web.Request, *known: str) -> Mapping[str, str]:
    """The query, which may have `known` names only, each once. Raises ControlError (400)."""
    for name in request.query:
        if name not in known:
            allowed = f"it can have {', '.join(known)}" if known else "it takes none"
            raise ControlError(400, f"{request.path} has no query parameter {name[:60]!r}: {allowed}")
        if len(request.query.getall(name)) > 1:
            raise ControlError(400, f"query parameter {name} was given more than once")
        if not request.query[name]:
            raise ControlError(400, f"query parameter {name} is empty: give it a value or leave it out")
    return {name: request.query[name] for name in request.query}


def whole_number(query: Mapping[str, str], name: str) -> int:
    """A number of 0 or more out of the query, 0 where it is not there. Raises ControlError (400)."""
    text = query.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ControlError(400, f"{name} must be a whole number from 0, got {text[:60]!r}")
    return int(text)


async def json_body(request: web.Request, silence: float) -> object:
    """The body as JSON. Raises ControlError (400, 413)."""
    try:
        raw = await read_whole(request, silence, LARGEST_BODY)
    except BodyEndedError as error:
        raise ControlError(400, f"the body must come whole: {error}") from None
    if raw is None:
        raise ControlError(413, f"the body may have {LARGEST_BODY} bytes, got more")
    try:
        return json.loads(raw.decode(), parse_constant=_no_constant)
    except RecursionError:
        raise ControlError(400, "the body must be JSON, got something nested too deeply") from None
    except ValueError as error:
        raise ControlError(400, f"the body must be JSON: {error if raw else 'got nothing'}") from None


def json_object(body: object, *known: str) -> Mapping[str, object]:
    """The body as an object with at least one of the `known` members and no other. Raises ControlError (400)."""
    wanted = f"an object with {' or '.join(known)}"
    if not isinstance(body, dict):
        raise ControlError(400, f"the body must be {wanted}, got {type(body).__name__}")
    unknown = [name for name in body if name not in known]
    if unknown or not body:
        raise ControlError(
            400, f"the body must be {wanted}, got {', '.join(map(repr, unknown)) or 'an empty one'}"
        )
    return body


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is not JSON")
