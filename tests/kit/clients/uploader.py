"""An uploader as it should be, over http.client: `python uploader.py [UPLOAD_URL]`, told the rest by TIKTOK_*.

Each method is one decision; `broken.py` takes them one at a time and decides otherwise.
"""

import http.client
import json
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

BLOCK = 65_536
RESYNCS = 5
TERMINAL = ("PUBLISH_COMPLETE", "SEND_TO_USER_INBOX", "FAILED")


class UploadError(Exception):
    """The upload ends here."""


class Answer(NamedTuple):
    """What the server said; `progress` is the number of the progress header."""

    status: int
    progress: int | None
    retry_after: float
    location: str
    body: bytes


class Uploader:
    """One file, one post."""

    waits: tuple[float, ...] = (0.1, 0.2, 0.4, 0.8)
    patience: float | None = 5.0
    poll_every = 2.5
    polls = 30

    def __init__(self, upload_url: str | None) -> None:
        self.file = Path(os.environ["TIKTOK_FILE"])
        self.size = self.file.stat().st_size
        self.mb = int(os.environ["TIKTOK_MB"])
        self.url = upload_url
        self.publish_id: str | None = None
        self.chunk_size, self.count = self.plan()
        if upload_url:
            self.chunk_size, self.count = (
                int(os.environ[f"TIKTOK_{name}"]) for name in ("CHUNK_SIZE", "TOTAL_CHUNK_COUNT")
            )
        self.peer: http.client.HTTPConnection | None = None

    def run(self) -> int:
        """The exit code."""
        try:
            if self.url is None:
                self.init()
            self.send_chunks()
            return self.wait_for_the_post()
        except UploadError as error:
            print(error, file=sys.stderr)
            return self.failed()

    def failed(self) -> int:
        """The exit code of an upload that failed."""
        return 1

    # ── the plan ──

    def plan(self) -> tuple[int, int]:
        """chunk_size and total_chunk_count: an equal split into chunks of 10 MB or a little more."""
        count = max(self.size // (10 * self.mb), 1)
        return self.size // count, count

    def spans(self) -> list[tuple[int, int]]:
        """First and last byte of each chunk; the last chunk takes the trailing bytes."""
        starts = [number * self.chunk_size for number in range(self.count)]
        return [(start, stop - 1) for start, stop in zip(starts, [*starts[1:], self.size], strict=True)]

    def init(self) -> None:
        """Declare the plan; gives upload_url and publish_id."""
        info = {
            "source": "FILE_UPLOAD",
            "video_size": self.size,
            "chunk_size": self.chunk_size,
            "total_chunk_count": self.count,
        }
        post = {"title": "", "privacy_level": "SELF_ONLY"}
        for wait in (*self.waits, None):
            answer = self.post("/v2/post/publish/video/init/", {"post_info": post, "source_info": info})
            if answer is not None and answer.status < 500:
                break
            if wait is None:
                raise UploadError("init does not come through")
            time.sleep(wait)
        data = json.loads(answer.body)["data"] if answer.status == 200 else {}
        if "upload_url" not in data:
            raise UploadError(f"init was refused: {answer.status} {answer.body!r}")
        self.url, self.publish_id = data["upload_url"], data["publish_id"]

    # ── chunks ──

    def send_chunks(self) -> None:
        """All of them, one after the other."""
        place = 0
        while place < self.size:
            first, last = next(span for span in self.spans() if span[0] == place)
            place = self.deliver(first, last)

    def deliver(self, first: int, last: int) -> int:
        """Send a chunk until it is in or the server is elsewhere; gives where to go on."""
        failures = resyncs = 0
        while True:
            answer = self.put(first, last)
            if answer is not None and self.is_in(answer, last):
                return last + 1
            if answer is not None and answer.status == 416:
                place = self.place_after_416(answer, first, last)
                resyncs += 1
                if place != first:
                    return place
                if resyncs > RESYNCS:
                    raise UploadError("the server does not know what it wants")
            elif answer is not None and not self.may_retry(answer):
                raise UploadError(f"{answer.status} to bytes {first}-{last}")
            elif failures == len(self.waits):
                raise UploadError(f"bytes {first}-{last} do not come through")
            else:
                time.sleep(max(self.waits[failures], self.asked_to_wait(answer)))
                failures += 1
                place = self.after_failure(answer, first, last)
                if place != first:
                    return place

    def is_in(self, answer: Answer, last: int) -> bool:
        """Whether the chunk was accepted."""
        return answer.status == (206 if last + 1 < self.size else 201)

    def may_retry(self, answer: Answer) -> bool:
        """Whether the same again may help."""
        return answer.status == 429 or answer.status >= 500

    def asked_to_wait(self, answer: Answer | None) -> float:
        """Seconds that the server asks for."""
        return 0.0 if answer is None else answer.retry_after

    def after_failure(self, answer: Answer | None, first: int, last: int) -> int:
        """Where to go on after no answer, or one that may be retried: the same again."""
        return first

    def place_after_416(self, answer: Answer, first: int, last: int) -> int:
        """Where the server is; its number may be a count or the index of the last byte."""
        number = answer.progress
        if number is None and self.publish_id:
            number = self.status()["uploaded_bytes"]
        if number is None and last + 1 < self.size:
            return last + 1
        edges = {0, *(one[1] + 1 for one in self.spans())}
        for place in (number, (number or 0) + 1):
            if place in edges:
                return int(place or 0)
        raise UploadError(f"416 to bytes {first}-{last}, and no chunk begins at {number}")

    # ── one request ──

    def target(self) -> str:
        """The request target, as given."""
        parts = urlsplit(self.url or "")
        return f"{parts.path}?{parts.query}"

    def content_range(self, first: int, last: int) -> str:
        """LAST is inclusive."""
        return f"bytes {first}-{last}/{self.size}"

    def headers(self, first: int, last: int) -> dict[str, str]:
        """Those of a PUT."""
        return {
            "Content-Type": "video/mp4",
            "Content-Range": self.content_range(first, last),
            "Content-Length": str(last - first + 1),
        }

    def body(self, first: int, last: int) -> Iterable[bytes]:
        """The chunk's bytes, a block at a time."""
        with self.file.open("rb") as file:
            file.seek(first)
            left = last - first + 1
            while left:
                block = file.read(min(left, BLOCK))
                left -= len(block)
                yield block

    def put(self, first: int, last: int) -> Answer | None:
        """Send a chunk once. None: no answer, or none that is whole."""
        return self.ask("PUT", self.url or "", self.target(), self.headers(first, last), self.body(first, last))

    def ask(
        self, method: str, url: str, target: str, headers: dict[str, str], body: Iterable[bytes]
    ) -> Answer | None:
        """One request on the open connection, or on a new one."""
        if self.peer is None:
            self.peer = http.client.HTTPConnection(urlsplit(url).netloc, timeout=self.patience)
        try:
            self.peer.request(method, target, body, headers)
            response = self.peer.getresponse()
            return _answer(response, response.read())
        except (OSError, http.client.HTTPException):
            self.hang_up()
            return None

    def hang_up(self) -> None:
        """The next request needs a new connection."""
        if self.peer is not None:
            self.peer.close()
        self.peer = None

    def post(self, path: str, told: object) -> Answer | None:
        """A call of the JSON side."""
        base = os.environ["TIKTOK_API_BASE"]
        body = json.dumps(told).encode()
        headers = {
            "Authorization": f"Bearer {os.environ['TIKTOK_ACCESS_TOKEN']}",
            "Content-Type": "application/json; charset=UTF-8",
            "Content-Length": str(len(body)),
        }
        return self.ask("POST", base, path, headers, (body,))

    # ── the status ──

    def status(self) -> dict[str, Any]:
        """What status/fetch says of the post."""
        for wait in (*self.waits, 0):
            answer = self.post("/v2/post/publish/status/fetch/", {"publish_id": self.publish_id})
            if answer is not None and answer.status == 200:
                told: dict[str, Any] = json.loads(answer.body)["data"]
                return told
            time.sleep(wait)
        raise UploadError("the status cannot be had")

    def wait_for_the_post(self) -> int:
        """The exit code: whether the post was made. Without a publish_id nobody can be asked."""
        if self.publish_id is None:
            return 0
        for _ in range(self.polls):
            said = self.status()["status"]
            if said in TERMINAL:
                return 0 if said != "FAILED" else self.failed()
            time.sleep(self.poll_every)
        raise UploadError("no end of the post in sight")


def _answer(response: http.client.HTTPResponse, body: bytes) -> Answer:
    said = (response.getheader("Content-Range") or "").removeprefix("bytes 0-").partition("/")[0]
    wait = response.getheader("Retry-After") or ""
    return Answer(
        response.status,
        int(said) if said.isdigit() else None,
        float(wait) if wait.isdigit() else 0.0,
        response.getheader("Location") or "",
        body,
    )


if __name__ == "__main__":
    sys.exit(Uploader(sys.argv[1] if sys.argv[1:] else None).run())
