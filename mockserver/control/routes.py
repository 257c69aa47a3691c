"""Which handler answers what under /_mock/, each behind the guard."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from mockserver.control.contents import ContentHandlers
from mockserver.control.guard import ControlGuard
from mockserver.control.handlers import ControlHandlers
from mockserver.control.requests import ControlError
from mockserver.control.steering import SteeringHandlers
from mockserver.control.watching import WatchingHandlers
from mockserver.wire.exchange import EXCHANGE, SERVER
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

    surface: dict[str, dict[str, Handler]] = {
        "/_mock/health": {"GET": control.health, "HEAD": control.health},
        "/_mock/openapi.json": {"GET": _openapi},
        "/_mock/uploads": {"GET": control.uploads, "POST": steering.make_upload},
        "/_mock/uploads/{upload_id}": {"GET": control.upload},
        "/_mock/uploads/{upload_id}/expire": {"POST": steering.expire},
        "/_mock/uploads/{upload_id}/content": {"GET": contents.content},
        "/_mock/uploads/{upload_id}/compare": {"POST": contents.compare},
        "/_mock/reset": {"POST": steering.reset},
        "/_mock/journal": {"GET": watching.journal},
        "/_mock/journal/stream": {"GET": watching.stream},
        "/_mock/clock": {"GET": steering.clock, "POST": steering.set_clock},
        "/_mock/faults": {"GET": steering.faults, "POST": steering.add_faults, "DELETE": steering.clear_faults},
        "/_mock/scenarios": {"GET": steering.scenarios},
        "/_mock/scenarios/{name}": {"POST": steering.arm_scenario},
    }
    for path, handlers in surface.items():
        for method, handler in handlers.items():
            add(method, path, handler)
        add("*", path, _other_method(", ".join(sorted(handlers))))
    add("*", r"/_mock/{path:[\s\S]*}", control.unknown)


def _other_method(allowed: str) -> Handler:
    async def refuse(request: web.Request) -> web.StreamResponse:
        raise ControlError(405, f"{request.path} takes {allowed}, got {request.method}", allow=allowed)

    return refuse


async def _openapi(request: web.Request) -> web.Response:
    from mockserver.control.openapi import openapi  # noqa: PLC0415 - a large document that few ask for

    return await openapi(request)


def _refusal(request: web.Request, error: ControlError) -> web.Response:
    request[EXCHANGE].reason = str(error)
    response = web.json_response(
        {"error": str(error)}, status=error.status, headers={"Server": SERVER} | error.headers
    )
    if not request.content.is_eof():
        response.force_close()
    return response
