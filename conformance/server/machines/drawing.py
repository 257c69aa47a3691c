"""How stories are drawn: Hypothesis strategies, in units of the terms, small before large."""

from itertools import chain
from typing import TYPE_CHECKING, Final

from conformance.plans import LARGEST_NUMBER
from conformance.puts import Plan
from conformance.server.machines.stories import Inits, Step, Story
from conformance.terms import Terms

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

_BY: Final = (0, 1, 2, 3, 7)
_STEPS: Final = 8
_NO_NUMBERS: Final = (None, True, 0, -1, "5000", 5.0, LARGEST_NUMBER + 1)


def stories(terms: Terms, kinds: tuple[str, ...], *, several: bool) -> "SearchStrategy[Story]":
    """Stories of one upload, or of two to four, told in steps of these kinds."""
    from hypothesis import strategies as st  # noqa: PLC0415 - heavy

    plans = st.builds(
        Plan.of_chunks,
        st.sampled_from((terms.least, terms.least + 1)),
        st.sampled_from((3, 3, 3, 4, 4, 4, 2, 1)),
        st.just(0),
    )
    uploads = st.tuples(plans, st.booleans())
    often = ("chunk",) * (len(kinds) // 5)
    most = 4 if several else 1

    def steps(count: int) -> "SearchStrategy[tuple[Step, ...]]":
        one = st.builds(
            Step, st.sampled_from((*often, *kinds)), st.sampled_from(range(count)), st.sampled_from(_BY)
        )
        return st.lists(st.lists(one, max_size=_STEPS), min_size=4, max_size=4).map(
            lambda told: tuple(chain(*told))
        )

    @st.composite
    def story(draw: "DrawFn") -> Story:
        begun = tuple(draw(st.lists(uploads, min_size=2 if several else 1, max_size=most)))
        return Story(begun, draw(steps(len(begun))))

    return story()


def inits(terms: Terms) -> "SearchStrategy[Inits]":
    """One to six source_infos near the edges, in one or two chunk sizes, nearly all of them numbers."""
    from hypothesis import strategies as st  # noqa: PLC0415 - heavy

    edges = sorted({edge for low, high in terms.units for edge in (5 * low, 10 * low, 64 * high)})
    near = st.sampled_from([edge + off for edge in edges for off in (0, -1, 1, 7)])
    counts = st.sampled_from((2, 3, 1, 10, 999, 1000, 1001))
    off = st.sampled_from((0, 0, 0, 1, -1))
    trailing = st.sampled_from((lambda _: 0, lambda _: 1, lambda chunk: chunk - 1, lambda chunk: chunk // 2))
    rarely = st.sampled_from((False,) * 11 + (True,))

    @st.composite
    def source(draw: "DrawFn", chunks: "SearchStrategy[int]") -> dict[str, object]:
        chunk, count = draw(chunks), draw(counts)
        more = draw(trailing)(chunk)
        made = _source(chunk * count + more, chunk, max(1, count + draw(off)))
        if draw(rarely):
            made[draw(st.sampled_from(list(made)))] = draw(st.sampled_from(_NO_NUMBERS))
        return made

    @st.composite
    def story(draw: "DrawFn") -> Inits:
        sizes = st.sampled_from(draw(st.lists(near, min_size=1, max_size=2)))
        whole = st.sampled_from((1, 2)).flatmap(lambda part: sizes.map(lambda size: size // part))
        one = st.one_of(source(sizes), source(sizes), whole.map(lambda size: _source(size, size, 1)))
        return Inits(tuple(draw(st.lists(one, min_size=1, max_size=6))))

    return story()


def _source(video_size: int, chunk_size: int, count: int) -> dict[str, object]:
    return {
        "source": "FILE_UPLOAD",
        "video_size": video_size,
        "chunk_size": chunk_size,
        "total_chunk_count": count,
    }
