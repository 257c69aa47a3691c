"""Our commands as processes of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS = 120


def environment(**more: str) -> dict[str, str]:
    """This process's environment without anything that would configure ours, plus `more`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIKTOK_")}
    return {**kept, "COLUMNS": "100", **more}


def run(module: str, *arguments: str, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=SECONDS, env=environment(**more), check=False
    )


def run_with_files_of_at_most(size: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`tiktok-mock` where no file can have more than `size` bytes, as on a full disk."""
    code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))"
    command = [sys.executable, "-B", "-c", f"{code}; from mockserver.cli import main; main()", *arguments]
    unmeasured = {name: value for name, value in environment().items() if not name.startswith("COVERAGE_")}
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=unmeasured, check=False)


@contextmanager
def serving(
    *arguments: str, stderr: int | None = None, **more: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`tiktok-mock serve` on a free port: the process and its base URL."""
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", *arguments]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if stderr is None else stderr,
        text=True,
        env=environment(**more),
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("tiktok-mock ready at http"), line
            yield process, line.split()[-1]
        finally:
            if process.poll() is None:
                process.terminate()
            process.communicate(timeout=SECONDS)


def make_file(path: Path, size: int) -> Path:
    """A file of `size` bytes that differ from place to place."""
    with path.open("wb") as out:
        number = 0
        while size > 0:
            piece = number.to_bytes(8, "big") * 8192
            out.write(piece[: min(size, len(piece))])
            size -= len(piece)
            number += 1
    return path
