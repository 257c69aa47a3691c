"""Cases of the other headers of a PUT, and of a body that is not what they say."""

import gzip
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

from conformance.cases import Case, Run, SkipError
from conformance.puts import Plan, Put
from conformance.rights import BAD, CODED, NO_LENGTH, WRONG_TYPE, Rights
from conformance.task import Task
from conformance.terms import Terms
from conformance.trial import Trial

_SHORT = 4096


def cases(_terms: Terms) -> Iterable[Case]:
    """The cases of the chapter but for Content-Range."""
    yield from _lengths()
    yield from _bodies()
    yield from _types()
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        yield Case(f"S-HEAD-METHOD/{method.lower()}", f"{method} on the upload_url.", _method(method))


def _lengths() -> Iterable[Case]:
    for name, sentence, change in (
        ("one-less", "Content-Length and body are one byte less.", lambda length: length - 1),
        ("one-more", "Content-Length and body are one byte more.", lambda length: length + 1),
        ("half", "Content-Length and body are half.", lambda length: length // 2),
        ("double", "Content-Length and body are double.", lambda length: 2 * length),
        ("zero", "Content-Length is 0, and there is no body.", lambda _: 0),
        ("one", "Content-Length is 1.", lambda _: 1),
    ):
        for done, place in ((0, ""), (2, "-in-the-last-chunk")):
            yield Case(f"S-HEAD-LENGTH-MISMATCH/{name}{place}", sentence, _length(done, change))
    yield Case("S-HEAD-LENGTH-MISSING/chunked", "The body comes in chunked transfer coding.", _chunked(0))
    yield Case("S-HEAD-LENGTH-MISSING/chunked-second", "The same, for the second chunk.", _chunked(1))
    yield Case("S-HEAD-LENGTH-MISSING/nothing", "Neither a length nor a body.", _no_length)


def _bodies() -> Iterable[Case]:
    for name, sentence, missing in (
        ("one-byte", "One byte is missing.", lambda length: length - 1),
        ("half", "Half of the body is missing.", lambda length: length // 2),
        ("all", "All of the body is missing.", lambda _: 0),
    ):
        for done, place in ((0, ""), (2, "-of-the-last-chunk")):
            yield Case(
                f"S-BODY-SHORT/{name}{place}", f"{sentence} Then the end, half-closed.", _short(done, missing)
            )
    yield Case("S-BODY-SHORT/silent", "Half of the body comes, then nothing more.", _silent)
    yield Case("S-BODY-SURPLUS/one-byte", "One byte more than Content-Length.", _surplus(b"\0"))
    yield Case("S-BODY-SURPLUS/100-bytes", "A hundred bytes more.", _surplus(bytes(range(100, 200))))
    yield Case("S-BODY-SURPLUS/64-kb", "64 kB more.", _surplus(b"\xff\xfe" * 32_768))
    yield Case("S-BODY-SURPLUS/not-counted", "After surplus bytes the next chunk is where it was.", _not_counted)
    yield Case("S-BODY-CODING/gzip", "A gzip body, declared in its own size.", _gzip("gzip"))
    yield Case("S-BODY-CODING/x-gzip", "The same, called x-gzip.", _gzip("x-gzip"))
    yield Case("S-BODY-CODING/deflate", "A body that is called deflate.", _gzip("deflate"))
    yield Case("S-BODY-CODING/inflated-size", "A gzip body whose range is its inflated size.", _inflated)
    yield Case("S-BODY-CODING/identity", "Content-Encoding: identity.", _identity)


def _types() -> Iterable[Case]:
    for name, text in (
        ("octet-stream", "application/octet-stream"),
        ("text", "text/plain"),
        ("none", None),
        ("empty", ""),
        ("image", "image/mp4"),
        ("mpeg", "video/mpeg"),
        ("longer", "video/mp4x"),
        ("shorter", "video/mp"),
        ("any-video", "video/*"),
        ("family", "video"),
        ("json", "application/json"),
        ("form", "multipart/form-data; boundary=x"),
        ("two-types", "text/plain, video/mp4"),
    ):
        yield Case(f"S-HEAD-TYPE/{name}", f"Content-Type is {text!r}.", _type(text, WRONG_TYPE))
    for name, text in (
        ("mp4", "video/mp4"),
        ("quicktime", "video/quicktime"),
        ("webm", "video/webm"),
        ("capitals", "VIDEO/MP4"),
        ("parameter", "video/mp4; codecs=avc1"),
        ("parameter-without-blank", "video/webm;codecs=vp9"),
    ):
        yield Case(f"S-HEAD-TYPE/good-{name}", f"Content-Type is {text!r}.", _type(text))


# ── what they do ──


def _length(done: int, change: object) -> Run:
    async def run(trial: Trial) -> None:
        task = await Task.ready(trial, done)
        put = task.right(done + 1)
        length = change(len(put.body)) if callable(change) else 0
        body = range(put.body.start, put.body.start + length)
        trial.judge(await task.put(replace(put, length=length, body=body)), BAD)

    return run


def _chunked(done: int) -> Run:
    async def run(trial: Trial) -> None:
        task = await Task.ready(trial, done)
        put = replace(task.right(done + 1), length=None, more=("Transfer-Encoding: chunked",))
        pieces = (b"%x\r\n%s\r\n" % (len(piece), piece) for piece in task.body(put))
        answer = await trial.request(task.address, put.head(task.address), chain(pieces, [b"0\r\n\r\n"]))
        trial.judge(answer, NO_LENGTH)

    return run


async def _no_length(trial: Trial) -> None:
    task = await Task.ready(trial)
    put = task.right(1)
    trial.judge(await task.put(replace(put, length=None, body=range(0))), NO_LENGTH)


def _short(done: int, sent: object) -> Run:
    async def run(trial: Trial) -> None:
        task = await Task.ready(trial, done)
        put = task.right(done + 1)
        async with trial.wire(task.address) as wire:
            await task.begin(wire, put, sent(len(put.body)) if callable(sent) else 0)
            wire.half_close()
            answer = await wire.answer()
            trial.judge(answer, BAD)
            trial.expect(await wire.ended(), "400, and the connection closed", f"{answer}, and it stays open")

    return run


async def _silent(trial: Trial) -> None:
    task = await Task.ready(trial)
    put = task.right(1)
    async with trial.wire(task.address) as wire:
        await task.begin(wire, put, len(put.body) // 2)
        answer = await wire.answer()
        if answer.timed_out:
            raise SkipError(f"{answer}: the target's body time-out is longer than this waits")
        trial.judge(answer, BAD)
        trial.expect(await wire.ended(), "400, and the connection closed", f"{answer}, and it stays open")


def _surplus(more: bytes) -> Run:
    async def run(trial: Trial) -> None:
        task = await Task.ready(trial)
        put = task.right(1)
        async with trial.wire(task.address) as wire:
            await wire.send_all(chain([put.head(task.address)], task.body(put), [more]))
            trial.take(await wire.answer())
            further = await wire.answer()
            if further.timed_out:  # it waits for more, as it may: an end is no head either
                wire.half_close()
                further = await wire.answer()
            short = not further.status or (further.status >= 400 and len(further.body) <= _SHORT)
            trial.expect(short, "at most one short refusal of the surplus", further)
            trial.expect(await wire.ended(), "then the connection closed", "it stays open")

    return run


async def _not_counted(trial: Trial) -> None:
    task = await Task.ready(trial, needs=3)
    put = task.right(1)
    async with trial.wire(task.address) as wire:
        await wire.send_all(chain([put.head(task.address)], task.body(put), [b"\0" * 1000]))
        answer = await wire.answer()
        trial.need(200 <= answer.status < 300, "S-CHUNK-206", f"chunk 1 was answered {answer}")
    task.done = 1
    await task.finish()


def _gzip(coding: str) -> Run:
    async def run(trial: Trial) -> None:
        body = gzip.compress(b"conformance " * 100, mtime=0)
        task = await Task.ready(trial, 0, Plan.whole(len(body)))
        put = replace(task.right(1), more=(f"Content-Encoding: {coding}",))
        answer = await trial.request(task.address, put.head(task.address), [body])
        trial.judge(answer, CODED)

    return run


async def _inflated(trial: Trial) -> None:
    flat = b"conformance " * 100
    task = await Task.ready(trial, 0, Plan.whole(len(flat)))
    body = gzip.compress(flat, mtime=0)
    put = replace(task.right(1), length=len(body), more=("Content-Encoding: gzip",))
    answer = await trial.request(task.address, put.head(task.address), [body])
    trial.judge(answer, Rights((400, 415)))


async def _identity(trial: Trial) -> None:
    task = await Task.ready(trial)
    trial.take(await task.put(replace(task.right(1), more=("Content-Encoding: identity",))))


def _type(text: str | None, refused: Rights | None = None) -> Run:
    async def run(trial: Trial) -> None:
        task = await Task.ready(trial)
        answer = await task.put(replace(task.right(1), content_type=text))
        trial.judge(answer, refused) if refused else trial.take(answer)

    return run


def _method(method: str) -> Run:
    async def run(trial: Trial) -> None:
        task = await Task.begun(trial)
        put: Put = task.right(1)
        head = put.head(task.address).replace(b"PUT ", method.encode() + b" ", 1)
        if method == "POST":
            answer = await trial.request(task.address, head, task.body(put))
        else:
            line = head.split(b"\r\n", 1)[0]
            short = line + f"\r\nHost: {task.address.authority}\r\nOrigin: https://example.com\r\n\r\n".encode()
            answer = await trial.request(task.address, short, bodiless=method == "HEAD")
        if method == "OPTIONS":
            trial.shows("cors", "on" if answer.value("access-control-allow-origin") else "off")
        trial.reported = f"{method}: {answer.status or answer.trouble}"
        trial.actual = str(answer)

    return run
