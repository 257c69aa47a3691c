"""The law book: every demand on an upload server and an upload client, read from `clauses.toml`."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import Any

_HEADING = re.compile(r"^# ─+ (?P<title>.+?) ─+$", re.MULTILINE)
_ID = re.compile(r"[SC](-[A-Z0-9]+)+")
_KEYS = frozenset({"id", "strength", "text", "source"})


class LawBookError(ValueError):
    """The law book itself is wrong."""


class Strength(StrEnum):
    MUST = "must"
    SHOULD = "should"
    REPORTED = "reported"


@dataclass(frozen=True, slots=True)
class Clause:
    """One demand: what it asks, how firmly, and where that is written."""

    id: str
    strength: Strength
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """The clauses under one heading of the law book."""

    title: str
    clauses: tuple[Clause, ...]


def load_clauses() -> tuple[Clause, ...]:
    """All clauses, in the order of the law book."""
    return tuple(clause for chapter in load_chapters() for clause in chapter.clauses)


def load_chapters() -> tuple[Chapter, ...]:
    """The law book as it is divided by its headings."""
    text = resources.files("conformance").joinpath("clauses.toml").read_text(encoding="utf-8")
    return parse_law_book(text)


def parse_law_book(text: str) -> tuple[Chapter, ...]:
    """Read a law book; LawBookError says which clause is wrong and how."""
    preamble, *rest = _HEADING.split(text)
    if _tables(preamble):
        raise LawBookError("a clause stands before the first heading")
    chapters = tuple(
        Chapter(title, tuple(_clause(table) for table in _tables(body)))
        for title, body in zip(rest[::2], rest[1::2], strict=True)
    )
    _refuse_repeats(clause.id for chapter in chapters for clause in chapter.clauses)
    return chapters


def _tables(text: str) -> list[dict[str, Any]]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LawBookError(f"not TOML: {error}") from error
    tables = document.pop("clause", [])
    if document:
        raise LawBookError(f"only [[clause]] is known here, not {', '.join(sorted(document))}")
    if not isinstance(tables, list):
        raise LawBookError("clauses are written [[clause]], not [clause]")
    return tables


def _clause(table: dict[str, Any]) -> Clause:
    name = table.get("id", "a clause without id")
    if unknown := table.keys() - _KEYS:
        raise LawBookError(f"{name}: unknown key {', '.join(sorted(unknown))}")
    if missing := _KEYS - table.keys():
        raise LawBookError(f"{name}: {', '.join(sorted(missing))} is missing")
    for key, value in table.items():
        if not isinstance(value, str) or not value.strip():
            raise LawBookError(f"{name}: {key} is {value!r}, not a text")
    if not _ID.fullmatch(name):
        raise LawBookError(f"{name!r} is no clause id: S- or C- and words in capitals are wanted")
    try:
        strength = Strength(table["strength"])
    except ValueError as error:
        wanted = ", ".join(Strength)
        raise LawBookError(f"{name}: strength is {table['strength']!r}, wanted one of {wanted}") from error
    return Clause(name, strength, table["text"], table["source"])


def _refuse_repeats(ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for clause_id in ids:
        if clause_id in seen:
            raise LawBookError(f"{clause_id} is there twice")
        seen.add(clause_id)
