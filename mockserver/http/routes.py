"""Which handler answers what on TikTok's side. Every path has one, so that aiohttp never answers by itself."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from mockserver.http.publish import PublishHandlers
from mockserver.http.upload import UploadHandlers
from mockserver.wire.intake import defer_go_ahead

UPLOAD_PATHS = ("/video/", "/upload", "/upload/")
"""All forms an upload_url is seen in (A10)."""


def add_api_routes(router: web.UrlDispatcher, publish: PublishHandlers, upload: UploadHandlers) -> None:
    """Add TikTok's endpoints. The last route takes what nothing else took: add other routes before."""

    def add(method: str, path: str, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> None:
        router.add_route(method, path, handler, expect_handler=defer_go_ahead)

    calls = {
        "/v2/post/publish/creator_info/query/": publish.creator_info,
        "/v2/post/publish/video/init/": publish.direct_post,
        "/v2/post/publish/inbox/video/init/": publish.draft,
        "/v2/post/publish/status/fetch/": publish.status,
    }
    for path, handler in calls.items():
        add("POST", path, handler)
        add("*", path, publish.wrong_method)
    for path in UPLOAD_PATHS:
        add("PUT", path, upload.put_chunk)
        add("*", path, upload.other_method)
    add("*", "/{path:[\\s\\S]*}", publish.unknown_path)
