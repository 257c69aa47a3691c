"""Cases of all or nothing: what a cut, a refusal or a 5xx leaves behind."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from conformance.cases import Case, Run, SkipError
from conformance.exchange import Answer
from conformance.puts import Put
from conformance.task import Task
from conformance.terms import Terms
from conformance.trial import Trial
from conformance.wire import Wire

Sent = Callable[[int], int]


def cases(_terms: Terms) -> Iterable[Case]:
    """The cases of the chapter."""
    yield from _cuts()
    for name, sentence, done, change in _REFUSED:
        yield Case(f"S-ATOMIC-REFUSED/{name}", sentence, _refused(done, change, _JUDGED_BY[name]))
    yield Case("S-ATOMIC-REFUSED/short-body", "A body that ends too early, half-closed.", _short_body)
    yield Case("S-ATOMIC-REFUSED/chunked", "A body in chunked transfer coding.", _chunked)
    yield Case("S-ATOMIC-REFUSED/wrong-token", "The same chunk with another token.", _wrong_token)
    yield Case("S-ATOMIC-REFUSED/ten-times", "Ten refusals in a row.", _ten)
    yield Case("S-ATOMIC-5XX/sent-again", "A chunk that is answered 5xx is sent again.", _again(1))
    yield Case("S-ATOMIC-5XX/last-sent-again", "The same with the last chunk.", _again(3))


# ── cuts ──


def _cuts() -> Iterable[Case]:
    for how, word in (("fin", "closed"), ("rst", "reset")):
        for name, sentence, sent in (
            ("before-the-body", "before the body", lambda _: 0),
            ("after-a-byte", "after one byte", lambda _: 1),
            ("half-way", "half way", lambda length: length // 2),
            ("before-the-last-byte", "before the last byte", lambda length: length - 1),
        ):
            for done, place in ((1, ""), (2, "-of-the-last-chunk")):
                case_id = f"S-ATOMIC-CUT/{how}-{name}{place}"
                yield Case(case_id, f"The connection is {word} {sentence}.", _cut(done, sent, how=how))
    yield Case("S-ATOMIC-CUT/in-the-head", "The connection is closed in the head.", _cut_head)
    yield Case("S-ATOMIC-CUT/five-times", "Five cuts in a row.", _cut(1, lambda length: length // 2, times=5))


def _cut(done: int, sent: Sent, *, how: str = "rst", times: int = 1) -> Run:
    async def run(trial: Trial) -> None:
        task = await Task.ready(trial, done, needs=3)
        before = await task.uploaded()
        put = task.right(done + 1)
        for _ in range(times):
            async with trial.wire(task.address) as wire:
                await task.begin(wire, put, sent(len(put.body)))
                await wire.pause(0.02)
                await _end(wire, how)
        await _as_before(task, before)
        await task.finish()

    return run


async def _end(wire: Wire, how: str) -> None:
    if how == "rst":
        wire.reset()
    else:
        await wire.close()


async def _cut_head(trial: Trial) -> None:
    task = await Task.ready(trial, 1, needs=3)
    before = await task.uploaded()
    async with trial.wire(task.address) as wire:
        await wire.send(task.right(2).head(task.address)[:-2])
        await wire.pause(0.02)
    await _as_before(task, before)
    await task.finish()


async def _as_before(task: Task, before: int | None) -> None:
    """Where status/fetch counts at all, it counts what it counted (S-STATUS-UPLOADED judges the number)."""
    after = await task.uploaded()
    task.trial.expect(after == before, f"uploaded_bytes {before} as before", f"uploaded_bytes {after}")


# ── refusals ──


def _range(text: str) -> Callable[[Task, Put], Put]:
    return lambda _, put: replace(put, ranges=(text,) if text else ())


def _lengthened(by: int) -> Callable[[Task, Put], Put]:
    return lambda _, put: replace(put, length=len(put.body) + by, body=range(put.body.start, put.body.stop + by))


_REFUSED: Final[tuple[tuple[str, str, int, Callable[[Task, Put], Put]], ...]] = (
    ("gap", "A chunk beyond a gap.", 1, lambda task, _: task.right(3)),
    ("start", "The second chunk before any.", 0, lambda task, _: task.right(2)),
    ("repeat", "The first chunk again.", 1, lambda task, _: task.right(1)),
    ("repeat-before-the-last", "The second chunk again.", 2, lambda task, _: task.right(2)),
    (
        "overlap",
        "A chunk that starts a byte too early.",
        1,
        lambda task, _: task.at(task.plan.chunk_size - 1, 2 * task.plan.chunk_size - 1),
    ),
    ("no-range", "No Content-Range.", 1, _range("")),
    ("malformed-range", "A Content-Range that cannot be read.", 1, _range("bytes */*")),
    ("inverted-range", "LAST below FIRST.", 1, _range("bytes 9-0/10")),
    ("wrong-total", "Another TOTAL.", 1, lambda task, put: Put.of(put.body, task.plan.video_size + 1)),
    ("length-one-less", "Content-Length one less than the range.", 1, _lengthened(-1)),
    ("length-one-more", "Content-Length one more than the range.", 1, _lengthened(1)),
    ("wrong-type", "A Content-Type that is no video.", 1, lambda _, put: replace(put, content_type="text/plain")),
    ("no-type", "No Content-Type.", 1, lambda _, put: replace(put, content_type=None)),
    (
        "shorter-than-planned",
        "A chunk one byte shorter than planned.",
        1,
        lambda task, put: task.at(put.body.start, put.body.stop - 2),
    ),
    (
        "longer-than-planned",
        "The rest of the video in one.",
        1,
        lambda task, put: task.at(put.body.start, task.plan.video_size - 1),
    ),
)


_JUDGED_BY: Final = {
    "gap": "S-ORDER-GAP",
    "start": "S-ORDER-START",
    "repeat": "S-ORDER-REPEAT",
    "repeat-before-the-last": "S-ORDER-REPEAT",
    "overlap": "S-ORDER-OVERLAP",
    "no-range": "S-HEAD-RANGE-MISSING",
    "malformed-range": "S-HEAD-RANGE-MALFORMED",
    "inverted-range": "S-HEAD-RANGE-INVERTED",
    "wrong-total": "S-HEAD-TOTAL",
    "length-one-less": "S-HEAD-LENGTH-MISMATCH",
    "length-one-more": "S-HEAD-LENGTH-MISMATCH",
    "wrong-type": "S-HEAD-TYPE",
    "no-type": "S-HEAD-TYPE",
    "shorter-than-planned": "S-CHUNK-PLANNED-SIZE",
    "longer-than-planned": "S-CHUNK-PLANNED-SIZE",
}
"""The clause that judges the refusal itself."""


def _refused(done: int, change: Callable[[Task, Put], Put], clause: str) -> Run:
    async def run(trial: Trial) -> None:
        task = await Task.ready(trial, done, needs=3)
        before = await task.uploaded()
        await refusal(task, await task.put(change(task, task.right(done + 1))), clause)
        await _as_before(task, before)
        await task.finish()

    return run


async def refusal(task: Task, answer: Answer, clause: str) -> None:
    """Setup: it was refused, whichever way."""
    told = f"what was to be refused was answered {answer}"
    task.trial.need(400 <= answer.status < 500, clause, told)


async def _short_body(trial: Trial) -> None:
    task = await Task.ready(trial, 1, needs=3)
    before = await task.uploaded()
    put = task.right(2)
    async with trial.wire(task.address) as wire:
        await task.begin(wire, put, len(put.body) - 1)
        wire.half_close()
        await refusal(task, await wire.answer(), "S-BODY-SHORT")
    await _as_before(task, before)
    await task.finish()


async def _chunked(trial: Trial) -> None:
    task = await Task.ready(trial, 1, needs=3)
    before = await task.uploaded()
    put = replace(task.right(2), length=None, more=("Transfer-Encoding: chunked",))
    pieces = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in task.body(put)]
    answer = await trial.request(task.address, put.head(task.address), [*pieces, b"0\r\n\r\n"])
    await refusal(task, answer, "S-HEAD-LENGTH-MISSING")
    await _as_before(task, before)
    await task.finish()


async def _wrong_token(trial: Trial) -> None:
    task = await Task.ready(trial, 1, needs=3)
    before = await task.uploaded()
    other = task.address._replace(path=task.address.path + "0")
    await refusal(task, await task.put(task.right(2), other), "S-URL-TOKEN")
    await _as_before(task, before)
    await task.finish()


async def _ten(trial: Trial) -> None:
    task = await Task.ready(trial, 1, needs=3)
    before = await task.uploaded()
    for number in range(10):
        put = task.right(3 if number % 2 else 1)
        await refusal(task, await task.put(put), "S-ORDER-GAP and S-ORDER-REPEAT")
    await _as_before(task, before)
    await task.finish()


# ── 5xx ──


def _again(number: int) -> Run:
    async def run(trial: Trial) -> None:
        task = await Task.ready(trial, number - 1, needs=3, but="S-ATOMIC-5XX")
        if trial.target.faults:
            on = {"operation": "chunk", "chunk": number, "upload_id": _upload_id(task)}
            fault = {"on": on, "when": "before_body", "do": {"kind": "status", "status": 503}, "times": 1}
            await trial.target.steer("/_mock/faults", fault)
        answer = await task.put(task.right(number))
        if answer.status < 500:
            raise SkipError("the target answered no 5xx, and cannot be made to")
        trial.expect(
            200 <= (again := await task.put(task.right(number))).status < 300, "2xx to the same chunk again", again
        )
        task.done = number
        await task.finish()

    return run


def _upload_id(task: Task) -> str:
    return task.address.path.partition("upload_id=")[2].partition("&")[0]
