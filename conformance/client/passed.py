"""A client's request as reports show what passed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from conformance.client.evidence import Evidence, Request
from conformance.client.launcher import Ended
from conformance.exchange import Record, masked, printable

_FIRST, _LAST = 2, 6
"""Lines of what a client wrote that are shown: an exception is told in the first or in the last ones."""

SHOWN: Final = 40
"""Requests at a run's beginning, and at its end, that are shown."""


@dataclass(frozen=True, slots=True)
class Passed:
    """One request of the client and the mock's answer, with what the mock made of it."""

    left_out: ClassVar[int] = 0
    request: Request

    def as_json(self) -> dict[str, Any]:
        """For files."""
        one = self.request
        answer = {"status": one.status, "headers": [list(pair) for pair in one.answer], "body": "", "trouble": ""}
        if one.status is None:
            answer["trouble"] = "no answer, or none that is whole"
        return {
            "at": round(one.began, 4),
            "seconds": round(max(one.ended - one.began, 0.0), 4),
            "request": "\r\n".join(self._head()),
            "body_bytes": one.received,
            "events": list(self._events()),
            "answers": [answer],
        }

    def lines(self) -> Iterator[str]:
        """For a console."""
        one = self.request
        what = f"PUT {one.content_range}" if one.operation == "chunk" else one.operation
        kept = ", kept" if one.kept else ""
        struck = f" (fault: {one.fault} {one.when})" if one.fault else ""
        yield printable(f"+{one.began:.3f} s  {what}: {one.status or 'no answer'}{kept}{struck}")
        if one.status is not None and one.status >= 300 and one.reason:
            yield printable(f"            {one.clause}: {one.reason}")

    def _head(self) -> Iterator[str]:
        one = self.request
        yield f"{one.method} {one.target} HTTP/1.1"
        for name, value in one.headers:
            yield f"{name}: {value}"

    def _events(self) -> Iterator[str]:
        one = self.request
        if one.fault:
            yield f"fault: {one.fault} {one.when}"
        if one.kept:
            yield "the chunk was kept"
        if one.reason:
            yield f"{one.clause}: {one.reason}" if one.clause else one.reason


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Requests between the first and the last of a long run: only their number is in the reports."""

    requests: Sequence[Request]

    @property
    def left_out(self) -> int:
        """Their number."""
        return len(self.requests)

    def as_json(self) -> dict[str, Any]:
        """For files."""
        first, last = self.requests[0].began, self.requests[-1].began
        told = {"at": round(first, 4), "seconds": round(last - first, 4), "events": list(self.lines())}
        return {"request": "", "body_bytes": 0, "answers": [], "left_out": self.left_out, **told}

    def lines(self) -> Iterator[str]:
        """For a console."""
        yield f"… {self.left_out:,} further requests …"


@dataclass(frozen=True, slots=True)
class Said:
    """How the client ended, and of what it wrote the first lines and the last."""

    left_out: ClassVar[int] = 0
    ended: Ended

    def as_json(self) -> dict[str, Any]:
        """For files."""
        return {
            "at": round(self.ended.seconds, 4),
            "seconds": 0.0,
            "request": "",
            "body_bytes": 0,
            "events": list(self.lines()),
            "answers": [],
        }

    def lines(self) -> Iterator[str]:
        """For a console."""
        code = self.ended.exit_code
        yield self._end() if code is None else f"the client ended with exit code {code}"
        for name, text in (("stdout", self.ended.stdout), ("stderr", self.ended.stderr)):
            for line in _ends_of(text.strip().splitlines()):
                yield f"its {name}: {printable(masked(line.expandtabs(4)))[:300]}"

    def _end(self) -> str:
        why = "it sent too many requests" if self.ended.hammered else "its time was up"
        return f"the client was {'left to itself' if self.ended.running else 'ended'}: {why}"


def _ends_of(lines: list[str]) -> list[str]:
    return lines if len(lines) <= _FIRST + _LAST else [*lines[:_FIRST], "...", *lines[-_LAST:]]


def records_of(evidence: Evidence) -> tuple[Record, ...]:
    """What passed in a run: all of it, or the beginning and the end."""
    requests = evidence.requests
    if len(requests) <= 2 * SHOWN + 1:
        return (*map(Passed, requests), Said(evidence.ended))
    first, between, last = requests[:SHOWN], requests[SHOWN:-SHOWN], requests[-SHOWN:]
    return (*map(Passed, first), LeftOut(between), *map(Passed, last), Said(evidence.ended))
