"""Cases of uploads beside one another."""

import asyncio
from collections.abc import Iterable

from conformance.cases import Case
from conformance.exchange import Answer
from conformance.puts import Plan
from conformance.server.atomic import refusal
from conformance.server.chunk import reading_of
from conformance.task import Task
from conformance.terms import Terms
from conformance.trial import Trial


def cases(_terms: Terms) -> Iterable[Case]:
    """The cases of S-ISOLATED."""
    yield Case("S-ISOLATED/in-turns", "Five uploads, a chunk of each in turn.", _in_turns)
    yield Case("S-ISOLATED/at-once", "Five uploads at once.", _at_once)
    yield Case("S-ISOLATED/drawn", "Four uploads, the order drawn with the seed.", _drawn)
    yield Case("S-ISOLATED/refusal", "A refusal in one upload, between chunks of another.", _beside_refusal)
    yield Case("S-ISOLATED/half-a-body", "An upload ends while another's body is on its way.", _beside_half)


async def _begun(trial: Trial, count: int) -> list[Task]:
    plans = [Plan.of_chunks(trial.terms.least + 10 * number, 3, number % 3) for number in range(count)]
    return [await Task.ready(trial, 0, plan, needs=3, draft=number % 2 == 1) for number, plan in enumerate(plans)]


async def _step(task: Task) -> Answer:
    number = task.done + 1
    answer = await task.next()
    task.trial.expect(task.done == number, f"2xx to chunk {number} of each upload", answer)
    return answer


def _told(task: Task, answer: Answer) -> bool:
    """Whether the progress header tells where this upload is."""
    count, total = task.plan.pieces[task.done - 1].stop, task.plan.video_size
    return reading_of(answer, count, total) is not None


async def _in_turns(trial: Trial) -> None:
    alone, *tasks = await _begun(trial, 6)
    told = all([_told(alone, await _step(alone)) for _ in range(3)])
    for _ in range(3):
        for task in tasks:
            answer = await _step(task)
            # What the header says to an upload on its own is S-CHUNK-PROGRESS's to judge.
            trial.expect(
                not told or _told(task, answer), "the progress of this upload, as if it were alone", answer
            )


async def _at_once(trial: Trial) -> None:
    tasks = await _begun(trial, 5)
    await asyncio.gather(*(task.finish() for task in tasks))


async def _drawn(trial: Trial) -> None:
    tasks = await _begun(trial, 4)
    turns = tasks * 3
    trial.random.shuffle(turns)
    for task in turns:
        await _step(task)


async def _beside_refusal(trial: Trial) -> None:
    one, other = await _begun(trial, 2)
    await _step(one)
    await refusal(other, await other.put(other.right(2)), "S-ORDER-START")
    await one.finish()
    await other.finish()


async def _beside_half(trial: Trial) -> None:
    one, other = await _begun(trial, 2)
    put = one.right(1)
    async with trial.wire(one.address) as wire:
        await one.begin(wire, put, len(put.body) // 2)
        await other.finish()
        await one.go_on(wire, put, len(put.body) // 2)
        answer = await wire.answer()
        trial.take(answer, "the chunk that took longer")
    one.done = 1
    await one.finish()
