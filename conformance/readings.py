"""What the guide leaves open about a PUT: for each switch the values that a server may still turn out to have."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Final, Self, TypeVar

T = TypeVar("T")
Choices = frozenset[int | str]

SWITCHES: Final[Mapping[str, Choices]] = {
    "progress": frozenset({"count", "last_index", "omit"}),  # A4
    "progress_on": frozenset({"accepted", "accepted and 416", "all"}),  # S-ORDER-416-PROGRESS is a should
    "missing_range": frozenset({400, 416}),  # A5
    "wrong_total": frozenset({400, 416}),  # A13
    "off_plan": frozenset({400, 416, "accept"}),  # A13
    "wrong_token": frozenset({404, 403}),  # A14
    "content_type": frozenset({400, 415, "any"}),  # A15
    "missing_length": frozenset({400, 411}),  # A17
    "after_end": frozenset({416, 404, 403, 400}),  # A12
    "final_status": frozenset({201, 200}),  # A6
    "repeat": frozenset({416, "accept"}),  # A12
    "order": frozenset({"contract", "any"}),
}
"""All that is left open. `order`: of several complaints the first in the contract's order answers, or any."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The values that one server may still turn out to have; unless told, what is documented and that alone."""

    progress: Choices = frozenset({"count"})
    progress_on: Choices = frozenset({"accepted and 416"})
    missing_range: Choices = frozenset({400})
    wrong_total: Choices = frozenset({400})
    off_plan: Choices = frozenset({400})
    wrong_token: Choices = frozenset({404})
    content_type: Choices = frozenset({400})
    missing_length: Choices = frozenset({400})
    after_end: Choices = frozenset({416})
    final_status: Choices = frozenset({201})
    repeat: Choices = frozenset({416})
    order: Choices = frozenset({"contract"})

    def __post_init__(self) -> None:
        for switch in fields(self):
            given, known = self.possible(switch.name), SWITCHES[switch.name]
            if not given or not given <= known:
                wanted = ", ".join(sorted(map(str, known)))
                raise ValueError(f"{switch.name} is {sorted(map(str, given))}, wanted some of {wanted}")

    @classmethod
    def of(cls, **switches: int | str) -> Self:
        """The documented reading but for these switches."""
        return cls(**{name: frozenset({value}) for name, value in switches.items()})

    def possible(self, switch: str) -> Choices:
        """The values that `switch` may have."""
        found: Choices = getattr(self, switch)
        return found

    def split(self, switch: str, outcome: Callable[[int | str], T]) -> Iterator[tuple[T, Self]]:
        """Each outcome that values of `switch` lead to, with the reading of a server that showed it."""
        leading: dict[T, set[int | str]] = {}
        for value in self.possible(switch):
            leading.setdefault(outcome(value), set()).add(value)
        for shown, values in leading.items():
            yield shown, replace(self, **{switch: frozenset(values)})


DOCUMENTED: Final = Reading()
EVERY: Final = Reading(**SWITCHES)
