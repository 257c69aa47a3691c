"""Plants each bug of this folder in a copy of the project, and demands that the test which it names goes red.

    python tests/planted/check.py [NAME...]

A bug is a patch (`-p1`, from the project's root); its first two lines say which test must fail and what is wrong:

    # red: tests/unit/protocol/test_vectors.py::test_content_range[last-is-total]
    # bug: LAST equal to TOTAL is let through.

Ends with 0 if all are caught, 1 if one survives or cannot be judged.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Final

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
NEEDED: Final = ("mockserver", "conformance", "client_reference", "tests", "pyproject.toml")
AT_ONCE: Final = 2
SECONDS: Final = 300
FAILED: Final = 1
"""pytest's exit code for a red test; 2 to 5 are tests that could not be run, and no catch."""


@dataclass(frozen=True)
class Bug:
    patch: Path
    red: str
    sentence: str

    @property
    def name(self) -> str:
        return self.patch.stem


@dataclass(frozen=True)
class Finding:
    bug: Bug
    said: str
    seconds: float

    @property
    def caught(self) -> bool:
        return self.said == "caught"


def read_bugs() -> list[Bug]:
    """The bugs of this folder, by name. Raises ValueError for a patch without its two lines."""
    return [_read_bug(patch) for patch in sorted(HERE.glob("*.patch"))]


def git_apply(patch: Path, root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """`git apply`, blind to a repository that `root` may lie in."""
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(root.parent)}
    command = ["git", "apply", "-p1", *options, str(patch)]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def judge(red: str, exit_code: int, output: str) -> str:
    """What a run of the test `red` against its bug says about the test."""
    if exit_code == 0:
        return "SURVIVED"
    if exit_code == FAILED and f"FAILED {red}" in output:
        return "caught"
    return f"NOT JUDGED (pytest exit code {exit_code})"


def main(wanted: list[str]) -> int:
    began = time.monotonic()
    bugs = [bug for bug in read_bugs() if not wanted or bug.name in wanted]
    if unknown := set(wanted) - {bug.name for bug in bugs}:
        sys.exit(f"no planted bug is called {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="planted-") as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        copies = [_copy(Path(folder).resolve() / f"copy-{number}") for number in range(AT_ONCE)]
        free: SimpleQueue[Path] = SimpleQueue()
        for copy in copies:
            free.put(copy)
        _demand_green(copies[0], sorted({bug.red for bug in bugs}))
        findings = []
        for finding in pool.map(lambda bug: _try(bug, free), bugs):
            print(
                f"{finding.said:8}  {finding.seconds:4.1f} s  {finding.bug.name:32}  {finding.bug.sentence}",
                flush=True,
            )
            findings.append(finding)
    caught = sum(finding.caught for finding in findings)
    print(f"{caught} of {len(bugs)} planted bugs are caught, {time.monotonic() - began:.0f} s")
    return 0 if caught == len(bugs) else 1


def _read_bug(patch: Path) -> Bug:
    first, second, *_ = [*patch.read_text(encoding="utf-8").splitlines(), "", ""]
    if not first.startswith("# red: ") or not second.startswith("# bug: "):
        raise ValueError(f"{patch.name} must begin with the lines '# red: NODE ID' and '# bug: SENTENCE'")
    return Bug(patch, first.removeprefix("# red: "), second.removeprefix("# bug: "))


def _copy(to: Path) -> Path:
    unwanted = shutil.ignore_patterns("__pycache__", ".*")
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=unwanted)
        else:
            shutil.copy2(source, to / name)
    return to


def _pytest(copy: Path, node_ids: list[str]) -> subprocess.CompletedProcess[str]:
    """A run in the copy, with the copy's code first on the path and none compiled from before a patch."""
    ours = ("TIKTOK_", "COVERAGE_", "PYTEST_", "PYTHON")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment |= {
        "PYTHONPATH": os.pathsep.join([str(copy), str(copy / "tests")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HYPOTHESIS_PROFILE": "planted",
    }
    options = ["-q", "-p", "planted.in_the_copy", "-p", "no:cacheprovider", "--color=no"]
    command = [sys.executable, "-m", "pytest", *options, *node_ids]
    return subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )


def _demand_green(copy: Path, node_ids: list[str]) -> None:
    run = _pytest(copy, node_ids)
    if run.returncode != 0:
        sys.exit(
            f"without any bug these tests must pass (pytest exit code {run.returncode}):\n{run.stdout}{run.stderr}"
        )
    print(f"without any bug all {len(node_ids)} tests pass", flush=True)


def _try(bug: Bug, free: "SimpleQueue[Path]") -> Finding:
    copy = free.get()
    began = time.monotonic()
    try:
        with _planted(bug, copy) as trouble:
            said = trouble or _said_of(bug, copy)
    finally:
        free.put(copy)
    return Finding(bug, said, time.monotonic() - began)


def _said_of(bug: Bug, copy: Path) -> str:
    try:
        run = _pytest(copy, [bug.red])
    except subprocess.TimeoutExpired:
        return f"NOT JUDGED (no end after {SECONDS} s)"
    return judge(bug.red, run.returncode, run.stdout)


@contextmanager
def _planted(bug: Bug, copy: Path) -> Iterator[str]:
    """The bug is in the copy for as long as this lasts; gives "", or why it could not be put there."""
    applied = git_apply(bug.patch, copy)
    if applied.returncode != 0:
        yield f"NOT JUDGED ({' '.join(applied.stderr.split())})"
        return
    try:
        yield ""
    finally:
        git_apply(bug.patch, copy, "--reverse").check_returncode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
