"""The files that clients upload: made once per size, no two places alike."""

import threading
from pathlib import Path
from typing import Final

from conformance.bodies import Bytes

SPARSE_FROM: Final = 512 * 2**20
_MARK_EVERY: Final = 3_000_017


class Files:
    """Files in a folder, each called video.mp4, read-only."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._bytes = Bytes(seed)
        self._lock = threading.Lock()

    def of(self, size: int) -> Path:
        """The file of so many bytes; from half a GB on it is sparse, with a mark every 3 MB."""
        path = self._folder / str(size) / "video.mp4"
        with self._lock:
            if not path.exists():
                path.parent.mkdir()
                self._write(path, size)
                path.chmod(0o444)
        return path

    def _write(self, path: Path, size: int) -> None:
        with path.open("wb") as file:
            if size < SPARSE_FROM:
                file.writelines(self._bytes.of(range(size)))
                return
            for start in range(0, size, _MARK_EVERY):
                file.seek(start)
                file.write(str(start).encode())
            file.truncate(size)
