"""The values of a fault, and how they are read from JSON or TOML.

A fault is three facts: on what it strikes (Target), when (Moment), and what it does (Effect).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, unique
from typing import Final


@unique
class Operation(Enum):
    CREATOR_INFO = "creator_info"
    INIT = "init"
    STATUS = "status"
    CHUNK = "chunk"
    ANY = "any"


@unique
class When(Enum):
    BEFORE_BODY = "before_body"
    AT_BYTE = "at_byte"
    AFTER_BODY = "after_body"
    AFTER_COMMIT = "after_commit"
    AFTER_ANSWER = "after_answer"


LAST_CHUNK: Final = -1
"""Whatever its number is: the chunk that completes the upload."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a fault strikes; None matches everything. `chunk` counts from 1, or is LAST_CHUNK."""

    operation: Operation
    chunk: int | None = None
    upload_id: str | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """When in a request; `byte` with AT_BYTE only: as soon as so many bytes of the body were read."""

    when: When
    byte: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True, slots=True)
class Close:
    """A FIN."""


@dataclass(frozen=True, slots=True)
class Reset:
    """A RST."""


@dataclass(frozen=True, slots=True)
class Stall:
    """Seconds on the mock's clock."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Throttle:
    bytes_per_second: float


@dataclass(frozen=True, slots=True)
class Truncate:
    """The answer, status line and all, cut after so many bytes."""

    bytes: int


@dataclass(frozen=True, slots=True)
class Garbage:
    """Bytes that are not HTTP instead of an answer."""


@dataclass(frozen=True, slots=True)
class WrongProgress:
    """Another number in the progress header, None for no header."""

    value: int | None


@dataclass(frozen=True, slots=True)
class Redirect:
    location: str
    status: int = 307


@dataclass(frozen=True, slots=True)
class Expire:
    """The upload is expired from then on."""


@dataclass(frozen=True, slots=True)
class Forget:
    """The upload is unknown from then on."""


Effect = (
    Status | Close | Reset | Stall | Throttle | Truncate | Garbage | WrongProgress | Redirect | Expire | Forget
)

_BEFORE_THE_ANSWER = (When.BEFORE_BODY, When.AT_BYTE, When.AFTER_BODY, When.AFTER_COMMIT)
MOMENTS: Final[Mapping[str, tuple[When, ...]]] = {
    "status": _BEFORE_THE_ANSWER,
    "close": tuple(When),
    "reset": tuple(When),
    "stall": _BEFORE_THE_ANSWER,
    "throttle": (When.BEFORE_BODY, When.AT_BYTE),
    "truncate": (When.AFTER_COMMIT,),
    "garbage": _BEFORE_THE_ANSWER,
    "progress": (When.AFTER_COMMIT,),
    "redirect": _BEFORE_THE_ANSWER,
    "expire": tuple(When),
    "forget": tuple(When),
}
"""For each kind the moments at which it makes sense (the table of docs/faults.md)."""

NEED_AN_UPLOAD: Final = ("progress", "expire", "forget")
"""Kinds that make sense on chunks only: before there is an upload there is nothing to change about it."""

EFFECTS: Final[Mapping[str, type[Effect]]] = {
    "status": Status,
    "close": Close,
    "reset": Reset,
    "stall": Stall,
    "throttle": Throttle,
    "truncate": Truncate,
    "garbage": Garbage,
    "progress": WrongProgress,
    "redirect": Redirect,
    "expire": Expire,
    "forget": Forget,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault as it was written. `times` None is for ever; `skip` lets that many matches pass first."""

    on: Target
    when: Moment
    kind: str
    do: Effect
    times: int | None = 1
    skip: int = 0

    def as_json(self) -> dict[str, object]:
        """The fault in the shape in which it is added."""
        at = {"at_byte": self.when.byte} if self.when.when is When.AT_BYTE else self.when.when.value
        on = {name: getattr(self.on, name) for name in ("chunk", "upload_id", "token")}
        parameters = {name: getattr(self.do, name) for name in type(self.do).__dataclass_fields__}
        return {
            "on": {"operation": self.on.operation.value, **on},
            "when": at,
            "do": {"kind": self.kind, **parameters},
            "times": self.times,
            "skip": self.skip,
        }
