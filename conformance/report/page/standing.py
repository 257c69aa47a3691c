"""How a case or a clause stands in a saved report: its result, and whether that result weighs."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from conformance.clauses import Strength


class Standing(StrEnum):
    """The heaviest first; `soft` is a broken should-clause that does not fail the run."""

    FAIL = "fail"
    ERROR = "error"
    SOFT = "soft"
    KNOWN = "known"
    REPORTED = "reported"
    PASS = "pass"  # noqa: S105 - a word of the report
    SKIP = "skip"
    UNTRIED = "untried"


WORDS: Final[Mapping[Standing, str]] = {
    Standing.FAIL: "fail",
    Standing.ERROR: "error",
    Standing.SOFT: "fail of a should",
    Standing.KNOWN: "known to fail",
    Standing.REPORTED: "reported",
    Standing.PASS: "pass",
    Standing.SKIP: "skipped",
    Standing.UNTRIED: "not tried",
}
OPEN: Final = frozenset({Standing.FAIL, Standing.ERROR, Standing.SOFT})
"""What a page shows unfolded."""
BAD: Final = OPEN | {Standing.KNOWN}


def standing(case: Mapping[str, Any], strength: str, *, strict: bool) -> Standing:
    """How a case of a report stands. ValueError for a result that schema 1 does not know."""
    found = Standing(case["result"])
    if found is not Standing.FAIL:
        return found
    if case.get("known_failing"):
        return Standing.KNOWN
    return Standing.SOFT if strength == Strength.SHOULD and not strict else found


def heaviest(standings: Iterable[Standing]) -> Standing:
    """How a clause stands whose cases stand so."""
    present = set(standings)
    return next((one for one in Standing if one in present), Standing.UNTRIED)
