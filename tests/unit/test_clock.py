import asyncio
from types import SimpleNamespace
from typing import Self

import pytest

from mockserver.clock import ManualClock, MockClock

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


def test_the_clock_starts_at_the_time_of_the_wall(machine: Machine) -> None:
    assert MockClock().now() == START


def test_a_clock_made_later_starts_later(machine: Machine) -> None:
    machine.run(10)
    assert MockClock().now() == START + 10


def test_the_clock_runs(machine: Machine) -> None:
    clock = MockClock()
    machine.run(3600)
    assert clock.now() == START + 3600


@pytest.mark.parametrize("step", [86_400.0, -86_400.0], ids=["forward", "back"])
def test_a_stepped_wall_clock_moves_the_clock_nowhere(machine: Machine, step: float) -> None:
    clock = MockClock()
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


@pytest.mark.parametrize("seconds", [-1, -0.001, float("-inf"), float("nan")], ids=str)
def test_a_manual_clock_refuses_to_go_back(seconds: float) -> None:
    clock = ManualClock(1000.0)
    with pytest.raises(ValueError, match=f"a clock advances by 0 s or more, got {seconds!r}"):
        clock.advance(seconds)
    assert clock.now() == 1000.0


# ───────────────────────────── moved and stopped ─────────────────────────────


def test_an_advanced_clock_runs_on_ahead_of_the_machine(machine: Machine) -> None:
    clock = MockClock()
    clock.advance(3600)
    machine.run(10)
    clock.advance(0.5)
    assert clock.now() == START + 3610.5
    assert clock.offset == 3600.5


def test_a_clock_that_nobody_moved_is_not_ahead(machine: Machine) -> None:
    clock = MockClock()
    machine.run(10)
    assert (clock.offset, clock.frozen) == (0, False)


def test_a_frozen_clock_stands_still_and_falls_behind(machine: Machine) -> None:
    clock = MockClock()
    machine.run(10)
    clock.freeze()
    machine.run(60)
    assert clock.now() == START + 10
    assert (clock.offset, clock.frozen) == (-60, True)


def test_a_frozen_clock_can_be_advanced(machine: Machine) -> None:
    clock = MockClock()
    clock.freeze()
    machine.run(60)
    clock.advance(3600)
    assert clock.now() == START + 3600
    assert clock.frozen


def test_freezing_a_frozen_clock_changes_nothing(machine: Machine) -> None:
    clock = MockClock()
    clock.freeze()
    machine.run(60)
    clock.freeze()
    machine.run(60)
    assert (clock.now(), clock.frozen) == (START, True)


def test_a_thawed_clock_runs_on_from_where_it_stopped(machine: Machine) -> None:
    clock = MockClock()
    clock.advance(100)
    clock.freeze()
    machine.run(60)
    clock.advance(5)
    clock.freeze(frozen=False)
    assert (clock.now(), clock.frozen) == (START + 105, False)
    machine.run(10)
    assert clock.now() == START + 115
    assert clock.offset == 45


def test_thawing_a_running_clock_changes_nothing(machine: Machine) -> None:
    clock = MockClock()
    clock.advance(100)
    machine.run(10)
    clock.freeze(frozen=False)
    machine.run(10)
    assert (clock.now(), clock.frozen) == (START + 120, False)


@pytest.mark.parametrize("frozen", [True, False], ids=["frozen", "running"])
def test_a_reset_clock_runs_with_the_machine_again(machine: Machine, frozen: bool) -> None:  # noqa: FBT001
    clock = MockClock()
    clock.advance(3600)
    clock.freeze(frozen=frozen)
    machine.run(10)
    clock.reset()
    assert (clock.now(), clock.offset, clock.frozen) == (START + 10, 0, False)


def test_a_reset_manual_clock_is_back_at_its_start() -> None:
    clock = ManualClock(1000.0)
    clock.advance(3600)
    clock.reset()
    assert clock.now() == 1000.0


