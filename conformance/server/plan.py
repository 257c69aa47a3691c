"""Cases of the plan that init checks: boundaries, in a table."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from conformance.cases import Case, Run
from conformance.exchange import Answer
from conformance.plans import COUNT, FIELDS, LARGEST_NUMBER, SIZE
from conformance.puts import Plan
from conformance.target import error_of
from conformance.terms import Terms
from conformance.trial import Trial

ACCEPT: Final = "accepted"
_FOUR_GB: Final = 4_000_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """A plan and what init may make of it: ACCEPT or a text, each with the reading it belongs to ("": all)."""

    id: str
    sentence: str
    plan: Plan
    right: tuple[tuple[str, str], ...]
    equal_split: bool = True
    """Where it is none, a server that reads A1 the older way may refuse it."""

    def on(self, terms: Terms) -> dict[str, str]:
        """What is right on these terms: the outcome and its reading."""
        return {
            outcome: reading
            for outcome, reading in self.right
            if not reading or terms.admits(*reading.split("=", 1))
        }


def _row(case_id: str, sentence: str, numbers: tuple[int, int, int], *right: str, split: bool = True) -> Row:
    pairs = tuple((one.partition("@")[0], one.partition("@")[2]) for one in right)
    return Row(case_id, sentence, Plan(*numbers), pairs, split)


def rows(terms: Terms) -> tuple[Row, ...]:
    """The table, in the units of these terms."""
    tables = (_counts, _equal_splits, _smallest, _largest, _small_videos, _large_videos, _count_range, _exceeding)
    return tuple(row for table in tables for row in table(terms))


def _counts(terms: Terms) -> Iterable[Row]:
    c = terms.least
    name = "S-PLAN-COUNT/"
    yield _row(f"{name}rounded-up", "The count is rounded up where bytes remain.", (3 * c + 7, c, 4), COUNT)
    yield _row(f"{name}rounded-up-by-one-byte", "One byte remains and is counted.", (3 * c + 1, c, 4), COUNT)
    yield _row(f"{name}rounded-up-nearly-full", "All but one byte of a chunk remain.", (4 * c - 1, c, 4), COUNT)
    yield _row(f"{name}one-more", "One chunk more than an even division gives.", (3 * c, c, 4), COUNT)
    yield _row(f"{name}one-less", "One chunk less than an even division gives.", (3 * c, c, 2), COUNT)
    one = "single_chunk_size"
    yield _row(
        f"{name}one-for-two",
        "Two chunks are called one.",
        (2 * c, c, 1),
        f"{COUNT}@{one}=any",
        f"{SIZE}@{one}=equal",
    )
    yield _row(f"{name}two-for-a-small-video", "A video below 5 MB in two.", (c // 2, c // 2, 2), COUNT)
    yield _row(f"{name}thousand-for-three", "Three chunks are called a thousand.", (3 * c, c, 1000), COUNT)
    yield _row(f"{name}transposed", "Count and size are exchanged.", (6 * c, 2 * c, 4), COUNT)


def _equal_splits(terms: Terms) -> Iterable[Row]:
    name = "S-PLAN-EQUAL-SPLIT/"
    for count in (2, 3, 7, 31, 200):
        size = terms.least * count + count - 1
        sentence = f"{count} equal chunks and all the trailing bytes that still make it an equal split."
        yield _row(f"{name}in-{count}", sentence, (size, size // count, count), ACCEPT)
    size = 7 * (terms.least + terms.most) // 2
    yield _row(f"{name}middle-sizes", "Chunks between 5 and 64 MB.", (size, size // 7, 7), ACCEPT)


def drawn(terms: Terms, number: int, dice: random.Random) -> Row:
    """An equal split that is drawn: any count, any size that no limit forbids in any reading."""
    count = dice.choice((2, 3, dice.randint(4, 60)))
    size = dice.randint(terms.least, min(terms.most, _FOUR_GB // 60 - 1)) * count + dice.randint(0, count - 1)
    sentence = "An equal split, drawn with the seed."
    return _row(f"S-PLAN-EQUAL-SPLIT/drawn-{number}", sentence, (size, size // count, count), ACCEPT)


def _smallest(terms: Terms) -> Iterable[Row]:
    c, less, name = terms.least, terms.too_little, "S-PLAN-CHUNK-MIN/"
    yield _row(f"{name}exactly", "Three chunks of exactly 5 MB.", (3 * c, c, 3), ACCEPT)
    yield _row(f"{name}whole-of-exactly", "A video of exactly 5 MB in one.", (c, c, 1), ACCEPT)
    yield _row(f"{name}one-byte-less", "Three chunks of 5 MB less one byte.", (3 * less, less, 3), SIZE)
    yield _row(f"{name}half", "Chunks of half of 5 MB.", (c // 2 * 6, c // 2, 6), SIZE)
    yield _row(f"{name}of-one-byte", "Chunks of one byte.", (c, 1, 1000), SIZE)
    yield _row(f"{name}with-a-wrong-count", "Too small a chunk, and a wrong count.", (3 * less, less, 4), SIZE)
    yield _row(f"{name}just-above-one", "5 MB in a chunk that is one byte less than that.", (c, less, 1), SIZE)


def _largest(terms: Terms) -> Iterable[Row]:
    c, more, name = terms.most, terms.too_much, "S-PLAN-CHUNK-MAX/"
    yield _row(f"{name}exactly", "Two chunks of exactly 64 MB.", (2 * c, c, 2), ACCEPT)
    yield _row(f"{name}one-byte-more", "Two chunks of 64 MB and one byte.", (2 * more, more, 2), SIZE)
    yield _row(f"{name}double", "Two chunks of twice 64 MB.", (4 * more, 2 * more, 2), SIZE)
    yield _row(f"{name}with-a-wrong-count", "Too large a chunk, and a wrong count.", (3 * more, more, 2), SIZE)
    name, sentence = "S-PLAN-FINAL-MAX/", "The largest final chunk that the count rule can give."
    yield _row(f"{name}one-below-double", sentence, (3 * c - 1, c, 2), ACCEPT, split=False)
    yield _row(f"{name}of-many", sentence + " After nine others.", (11 * c - 1, c, 10), ACCEPT, split=False)


def _small_videos(terms: Terms) -> Iterable[Row]:
    s, name = terms.too_little, "S-PLAN-SMALL-WHOLE/"
    yield _row(f"{name}one-byte-below-5-mb", "A video one byte below 5 MB, whole.", (s, s, 1), ACCEPT)
    yield _row(f"{name}one-byte", "A video of one byte, whole.", (1, 1, 1), ACCEPT)
    yield _row(f"{name}chunk-one-byte-less", "Its chunk_size is one byte less than it.", (s, s - 1, 1), SIZE)
    yield _row(f"{name}in-two", "A video below 5 MB in two halves.", (s // 2 * 2, s // 2, 2), SIZE)
    yield _row(f"{name}chunk-of-5-mb", "Its chunk_size is 5 MB.", (s, terms.least, 1), SIZE)
    yield _row(f"{name}chunk-of-one-byte", "Its chunk_size is one byte.", (s, 1, 1000), SIZE)


def _large_videos(terms: Terms) -> Iterable[Row]:
    c, more, name = terms.most, terms.too_much, "S-PLAN-LARGE-SPLIT/"
    yield _row(f"{name}exactly-64-mb", "A video of exactly 64 MB in one.", (c, c, 1), ACCEPT)
    yield _row(f"{name}one-byte-more", "A video of 64 MB and a byte in one.", (more, more, 1), SIZE)
    yield _row(f"{name}one-by-count", "Chunks of 64 MB, and the count rule gives 1.", (more, c, 1), SIZE)
    yield _row(f"{name}ten-times", "A video of ten times 64 MB in one.", (10 * more, 10 * more, 1), SIZE)
    called_one = (SIZE, f"{COUNT}@single_chunk_size=any")
    yield _row(f"{name}good-size-one-chunk", "A good chunk_size, called one.", (10 * c, c, 1), *called_one)
    yield _row(f"{name}in-two", "64 MB and a byte in two.", (more, more // 2, 2), ACCEPT)


def _count_range(terms: Terms) -> Iterable[Row]:
    c, name = terms.least, "S-PLAN-COUNT-RANGE/"
    limit = [f"{FIELDS}@largest_video=4000000000"] if 1000 * c > _FOUR_GB else []
    good = [f"{ACCEPT}@largest_video=none", *limit] if limit else [ACCEPT]
    bad = [f"{COUNT}@largest_video=none", *limit] if limit else [COUNT]
    yield _row(f"{name}one", "One chunk.", (c, c, 1), ACCEPT)
    yield _row(f"{name}500", "500 chunks.", (500 * c, c, 500), ACCEPT)
    yield _row(f"{name}1000", "1000 chunks.", (1000 * c, c, 1000), *good)
    yield _row(f"{name}1001", "1001 chunks, by the count rule.", (1001 * c, c, 1001), *bad)
    yield _row(f"{name}1001-called-1000", "1001 chunks, called 1000.", (1001 * c, c, 1000), *bad)
    largest = LARGEST_NUMBER
    yield _row(f"{name}largest-number", "The largest number of 64 bits.", (3 * c, c, largest), COUNT)


def _exceeding(terms: Terms) -> Iterable[Row]:
    c, name = terms.least, "S-PLAN-CHUNK-EXCEEDS/"
    yield _row(f"{name}by-one-byte", "chunk_size is one byte above video_size.", (c, c + 1, 1), SIZE)
    yield _row(f"{name}of-a-small-video", "The same below 5 MB.", (c // 2, c // 2 + 1, 1), SIZE)
    yield _row(f"{name}double", "chunk_size is twice video_size.", (c, 2 * c, 1), SIZE)
    yield _row(f"{name}with-a-wrong-count", "The same, and two chunks declared.", (c, 2 * c, 2), SIZE)


# ── the cases ──


def outcome_of(answer: Answer) -> str:
    """ACCEPT, the text of a refusal in the right shape, or what came instead."""
    status, code, message = error_of(answer)
    if status == 200 and code == "ok" and isinstance(answer.field("data", "upload_url"), str):
        return ACCEPT
    return str(message) if (status, code) == (400, "invalid_params") else str(answer)


def _tried(row: Row) -> Run:
    async def run(trial: Trial) -> None:
        await trial.ready()
        outcome = outcome_of(await trial.init(row.plan.source_info()))
        right = row.on(trial.terms)
        if right.get(outcome):
            trial.shows(*right[outcome].split("=", 1))
        if outcome != ACCEPT and not row.equal_split and await _reads_the_older_wording(trial):
            outcome = ACCEPT
        trial.expect(outcome in right, " or ".join(map(told, right)), told(outcome))

    return run


async def _reads_the_older_wording(trial: Trial) -> bool:
    """Whether the guide's kind of plan, no equal split, is refused too: then A1 is read the older way."""
    if not trial.terms.admits("count_rule", "equal_split"):
        return False
    plan = Plan.of_chunks(trial.terms.least, 3, 7)
    return outcome_of(await trial.init(plan.source_info())) in (SIZE, COUNT)


def told(outcome: str) -> str:
    """An outcome as a report says it."""
    return outcome if outcome == ACCEPT else f"400 invalid_params {outcome!r}" if outcome in _TEXTS else outcome


_TEXTS: Final = (SIZE, COUNT, FIELDS)


def cases(terms: Terms) -> Iterable[Case]:
    """The cases of the chapter."""
    for row in rows(terms):
        yield Case(row.id, row.sentence, _tried(row))
    for number in range(1, 6):
        yield Case(f"S-PLAN-EQUAL-SPLIT/drawn-{number}", "An equal split, drawn with the seed.", _drawn(number))


def _drawn(number: int) -> Run:
    async def run(trial: Trial) -> None:
        await _tried(drawn(trial.terms, number, trial.random))(trial)

    return run
