"""Memory of the server over many requests: it must be flat.

    python benchmarks/endurance.py [--requests N]

Half of the requests are chunks that are refused, the rest inits and good chunks of 5 kB (`--mb 1000`), over kept
connections. Prints the resident memory as it goes and, as a ratio, what the last four fifths added.
"""

import argparse
import json
import re
import socket
import subprocess
import sys
from pathlib import Path

UPLOADS = 1000
CHUNK = b"x" * 5000


def resident(pid: int) -> float:
    """Resident memory (Linux), in MB of 1,000,000 bytes."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 / 1e6 if found else float("nan")


class Connection:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._file = self._socket.makefile("rb")

    def ask(self, head: str, body: bytes) -> tuple[int, bytes]:
        self._socket.sendall(f"{head}\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        status = int(self._file.readline().split()[1])
        length = 0
        while (line := self._file.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return status, self._file.read(length)

    def upload(self) -> int:
        """One init, two good chunks and three bad ones: how many requests that were."""
        source = {"source": "FILE_UPLOAD", "video_size": 10_000, "chunk_size": 5000, "total_chunk_count": 2}
        init = "POST /v2/post/publish/inbox/video/init/ HTTP/1.1\r\nAuthorization: Bearer bench"
        _, answer = self.ask(init, json.dumps({"source_info": source}).encode())
        path = "/" + json.loads(answer)["data"]["upload_url"].split("/", 3)[3]
        statuses = []
        for first in (5000, 0, 0, 5000, 5000):
            span = f"bytes {first}-{first + 4999}/10000"
            head = f"PUT {path} HTTP/1.1\r\nContent-Type: video/mp4\r\nContent-Range: {span}"
            statuses.append(self.ask(head, CHUNK)[0])
        if statuses != [416, 206, 416, 201, 416]:
            sys.exit(f"expected 416 206 416 201 416, got {statuses}")
        return 6


def main() -> None:
    parser = argparse.ArgumentParser(description="Resident memory over many requests.")
    parser.add_argument("--requests", type=int, default=100_000)
    wanted = parser.parse_args().requests
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--quiet", "--mb", "1000"]
    with subprocess.Popen([*command, "--max-uploads", str(UPLOADS)], stdout=subprocess.PIPE, text=True) as process:
        port = int((process.stdout.readline() if process.stdout else "").rpartition(":")[2])
        connections = [Connection(port) for _ in range(8)]
        done, readings = 0, [resident(process.pid)]
        for step in range(1, 11):
            while done < wanted * step // 10:
                done += connections[done // 6 % len(connections)].upload()
            readings.append(resident(process.pid))
            print(f"{done:>9,} requests  {readings[-1]:6.1f} MB", flush=True)
        process.terminate()
    print(f"from a fifth of them to all: {readings[-1] / readings[2]:.2f} times (goal: 1.0, flat)")


if __name__ == "__main__":
    main()
