"""A plan of faults: which request takes which, and what is left."""

from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.faults.kinds import (
    EFFECTS,
    MOMENTS,
    NEED_AN_UPLOAD,
    Close,
    Fault,
    Moment,
    Operation,
    Status,
    Target,
    When,
)
from mockserver.faults.plan import MOST_FAULTS, FaultPlan, Struck, Taken, TooManyError

CHUNK = Struck(Operation.CHUNK, 2, "7", "one", 5000)
INIT = Struck(Operation.INIT, token="one", body=100)
STATUS = Struck(Operation.STATUS, token="one", body=50)


def fault(operation: str = "any", when: When = When.AFTER_BODY, byte: int = 0, **more: Any) -> Fault:
    how = {name: more.pop(name) for name in ("times", "skip") if name in more}
    return Fault(Target(Operation(operation), **more), Moment(when, byte), "close", Close(), **how)


def plan_of(*faults: Fault) -> FaultPlan:
    plan = FaultPlan()
    plan.add(faults)
    return plan


def take(plan: FaultPlan, request: Struck = CHUNK) -> int | None:
    """The number of the fault that strikes the request at once; None for none."""
    taken = plan.take(request)
    if taken is None:
        return None
    taken.fire()
    return taken.number


def taken_by(plan: FaultPlan, request: Struck = CHUNK) -> Taken:
    taken = plan.take(request)
    assert taken is not None
    return taken


def counts(plan: FaultPlan) -> list[tuple[int, int | None]]:
    return [(armed.fired, armed.left) for armed in plan.listing()]


# ───────────────────────────── values ─────────────────────────────


def test_every_kind_has_an_effect_and_moments() -> None:
    assert set(EFFECTS) == set(MOMENTS)
    assert set(NEED_AN_UPLOAD) <= set(EFFECTS)
    assert all(MOMENTS.values())


def test_a_fault_is_a_value() -> None:
    assert fault() == fault()
    with pytest.raises(FrozenInstanceError):
        fault().times = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    ("when", "shown"),
    [
        (Moment(When.BEFORE_BODY), "before_body"),
        (Moment(When.AT_BYTE, 0), {"at_byte": 0}),
        (Moment(When.AT_BYTE, 77), {"at_byte": 77}),
        (Moment(When.AFTER_ANSWER), "after_answer"),
    ],
)
def test_a_fault_is_shown_in_the_shape_in_which_it_is_added(when: Moment, shown: object) -> None:
    effect = Status(503, {"Retry-After": "1"}, "busy")
    one = Fault(Target(Operation.CHUNK, 2, "7", "one"), when, "status", effect, None, 3)
    assert one.as_json() == {
        "on": {"operation": "chunk", "chunk": 2, "upload_id": "7", "token": "one"},
        "when": shown,
        "do": {"kind": "status", "status": 503, "headers": {"Retry-After": "1"}, "body": "busy"},
        "times": None,
        "skip": 3,
    }


def test_an_armed_fault_also_shows_its_id_and_how_far_it_has_come() -> None:
    plan = plan_of(fault(times=3))
    take(plan)
    assert plan.listing()[0].as_json() == {"id": 1, **fault(times=3).as_json(), "fired": 1, "left": 2}


# ───────────────────────────── matching ─────────────────────────────


@pytest.mark.parametrize(
    ("one", "struck"),
    [
        pytest.param(fault("any"), "init status chunk", id="any"),
        pytest.param(fault("init"), "init", id="init"),
        pytest.param(fault("status"), "status", id="status"),
        pytest.param(fault("chunk"), "chunk", id="chunk"),
        pytest.param(fault("chunk", chunk=2), "chunk", id="its chunk"),
        pytest.param(fault("chunk", chunk=1), "", id="another chunk"),
        pytest.param(fault("chunk", chunk=-1), "", id="the last chunk, which it is not"),
        pytest.param(fault("chunk", upload_id="7"), "chunk", id="its upload"),
        pytest.param(fault("chunk", upload_id="8"), "", id="another upload"),
        pytest.param(fault("any", token="one"), "init status chunk", id="its token"),
        pytest.param(fault("any", token="two"), "", id="another token"),
        pytest.param(fault("chunk", chunk=2, upload_id="7", token="one"), "chunk", id="all three"),
        pytest.param(fault("chunk", chunk=2, upload_id="7", token="two"), "", id="two of three"),
        pytest.param(fault("any", When.AT_BYTE, 50), "init status chunk", id="a byte they all have"),
        pytest.param(fault("any", When.AT_BYTE, 51), "init chunk", id="a byte that one has not"),
        pytest.param(fault("any", When.AT_BYTE, 5000), "chunk", id="the last byte"),
        pytest.param(fault("any", When.AT_BYTE, 5001), "", id="beyond the last byte"),
        pytest.param(fault("any", When.AFTER_BODY, 5001), "init status chunk", id="a byte of no moment"),
    ],
)
def test_a_request_is_struck_where_all_matches(one: Fault, struck: str) -> None:
    requests = {"init": INIT, "status": STATUS, "chunk": CHUNK}
    assert [name for name, request in requests.items() if take(plan_of(one), request)] == struck.split()


