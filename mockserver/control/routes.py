"""Which handler answers what under /_mock/, each behind the guard."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from mockserver.control.contents import ContentHandlers
from mockserver.control.guard import ControlGuard
from mockserver.control.handlers import ControlHandlers
from mockserver.control.requests import ControlError
from mockserver.control.steering import SteeringHandlers
from mockserver.control.watching import WatchingHandlers
from mockserver.wire.exchange import SERVER
from mockserver.wire.intake import defer_go_ahead

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_control_routes(
    router: web.UrlDispatcher,
    guard: ControlGuard,
    control: ControlHandlers,
    steering: SteeringHandlers,
    watching: WatchingHandlers,
    *,
    contents: ContentHandlers,
) -> None:
    """Add the control surface; every answer of it passes the guard first, 404 too."""

    def add(method: str, path: str, handler: Handler) -> None:
        router.add_route(method, path, guarded(handler), expect_handler=defer_go_ahead)

    def guarded(handler: Handler) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                guard.check(request)
                return await handler(request)
            except ControlError as error:
                return _refusal(request, error)

        return answer

    add("GET", "/_mock/health", control.health)
    add("HEAD", "/_mock/health", control.health)
    add("GET", "/_mock/openapi.json", _openapi)
    add("GET", "/_mock/uploads", control.uploads)
    add("POST", "/_mock/uploads", steering.make_upload)
    add("GET", "/_mock/uploads/{upload_id}", control.upload)
    add("POST", "/_mock/uploads/{upload_id}/expire", steering.expire)
    add("GET", "/_mock/uploads/{upload_id}/content", contents.content)
    add("POST", "/_mock/uploads/{upload_id}/compare", contents.compare)
    add("POST", "/_mock/reset", steering.reset)
    add("GET", "/_mock/journal", watching.journal)
    add("GET", "/_mock/journal/stream", watching.stream)
    add("GET", "/_mock/clock", steering.clock)
    add("POST", "/_mock/clock", steering.set_clock)
    add("GET", "/_mock/faults", steering.faults)
    add("POST", "/_mock/faults", steering.add_faults)
    add("DELETE", "/_mock/faults", steering.clear_faults)
    add("GET", "/_mock/scenarios", steering.scenarios)
    add("POST", "/_mock/scenarios/{name}", steering.arm_scenario)
    add("*", r"/_mock/{path:[\s\S]*}", control.unknown)


async def _openapi(request: web.Request) -> web.Response:
    from mockserver.control.openapi import openapi  # noqa: PLC0415 - a large document that few ask for

    return await openapi(request)


def _refusal(request: web.Request, error: ControlError) -> web.Response:
    response = web.json_response({"error": str(error)}, status=error.status, headers={"Server": SERVER})
    if not request.content.is_eof():
        response.force_close()
    return response
