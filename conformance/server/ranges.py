"""Cases of Content-Range that cannot be read, or that reads as nonsense."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from conformance.cases import Case, Run
from conformance.puts import Put
from conformance.rights import BAD, NO_RANGE, WRONG_TOTAL, Rights
from conformance.task import Task
from conformance.terms import Terms
from conformance.trial import Trial

# F, L and T stand for the right first, last and total.
_MALFORMED: Final = (
    ("empty", "It is empty.", ""),
    ("no-unit", "It has no unit.", "F-L/T"),
    ("other-unit", "Its unit is items.", "items F-L/T"),
    ("longer-unit", "Its unit is bytess.", "bytess F-L/T"),
    ("request-style", "It is written like Range.", "bytes=F-L/T"),
    ("colon", "A colon stands after the unit.", "bytes: F-L/T"),
    ("no-blank", "No blank stands after the unit.", "bytesF-L/T"),
    ("two-blanks", "Two blanks stand after the unit.", "bytes  F-L/T"),
    ("tab", "A tab stands after the unit.", "bytes\tF-L/T"),
    ("blank-before-dash", "A blank stands before the dash.", "bytes F -L/T"),
    ("blank-after-dash", "A blank stands after the dash.", "bytes F- L/T"),
    ("blank-before-slash", "A blank stands before the slash.", "bytes F-L /T"),
    ("blank-after-slash", "A blank stands after the slash.", "bytes F-L/ T"),
    ("no-first", "FIRST is missing.", "bytes -L/T"),
    ("no-last", "LAST is missing.", "bytes F-/T"),
    ("no-total", "TOTAL is missing.", "bytes F-L/"),
    ("no-slash", "The slash and TOTAL are missing.", "bytes F-L"),
    ("no-dash", "The dash and LAST are missing.", "bytes F/T"),
    ("unit-alone", "There is a unit and nothing else.", "bytes"),
    ("unknown-total", "TOTAL is *.", "bytes F-L/*"),
    ("unknown-range", "The range is *.", "bytes */T"),
    ("plus-first", "FIRST has a plus.", "bytes +F-L/T"),
    ("plus-last", "LAST has a plus.", "bytes F-+L/T"),
    ("plus-total", "TOTAL has a plus.", "bytes F-L/+T"),
    ("minus-first", "FIRST has a minus.", "bytes -F-L/T"),
    ("hex-first", "FIRST is 0x0.", "bytes 0x0-L/T"),
    ("comma-in-total", "TOTAL has a comma.", "bytes F-L/1,T"),
    ("point", "LAST has a point.", "bytes F-L.0/T"),
    ("exponent", "FIRST is 0e0.", "bytes 0e0-L/T"),
    ("underscore", "FIRST is 0_0.", "bytes 0_0-L/T"),
    ("trailing-text", "A word stands behind.", "bytes F-L/T x"),
    ("trailing-letter", "A letter stands behind.", "bytes F-L/Tb"),
    ("leading-text", "A word stands before.", "x bytes F-L/T"),
    ("two-ranges", "Two ranges in one header.", "bytes F-L/T, bytes F-L/T"),
    ("two-places", "Two places before the slash.", "bytes F-L,F-L/T"),
    ("semicolon", "A parameter stands behind.", "bytes F-L/T;x=1"),
    ("two-dashes", "Two dashes.", "bytes F--L/T"),
    ("two-slashes", "Two slashes.", "bytes F-L//T"),
    ("quoted", "It stands in quotes.", '"bytes F-L/T"'),
    ("arabic-digits", "FIRST is an Arabic zero.", "bytes \u0660-L/T"),
    ("full-width-digits", "FIRST is a full-width zero.", "bytes \uff10-L/T"),
    ("superscript", "FIRST is a superscript.", "bytes \u2070-L/T"),
    ("beyond-64-bits", "TOTAL is 2^64 and more.", "bytes F-L/18446744073709551616"),
    ("beyond-63-bits", "TOTAL is 2^63.", "bytes F-L/9223372036854775808"),
    ("first-wraps", "FIRST wraps to the right one in 64 bits.", "bytes 18446744073709551616-L/T"),
    ("thousand-digits", "TOTAL has a thousand digits.", "bytes F-L/" + "9" * 1000),
    ("word", "It is a word.", "all"),
)


def cases(_terms: Terms) -> Iterable[Case]:
    """The cases of S-HEAD-RANGE-... and S-HEAD-TOTAL."""
    for done, name in ((0, "first-chunk"), (1, "second-chunk"), (2, "last-chunk")):
        run = _put(done, lambda put, _: replace(put, ranges=()), NO_RANGE)
        yield Case(f"S-HEAD-RANGE-MISSING/{name}", f"The {name.replace('-', ' ')} has no Content-Range.", run)
    sentence = "The first chunk has no Content-Range."
    yield Case("S-HEAD-RANGE-MISSING-STATUS/first-chunk", sentence, _missing)
    for name, sentence, text in _MALFORMED:
        yield Case(f"S-HEAD-RANGE-MALFORMED/{name}", sentence, _malformed(text))
    two = _put(0, lambda put, _: replace(put, ranges=put.ranges * 2), BAD)
    yield Case("S-HEAD-RANGE-MALFORMED/two-headers", "The header comes twice, the same.", two)
    differing = _put(0, lambda put, _: replace(put, ranges=(*put.ranges, "bytes 1-2/3")), BAD)
    yield Case("S-HEAD-RANGE-MALFORMED/two-different-headers", "The header comes twice, not the same.", differing)
    yield Case("S-HEAD-RANGE-MALFORMED/leading-zeros-are-digits", "Each number has zeros in front.", _zeros)
    yield from _nonsense()


def _nonsense() -> Iterable[Case]:
    def text(make: Callable[[int, int, int], str]) -> Callable[[Put, int], Put]:
        return lambda put, total: replace(put, ranges=(make(put.body.start, put.body.stop - 1, total),))

    for name, sentence, change in (
        ("reversed", "FIRST and LAST are exchanged.", text(lambda first, last, t: f"bytes {last}-{first}/{t}")),
        ("one-apart", "LAST is one below FIRST.", text(lambda first, _, t: f"bytes {first + 1}-{first}/{t}")),
        ("total-zero", "TOTAL is 0.", text(lambda first, last, _: f"bytes {first}-{last}/0")),
        ("last-is-own-total", "TOTAL is LAST.", text(lambda first, last, _: f"bytes {first}-{last}/{last}")),
    ):
        yield Case(f"S-HEAD-RANGE-INVERTED/{name}", sentence, _put(0, change, BAD))
    for name, sentence, over in (
        ("last-is-total", "LAST is TOTAL.", 1),
        ("last-above-total", "LAST is above it.", 9),
    ):
        run = _put(2, lambda put, t, more=over: Put.of(range(put.body.start, t + more), t), BAD)
        yield Case(f"S-HEAD-RANGE-INVERTED/{name}", sentence, run)
    for name, sentence, other in (
        ("one-more", "TOTAL is one more.", lambda total: total + 1),
        ("one-less", "TOTAL is one less.", lambda total: total - 1),
        ("double", "TOTAL is double.", lambda total: 2 * total),
        ("ten-times", "TOTAL has a zero more.", lambda total: 10 * total),
        ("largest-number", "TOTAL is the largest number of 64 bits.", lambda _: 2**63 - 1),
    ):
        run = _put(0, lambda put, total, change=other: Put.of(put.body, change(total)), WRONG_TOTAL)
        yield Case(f"S-HEAD-TOTAL/{name}", sentence, run)
    yield Case(
        "S-HEAD-TOTAL/of-this-chunk", "TOTAL is what this chunk ends with.", _put(0, _own_total, WRONG_TOTAL)
    )
    later = _put(1, lambda put, total: Put.of(put.body, total + 1), WRONG_TOTAL)
    yield Case("S-HEAD-TOTAL/in-the-second-chunk", "TOTAL is one more in the second chunk.", later)


def _own_total(put: Put, _: int) -> Put:
    return Put.of(put.body, put.body.stop)


def _put(done: int, change: Callable[..., Put], rights: Rights) -> Run:
    async def run(trial: Trial) -> None:
        task = await Task.ready(trial, done)
        trial.judge(await task.put(change(task.right(done + 1), task.plan.video_size)), rights)

    return run


def _malformed(text: str) -> Run:
    def change(put: Put, total: int) -> Put:
        numbers = {"F": put.body.start, "L": put.body.stop - 1, "T": total}
        return replace(put, ranges=("".join(str(numbers.get(char, char)) for char in text),))

    return _put(0, change, BAD)


async def _zeros(trial: Trial) -> None:
    task = await Task.ready(trial)
    put = task.right(1)
    first, last, total = put.body.start, put.body.stop - 1, task.plan.video_size
    trial.take(await task.put(replace(put, ranges=(f"bytes 0{first}-00{last}/{total:025}",))))


async def _missing(trial: Trial) -> None:
    task = await Task.ready(trial)
    answer = await task.put(replace(task.right(1), ranges=()))
    trial.report("missing_range", str(answer.status or "no answer"), answer)
