"""The ledger: for each upload and byte range who sent it, how often, and whether it was kept."""

from dataclasses import replace

import pytest

from mockserver.ledger import MOST_RANGES, MOST_SENDINGS, Ledger, Sending

ONE = Sending(sequence=1, at=1000.0, peer="127.0.0.1:50000", status=416, received=5000, kept=False)
KEPT = Sending(sequence=2, at=1001.0, peer="127.0.0.1:50000", status=206, received=5000, kept=True)
FIRST = "bytes 0-4999/15000"
SECOND = "bytes 5000-9999/15000"


def rows(ledger: Ledger, upload_id: str = "7") -> list[tuple[int, int, int, bool]]:
    return [(row.first, row.last, row.times, row.kept) for row in ledger.rows(upload_id)]


def test_an_unknown_upload_has_no_rows() -> None:
    assert list(Ledger(10).rows("7")) == []


def test_each_range_has_a_row() -> None:
    ledger = Ledger(10)
    ledger.record("7", FIRST, ONE)
    ledger.record("7", SECOND, KEPT)
    assert rows(ledger) == [(0, 4999, 1, False), (5000, 9999, 1, True)]
    assert list(ledger.rows("7")[0].sendings) == [ONE]


def test_rows_are_in_the_order_of_their_bytes() -> None:
    ledger = Ledger(10)
    for span in ("bytes 5000-9999/15000", "bytes 0-9999/15000", "bytes 10000-14999/15000", "bytes 0-4999/15000"):
        ledger.record("7", span, ONE)
    assert [(first, last) for first, last, _, _ in rows(ledger)] == [
        (0, 4999),
        (0, 9999),
        (5000, 9999),
        (10_000, 14_999),
    ]


def test_a_range_is_the_same_whatever_its_total_and_its_zeros() -> None:
    ledger = Ledger(10)
    for span in (FIRST, "bytes 0-4999/9999", "bytes 000-04999/15000"):
        ledger.record("7", span, ONE)
    assert rows(ledger) == [(0, 4999, 3, False)]


@pytest.mark.parametrize("order", [(ONE, KEPT), (KEPT, ONE)], ids=["refused first", "kept first"])
def test_a_range_that_was_kept_once_stays_kept(order: tuple[Sending, Sending]) -> None:
    ledger = Ledger(10)
    for sending in order:
        ledger.record("7", FIRST, sending)
    assert rows(ledger) == [(0, 4999, 2, True)]
    assert tuple(ledger.rows("7")[0].sendings) == order


@pytest.mark.parametrize(
    "span",
    ["", "bytes 0-4999", "bytes=0-4999/15000", "bytes 4999-0/15000", "bytes 0-15000/15000", f"{FIRST}, {FIRST}"],
)
def test_a_range_that_cannot_be_read_has_no_row(span: str) -> None:
    ledger = Ledger(10)
    ledger.record("7", span, ONE)
    assert rows(ledger) == []


def test_uploads_do_not_touch_one_another() -> None:
    ledger = Ledger(10)
    ledger.record("7", FIRST, KEPT)
    ledger.record("8", FIRST, ONE)
    assert (rows(ledger, "7"), rows(ledger, "8")) == ([(0, 4999, 1, True)], [(0, 4999, 1, False)])


def test_the_last_20_requests_of_a_range_are_kept_and_all_are_counted() -> None:
    assert MOST_SENDINGS == 20
    ledger = Ledger(10)
    for number in range(1, 26):
        ledger.record("7", FIRST, replace(ONE, sequence=number))
    (row,) = ledger.rows("7")
    assert row.times == 25
    assert [sending.sequence for sending in row.sendings] == list(range(6, 26))


def test_2000_ranges_and_no_more_but_those_go_on() -> None:
    assert MOST_RANGES == 2000
    ledger = Ledger(10)
    for first in range(2001):
        ledger.record("7", f"bytes {first}-{first}/9999", ONE)
    ledger.record("7", "bytes 0-0/9999", KEPT)
    found = rows(ledger)
    assert len(found) == 2000
    assert (found[0], found[-1]) == ((0, 0, 2, True), (1999, 1999, 1, False))


def test_the_newest_uploads_are_remembered() -> None:
    ledger = Ledger(2)
    for upload_id in ("1", "2", "1", "3"):
        ledger.record(upload_id, FIRST, ONE)
    assert [len(rows(ledger, upload_id)) for upload_id in ("1", "2", "3")] == [0, 1, 1]


def test_one_upload_is_forgotten() -> None:
    ledger = Ledger(10)
    for upload_id in ("1", "2"):
        ledger.record(upload_id, FIRST, ONE)
    ledger.forget("1")
    ledger.forget("never there")
    assert [len(rows(ledger, upload_id)) for upload_id in ("1", "2")] == [0, 1]


def test_all_uploads_are_forgotten() -> None:
    ledger = Ledger(10)
    for upload_id in ("1", "2"):
        ledger.record(upload_id, FIRST, ONE)
    ledger.forget()
    assert [len(rows(ledger, upload_id)) for upload_id in ("1", "2")] == [0, 0]
