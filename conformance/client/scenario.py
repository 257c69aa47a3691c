"""A scenario: what the client is put through, as data, and what a good one makes of it."""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeVar

from conformance.clauses import load_clauses
from conformance.client.sizes import SEVERAL, Units

DRAWN: Final = "drawn"
"""The id of what the property test draws."""

PLACES: Final = ("first", "middle", "last")
_SIZES: Final = ("at_byte", "bytes_per_second")
"""Numbers of a fault that may be written like sizes."""


class ScenarioError(ValueError):
    """A scenario that cannot be read, and why."""


class Ends(StrEnum):
    """How a good client's run ends."""

    COMPLETE = "complete"
    """One upload is complete, exit code 0."""

    FAILED = "failed"
    """None is complete, another exit code."""

    EITHER = "either"
    """As the client can, so long as the exit code tells the truth."""


class Mode(StrEnum):
    """Where the client gets its upload_url."""

    INIT = "init"
    HANDED = "handed"


@dataclass(frozen=True, slots=True)
class Move:
    """The clock goes `advance` seconds forward once `count` requests of `operation` have been answered."""

    operation: str
    count: int
    advance: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """`clauses` are the ones it is for; `blame` the one to be named where a good upload just does not end well.

    `faults` have the contract's form; without `on` they strike the chunk at `place`. `{trap}` in them is the
    authority of another host, `{end}` and `{total}` the bytes up to that chunk's end and of the file.
    """

    id: str
    sentence: str
    clauses: tuple[str, ...]
    size: str = SEVERAL
    chunk: str | None = None
    place: str = "first"
    faults: tuple[Mapping[str, Any], ...] = ()
    ends: Ends = Ends.COMPLETE
    blame: str = "C-END"
    options: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()
    modes: tuple[Mode, ...] = tuple(Mode)
    sent_before: int = 0
    slow: bool = False
    large: bool = False
    why: str = ""

    def __str__(self) -> str:
        return self.id

    def matches(self, mode: Mode, *, large: bool) -> bool:
        """Whether it can be tried on a client of this mode."""
        return mode in self.modes and (large or not self.large)

    def armed(self, chunk: int, texts: Mapping[str, str], units: Units) -> list[dict[str, Any]]:
        """The faults as the mock takes them: `texts` stand for {trap} and so on."""
        on = {"operation": "chunk", "chunk": chunk}
        return [{"on": on, **_filled(fault, texts, units)} for fault in self.faults]


