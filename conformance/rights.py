"""Which statuses are right where: the one table of them, each with the reading that it belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from conformance.terms import SWITCHES, Terms


@dataclass(frozen=True, slots=True)
class Rights:
    """The statuses that are right. Where the guide leaves a choice, `shown` says which reading each one shows.

    `shown` may also know statuses that are not right: they fail, and the fingerprint tells what they stand for.
    """

    statuses: tuple[int, ...]
    switch: str = ""
    shown: Mapping[int, str] = field(default_factory=dict)

    def on(self, terms: Terms) -> tuple[int, ...]:
        """The right statuses under a profile."""
        if not self.switch:
            return self.statuses
        return tuple(one for one in self.statuses if terms.admits(self.switch, self.shown.get(one, str(one))))

    def reading(self, status: int) -> str | None:
        """The value of the switch that a status shows."""
        if not self.switch:
            return None
        return self.shown.get(status, str(status) if status in self.statuses else None)

    def told(self, terms: Terms) -> str:
        """The right answers as a sentence."""
        right = self.on(terms)
        note = f" ({SWITCHES[self.switch].ambiguity}: {self.switch})" if self.switch else ""
        return " or ".join(map(str, right)) + note


ACCEPTED: Final = Rights((206,))
COMPLETED: Final = Rights((201,), "final_status", {201: "201", 200: "200"})
BAD: Final = Rights((400,))
EXPIRED: Final = Rights((403,))
UNKNOWN: Final = Rights((404,))
OUT_OF_PLACE: Final = Rights((416,))
REPEATED: Final = Rights((416,), "repeat", {416: "416", 206: "accept", 201: "accept"})
AFTER_END: Final = Rights((416, 404, 403, 400), "after_end")
OFF_PLAN: Final = Rights((400, 416), "off_plan", {400: "400", 416: "416", 206: "accept", 201: "accept"})
WRONG_TOTAL: Final = Rights((400, 416), "wrong_total")
WRONG_TOKEN: Final = Rights((404, 403), "wrong_token")
NO_RANGE: Final = Rights((400, 416))
WRONG_TYPE: Final = Rights((400, 415), "content_type", {400: "400", 415: "415", 206: "any", 201: "any"})
NO_LENGTH: Final = Rights((400, 411), "missing_length")
CODED: Final = Rights((400, 415, 206, 201))
"""Each demand on a PUT with its statuses."""
