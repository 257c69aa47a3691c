"""What the vectors of Content-Range do not say: text, length and ranges that are built, not read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.protocol.ranges import ContentRange, RangeError

LARGEST = 9_223_372_036_854_775_807


@pytest.mark.parametrize(
    ("first", "last", "total", "text"),
    [
        pytest.param(0, 0, 1, "bytes 0-0/1", id="one-byte"),
        pytest.param(0, 9_999_999, 50_000_123, "bytes 0-9999999/50000123", id="guide-first-chunk"),
        pytest.param(
            40_000_000, 50_000_122, 50_000_123, "bytes 40000000-50000122/50000123", id="guide-last-chunk"
        ),
        pytest.param(0, LARGEST - 1, LARGEST, "bytes 0-9223372036854775806/9223372036854775807", id="largest"),
    ],
)
def test_text_is_the_header_of_the_guide(first: int, last: int, total: int, text: str) -> None:
    assert str(ContentRange(first, last, total)) == text


@pytest.mark.parametrize(
    ("first", "last", "total", "length"),
    [
        pytest.param(0, 0, 1, 1, id="one-byte"),
        pytest.param(9, 9, 10, 1, id="last-byte-alone"),
        pytest.param(0, 4_194_303, 4_194_304, 4_194_304, id="guide-whole-upload"),
        pytest.param(40_000_000, 50_000_122, 50_000_123, 10_000_123, id="guide-last-chunk"),
        pytest.param(0, LARGEST - 1, LARGEST, LARGEST, id="largest"),
    ],
)
def test_length_counts_both_ends(first: int, last: int, total: int, length: int) -> None:
    assert len(ContentRange(first, last, total)) == length


@pytest.mark.parametrize(
    ("first", "last", "total", "reason"),
    [
        pytest.param(5, 4, 10, "LAST 4 must not be below FIRST 5", id="last-below-first"),
        pytest.param(0, 10, 10, "LAST is inclusive: 10 must be below TOTAL 10", id="last-equals-total"),
        pytest.param(0, 11, 10, "LAST is inclusive: 11 must be below TOTAL 10", id="last-above-total"),
        pytest.param(0, 0, 0, "LAST is inclusive: 0 must be below TOTAL 0", id="nothing-of-nothing"),
    ],
)
def test_an_inverted_range_cannot_be_built(first: int, last: int, total: int, reason: str) -> None:
    with pytest.raises(RangeError) as refused:
        ContentRange(first, last, total)
    assert refused.value.clause == "S-HEAD-RANGE-INVERTED"
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("bytes 0-9", "wanted 'bytes FIRST-LAST/TOTAL' in plain digits", id="no-total"),
        pytest.param("bytes 0-9/10\n", "wanted 'bytes FIRST-LAST/TOTAL' in plain digits", id="line-end"),
        pytest.param(
            "bytes 0-9/9223372036854775808",
            "no number may exceed 64 bits (9223372036854775807)",
            id="beyond-64-bits",
        ),
    ],
)
def test_a_malformed_header_says_what_was_wanted(text: str, reason: str) -> None:
    with pytest.raises(RangeError) as refused:
        ContentRange.parse(text)
    assert refused.value.clause == "S-HEAD-RANGE-MALFORMED"
    assert str(refused.value) == reason


def test_thousands_of_digits_are_refused_as_beyond_64_bits() -> None:
    with pytest.raises(RangeError) as refused:
        ContentRange.parse("bytes 0-9/" + "1" * 5000)
    assert refused.value.clause == "S-HEAD-RANGE-MALFORMED"


def test_thousands_of_leading_zeros_are_digits() -> None:
    assert ContentRange.parse("bytes 0-9/" + "0" * 5000 + "10") == ContentRange(0, 9, 10)


_INT64 = st.integers(0, LARGEST)


@given(sorted_numbers=st.tuples(_INT64, _INT64).map(sorted), surplus=_INT64)
def test_every_good_range_is_read_as_it_was_written(sorted_numbers: list[int], surplus: int) -> None:
    first, last = sorted_numbers[0], min(sorted_numbers[1], LARGEST - 1)
    first = min(first, last)
    total = min(last + 1 + surplus, LARGEST)
    span = ContentRange.parse("bytes %d-%d/%d" % (first, last, total))  # noqa: UP031 - on purpose not the code's way
    assert (span.first, span.last, span.complete_length) == (first, last, total)


@given(text=st.text(alphabet="bytes 0123456789-/*+,.xX\t\u0661\uff11", max_size=24))
def test_any_text_is_read_or_refused_with_a_clause(text: str) -> None:
    try:
        span = ContentRange.parse(text)
    except RangeError as error:
        assert error.clause in ("S-HEAD-RANGE-MALFORMED", "S-HEAD-RANGE-INVERTED")  # noqa: PT017
    else:
        assert 0 <= span.first <= span.last < span.complete_length