def load_scenarios() -> tuple[Scenario, ...]:
    """All that come with the kit, in the order of the law book's chapters."""
    folder = resources.files("conformance.client") / "scenarios"
    files = sorted((one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    return tuple(scenario for file in files for scenario in _of_text(file.read_text("utf-8"), file.name))


def read_scenarios(path: Path) -> tuple[Scenario, ...]:
    """The scenarios of a file that the kit or a user has written. Raises ScenarioError, OSError."""
    try:
        return tuple(_of_text(path.read_text("utf-8"), str(path)))
    except UnicodeDecodeError:
        raise ScenarioError(f"{path} is no UTF-8 text") from None


def _of_text(text: str, name: str) -> Iterator[Scenario]:
    try:
        tables = tomllib.loads(text).get("scenario", [])
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{name} is no TOML: {error}") from None
    if not isinstance(tables, list) or not tables:
        raise ScenarioError(f"{name} has no [[scenario]]")
    for number, table in enumerate(tables, 1):
        called = repr(table.get("id", number)) if isinstance(table, dict) else number
        try:
            yield from _expanded(table)
        except ValueError as error:
            raise ScenarioError(f"{name}, scenario {called}: {error}") from None


def _expanded(table: Any) -> Iterator[Scenario]:
    _demand(isinstance(table, dict), f"wanted a table, got {table!r}")
    places = table.get("places")
    one = _scenario({key: value for key, value in table.items() if key != "places"})
    if places is None:
        yield one
        return
    _demand_kind("places", places, list)
    for place in places:
        _demand(place in PLACES, f"wanted places of {', '.join(PLACES)}, got {place!r}")
        yield replace(one, id=f"{one.id}-{place}", place=place, sentence=f"{one.sentence} ({place} chunk)")


_TEXTS: Final = ("id", "sentence", "size", "chunk", "place", "ends", "blame", "why")
_LISTS: Final = ("for", "faults", "options", "moves", "modes")
_KINDS: Final = {
    **dict.fromkeys(_TEXTS, str),
    **dict.fromkeys(_LISTS, list),
    "sent_before": int,
    "slow": bool,
    "large": bool,
}
_WORDS: Final = {str: "a text", list: "a list", int: "a whole number", bool: "true or false"}


def _scenario(table: dict[str, Any]) -> Scenario:
    _demand(not (unknown := table.keys() - _KINDS.keys()), f"unknown: {', '.join(sorted(unknown))}")
    for name in ("id", "sentence", "for"):
        _demand(name in table, f"wanted {name!r}")
    for name, value in table.items():
        _demand_kind(name, value, _KINDS[name])
    place, before = table.get("place", PLACES[0]), table.get("sent_before", 0)
    _demand(place in PLACES, f"wanted a place of {', '.join(PLACES)}, got {place!r}")
    _demand(before >= 0, f"wanted 0 or more in 'sent_before', got {before}")
    _demand(table["for"], "wanted clauses in 'for', got []")
    for clause in (*table["for"], table.get("blame", "C-END")):
        _demand(clause in _clauses(), f"the law book has no clause {clause!r} for clients")
    for name in ("size", "chunk"):
        _demand_size(table.get(name, SEVERAL))
    values = dict(table)
    values["clauses"] = tuple(values.pop("for"))
    values["faults"] = tuple(_repeated(one) for one in table.get("faults", ()))
    values["ends"] = _one_of(Ends, "ends", table.get("ends", Ends.COMPLETE))
    values["options"] = tuple(table.get("options", ()))
    values["moves"] = tuple(_move(one) for one in table.get("moves", ()))
    values["modes"] = tuple(_one_of(Mode, "modes", one) for one in table.get("modes", Mode))
    return Scenario(**values)


@cache
def _clauses() -> frozenset[str]:
    return frozenset(one.id for one in load_clauses() if one.id.startswith("C-"))


def _repeated(fault: Any) -> Mapping[str, Any]:
    """TOML has no null: `times = "forever"`."""
    good = isinstance(fault, dict) and {"when", "do"} <= fault.keys() and isinstance(fault["do"], dict)
    _demand(good, f"wanted a fault with 'when' and 'do', got {fault!r}")
    return {**fault, "times": None} if fault.get("times") == "forever" else fault


def _move(told: Any) -> Move:
    good = isinstance(told, dict) and told.keys() == {"operation", "count", "advance"}
    _demand(good, f"wanted a move with operation, count and advance, got {told!r}")
    return Move(**told)


_Choice = TypeVar("_Choice", Ends, Mode)


def _one_of(choices: type[_Choice], name: str, value: Any) -> _Choice:
    words = [one.value for one in choices]
    _demand(value in words, f"wanted {', '.join(words[:-1])} or {words[-1]} in {name!r}, got {value!r}")
    return choices(value)


def _demand_size(text: str) -> None:
    if text != SEVERAL:
        Units().bytes_of(text)


def _demand_kind(name: str, value: Any, kind: type) -> None:
    good = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    _demand(good, f"wanted {_WORDS[kind]} in {name!r}, got {value!r}")


def _demand(good: object, sentence: str) -> None:
    if not good:
        raise ValueError(sentence)


def _filled(value: Any, texts: Mapping[str, str], units: Units, name: str = "") -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(one, texts, units, key) for key, one in value.items()}
    if not isinstance(value, str):
        return value
    if name in _SIZES:
        return units.bytes_of(value)
    for key, text in texts.items():
        value = value.replace("{" + key + "}", text)
    return value


def as_toml(scenario: Scenario) -> str:
    """The scenario as a file that `--replay` reads."""
    standard = Scenario("", "", ())
    told: list[tuple[str, Any]] = [("id", scenario.id), ("sentence", scenario.sentence)]
    told.append(("for", list(scenario.clauses)))
    told += [("size", scenario.size), ("place", scenario.place), ("ends", scenario.ends.value)]
    told.append(("blame", scenario.blame))
    for name in ("chunk", "why", "options", "modes", "sent_before", "slow", "large"):
        if (value := getattr(scenario, name)) != getattr(standard, name):
            told.append((name, value))
    lines = ["[[scenario]]", *(f"{name} = {_toml(value)}" for name, value in told)]
    for name, tables in (("faults", scenario.faults), ("moves", [asdict(one) for one in scenario.moves])):
        if tables:
            lines += [f"{name} = [", *(f"    {_toml(one)}," for one in tables), "]"]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if value is None:
        return '"forever"'
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in _pairs(value)) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)


def _pairs(fault: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    return ((f'"{key}"' if "-" in key else key, one) for key, one in fault.items())
