"""Whom a request was addressed to."""

from aiohttp import web
from aiohttp.hdrs import HOST


def authority(request: web.Request) -> str:
    """Host, and port where there is one, as the client wrote them; empty where it did not.

    A target in absolute form (`GET http://host/path`, as through a plain proxy) beats the Host header (RFC 9112).
    """
    scheme, mark, rest = request.raw_path.partition("://")
    if mark and scheme.isalpha():
        return rest.partition("/")[0].partition("?")[0]
    return request.headers.get(HOST, "")
