"""The drawing of a run: a mark for each request, as far as they are drawn."""

import pytest

from conformance.client.timeline import DRAWN, timeline
from support.evidence import ONE, init, left, put


@pytest.mark.parametrize(("requests", "marks"), [(3, 3), (DRAWN, DRAWN), (DRAWN + 7, DRAWN)])
def test_a_long_run_is_drawn_from_its_beginning(requests: int, marks: int) -> None:
    drawing = timeline(left(init(), *[put(ONE)] * (requests - 1)))
    assert drawing.count("<circle") == 1
    assert drawing.count("<rect") == marks - 1
    assert f"{requests - 1} PUTs in " in drawing
    assert (f"(the first {DRAWN} requests are drawn)" in drawing) == (requests > DRAWN)


def test_a_run_without_a_request_has_no_drawing() -> None:
    assert timeline(left()) == ""
