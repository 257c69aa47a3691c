"""Start-up as ratios, each pair in turn in one run: the ready line to `python -c "import aiohttp.web"`, and
`--help` of each command to `python -c pass`.

python benchmarks/startup.py [--rounds N]
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

HELP = (
    ("mockserver",),
    ("mockserver", "serve"),
    ("mockserver", "exec"),
    ("conformance",),
    ("conformance", "server"),
    ("conformance", "client"),
    ("client_reference",),
)


def until_ready() -> float:
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--quiet"]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline() if process.stdout else ""
        took = time.perf_counter() - began
        process.terminate()
    if "ready at" not in line:
        sys.exit(f"expected the ready line, got {line!r}")
    return took


def until_done(*words: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def side_by_side(theirs: Callable[[], float], mine: Callable[[], float], rounds: int) -> str:
    pairs = [(theirs(), mine()) for _ in range(rounds + 1)][1:]
    base, took = (statistics.median(column) * 1e3 for column in zip(*pairs, strict=True))
    return f"{base:.0f} ms, {took:.0f} ms, ratio {statistics.median(b / a for a, b in pairs):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Start-up as ratios.")
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    ready = side_by_side(lambda: until_done("-c", "import aiohttp.web"), until_ready, rounds)
    print(f"import aiohttp.web, ready line: {ready} (goal: at most 1.3)")
    for command in HELP:
        asked = side_by_side(
            lambda: until_done("-c", "pass"),
            lambda words=command: until_done("-m", *words, "--help"),
            rounds,
        )
        print(f"pass, {' '.join(command)} --help: {asked}")


if __name__ == "__main__":
    main()
