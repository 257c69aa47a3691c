"""A real server on a free loopback port, in a thread with a loop of its own."""

import asyncio
import json
import threading
import urllib.request
from typing import Any, Self

from mockserver.app import Server, start
from mockserver.clock import Clock
from mockserver.config import Config
from mockserver.journal import Entry


class ThreadServer:
    """`with ThreadServer(Config(...)) as server:`; `entries` is its journal."""

    def __init__(self, config: Config, clock: Clock | None = None) -> None:
        self.entries: list[Entry] = []
        self._recorded = threading.Condition()
        self._config = config
        self._clock = clock
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="server under test")
        self._server: Server | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self.run(start(self._config, self._record, clock=self._clock))
        self.url = self._server.url
        self.port = int(self.url.rpartition(":")[2])
        self.service = self._server.service
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self.run(self._server.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def init(
        self, video_size: int, chunk_size: int, total_chunk_count: int, *, token: str = "t", draft: bool = True
    ) -> str:
        """Make an upload; path and query of its upload_url."""
        source = {
            "source": "FILE_UPLOAD",
            "video_size": video_size,
            "chunk_size": chunk_size,
            "total_chunk_count": total_chunk_count,
        }
        data = self.call(
            "/v2/post/publish/inbox/video/init/" if draft else "/v2/post/publish/video/init/",
            {"source_info": source, "post_info": {"privacy_level": "SELF_ONLY"}},
            token=token,
        )["data"]
        self.publish_id = data["publish_id"]
        url: str = data["upload_url"]
        assert url.startswith(self.url)
        return url.removeprefix(self.url)

    def call(self, path: str, body: object, *, token: str = "t") -> Any:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def status(self) -> Any:
        return self.call("/v2/post/publish/status/fetch/", {"publish_id": self.publish_id})["data"]

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return json.load(answer)

    def post(self, path: str) -> Any:
        with urllib.request.urlopen(
            urllib.request.Request(self.url + path, b"", method="POST"), timeout=30
        ) as answer:
            return json.load(answer)

    def wait_for_entries(self, count: int) -> list[Entry]:
        """The journal once it has `count` entries; fails after 10 s without them."""
        with self._recorded:
            assert self._recorded.wait_for(lambda: len(self.entries) >= count, 10), self.entries
            return list(self.entries)

    def _record(self, entry: Entry) -> None:
        with self._recorded:
            self.entries.append(entry)
            self._recorded.notify_all()
