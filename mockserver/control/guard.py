"""Who may use /_mock/: whoever reaches loopback, unless a web page sent them; beyond loopback, token holders."""

import ipaddress
import re
import socket
from collections.abc import Sequence
from typing import Final

from aiohttp import web
from aiohttp.hdrs import ORIGIN

from mockserver.control.requests import ControlError
from mockserver.wire.auth import bearer_token, is_one_of
from mockserver.wire.targets import authority

OPEN_PATH: Final = "/_mock/health"
_HOST: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._-]{1,253}))(?::[0-9]{1,5})?")


class ControlGuard:
    """Refuses what a web page in somebody's browser could send, and what lacks the control token."""

    def __init__(self, token: str | None, own_names: Sequence[str]) -> None:
        self._token = token
        names = ("localhost", socket.gethostname(), *own_names)
        self._names = frozenset(name.lower().strip("[]") for name in names)

    def check(self, request: web.Request) -> None:
        """Raise ControlError (401, 403) where the request may not pass."""
        host = authority(request)
        name = _host_name(host)
        if name is None or not self._is_own(name, request):
            # DNS rebinding: the page's name resolves to us, but its Host header still says the page's name.
            sentence = f"Host {host[:100]!r} is not a name of this server; --allow-host NAME makes it one"
            raise ControlError(403, sentence)
        for origin in request.headers.getall(ORIGIN, ()):
            if origin.lower() != f"{request.scheme}://{host}".lower():
                raise ControlError(403, f"a page of {origin[:100]!r} may not use this server's control surface")
        if self._token is None or request.path == OPEN_PATH:
            return
        given = bearer_token(request)
        if given is None or not is_one_of(given, [self._token]):
            raise ControlError(401, "'Authorization: Bearer TOKEN' must hold the control token (--control-token)")

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
    match = _HOST.fullmatch(host)
    return (match[1] or match[2]).lower() if match else None
