"""A case: one sentence about one clause, a way to try it, and what came of that."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from conformance.exchange import Record

if TYPE_CHECKING:
    from conformance.trial import Trial


class Outcome(StrEnum):
    """`fail` is the target's fault, `error` the kit's or the network's."""

    PASS = "pass"  # noqa: S105 - a word of the report
    FAIL = "fail"
    ERROR = "error"
    SKIP = "skip"
    REPORTED = "reported"


WORST_FIRST: Final = (Outcome.FAIL, Outcome.ERROR, Outcome.REPORTED, Outcome.PASS, Outcome.SKIP)
"""The result of a clause is the first of these that one of its cases has."""


class BrokenError(Exception):
    """The target broke the clause: what was expected, what came."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(f"expected {expected}; got {actual}")
        self.expected = expected
        self.actual = actual


class SkipError(Exception):
    """The case cannot be judged here, and why; a setup step that went wrong is such a reason."""


class UnsteadyError(Exception):
    """The target broke the clause, and under the same requests it did not: nothing can be said."""


Run: TypeAlias = "Callable[[Trial], Awaitable[None]]"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about one clause. Its id is the clause's, a slash, and a short name."""

    id: str
    sentence: str

    @property
    def clause(self) -> str:
        """The id of the clause that it is about."""
        return self.id.partition("/")[0]

    @property
    def name(self) -> str:
        """What sets it apart from the other cases of its clause."""
        return self.id.partition("/")[2]

    def matches(self, pattern: str) -> bool:
        """Whether a glob means this case or its clause."""
        return fnmatchcase(self.id.lower(), pattern.lower()) or fnmatchcase(self.clause.lower(), pattern.lower())


@dataclass(frozen=True, slots=True)
class Case(Question):
    """One way to keep or break a clause, and how to try it on a server."""

    run: Run
    alone: bool = False
    """It moves the clock, which is everybody's."""

    last: bool = False
    """It is run after all others, by itself, and looks at what they have found."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of a case."""

    case: Question
    outcome: Outcome
    expected: str = ""
    actual: str = ""
    reason: str = ""
    readings: Mapping[str, str] = field(default_factory=dict)
    exchanges: tuple[Record, ...] = ()
    seconds: float = 0.0
    steps: tuple[str, ...] = ()
    """What a machine's story did, in words."""

    curl: tuple[str, ...] = ()
    """The same as lines for a shell."""

    replay: Mapping[str, Any] | None = None
    """The story as `--replay FILE` reads it, where it broke the target."""

    known: bool = False
    """It fails, as was known before."""
