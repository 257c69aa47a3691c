"""What a story has seen of one upload, and whether the law book allows it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from itertools import chain, permutations
from typing import Final

from conformance import model
from conformance.cases import BrokenError
from conformance.exchange import Answer
from conformance.puts import Put
from conformance.server.machines.kinds import Place
from conformance.server.machines.stories import Knowledge
from conformance.task import Task
from conformance.worlds import Worlds


class EnoughError(Exception):
    """The story has met a clause that is broken already: what would follow says nothing."""


@dataclass(slots=True)
class Part:
    """One upload of a story. `undecided`: PUTs whose answer was lost; they may be decided late.

    `had_5xx`: one of its PUTs was answered with a 5xx, and may be sent again (S-ATOMIC-5XX).
    """

    number: int
    task: Task
    worlds: Worlds
    undecided: list[model.Put] = field(default_factory=list)
    had_5xx: bool = False

    def settle(self, now: float) -> None:
        """Let in the worlds where a lost PUT has meanwhile been kept."""
        for _ in self.undecided:
            late = {
                model.World(after.upload, world.reading)
                for put in self.undecided
                for world in self.worlds.possible
                for answer, after in model.allowed(world, put, now)
                if answer.moves
            }
            self.worlds = Worlds(self.worlds.possible | late)

    @property
    def place(self) -> Place:
        """Where it stands at least."""
        uploads = [world.upload for world in self.worlds.possible if world.upload is not None]
        least = min(uploads, key=lambda upload: upload.uploaded)
        return Place(self.task.plan, next(iter(least.missing), None), least.ticked)

    @property
    def sure(self) -> bool:
        """It is known how many bytes are in."""
        return len({world.upload for world in self.worlds.possible}) == 1


class Judge:
    """Follows the uploads of one story. `words` tells it step by step; a step that no world allows is the last."""

    def __init__(self, knows: Knowledge) -> None:
        self.words: list[str] = []
        self.now = 0.0
        self._knows = knows

    def status(self, part: Part, answer: Answer) -> None:
        """status/fetch was answered so. Raises BrokenError."""
        count = answer.field("data", "uploaded_bytes")
        word = str(answer.field("data", "status") or answer.field("error", "code"))
        seen = model.Status(word, count if type(count) is int else None)
        part.settle(self.now)
        after = part.worlds.reported(seen, draft=part.task.draft)
        shown = f"{word}, uploaded_bytes {count}" if answer.status == 200 else str(answer)
        self.words.append(f"upload {part.number}: status/fetch: {shown}")
        if after.impossible:
            uploads = {world.upload for world in part.worlds.possible}
            right = {one for upload in uploads for one in model.status_answers(upload, draft=part.task.draft)}
            wanted = {f"{one.word}, uploaded_bytes {one.uploaded}" for one in right if one.word != "FAILED"}
            missing = any(upload is not None and upload.missing for upload in uploads)
            clauses = {"S-STATUS-UPLOADED"} if missing else {"S-STATUS-END"}
            self._broken(part, clauses, " or ".join(sorted(wanted)), shown)
        part.worlds = after

    def put(self, part: Part, put: model.Put, answer: Answer, what: str, *, in_flight: bool = False) -> None:
        """A PUT was answered so; `in_flight`: its head had been let in before. Raises BrokenError."""
        part.settle(self.now)
        self.words.append(f"{what}: {answer}")
        if answer.status >= 500 and in_flight:
            return
        after = self._answered(part.worlds, put, answer, in_flight=in_flight)
        if after.impossible:
            expected = part.worlds.expected(put, self.now, in_flight=in_flight)
            self._broken(part, _clauses(expected, [answer]), _wanted(expected), str(answer))
        part.worlds = after

    def put_at_once(self, part: Part, put: model.Put, answers: Collection[Answer], what: str) -> None:
        """PUTs of the same chunk were answered so, decided in any order. Raises BrokenError."""
        part.settle(self.now)
        part.had_5xx = part.had_5xx or any(answer.status >= 500 for answer in answers)
        decided = [answer for answer in answers if answer.status < 500]
        self.words.append(f"{what}: {' and '.join(map(str, decided))}")
        left: frozenset[model.World] = frozenset()
        for order in permutations(decided):
            worlds = part.worlds
            for answer in order:
                worlds = self._answered(worlds, put, answer, in_flight=True)
            left |= worlds.possible
        if not left:
            expected = part.worlds.expected(put, self.now, in_flight=True)
            wanted = f"one accepted ({_wanted(expected)}), the other refused as S-ORDER-PARALLEL says"
            one_is_right = any(self._answered(part.worlds, put, one, in_flight=True).possible for one in decided)
            clauses = {"S-ORDER-PARALLEL"} if one_is_right else _clauses(expected, decided)
            self._broken(part, clauses, wanted, " and ".join(map(str, decided)))
        part.worlds = Worlds(left)

    def _answered(self, worlds: Worlds, put: model.Put, answer: Answer, *, in_flight: bool) -> Worlds:
        after_end = frozenset[int | str]().union(*(world.reading.after_end for world in worlds.possible))
        if in_flight:  # S-ORDER-PARALLEL: the loser may meet 416 whatever a late chunk meets
            worlds = _with_after_end(worlds, after_end | {416})
        headers = {answer.value("content-range")}
        broken = {_PROGRESS[answer.status < 300], "S-CHUNK-PROGRESS"} & self._knows.unjudged
        if broken or 300 <= answer.status != 416:  # of other refusals no clause says whether they carry it
            expected = worlds.expected(put, self.now, in_flight=in_flight)
            headers = {one.progress for one in expected if one.status == answer.status}
        after = (
            worlds.answered(put, answer.status, header, self.now, in_flight=in_flight).possible
            for header in headers
        )
        left = Worlds(frozenset(chain.from_iterable(after)))
        return _with_after_end(left, after_end) if in_flight else left

    def _broken(self, part: Part, clauses: set[str], expected: str, actual: str) -> None:
        if (clauses | ({"S-ATOMIC-5XX"} if part.had_5xx else set())) & self._knows.unjudged:
            raise EnoughError
        raise BrokenError(f"{expected}, at step {len(self.words)}", actual)


_PROGRESS: Final = {True: "S-CHUNK-PROGRESS", False: "S-ORDER-416-PROGRESS"}


def _with_after_end(worlds: Worlds, values: frozenset[int | str]) -> Worlds:
    return Worlds(
        frozenset(world._replace(reading=replace(world.reading, after_end=values)) for world in worlds.possible)
    )


def as_model(put: Put) -> model.Put:
    """The PUT as the model has it."""
    return model.Put(put.ranges, put.length, len(put.body), put.content_type)


def _clauses(expected: Iterable[model.Answer], answers: Iterable[Answer]) -> set[str]:
    """The clauses that an impossible answer breaks."""
    right = list(expected)
    statuses = {answer.status for answer in answers} & {one.status for one in right}
    if statuses:
        return {_PROGRESS[status < 300] for status in statuses}
    return {one.clause for one in right}


def _wanted(expected: Iterable[model.Answer]) -> str:
    texts = {
        f"{one.status}{f' with Content-Range {one.progress!r}' if one.progress else ''} ({one.clause})"
        for one in expected
    }
    return " or ".join(sorted(texts))