# ───────────────────────────── sleeping on it ─────────────────────────────


async def _let_others_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def _ended(sleeper: asyncio.Task[None]) -> bool:
    await _let_others_run()
    return sleeper.done()


class Timeouts:
    """Stands in for asyncio.timeout: the time it is given passes at once, on the machine's clocks."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.given: list[float | None] = []

    def __call__(self, seconds: float | None) -> Self:
        self.given.append(seconds)
        assert len(self.given) <= 10, "it never wakes"
        return self

    async def __aenter__(self) -> None:
        if self.given[-1] is not None:
            self.machine.run(self.given[-1])
            raise TimeoutError

    async def __aexit__(self, *_: object) -> None:
        pass


@pytest.fixture
def timeouts(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Timeouts:
    stand_in = Timeouts(machine)
    monkeypatch.setattr("mockserver.clock.asyncio", SimpleNamespace(Event=asyncio.Event, timeout=stand_in))
    return stand_in


async def test_a_sleeper_on_a_running_clock_wakes_when_its_time_has_passed(
    machine: Machine, timeouts: Timeouts
) -> None:
    clock = MockClock()
    await clock.sleep(2.5)
    assert timeouts.given == [2.5]
    assert clock.now() == START + 2.5


@pytest.mark.parametrize("seconds", [0, -1])
async def test_nobody_sleeps_for_no_time(timeouts: Timeouts, seconds: float) -> None:
    await MockClock().sleep(seconds)
    assert timeouts.given == []


async def test_on_a_frozen_clock_no_time_passes(machine: Machine, timeouts: Timeouts) -> None:
    clock = MockClock()
    clock.freeze()
    sleeper = asyncio.create_task(clock.sleep(5))
    await _let_others_run()
    machine.run(3600)
    assert not sleeper.done()
    assert timeouts.given == [None]
    clock.freeze(frozen=False)
    assert await _ended(sleeper)
    assert timeouts.given == [None, 5]


async def test_a_sleeper_on_a_manual_clock_wakes_when_it_is_moved_far_enough() -> None:
    clock = ManualClock(1000.0)
    sleeper = asyncio.create_task(clock.sleep(5))
    await _let_others_run()
    clock.advance(4.75)
    await _let_others_run()
    assert not sleeper.done()
    clock.advance(0.25)
    assert await _ended(sleeper)


async def test_a_sleeper_on_a_manual_clock_does_not_look_at_the_machine(timeouts: Timeouts) -> None:
    clock = ManualClock(1000.0)
    sleeper = asyncio.create_task(clock.sleep(5))
    await _let_others_run()
    assert timeouts.given == [None]
    clock.advance(5)
    assert await _ended(sleeper)


async def test_a_sleeper_on_a_frozen_clock_wakes_when_it_is_moved_far_enough() -> None:
    clock = ManualClock(1000.0)
    clock.freeze()
    sleeper = asyncio.create_task(clock.sleep(5))
    await _let_others_run()
    clock.advance(60)
    assert await _ended(sleeper)


async def test_a_clock_that_is_moved_wakes_every_sleeper_whose_time_has_come() -> None:
    clock = ManualClock(1000.0)
    sleepers = [asyncio.create_task(clock.sleep(seconds)) for seconds in (1, 2, 3)]
    await _let_others_run()
    clock.advance(2)
    await _let_others_run()
    assert [sleeper.done() for sleeper in sleepers] == [True, True, False]
    clock.advance(1)
    assert await _ended(sleepers[2])


async def test_a_reset_wakes_who_sleeps() -> None:
    # What a fault held back before it is nobody's test any more.
    clock = ManualClock(1000.0)
    clock.advance(100)
    sleeper = asyncio.create_task(clock.sleep(5))
    await _let_others_run()
    assert not sleeper.done()
    clock.reset()
    assert await _ended(sleeper)
