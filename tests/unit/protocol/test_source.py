"""source_info: what the vectors of plans do not say."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from mockserver.protocol.rules import DOCUMENTED, OBSERVED, PROFILES, STRICT, CountRule, UploadRules
from mockserver.protocol.source import SourceInfo, one_sided, plan_refusal, read_source_info
from mockserver.protocol.verdicts import CallRefused

FIELDS_TEXT = "The request source info is empty or incorrect"
SIZE_TEXT = "The chunk size is invalid"
COUNT_TEXT = "The total chunk count is invalid"
GUIDE = {"source": "FILE_UPLOAD", "video_size": 50_000_123, "chunk_size": 10_000_000, "total_chunk_count": 5}
MISSING = object()


def refusal_of(value: object, rules: UploadRules = DOCUMENTED) -> CallRefused:
    result = read_source_info(value, rules)
    assert isinstance(result, CallRefused), result
    return result


def guide_with(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in (GUIDE | fields).items() if value is not MISSING}


# ───────────────────────────── the block and its source ─────────────────────────────


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        pytest.param(None, "nothing", id="missing"),
        pytest.param([], "list", id="empty-list"),
        pytest.param([GUIDE], "list", id="list"),
        pytest.param("FILE_UPLOAD", "str", id="text"),
        pytest.param(1, "int", id="number"),
        pytest.param(True, "bool", id="boolean"),
    ],
)
def test_a_block_that_is_no_object_is_refused(value: object, kind: str) -> None:
    refused = refusal_of(value)
    assert (refused.code, refused.message, refused.clause) == ("invalid_params", FIELDS_TEXT, "S-INIT-BODY")
    assert refused.reason == f"source_info must be an object, got {kind}"


@pytest.mark.parametrize(
    ("source", "came"),
    [
        pytest.param(MISSING, "nothing", id="missing"),
        pytest.param(None, "None", id="null"),
        pytest.param("", "''", id="empty"),
        pytest.param("file_upload", "'file_upload'", id="letter-case"),
        pytest.param("FILE_UPLOAD ", "'FILE_UPLOAD '", id="trailing-blank"),
        pytest.param("FILE", "'FILE'", id="unknown"),
        pytest.param(1, "1", id="number"),
        pytest.param(["FILE_UPLOAD"], "['FILE_UPLOAD']", id="list"),
        pytest.param({}, "{}", id="object"),
    ],
)
def test_a_missing_or_unknown_source_is_refused(source: object, came: str) -> None:
    refused = refusal_of(guide_with(source=source))
    assert (refused.code, refused.message, refused.clause) == ("invalid_params", FIELDS_TEXT, "S-INIT-SOURCE")
    assert refused.reason == f"source must be FILE_UPLOAD, got {came}"


def test_a_pull_from_url_meets_an_unverified_domain() -> None:
    assert refusal_of({"source": "PULL_FROM_URL", "video_url": "https://example.com/video.mp4"}) == CallRefused(
        "url_ownership_unverified",
        "Please review our URL ownership verification rules at https://developers.tiktok.com/doc/"
        "content-posting-api-media-transfer-guide/#pull_from_url",
        "S-INIT-SOURCE",
        "no domain is verified here: this server takes FILE_UPLOAD only",
    )


@pytest.mark.parametrize(
    ("url", "came"),
    [
        pytest.param(None, "None", id="missing"),
        pytest.param("", "''", id="empty"),
        pytest.param("http://example.com/v.mp4", "'http://example.com/v.mp4'", id="not-https"),
        pytest.param(7, "7", id="number"),
    ],
)
def test_a_pull_from_something_that_is_no_https_url_is_refused(url: object, came: str) -> None:
    refused = refusal_of({"source": "PULL_FROM_URL", "video_url": url})
    assert (refused.code, refused.message, refused.clause) == ("invalid_params", FIELDS_TEXT, "S-INIT-SOURCE")
    assert refused.reason == f"video_url must be an https URL, got {came}"


def test_unknown_further_fields_are_tolerated() -> None:
    assert read_source_info(guide_with(video_type="mp4"), DOCUMENTED) == SourceInfo(50_000_123, 10_000_000, 5)


# ───────────────────────────── the three numbers ─────────────────────────────


@pytest.mark.parametrize("field", ["video_size", "chunk_size", "total_chunk_count"])
@pytest.mark.parametrize(
    ("value", "came"),
    [
        pytest.param(MISSING, "nothing", id="missing"),
        pytest.param(None, "None", id="null"),
        pytest.param(True, "True", id="boolean"),
        pytest.param("5", "'5'", id="textual"),
        pytest.param(5.0, "5.0", id="fractional"),
        pytest.param(0, "0", id="zero"),
        pytest.param(-5, "-5", id="negative"),
        pytest.param(9_223_372_036_854_775_808, "9223372036854775808", id="above-64-bit"),
        pytest.param(10**5000, "an integer beyond 64 bits", id="thousands-of-digits"),
        pytest.param(-(10**5000), "an integer beyond 64 bits", id="minus-thousands-of-digits"),
        pytest.param([5], "[5]", id="list"),
        pytest.param("x" * 1000, "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", id="long-text-is-cut"),
    ],
)
def test_a_number_that_is_none_is_refused_by_name(field: str, value: object, came: str) -> None:
    refused = refusal_of(guide_with(**{field: value}))
    assert (refused.code, refused.message, refused.clause) == ("invalid_params", FIELDS_TEXT, "S-PLAN-FIELDS")
    said = f"{field} must be an integer of 1 to 2**63-1, got {came}"
    small = "; a video smaller than a chunk is one chunk of its own size"
    assert refused.reason == (said + small if (field, value) == ("total_chunk_count", 0) else said)


@pytest.mark.parametrize("plan", [(0, 1, 1), (1, 0, 1), (1, 1, 0), (-1, 1, 1)], ids=str)
def test_a_plan_without_positive_numbers_cannot_be_built(plan: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="a plan has positive numbers"):
        SourceInfo(*plan)


# ───────────────────────────── order of checks (contract, section 2) ─────────────────────────────


@pytest.mark.parametrize(
    ("fields", "rules", "clause", "message"),
    [
        pytest.param(
            {"source": "FILE", "video_size": 0},
            DOCUMENTED,
            "S-INIT-SOURCE",
            FIELDS_TEXT,
            id="source-before-numbers",
        ),
        pytest.param(
            {"total_chunk_count": 0, "chunk_size": 1},
            DOCUMENTED,
            "S-PLAN-FIELDS",
            FIELDS_TEXT,
            id="fields-before-size",
        ),
        pytest.param(
            {"video_size": 4_000_000_001, "chunk_size": 1},
            STRICT,
            "S-PLAN-LARGEST",
            FIELDS_TEXT,
            id="largest-video-before-size",
        ),
        pytest.param(
            {"chunk_size": 5_242_879, "total_chunk_count": 1001},
            DOCUMENTED,
            "S-PLAN-CHUNK-MIN",
            SIZE_TEXT,
            id="too-small-before-too-many",
        ),
        pytest.param(
            {"chunk_size": 50_000_124, "total_chunk_count": 2},
            DOCUMENTED,
            "S-PLAN-CHUNK-EXCEEDS",
            SIZE_TEXT,
            id="exceeds-before-count",
        ),
        pytest.param(
            {"video_size": 200_000_000, "chunk_size": 67_108_865, "total_chunk_count": 3},
            DOCUMENTED,
            "S-PLAN-CHUNK-MAX",
            SIZE_TEXT,
            id="too-large-before-count",
        ),
        pytest.param(
            {"video_size": 4_194_304, "chunk_size": 4_194_303, "total_chunk_count": 1001},
            DOCUMENTED,
            "S-PLAN-SMALL-WHOLE",
            SIZE_TEXT,
            id="small-before-count",
        ),
        pytest.param(
            {"video_size": 20_000_000, "total_chunk_count": 1},
            STRICT,
            "S-PLAN-WHOLE-SIZE",
            SIZE_TEXT,
            id="whole-size-before-count",
        ),
        pytest.param(
            {"total_chunk_count": 1001},
            DOCUMENTED,
            "S-PLAN-COUNT-RANGE",
            COUNT_TEXT,
            id="count-range-before-count",
        ),
        pytest.param({"total_chunk_count": 6}, DOCUMENTED, "S-PLAN-COUNT", COUNT_TEXT, id="count-alone"),
    ],
)
def test_of_two_faults_the_earlier_answers(
    fields: dict[str, Any], rules: UploadRules, clause: str, message: str
) -> None:
    refused = refusal_of(guide_with(**fields), rules)
    assert (refused.clause, refused.message, refused.code) == (clause, message, "invalid_params")


EQUAL = "chunk_size must be video_size / total_chunk_count rounded down: "
EQUAL_SPLIT = DOCUMENTED.with_rule("count_rule", "equal_split")


@pytest.mark.parametrize(
    ("plan", "rules", "reason"),
    [
        pytest.param(
            (4_000_000_001, 64_000_000, 62), STRICT, "video_size 4000000001 exceeds 4000000000 bytes", id="largest"
        ),
        pytest.param((10, 11, 1), DOCUMENTED, "chunk_size 11 exceeds video_size 10", id="exceeds"),
        pytest.param(
            (10, 9, 1),
            DOCUMENTED,
            "a video below 5242880 bytes is one chunk: chunk_size must be 10, got 9",
            id="small-whole",
        ),
        pytest.param(
            (10_000_000, 5_242_879, 1),
            DOCUMENTED,
            "chunk_size must be at least 5242880, got 5242879",
            id="chunk-min",
        ),
        pytest.param(
            (200_000_000, 64_000_001, 3),
            OBSERVED,
            "chunk_size must be at most 64000000, got 64000001",
            id="chunk-max",
        ),
        pytest.param(
            (25_000_000, 10_000_000, 2),
            DOCUMENTED.with_mb(1000),
            "chunk_size must be at most 64000 (a MB is 1000 bytes here), got 10000000",
            id="chunk-max-scaled",
        ),
        pytest.param(
            (64_000_001, 64_000_000, 1),
            OBSERVED,
            "a video above 64000000 bytes needs several chunks, got 1 for 64000001",
            id="large-split",
        ),
        pytest.param(
            (15_000_000, 10_000_000, 1),
            STRICT,
            "chunk_size of a single chunk must be video_size 15000000, got 10000000",
            id="whole-size",
        ),
        pytest.param(
            (50_000_123, 10_000_000, 6),
            DOCUMENTED,
            "total_chunk_count must be video_size / chunk_size rounded down: 50000123 / 10000000 gives 5, got 6",
            id="count",
        ),
        pytest.param(
            (10_000_000, 10_000_000, 1001), DOCUMENTED, "total_chunk_count must be 1 to 1000, got 1001", id="range"
        ),
        pytest.param(
            (50_000_123, 10_000_000, 5),
            EQUAL_SPLIT,
            EQUAL + "50000123 / 5 gives 10000024, got 10000000",
            id="equal-split",
        ),
    ],
)
def test_a_refusal_says_what_was_wanted_and_what_came(
    plan: tuple[int, int, int], rules: UploadRules, reason: str
) -> None:
    refused = plan_refusal(SourceInfo(*plan), rules)
    assert refused is not None
    assert refused.reason == reason


@pytest.mark.parametrize(
    ("plan", "final"),
    [
        pytest.param((15_728_640, 5_242_880, 4), 0, id="nothing-is-left"),
        pytest.param((15_728_640, 5_242_880, 1000), -5_221_908_480, id="far-too-many"),
        pytest.param((139_460_609, 5_242_880, 2), 134_217_729, id="128-mb-and-one-byte"),
    ],
)
def test_without_a_count_rule_the_final_chunk_still_has_1_byte_to_128_mb(
    plan: tuple[int, int, int], final: int
) -> None:
    found = plan_refusal(SourceInfo(*plan), replace(DOCUMENTED, count_rule=CountRule.OFF))
    assert found is not None
    assert (found.clause, found.message) == ("S-PLAN-FINAL-MAX", SIZE_TEXT)
    assert found.reason == f"the final chunk must have 1 to 134217728 bytes, got {final}"


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param((15_728_641, 5_242_880, 4), id="one-byte"),
        pytest.param((139_460_608, 5_242_880, 2), id="128-mb"),
    ],
)
def test_without_a_count_rule_any_final_chunk_up_to_128_mb_is_accepted(plan: tuple[int, int, int]) -> None:
    assert plan_refusal(SourceInfo(*plan), replace(DOCUMENTED, count_rule=CountRule.OFF)) is None


# ───────────────────────────── where the planned chunks lie ─────────────────────────────


@pytest.mark.parametrize(
    ("first", "number", "length"),
    [
        pytest.param(0, 1, 10_000_000, id="first"),
        pytest.param(10_000_000, 2, 10_000_000, id="second"),
        pytest.param(30_000_000, 4, 10_000_000, id="last-but-one"),
        pytest.param(40_000_000, 5, 10_000_123, id="last-carries-the-rest"),
        pytest.param(50_000_000, None, None, id="the-rest-is-no-chunk"),
        pytest.param(50_000_123, None, None, id="end"),
        pytest.param(60_000_000, None, None, id="beyond-the-end"),
        pytest.param(1, None, None, id="inside-the-first"),
        pytest.param(9_999_999, None, None, id="last-byte-of-the-first"),
        pytest.param(-10_000_000, None, None, id="before-the-start"),
    ],
)
def test_chunks_of_the_guide_lie_where_it_says(first: int, number: int | None, length: int | None) -> None:
    source = SourceInfo(50_000_123, 10_000_000, 5)
    assert source.number_at(first) == number
    assert source.length_at(first) == length


@pytest.mark.parametrize(
    ("plan", "final"),
    [
        pytest.param((50_000_123, 10_000_000, 5), 10_000_123, id="guide"),
        pytest.param((4_194_304, 4_194_304, 1), 4_194_304, id="whole"),
        pytest.param((20_000_000, 10_000_000, 2), 10_000_000, id="even"),
        pytest.param((15_000_000, 10_000_000, 1), 15_000_000, id="single-with-smaller-chunk-size"),
        pytest.param((1, 1, 1), 1, id="one-byte"),
    ],
)
def test_the_final_chunk_carries_the_trailing_bytes(plan: tuple[int, int, int], final: int) -> None:
    assert SourceInfo(*plan).final_chunk == final


# ───────────────────────────── plans that one reading alone allows ─────────────────────────────

A1_GUIDE = ("A1", EQUAL + "50000123 / 5 gives 10000024, got 10000000")


@pytest.mark.parametrize(
    ("plan", "rules", "found"),
    [
        pytest.param((50_000_123, 10_000_000, 5), DOCUMENTED, (A1_GUIDE,), id="A1-guide-documented"),
        pytest.param((50_000_123, 10_000_000, 5), OBSERVED, (A1_GUIDE,), id="A1-guide-observed"),
        pytest.param((50_000_123, 10_000_000, 5), STRICT, (A1_GUIDE,), id="A1-guide-strict"),
        pytest.param((50_000_123, 10_000_024, 5), DOCUMENTED, (), id="equal-split-documented"),
        pytest.param((50_000_123, 10_000_024, 5), OBSERVED, (), id="equal-split-observed"),
        pytest.param((50_000_123, 10_000_024, 5), EQUAL_SPLIT, (), id="equal-split-under-its-own-rule"),
        pytest.param(
            (66_000_000, 66_000_000, 1),
            DOCUMENTED,
            (("A2", "chunk_size must be at most 64000000, got 66000000"),),
            id="A2-single-of-66-million",
        ),
        pytest.param(
            (10_000_000, 5_000_000, 2),
            OBSERVED,
            (("A2", "chunk_size must be at least 5242880, got 5000000"),),
            id="A2-decimal-minimum",
        ),
        pytest.param((10_000, 5000, 2), DOCUMENTED.with_mb(1000), (), id="no-A2-with-a-unit-of-ones-own"),
        pytest.param(
            (15_000_000, 10_000_000, 1),
            DOCUMENTED,
            (
                ("A1", EQUAL + "15000000 / 1 gives 15000000, got 10000000"),
                ("A3", "chunk_size of a single chunk must be video_size 15000000, got 10000000"),
            ),
            id="A1-and-A3-single-with-smaller-chunk-size",
        ),
        pytest.param((4_194_304, 4_194_304, 1), DOCUMENTED, (), id="guide-whole-upload"),
        pytest.param((64_000_000, 64_000_000, 1), DOCUMENTED, (), id="64-million-is-safe"),
    ],
)
def test_a_plan_that_another_reading_refuses_is_named_with_its_sentence(
    plan: tuple[int, int, int], rules: UploadRules, found: tuple[tuple[str, str], ...]
) -> None:
    assert one_sided(SourceInfo(*plan), rules) == found


# ───────────────────────────── every size has a plan ─────────────────────────────

# The largest size of each profile: 1000 chunks of 64 MB and a rest one byte short of another, or its own limit.
LARGEST = {"documented": 67_175_972_863, "observed": 64_063_999_999, "strict": 4_000_000_000}
LARGEST_PIECE = {"documented": 67_108_864, "observed": 64_000_000, "strict": 64_000_000}


def pieces_of(size: int, largest: int) -> list[int]:
    """Lengths that a client could send: whole, or in halves, or 64 MB again and again and the rest on the last."""
    if size <= largest:
        return [size]
    if size < 2 * largest:
        return [size // 2, size - size // 2]
    pieces = []
    while size >= 2 * largest:
        pieces.append(largest)
        size -= largest
    return [*pieces, size]


def assert_has_a_plan(profile: str, size: int) -> None:
    pieces = pieces_of(size, LARGEST_PIECE[profile])
    plan = {"source": "FILE_UPLOAD", "video_size": size, "chunk_size": pieces[0], "total_chunk_count": len(pieces)}
    result = read_source_info(plan, PROFILES[profile])
    assert isinstance(result, SourceInfo), (plan, result)
    assert result.final_chunk == pieces[-1]
    assert sum(pieces) == size
    start = 0
    for number, piece in enumerate(pieces, 1):
        assert (result.number_at(start), result.length_at(start)) == (number, piece)
        start += piece


@pytest.mark.parametrize("profile", ["documented", "observed", "strict"])
@given(data=st.data())
def test_each_size_up_to_the_largest_has_a_legal_plan(profile: str, data: st.DataObject) -> None:
    edges = [5_000_000, 5_242_880, 64_000_000, 67_108_864, 128_000_000, 134_217_728, 4_000_000_000]
    near_an_edge = st.builds(int.__add__, st.sampled_from(edges), st.integers(-2, 2))
    several = st.integers(1, 70).map(lambda mb: mb * 1_000_000)
    sizes = st.one_of(st.integers(1, LARGEST[profile]), near_an_edge, several, st.integers(1, 200))
    size = min(data.draw(sizes), LARGEST[profile])
    count = len(pieces_of(size, LARGEST_PIECE[profile]))
    event(f"chunks: {'1' if count == 1 else '2' if count == 2 else 'more'}")
    assert_has_a_plan(profile, size)


EDGES = [
    *(1, 2, 4_999_999, 5_000_000, 5_242_879, 5_242_880, 64_000_000, 64_000_001, 67_108_864, 67_108_865),
    *(127_999_999, 128_000_000, 134_217_727, 134_217_728, 4_000_000_000),
]


@pytest.mark.parametrize(
    ("profile", "size"),
    [
        pytest.param(profile, size, id=f"{profile}-{size}")
        for profile, largest in LARGEST.items()
        for size in (*EDGES, largest - 1, largest)
    ],
)
def test_each_size_at_an_edge_has_a_legal_plan(profile: str, size: int) -> None:
    assert_has_a_plan(profile, size)


@pytest.mark.parametrize(
    ("profile", "size", "chunk", "count", "clause"),
    [
        pytest.param("documented", 67_175_972_864, 67_108_864, 1001, "S-PLAN-COUNT-RANGE", id="documented-1001"),
        pytest.param("documented", 67_175_972_864, 67_108_864, 1000, "S-PLAN-COUNT", id="documented-1000"),
        pytest.param("documented", 67_175_972_864, 67_108_865, 1000, "S-PLAN-CHUNK-MAX", id="documented-larger"),
        pytest.param("observed", 64_064_000_000, 64_000_000, 1001, "S-PLAN-COUNT-RANGE", id="observed-1001"),
        pytest.param("observed", 64_064_000_000, 64_000_000, 1000, "S-PLAN-COUNT", id="observed-1000"),
        pytest.param("strict", 4_000_000_001, 64_000_000, 62, "S-PLAN-LARGEST", id="strict"),
    ],
)
def test_one_byte_more_than_the_largest_has_none(
    profile: str, size: int, chunk: int, count: int, clause: str
) -> None:
    plan = {"source": "FILE_UPLOAD", "video_size": size, "chunk_size": chunk, "total_chunk_count": count}
    assert refusal_of(plan, PROFILES[profile]).clause == clause


@pytest.mark.parametrize("profile", ["documented", "observed", "strict"])
@given(count=st.integers(1, 1000), length=st.integers(5_242_880, 64_000_000), rest=st.integers(0, 999))
def test_every_equal_split_within_the_limits_is_a_legal_plan(
    profile: str, count: int, length: int, rest: int
) -> None:
    if profile == "strict":
        count = min(count, 62)  # of 64,000,000 bytes, below its largest video
    size = count * length + rest % count
    result = read_source_info(
        {"source": "FILE_UPLOAD", "video_size": size, "chunk_size": length, "total_chunk_count": count},
        PROFILES[profile],
    )
    assert isinstance(result, SourceInfo), result
