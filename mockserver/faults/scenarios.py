"""Fault lists in files: those that come with the package, and those that users write.

A scenario is a TOML file with a title, what a good client does, and faults.
"""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from mockserver.faults.kinds import Fault
from mockserver.faults.reading import FaultError, read_faults

_WORDS = ("title", "good_client")


@dataclass(frozen=True, slots=True)
class Scenario:
    """A situation of the protocol. `good_client` says what a good one does in it."""

    name: str
    title: str
    good_client: str
    faults: Sequence[Fault]

    def for_token(self, token: str | None) -> list[Fault]:
        """Its faults, narrowed to one bearer token where one is given."""
        if token is None:
            return list(self.faults)
        return [replace(fault, on=replace(fault.on, token=token)) for fault in self.faults]

    def as_json(self) -> dict[str, object]:
        """The scenario as it is listed; `faults` is how many it has."""
        return {
            "name": self.name,
            "title": self.title,
            "good_client": self.good_client,
            "faults": len(self.faults),
        }


def scenario_names() -> list[str]:
    """All of them, in alphabetical order."""
    files = resources.files("mockserver.scenarios").iterdir()
    return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))


def load_scenario(name: str) -> Scenario:
    """One of `scenario_names`. Raises KeyError for another."""
    if name not in scenario_names():
        raise KeyError(name)
    text = resources.files("mockserver.scenarios").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    title, good_client = (" ".join(table[word].split()) for word in _WORDS)
    return Scenario(name, title, good_client, _faults_of(table))


def read_fault_file(path: Path) -> list[Fault]:
    """Faults of a file: TOML where its name ends in .toml, else JSON; a scenario's file is one too.

    Raises FaultError where it holds no faults, OSError where it cannot be read.
    """
    toml = path.suffix.lower() == ".toml"
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text) if toml else json.loads(text)
    except ValueError as error:
        kind = "TOML" if toml else "JSON (a name that ends in .toml is read as TOML)"
        raise FaultError(f"not {kind}: {error}") from None
    except RecursionError:
        raise FaultError("nested too deeply") from None
    return _faults_of(content)


def _faults_of(content: object) -> list[Fault]:
    if isinstance(content, dict) and "faults" in content:
        content = {name: value for name, value in content.items() if name not in _WORDS}
    return read_faults(content)
