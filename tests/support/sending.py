"""A small uploader with the standard library alone; tests of the plugin copy it beside the tests they run."""

import http.client
import json
from urllib.parse import urlsplit


def video(size: int) -> bytes:
    """Bytes that differ from place to place."""
    return b"".join(number.to_bytes(4, "big") for number in range(size // 4 + 1))[:size]


def request(url: str, method: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Status and body of the answer; ConnectionError where the connection was cut."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.request(method, f"{parts.path}?{parts.query}", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except http.client.RemoteDisconnected as error:
        raise ConnectionResetError(str(error)) from None
    finally:
        connection.close()


def init(url: str, token: str, video_size: int, chunk_size: int) -> str:
    """The upload_url of a draft."""
    source = {
        "source": "FILE_UPLOAD",
        "video_size": video_size,
        "chunk_size": chunk_size,
        "total_chunk_count": max(video_size // chunk_size, 1),
    }
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps({"source_info": source}).encode()
    status, answer = request(f"{url}/v2/post/publish/inbox/video/init/", "POST", body, headers)
    assert status == 200, answer
    found: str = json.loads(answer)["data"]["upload_url"]
    return found


def put(upload_url: str, first: int, piece: bytes, total: int) -> int:
    """The status that a chunk is answered with."""
    span = f"bytes {first}-{first + len(piece) - 1}/{total}"
    headers = {"Content-Type": "video/mp4", "Content-Range": span}
    return request(upload_url, "PUT", piece, headers)[0]


def send(url: str, token: str, content: bytes, chunk_size: int = 5000) -> list[int]:
    """Init, and each chunk until it is accepted: all statuses, 0 for a connection that was cut."""
    upload_url = init(url, token, len(content), chunk_size)
    statuses: list[int] = []
    first = 0
    while first < len(content) and len(statuses) < 20:
        last_one = len(content) - first < 2 * chunk_size
        piece = content[first:] if last_one else content[first : first + chunk_size]
        try:
            statuses.append(put(upload_url, first, piece, len(content)))
        except ConnectionError:
            statuses.append(0)
        if statuses[-1] in (201, 206):
            first += len(piece)
    return statuses
