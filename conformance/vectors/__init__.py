"""Literal inputs and literal answers, written by hand from the guide and the law book.

`content_range`: header values; `plans`: source_info at init, by profile; `sequences`: PUTs of one upload,
in order, on a clock that stands still between steps. The shape of each is in `schema/`.
"""

import json
from importlib import resources
from typing import Any

NAMES = ("content_range", "plans", "sequences")


def load(name: str) -> list[dict[str, Any]]:
    """Read the rows of one vector file."""
    return _rows(_read(f"{name}.json"))


def load_schema(name: str) -> dict[str, Any]:
    """Read the JSON Schema of one vector file."""
    schema: dict[str, Any] = json.loads(_read(f"schema/{name}.schema.json"))
    return schema


def _rows(text: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(text)
    return rows


def _read(path: str) -> str:
    return resources.files("conformance.vectors").joinpath(path).read_text(encoding="utf-8")
