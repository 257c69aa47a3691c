"""A server in a thread of its own, with an event loop of its own: whoever waits for it never stops it."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from mockserver.app import Server, start
from mockserver.config import Config
from mockserver.serving import why_not

_T = TypeVar("_T")
SECONDS: Final = 30.0
"""How long an answer of the server's thread may take, which is a fraction of a millisecond."""


class MockError(Exception):
    """The mock cannot do what it was asked; `str()` is the sentence that says why and what to do."""


class ServerThread:
    """A running server. Everything of it is asked in its own thread."""

    def __init__(self, config: Config) -> None:
        """Start it; returns once the port is open. Raises MockError."""
        # Not the policy's: a uvloop there would be a server that nobody has tested.
        self._loop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tiktok-mock", daemon=True)
        self._thread.start()
        try:
            self.server: Server = self.run(start(config))
        except OSError as error:
            self._end()
            raise MockError(f"TikTokMock cannot start: {why_not(error, config)}") from None
        except BaseException:
            self._end()
            raise

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Its result, or what it raised. Blocks, for a fraction of a millisecond; an asynchronous test too."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(SECONDS)

    def call(self, function: Callable[[], _T]) -> _T:
        """The same for what does not wait."""
        future: Future[_T] = Future()

        def do() -> None:
            try:
                future.set_result(function())
            except BaseException as error:  # noqa: BLE001 - it is the caller's
                future.set_exception(error)

        self._loop.call_soon_threadsafe(do)
        return future.result(SECONDS)

    def close(self) -> None:
        """End the server, requests in flight included, and the thread."""
        try:
            self.run(self.server.close())
        finally:
            self._end()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()
