"""Cases of order: what is not the next chunk."""

import asyncio
from collections.abc import Callable, Iterable

from conformance.cases import Case, Run
from conformance.exchange import Answer
from conformance.puts import Plan, Put
from conformance.rights import AFTER_END, OUT_OF_PLACE, REPEATED, Rights
from conformance.server.chunk import reading_of
from conformance.task import Task
from conformance.terms import Terms
from conformance.trial import Trial

Made = Callable[[Task], Put]


def cases(_terms: Terms) -> Iterable[Case]:
    """The cases of the chapter."""
    for case_id, sentence, done, put, rights in _TABLE:
        yield Case(f"S-ORDER-{case_id}", sentence, _put(done, put, rights))
    for name, sentence, done, put in (
        ("after-one", "The first chunk again, while two are missing.", 1, _chunk(1)),
        ("gap", "The third chunk, while the second is missing.", 1, _chunk(3)),
        ("after-two", "The first chunk again, while one is missing.", 2, _chunk(1)),
        ("fresh", "The second chunk, before any.", 0, _chunk(2)),
        ("after-the-end", "The last chunk again.", 3, _chunk(3)),
    ):
        yield Case(f"S-ORDER-416-PROGRESS/{name}", sentence, _progress(done, put))
    yield from _parallel()


def _chunk(number: int) -> Made:
    return lambda task: task.right(number)


def _from(first: Callable[[int], int], last: Callable[[int, int], int]) -> Made:
    """A PUT by its first byte (of chunk_size) and its last (of first byte and chunk_size)."""

    def put(task: Task) -> Put:
        size = task.plan.chunk_size
        start = first(size)
        return task.at(start, last(start, size))

    return put


def _shifted(first: Callable[[int], int]) -> Made:
    return _from(first, lambda start, size: start + size - 1)


def _rest(first: Callable[[int], int]) -> Made:
    return lambda task: task.at(first(task.plan.chunk_size), task.plan.video_size - 1)


def _inside(shift: int) -> Made:
    return lambda task: task.at(task.plan.chunk_size - shift, 2 * task.plan.chunk_size - 1)


