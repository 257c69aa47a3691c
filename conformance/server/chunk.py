"""Cases of a good chunk: its status, its progress header, and the guide's two examples."""

from collections.abc import Callable, Iterable
from typing import Final

from conformance.cases import Case, Run
from conformance.exchange import Answer
from conformance.puts import Plan, Put
from conformance.rights import ACCEPTED, COMPLETED, OFF_PLAN
from conformance.task import Task
from conformance.terms import Terms
from conformance.trial import Trial

_NUMBERS: Final = {"count": 0, "last_index": 1}


def cases(terms: Terms) -> Iterable[Case]:
    """The cases of S-CHUNK-..."""
    yield from _statuses(terms)
    yield from _progress(terms)
    mb = terms.unit
    fifty, four = Plan(50 * mb + 123, 10 * mb, 5), Plan.whole(4_194_304 if terms.mb is None else 4 * mb)
    yield Case("S-CHUNK-EXAMPLE-50M/to-the-letter", "The guide's chunk upload.", _example(fifty))
    yield Case("S-CHUNK-EXAMPLE-50M/draft", "The same as a draft.", _example(fifty, draft=True))
    yield Case("S-CHUNK-EXAMPLE-4M/to-the-letter", "The guide's whole upload.", _example(four))
    yield Case("S-CHUNK-EXAMPLE-4M/draft", "The same as a draft.", _example(four, draft=True))
    yield from _planned_sizes()


def _statuses(terms: Terms) -> Iterable[Case]:
    for number, name in ((1, "first"), (2, "second"), (4, "last-but-one")):
        yield Case(f"S-CHUNK-206/{name}", f"Chunk {number} of 5.", _status(Plan.of_chunks(terms.least, 5), number))
    yield Case("S-CHUNK-206/in-two-pieces", "A body whose second half is held back.", _held_back)
    yield Case("S-CHUNK-206/head-alone", "A head, and after a while the body.", _head_alone)
    yield Case("S-CHUNK-206/head-in-pieces", "A head that comes in pieces.", _head_in_pieces)
    large = Plan.of_chunks(terms.most, 2)
    yield Case("S-CHUNK-206/of-64-mb", "A chunk of exactly 64 MB.", _status(large, 1))
    least = terms.least
    for name, sentence, plan in (
        ("third-of-three", "The last of three chunks.", Plan.of_chunks(least, 3)),
        ("with-trailing-bytes", "A last chunk that is longer than the others.", Plan.of_chunks(least, 3, 2)),
        ("of-two", "The last of two chunks.", Plan.of_chunks(least, 2, 1)),
        ("whole", "A video in one chunk.", Plan.whole(least)),
        ("one-byte", "A video of one byte.", Plan.whole(1)),
        ("whole-of-64-mb", "A video of exactly 64 MB in one chunk.", Plan.whole(terms.most)),
    ):
        yield Case(f"S-CHUNK-201/{name}", sentence, _status(plan, len(plan.pieces)))


def _progress(terms: Terms) -> Iterable[Case]:
    four, longer = Plan.of_chunks(terms.least, 4), Plan.of_chunks(terms.least, 2, 1)
    for name, sentence, plan, number in (
        ("first", "After the first of four chunks.", four, 1),
        ("second", "After the second.", four, 2),
        ("last-but-one", "After the third.", four, 3),
        ("last", "After the last.", four, 4),
        ("longer-last", "After a last chunk with a trailing byte.", longer, 2),
        ("whole", "After a video in one chunk.", Plan.whole(terms.least), 1),
        ("one-byte", "After a video of one byte.", Plan.whole(1), 1),
    ):
        yield Case(f"S-CHUNK-PROGRESS/{name}", sentence, _header(plan, number))
    yield Case("S-CHUNK-PROGRESS/one-reading", "All four chunks show the same reading.", _one_reading)
    yield Case("S-CHUNK-PROGRESS-NUMBER/first", "After the first of three chunks.", _number(1))
    yield Case("S-CHUNK-PROGRESS-NUMBER/last", "After the last of three chunks.", _number(3))


