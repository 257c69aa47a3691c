"""Real uploads by clients that are and are not ours: tiktok-upload, curl, Python's http.client."""

import http.client
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest
import xxhash

from mockserver.config import Config
from support.commands import make_file, run
from support.servers import ThreadServer

curl = pytest.mark.skipif(shutil.which("curl") is None, reason="this machine has no curl")


@pytest.fixture
def server() -> Iterator[ThreadServer]:
    """A server in real units, on the system's clock."""
    with ThreadServer(Config()) as running:
        yield running


def kept_digests(server: ThreadServer) -> list[tuple[int, int, str]]:
    """The one upload's chunks as the server kept them."""
    (upload,) = server.get("/_mock/uploads")["uploads"]
    assert upload["complete"], upload
    return [(chunk["first"], chunk["last"], chunk["digest"]) for chunk in upload["chunks"]]


def digests_of(path: Path, *lengths: int) -> list[tuple[int, int, str]]:
    found, first = [], 0
    with path.open("rb") as file:
        for length in lengths:
            found.append((first, first + length - 1, xxhash.xxh3_128(file.read(length)).hexdigest()))
            first += length
        assert file.read(1) == b"", "the lengths are the whole file"
    return found


def test_the_video_is_a_real_one(video: Path) -> None:
    with av.open(str(video)) as container:
        frames = [frame.to_rgb() for frame in container.decode(video=0)]
    assert len(frames) == 75
    assert bytes(frames[0].planes[0]) != bytes(frames[40].planes[0]), "the picture moves"


@pytest.mark.parametrize(("options", "status"), [([], "PUBLISH_COMPLETE"), (["--draft"], "SEND_TO_USER_INBOX")])
def test_reference_client_uploads_a_real_video(
    server: ThreadServer, video: Path, options: list[str], status: str
) -> None:
    done = run("client_reference", str(video), "--api-base", server.url, "--token", "t", "--json", *options)
    assert (done.returncode, done.stderr) == (0, ""), done
    result = json.loads(done.stdout)
    size = video.stat().st_size
    assert (result["status"], result["uploaded_bytes"]) == (status, size)
    kept = kept_digests(server)
    assert kept == digests_of(video, *[last - first + 1 for first, last, _ in kept])


def test_reference_client_uploads_a_real_video_in_chunks(server: ThreadServer, video: Path) -> None:
    size = video.stat().st_size
    assert size > 2 * 5_242_880, "more than one chunk"
    done = run("client_reference", str(video), "--api-base", server.url, "--token", "t", "--chunk-size", "5242880")
    assert done.returncode == 0, done
    count = size // 5_242_880
    lengths = [5_242_880] * (count - 1) + [size - (count - 1) * 5_242_880]
    assert kept_digests(server) == digests_of(video, *lengths)


def curl_put(url: str, body: Path, span: str) -> tuple[int, str]:
    """Status and Content-Range of one PUT by curl."""
    done = subprocess.run(
        [
            *["curl", "-sS", "-X", "PUT", "--data-binary", f"@{body}", "-H", "Content-Type: video/mp4"],
            *["-H", f"Content-Range: {span}", "-o", "/dev/null", "-w", "%{http_code} %header{content-range}", url],
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    status, _, progress = done.stdout.partition(" ")
    return int(status), progress


@curl
def test_guide_chunk_example_by_curl(server: ThreadServer, tmp_path: Path) -> None:
    # S-CHUNK-EXAMPLE-50M, to the byte
    whole = make_file(tmp_path / "whole.mp4", 50_000_123)
    url = server.url + server.init(50_000_123, 10_000_000, 5)
    spans = [(0, 9_999_999), (10_000_000, 19_999_999), (20_000_000, 29_999_999), (30_000_000, 39_999_999)]
    answers = []
    with whole.open("rb") as file:
        for first, last in [*spans, (40_000_000, 50_000_122)]:
            piece = tmp_path / "piece"
            piece.write_bytes(file.read(last - first + 1))
            answers.append(curl_put(url, piece, f"bytes {first}-{last}/50000123"))
    assert answers == [
        (206, "bytes 0-10000000/50000123"),
        (206, "bytes 0-20000000/50000123"),
        (206, "bytes 0-30000000/50000123"),
        (206, "bytes 0-40000000/50000123"),
        (201, "bytes 0-50000123/50000123"),
    ]
    assert kept_digests(server) == digests_of(whole, *[10_000_000] * 4, 10_000_123)


@curl
def test_guide_whole_example_by_curl(server: ThreadServer, tmp_path: Path) -> None:
    # S-CHUNK-EXAMPLE-4M
    whole = make_file(tmp_path / "whole.mp4", 4_194_304)
    url = server.url + server.init(4_194_304, 4_194_304, 1)
    assert curl_put(url, whole, "bytes 0-4194303/4194304") == (201, "bytes 0-4194304/4194304")


def http_client_put(server: ThreadServer, path: str, body: Any, length: int, span: str) -> tuple[int, str | None]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"Content-Type": "video/mp4", "Content-Length": str(length), "Content-Range": span}
    try:
        connection.request("PUT", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.getheader("Content-Range")
    finally:
        connection.close()


def test_http_client_uploads_a_real_video(server: ThreadServer, video: Path) -> None:
    size = video.stat().st_size
    path = server.init(size, size, 1)
    with video.open("rb") as file:
        answer = http_client_put(server, path, file, size, f"bytes 0-{size - 1}/{size}")
    assert answer == (201, f"bytes 0-{size}/{size}")
    assert kept_digests(server) == digests_of(video, size)


def test_http_client_that_writes_64_mb_in_one_call_reads_its_416(server: ThreadServer) -> None:
    size = 64 * 2**20
    path = server.init(2 * size, size, 2)
    span = f"bytes {size}-{2 * size - 1}/{2 * size}"
    assert http_client_put(server, path, bytes(size), size, span) == (416, f"bytes 0-0/{2 * size}")


def test_demo_uploads_a_made_file_through_faults() -> None:
    done = run("mockserver", "demo")
    assert (done.returncode, done.stderr) == (0, ""), done
    assert "  server  503  bytes 10000024-20000047/50000123" in done.stdout, "the gateway was down for a moment"
    assert "<- fault: close after_commit" in done.stdout, "an answer was lost"
    assert "is complete: 50,000,123 of 50,000,123 bytes in 5 of 5 chunks, byte for byte those of" in done.stdout


def test_demo_uploads_a_real_video(video: Path) -> None:
    done = run("mockserver", "demo", str(video))
    assert (done.returncode, done.stderr) == (0, ""), done
    assert "byte for byte" in done.stdout


def test_demo_of_a_file_that_cannot_be_uploaded_fails_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    done = run("mockserver", "demo", str(tmp_path / "empty.mp4"))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert run("mockserver", "demo", str(tmp_path / "none.mp4")).returncode == 2
