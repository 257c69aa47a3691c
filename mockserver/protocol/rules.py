"""UploadRules: the limits in bytes and one small enum per ambiguity of the sources (A1 to A17); the profiles.

`SWITCHES` and `PROFILES` are the tables of docs/rules.md; every other file only asks a rule object.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, unique
from typing import Any, Final, Self

from mockserver.protocol.names import LARGEST_INT64

BINARY_MB: Final = 1_048_576
DECIMAL_MB: Final = 1_000_000
SMALLEST_MB: Final = 200


@unique
class CountRule(Enum):
    FLOOR = "floor"
    EQUAL_SPLIT = "equal_split"
    OFF = "off"  # core only: lets a plan reach the 128 MB limit (S-PLAN-FINAL-MAX); no switch offers it


@unique
class SingleChunkSize(Enum):
    ANY = "any"
    EQUAL = "equal"


@unique
class Progress(Enum):
    COUNT = "count"
    LAST_INDEX = "last_index"
    OMIT = "omit"


@unique
class MissingRange(Enum):
    BAD_REQUEST = "400"
    RANGE_NOT_SATISFIABLE = "416"


@unique
class PutBody(Enum):
    NULL = "null"
    EMPTY = "empty"


@unique
class FinalStatus(Enum):
    CREATED = "201"
    OK = "200"


@unique
class UploadPath(Enum):
    VIDEO = "/video/"
    UPLOAD = "/upload"


@unique
class Repeat(Enum):
    RANGE_NOT_SATISFIABLE = "416"
    ACCEPT = "accept"


@unique
class AfterEnd(Enum):
    RANGE_NOT_SATISFIABLE = "416"
    NOT_FOUND = "404"
    BAD_REQUEST = "400"


@unique
class OffPlan(Enum):
    BAD_REQUEST = "400"
    RANGE_NOT_SATISFIABLE = "416"
    ACCEPT = "accept"


@unique
class WrongTotal(Enum):
    BAD_REQUEST = "400"
    RANGE_NOT_SATISFIABLE = "416"


@unique
class WrongToken(Enum):
    NOT_FOUND = "404"
    FORBIDDEN = "403"


@unique
class ContentType(Enum):
    BAD_REQUEST = "400"
    UNSUPPORTED_MEDIA_TYPE = "415"
    ANY = "any"


@unique
class MissingLength(Enum):
    BAD_REQUEST = "400"
    LENGTH_REQUIRED = "411"


@unique
class Cors(Enum):
    OFF = "off"
    ON = "on"


Choice = (
    CountRule | SingleChunkSize | Progress | MissingRange | PutBody | FinalStatus | UploadPath | Repeat
    | AfterEnd | OffPlan | WrongTotal | WrongToken | ContentType | MissingLength | Cors
)  # fmt: skip

SWITCHES: Final[Mapping[str, tuple[Choice, ...]]] = {
    "count_rule": (CountRule.FLOOR, CountRule.EQUAL_SPLIT),
    "single_chunk_size": tuple(SingleChunkSize),
    "progress": tuple(Progress),
    "missing_range": tuple(MissingRange),
    "put_body": tuple(PutBody),
    "final_status": tuple(FinalStatus),
    "upload_path": tuple(UploadPath),
    "repeat": tuple(Repeat),
    "after_end": tuple(AfterEnd),
    "off_plan": tuple(OffPlan),
    "wrong_total": tuple(WrongTotal),
    "wrong_token": tuple(WrongToken),
    "content_type": tuple(ContentType),
    "missing_length": tuple(MissingLength),
    "cors": tuple(Cors),
}
"""What `--rule NAME=VALUE` may choose; `mb` and `largest_video` take numbers besides."""

SWITCH_NAMES: Final = ("mb", "largest_video", *SWITCHES)


class RuleError(ValueError):
    """A switch or value that does not exist: `name`, `value` as given, and `choices` that would do."""

    def __init__(self, name: str, value: str | None, choices: tuple[str, ...]) -> None:
        super().__init__(name, value, choices)
        self.name = name
        self.value = value
        self.choices = choices


@dataclass(frozen=True, slots=True)
class UploadRules:
    """One reading of the rules. In bytes: `mb_low` is the unit of 5 MB, `mb_high` that of 64 and 128 MB."""

    mb_low: int = BINARY_MB
    mb_high: int = BINARY_MB
    largest_video: int | None = None
    count_rule: CountRule = CountRule.FLOOR
    single_chunk_size: SingleChunkSize = SingleChunkSize.ANY
    progress: Progress = Progress.COUNT
    missing_range: MissingRange = MissingRange.BAD_REQUEST
    put_body: PutBody = PutBody.NULL
    final_status: FinalStatus = FinalStatus.CREATED
    upload_path: UploadPath = UploadPath.VIDEO
    repeat: Repeat = Repeat.RANGE_NOT_SATISFIABLE
    after_end: AfterEnd = AfterEnd.RANGE_NOT_SATISFIABLE
    off_plan: OffPlan = OffPlan.BAD_REQUEST
    wrong_total: WrongTotal = WrongTotal.BAD_REQUEST
    wrong_token: WrongToken = WrongToken.NOT_FOUND
    content_type: ContentType = ContentType.BAD_REQUEST
    missing_length: MissingLength = MissingLength.BAD_REQUEST
    cors: Cors = Cors.OFF

    def __post_init__(self) -> None:
        if min(self.mb_low, self.mb_high) < SMALLEST_MB:
            raise RuleError("mb", str(min(self.mb_low, self.mb_high)), (f"a number from {SMALLEST_MB}",))

    @property
    def smallest_chunk(self) -> int:
        """5 MB in bytes (S-PLAN-CHUNK-MIN, S-PLAN-SMALL-WHOLE)."""
        return 5 * self.mb_low

    @property
    def largest_chunk(self) -> int:
        """64 MB in bytes (S-PLAN-CHUNK-MAX, S-PLAN-LARGE-SPLIT)."""
        return 64 * self.mb_high

    @property
    def largest_final_chunk(self) -> int:
        """128 MB in bytes (S-PLAN-FINAL-MAX)."""
        return 128 * self.mb_high

    def with_mb(self, mb: int) -> Self:
        """The same reading with every MB counted as `mb` bytes; `largest_video` is not scaled."""
        return replace(self, mb_low=mb, mb_high=mb)

    def with_rule(self, name: str, value: str) -> Self:
        """One switch of contract section 4 changed, both as text. Raises RuleError."""
        if name == "mb":
            return self.with_mb(_number(name, value, SMALLEST_MB))
        if name == "largest_video":
            return replace(self, largest_video=None if value == "none" else _number(name, value, 1, "none"))
        if name not in SWITCHES:
            raise RuleError(name, None, SWITCH_NAMES)
        for choice in SWITCHES[name]:
            if choice.value == value:
                changed: dict[str, Any] = {name: choice}
                return replace(self, **changed)
        raise RuleError(name, value, tuple(choice.value for choice in SWITCHES[name]))

    def as_json(self) -> dict[str, str | int | None]:
        """Every switch by its contract name; `mb` is a pair "5 MB unit/64 MB unit" where the two differ."""
        mb = self.mb_low if self.mb_low == self.mb_high else f"{self.mb_low}/{self.mb_high}"
        named = {name: str(getattr(self, name).value) for name in SWITCHES}
        return {"mb": mb, "largest_video": self.largest_video, **named}


def _number(name: str, value: str, least: int, *others: str) -> int:
    digits = value if value.isascii() and value.isdigit() and len(value) <= 19 else ""
    if not digits or not least <= int(digits) <= LARGEST_INT64:
        raise RuleError(name, value, (f"a number from {least}", *others))
    return int(digits)


DOCUMENTED: Final = UploadRules()
OBSERVED: Final = UploadRules(
    mb_low=DECIMAL_MB,
    mb_high=DECIMAL_MB,
    single_chunk_size=SingleChunkSize.EQUAL,
    missing_range=MissingRange.RANGE_NOT_SATISFIABLE,
    upload_path=UploadPath.UPLOAD,
)
STRICT: Final = UploadRules(
    mb_low=BINARY_MB,
    mb_high=DECIMAL_MB,
    largest_video=4_000_000_000,
    single_chunk_size=SingleChunkSize.EQUAL,
)
PROFILES: Final[Mapping[str, UploadRules]] = {
    "documented": DOCUMENTED,
    "observed": OBSERVED,
    "strict": STRICT,
}
