"""An uploader that knows only the real URL: requests."""

import sys
from pathlib import Path

import requests

API = "https://open.tiktokapis.com/v2/post/publish"
HEADERS = {"Authorization": "Bearer act.example"}

video = Path(sys.argv[1]).read_bytes()
source = {"source": "FILE_UPLOAD", "video_size": len(video), "chunk_size": 6000, "total_chunk_count": 2}
made = requests.post(f"{API}/inbox/video/init/", json={"source_info": source}, headers=HEADERS, timeout=30).json()
for first, last in ((0, 5999), (6000, len(video) - 1)):
    requests.put(
        made["data"]["upload_url"],
        data=video[first : last + 1],
        headers={"Content-Type": "video/mp4", "Content-Range": f"bytes {first}-{last}/{len(video)}"},
        timeout=30,
    ).raise_for_status()
asked = {"publish_id": made["data"]["publish_id"]}
print(requests.post(f"{API}/status/fetch/", json=asked, headers=HEADERS, timeout=30).json()["data"]["status"])
