"""GET /_mock/openapi.json: both sides of this server as OpenAPI 3.1. tests/http/test_openapi.py keeps it true."""

from functools import cache
from typing import Any, Final

from aiohttp import web
from aiohttp.hdrs import HOST

from mockserver import __version__
from mockserver.control.described import control, control_json, faults, tiktok, tiktok_json
from mockserver.control.requests import query_of

_ABOUT: Final = """\
Clause ids such as S-CHUNK-206 are those of `tiktok-conformance clauses`. An answer with `x-mock-rule` is given
under that switch only; GET /_mock/health shows the switches in force. `x-mock-other-methods` says what all other
methods of a path are answered, `x-mock-other-paths` what all other paths are. Not written at each operation: an
armed fault may answer with anything, and a defect of the mock itself is 500 with the code internal_error.
"""
_TAGS: Final = {
    "tiktok": "TikTok's side: what an uploader calls.",
    "state": "What the server is and holds.",
    "journal": "What happened.",
    "faults": "What shall go wrong.",
    "clock": "The clock on which upload_urls expire and posts are processed.",
}


async def openapi(request: web.Request) -> web.Response:
    """The document, with the address that the request came to as its server."""
    query_of(request)
    servers = [{"url": f"{request.scheme}://{request.headers[HOST]}"}]
    return web.json_response({**document(), "servers": servers})


@cache
def document() -> dict[str, Any]:
    """The document of this version, valid where it is served from."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tiktok-upload-mock",
            "version": __version__,
            "summary": "A fake TikTok Content Posting API and its control surface",
            "description": _ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": about} for name, about in _TAGS.items()],
        "security": [{"controlToken": []}],
        "paths": tiktok.PATHS | control.PATHS,
        "x-mock-other-paths": tiktok.OTHER_PATHS | control.OTHER_PATHS,
        "components": {
            "securitySchemes": {
                "userToken": _bearer("A user's access token: any, or one of --token (S-INIT-AUTH)."),
                "controlToken": _bearer("The token of --control-token; without that option none is asked for."),
            },
            "parameters": tiktok.PARAMETERS | control.PARAMETERS,
            "headers": tiktok.HEADERS,
            "responses": tiktok.RESPONSES | control.RESPONSES,
            "schemas": tiktok_json.SCHEMAS | control_json.SCHEMAS | faults.SCHEMAS,
        },
    }


def _bearer(about: str) -> dict[str, str]:
    return {"type": "http", "scheme": "bearer", "description": about}
