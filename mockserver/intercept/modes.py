"""The ways of taking TikTok's hosts to the mock, as `exec` uses them."""

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

from mockserver.app import Server
from mockserver.config import Config
from mockserver.intercept.namespace import MOCK_ADDRESS, Room
from mockserver.intercept.proxy import HTTPS_PORT, ConnectProxy
from mockserver.intercept.variables import (
    CLEARED,
    PROXY_VARIABLES,
    Variables,
    intercepted,
    own_hosts,
    proxy_variables,
    trust_variables,
)
from mockserver.tls.terms import TlsTerms

SHOWN: Final = 5
"""Destinations that the summary names, the most wanted first."""


class Interception:
    """None: the command is told where the server is."""

    def __init__(self) -> None:
        self._named: tuple[str, ...] = ()
        self._secure = False

    def tls(self, terms: TlsTerms | None) -> TlsTerms | None:
        """HTTPS as this way needs it."""
        return terms

    def enter(self, config: Config) -> None:
        """Prepare this process, while it has one thread. Raises OSError with a sentence."""
        names = config.tls.names if config.tls is not None else ()
        self._named = tuple(filter(None, (*names, urlsplit(config.public_url or "").hostname)))
        self._secure = config.tls is not None

    def leave(self) -> None:
        """Remove what `enter` made."""

    @asynccontextmanager
    async def around(self, server: Server) -> AsyncIterator[Variables]:
        """What the command's environment needs while `server` runs."""
        trust = {} if server.trust is None else trust_variables(str(server.trust.bundle))
        yield Variables(put=trust, direct=tuple(dict.fromkeys((*own_hosts(server.url), *self._named))))

    def remarks(self, requests: int, control: int) -> list[str]:  # noqa: ARG002 - of use to some
        """Lines for the summary of a run in which so many requests came, and besides so many to /_mock/."""
        if requests:
            return []
        trust = ", and SSL_CERT_FILE and its like name the CA to trust" if self._secure else ""
        where = f"TIKTOK_API_BASE says where the mock is{trust}"
        return [f"CMD sent no request: {where}; for one that has TikTok's URL in its code there is --intercept"]


class ProxyInterception(Interception):
    """A CONNECT proxy, for commands that heed HTTPS_PROXY."""

    def __init__(self) -> None:
        super().__init__()
        self._proxy = ConnectProxy(())

    def tls(self, terms: TlsTerms | None) -> TlsTerms | None:
        terms = terms or TlsTerms()
        self._proxy = ConnectProxy(terms.hosts)
        return dataclasses.replace(terms, apart=("127.0.0.1", 0))

    @asynccontextmanager
    async def around(self, server: Server) -> AsyncIterator[Variables]:
        assert server.trust is not None
        assert server.tls_address is not None
        url = await self._proxy.start(server.tls_address)
        host, _, port = url.removeprefix("http://").partition(":")
        java = (f"-Dhttps.proxyHost={host}", f"-Dhttps.proxyPort={port}", "-Dhttp.nonProxyHosts=")
        try:
            yield intercepted(server.trust, put=proxy_variables(url), java=java, removed=CLEARED)
        finally:
            await self._proxy.close()

    def remarks(self, requests: int, control: int) -> list[str]:
        refused = self._proxy.refused.most_common(SHOWN)
        lines = [f"the proxy refused {asked} ({f'{n} times' if n > 1 else 'once'})" for asked, n in refused]
        if self._proxy.tunnels and not requests + control:
            hosts = [host for host, _ in self._proxy.tunnels.most_common(SHOWN)]
            options = " ".join(f"--tls-name {host}" for host in hosts)
            lines.append(
                "TikTok's hosts were reached, and nothing was asked: "
                "CMD does not trust the CA that SSL_CERT_FILE and its like name, "
                f"or the certificate does not name {' and '.join(hosts)}: {options}"
            )
        elif not self._proxy.tunnels and not requests and not refused:
            lines.append(
                "no connection came to the proxy: does CMD heed HTTPS_PROXY? If not, take --intercept netns"
            )
        return lines


class NamespaceInterception(Interception):
    """Namespaces of our own, in which TikTok's hosts are the mock and there is nothing else (Linux)."""

    def __init__(self) -> None:
        super().__init__()
        self._room: Room | None = None

    def tls(self, terms: TlsTerms | None) -> TlsTerms | None:
        return dataclasses.replace(terms or TlsTerms(), apart=(MOCK_ADDRESS, HTTPS_PORT))

    def enter(self, config: Config) -> None:
        assert config.tls is not None
        self._room = Room(config.tls.hosts)
        self._room.enter()

    def leave(self) -> None:
        if self._room is not None:
            self._room.close()

    @asynccontextmanager
    async def around(self, server: Server) -> AsyncIterator[Variables]:
        assert server.trust is not None
        assert self._room is not None
        self._room.trust(server.trust.ca)
        # No proxy can be reached in there.
        yield intercepted(server.trust, removed=(*CLEARED, *PROXY_VARIABLES))

    def remarks(self, requests: int, control: int) -> list[str]:  # noqa: ARG002 - as above
        return [] if requests else ["CMD sent no request to TikTok's hosts"]


def interception_of(mode: str) -> Interception:
    """By the name that `--intercept` has for it."""
    return {"proxy": ProxyInterception, "netns": NamespaceInterception}.get(mode, Interception)()
