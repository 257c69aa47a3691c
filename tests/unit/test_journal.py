"""The journal, and the request log."""

import asyncio
import io
import json
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from mockserver.journal import Entry, Fired, Head, Instant, Journal, Sent, iso
from mockserver.request_log import LineWriter, LogHandler, json_line, text_line

WALL = 1_767_225_600.0
"""2026-01-01, midnight, UTC; the mock's clock is an hour ahead."""
ENTRY = Entry(
    sequence=7,
    peer="127.0.0.1:50000",
    operation="chunk",
    owner="act.0123456789",
    upload_id="7600000000000000002",
    chunk=2,
    content_range="bytes 5-9/10",
    head=Head("PUT", "/video/?upload_id=76", "HTTP/1.1", (("Host", "x"), ("Content-Length", "5"))),
    received=5,
    sent=Sent(416, (("Content-Range", "bytes 0-0/10"),)),
    clause="S-ORDER-START",
    reason="FIRST must be 0, the next byte; got 5",
    warning="",
    fault=None,
    first_byte=Instant(WALL + 3600.125, WALL + 0.125),
    last_byte=Instant(WALL + 3600.25, WALL + 0.25),
    answered=Instant(WALL + 3600.375, WALL + 0.375),
)
FAULT = Fired(3, "status", "before_body")
NO_REQUEST = replace(
    ENTRY, operation=None, owner=None, upload_id=None, chunk=None, content_range=None, head=None, clause="S-HTTP"
)