def test_minus_1_strikes_the_last_chunk_of_a_plan_and_its_number_still_does() -> None:
    last = replace(CHUNK, last=True)
    assert take(plan_of(fault("chunk", chunk=-1)), last) == 1
    assert take(plan_of(fault("chunk", chunk=2)), last) == 1
    assert take(plan_of(fault("chunk", chunk=3)), last) is None


@pytest.mark.parametrize("name", ["chunk", "upload_id", "token"])
def test_what_a_request_has_not_matches_null_alone(name: str) -> None:
    value: Any = 2 if name == "chunk" else "7"
    nothing: dict[str, Any] = {name: None}
    bare = replace(CHUNK, **nothing)
    assert take(plan_of(fault("chunk", **{name: value})), bare) is None
    assert take(plan_of(fault("chunk")), bare) == 1


def test_a_body_without_a_length_may_have_any_byte() -> None:
    assert take(plan_of(fault("any", When.AT_BYTE, 2**62)), replace(CHUNK, body=None)) == 1


def test_an_empty_plan_strikes_nobody() -> None:
    assert FaultPlan().take(CHUNK) is None


# ───────────────────────────── order, times, skip ─────────────────────────────


def test_the_first_that_matches_is_taken() -> None:
    plan = plan_of(fault("init"), fault("chunk"), fault("any"))
    assert [take(plan), take(plan), take(plan), take(plan, INIT), take(plan, INIT)] == [2, 3, None, 1, None]


@pytest.mark.parametrize("times", [1, 2, 7])
def test_a_fault_fires_as_often_as_told(times: int) -> None:
    plan = plan_of(fault(times=times))
    assert [take(plan) for _ in range(times + 2)] == [1] * times + [None, None]
    assert counts(plan) == [(times, 0)]
    assert plan.listing()[0].spent


def test_a_fault_for_ever_is_never_spent() -> None:
    plan = plan_of(fault(times=None))
    assert [take(plan) for _ in range(50)] == [1] * 50
    assert counts(plan) == [(50, None)]
    assert not plan.listing()[0].spent


def test_skipped_matches_pass_on_to_later_faults() -> None:
    plan = plan_of(fault(skip=2), fault(skip=1), fault(times=None))
    assert [take(plan) for _ in range(5)] == [3, 2, 1, 3, 3]


def test_only_matches_are_skipped() -> None:
    plan = plan_of(fault("chunk", skip=1))
    assert [take(plan, INIT), take(plan), take(plan, INIT), take(plan)] == [None, None, None, 1]


# ───────────────────────────── held, fired, put back ─────────────────────────────


def test_what_is_held_is_not_taken_twice() -> None:
    plan = plan_of(fault(times=2))
    first, second = taken_by(plan), taken_by(plan)
    assert plan.take(CHUNK) is None
    assert counts(plan) == [(0, 2)]
    first.fire()
    assert plan.take(CHUNK) is None
    second.fire()
    assert counts(plan) == [(2, 0)]


def test_what_is_put_back_is_taken_again() -> None:
    plan = plan_of(fault())
    taken_by(plan).put_back()
    assert counts(plan) == [(0, 1)]
    assert take(plan) == 1


def test_a_fault_for_ever_is_held_by_as_many_as_come() -> None:
    plan = plan_of(fault(times=None))
    held = [taken_by(plan) for _ in range(5)]
    for taken in held:
        taken.fire()
    assert counts(plan) == [(5, None)]


