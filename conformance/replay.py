"""`--replay FILE`: stories that failed and were saved, as cases that play them once more."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.cases import Case
from conformance.server.machines import MACHINES
from conformance.server.machines.machine import play
from conformance.server.machines.stories import READ, SCHEMA, Inits, Knowledge, Story, StoryError
from conformance.trial import Trial


class ReplayError(ValueError):
    """The file has no story that can be played, and why."""


def read_replay(path: Path) -> tuple[Case, ...]:
    """The cases of a file: a saved story, or a JSON report with stories in it. Raises ReplayError."""
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ReplayError(f"{path} cannot be read as JSON: {error}") from None
    stories = list(_stories(saved))
    if not stories:
        raise ReplayError(f"{path} has no story: wanted the 'replay' of a failed case, or a report that has one")
    try:
        return tuple(_case(story) for story in stories)
    except StoryError as error:
        raise ReplayError(f"{path} has no story that can be played: {error}") from None


def _stories(saved: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(saved, dict):
        return
    if "case" in saved and any(name in saved for name in READ):
        yield saved
    found = saved.get("replay")
    if isinstance(found, dict):
        yield from _stories(found)
    for name in ("clauses", "cases"):
        parts = saved.get(name)
        for part in parts if isinstance(parts, list) else ():
            yield from _stories(part)


def _case(saved: dict[str, Any]) -> Case:
    if saved.get("schema") != SCHEMA:
        raise StoryError(f"its schema is {saved.get('schema')!r}, wanted {SCHEMA}")
    machine = {machine.id: machine for machine in MACHINES}.get(str(saved.get("case")))
    if machine is None:
        raise StoryError(f"its case is {saved.get('case')!r}, wanted {', '.join(one.id for one in MACHINES)}")
    story: Story | Inits = next(read(saved) for name, read in READ.items() if name in saved)
    knows = Knowledge.read(saved)

    async def run(trial: Trial) -> None:
        trial.replay = saved
        async with machine.standing_clock(trial):
            await play(trial, story, knows)

    return Case(machine.id, f"A saved story: {machine.sentence}", run, last=True)
