"""Pace: a limited rate on a clock of the test's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_reference import errors, upload
from client_reference.pace import SLICE, Pace


class Time:
    """A clock that moves when somebody sleeps, or when the test says so."""

    def __init__(self):
        self.now = 1_000.0
        self.slept = []

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


async def test_bytes_are_spread_evenly():
    time = Time()
    pace = Pace(1_000, time, time.sleep)
    assert pace.slice == 100
    for _ in range(31):
        await pace.take(100)
    assert time.slept == pytest.approx([0.1] * 30)


async def test_time_that_was_not_used_is_not_made_up_for():
    time = Time()
    pace = Pace(1_000, time, time.sleep)
    await pace.take(100)
    time.now += 60
    for _ in range(3):
        await pace.take(100)
    assert time.slept == pytest.approx([0.1, 0.1])


async def test_a_slow_network_is_not_slowed_further():
    time = Time()
    pace = Pace(1_000, time, time.sleep)
    for _ in range(5):
        await pace.take(100)
        time.now += 0.25
    assert time.slept == []


async def test_without_a_rate_nothing_waits():
    pace = Pace(None, None, None)
    assert pace.slice == SLICE
    await pace.take(1 << 40)


@pytest.mark.parametrize(
    ("rate", "size"), [(1, 1), (9, 1), (10, 1), (25, 2), (10 * SLICE, SLICE), (10**12, SLICE)]
)
def test_slices_are_a_tenth_of_a_second(rate, size):
    assert Pace(rate, None, None).slice == size


@given(st.integers(1, 10**7), st.lists(st.floats(0, 3), max_size=30))
async def test_no_second_has_more_than_the_rate_and_one_slice(rate, idle):
    """Whatever else takes time: any window of a second."""
    time = Time()
    pace = Pace(rate, time, time.sleep)
    sent = []
    for pause in [*idle, *[0.0] * 30]:
        await pace.take(pace.slice)
        sent.append(time.now)
        time.now += pause
    for begin in sent:
        assert sum(begin <= moment < begin + 1 - 1e-6 for moment in sent) * pace.slice <= rate + pace.slice


async def test_a_rate_of_nothing(tmp_path):
    (tmp_path / "clip.mp4").write_bytes(b"x")
    with pytest.raises(errors.UsageError, match="limit_rate is 0; at least 1 byte a second is wanted"):
        await upload(tmp_path / "clip.mp4", token="t", limit_rate=0)