@pytest.mark.parametrize("ends", [("fire", "put_back"), ("fire", "fire"), ("put_back", "fire")], ids="-".join)
def test_a_fault_is_settled_once(ends: tuple[str, str]) -> None:
    plan = plan_of(fault(times=2))
    taken = taken_by(plan)
    for end in ends:
        getattr(taken, end)()
    assert counts(plan) == [(1, 1) if ends[0] == "fire" else (0, 2)]
    taken_by(plan)
    assert (plan.take(CHUNK) is None) is (ends[0] == "fire")


def test_a_taken_fault_knows_what_to_do() -> None:
    taken = taken_by(plan_of(fault("init"), fault("chunk")))
    assert (taken.number, taken.fault) == (2, fault("chunk"))


def test_a_fault_may_fire_after_it_was_forgotten() -> None:
    plan = plan_of(fault())
    taken = taken_by(plan)
    plan.clear()
    taken.fire()
    assert counts(plan) == []
    assert plan.take(CHUNK) is None


# ───────────────────────────── added, listed, forgotten ─────────────────────────────


def test_numbers_count_from_1_and_are_never_used_again() -> None:
    plan = FaultPlan()
    assert [armed.number for armed in plan.add([fault(), fault()])] == [1, 2]
    plan.clear()
    assert [armed.number for armed in plan.add([fault()])] == [3]


def test_nothing_may_be_added() -> None:
    assert FaultPlan().add([]) == []


def test_spent_faults_stay_in_the_list() -> None:
    plan = plan_of(fault(), fault())
    take(plan)
    assert counts(plan) == [(1, 0), (0, 1)]


def test_one_tokens_faults_are_those_that_name_it() -> None:
    plan = plan_of(fault(token="one"), fault(), fault(token="two"), fault(token="one"))
    assert [armed.number for armed in plan.listing("one")] == [1, 4]
    assert plan.listing("three") == []
    assert plan.clear("one") == 2
    assert [armed.number for armed in plan.listing()] == [2, 3]
    assert [take(plan), take(plan)] == [2, None]


def test_clearing_forgets_spent_ones_too() -> None:
    plan = plan_of(fault(), fault(times=None))
    take(plan)
    assert plan.clear() == 2
    assert (plan.listing(), plan.take(CHUNK), plan.clear()) == ([], None, 0)


def test_10000_faults_and_not_one_more() -> None:
    assert MOST_FAULTS == 10_000
    plan = plan_of(*[fault()] * 9999)
    with pytest.raises(TooManyError, match="a plan holds 10000 faults, 9999 are in it"):
        plan.add([fault()] * 2)
    assert len(plan.listing()) == 9999
    plan.add([fault()])
    with pytest.raises(TooManyError):
        plan.add([fault()])
    plan.clear()
    plan.add([fault()])


# ───────────────────────────── any story ─────────────────────────────

FAULTS = st.builds(
    fault,
    st.sampled_from(["init", "chunk", "any"]),
    times=st.one_of(st.none(), st.integers(1, 3)),
    skip=st.integers(0, 2),
)
STEPS = st.lists(st.tuples(st.sampled_from(["take", "fire", "put_back"]), st.integers(0, 5)), max_size=40)


@given(st.lists(FAULTS, max_size=4), STEPS)
def test_no_story_fires_a_fault_more_often_than_told(faults: list[Fault], steps: list[tuple[str, int]]) -> None:
    plan = plan_of(*faults)
    held: list[Taken] = []
    fired = dict.fromkeys(range(1, len(faults) + 1), 0)
    for step, number in steps:
        if step == "take":
            taken = plan.take(INIT if number % 2 else CHUNK)
            if taken is not None:
                held.append(taken)
        elif held:
            taken = held.pop(number % len(held))
            getattr(taken, step)()
            fired[taken.number] += step == "fire"
    for armed in plan.listing():
        assert armed.fired == fired[armed.number]
        assert armed.held == sum(taken.number == armed.number for taken in held)
        if armed.fault.times is not None:
            assert armed.fired + armed.held <= armed.fault.times
            assert armed.left == armed.fault.times - armed.fired
