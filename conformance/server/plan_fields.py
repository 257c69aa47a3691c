"""Cases of the fields of source_info: what is no readable number is refused before anything else."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from conformance.cases import Case, Run
from conformance.plans import FIELDS
from conformance.server.plan import outcome_of, told
from conformance.terms import Terms
from conformance.trial import Trial

_MISSING: Final = object()
_VALUES: Final[tuple[tuple[str, str, Any], ...]] = (
    ("missing", "is missing", _MISSING),
    ("null", "is null", None),
    ("true", "is true", True),
    ("text", "is a word", "many"),
    ("digits-as-text", "is a number in quotes", "as text"),
    ("empty-text", "is an empty text", ""),
    ("fraction", "is a fraction", 1.5),
    ("point-zero", "is the right number with .0 behind", "as float"),
    ("zero", "is 0", 0),
    ("minus-one", "is -1", -1),
    ("negated", "is the right number with a minus", "negated"),
    ("2-to-the-63", "is one above the largest number of 64 bits", 2**63),
    ("2-to-the-64", "wraps to 0 in 64 bits", 2**64),
    ("list", "is a list", [1]),
    ("object", "is an object", {}),
)
_MADE: Final[Mapping[str, Callable[[Any], object]]] = {
    "as text": str,
    "as float": float,
    "negated": lambda number: -number,
}


def cases(_terms: Terms) -> Iterable[Case]:
    """Each field with each value."""
    for field in ("video_size", "chunk_size", "total_chunk_count"):
        for name, sentence, value in _VALUES:
            case_id = f"S-PLAN-FIELDS/{field.replace('_', '-')}-{name}"
            yield Case(case_id, f"{field} {sentence}.", _with(field, value))
    yield Case("S-PLAN-FIELDS/all-good", "The same plan with nothing wrong.", _good)


def _with(field: str, value: Any) -> Run:
    async def run(trial: Trial) -> None:
        await trial.ready()
        source: dict[str, Any] = trial.plan().source_info()
        made = _MADE.get(value) if isinstance(value, str) else None
        if value is _MISSING:
            del source[field]
        else:
            source[field] = made(source[field]) if made else value
        outcome = outcome_of(await trial.init(source))
        trial.expect(outcome == FIELDS, told(FIELDS), told(outcome))

    return run


async def _good(trial: Trial) -> None:
    await trial.ready()
    outcome = outcome_of(await trial.init(trial.plan().source_info()))
    trial.expect(outcome == "accepted", "accepted", told(outcome))
