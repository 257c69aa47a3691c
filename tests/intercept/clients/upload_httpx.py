"""An uploader that knows only the real URL: httpx."""

import sys
from pathlib import Path

import httpx

API = "https://open.tiktokapis.com/v2/post/publish"
HEADERS = {"Authorization": "Bearer act.example"}

video = Path(sys.argv[1]).read_bytes()
source = {"source": "FILE_UPLOAD", "video_size": len(video), "chunk_size": 6000, "total_chunk_count": 2}
made = httpx.post(f"{API}/inbox/video/init/", json={"source_info": source}, headers=HEADERS, timeout=30).json()
for first, last in ((0, 5999), (6000, len(video) - 1)):
    httpx.put(
        made["data"]["upload_url"],
        content=video[first : last + 1],
        headers={"Content-Type": "video/mp4", "Content-Range": f"bytes {first}-{last}/{len(video)}"},
        timeout=30,
    ).raise_for_status()
asked = {"publish_id": made["data"]["publish_id"]}
print(httpx.post(f"{API}/status/fetch/", json=asked, headers=HEADERS, timeout=30).json()["data"]["status"])
