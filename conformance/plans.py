"""What init may answer to a source_info, and the pieces that a good plan cuts the file into."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeGuard

FIELDS: Final = "The request source info is empty or incorrect"
SIZE: Final = "The chunk size is invalid"
COUNT: Final = "The total chunk count is invalid"
LARGEST_NUMBER: Final = 9_223_372_036_854_775_807


@dataclass(frozen=True, slots=True)
class PlanReading:
    """What init makes of a plan; unless told, what is documented.

    `units`: the bytes of a MB at the lower and at the upper edges (A2). `whole`: one chunk has chunk_size equal to
    video_size (A3). `largest`: bytes of the largest video, None for no limit (S-PLAN-LARGEST).
    """

    units: tuple[int, int] = (1_048_576, 1_048_576)
    whole: bool = False
    largest: int | None = None


def cut(video_size: int, chunk_size: int) -> tuple[range, ...]:
    """The pieces of a file, the last with the trailing bytes (S-PLAN-COUNT); no more than 1001 are cut."""
    pieces: list[range] = []
    start = 0
    while video_size - start >= 2 * chunk_size and len(pieces) < 1000:
        pieces.append(range(start, start + chunk_size))
        start += chunk_size
    return (*pieces, range(start, video_size))


def init_answers(source_info: Mapping[str, object], reading: PlanReading) -> frozenset[str | None]:
    """The texts with which init may refuse (400 invalid_params); None stands for 200. The count rule is floor."""
    return frozenset(init_clauses(source_info, reading))


def init_clauses(source_info: Mapping[str, object], reading: PlanReading) -> Mapping[str | None, str]:
    """What `init_answers` tells, each with the clause that decides it; of what is accepted "", for no one does."""
    numbers = [source_info.get(name) for name in ("video_size", "chunk_size", "total_chunk_count")]
    size, chunk, count = (number if _is_number(number) else 0 for number in numbers)
    if source_info.get("source") != "FILE_UPLOAD":
        return {FIELDS: "S-INIT-SOURCE"}
    if 0 in (size, chunk, count):
        return {FIELDS: "S-PLAN-FIELDS"}
    if reading.largest is not None and size > reading.largest:
        return {FIELDS: "S-PLAN-LARGEST"}
    if clause := _bad_size(size, chunk, reading):
        return {SIZE: clause}
    if reading.whole and count == 1 and chunk != size:
        return {SIZE: "S-PLAN-WHOLE-SIZE"}
    planned = len(cut(size, chunk))
    by_count: Mapping[str | None, str] = {None: ""}
    if count > 1000 or count != planned:
        by_count = {COUNT: "S-PLAN-COUNT" if count <= 1000 else "S-PLAN-COUNT-RANGE"}
    if size > 64 * reading.units[1] and 1 in (count, planned):
        # Where only one of the two says "one chunk", the count may be blamed as well
        return {**({} if None in by_count else by_count), SIZE: "S-PLAN-LARGE-SPLIT"}
    return by_count


def _is_number(value: object) -> TypeGuard[int]:
    """S-PLAN-FIELDS: a whole number from 1 to 64 bits; True is none, 5.0 neither."""
    return type(value) is int and 1 <= value <= LARGEST_NUMBER


def _bad_size(size: int, chunk: int, reading: PlanReading) -> str:
    """The clause that finds the chunk size bad, "" where none does."""
    low, high = reading.units
    if chunk > size:
        return "S-PLAN-CHUNK-EXCEEDS"
    if chunk > 64 * high:
        return "S-PLAN-CHUNK-MAX"
    if min(size, chunk) < 5 * low and chunk != size:
        return "S-PLAN-SMALL-WHOLE" if size < 5 * low else "S-PLAN-CHUNK-MIN"
    return ""
