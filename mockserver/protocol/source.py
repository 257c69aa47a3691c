"""source_info: the plan declared at init, how it is read from JSON, and whether the rules allow it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mockserver.protocol import names
from mockserver.protocol.rules import BINARY_MB, DECIMAL_MB, CountRule, SingleChunkSize, UploadRules
from mockserver.protocol.verdicts import CallRefused

MOST_CHUNKS = 1000


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """The declared plan, in bytes; all three at least 1."""

    video_size: int
    chunk_size: int
    total_chunk_count: int

    def __post_init__(self) -> None:
        if min(self.video_size, self.chunk_size, self.total_chunk_count) < 1:
            raise ValueError(f"a plan has positive numbers, got {self!r}")

    @property
    def final_chunk(self) -> int:
        """Length of the last chunk, which carries the trailing bytes (S-PLAN-FINAL-MAX)."""
        return self.video_size - (self.total_chunk_count - 1) * self.chunk_size

    def number_at(self, first: int) -> int | None:
        """The planned chunk, counted from 1, that starts at byte `first`; None where none does."""
        number, inside = divmod(first, self.chunk_size)
        return None if inside or not 0 <= number < self.total_chunk_count else number + 1

    def length_at(self, first: int) -> int | None:
        """Planned length of the chunk that starts at `first`; None where none does (S-CHUNK-PLANNED-SIZE)."""
        number = self.number_at(first)
        if number is None:
            return None
        return self.chunk_size if number < self.total_chunk_count else self.final_chunk


def read_source_info(value: object, rules: UploadRules) -> SourceInfo | CallRefused:
    """A FILE_UPLOAD source_info from JSON, checked: fields, then chunk size, then chunk count."""
    if not isinstance(value, dict):
        return _bad_fields("S-INIT-BODY", f"source_info must be an object, got {_kind(value)}")
    kind = value.get("source")
    if kind == names.PULL_FROM_URL:
        return _pull_refusal(value.get("video_url"))
    if kind != names.FILE_UPLOAD:  # S-INIT-SOURCE
        came = _shown(kind) if "source" in value else "nothing"
        return _bad_fields("S-INIT-SOURCE", f"source must be {names.FILE_UPLOAD}, got {came}")
    numbers = []
    for field in ("video_size", "chunk_size", "total_chunk_count"):
        number = value.get(field)
        if type(number) is not int or not 1 <= number <= names.LARGEST_INT64:  # S-PLAN-FIELDS
            came = _shown(value[field]) if field in value else "nothing"
            hint = (
                "; a video smaller than a chunk is one chunk of its own size"
                if (field, number) == ("total_chunk_count", 0)
                else ""
            )
            return _bad_fields("S-PLAN-FIELDS", f"{field} must be an integer of 1 to 2**63-1, got {came}{hint}")
        numbers.append(number)
    source = SourceInfo(*numbers)
    return plan_refusal(source, rules) or source


def plan_refusal(source: SourceInfo, rules: UploadRules) -> CallRefused | None:
    """Why the rules refuse this plan, or None. Size rules come first (reference, section 2.4)."""
    if rules.largest_video is not None and source.video_size > rules.largest_video:  # S-PLAN-LARGEST
        return _bad_fields("S-PLAN-LARGEST", f"video_size {source.video_size} exceeds {rules.largest_video} bytes")
    return _size_refusal(source, rules) or _count_refusal(source, rules)


def one_sided(source: SourceInfo, rules: UploadRules) -> tuple[tuple[str, str], ...]:
    """Ambiguities (A1, A2, A3) of which another reading refuses this plan that `rules` allow.

    Each with the sentence in which that reading refuses it.
    """
    refusals = ((ambiguity, plan_refusal(source, reading)) for ambiguity, reading in _other_readings(rules))
    return tuple((ambiguity, refused.reason) for ambiguity, refused in refusals if refused is not None)


def _other_readings(rules: UploadRules) -> Iterator[tuple[str, UploadRules]]:
    if rules.count_rule is not CountRule.EQUAL_SPLIT:
        yield "A1", replace(rules, count_rule=CountRule.EQUAL_SPLIT)
    if rules.mb_low == rules.mb_high and rules.mb_low in (BINARY_MB, DECIMAL_MB):
        yield "A2", rules.with_mb(DECIMAL_MB if rules.mb_low == BINARY_MB else BINARY_MB)
    if rules.single_chunk_size is SingleChunkSize.ANY:
        yield "A3", replace(rules, single_chunk_size=SingleChunkSize.EQUAL)


def _size_refusal(source: SourceInfo, rules: UploadRules) -> CallRefused | None:
    video, chunk, count = source.video_size, source.chunk_size, source.total_chunk_count
    smallest, largest = rules.smallest_chunk, rules.largest_chunk
    if chunk > video:  # S-PLAN-CHUNK-EXCEEDS
        return _bad_size("S-PLAN-CHUNK-EXCEEDS", f"chunk_size {chunk} exceeds video_size {video}")
    if video < smallest and chunk != video:  # S-PLAN-SMALL-WHOLE
        return _bad_size(
            "S-PLAN-SMALL-WHOLE",
            f"a video below {smallest} bytes{_unit(rules.mb_low)} is one chunk: "
            f"chunk_size must be {video}, got {chunk}",
        )
    if video >= smallest > chunk:  # S-PLAN-CHUNK-MIN
        return _bad_size(
            "S-PLAN-CHUNK-MIN", f"chunk_size must be at least {smallest}{_unit(rules.mb_low)}, got {chunk}"
        )
    if chunk > largest:  # S-PLAN-CHUNK-MAX
        return _bad_size(
            "S-PLAN-CHUNK-MAX", f"chunk_size must be at most {largest}{_unit(rules.mb_high)}, got {chunk}"
        )
    if count == 1 and video > largest:  # S-PLAN-LARGE-SPLIT
        return _bad_size(
            "S-PLAN-LARGE-SPLIT",
            f"a video above {largest} bytes{_unit(rules.mb_high)} needs several chunks, got 1 for {video}",
        )
    if count == 1 and chunk != video and rules.single_chunk_size is SingleChunkSize.EQUAL:  # S-PLAN-WHOLE-SIZE
        return _bad_size(
            "S-PLAN-WHOLE-SIZE", f"chunk_size of a single chunk must be video_size {video}, got {chunk}"
        )
    return None


def _unit(mb: int) -> str:
    """Where a MB is neither reading of the guide's, a limit alone would be a riddle."""
    return "" if mb in (BINARY_MB, DECIMAL_MB) else f" (a MB is {mb} bytes here)"


