"""The journal, and the request log that listens to it."""

import io
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from mockserver.journal import Entry, Journal
from mockserver.request_log import RequestLog, json_line, text_line

ENTRY = Entry(
    sequence=7,
    at=1_767_225_600.123,
    seconds=0.25,
    method="PUT",
    path="/video/",
    upload_id="7600000000000000002",
    content_range="bytes 5-9/10",
    received=5,
    status=416,
    clause="S-ORDER-START",
    reason="FIRST must be 0, the next byte; got 5",
    warning="",
)
PARSER = replace(ENTRY, method="?", path="?", upload_id=None, content_range=None, received=0, status=400)


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """People's time is UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


# ───────────────────────────── the journal ─────────────────────────────


def test_sequences_count_from_1() -> None:
    journal = Journal()
    assert [journal.next_sequence() for _ in range(3)] == [1, 2, 3]


def test_two_journals_count_apart() -> None:
    one, other = Journal(), Journal()
    one.next_sequence()
    assert other.next_sequence() == 1


def test_every_listener_hears_every_entry_in_order() -> None:
    heard: list[tuple[str, Entry]] = []
    journal = Journal(lambda entry: heard.append(("first", entry)), lambda entry: heard.append(("second", entry)))
    journal.record(ENTRY)
    journal.record(PARSER)
    assert heard == [("first", ENTRY), ("second", ENTRY), ("first", PARSER), ("second", PARSER)]


def test_a_journal_without_listeners_takes_entries_too() -> None:
    Journal().record(ENTRY)


def test_an_entry_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        ENTRY.status = 200  # type: ignore[misc]


# ───────────────────────────── lines for people ─────────────────────────────


def columns(line: str) -> list[str]:
    return line.split("  ")


@pytest.mark.usefixtures("utc")
def test_a_text_line_tells_when_what_and_why() -> None:
    assert columns(text_line(ENTRY)) == [
        "00:00:00.123",
        "416",
        "PUT /video/",
        "bytes 5-9/10",
        "S-ORDER-START",
        "FIRST must be 0, the next byte; got 5",
        "[upload 7600000000000000002]",
    ]


@pytest.mark.usefixtures("utc")
def test_a_text_line_leaves_out_what_there_is_not() -> None:
    assert columns(text_line(replace(PARSER, clause="", reason=""))) == ["00:00:00.123", "400", "? ?"]


def test_a_text_line_shows_that_no_answer_was_sent() -> None:
    assert columns(text_line(replace(ENTRY, status=None)))[1] == "---"


@pytest.mark.parametrize(("method", "shown"), [("POST", True), ("PUT", False)])
def test_a_warning_is_shown_once_at_init(method: str, shown: bool) -> None:  # noqa: FBT001
    line = text_line(replace(ENTRY, method=method, warning="another reading (A2) refuses this plan"))
    assert ("(another reading (A2) refuses this plan)" in line) is shown


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        pytest.param("/a\nb", "PUT /a?b", id="line-end"),
        pytest.param("/a\r\x1b[2Jb", "PUT /a??[2Jb", id="terminal-control"),
        pytest.param("/a\x7fb", "PUT /a?b", id="delete"),
        pytest.param("/a\x9bb", "PUT /a\\x9bb", id="control-above-ascii"),
        pytest.param("/caf\u00e9", "PUT /caf\\xe9", id="latin"),
        pytest.param("/\u2028", "PUT /\\u2028", id="line-separator"),
        pytest.param("/\udcff", "PUT /\\udcff", id="half-a-pair"),
    ],
)
def test_a_text_line_is_one_line_of_printable_ascii(path: str, shown: str) -> None:
    line = text_line(replace(ENTRY, path=path))
    assert columns(line)[2] == shown
    assert line.isascii()
    assert line.isprintable()


# ───────────────────────────── lines for programs ─────────────────────────────

JSON_ENTRY: dict[str, Any] = {
    "sequence": 7,
    "at": "2026-01-01T00:00:00.123000+00:00",
    "seconds": 0.25,
    "method": "PUT",
    "path": "/video/",
    "upload_id": "7600000000000000002",
    "content_range": "bytes 5-9/10",
    "received": 5,
    "status": 416,
    "clause": "S-ORDER-START",
    "reason": "FIRST must be 0, the next byte; got 5",
    "warning": "",
}


def test_a_json_line_has_every_field() -> None:
    assert json.loads(json_line(ENTRY)) == JSON_ENTRY


def test_a_json_line_says_null_where_there_is_nothing() -> None:
    entry = replace(ENTRY, upload_id=None, content_range=None, status=None)
    assert json.loads(json_line(entry)) == {**JSON_ENTRY, "upload_id": None, "content_range": None, "status": None}


@pytest.mark.parametrize("path", ["/a\nb", "/caf\u00e9", "/\u2028", "/\udcff"], ids=ascii)
def test_a_json_line_is_one_line_of_printable_ascii(path: str) -> None:
    line = json_line(replace(ENTRY, path=path))
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["path"] == path


def test_a_json_line_of_a_whole_second_has_its_fraction() -> None:
    assert json.loads(json_line(replace(ENTRY, at=1_767_225_600.0)))["at"] == "2026-01-01T00:00:00.000000+00:00"


# ───────────────────────────── the log and its reader ─────────────────────────────


def path_of(entry: Entry) -> str:
    return entry.path


def entries(*paths: str) -> list[Entry]:
    return [replace(ENTRY, path=path) for path in paths]


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


def test_each_entry_becomes_a_line_in_order() -> None:
    stream = Reader()
    log = RequestLog(stream, path_of)
    for entry in entries("/1", "/2", "/3"):
        log.record(entry)
    log.close()
    assert stream.getvalue() == "/1\n/2\n/3\n"


def test_a_line_can_be_read_while_the_server_runs() -> None:
    stream = Reader()
    log = RequestLog(stream, path_of)
    log.record(ENTRY)
    assert stream.flushed.wait(10)
    assert stream.getvalue() == "/video/\n"
    log.close()


def test_a_log_without_entries_stays_empty() -> None:
    stream = Reader()
    RequestLog(stream, path_of).close()
    assert stream.getvalue() == ""


def test_a_reader_that_is_too_slow_loses_lines_and_is_told_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.request_log.MOST_WAITING", 2)
    stream = SlowReader()
    log = RequestLog(stream, path_of)
    log.record(*entries("/1"))
    assert stream.waiting.wait(10)
    for entry in entries("/2", "/3", "/4", "/5", "/6"):
        log.record(entry)
    stream.reads.set()
    log.close(10)
    assert stream.getvalue() == "/1\n/2\n/3\n3 requests were not logged: nobody read the log\n"


def test_a_reader_that_catches_up_loses_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.request_log.MOST_WAITING", 1)
    stream = SlowReader()
    log = RequestLog(stream, path_of)
    log.record(*entries("/1"))
    assert stream.waiting.wait(10)
    log.record(*entries("/2"))
    stream.reads.set()
    log.close(10)
    assert stream.getvalue() == "/1\n/2\n"


def test_up_to_10000_entries_wait_for_a_reader() -> None:
    stream = SlowReader()
    log = RequestLog(stream, path_of)
    log.record(*entries("/1"))
    assert stream.waiting.wait(10)
    for entry in entries(*["/2"] * 10_001):
        log.record(entry)
    stream.reads.set()
    log.close(10)
    assert stream.getvalue() == "/1\n" + "/2\n" * 10_000 + "1 requests were not logged: nobody read the log\n"


def test_closing_waits_for_a_reader_no_longer_than_told() -> None:
    stream = SlowReader()
    log = RequestLog(stream, path_of)
    log.record(ENTRY)
    assert stream.waiting.wait(10)
    log.close(0)
    assert stream.getvalue() == ""
    stream.reads.set()
    log.close(10)
    assert stream.getvalue() == "/video/\n"


@pytest.mark.parametrize(
    "error",
    [BrokenPipeError(32, "gone"), OSError(28, "disk full"), ValueError("I/O operation on closed file")],
    ids=lambda error: type(error).__name__,
)
def test_a_reader_that_is_gone_is_written_to_once_and_forgotten(error: Exception) -> None:
    stream = GoneReader(error)
    log = RequestLog(stream, path_of)
    log.record(ENTRY)
    assert stream.tried.wait(10)
    log.record(ENTRY)
    log.close()
    assert stream.writes == 1
