"""Who is who in a user namespace: everybody is who they were outside."""

import os
from pathlib import Path
from typing import Final

_GO: Final = b"."


class Mapper:
    """Made before this process enters its user namespace, used after: only a process outside may map more than one
    identity, so a child waits there where we have the right to it.
    """

    def __init__(self) -> None:
        self._user, self._group = os.geteuid(), os.getegid()
        self._outside: tuple[int, int] | None = None
        if self._user == 0:
            self._outside = _start_outside()

    def map_identities(self) -> None:
        """All of them where we were root, our own otherwise. Raises OSError."""
        if self._outside is not None:
            child, pipe = self._outside
            os.write(pipe, _GO)
            os.close(pipe)
            if os.waitpid(child, 0)[1] == 0:
                return
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{self._user} {self._user} 1")
        Path("/proc/self/gid_map").write_text(f"{self._group} {self._group} 1")


def _start_outside() -> tuple[int, int]:
    """The child's process id, and the pipe that tells it to write its parent's maps."""
    maps = {name: _identity(name) for name in ("uid_map", "gid_map")}
    parent = os.getpid()
    ours, theirs = os.pipe()
    child = os.fork()
    if child:
        os.close(ours)
        return child, theirs
    try:
        os.close(theirs)
        if os.read(ours, 1) == _GO:
            for name, text in maps.items():
                Path(f"/proc/{parent}/{name}").write_text(text)
            os._exit(0)
    finally:
        os._exit(1)


def _identity(name: str) -> str:
    """A map of what there is to itself."""
    lines = (line.split() for line in Path(f"/proc/self/{name}").read_text().splitlines())
    return "".join(f"{inside} {inside} {count}\n" for inside, _, count in lines)
