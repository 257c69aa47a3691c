"""Which handler answers what under /_mock/, each behind the guard."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from mockserver.control.guard import ControlGuard
from mockserver.control.handlers import ControlHandlers, error

Handler = Callable[[web.Request], Awaitable[web.Response]]


def add_control_routes(router: web.UrlDispatcher, control: ControlHandlers, guard: ControlGuard) -> None:
    """Add the control surface; every answer of it passes the guard first, 404 too."""

    def guarded(handler: Handler) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            objection = guard.objection(request)
            return await handler(request) if objection is None else error(*objection)

        return answer

    router.add_get("/_mock/health", guarded(control.health))
    router.add_post("/_mock/reset", guarded(control.reset))
    router.add_get("/_mock/uploads", guarded(control.uploads))
    router.add_get("/_mock/uploads/{upload_id}", guarded(control.upload))
    router.add_route("*", "/_mock/{path:.*}", guarded(control.unknown))
