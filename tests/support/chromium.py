"""A real browser without a window, driven over its DevTools socket on loopback."""

import asyncio
import base64
import itertools
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

SECONDS = 60
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)


def found() -> str | None:
    """The browser of this machine."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Page:
    """One tab: what it was told to do, and what it complained of or fetched on the way."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.session: str | None = None
        self.complaints: list[str] = []
        self.fetched: list[str] = []
        self._loaded = False

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """A DevTools command and its result."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        await self._socket.send_json(message | ({"sessionId": self.session} if self.session else {}))
        while (told := await self._next()).get("id") != number:
            pass
        assert "error" not in told, told
        result: dict[str, Any] = told["result"]
        return result

    async def _next(self) -> dict[str, Any]:
        told: dict[str, Any] = await self._socket.receive_json(timeout=SECONDS)
        params = told.get("params", {})
        match told.get("method"):
            case "Runtime.exceptionThrown":
                self.complaints.append(str(params["exceptionDetails"]))
            case "Runtime.consoleAPICalled":
                self.complaints.append(str(params["args"]))
            case "Log.entryAdded":
                self.complaints.append(params["entry"]["text"])
            case "Network.requestWillBeSent":
                self.fetched.append(params["request"]["url"])
            case "Page.loadEventFired":
                self._loaded = True
        return told

    async def open(self, url: str) -> None:
        """Load a page, and wait until it is there."""
        await self._go("about:blank")  # else another fragment of the page before would be no load
        self.fetched.clear()
        await self._go(url)

    async def _go(self, url: str) -> None:
        self._loaded = False
        await self.call("Page.navigate", url=url)
        while not self._loaded:
            await self._next()

    async def value(self, expression: str) -> Any:
        """What a JavaScript expression says, promises awaited."""
        told = await self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    async def screenshot(self, width: int, height: int, *, dark: bool = False) -> bytes:
        """What is seen, as PNG."""
        await self.size(width, height)
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await self.call("Emulation.setEmulatedMedia", features=features)
        told = await self.call("Page.captureScreenshot", format="png")
        return base64.b64decode(told["data"])

    async def size(self, width: int, height: int) -> None:
        """The window's inner size."""
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )


@asynccontextmanager
async def browsing(profile: Path) -> AsyncIterator[Page]:
    """A browser with a fresh profile in `profile`, and one tab in it."""
    command = found()
    assert command is not None
    process = await asyncio.create_subprocess_exec(
        command, *FLAGS, f"--user-data-dir={profile}", "about:blank", stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(SECONDS):
            while not (line := await process.stderr.readline()).startswith(b"DevTools listening on "):
                assert line, "the browser ended before it listened"
        address = line.decode().split()[-1]
        draining = asyncio.ensure_future(process.stderr.read())
        async with aiohttp.ClientSession() as http, http.ws_connect(address, max_msg_size=0) as socket:
            page = Page(socket)
            target = await page.call("Target.createTarget", url="about:blank")
            attached = await page.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
            page.session = attached["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                await page.call(f"{domain}.enable")
            yield page
            page.session = None
            await socket.send_json({"id": 0, "method": "Browser.close"})
        async with asyncio.timeout(SECONDS):
            await draining
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