def at(target: str) -> Entry:
    """The entry of a request for `target`."""
    return replace(ENTRY, head=Head("PUT", target, "HTTP/1.1", ()))


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """People's time is UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


# ───────────────────────────── entries ─────────────────────────────

JSON_ENTRY: dict[str, Any] = {
    "sequence": 7,
    "peer": "127.0.0.1:50000",
    "operation": "chunk",
    "token": "act....55834a5e",
    "upload_id": "7600000000000000002",
    "chunk": 2,
    "content_range": "bytes 5-9/10",
    "request": {
        "method": "PUT",
        "target": "/video/?upload_id=76",
        "version": "HTTP/1.1",
        "headers": [["Host", "x"], ["Content-Length", "5"]],
    },
    "received": 5,
    "answer": {"status": 416, "headers": [["Content-Range", "bytes 0-0/10"]]},
    "clause": "S-ORDER-START",
    "reason": "FIRST must be 0, the next byte; got 5",
    "warning": "",
    "fault": None,
    "times": {
        "first_byte": {"clock": "2026-01-01T01:00:00.125000+00:00", "wall": "2026-01-01T00:00:00.125000+00:00"},
        "last_byte": {"clock": "2026-01-01T01:00:00.250000+00:00", "wall": "2026-01-01T00:00:00.250000+00:00"},
        "answer": {"clock": "2026-01-01T01:00:00.375000+00:00", "wall": "2026-01-01T00:00:00.375000+00:00"},
    },
}


def test_an_entry_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        ENTRY.sequence = 8  # type: ignore[misc]


def test_an_entry_is_shown_whole_with_its_token_masked() -> None:
    assert ENTRY.as_json() == JSON_ENTRY


def test_an_entry_of_no_request_says_null() -> None:
    shown = replace(NO_REQUEST, sent=None, last_byte=None).as_json()
    names = ("operation", "token", "upload_id", "chunk", "content_range", "request", "answer", "fault")
    assert {name: shown[name] for name in names} == dict.fromkeys(names)
    assert shown["times"] == {**JSON_ENTRY["times"], "last_byte": None}


def test_an_entry_names_the_fault_that_struck() -> None:
    assert replace(ENTRY, fault=FAULT).as_json()["fault"] == {"id": 3, "kind": "status", "when": "before_body"}


def test_an_entry_knows_method_path_and_status() -> None:
    assert (ENTRY.method, ENTRY.path, ENTRY.status) == ("PUT", "/video/", 416)


def test_an_entry_of_no_request_has_neither_method_nor_path() -> None:
    entry = replace(NO_REQUEST, sent=None)
    assert (entry.method, entry.path, entry.status) == ("?", "?", None)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        pytest.param(WALL, "2026-01-01T00:00:00.000000+00:00", id="whole-second"),
        pytest.param(WALL + 0.5, "2026-01-01T00:00:00.500000+00:00", id="fraction"),
        pytest.param(0.0, "1970-01-01T00:00:00.000000+00:00", id="epoch"),
    ],
)
def test_times_are_utc_to_the_microsecond(seconds: float, text: str) -> None:
    assert iso(seconds) == text


# ───────────────────────────── the journal ─────────────────────────────


def numbered(*sequences: int, owner: str | None = "t", upload_id: str | None = "1") -> list[Entry]:
    return [replace(ENTRY, sequence=number, owner=owner, upload_id=upload_id) for number in sequences]


def filled(*entries: Entry, most: int = 100) -> Journal:
    journal = Journal(most)
    for entry in entries:
        journal.record(entry)
    return journal


def sequences(entries: list[Entry]) -> list[int]:
    return [entry.sequence for entry in entries]


def test_a_new_journal_is_empty() -> None:
    journal = Journal()
    assert (journal.last, journal.dropped, journal.since(0)) == (0, 0, [])


def test_entries_are_kept_in_order() -> None:
    entries = numbered(1, 2, 3)
    journal = filled(*entries)
    assert journal.since(0) == entries
    assert journal.last == 3


@pytest.mark.parametrize(
    ("since", "found"), [(0, [1, 2, 3]), (1, [2, 3]), (2, [3]), (3, []), (99, []), (-1, [1, 2, 3])]
)
def test_since_leaves_out_what_is_known(since: int, found: list[int]) -> None:
    assert sequences(filled(*numbered(1, 2, 3)).since(since)) == found


@pytest.mark.parametrize(
    ("narrowed", "found"),
    [
        pytest.param({}, [1, 2, 3, 4], id="all"),
        pytest.param({"token": "a"}, [1, 2], id="token"),
        pytest.param({"upload_id": "2"}, [2, 3], id="upload"),
        pytest.param({"token": "a", "upload_id": "2"}, [2], id="both"),
        pytest.param({"token": "z"}, [], id="unknown"),
    ],
)
def test_entries_are_narrowed_to_a_token_or_an_upload(narrowed: dict[str, str], found: list[int]) -> None:
    journal = filled(
        *numbered(1, owner="a", upload_id="1"),
        *numbered(2, owner="a", upload_id="2"),
        *numbered(3, owner="b", upload_id="2"),
        *numbered(4, owner=None, upload_id=None),
    )
    assert sequences(journal.since(0, **narrowed)) == found


def test_beyond_its_number_of_entries_the_oldest_are_dropped_and_counted() -> None:
    journal = filled(*numbered(1, 2, 3, 4, 5), most=3)
    assert sequences(journal.since(0)) == [3, 4, 5]
    assert (journal.dropped, journal.last) == (2, 5)


def test_as_many_entries_as_told_are_kept() -> None:
    journal = filled(*numbered(1, 2, 3), most=3)
    assert (sequences(journal.since(0)), journal.dropped) == ([1, 2, 3], 0)


def test_beyond_its_bytes_the_oldest_are_dropped() -> None:
    journal = Journal(most_bytes=50_000)
    for number in range(1, 6):
        journal.record(replace(ENTRY, sequence=number, reason="x" * 20_000))
    assert sequences(journal.since(0)) == [4, 5]
    assert journal.dropped == 3


def test_an_entry_larger_than_all_the_bytes_is_dropped() -> None:
    journal = Journal(most_bytes=50_000)
    journal.record(replace(ENTRY, sequence=1, head=Head("PUT", "/", "HTTP/1.1", (("X", "x" * 60_000),))))
    journal.record(replace(ENTRY, sequence=2))
    assert sequences(journal.since(0)) == [2]


def test_forgetting_everything_goes_on_counting() -> None:
    journal = filled(*numbered(1, 2, 3, 4), most=3)
    assert journal.forget() == 3
    assert (journal.since(0), journal.dropped, journal.last) == ([], 0, 4)
    journal.record(*numbered(5))
    assert sequences(journal.since(0)) == [5]


def test_forgetting_a_token_leaves_the_others() -> None:
    journal = filled(*numbered(1, owner="a"), *numbered(2, owner="b"), *numbered(3, owner=None))
    assert journal.forget("a") == 1
    assert sequences(journal.since(0)) == [2, 3]


def test_what_is_forgotten_takes_no_room() -> None:
    journal = Journal(most_bytes=50_000)
    for number, owner in ((1, "a"), (2, "b")):
        journal.record(replace(ENTRY, sequence=number, owner=owner, reason="x" * 20_000))
    journal.forget("a")
    journal.record(replace(ENTRY, sequence=3, reason="x" * 20_000))
    assert sequences(journal.since(0)) == [2, 3]


async def test_who_waits_for_a_later_entry_is_woken_by_it() -> None:
    journal = filled(*numbered(1))
    waiting = asyncio.create_task(journal.beyond(2))
    for number in (2, 3):
        await asyncio.sleep(0)
        assert not waiting.done()
        journal.record(*numbered(number))
    await asyncio.sleep(0)
    assert waiting.done()


async def test_nobody_waits_for_an_entry_that_is_there() -> None:
    await filled(*numbered(1, 2)).beyond(1)


# ───────────────────────────── lines for people ─────────────────────────────


def columns(line: str) -> list[str]:
    return line.split("  ")


@pytest.mark.usefixtures("utc")
def test_a_text_line_tells_when_what_and_why() -> None:
    assert columns(text_line(ENTRY)) == [
        "00:00:00.125",
        "416",
        "PUT /video/",
        "bytes 5-9/10",
        "S-ORDER-START",
        "FIRST must be 0, the next byte; got 5",
        "[upload 7600000000000000002]",
    ]


@pytest.mark.usefixtures("utc")
def test_a_text_line_leaves_out_what_there_is_not() -> None:
    assert columns(text_line(replace(NO_REQUEST, clause="", reason=""))) == ["00:00:00.125", "416", "? ?"]


def test_a_text_line_shows_that_no_answer_was_sent() -> None:
    assert columns(text_line(replace(ENTRY, sent=None)))[1] == "---"


def test_a_text_line_names_the_fault_that_struck() -> None:
    assert columns(text_line(replace(ENTRY, fault=FAULT)))[-2] == "{fault 3: status before_body}"


@pytest.mark.parametrize(
    ("operation", "shown"), [("init", True), ("chunk", False), ("status", False), (None, False)]
)
def test_a_warning_is_shown_once_at_init(operation: str | None, shown: bool) -> None:  # noqa: FBT001
    line = text_line(replace(ENTRY, operation=operation, warning="another reading (A2) refuses this plan"))
    assert ("(another reading (A2) refuses this plan)" in line) is shown


PATHS = [
    pytest.param("/a\nb", "/a?b", id="line-end"),
    pytest.param("/a\r\x1b[2Jb", "/a??[2Jb", id="terminal-control"),
    pytest.param("/a\x7fb", "/a?b", id="delete"),
    pytest.param("/a\x9bb", "/a\\x9bb", id="control-above-ascii"),
    pytest.param("/caf\u00e9", "/caf\\xe9", id="latin"),
    pytest.param("/\u2028", "/\\u2028", id="line-separator"),
    pytest.param("/\udcff", "/\\udcff", id="half-a-pair"),
]


@pytest.mark.parametrize(("path", "shown"), PATHS)
def test_a_text_line_is_one_line_of_printable_ascii(path: str, shown: str) -> None:
    line = text_line(at(path))
    assert columns(line)[2] == f"PUT {shown}"
    assert line.isascii()
    assert line.isprintable()


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        pytest.param(600, "x" * 600, id="600-characters"),
        pytest.param(601, "x" * 597 + "...", id="601-characters"),
        pytest.param(100_000, "x" * 597 + "...", id="far-too-many"),
    ],
)
def test_each_part_of_a_text_line_is_cut(length: int, shown: str) -> None:
    assert columns(text_line(replace(ENTRY, reason="x" * length)))[5] == shown


# ───────────────────────────── lines for programs ─────────────────────────────

JSON_LINE: dict[str, Any] = {
    "sequence": 7,
    "at": "2026-01-01T00:00:00.125000+00:00",
    "seconds": 0.25,
    "method": "PUT",
    "path": "/video/",
    "upload_id": "7600000000000000002",
    "chunk": 2,
    "content_range": "bytes 5-9/10",
    "received": 5,
    "status": 416,
    "clause": "S-ORDER-START",
    "reason": "FIRST must be 0, the next byte; got 5",
    "warning": "",
    "fault": None,
}


def test_a_json_line_has_every_field() -> None:
    assert json.loads(json_line(ENTRY)) == JSON_LINE


def test_a_json_line_says_null_where_there_is_nothing() -> None:
    entry = replace(ENTRY, upload_id=None, chunk=None, content_range=None, sent=None)
    nothing = {"upload_id": None, "chunk": None, "content_range": None, "status": None}
    assert json.loads(json_line(entry)) == {**JSON_LINE, **nothing}


def test_a_json_line_names_the_fault_that_struck() -> None:
    fault = {"id": 3, "kind": "status", "when": "before_body"}
    assert json.loads(json_line(replace(ENTRY, fault=FAULT))) == {**JSON_LINE, "fault": fault}


@pytest.mark.parametrize(("path", "shown"), PATHS)
def test_a_json_line_is_one_line_of_printable_ascii(path: str, shown: str) -> None:
    line = json_line(at(path))
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["path"] == shown


# ───────────────────────────── lines and their reader ─────────────────────────────


class Reader(io.StringIO):
    """A stream that notes when it is flushed."""

    def __init__(self) -> None:
        super().__init__()
        self.flushed = threading.Event()

    def flush(self) -> None:
        self.flushed.set()


class SlowReader(Reader):
    """A full pipe: every write waits until `reads` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = threading.Event()
        self.reads = threading.Event()

    def write(self, text: str, /) -> int:
        self.waiting.set()
        assert self.reads.wait(10)
        return super().write(text)


