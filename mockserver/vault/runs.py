"""DIR/.incomplete: a folder for each server that runs, held by it; what no server holds is left over."""

import os
import re
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

INCOMPLETE: Final = ".incomplete"
_RUN: Final = re.compile(r"run-[a-z0-9_]{8}")
_OURS: Final = re.compile(r"[0-9]+\.part|side-[a-z0-9_]{8}")


@dataclass(slots=True)
class Run:
    """The folder of one server's unfinished uploads."""

    folder: Path
    _held: int | None

    def end(self) -> None:
        """Remove the folder with our files in it."""
        _clear(self.folder)
        if self._held is not None:
            os.close(self._held)
            self._held = None


def begin_run(directory: Path) -> Run:
    """Make a folder in `directory`, which is made too, and remove what is left over. Raises OSError."""
    incomplete = directory / INCOMPLETE
    incomplete.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=directory).close()
    # Of servers that start together, none takes another's folder for a leftover.
    turn = _hold(incomplete, wait=True)
    try:
        if turn is not None:
            _sweep(incomplete)
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=incomplete))
        return Run(folder, _hold(folder))
    finally:
        if turn is not None:
            os.close(turn)


def _hold(folder: Path, *, wait: bool = False) -> int | None:
    """A descriptor that holds `folder` until it is closed; None where somebody else does, or nobody can."""
    if sys.platform == "win32":  # leftovers stay there
        return None
    import fcntl  # noqa: PLC0415 - not on Windows

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _sweep(incomplete: Path) -> None:
    """Remove the runs that nobody holds."""
    for run in incomplete.iterdir():
        if not _RUN.fullmatch(run.name) or run.is_symlink() or not run.is_dir():
            continue
        with suppress(OSError):
            held = _hold(run)
            if held is not None:
                _clear(run)
                os.close(held)


def _clear(run: Path) -> None:
    """Remove a run's files and then its folder; a file of others stays, and the folder with it."""
    with suppress(OSError):
        for file in list(run.iterdir()):
            if _OURS.fullmatch(file.name):
                with suppress(OSError):
                    file.unlink()
        run.rmdir()