def _count_refusal(source: SourceInfo, rules: UploadRules) -> CallRefused | None:
    video, chunk, count = source.video_size, source.chunk_size, source.total_chunk_count
    if count > MOST_CHUNKS:  # S-PLAN-COUNT-RANGE
        return _bad_count("S-PLAN-COUNT-RANGE", f"total_chunk_count must be 1 to {MOST_CHUNKS}, got {count}")
    if rules.count_rule is CountRule.FLOOR and count != video // chunk:  # S-PLAN-COUNT
        return _bad_count(
            "S-PLAN-COUNT",
            f"total_chunk_count must be video_size / chunk_size rounded down: "
            f"{video} / {chunk} gives {video // chunk}, got {count}",
        )
    if rules.count_rule is CountRule.EQUAL_SPLIT and chunk != video // count:  # A1, older wording
        return _bad_count(
            "S-PLAN-EQUAL-SPLIT",
            f"chunk_size must be video_size / total_chunk_count rounded down: "
            f"{video} / {count} gives {video // count}, got {chunk}",
        )
    if not 1 <= source.final_chunk <= rules.largest_final_chunk:  # S-PLAN-FINAL-MAX
        return _bad_size(
            "S-PLAN-FINAL-MAX",
            f"the final chunk must have 1 to {rules.largest_final_chunk} bytes, got {source.final_chunk}",
        )
    return None


def _pull_refusal(url: object) -> CallRefused:
    # Out of scope here, and answered as the live service answers an unverified domain (reference, section 8).
    if not isinstance(url, str) or not url.startswith("https://"):
        return _bad_fields("S-INIT-SOURCE", f"video_url must be an https URL, got {_shown(url)}")
    return CallRefused(
        names.URL_OWNERSHIP_UNVERIFIED,
        names.URL_UNVERIFIED,
        "S-INIT-SOURCE",
        "no domain is verified here: this server takes FILE_UPLOAD only",
    )


def _bad_fields(clause: str, reason: str) -> CallRefused:
    return CallRefused(names.INVALID_PARAMS, names.SOURCE_INFO_INVALID, clause, reason)


def _bad_size(clause: str, reason: str) -> CallRefused:
    return CallRefused(names.INVALID_PARAMS, names.CHUNK_SIZE_INVALID, clause, reason)


def _bad_count(clause: str, reason: str) -> CallRefused:
    return CallRefused(names.INVALID_PARAMS, names.CHUNK_COUNT_INVALID, clause, reason)


def _kind(value: object) -> str:
    return "nothing" if value is None else type(value).__name__


def _shown(value: object) -> str:
    # An integer of thousands of digits cannot be formatted (and need not be).
    if type(value) is int and abs(value) > 2**64:
        return "an integer beyond 64 bits"
    return repr(value)[:40]
