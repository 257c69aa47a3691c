"""RetryPolicy: C-RETRY-BOUNDED, C-RETRY-BACKOFF."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_reference import RetryPolicy
from client_reference.retry import Polls, retry_after_seconds


@pytest.mark.parametrize(
    ("draw", "waits"),
    [
        (1.0, [0.5, 1.0, 2.0, 4.0, 8.0, None]),
        (0.0, [0.25, 0.5, 1.0, 2.0, 4.0, None]),
        (0.5, [0.375, 0.75, 1.5, 3.0, 6.0, None]),
    ],
)
def test_waits_double_until_the_attempts_are_used_up(draw, waits):
    assert [RetryPolicy().wait(failures, draw) for failures in range(1, 7)] == waits


def test_full_jitter_reaches_down_to_nothing():
    policy = RetryPolicy(jitter=1.0)
    assert [policy.wait(failures, 0.0) for failures in (1, 2, 3)] == [0.0, 0.0, 0.0]
    assert [policy.wait(failures, 0.25) for failures in (1, 2, 3)] == [0.125, 0.25, 0.5]


def test_the_cap_holds_for_any_number_of_failures():
    policy = RetryPolicy(attempts=10_000, cap=30.0)
    assert [policy.wait(failures, 1.0) for failures in (6, 7, 8, 9_999)] == [16.0, 30.0, 30.0, 30.0]


@pytest.mark.parametrize(
    ("failures", "retry_after", "wait"),
    [
        (1, 3.0, 3.0),
        (5, 3.0, 8.0),
        (1, 0.0, 0.5),
        (1, 120.0, 120.0),
        (1, 120.5, None),
        (1, float("inf"), None),
        (6, 1.0, None),
    ],
)
def test_retry_after_is_a_floor_and_has_a_bound(failures, retry_after, wait):
    assert RetryPolicy().wait(failures, 1.0, retry_after) == wait


@pytest.mark.parametrize(
    "wrong",
    [
        {"attempts": 0},
        {"resyncs": -1},
        {"base": -1.0},
        {"base": 31.0},
        {"longest_pause": -1.0},
        {"jitter": 1.5},
        {"jitter": float("nan")},
    ],
)
def test_a_policy_that_makes_no_sense_cannot_be_built(wrong):
    with pytest.raises(ValueError, match="wanted"):
        RetryPolicy(**wrong)


NOW = 784_111_770.0  # Sun, 06 Nov 1994 08:49:30 GMT


@pytest.mark.parametrize(
    ("header", "now", "seconds"),
    [
        (None, NOW, None),
        ("", NOW, None),
        ("120", None, 120.0),
        (" 7 ", NOW, 7.0),
        ("0", NOW, 0.0),
        ("9" * 400, NOW, float("inf")),
        ("-1", NOW, None),
        ("1.5", NOW, None),
        ("²", NOW, None),
        ("soon", NOW, None),
        ("Sun, 06 Nov 1994 08:49:37 GMT", NOW, 7.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", NOW, 7.0),
        ("Sun Nov  6 08:49:37 1994", NOW, 7.0),
        ("Sun, 06 Nov 1994 08:49:29 GMT", NOW, 0.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", None, None),
        ("Sun, 99 Nov 1994 08:49:37 GMT", NOW, None),
        ("1 Jan 99999999999 00:00:00", NOW, None),
    ],
)
def test_retry_after_header(header, now, seconds):
    assert retry_after_seconds(header, now) == seconds


@given(st.lists(st.floats(0, 1), min_size=5, max_size=5))
def test_no_later_wait_is_shorter_than_an_earlier_one(draws):
    waits = [RetryPolicy().wait(failures, draw) for failures, draw in enumerate(draws, 1)]
    assert all(earlier <= later for earlier, later in pairwise(waits))


@given(st.text(max_size=40), st.one_of(st.none(), st.floats(0, 4e9)))
def test_no_header_is_too_odd(header, now):
    seconds = retry_after_seconds(header, now)
    assert seconds is None or seconds >= 0


def test_polls_slow_down_and_end_with_the_patience():
    polls = Polls(patience=30.0)
    assert [polls.next_gap() for _ in range(5)] == [0.0, 2.0, 3.0, 4.5, 7.0]
    assert polls.next_gap(at_least=20.0) is None
    assert polls.made == 5


def test_no_minute_has_more_than_thirty_polls():
    polls, now, at = Polls(patience=600.0), 0.0, []
    while (gap := polls.next_gap()) is not None:
        now += gap
        at.append(now)
    assert max(sum(begin <= moment < begin + 60 for moment in at) for begin in at) < 30
    assert 580 < now <= 600
