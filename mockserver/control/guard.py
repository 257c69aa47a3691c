"""Who may use /_mock/: whoever reaches loopback, unless a web page sent them; beyond loopback, token holders."""

import ipaddress
import socket
from collections.abc import Sequence

from aiohttp import web
from aiohttp.hdrs import HOST, ORIGIN
from yarl import URL

from mockserver.wire.auth import bearer_token, is_one_of

OPEN_PATH = "/_mock/health"


class ControlGuard:
    """Refuses what a web page in somebody's browser could send, and what lacks the control token."""

    def __init__(self, token: str | None, own_names: Sequence[str]) -> None:
        self._token = token
        names = ("localhost", socket.gethostname(), *own_names)
        self._names = frozenset(name.lower().strip("[]") for name in names)

    def objection(self, request: web.Request) -> tuple[int, str] | None:
        """Status and sentence of a refusal, or None."""
        host = request.headers.get(HOST, "")
        name = _host_name(host)
        if name is None or not self._is_own(name, request):
            # DNS rebinding: the page's name resolves to us, but its Host header still says the page's name.
            return 403, f"Host {host[:100]!r} is not a name of this server; --allow-host NAME makes it one"
        origin = request.headers.get(ORIGIN)
        if origin is not None and origin.lower() != f"{request.scheme}://{host}".lower():
            return 403, f"a page of {origin[:100]!r} may not use this server's control surface"
        if self._token is None or request.path == OPEN_PATH:
            return None
        given = bearer_token(request)
        if given is None or not is_one_of(given, [self._token]):
            return 401, "'Authorization: Bearer TOKEN' must hold the control token (--control-token)"
        return None

    def _is_own(self, name: str, request: web.Request) -> bool:
        if name in self._names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        # An address literal cannot be rebound; it only has to be ours.
        here = request.transport.get_extra_info("sockname") if request.transport else None
        return address.is_loopback or (here is not None and name == here[0])


def _host_name(host: str) -> str | None:
    try:
        return URL(f"http://{host}").host
    except ValueError:
        return None
