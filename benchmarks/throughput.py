"""Speed of PUTs and memory of the server, as ratios taken side by side in one run.

    python benchmarks/throughput.py [--rounds N] [--gigabytes N]

Prints one table. PUTs of 64 MiB over loopback go in turn to a sink (a raw socket that reads and throws away, in a
process of its own) and to `tiktok-mock serve` with and without digest; a ratio is sink time over server time, of
the median round. Then one server takes `--gigabytes` GB in a row and its peak memory is read.
"""

import argparse
import json
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

SIZE = 64 * 2**20
SINK = """
import socket, sys
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
buffer = bytearray(1 << 18)
while True:
    peer, _ = server.accept()
    with peer:
        head = b""
        while True:
            while b"\\r\\n\\r\\n" not in head:
                got = peer.recv(65536)
                if not got:
                    break
                head += got
            if not head:
                break
            head, _, rest = head.partition(b"\\r\\n\\r\\n")
            left = int(head.lower().split(b"content-length: ")[1].split(b"\\r\\n")[0]) - len(rest)
            while left > 0:
                left -= peer.recv_into(buffer)
            peer.sendall(b"HTTP/1.1 201 Created\\r\\nContent-Length: 0\\r\\n\\r\\n")
            head = b""
"""


class Target:
    """Somebody who takes PUTs: `put()` sends one of 64 MiB and returns its seconds."""

    def __init__(self, port: int, new_path: Callable[[], str]) -> None:
        self._port = port
        self._new_path = new_path
        self._body = memoryview(bytes(range(256)) * (SIZE // 256))

    def put(self) -> float:
        head = (
            f"PUT {self._new_path()} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: video/mp4\r\n"
            f"Content-Length: {SIZE}\r\nContent-Range: bytes 0-{SIZE - 1}/{SIZE}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", self._port)) as peer:
            began = time.perf_counter()
            peer.sendall(head.encode())
            peer.sendall(self._body)
            answer = peer.recv(65536)
            seconds = time.perf_counter() - began
        if not answer.startswith(b"HTTP/1.1 201"):
            sys.exit(f"expected 201, got {answer[:300]!r}")
        return seconds


def sink(stack: ExitStack) -> Target:
    process = stack.enter_context(
        subprocess.Popen([sys.executable, "-c", SINK], stdout=subprocess.PIPE, text=True)
    )
    stack.callback(process.kill)
    return Target(int(_line(process)), lambda: "/video/")


def mock(stack: ExitStack, *options: str) -> tuple[Target, int]:
    """A server and its process id."""
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--quiet", *options]
    process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    stack.callback(process.terminate)
    url = _line(process).split()[-1]

    def new_path() -> str:
        source = {"source": "FILE_UPLOAD", "video_size": SIZE, "chunk_size": SIZE, "total_chunk_count": 1}
        request = urllib.request.Request(
            url + "/v2/post/publish/inbox/video/init/",
            json.dumps({"source_info": source}).encode(),
            {"Authorization": "Bearer bench"},
        )
        with urllib.request.urlopen(request) as answer:
            upload_url: str = json.load(answer)["data"]["upload_url"]
        return upload_url.removeprefix(url)

    return Target(int(url.rpartition(":")[2]), new_path), process.pid


def peak_megabytes(pid: int) -> float:
    """Peak resident memory (Linux), in MB of 1,000,000 bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 / 1e6 if found else float("nan")


def _line(process: subprocess.Popen[str]) -> str:
    if process.stdout is None:
        sys.exit("no output to read")
    return process.stdout.readline().strip()


def main() -> None:
    parser = argparse.ArgumentParser(description="PUT speed as ratios to a raw sink, and peak memory.")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--gigabytes", type=float, default=4)
    wanted = parser.parse_args()
    with ExitStack() as stack:
        targets = {"sink": sink(stack)}
        for digest in ("none", "xxh3_128", "sha256"):
            targets[f"--digest {digest}"], _ = mock(stack, "--digest", digest)
        seconds: dict[str, list[float]] = {name: [] for name in targets}
        for round_number in range(wanted.rounds + 1):
            for name, target in targets.items():
                took = target.put()
                if round_number:  # the first round warms up
                    seconds[name].append(took)
        goals = {"--digest none": 0.7, "--digest xxh3_128": 0.5}
        print(f"{'64 MiB PUT to':24}{'MB/s':>8}{'of sink':>9}  goal")
        for name, took in seconds.items():
            pairs = [base / mine for base, mine in zip(seconds["sink"], took, strict=True)]
            goal = f"at least {goals[name]}" if name in goals else ""
            print(f"{name:24}{SIZE / 1e6 / statistics.median(took):8.0f}{statistics.median(pairs):9.2f}  {goal}")
        target, pid = mock(stack)
        idle = peak_megabytes(pid)
        for _ in range(round(wanted.gigabytes * 1e9 / SIZE)):
            target.put()
        peak = peak_megabytes(pid)
        print(f"peak memory: {idle:.0f} MB idle, {peak:.0f} MB after {wanted.gigabytes:g} GB (goal: under 60)")


if __name__ == "__main__":
    main()
