"""An uploader that knows only the real URL: aiohttp, which heeds the proxy variables when told to (trust_env)."""

import asyncio
import sys
from pathlib import Path

import aiohttp

API = "https://open.tiktokapis.com/v2/post/publish"
HEADERS = {"Authorization": "Bearer act.example"}


async def main(video: bytes) -> None:
    source = {"source": "FILE_UPLOAD", "video_size": len(video), "chunk_size": 6000, "total_chunk_count": 2}
    async with aiohttp.ClientSession(trust_env="--trust-env" in sys.argv, raise_for_status=True) as session:
        asked = session.post(f"{API}/inbox/video/init/", json={"source_info": source}, headers=HEADERS)
        async with asked as answer:
            made = (await answer.json())["data"]
        for first, last in ((0, 5999), (6000, len(video) - 1)):
            headers = {"Content-Type": "video/mp4", "Content-Range": f"bytes {first}-{last}/{len(video)}"}
            async with session.put(made["upload_url"], data=video[first : last + 1], headers=headers):
                pass
        asked = session.post(f"{API}/status/fetch/", json={"publish_id": made["publish_id"]}, headers=HEADERS)
        async with asked as answer:
            print((await answer.json())["data"]["status"])


asyncio.run(main(Path(sys.argv[1]).read_bytes()))
