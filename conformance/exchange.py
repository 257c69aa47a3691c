"""What passed between the kit and its target: an answer as it was read, and the record of it for a report."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Protocol

KEPT: Final = 2048
"""Bytes of a head or a body that a record keeps; of a request's body it keeps only JSON."""

_SECRETS: Final = re.compile(
    r"(?i)(authorization:[ \t]*(?:bearer[ \t]+)?|upload_token=|\"upload_token\":\s*\")[^\s&\"\\]+"
)


def masked(text: str) -> str:
    """`text` without the tokens in it."""
    return _SECRETS.sub(r"\1***", text)


def printable(text: str) -> str:
    """`text` as a line of a terminal may show it: a target's control characters are escaped."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or with status 0 the trouble that came instead."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    trouble: str = ""
    timed_out: bool = False

    def values(self, name: str) -> tuple[str, ...]:
        """All values of a header."""
        return tuple(value for key, value in self.headers if key.lower() == name.lower())

    def value(self, name: str) -> str | None:
        """The one value of a header; several are joined as HTTP reads them."""
        found = self.values(name)
        return ", ".join(found) if found else None

    def json(self) -> Any:
        """The body as JSON, None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def field(self, *names: str) -> Any:
        """A field deep in a JSON body, None where it is not there."""
        found = self.json()
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def __str__(self) -> str:
        if not self.status:
            return self.trouble
        parts = [str(self.status)]
        if (progress := self.value("content-range")) is not None:
            parts.append(f"with Content-Range {progress!r}")
        error = self.field("error")
        if isinstance(error, dict):
            parts.append(
                f"{error.get('code')!s:.60}" + (f" {error['message']!r:.90}" if error.get("message") else "")
            )
        return " ".join(parts)


class Record(Protocol):
    """What passed, as reports show it."""

    @property
    def left_out(self) -> int:
        """How many exchanges it stands for, none of which any report shows; 0 where it is one itself."""
        ...

    def as_json(self) -> dict[str, Any]:
        """For files: at, seconds, request, body_bytes, events, answers."""
        ...

    def lines(self) -> Iterator[str]:
        """For a console."""
        ...


@dataclass(slots=True)
class Exchange:
    """The record of one connection: heads, sizes, times, and JSON; tokens are masked when it is shown."""

    left_out: ClassVar[int] = 0
    began: float
    opened: float = field(default_factory=time.monotonic)
    head: bytes = b""
    body: bytes = b""
    body_bytes: int = 0
    seconds: float = 0.0
    events: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def wrote(self, data: bytes | memoryview) -> None:
        """Take note of bytes that went out."""
        if b"\r\n\r\n" not in self.head:
            before = len(self.head)
            self.head += bytes(data[: 8 * KEPT])
            end = self.head.find(b"\r\n\r\n") + 4
            if end < 4:
                return
            self.head, data = self.head[:end], data[end - before :]
        self.body_bytes += len(data)
        if b"application/json" in self.head.lower():
            self.body += bytes(data[: KEPT - len(self.body)])

    def happened(self, event: str) -> None:
        """Take note of something else, with its time."""
        self.events.append(f"+{time.monotonic() - self.opened:.3f} s {event}")

    def answered(self, answer: Answer) -> None:
        """Take note of an answer or of its absence."""
        self.seconds = time.monotonic() - self.opened
        self.answers.append(answer)

    def as_json(self) -> dict[str, Any]:
        """The record as reports hold it."""
        return {
            "at": round(self.began, 4),
            "seconds": round(self.seconds, 4),
            "request": masked(self.head[:KEPT].decode("utf-8", "replace")),
            "request_body": self._told(),
            "body_bytes": self.body_bytes,
            "events": list(self.events),
            "answers": [_answer_as_json(answer) for answer in self.answers],
        }

    def lines(self) -> Iterator[str]:
        """The record as a console shows it."""
        head = masked(self.head[:KEPT].decode("utf-8", "replace")).rstrip("\r\n").split("\r\n")
        yield f"+{self.began:.3f} s  > {head[0]}"
        for line in head[1:]:
            yield f"           > {line}"
        yield f"           > {self._told() or f'({self.body_bytes} bytes of body)'}"
        for event in self.events:
            yield f"           . {event}"
        for answer in self.answers:
            yield f"+{self.began + self.seconds:.3f} s  < {answer.status or answer.trouble}"
            for name, value in answer.headers if answer.status else ():
                yield f"           < {name}: {masked(value)}"
            if answer.body:
                yield f"           < {masked(answer.body[:300].decode('utf-8', 'replace'))}"

    def _told(self) -> str:
        return masked(self.body.decode("utf-8", "replace"))


def _answer_as_json(answer: Answer) -> dict[str, Any]:
    return {
        "status": answer.status or None,
        "headers": [[name, masked(value)[:KEPT]] for name, value in answer.headers],
        "body": masked(answer.body[:KEPT].decode("utf-8", "replace")),
        "trouble": answer.trouble,
    }
