"""The table of contract section 4, cell by cell."""

from typing import Any

import pytest

from mockserver.protocol.rules import DOCUMENTED, OBSERVED, PROFILES, STRICT, RuleError, UploadRules

TABLE: dict[str, dict[str, Any]] = {
    "documented": {
        "mb": 1_048_576,
        "largest_video": None,
        "count_rule": "floor",
        "single_chunk_size": "any",
        "progress": "count",
        "missing_range": "400",
        "put_body": "null",
        "final_status": "201",
        "upload_path": "/video/",
        "repeat": "416",
        "after_end": "416",
        "off_plan": "400",
        "wrong_total": "400",
        "wrong_token": "404",
        "content_type": "400",
        "missing_length": "400",
        "cors": "off",
    },
    "observed": {
        "mb": 1_000_000,
        "largest_video": None,
        "count_rule": "floor",
        "single_chunk_size": "equal",
        "progress": "count",
        "missing_range": "416",
        "put_body": "null",
        "final_status": "201",
        "upload_path": "/upload",
        "repeat": "416",
        "after_end": "416",
        "off_plan": "400",
        "wrong_total": "400",
        "wrong_token": "404",
        "content_type": "400",
        "missing_length": "400",
        "cors": "off",
    },
    "strict": {
        "mb": "1048576/1000000",
        "largest_video": 4_000_000_000,
        "count_rule": "floor",
        "single_chunk_size": "equal",
        "progress": "count",
        "missing_range": "400",
        "put_body": "null",
        "final_status": "201",
        "upload_path": "/video/",
        "repeat": "416",
        "after_end": "416",
        "off_plan": "400",
        "wrong_total": "400",
        "wrong_token": "404",
        "content_type": "400",
        "missing_length": "400",
        "cors": "off",
    },
}
VALUES = {
    "count_rule": ("floor", "equal_split"),
    "single_chunk_size": ("any", "equal"),
    "progress": ("count", "last_index", "omit"),
    "missing_range": ("400", "416"),
    "put_body": ("null", "empty"),
    "final_status": ("201", "200"),
    "upload_path": ("/video/", "/upload"),
    "repeat": ("416", "accept"),
    "after_end": ("416", "404", "400"),
    "off_plan": ("400", "416", "accept"),
    "wrong_total": ("400", "416"),
    "wrong_token": ("404", "403"),
    "content_type": ("400", "415", "any"),
    "missing_length": ("400", "411"),
    "cors": ("off", "on"),
}
EVERY_VALUE = [
    pytest.param(profile, name, value, id=f"{profile}-{name}={value}")
    for profile in ("documented", "observed", "strict")
    for name, values in VALUES.items()
    for value in values
]


def test_there_are_three_profiles() -> None:
    assert dict(PROFILES) == {"documented": DOCUMENTED, "observed": OBSERVED, "strict": STRICT}


@pytest.mark.parametrize("profile", ["documented", "observed", "strict"])
def test_profile_is_its_column(profile: str) -> None:
    assert PROFILES[profile].as_json() == TABLE[profile]


@pytest.mark.parametrize("profile", ["documented", "observed", "strict"])
def test_json_lists_the_switches_in_the_order_of_the_table(profile: str) -> None:
    assert list(PROFILES[profile].as_json()) == ["mb", "largest_video", *VALUES]


@pytest.mark.parametrize(("profile", "name", "value"), EVERY_VALUE)
def test_a_switch_changes_its_own_cell_and_no_other(profile: str, name: str, value: str) -> None:
    assert PROFILES[profile].with_rule(name, value).as_json() == {**TABLE[profile], name: value}


@pytest.mark.parametrize(
    ("value", "cell"),
    [("none", None), ("1", 1), ("4000000000", 4_000_000_000), ("9223372036854775807", 9_223_372_036_854_775_807)],
)
@pytest.mark.parametrize("profile", ["documented", "observed", "strict"])
def test_largest_video_is_none_or_bytes(profile: str, value: str, cell: int | None) -> None:
    changed = PROFILES[profile].with_rule("largest_video", value)
    assert changed.as_json() == {**TABLE[profile], "largest_video": cell}


@pytest.mark.parametrize(
    ("value", "cell"), [("200", 200), ("1000", 1000), ("1000000", 1_000_000), ("1048576", 1_048_576)]
)
@pytest.mark.parametrize("profile", ["documented", "observed", "strict"])
def test_mb_is_any_number_from_200(profile: str, value: str, cell: int) -> None:
    assert PROFILES[profile].with_rule("mb", value).as_json() == {**TABLE[profile], "mb": cell}


