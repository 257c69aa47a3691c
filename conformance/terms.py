"""On what terms a target is judged: the profile whose readings it has to show, and the bytes of a MB."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from conformance import readings
from conformance.plans import PlanReading

ANY: Final = "any"
PROFILES: Final = (ANY, "documented", "observed", "strict")
"""`any`: each reading that the law book leaves open is right, and reported."""

_BINARY, _DECIMAL = 1_048_576, 1_000_000
_UNITS: Final[Mapping[str, tuple[tuple[int, int], ...]]] = {
    ANY: ((_BINARY, _BINARY), (_DECIMAL, _DECIMAL), (_BINARY, _DECIMAL)),
    "documented": ((_BINARY, _BINARY),),
    "observed": ((_DECIMAL, _DECIMAL),),
    "strict": ((_BINARY, _DECIMAL),),
}


@dataclass(frozen=True, slots=True)
class Switch:
    """One ambiguity: its number in the reference, and what each profile makes of it."""

    ambiguity: str
    documented: str
    observed: str = ""
    strict: str = ""

    def wanted(self, profile: str) -> str | None:
        """The value that a profile demands, None where any is right."""
        if profile == ANY:
            return None
        return getattr(self, profile) or self.documented


SWITCHES: Final[Mapping[str, Switch]] = {
    "mb": Switch("A2", "1048576", "1000000", "1048576"),
    "mb_above": Switch("A2", "1048576", "1000000", "1000000"),
    "count_rule": Switch("A1", "floor"),
    "single_chunk_size": Switch("A3", "any", "equal", "equal"),
    "largest_video": Switch("section 9", "none", "none", "4000000000"),
    "progress": Switch("A4", "count"),
    "missing_range": Switch("A5", "400", "416"),
    "put_body": Switch("A6", "null"),
    "final_status": Switch("A6", "201"),
    "upload_path": Switch("A10", "/video/", "/upload"),
    "repeat": Switch("A12", "416"),
    "after_end": Switch("A12", "416"),
    "off_plan": Switch("A13", "400"),
    "wrong_total": Switch("A13", "400"),
    "wrong_token": Switch("A14", "404"),
    "content_type": Switch("A15", "400"),
    "missing_length": Switch("A17", "400"),
    "cors": Switch("A17", "off"),
}
"""What the guide leaves open, by the name that the contract gives it."""


_OF_A_PUT: Final[Mapping[str, readings.Choices]] = {
    **readings.SWITCHES,
    "progress": frozenset({"count", "last_index"}),  # S-CHUNK-PROGRESS
    "progress_on": frozenset({"accepted", "accepted and 416"}),  # S-ORDER-416-PROGRESS, a should
    "off_plan": frozenset({400, 416}),  # S-CHUNK-PLANNED-SIZE
    "content_type": frozenset({400, 415}),  # S-HEAD-TYPE
    "final_status": frozenset({201}),  # S-CHUNK-201
    "repeat": frozenset({416}),  # S-ORDER-REPEAT
}
"""What the law book leaves open about a PUT; where it demands one value, that alone."""

_IN_NO_PROFILE: Final = ("progress_on", "missing_range", "order")


@dataclass(frozen=True, slots=True)
class Terms:
    """The profile, and the unit where it is not the profile's."""

    profile: str = ANY
    mb: int | None = None

    @property
    def units(self) -> tuple[tuple[int, int], ...]:
        """The MB at the lower and at the upper edges, in each reading that is right."""
        return ((self.mb, self.mb),) if self.mb else _UNITS[self.profile]

    @property
    def unit(self) -> int:
        """The MB of the guide's round examples: decimal, unless another is given."""
        return self.mb or _DECIMAL

    @property
    def least(self) -> int:
        """The smallest chunk_size that every reading accepts."""
        return 5 * max(low for low, _ in self.units)

    @property
    def too_little(self) -> int:
        """The largest chunk_size that every reading finds too small."""
        return 5 * min(low for low, _ in self.units) - 1

    @property
    def most(self) -> int:
        """The largest chunk_size that every reading accepts."""
        return 64 * min(high for _, high in self.units)

    @property
    def too_much(self) -> int:
        """The smallest chunk_size that every reading finds too large."""
        return 64 * max(high for _, high in self.units) + 1

    def admits(self, switch: str, value: str) -> bool:
        """Whether a target on these terms may show `value`."""
        if switch in ("mb", "mb_above") and self.mb:
            return value == str(self.mb)
        wanted = SWITCHES[switch].wanted(self.profile)
        return wanted is None or wanted == value

    def plan_readings(self) -> tuple[PlanReading, ...]:
        """What init may make of a plan on these terms, for the model."""
        whole = [
            value for value, name in ((False, "any"), (True, "equal")) if self.admits("single_chunk_size", name)
        ]
        bounds = {"none": None, "4000000000": 4_000_000_000}
        largest = [bound for name, bound in bounds.items() if self.admits("largest_video", name)]
        return tuple(PlanReading(units, one, bound) for units in self.units for one in whole for bound in largest)

    def put_reading(self, shown: Mapping[str, Collection[str]]) -> readings.Reading:
        """What a target may make of a PUT: where it has shown a value, that; else each that is right here."""
        chosen = {
            switch: frozenset(value for value in known if str(value) in shown.get(switch, ()))
            or frozenset(
                value for value in _OF_A_PUT[switch] if switch in _IN_NO_PROFILE or self.admits(switch, str(value))
            )
            for switch, known in readings.SWITCHES.items()
        }
        return readings.Reading(**chosen)
