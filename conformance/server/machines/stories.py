"""What a machine plays: a story as data, drawn by Hypothesis, saved as JSON and read again."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self, TypeAlias

from conformance.puts import Plan
from conformance.readings import SWITCHES, Reading
from conformance.server.machines.kinds import KINDS
from conformance.terms import PROFILES, Terms

SCHEMA: Final = 1
Declared: TypeAlias = "Mapping[str, object]"
_MOST: Final = 10_000


class StoryError(ValueError):
    """What was saved is no story, and why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done to one upload (they count from 0). `by`: how far off, where that means something."""

    do: str
    upload: int = 0
    by: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """Uploads that are begun together, steps in between, and then each upload is brought to its end."""

    uploads: tuple[tuple[Plan, bool], ...]
    """Each with its plan, and whether it is a draft."""

    steps: tuple[Step, ...]

    @property
    def opening(self) -> tuple[object, ...]:
        """What sets it apart from most others."""
        return tuple((step.do, step.upload) for step in self.steps[:3])

    def shorter(self) -> Iterator[Self]:
        """The stories without one of the steps."""
        for number in range(len(self.steps)):
            yield replace(self, steps=self.steps[:number] + self.steps[number + 1 :])

    def as_json(self) -> dict[str, Any]:
        """As it is saved."""
        return {
            "uploads": [
                {
                    "video_size": plan.video_size,
                    "chunk_size": plan.chunk_size,
                    "total_chunk_count": plan.total_chunk_count,
                    "draft": draft,
                }
                for plan, draft in self.uploads
            ],
            "steps": [{"do": step.do, "upload": step.upload, "by": step.by} for step in self.steps],
        }

    @classmethod
    def read(cls, saved: Mapping[str, Any]) -> Self:
        """Raises StoryError."""
        uploads = tuple(_upload(one) for one in _list(saved, "uploads"))
        steps = tuple(_step(one, len(uploads)) for one in _list(saved, "steps"))
        if not uploads:
            raise StoryError("uploads is empty")
        return cls(uploads, steps)


@dataclass(frozen=True, slots=True)
class Inits:
    """Source_infos that init is told one after the other."""

    told: tuple[Declared, ...]

    @property
    def opening(self) -> tuple[object, ...]:
        """What sets them apart from most others."""
        return tuple(tuple(one.items()) for one in self.told[:2])

    def shorter(self) -> Iterator[Self]:
        """The stories without one of the inits."""
        for number in range(len(self.told)):
            yield replace(self, told=self.told[:number] + self.told[number + 1 :])

    def as_json(self) -> dict[str, Any]:
        """As they are saved."""
        return {"inits": [dict(one) for one in self.told]}

    @classmethod
    def read(cls, saved: Mapping[str, Any]) -> Self:
        """Raises StoryError."""
        return cls(tuple(_object(one, "an init") for one in _list(saved, "inits")))


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What a machine knows of its target before it begins: its readings, and what is left unjudged."""

    terms: Terms
    reading: Reading
    plan_switches: Mapping[str, tuple[str, ...]]
    """Of the switches of a plan, the values that were seen; none where a switch was not seen."""

    unjudged: frozenset[str] = frozenset()
    """Clauses that are broken already: a story that meets one of them says nothing more."""

    def as_json(self) -> dict[str, Any]:
        """As it is saved beside a story."""
        return {
            "profile": self.terms.profile,
            "mb": self.terms.mb,
            "readings": {name: sorted(self.reading.possible(name), key=str) for name in SWITCHES},
            "plan_readings": {name: list(values) for name, values in self.plan_switches.items()},
            "unjudged": sorted(self.unjudged),
        }

    @classmethod
    def read(cls, saved: Mapping[str, Any]) -> Self:
        """Raises StoryError."""
        profile, mb = saved.get("profile"), saved.get("mb")
        if profile not in PROFILES or not (mb is None or (type(mb) is int and 200 <= mb <= 2**24)):
            raise StoryError(f"profile and mb are {profile!r} and {mb!r}")
        shown = _object(saved.get("readings"), "readings")
        seen = _object(saved.get("plan_readings"), "plan_readings")
        try:
            reading = Reading(**{name: frozenset(values) for name, values in shown.items()})
            switches = {name: tuple(map(str, values)) for name, values in seen.items()}
        except (TypeError, ValueError) as error:
            raise StoryError(f"the readings cannot be read: {error}") from None
        return cls(Terms(profile, mb), reading, switches, frozenset(map(str, _list(saved, "unjudged"))))


READ: Final[Mapping[str, Callable[[Mapping[str, Any]], Story | Inits]]] = {
    "steps": Story.read,
    "inits": Inits.read,
}
"""The kinds of stories, by a field that each has."""


def _list(saved: Mapping[str, Any], name: str) -> list[Any]:
    found = saved.get(name)
    if not isinstance(found, list) or len(found) > _MOST:
        raise StoryError(f"{name} is {found!r:.60}, wanted a list")
    return found


def _object(saved: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(saved, dict):
        raise StoryError(f"{what} is {saved!r:.60}, wanted an object")
    return saved


def _upload(saved: Any) -> tuple[Plan, bool]:
    numbers = _object(saved, "an upload")
    sizes = [numbers.get(name) for name in ("video_size", "chunk_size", "total_chunk_count")]
    if not all(type(size) is int and 0 < size < 2**40 for size in sizes):
        raise StoryError(f"a plan is {sizes!r}, wanted three whole numbers")
    plan = Plan(*[int(size or 0) for size in sizes])
    if plan.chunk_size * plan.total_chunk_count > plan.video_size:
        raise StoryError(f"a plan is {sizes!r}, wanted chunks that the video has")
    return plan, numbers.get("draft") is True


def _step(saved: Any, uploads: int) -> Step:
    step = _object(saved, "a step")
    do, upload, by = step.get("do"), step.get("upload", 0), step.get("by", 0)
    if do not in KINDS:
        raise StoryError(f"a step does {do!r:.60}, wanted one of {', '.join(KINDS)}")
    if not (type(upload) is int and 0 <= upload < uploads and type(by) is int and 0 <= by <= _MOST):
        raise StoryError(f"a step is {step!r:.100}, wanted an upload that is there and how far off")
    return Step(str(do), upload, by)