class GoneReader(Reader):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error
        self.writes = 0
        self.tried = threading.Event()

    def write(self, _: str, /) -> int:
        self.writes += 1
        self.tried.set()
        raise self.error


def stuck_writer() -> tuple[SlowReader, LineWriter]:
    """A writer whose first line is on its way into a full pipe."""
    stream = SlowReader()
    writer = LineWriter(stream)
    writer.write("1")
    assert stream.waiting.wait(10)
    return stream, writer


def test_lines_are_written_in_order() -> None:
    stream = Reader()
    writer = LineWriter(stream)
    for line in ("1", "2", "3"):
        writer.write(line)
    writer.close()
    assert stream.getvalue() == "1\n2\n3\n"


def test_a_line_can_be_read_while_the_server_runs() -> None:
    stream = Reader()
    writer = LineWriter(stream)
    writer.write("1")
    assert stream.flushed.wait(10)
    assert stream.getvalue() == "1\n"
    writer.close()


def test_a_writer_without_lines_writes_nothing() -> None:
    stream = Reader()
    LineWriter(stream).close()
    assert stream.getvalue() == ""


def test_a_reader_that_is_too_slow_loses_lines_and_is_told_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.request_log.MOST_WAITING", 2)
    stream, writer = stuck_writer()
    for line in ("2", "3", "4", "5", "6"):
        writer.write(line)
    stream.reads.set()
    writer.close(10)
    assert stream.getvalue() == "1\n2\n3\n3 lines were not written: nobody read them\n"


