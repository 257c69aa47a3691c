"""From process start to the ready line, as a ratio to `python -c "import aiohttp.web"`, in turn in one run.

python benchmarks/startup.py [--rounds N]
"""

import argparse
import statistics
import subprocess
import sys
import time


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


def until_done(*code: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", *code], check=True)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description="Start-up as a ratio.")
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    pairs = [(until_done("import aiohttp.web"), until_ready()) for _ in range(rounds + 1)][1:]
    base, ready = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(mine / theirs for theirs, mine in pairs)
    print(
        f"import aiohttp.web {base * 1e3:.0f} ms, ready line {ready * 1e3:.0f} ms, "
        f"ratio {ratio:.2f} (goal: at most 1.3)"
    )


if __name__ == "__main__":
    main()
