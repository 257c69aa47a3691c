"""Whether the kit is among what pytest was asked to collect, and which of its cases."""

from pathlib import Path
from typing import Final

import pytest

KIT: Final = Path(__file__).parents[1]
SERVER: Final = KIT / "server"

_MODULES: Final = ("conformance", "conformance.server")


def is_kit(path: Path) -> bool:
    """Whether this is a package whose cases are tests, or the one around it."""
    return path in (KIT, SERVER)


def selected(config: pytest.Config) -> list[str] | None:
    """Ids and globs of the cases that were named (none: all of them); None where the kit was not named.

    pytest knows no `::` after a package: the argument is cut in `config.args`. A worker of pytest-xdist is given
    what the command line said, and does the same.
    """
    parted = [(number, *arg.partition("::")) for number, arg in enumerate(config.args)]
    named = [(number, name) for number, head, _, name in parted if _means_kit(head, config)]
    if not named:
        return None
    for number, name in named:
        if name:
            config.args[number] = "conformance.server" if config.getoption("pyargs") else str(SERVER)
    return [name for _, name in named] if all(name for _, name in named) else []


def _means_kit(head: str, config: pytest.Config) -> bool:
    """A module's name after --pyargs, a path, or the first part of a node id as it is printed."""
    if config.getoption("pyargs") and head in _MODULES:
        return True
    path = config.invocation_params.dir / head
    return is_kit(path) or (head == "conformance/server" and not path.exists())
