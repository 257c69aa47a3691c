"""Ids in the forms of reference section 1.6."""

import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from mockserver.identifiers import Identifiers, publish_id

NEW_YEAR = 1_767_225_600.0
"""2026-01-01 00:00:00 UTC."""

Bits = Callable[[int], int]
Dice = Callable[..., None]


@pytest.fixture
def dice(monkeypatch: pytest.MonkeyPatch) -> Dice:
    """Makes chance fall as told: the same bits, and the same hex digits, again and again."""

    def load(bits: Bits = lambda _: 0, digits: str = "0123456789abcdef" * 4) -> None:
        stand_in = SimpleNamespace(randbits=bits, token_hex=lambda count: digits[: 2 * count])
        monkeypatch.setattr("mockserver.identifiers.secrets", stand_in)

    return load


BITS = [
    pytest.param(lambda _: 0, id="zeros"),
    pytest.param(lambda bits: 2**bits - 1, id="ones"),
    pytest.param(lambda bits: 2 ** (bits - 1), id="one-bit"),
]


@pytest.mark.parametrize("bits", BITS)
def test_a_snowflake_has_19_digits_that_begin_with_7(dice: Dice, bits: Bits) -> None:
    dice(bits)
    assert re.fullmatch("7[0-9]{18}", str(Identifiers().snowflake(NEW_YEAR)))


@pytest.mark.parametrize("bits", BITS)
def test_the_upper_bits_of_a_snowflake_are_seconds(dice: Dice, bits: Bits) -> None:
    dice(bits)
    assert Identifiers().snowflake(NEW_YEAR + 0.999) // 4_294_967_296 == 1_767_225_600


@pytest.mark.parametrize("bits", BITS)
def test_snowflakes_of_one_moment_differ_and_grow(dice: Dice, bits: Bits) -> None:
    dice(bits)
    identifiers = Identifiers()
    drawn = [identifiers.snowflake(NEW_YEAR) for _ in range(1000)]
    assert drawn == sorted(set(drawn))


@pytest.mark.parametrize("bits", BITS)
def test_many_snowflakes_of_one_moment_are_all_of_its_second(dice: Dice, bits: Bits) -> None:
    dice(bits)
    identifiers = Identifiers()
    assert {identifiers.snowflake(NEW_YEAR) // 4_294_967_296 for _ in range(1000)} == {1_767_225_600}


@pytest.mark.parametrize("bits", BITS)
def test_snowflakes_are_ordered_in_time(dice: Dice, bits: Bits) -> None:
    dice(bits)
    identifiers = Identifiers()
    drawn = [identifiers.snowflake(NEW_YEAR + second) for second in range(100) for _ in range(3)]
    assert drawn == sorted(set(drawn))


@pytest.mark.parametrize("bits", BITS)
def test_snowflakes_differ_after_the_clock_went_back(dice: Dice, bits: Bits) -> None:
    dice(bits)
    identifiers = Identifiers()
    drawn = [identifiers.snowflake(now) for now in (NEW_YEAR + 3600, NEW_YEAR, NEW_YEAR + 3600, NEW_YEAR)]
    assert drawn == sorted(set(drawn))


def test_a_lower_draw_still_comes_after_the_one_before(dice: Dice) -> None:
    identifiers = Identifiers()
    dice(lambda bits: 2**bits - 1)
    first = identifiers.snowflake(NEW_YEAR)
    dice(lambda _: 0)
    assert identifiers.snowflake(NEW_YEAR) == first + 1


def test_an_upload_token_is_128_random_bits_in_five_groups(dice: Dice) -> None:
    dice()
    assert Identifiers().upload_token() == "01234567-89ab-cdef-0123-456789abcdef"


def test_an_upload_token_has_no_version_bits(dice: Dice) -> None:
    dice(digits="f" * 64)
    assert Identifiers().upload_token() == "ffffffff-ffff-ffff-ffff-ffffffffffff"


@pytest.mark.parametrize(
    ("now", "time"),
    [
        pytest.param(NEW_YEAR, "20260101000000", id="midnight"),
        pytest.param(NEW_YEAR - 0.25, "20251231235959", id="a-moment-before"),
        pytest.param(1_782_907_631.5, "20260701120711", id="in-summer"),
        pytest.param(0.0, "19700101000000", id="epoch"),
    ],
)
def test_a_log_id_is_utc_and_20_upper_case_digits(dice: Dice, now: float, time: str) -> None:
    dice(digits="abcdef0123456789abcdef012345")
    assert Identifiers().log_id(now) == time + "ABCDEF0123456789ABCD"


def test_a_publish_id_tells_a_direct_post_from_a_draft() -> None:
    number = 7_600_000_000_000_000_001
    assert publish_id(number, draft=False) == "v_pub_file~v2-1.7600000000000000001"
    assert publish_id(number, draft=True) == "v_inbox_file~v2.7600000000000000001"