def test_a_reader_that_catches_up_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.request_log.MOST_WAITING", 2)
    stream, writer = stuck_writer()
    for line in ("2", "3"):
        writer.write(line)
    stream.reads.set()
    writer.close(10)
    assert stream.getvalue() == "1\n2\n3\n"


def test_10000_lines_wait_for_a_reader() -> None:
    stream, writer = stuck_writer()
    for _ in range(10_002):
        writer.write("2")
    stream.reads.set()
    writer.close(10)
    assert stream.getvalue() == "1\n" + "2\n" * 10_000 + "2 lines were not written: nobody read them\n"


def test_closing_waits_for_a_reader_no_longer_than_told() -> None:
    stream, writer = stuck_writer()
    writer.close(0)
    assert stream.getvalue() == ""
    stream.reads.set()
    writer.close(10)
    assert stream.getvalue() == "1\n"


@pytest.mark.parametrize(
    "error",
    [BrokenPipeError(32, "gone"), OSError(28, "disk full"), ValueError("I/O operation on closed file")],
    ids=lambda error: type(error).__name__,
)
def test_a_reader_that_is_gone_is_written_to_once_and_forgotten(error: Exception) -> None:
    stream = GoneReader(error)
    writer = LineWriter(stream)
    writer.write("1")
    assert stream.tried.wait(10)
    writer.write("2")
    writer.close()
    assert stream.writes == 1


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """A logger that nobody else hears."""
    log = logging.getLogger("of a test of the request log")
    log.propagate = False
    log.setLevel(logging.DEBUG)
    yield log
    for handler in list(log.handlers):
        log.removeHandler(handler)


def test_what_pythons_logging_warns_of_goes_the_same_way(log: logging.Logger) -> None:
    stream = Reader()
    writer = LineWriter(stream)
    log.addHandler(LogHandler(writer))
    log.warning("something %s", "odd")
    log.info("not this")
    writer.close()
    assert stream.getvalue() == "something odd\n"
