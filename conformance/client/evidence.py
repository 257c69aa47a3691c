"""What one run of a client left behind: each request, the uploads, and how it ended. Values, nothing else."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from conformance.client.launcher import Ended
from conformance.client.scenario import Mode, Scenario

_SPAN: Final = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")


class Span(NamedTuple):
    """The bytes that a Content-Range names, both ends included."""

    first: int
    last: int
    total: int


def span_of(text: str | None) -> Span | None:
    """The range of a header, None where it is none."""
    found = _SPAN.fullmatch(text or "")
    return Span(*map(int, found.groups())) if found else None


@dataclass(frozen=True, slots=True)
class Request:
    """One request of the client as the mock's journal has it; times in seconds after the run began."""

    sequence: int
    operation: str
    upload_id: str | None = None
    chunk: int | None = None
    content_range: str | None = None
    method: str = "PUT"
    target: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    received: int = 0
    status: int | None = None
    answer: tuple[tuple[str, str], ...] = ()
    clause: str = ""
    reason: str = ""
    warning: str = ""
    fault: str = ""
    """The kind of the fault that struck, "" for none."""

    when: str = ""
    kept: bool = False
    began: float = 0.0
    ended: float = 0.0
    """When the answer went out or, where `status` is None, when the mock was through with it."""

    @property
    def span(self) -> Span | None:
        """The bytes that it names."""
        return span_of(self.content_range)

    @property
    def progress(self) -> int | None:
        """The number in the progress header of its answer."""
        found = span_of(_value(self.answer, "content-range"))
        return found.last if found else None

    def header(self, name: str) -> str | None:
        """A header of the request."""
        return _value(self.headers, name)

    def answered(self, name: str) -> str | None:
        """A header of the answer."""
        return _value(self.answer, name)

    @property
    def told_kept(self) -> bool:
        """The client was told that the chunk is in."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def said(self) -> str:
        """The status that an answer of status/fetch told, "" where another kind of answer came."""
        if self.operation != "status" or self.fault or self.status != 200:
            return ""
        return self.reason.partition(",")[0]

    def __str__(self) -> str:
        what = self.operation if self.content_range is None else self.content_range
        said = str(self.status) if self.status else "no answer"
        return f"#{self.sequence} {what}: {said}" + (f" ({self.fault})" if self.fault else "")


def _value(headers: Sequence[tuple[str, str]], name: str) -> str | None:
    found = [value for key, value in headers if key.lower() == name]
    return ", ".join(found) if found else None


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload task at the end. `wrong_at` is the first byte where what was kept is not the file."""

    upload_id: str
    video_size: int
    chunk_size: int
    total_chunk_count: int
    uploaded: int
    complete: bool
    status: str
    wrong_at: int | None = None
    looks_like: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it. `requests` are in the order in which they began; `unfired` are faults that never struck."""

    scenario: Scenario
    mode: Mode
    size: int
    ended: Ended
    seconds_allowed: float
    requests: tuple[Request, ...]
    uploads: tuple[Upload, ...]
    unfired: tuple[str, ...] = ()
    trapped: tuple[str, ...] = ()
    progress: str = "count"
    """The mock's reading of A4 in this run."""

    mb: int | None = None
    """The bytes of a MB, None for the real units."""

    upload_path: str = "/video/"
    """The path of the upload_url that the mock gives."""

    @property
    def chunks(self) -> tuple[Request, ...]:
        """The PUTs."""
        return tuple(one for one in self.requests if one.operation == "chunk")

    @property
    def strays(self) -> tuple[Request, ...]:
        """PUTs to no path of TikTok's side."""
        return tuple(one for one in self.requests if not one.operation and one.method == "PUT")

    @property
    def posts(self) -> tuple[Upload, ...]:
        """The uploads that became a post."""
        return tuple(one for one in self.uploads if one.complete and one.status != "FAILED")

    @property
    def timed_out(self) -> bool:
        """It did not end by itself."""
        return self.ended.exit_code is None

    @property
    def claims_success(self) -> bool:
        """It said that the upload is done."""
        return self.ended.exit_code == 0

    @property
    def exit_told(self) -> str:
        """How it ended, in words."""
        if self.ended.hammered:
            return f"no end after {self.ended.requests:,} requests in {self.ended.seconds:.1f} s"
        if self.ended.exit_code is None:
            return f"no end within {self.seconds_allowed:g} s"
        return f"exit code {self.ended.exit_code}"

    def later(self, request: Request) -> tuple[Request, ...]:
        """The requests that began after this one."""
        return self.requests[self.requests.index(request) + 1 :]


@dataclass(frozen=True, slots=True)
class Raw:
    """What the mock's control surface said after a run."""

    journal: Sequence[Mapping[str, Any]]
    uploads: Sequence[Mapping[str, Any]]
    compared: Mapping[str, Mapping[str, Any]]
    faults: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    rules: Mapping[str, Any] = field(default_factory=dict)


def requests_of(raw: Raw) -> tuple[Request, ...]:
    """The journal as values."""
    kept = {
        one["sequence"]
        for upload in raw.uploads
        for row in upload["ledger"]
        for one in row["requests"]
        if one["kept"]
    }
    entries = sorted(raw.journal, key=lambda entry: (entry["times"]["first_byte"]["wall"], entry["sequence"]))
    start = _moment(entries[0]["times"]["first_byte"]) if entries else 0.0
    return tuple(_request(entry, start, entry["sequence"] in kept) for entry in entries)


def _request(entry: Mapping[str, Any], start: float, kept: bool) -> Request:  # noqa: FBT001 - one of many facts
    answer, fault, asked = entry["answer"] or {}, entry["fault"] or {}, entry["request"] or {}
    began, ended = (_moment(entry["times"][name]) - start for name in ("first_byte", "answer"))
    return Request(
        sequence=entry["sequence"],
        operation=entry["operation"] or "",
        upload_id=entry["upload_id"],
        chunk=entry["chunk"],
        content_range=entry["content_range"],
        method=asked.get("method", "?"),
        target=asked.get("target", ""),
        headers=tuple((name, value) for name, value in asked.get("headers", ())),
        received=entry["received"],
        status=answer.get("status"),
        answer=tuple((name, value) for name, value in answer.get("headers", ())),
        clause=entry["clause"] or "",
        reason=entry["reason"] or "",
        warning=entry["warning"] or "",
        fault=fault.get("kind", ""),
        when=str(fault.get("when", "")),
        kept=kept,
        began=began,
        ended=ended,
    )


def _moment(times: Mapping[str, str]) -> float:
    return datetime.fromisoformat(times["wall"]).timestamp()


def uploads_of(raw: Raw) -> tuple[Upload, ...]:
    """The uploads as values."""
    return tuple(_upload(one, raw.compared.get(one["upload_id"], {})) for one in raw.uploads)


def _upload(told: Mapping[str, Any], compared: Mapping[str, Any]) -> Upload:
    difference = compared.get("first_difference") or {}
    at = difference.get("first")
    if at is not None and at >= told["uploaded_bytes"]:
        at = None  # what is not there yet is not wrong
    return Upload(
        told["upload_id"],
        told["video_size"],
        told["chunk_size"],
        told["total_chunk_count"],
        told["uploaded_bytes"],
        told["complete"],
        told["status"] or "",
        at,
        (difference.get("looks_like") or "") if at is not None else "",
    )
