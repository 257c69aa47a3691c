"""ChunkPlan: C-PLAN, C-PLAN-PORTABLE."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_reference import Chunk, ChunkPlan
from client_reference.errors import PlanError, UploadError

DEFAULTS = [
    # size, chunk_size, count
    (1, 1, 1),
    (4_194_304, 4_194_304, 1),
    (4_999_999, 4_999_999, 1),
    (5_242_880, 5_242_880, 1),
    (19_999_999, 19_999_999, 1),
    (20_000_000, 10_000_000, 2),
    (20_000_001, 10_000_000, 2),
    (50_000_123, 10_000_024, 5),
    (64_000_000, 10_666_666, 6),
    (64_000_001, 10_666_666, 6),
    (158_008_374, 10_533_891, 15),
    (4_000_000_000, 10_000_000, 400),
    (9_999_999_999, 10_010_010, 999),
    (10_010_000_000, 10_010_000, 1000),
    (64_000_000_999, 64_000_000, 1000),
]


@pytest.mark.parametrize(("size", "chunk_size", "count"), DEFAULTS)
def test_default_plan(size, chunk_size, count):
    assert ChunkPlan.for_size(size) == ChunkPlan(size, chunk_size, count)


EXPLICIT = [
    # size, asked, mb, chunk_size, count
    pytest.param(50_000_123, 10_000_000, None, 10_000_000, 5, id="the-guide-s-example"),
    pytest.param(158_008_374, 5_242_880, None, 5_242_880, 30, id="smallest-chunk-seen-accepted"),
    pytest.param(15_000_000, 10_000_000, None, 15_000_000, 1, id="one-chunk-is-the-whole-file"),
    pytest.param(3_000_000, 10_000_000, None, 3_000_000, 1, id="file-below-the-chunk"),
    pytest.param(3_000_000, 3_000_000, None, 3_000_000, 1, id="whole-file-below-5-mb"),
    pytest.param(3_000_000, 900_000_000, None, 3_000_000, 1, id="any-larger-wish-is-one-chunk"),
    pytest.param(64_000_000, 64_000_000, None, 64_000_000, 1, id="largest-whole-file"),
    pytest.param(128_000_000, 64_000_000, None, 64_000_000, 2, id="largest-chunks"),
    pytest.param(64_063_999_999, 64_000_000, None, 64_000_000, 1000, id="largest-file-of-all"),
    pytest.param(25_500, 5_000, 1_000, 5_000, 5, id="small-unit"),
    pytest.param(70_000_000, 67_108_864, 1_048_576, None, None, id="binary-unit-one-chunk-too-large"),
    pytest.param(140_000_000, 67_108_864, 1_048_576, 67_108_864, 2, id="binary-unit-largest"),
    pytest.param(20_000_000, 5_000_000, 1_000_000, 5_000_000, 4, id="decimal-unit-smallest"),
]


@pytest.mark.parametrize(("size", "asked", "mb", "chunk_size", "count"), EXPLICIT)
def test_explicit_chunk_size(size, asked, mb, chunk_size, count):
    if chunk_size is None:
        with pytest.raises(PlanError, match="more than 67108864 bytes"):
            ChunkPlan.for_size(size, chunk_size=asked, mb=mb)
    else:
        assert ChunkPlan.for_size(size, chunk_size=asked, mb=mb) == ChunkPlan(size, chunk_size, count)


@pytest.mark.parametrize(
    ("size", "options", "sentence"),
    [
        (0, {}, "The file has 0 bytes; a video of at least 1 byte is wanted."),
        (-1, {}, "The file has -1 bytes; a video of at least 1 byte is wanted."),
        (
            64_000_001_000,
            {},
            "The file has 64000001000 bytes; 1000 chunks of at most 64000000 cannot hold it: make it smaller.",
        ),
        (
            20_000_000,
            {"chunk_size": 5_242_879},
            "chunk_size is 5242879; ask for at least 5242880 bytes, or for none.",
        ),
        (3_000_000, {"chunk_size": 0}, "chunk_size is 0; ask for at least 5242880 bytes, or for none."),
        (3_000_000, {"chunk_size": -7}, "chunk_size is -7; ask for at least 5242880 bytes, or for none."),
        (
            200_000_000,
            {"chunk_size": 64_000_001},
            (
                "chunk_size is 64000001, which cuts 200000000 bytes into chunks of 64000001; "
                "ask for one that makes none of more than 64000000 bytes, or for none."
            ),
        ),
        (
            100_000_000,
            {"chunk_size": 60_000_000},
            (
                "chunk_size is 60000000, which cuts 100000000 bytes into chunks of 100000000; "
                "ask for one that makes none of more than 64000000 bytes, or for none."
            ),
        ),
        (
            20_000_000_000,
            {"chunk_size": 10_000_000},
            "2000 chunks are too many; ask for a chunk_size that makes 1000 or fewer.",
        ),
        (100, {"mb": 199}, "mb is 199; a unit of at least 200 bytes is wanted."),
    ],
)
def test_no_legal_plan(size, options, sentence):
    with pytest.raises(PlanError) as caught:
        ChunkPlan.for_size(size, **options)
    assert str(caught.value) == sentence
    assert isinstance(caught.value, UploadError)
    assert (caught.value.fault, caught.value.retryable) == ("caller", False)


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ((0, 1, 1), "The file has 0 bytes"),
        ((10, 0, 1), "chunk_size is 0; from 1 to 10 bytes are wanted."),
        ((10, 11, 1), "chunk_size is 11; from 1 to 10 bytes are wanted."),
        (
            (50_000_123, 10_000_000, 6),
            "total_chunk_count is 6; 50000123 bytes in chunks of 10000000 make 5, rounded down.",
        ),
    ],
)
def test_a_plan_that_contradicts_itself_cannot_be_built(numbers, sentence):
    with pytest.raises(PlanError, match=sentence.replace(".", r"\.")):
        ChunkPlan(*numbers)


def test_the_final_chunk_absorbs_the_rest():
    plan = ChunkPlan(50_000_123, 10_000_000, 5)
    assert [(chunk.first, chunk.last) for chunk in plan.ranges] == [
        (0, 9_999_999),
        (10_000_000, 19_999_999),
        (20_000_000, 29_999_999),
        (30_000_000, 39_999_999),
        (40_000_000, 50_000_122),
    ]
    assert plan.chunk(5) == Chunk(5, 40_000_000, 50_000_122, 50_000_123)
    assert plan.chunk(5).size == 10_000_123
    assert plan.chunk(5).content_range == "bytes 40000000-50000122/50000123"
    assert [chunk.final for chunk in plan.ranges] == [False, False, False, False, True]


@pytest.mark.parametrize("number", [0, -1, 3])
def test_there_is_no_other_chunk(number):
    with pytest.raises(IndexError, match=f"chunk {number} of 2"):
        ChunkPlan(25, 10, 2).chunk(number)


@pytest.mark.parametrize(
    ("offset", "number", "edge"),
    [
        (0, 1, True),
        (10, 2, True),
        (20, None, False),
        (25, None, True),
        (9, None, False),
        (-10, None, False),
        (30, None, False),
    ],
)
def test_edges(offset, number, edge):
    plan = ChunkPlan(25, 10, 2)
    chunk = plan.chunk_at(offset)
    assert (chunk.number if chunk else None) == number
    assert plan.is_edge(offset) is edge


SIZES = st.one_of(
    st.integers(1, 64_000_000_999),
    st.integers(1, 200_000_000),
    st.builds(
        lambda times, unit, off: max(1, times * unit + off),
        st.integers(1, 999),
        st.sampled_from([10_000_000, 64_000_000, 1_048_576]),
        st.integers(-2, 2),
    ),
)


@given(SIZES)
def test_every_size_has_a_plan_legal_under_all_readings(size):
    plan = ChunkPlan.for_size(size)
    count, chunk_size = plan.total_chunk_count, plan.chunk_size
    final = size - (count - 1) * chunk_size
    assert plan.video_size == size
    assert 1 <= count <= 1000
    assert count == size // chunk_size  # the newer wording
    assert chunk_size == size // count  # the older wording
    assert chunk_size <= 64_000_000
    assert final <= 128_000_000
    assert chunk_size >= 5_242_880 or (count, chunk_size) == (1, size)
    assert plan.chunk(count).size == final
    assert plan.chunk(count).last == size - 1


@given(st.integers(200, 5_000), st.data())
def test_every_size_has_a_plan_in_any_unit(mb, data):
    size = data.draw(st.integers(1, 64_000 * mb))
    plan = ChunkPlan.for_size(size, mb=mb)
    assert plan.total_chunk_count == size // plan.chunk_size <= 1000
    assert plan.chunk_size == size // plan.total_chunk_count <= 64 * mb
    assert plan.chunk_size >= 5 * mb or plan.total_chunk_count == 1


@given(st.integers(1, 300_000), st.integers(-1, 80_000))
def test_the_chunks_of_any_plan_tile_the_file(size, chunk_size):
    try:
        plan = ChunkPlan.for_size(size, chunk_size=chunk_size, mb=1_000)
    except PlanError:
        return
    pieces = list(plan.ranges)
    assert [piece.number for piece in pieces] == list(range(1, plan.total_chunk_count + 1))
    assert [piece.first for piece in pieces[1:]] == [piece.last + 1 for piece in pieces[:-1]]
    assert (pieces[0].first, pieces[-1].last) == (0, size - 1)
    assert plan.chunk_size in {chunk_size, size}
