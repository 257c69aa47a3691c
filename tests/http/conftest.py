"""A started server as pytest-aiohttp's client sees it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp.test_utils import BaseTestServer, TestClient
from yarl import URL

from mockserver.app import Server, start
from mockserver.clock import ManualClock
from mockserver.config import Config
from mockserver.journal import Entry
from mockserver.protocol.rules import DOCUMENTED


class MockServer(BaseTestServer):
    """Our server, started as `serve` starts it, in the test's own loop."""

    def __init__(self, config: Config, clock: ManualClock) -> None:
        super().__init__()
        self.entries: list[Entry] = []
        self._config = config
        self._clock = clock
        self._started: Server | None = None

    async def start_server(self, **_: Any) -> None:
        if self._started is None:
            self._started = await start(self._config, self.entries.append, clock=self._clock)
            self._root = URL(self._started.url)
            self.port = self._root.port

    async def _make_runner(self, **_: Any) -> Any:
        raise NotImplementedError("start_server is enough")

    async def close(self) -> None:
        if self._started is not None:
            await self._started.close()
            self._started = None


Serve = Callable[..., Awaitable[TestClient[Any, Any]]]


@pytest.fixture
def serve(aiohttp_client: Any, clock: ManualClock) -> Serve:
    """Start a server with options of Config, its MB 1000 bytes, and return a client of it."""

    async def started(**options: Any) -> Any:
        options.setdefault("rules", DOCUMENTED.with_mb(1000))
        return await aiohttp_client(MockServer(Config(**options), clock))

    return started


@pytest.fixture
async def client(serve: Serve) -> TestClient[Any, Any]:
    return await serve()
