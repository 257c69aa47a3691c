"""Post a video to TikTok with requests: `python uploader.py VIDEO`."""

import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import requests

API = "https://open.tiktokapis.com"
WAITS = (0.2, 0.4, 0.8, 1.6, 3.2)
TIMEOUT = (10, 30)
POLL_SECONDS = 2.5
POLLS = 120


class UploadError(Exception):
    """The video is not posted, or not known to be."""


def upload(video: Path, *, token: str, api_base: str = API, mb: int = 1_000_000) -> str:
    """Post it and wait until it is out: its publish_id. `mb` is what a megabyte is; a test makes it small."""
    size = video.stat().st_size
    count = min(max(size // (10 * mb), 1), 1000)
    chunk = size // count  # The last chunk takes what is left over.
    ends = [*(chunk * number for number in range(1, count)), size]
    path = "/v2/post/publish/video/init/"
    source = {"source": "FILE_UPLOAD", "video_size": size, "chunk_size": chunk, "total_chunk_count": count}
    asked = {"post_info": {"title": video.stem, "privacy_level": "SELF_ONLY"}, "source_info": source}
    made = _call(api_base + path, token, asked)

    def status() -> dict[str, Any]:
        return _call(f"{api_base}/v2/post/publish/status/fetch/", token, {"publish_id": made["publish_id"]})

    place = 0
    with video.open("rb") as file:
        for _ in range(2 * count + 10):
            end = next(end for end in ends if end > place)
            file.seek(place)
            headers = {"Content-Type": "video/mp4", "Content-Range": f"bytes {place}-{end - 1}/{size}"}
            answer = _send("PUT", made["upload_url"], data=file.read(end - place), headers=headers)
            if answer.status_code in {200, 201, 206}:
                place = end
            elif answer.status_code == 416:  # An answer was lost: the server is elsewhere, and says where.
                said = re.match(r"bytes 0-(\d+)/", answer.headers.get("Content-Range", ""))
                place = _place(int(said[1]) if said else status()["uploaded_bytes"], [0, *ends])
            else:
                raise UploadError(f"chunk at byte {place}: {answer.status_code} {answer.text}")
            if place == size:
                break
        else:
            raise UploadError("the server does not say twice the same about what it wants")
    for _ in range(POLLS):
        now = status()
        if now["status"] in {"PUBLISH_COMPLETE", "SEND_TO_USER_INBOX"}:
            return str(made["publish_id"])
        if now["status"] == "FAILED":
            raise UploadError(f"the post failed: {now.get('fail_reason')}")
        time.sleep(POLL_SECONDS)
    raise UploadError(f"{made['publish_id']} is uploaded and still being processed")


def _call(url: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = _send("POST", url, json=body, headers={"Authorization": f"Bearer {token}"})
    if answer.status_code != 200:
        raise UploadError(f"{url}: {answer.status_code} {answer.text}")
    data: dict[str, Any] = answer.json()["data"]
    return data


def _place(number: int, places: list[int]) -> int:
    """Where the server is: `number` counts the bytes it has, or is the last one's index."""
    for place in (number, number + 1):
        if place in places:
            return place
    raise UploadError(f"the server is at byte {number}, where no chunk begins")


def _send(method: str, url: str, **request: Any) -> requests.Response:
    """An answer that is worth reading: 429, 5xx and none at all are tried again, the waits growing."""
    problem = ""
    for wait in (*WAITS, None):
        after = ""
        try:
            answer = requests.request(method, url, timeout=TIMEOUT, allow_redirects=False, **request)
        except requests.RequestException as error:
            problem = str(error)
        else:
            if answer.status_code != 429 and answer.status_code < 500:
                return answer
            problem, after = str(answer.status_code), answer.headers.get("Retry-After", "")
        if wait is not None:
            time.sleep(max(wait, int(after) if after.isdecimal() else 0))
    raise UploadError(f"{method} does not come through: {problem}")


if __name__ == "__main__":
    try:
        upload(
            Path(sys.argv[1]),
            token=os.environ["TIKTOK_ACCESS_TOKEN"],
            api_base=os.environ.get("TIKTOK_API_BASE", API),
            mb=int(os.environ.get("TIKTOK_MB", "1000000")),
        )
    except UploadError as error:
        sys.exit(str(error))
