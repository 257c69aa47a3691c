"""A server in a thread of its own, with an event loop of its own: whoever waits for it never stops it."""

import asyncio
import os
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
        self._process = os.getpid()
        started: Future[Server] = Future()
        self._thread = threading.Thread(target=self._run, args=(config, started), name="tiktok-mock", daemon=True)
        self._thread.start()
        try:
            self.server: Server = _result(started)
        except OSError as error:
            self._thread.join(SECONDS)
            raise MockError(f"TikTokMock cannot start: {why_not(error, config)}") from None

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Its result, or what it raised; MockError in a process that was forked.

        Blocks, for a fraction of a millisecond; an asynchronous test too.
        """
        try:
            self._check_process()
        except MockError:
            coroutine.close()
            raise
        return _result(asyncio.run_coroutine_threadsafe(coroutine, self._loop))

    def call(self, function: Callable[[], _T]) -> _T:
        """The same for what does not wait."""
        self._check_process()
        future: Future[_T] = Future()

        def do() -> None:
            try:
                future.set_result(function())
            except BaseException as error:  # noqa: BLE001 - it is the caller's
                future.set_exception(error)

        self._loop.call_soon_threadsafe(do)
        return _result(future)

    def close(self) -> None:
        """End the server, requests in flight included, and the thread; nothing in a process that was forked."""
        if os.getpid() != self._process:
            return
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(SECONDS)

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            raise MockError(
                f"this process was forked from process {self._process}, where the mock runs: "
                "ask the mock there, and give a forked one what it needs, such as its url"
            )

    def _run(self, config: Config, started: "Future[Server]") -> None:
        # Not the policy's loop: a uvloop there would be a server that nobody has tested.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self._serve(config, started))

    async def _serve(self, config: Config, started: "Future[Server]") -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        try:
            server = await start(config)
        except BaseException as error:  # noqa: BLE001 - it is the caller's
            started.set_exception(error)
            return
        started.set_result(server)
        try:
            await self._stopped.wait()
        finally:
            await server.close()


def _result(future: Future[_T]) -> _T:
    try:
        return future.result(SECONDS)
    except TimeoutError:
        if future.done():
            raise
        raise MockError(f"the mock's thread has not answered within {SECONDS:.0f} s") from None
