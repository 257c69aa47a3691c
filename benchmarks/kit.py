"""What a whole run of the judge of servers takes, next to as many bare requests to the same mock.

    python benchmarks/kit.py [--rounds N]

Prints one table: the run with its machines, the run without them, and the bare requests, each a connection of its
own, one after the other. Seconds are of this machine; the ratios are what to compare.
"""

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

MOCK = [
    sys.executable,
    "-m",
    "mockserver",
    "serve",
    "--port",
    "0",
    "--quiet",
    "--mb",
    "1000",
    "--body-timeout",
    "3",
]


def kit(url: str, *options: str) -> tuple[float, int]:
    """Seconds of a run, and how many connections its report shows."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            sys.executable,
            "-m",
            "conformance",
            "server",
            "--api-base",
            url,
            "--mb",
            "1000",
            "--json",
            report,
        ]
        began = time.perf_counter()
        done = subprocess.run([*map(str, command), *options], stdout=subprocess.DEVNULL, check=False)
        seconds = time.perf_counter() - began
        if done.returncode != 0:
            sys.exit(f"the mock is not good: exit code {done.returncode}")
        told = json.loads(report.read_text())
    return seconds, sum(len(case["exchange"]) for clause in told["clauses"] for case in clause["cases"])


def bare(url: str, count: int) -> float:
    """Seconds of so many status queries."""
    where = urlsplit(url).netloc
    headers = {"Authorization": "Bearer t", "Content-Type": "application/json"}
    began = time.perf_counter()
    for _ in range(count):
        peer = http.client.HTTPConnection(where)
        peer.request("POST", "/v2/post/publish/status/fetch/", b'{"publish_id": "none"}', headers)
        peer.getresponse().read()
        peer.close()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description="Time of a run of the kit as a ratio to bare requests.")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with subprocess.Popen(MOCK, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = (process.stdout.readline() if process.stdout else "").split()[-1]
            wholes, tables, bares = [], [], []
            for _ in range(rounds):
                wholes.append(kit(url)[0])
                seconds, count = kit(url, "--skip", "*/stories")
                tables.append(seconds)
                bares.append(bare(url, count))
        finally:
            process.terminate()
    base = statistics.median(bares)
    print(f"{'':34}{'s':>8}{'ratio':>8}")
    print(f"{f'{count} bare requests':34}{base:8.1f}{1:8.2f}")
    for name, found in (("the kit without its machines", tables), ("the whole kit", wholes)):
        seconds = statistics.median(found)
        print(f"{name:34}{seconds:8.1f}{seconds / base:8.2f}")


if __name__ == "__main__":
    main()
