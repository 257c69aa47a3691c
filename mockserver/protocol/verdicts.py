"""What was decided about a request, as closed unions of values. Answers are made of them in `answers`."""

from dataclasses import dataclass
from enum import Enum, unique


@unique
class Why(Enum):
    """Why a PUT was refused; the value is the clause that decided."""

    UNKNOWN = "S-URL-UNKNOWN"
    WRONG_TOKEN = "S-URL-TOKEN"  # noqa: S105 - a clause id
    EXPIRED = "S-URL-EXPIRED"
    TYPE = "S-HEAD-TYPE"
    CODING = "S-BODY-CODING"
    LENGTH_MISSING = "S-HEAD-LENGTH-MISSING"
    RANGE_MISSING = "S-HEAD-RANGE-MISSING"
    RANGE_MALFORMED = "S-HEAD-RANGE-MALFORMED"
    RANGE_INVERTED = "S-HEAD-RANGE-INVERTED"
    LENGTH_MISMATCH = "S-HEAD-LENGTH-MISMATCH"
    TOTAL = "S-HEAD-TOTAL"
    AFTER_END = "S-ORDER-AFTER-END"
    START = "S-ORDER-START"
    GAP = "S-ORDER-GAP"
    REPEAT = "S-ORDER-REPEAT"
    OVERLAP = "S-ORDER-OVERLAP"
    PARALLEL = "S-ORDER-PARALLEL"
    PLANNED_SIZE = "S-CHUNK-PLANNED-SIZE"
    SHORT = "S-BODY-SHORT"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A chunk is in and more are expected; `uploaded` of `total` bytes are there now."""

    uploaded: int
    total: int


@dataclass(frozen=True, slots=True)
class Completed:
    """The last byte is in."""

    total: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing changed. `reason` says what was wanted and what came; no upload, no counts."""

    why: Why
    reason: str
    uploaded: int | None = None
    total: int | None = None

    @property
    def clause(self) -> str:
        return self.why.value


Verdict = Accepted | Completed | Refused


@dataclass(frozen=True, slots=True)
class CallRefused:
    """A JSON endpoint's refusal: TikTok's `code` and `message`, and our clause and reason."""

    code: str
    message: str
    clause: str
    reason: str