_TABLE: tuple[tuple[str, str, int, Made, Rights], ...] = (
    ("GAP/third-after-first", "The third chunk follows the first.", 1, _chunk(3), OUT_OF_PLACE),
    ("GAP/one-byte", "One byte is left out.", 1, _shifted(lambda c: c + 1), OUT_OF_PLACE),
    ("GAP/one-byte-long", "One byte, one byte too far.", 1, _from(lambda c: c + 1, lambda f, _: f), OUT_OF_PLACE),
    ("GAP/half-a-chunk", "Half a chunk is left out.", 1, _shifted(lambda c: c + c // 2), OUT_OF_PLACE),
    ("GAP/last-byte", "Only the last byte of the video.", 1, _rest(lambda c: 3 * c + 1), OUT_OF_PLACE),
    (
        "GAP/before-the-last",
        "A byte is left out before the last chunk.",
        2,
        _rest(lambda c: 2 * c + 1),
        OUT_OF_PLACE,
    ),
    ("START/second-chunk-first", "The second chunk comes first.", 0, _chunk(2), OUT_OF_PLACE),
    ("START/last-chunk-first", "The last chunk comes first.", 0, _chunk(3), OUT_OF_PLACE),
    ("START/byte-1", "It starts at byte 1.", 0, _shifted(lambda _: 1), OUT_OF_PLACE),
    (
        "START/byte-1-rest",
        "From byte 1 to the first chunk's end.",
        0,
        _from(lambda _: 1, lambda _, c: c - 1),
        OUT_OF_PLACE,
    ),
    ("START/last-byte", "Only the last byte of the video.", 0, _rest(lambda c: 3 * c + 1), OUT_OF_PLACE),
    ("REPEAT/first-again", "The first chunk again at once.", 1, _chunk(1), REPEATED),
    ("REPEAT/first-after-second", "The first chunk again after the second.", 2, _chunk(1), REPEATED),
    ("REPEAT/second-again", "The second chunk again.", 2, _chunk(2), REPEATED),
    ("OVERLAP/one-byte", "It starts one byte too early.", 1, _inside(1), OUT_OF_PLACE),
    ("OVERLAP/shifted", "A chunk's length, one byte too early.", 1, _shifted(lambda c: c - 1), OUT_OF_PLACE),
    ("OVERLAP/half", "It starts half a chunk too early.", 1, _shifted(lambda c: c // 2), OUT_OF_PLACE),
    (
        "OVERLAP/both-from-0",
        "The first two chunks in one.",
        1,
        _from(lambda _: 0, lambda _, c: 2 * c - 1),
        OUT_OF_PLACE,
    ),
    ("OVERLAP/all-from-0", "The whole video from byte 0.", 1, _rest(lambda _: 0), OUT_OF_PLACE),
    ("OVERLAP/within", "A part of the first chunk.", 1, _from(lambda _: 1, lambda _, c: c - 2), OUT_OF_PLACE),
    (
        "OVERLAP/within-the-first-of-two",
        "It starts in the first of two.",
        2,
        _shifted(lambda c: c // 2),
        OUT_OF_PLACE,
    ),
    ("AFTER-END/last-again", "The last chunk again.", 3, _chunk(3), AFTER_END),
    ("AFTER-END/first-again", "The first chunk again.", 3, _chunk(1), AFTER_END),
    ("AFTER-END/second-again", "The second chunk again.", 3, _chunk(2), AFTER_END),
    ("AFTER-END/whole", "The whole video in one.", 3, _rest(lambda _: 0), AFTER_END),
    ("AFTER-END/last-byte", "The last byte.", 3, _rest(lambda c: 3 * c + 1), AFTER_END),
)


def _put(done: int, put: Made, rights: Rights) -> Run:
    async def run(trial: Trial) -> None:
        task = await Task.ready(trial, done)
        trial.judge(await task.put(put(task)), rights)

    return run


def _progress(done: int, put: Made) -> Run:
    async def run(trial: Trial) -> None:
        task = await Task.ready(trial, done)
        answer = await task.put(put(task))
        clause = put_clause(done)
        trial.need(answer.status == 416, clause, f"a chunk out of place was answered {answer}")
        total = task.plan.video_size
        sent = task.plan.pieces[done - 1].stop if done else 0
        if not done:
            # Before any byte, one reading of A4 has nothing to point at.
            right = answer.value("content-range") in (f"bytes 0-0/{total}", None)
            trial.expect(right, f"Content-Range 'bytes 0-0/{total}', or none", answer)
            return
        found = reading_of(answer, sent, total)
        wanted = f"Content-Range 'bytes 0-{sent}/{total}' (or the last index, as A4 may be read)"
        trial.expect(found is not None and trial.terms.admits("progress", found), wanted, answer)

    return run


def put_clause(done: int) -> str:
    """The clause that judges the status of the refusal."""
    return {0: "S-ORDER-START", 3: "S-ORDER-AFTER-END"}.get(done, "S-ORDER-REPEAT and S-ORDER-GAP")


# ── several at once ──


def _parallel() -> Iterable[Case]:
    for name, sentence, count, done in (
        ("two", "The first chunk twice at once.", 2, 0),
        ("eight", "The second chunk, eight times at once.", 8, 1),
        ("last", "The last chunk, four times at once.", 4, 2),
    ):
        yield Case(f"S-ORDER-PARALLEL/{name}", sentence, _at_once(count, done))
    yield Case("S-ORDER-PARALLEL/whole", "A video in one chunk, three times at once.", _at_once(3, 0, whole=True))
    yield Case(
        "S-ORDER-PARALLEL/last-bytes-together", "Four wait before their last byte, then end.", _ends_together
    )
    yield Case("S-ORDER-PARALLEL/nothing-reserved", "A stalled request does not bar the next.", _overtaken)


def _at_once(count: int, done: int, *, whole: bool = False) -> Run:
    async def run(trial: Trial) -> None:
        plan = Plan.whole(trial.terms.least) if whole else trial.plan()
        task = await Task.ready(trial, done, plan, needs=done + 2)
        put = task.right(done + 1)
        answers = await asyncio.gather(*(task.put(put) for _ in range(count)))
        _one_winner(trial, answers, last=done + 1 == len(plan.pieces))

    return run


def _one_winner(trial: Trial, answers: Iterable[Answer], *, last: bool) -> None:
    statuses = sorted(answer.status for answer in answers)
    losers = [status for status in statuses if not 200 <= status < 300]
    right = AFTER_END.on(trial.terms) if last else OUT_OF_PLACE.statuses
    good = len(losers) == len(statuses) - 1 and set(losers) <= {416, *right}
    wanted = f"one accepted, {len(statuses) - 1} refused with {' or '.join(map(str, right))}"
    trial.expect(good, wanted, f"the statuses {', '.join(map(str, statuses))}")


async def _ends_together(trial: Trial) -> None:
    task = await Task.ready(trial, needs=2)
    put = task.right(1)
    held = len(put.body) - 1

    async def one(gate: asyncio.Barrier) -> Answer:
        async with trial.wire(task.address) as wire:
            await task.begin(wire, put, held)
            await gate.wait()
            await task.go_on(wire, put, held)
            return await wire.answer()

    gate = asyncio.Barrier(4)
    _one_winner(trial, await asyncio.gather(*(one(gate) for _ in range(4))), last=False)


async def _overtaken(trial: Trial) -> None:
    task = await Task.ready(trial, needs=2)
    put = task.right(1)
    held = len(put.body) // 2
    async with trial.wire(task.address) as stalled:
        await task.begin(stalled, put, held)
        await stalled.pause(0.2)
        trial.take(await task.put(put))
        await task.go_on(stalled, put, held)
        trial.judge(await stalled.answer(), OUT_OF_PLACE)
