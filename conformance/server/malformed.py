"""Cases of bytes that are no HTTP request, or one that two readers would end in different places."""

from collections.abc import Callable, Iterable
from itertools import chain

from conformance.cases import Case, Run, SkipError
from conformance.task import Task
from conformance.terms import Terms
from conformance.trial import Trial

Spoiled = Callable[[bytes, int], bytes]
"""The right head of a chunk and its Content-Length, made wrong."""


def cases(_terms: Terms) -> Iterable[Case]:
    """The cases of S-HTTP."""
    for name, sentence, spoiled in (
        ("two-lengths", "Two Content-Lengths that differ.", _with(b"Content-Length: %d", lambda n: n + 1)),
        ("signed-length", "Content-Length with a sign.", _length(b"+%d")),
        ("negative-length", "A negative Content-Length.", _length(b"-%d")),
        ("length-in-words", "A Content-Length that is no number.", _length(b"%d bytes")),
        ("hexadecimal-length", "A hexadecimal Content-Length.", _length(b"0x%x")),
        ("space-before-the-colon", "A space between Content-Length and its colon.", _spaced),
        ("line-without-a-colon", "A header line that has no colon.", _with(b"video/mp4 %d", lambda n: n)),
        ("no-version", "A request line that ends after the path, as in HTTP/0.9.", _version(b"")),
        ("version-2", "A request line of HTTP/2.0.", _version(b" HTTP/2.0")),
        (
            "tls",
            "The first bytes of a TLS handshake.",
            lambda _head, _length: b"\x16\x03\x01\x02\x00\x01\0\1\xfc\3\3",
        ),
        ("bytes", "The chunk alone, without a head.", lambda _head, _length: b""),
    ):
        yield Case(f"S-HTTP/{name}", sentence, _refused(spoiled))


def _refused(spoiled: Spoiled) -> Run:
    async def run(trial: Trial) -> None:
        task = await Task.ready(trial, 1)
        put = task.right(2)
        async with trial.wire(task.address) as wire:
            head = spoiled(put.head(task.address), len(put.body))
            await wire.send_all(chain([head], task.body(put)))
            if not task.address.tls:
                wire.half_close()
            answer = await wire.answer()
        if answer.timed_out and task.address.tls:
            raise SkipError(
                "the target waits for more, and a TLS connection cannot be half-closed to say that no more comes"
            )
        refused = answer.status >= 400 or not (answer.status or answer.timed_out)
        trial.expect(refused, "a refusal, or a closed connection", answer)
        again = await task.put(put)
        trial.expect(again.status in (200, 201, 206), "then the same chunk, sent right, is taken", again)

    return run


def _with(line: bytes, number: Callable[[int], int]) -> Spoiled:
    return lambda head, length: head[:-2] + line % number(length) + b"\r\n\r\n"


def _length(form: bytes) -> Spoiled:
    return lambda head, length: head.replace(b"Content-Length: %d" % length, b"Content-Length: " + form % length)


def _spaced(head: bytes, _length: int) -> bytes:
    return head.replace(b"Content-Length:", b"Content-Length :")


def _version(words: bytes) -> Spoiled:
    return lambda head, _length: head.replace(b" HTTP/1.1\r\n", words + b"\r\n", 1)
