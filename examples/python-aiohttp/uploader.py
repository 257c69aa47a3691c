"""Post a video to TikTok with aiohttp: `python uploader.py VIDEO`."""

import asyncio
import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

API = "https://open.tiktokapis.com"
WAITS = (0.2, 0.4, 0.8, 1.6, 3.2)
TIMEOUT = aiohttp.ClientTimeout(sock_connect=10, sock_read=30)
POLL_SECONDS = 2.5
POLLS = 120


class UploadError(Exception):
    """The video is not posted, or not known to be."""


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str


async def upload(video: Path, *, token: str, api_base: str = API, mb: int = 1_000_000) -> str:
    """Post it and wait until it is out: its publish_id. `mb` is what a megabyte is; a test makes it small."""
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        return await Uploader(session, api_base, token).upload(video, mb)


class Uploader:
    def __init__(self, session: aiohttp.ClientSession, api_base: str, token: str) -> None:
        self._session = session
        self._publish = f"{api_base}/v2/post/publish"
        self._token = token

    async def upload(self, video: Path, mb: int) -> str:
        size = (await asyncio.to_thread(video.stat)).st_size
        count = min(max(size // (10 * mb), 1), 1000)
        chunk = size // count  # The last chunk takes what is left over.
        ends = [*(chunk * number for number in range(1, count)), size]
        source = {"source": "FILE_UPLOAD", "video_size": size, "chunk_size": chunk, "total_chunk_count": count}
        post = {"title": video.stem, "privacy_level": "SELF_ONLY"}
        made = await self._call("/video/init/", {"post_info": post, "source_info": source})
        url, publish_id = made["upload_url"], str(made["publish_id"])
        place = 0
        for _ in range(2 * count + 10):
            end = next(end for end in ends if end > place)
            body = await asyncio.to_thread(_read, video, place, end - place)
            headers = {"Content-Type": "video/mp4", "Content-Range": f"bytes {place}-{end - 1}/{size}"}
            answer = await self._send("PUT", url, data=body, headers=headers)
            if answer.status in {200, 201, 206}:
                place = end
            elif answer.status == 416:  # An answer was lost: the server is elsewhere, and says where.
                said = re.match(r"bytes 0-(\d+)/", answer.headers.get("Content-Range", ""))
                number = int(said[1]) if said else (await self._status(publish_id))["uploaded_bytes"]
                place = _place(number, [0, *ends])
            else:
                raise UploadError(f"chunk at byte {place}: {answer.status} {answer.text}")
            if place == size:
                return await self._published(publish_id)
        raise UploadError("the server does not say twice the same about what it wants")

    async def _published(self, publish_id: str) -> str:
        for _ in range(POLLS):
            now = await self._status(publish_id)
            if now["status"] in {"PUBLISH_COMPLETE", "SEND_TO_USER_INBOX"}:
                return publish_id
            if now["status"] == "FAILED":
                raise UploadError(f"the post failed: {now.get('fail_reason')}")
            await asyncio.sleep(POLL_SECONDS)
        raise UploadError(f"{publish_id} is uploaded and still being processed")

    async def _status(self, publish_id: str) -> dict[str, Any]:
        return await self._call("/status/fetch/", {"publish_id": publish_id})

    async def _call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = await self._send("POST", self._publish + path, json=body, headers=headers)
        if answer.status != 200:
            raise UploadError(f"{path}: {answer.status} {answer.text}")
        data: dict[str, Any] = json.loads(answer.text)["data"]
        return data

    async def _send(self, method: str, url: str, **request: Any) -> Answer:
        """An answer that is worth reading: 429, 5xx and none at all are tried again, the waits growing."""
        problem = ""
        for wait in (*WAITS, None):
            after = ""
            try:
                async with self._session.request(method, url, allow_redirects=False, **request) as came:
                    answer = Answer(came.status, came.headers, await came.text(errors="replace"))
            except (aiohttp.ClientError, TimeoutError) as error:
                problem = str(error) or type(error).__name__
            else:
                if answer.status != 429 and answer.status < 500:
                    return answer
                problem, after = str(answer.status), answer.headers.get("Retry-After", "")
            if wait is not None:
                await asyncio.sleep(max(wait, int(after) if after.isdecimal() else 0))
        raise UploadError(f"{method} does not come through: {problem}")


def _place(number: int, places: list[int]) -> int:
    """Where the server is: `number` counts the bytes it has, or is the last one's index."""
    for place in (number, number + 1):
        if place in places:
            return place
    raise UploadError(f"the server is at byte {number}, where no chunk begins")


def _read(video: Path, place: int, length: int) -> bytes:
    with video.open("rb") as file:
        file.seek(place)
        return file.read(length)


if __name__ == "__main__":
    try:
        asyncio.run(
            upload(
                Path(sys.argv[1]),
                token=os.environ["TIKTOK_ACCESS_TOKEN"],
                api_base=os.environ.get("TIKTOK_API_BASE", API),
                mb=int(os.environ.get("TIKTOK_MB", "1000000")),
            )
        )
    except UploadError as error:
        sys.exit(str(error))