def _planned_sizes() -> Iterable[Case]:
    def of(first: int, change: Callable[[int, int], int]) -> Callable[[Task], Put]:
        return lambda task: task.at(
            first * task.plan.chunk_size, change(task.plan.chunk_size, task.plan.video_size)
        )

    for name, sentence, done, put in (
        ("one-byte-less", "The first chunk lacks its last byte.", 0, of(0, lambda c, _: c - 2)),
        ("one-byte-more", "The first chunk has a byte of the second.", 0, of(0, lambda c, _: c)),
        ("one-byte", "The first chunk is one byte.", 0, of(0, lambda _, __: 0)),
        ("half", "The first chunk is half as long.", 0, of(0, lambda c, _: c // 2 - 1)),
        ("two-at-once", "The first two chunks in one.", 0, of(0, lambda c, _: 2 * c - 1)),
        ("all-at-once", "All three chunks in one.", 0, of(0, lambda _, size: size - 1)),
        ("second-shorter", "The second chunk lacks its last byte.", 1, of(1, lambda c, _: 2 * c - 2)),
        ("second-with-third", "The second and the third in one.", 1, of(1, lambda _, size: size - 1)),
        ("last-shorter", "The last chunk lacks its last byte.", 2, of(2, lambda _, size: size - 2)),
        ("last-without-trailing-bytes", "The last chunk lacks what trails.", 2, of(2, lambda c, _: 3 * c - 1)),
    ):
        yield Case(f"S-CHUNK-PLANNED-SIZE/{name}", sentence, _off_plan(done, put))


# ── what they do ──


def _status(plan: Plan, number: int) -> Run:
    async def run(trial: Trial) -> None:
        task = await (await Task.begun(trial, plan)).fill(number - 1)
        answer = await task.next()
        trial.judge(answer, COMPLETED if number == len(plan.pieces) else ACCEPTED)
        trial.shows("put_body", {b"null": "null", b"": "empty"}.get(answer.body, "another"))

    return run


async def _held_back(trial: Trial) -> None:
    task = await Task.ready(trial)
    put = task.right(1)
    async with trial.wire(task.address) as wire:
        await task.begin(wire, put, len(put.body) // 2)
        await wire.pause(0.3)
        await task.go_on(wire, put, len(put.body) // 2)
        trial.judge(await wire.answer(), ACCEPTED)


async def _head_alone(trial: Trial) -> None:
    task = await Task.ready(trial)
    put = task.right(1)
    async with trial.wire(task.address) as wire:
        await task.begin(wire, put, 0)
        await wire.pause(0.3)
        await task.go_on(wire, put, 0)
        trial.judge(await wire.answer(), ACCEPTED)


async def _head_in_pieces(trial: Trial) -> None:
    task = await Task.ready(trial)
    put = task.right(1)
    head = put.head(task.address)
    async with trial.wire(task.address) as wire:
        for start in range(0, len(head), 40):
            await wire.send(head[start : start + 40])
            await wire.pause(0.01)
        await task.go_on(wire, put, 0)
        trial.judge(await wire.answer(), ACCEPTED)


def reading_of(answer: Answer, sent: int, total: int) -> str | None:
    """Which reading of A4 the progress header shows when so many bytes are in; None: it shows none."""
    value = answer.value("content-range")
    shown = {f"bytes 0-{sent - less}/{total}": name for name, less in _NUMBERS.items()}
    return shown.get(value or "")


def _wanted(trial: Trial, sent: int, total: int) -> str:
    values = [
        f"bytes 0-{sent - less}/{total}" for name, less in _NUMBERS.items() if trial.terms.admits("progress", name)
    ]
    return "Content-Range '" + "' or '".join(values) + "'" + (" (A4: progress)" if len(values) > 1 else "")


def _judge_header(trial: Trial, answer: Answer, sent: int, total: int) -> str:
    found = reading_of(answer, sent, total)
    if answer.value("content-range") is None:
        trial.shows("progress", "omit")
    elif found:
        trial.shows("progress", found)
    good = found is not None and trial.terms.admits("progress", found)
    trial.expect(good, _wanted(trial, sent, total), answer)
    return found or ""


async def _sent(task: Task, number: int) -> Answer:
    await task.fill(number - 1)
    answer = await task.next()
    clause = "S-CHUNK-201" if number == len(task.plan.pieces) else "S-CHUNK-206"
    task.trial.need(task.done == number, clause, f"chunk {number} was answered {answer}")
    return answer


def _header(plan: Plan, number: int) -> Run:
    async def run(trial: Trial) -> None:
        task = await Task.begun(trial, plan)
        answer = await _sent(task, number)
        _judge_header(trial, answer, plan.pieces[number - 1].stop, plan.video_size)

    return run


async def _one_reading(trial: Trial) -> None:
    task = await Task.begun(trial, trial.plan(4))
    found: set[str] = set()
    for number, piece in enumerate(task.plan.pieces, 1):
        found.add(_judge_header(trial, await _sent(task, number), piece.stop, task.plan.video_size))
        trial.expect(len(found) == 1, "one reading of the progress number in all answers", " and ".join(found))


def _number(number: int) -> Run:
    async def run(trial: Trial) -> None:
        task = await Task.begun(trial)
        answer = await _sent(task, number)
        found = reading_of(answer, task.plan.pieces[number - 1].stop, task.plan.video_size)
        absent = answer.value("content-range") is None
        trial.report("progress", found or ("omit" if absent else "neither"), answer)

    return run


def _example(plan: Plan, *, draft: bool = False) -> Run:
    clause = "S-INIT-ANSWER" if len(plan.pieces) == 1 else "S-PLAN-COUNT-READING"

    async def run(trial: Trial) -> None:
        trial.need(
            trial.terms.admits("count_rule", "floor"), "S-PLAN-COUNT-READING", "the guide's example is refused"
        )
        task = await Task.begun(trial, plan, draft=draft, clause=clause)
        for number in range(1, len(plan.pieces) + 1):
            answer = await task.next()
            trial.judge(answer, COMPLETED if number == len(plan.pieces) else ACCEPTED)

    return run


def _off_plan(done: int, put: Callable[[Task], Put]) -> Run:
    async def run(trial: Trial) -> None:
        task = await Task.ready(trial, done)
        trial.judge(await task.put(put(task)), OFF_PLAN)

    return run
