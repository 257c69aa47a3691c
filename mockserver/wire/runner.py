"""Runs an application on our own connections."""

from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from mockserver.wire.connection import ConnectionHooks, UploadConnection


class UploadServer(web.Server):
    """Makes an UploadConnection for each connection."""

    def __init__(self, *args: Any, hooks: ConnectionHooks, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._hooks = hooks

    def __call__(self) -> RequestHandler:
        return UploadConnection(self, loop=self._loop, hooks=self._hooks, **self._kwargs)


class UploadRunner(web.AppRunner):
    """Runs an application on UploadConnections."""

    __slots__ = ("_hooks",)

    def __init__(self, app: web.Application, *, hooks: ConnectionHooks, **kwargs: Any) -> None:
        super().__init__(app, **kwargs)
        self._hooks = hooks

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return UploadServer(
            made.request_handler,
            request_factory=made.request_factory,
            hooks=self._hooks,
            **made._kwargs,  # noqa: SLF001 - what aiohttp would have given its own connections
        )
