"""Faults from JSON: what is read, and what is refused in which words."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.faults import kinds
from mockserver.faults.kinds import MOMENTS, NEED_AN_UPLOAD, Fault, Moment, Operation, Target, When
from mockserver.faults.reading import FaultError, read_fault, read_faults
from support.nonsense import CLOSE, GOOD_DO, MOMENTS_IN_ORDER, NONSENSE, SENSELESS, told

TEXT = st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=1, max_size=20)


def do_of(kind: str, **more: object) -> dict[str, object]:
    return {"kind": kind, **GOOD_DO.get(kind, {}), **more}


# ───────────────────────────── what is read ─────────────────────────────


def test_a_fault_is_read_whole() -> None:
    body = {
        "on": {"operation": "chunk", "chunk": 2, "upload_id": "7", "token": "one"},
        "when": {"at_byte": 77},
        "do": {"kind": "status", "status": 503, "headers": {"Retry-After": "1"}, "body": "busy"},
        "times": 2,
        "skip": 3,
    }
    assert read_fault(body) == Fault(
        Target(Operation.CHUNK, 2, "7", "one"),
        Moment(When.AT_BYTE, 77),
        "status",
        kinds.Status(503, {"Retry-After": "1"}, "busy"),
        2,
        3,
    )


def test_what_is_left_out_is_filled_in() -> None:
    body = {"on": {"operation": "any"}, "when": "before_body", "do": {"kind": "close"}}
    assert read_fault(body) == Fault(Target(Operation.ANY), Moment(When.BEFORE_BODY), "close", kinds.Close(), 1, 0)


@pytest.mark.parametrize("name", ["chunk", "upload_id", "token"])
def test_null_is_like_left_out(name: str) -> None:
    assert read_fault(told(on={"operation": "chunk", name: None})) == read_fault(told())


@pytest.mark.parametrize(
    ("do", "when", "effect"),
    [
        ({"kind": "status", "status": 200}, "after_body", kinds.Status(200, {}, "")),
        ({"kind": "status", "status": 599, "body": ""}, "after_body", kinds.Status(599, {}, "")),
        (
            {"kind": "status", "status": 500, "headers": {"A": "", "b-C!": "~ x"}},
            "after_body",
            kinds.Status(500, {"A": "", "b-C!": "~ x"}),
        ),
        ({"kind": "close"}, "after_body", kinds.Close()),
        ({"kind": "reset"}, "after_answer", kinds.Reset()),
        ({"kind": "stall", "seconds": 1}, "after_body", kinds.Stall(1.0)),
        ({"kind": "stall", "seconds": 31_536_000}, "after_body", kinds.Stall(31_536_000.0)),
        ({"kind": "throttle", "bytes_per_second": 0.5}, "before_body", kinds.Throttle(0.5)),
        ({"kind": "truncate", "bytes": 0}, "after_commit", kinds.Truncate(0)),
        ({"kind": "garbage"}, "after_body", kinds.Garbage()),
        ({"kind": "progress", "value": 0}, "after_commit", kinds.WrongProgress(0)),
        ({"kind": "progress", "value": None}, "after_commit", kinds.WrongProgress(None)),
        ({"kind": "progress"}, "after_commit", kinds.WrongProgress(None)),
        ({"kind": "redirect", "location": "/x"}, "after_body", kinds.Redirect("/x", 307)),
        ({"kind": "redirect", "location": "/x", "status": 301}, "after_body", kinds.Redirect("/x", 301)),
        ({"kind": "expire"}, "after_body", kinds.Expire()),
        ({"kind": "forget"}, "after_answer", kinds.Forget()),
    ],
    ids=str,
)
def test_every_kind_is_read(do: dict[str, object], when: str, effect: kinds.Effect) -> None:
    assert read_fault(told(when, do)).do == effect


@pytest.mark.parametrize(("given_as", "times"), [(1, 1), (10**6, 10**6), (None, None), ("forever", None)])
def test_times(given_as: object, times: int | None) -> None:
    assert read_fault(told(times=given_as)).times == times


@pytest.mark.parametrize("byte", [0, 1, 2**63 - 1])
def test_at_byte(byte: int) -> None:
    assert read_fault(told({"at_byte": byte})).when == Moment(When.AT_BYTE, byte)


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ([], 0),
        ([told()], 1),
        ([told(), told()], 2),
        (told(), 1),
        ({"faults": [told()] * 3}, 3),
        ({"faults": []}, 0),
    ],
    ids=["none", "list of one", "list", "one", "object", "empty object"],
)
def test_one_fault_or_a_list(body: object, count: int) -> None:
    assert read_faults(body) == [read_fault(told())] * count


# ───────────────────────────── what is refused ─────────────────────────────


@pytest.mark.parametrize(("body", "sentence"), NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_refused_in_one_sentence(body: object, sentence: str) -> None:
    with pytest.raises(FaultError) as refused:
        read_faults(body)
    said = str(refused.value)
    assert said.startswith(sentence)
    assert "\n" not in said
    assert len(said) < 250


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"[]", "a fault is an object, or a list of them; got bytes"),
        (told(do={"kind": "stall", "seconds": math.nan}), "seconds must be a number above 0"),
        (told(do={"kind": "stall", "seconds": math.inf}), "seconds must be a number above 0"),
        (told("before_body", {"kind": "throttle", "bytes_per_second": 2.0**53 + 2}), "bytes_per_second must be"),
        ({1: 2}, "a fault has no '1'"),
        (told(do={"kind": "status", "status": 500, "headers": {1: "x"}}), "'1' is no header name"),
        (told(**{"x" * 1000: 1}), f"a fault has no '{'x' * 60}': there are on, when"),
        (told(times="9" * 1000), "times must be a whole number from 1, got '9999"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_json_could_not_say_is_refused_too(body: object, sentence: str) -> None:
    with pytest.raises(FaultError) as refused:
        read_faults(body)
    assert str(refused.value).startswith(sentence)
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize("when", MOMENTS_IN_ORDER)
@pytest.mark.parametrize("kind", MOMENTS)
def test_kind_and_moment_fit_or_not(kind: str, when: str) -> None:
    body = told({"at_byte": 1} if when == "at_byte" else when, do_of(kind))
    if (kind, when) in SENSELESS:
        with pytest.raises(FaultError, match=f"{kind} makes no sense at {when}; it can strike at "):
            read_fault(body)
    else:
        assert read_fault(body).when.when.value == when


@pytest.mark.parametrize("operation", ["init", "status", "any", "chunk"])
@pytest.mark.parametrize("kind", MOMENTS)
def test_kind_and_operation_fit_or_not(kind: str, operation: str) -> None:
    when = MOMENTS[kind][-1]
    body = told({"at_byte": 1} if when is When.AT_BYTE else when.value, do_of(kind), {"operation": operation})
    if kind in NEED_AN_UPLOAD and operation != "chunk":
        with pytest.raises(FaultError, match=f"{kind} strikes operation chunk only, got {operation}"):
            read_fault(body)
    else:
        assert read_fault(body).on.operation.value == operation


def test_the_first_bad_one_of_a_list_is_named_by_its_place() -> None:
    with pytest.raises(FaultError, match=r"^fault 3: no kind is called 'x'"):
        read_faults([told(), told(do=CLOSE), told(do={"kind": "x"}), told(do={"kind": "y"})])


# ───────────────────────────── there and back ─────────────────────────────

EFFECTS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "status": st.fixed_dictionaries(
        {"status": st.integers(200, 599)},
        optional={"headers": st.dictionaries(st.sampled_from(["A", "b-c", "X!"]), TEXT), "body": st.text()},
    ),
    "stall": st.fixed_dictionaries({"seconds": st.floats(0.001, 31_536_000) | st.integers(1, 100)}),
    "throttle": st.fixed_dictionaries({"bytes_per_second": st.floats(0.001, 1e9) | st.integers(1, 10**9)}),
    "truncate": st.fixed_dictionaries({"bytes": st.integers(0, 2**63 - 1)}),
    "progress": st.fixed_dictionaries({}, optional={"value": st.none() | st.integers(0, 2**63 - 1)}),
    "redirect": st.fixed_dictionaries(
        {"location": TEXT}, optional={"status": st.sampled_from([301, 302, 303, 307, 308])}
    ),
}


@st.composite
def good_faults(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(list(MOMENTS)))
    when = draw(st.sampled_from([one.value for one in MOMENTS[kind]]))
    operation = "chunk" if kind in NEED_AN_UPLOAD else draw(st.sampled_from([one.value for one in Operation]))
    on: dict[str, Any] = {"operation": operation, "token": draw(st.none() | TEXT)}
    if operation == "chunk":
        on |= {"chunk": draw(st.none() | st.just(-1) | st.integers(1, 1000)), "upload_id": draw(st.none() | TEXT)}
    return {
        "on": on,
        "when": {"at_byte": draw(st.integers(0, 2**63 - 1))} if when == "at_byte" else when,
        "do": {"kind": kind, **draw(EFFECTS.get(kind, st.just({})))},
        "times": draw(st.none() | st.integers(1, 100)),
        "skip": draw(st.integers(0, 100)),
    }


@given(good_faults())
def test_what_was_read_is_shown_so_that_it_is_read_as_the_same(body: dict[str, Any]) -> None:
    read = read_fault(body)
    shown: Any = read.as_json()
    assert read_fault(shown) == read
    assert shown["do"] | body["do"] == shown["do"]
    assert shown["on"] | body["on"] == shown["on"]
    assert (shown["when"], shown["times"], shown["skip"]) == (body["when"], body["times"], body["skip"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["on", "when", "do", "kind", "operation", "at_byte", "times", "faults"]), inner
        )
    ),
    max_leaves=10,
)


@given(JSON)
def test_whatever_json_says_is_read_or_refused(body: object) -> None:
    try:
        faults = read_faults(body)
    except FaultError as refused:
        said = str(refused)
    else:
        said = "read" if all(isinstance(fault, Fault) for fault in faults) else ""
    assert said
