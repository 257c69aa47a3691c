from types import SimpleNamespace

import pytest

from mockserver.clock import ManualClock, SystemClock

START = 1_767_225_600.0
"""2026-01-01, midnight, UTC."""


class Machine:
    """Stands in for the `time` module: a wall clock that can be stepped and a monotonic one that cannot."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall = START
        self.running = 77.5
        stand_in = SimpleNamespace(time=lambda: self.wall, monotonic=lambda: self.running)
        monkeypatch.setattr("mockserver.clock.time", stand_in)

    def run(self, seconds: float) -> None:
        self.wall += seconds
        self.running += seconds


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def test_the_system_clock_starts_at_the_time_of_the_wall(machine: Machine) -> None:
    assert SystemClock().now() == START


def test_a_system_clock_made_later_starts_later(machine: Machine) -> None:
    machine.run(10)
    assert SystemClock().now() == START + 10


def test_the_system_clock_runs(machine: Machine) -> None:
    clock = SystemClock()
    machine.run(3600)
    assert clock.now() == START + 3600


@pytest.mark.parametrize("step", [86_400.0, -86_400.0], ids=["forward", "back"])
def test_a_stepped_wall_clock_moves_the_system_clock_nowhere(machine: Machine, step: float) -> None:
    clock = SystemClock()
    machine.run(1)
    machine.wall += step
    assert clock.now() == START + 1


def test_a_manual_clock_starts_in_2026() -> None:
    assert ManualClock().now() == START


def test_a_manual_clock_starts_where_it_is_told() -> None:
    assert ManualClock(1000.0).now() == 1000.0


def test_a_manual_clock_stands_still() -> None:
    clock = ManualClock(1000.0)
    assert [clock.now(), clock.now(), clock.now()] == [1000.0, 1000.0, 1000.0]


def test_advances_of_a_manual_clock_add_up() -> None:
    clock = ManualClock(1000.0)
    clock.advance(3600)
    clock.advance(0.25)
    clock.advance(0)
    assert clock.now() == 4600.25


@pytest.mark.parametrize("seconds", [-1, -0.001, float("-inf")], ids=str)
def test_a_manual_clock_refuses_to_go_back(seconds: float) -> None:
    clock = ManualClock(1000.0)
    with pytest.raises(ValueError, match=f"a clock advances by 0 s or more, got {seconds!r}"):
        clock.advance(seconds)
    assert clock.now() == 1000.0
