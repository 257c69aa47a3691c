"""Speed of the reference client next to `curl -T`, and its memory, side by side in one run.

    python benchmarks/client.py [--rounds N] [--chunks N] [--gigabytes N]

Prints one table. In turn, `curl -T` (one process, one connection) and `client_reference.upload` (a process of its
own, with and without resume file) send the same chunks of 64 MiB with the same headers over loopback to a sink, a
raw socket in a process of its own that reads and throws away. Times are from the first connect to the last answer,
without the start of the processes; a ratio is curl's time over ours, of the median round. Then the peak memory of
a 64 MB upload and of one of `--gigabytes` GB (a sparse file) are read.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

CHUNK = 64 * 2**20
SINK = """
import re, socket
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
buffer = bytearray(1 << 18)
while True:
    peer, _ = server.accept()
    with peer:
        while True:
            head = b""
            while b"\\r\\n\\r\\n" not in head and (got := peer.recv(65536)):
                head += got
            if not head:
                break
            head, _, rest = head.lower().partition(b"\\r\\n\\r\\n")
            last, total = map(int, re.search(rb"content-range: bytes [0-9]+-([0-9]+)/([0-9]+)", head).groups())
            left = int(re.search(rb"content-length: ([0-9]+)", head)[1]) - len(rest)
            while left > 0:
                left -= peer.recv_into(buffer)
            status = b"201 Created" if last + 1 == total else b"206 Partial Content"
            peer.sendall(b"HTTP/1.1 " + status + b"\\r\\nContent-Length: 0\\r\\n\\r\\n")
"""
OURS = """
import asyncio, re, sys, time
from pathlib import Path
from client_reference import upload
file, url, chunk, *resume = sys.argv[1:]
state = resume[0] if resume else None
async def go():
    began = time.perf_counter()
    await upload(file, upload_url=url, chunk_size=int(chunk), mb=2**20, wait=False, resume_file=state)
    return time.perf_counter() - began
print(asyncio.run(go()))
status = Path("/proc/self/status")
print(re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text())[1] if status.exists() else "nan")
"""


def curl(url: str, pieces: list[Path], total: int) -> float:
    command, first = ["curl", "-sS", "--fail"], 0
    for piece in pieces:
        last = first + piece.stat().st_size - 1
        headers = ["Content-Type: video/mp4", f"Content-Range: bytes {first}-{last}/{total}", "Expect:"]
        each = [option for header in headers for option in ("-H", header)]
        command += [*(["--next"] if first else []), "-T", str(piece), *each]
        command += ["-o", os.devnull, "-w", "%{time_total}\n", url]
        first = last + 1
    return sum(map(float, _output(command).split()))


def ours(url: str, file: Path, chunk: int, *resume: Path) -> tuple[float, float]:
    """Seconds, and peak memory in MB (Linux)."""
    seconds, kilobytes = _output(
        [sys.executable, "-c", OURS, str(file), url, str(chunk), *map(str, resume)]
    ).split()
    return float(seconds), float(kilobytes) * 1024 / 1e6


def _output(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _resuming(url: str, file: Path, state: Path) -> float:
    state.unlink(missing_ok=True)
    return ours(url, file, CHUNK, state)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description="Upload speed as a ratio to curl -T, and peak memory.")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--chunks", type=int, default=4)
    parser.add_argument("--gigabytes", type=float, default=4)
    wanted = parser.parse_args()
    with ExitStack() as stack:
        sink = stack.enter_context(
            subprocess.Popen([sys.executable, "-c", SINK], stdout=subprocess.PIPE, text=True)
        )
        stack.callback(sink.kill)
        if sink.stdout is None:
            sys.exit("no output to read")
        url = f"http://127.0.0.1:{sink.stdout.readline().strip()}/video/"
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pieces = [folder / f"piece{number}" for number in range(wanted.chunks)]
        whole = folder / "whole.mp4"
        with whole.open("wb") as out:
            for piece in pieces:
                piece.write_bytes(os.urandom(CHUNK))
                out.write(piece.read_bytes())
        total = wanted.chunks * CHUNK
        runs: dict[str, Callable[[], float]] = {
            "curl -T": lambda: curl(url, pieces, total),
            "upload": lambda: ours(url, whole, CHUNK)[0],
            "upload, resume file": lambda: _resuming(url, whole, folder / "state"),
        }
        seconds: dict[str, list[float]] = {name: [] for name in runs}
        for round_number in range(wanted.rounds + 1):
            for name, run in runs.items():
                took = run()
                if round_number:  # the first round warms up
                    seconds[name].append(took)
        print(f"load {os.getloadavg()[0]:.1f}; {wanted.chunks} chunks of 64 MiB by")
        for name, took in seconds.items():
            pairs = [base / mine for base, mine in zip(seconds["curl -T"], took, strict=True)]
            speed = total / 1e6 / statistics.median(took)
            goal = "" if name == "curl -T" else "(goal: at least 0.9)"
            print(f"{name:24}{speed:6.0f} MB/s{statistics.median(pairs):7.2f}  {goal}")
        peaks = []
        for size in (64 * 10**6, round(wanted.gigabytes * 10**9)):
            sparse = folder / "sparse.mp4"
            with sparse.open("wb") as out:
                out.truncate(size)
            peaks.append(ours(url, sparse, 20 * 2**20)[1])
        print(f"peak memory: {peaks[0]:.0f} MB for 64 MB, {peaks[1]:.0f} MB for {wanted.gigabytes:g} GB")


if __name__ == "__main__":
    main()