@pytest.mark.parametrize("profile", ["documented", "observed", "strict"])
def test_a_changed_rule_leaves_the_profile_alone(profile: str) -> None:
    PROFILES[profile].with_rule("progress", "omit").with_rule("mb", "1000")
    assert PROFILES[profile].as_json() == TABLE[profile]


LIMITS = [
    pytest.param(DOCUMENTED, 5_242_880, 67_108_864, 134_217_728, id="documented"),
    pytest.param(OBSERVED, 5_000_000, 64_000_000, 128_000_000, id="observed"),
    pytest.param(STRICT, 5_242_880, 64_000_000, 128_000_000, id="strict"),
    pytest.param(DOCUMENTED.with_mb(1000), 5000, 64_000, 128_000, id="documented-mb-1000"),
    pytest.param(OBSERVED.with_mb(1000), 5000, 64_000, 128_000, id="observed-mb-1000"),
    pytest.param(STRICT.with_mb(1000), 5000, 64_000, 128_000, id="strict-mb-1000"),
    pytest.param(STRICT.with_rule("mb", "200"), 1000, 12_800, 25_600, id="strict-mb-200"),
]


@pytest.mark.parametrize(("rules", "smallest", "largest", "final"), LIMITS)
def test_limits_in_bytes(rules: UploadRules, smallest: int, largest: int, final: int) -> None:
    assert (rules.smallest_chunk, rules.largest_chunk, rules.largest_final_chunk) == (smallest, largest, final)


def test_mb_does_not_scale_the_largest_video() -> None:
    assert STRICT.with_mb(1000).largest_video == 4_000_000_000


@pytest.mark.parametrize(
    ("name", "value", "choices"),
    [pytest.param(name, "neither", values, id=name) for name, values in VALUES.items()]
    + [
        pytest.param("count_rule", "off", ("floor", "equal_split"), id="count_rule-off-is-for-the-core-alone"),
        pytest.param("final_status", "206", ("201", "200"), id="final_status-of-another-answer"),
        pytest.param("cors", "ON", ("off", "on"), id="letter-case"),
        pytest.param("cors", "", ("off", "on"), id="empty"),
        pytest.param("largest_video", "0", ("a number from 1", "none"), id="largest_video-0"),
        pytest.param("largest_video", "None", ("a number from 1", "none"), id="largest_video-letter-case"),
        pytest.param("largest_video", "4e9", ("a number from 1", "none"), id="largest_video-exponent"),
        pytest.param(
            "largest_video", "9223372036854775808", ("a number from 1", "none"), id="largest_video-beyond-64-bits"
        ),
        pytest.param("mb", "199", ("a number from 200",), id="mb-199"),
        pytest.param("mb", "0", ("a number from 200",), id="mb-0"),
        pytest.param("mb", "-1000", ("a number from 200",), id="mb-negative"),
        pytest.param("mb", "1000.0", ("a number from 200",), id="mb-fraction"),
        pytest.param("mb", "1_000", ("a number from 200",), id="mb-underscore"),
        pytest.param("mb", "\u0661\u0660\u0660\u0660", ("a number from 200",), id="mb-other-digits"),
        pytest.param("mb", "\u00b2\u00b2\u00b2\u00b2", ("a number from 200",), id="mb-superscripts"),
        pytest.param("mb", "", ("a number from 200",), id="mb-empty"),
        pytest.param("mb", "1" * 5000, ("a number from 200",), id="mb-thousands-of-digits"),
    ],
)
def test_a_value_that_does_not_exist_is_refused_with_those_that_do(
    name: str, value: str, choices: tuple[str, ...]
) -> None:
    with pytest.raises(RuleError) as refused:
        DOCUMENTED.with_rule(name, value)
    assert (refused.value.name, refused.value.value, refused.value.choices) == (name, value, choices)


@pytest.mark.parametrize("name", ["progres", "", "mb_low", "smallest_chunk", "Progress"])
def test_a_switch_that_does_not_exist_is_refused_with_those_that_do(name: str) -> None:
    with pytest.raises(RuleError) as refused:
        DOCUMENTED.with_rule(name, "count")
    assert refused.value.name == name
    assert refused.value.value is None
    assert refused.value.choices == ("mb", "largest_video", *VALUES)


@pytest.mark.parametrize(
    "units", [{"mb_low": 199}, {"mb_high": 199}, {"mb_low": 0, "mb_high": 1_000_000}], ids=str
)
def test_rules_with_a_smaller_mb_than_200_cannot_be_built(units: dict[str, Any]) -> None:
    with pytest.raises(RuleError) as refused:
        UploadRules(**units)
    assert refused.value.name == "mb"
    assert refused.value.choices == ("a number from 200",)


def test_with_mb_refuses_199() -> None:
    with pytest.raises(RuleError):
        DOCUMENTED.with_mb(199)
