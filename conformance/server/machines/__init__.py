"""Machines: cases that draw stories with Hypothesis, where the tables try one thing at a time."""

from collections.abc import Iterable
from typing import Final

from conformance.cases import Case
from conformance.server.machines.kinds import CUT, EXPIRED, ISOLATED, PARALLEL, REFUSED
from conformance.server.machines.machine import Machine
from conformance.terms import Terms

_ALL: Final = frozenset({REFUSED, CUT, PARALLEL})

MACHINES: Final = (
    Machine("S-PLAN-COUNT/stories", "Inits drawn near the edges, whose answers fit one reading.", inits=True),
    Machine(f"{REFUSED}/stories", "Refusals of all kinds drawn between the chunks.", frozenset({REFUSED})),
    Machine(
        f"{CUT}/stories", "Cuts and lost answers drawn between chunks and refusals.", frozenset({REFUSED, CUT})
    ),
    Machine(f"{PARALLEL}/stories", "The same, and requests side by side.", _ALL),
    Machine(f"{ISOLATED}/stories", "The same with two to four uploads in turns.", _ALL, several=True),
    Machine(f"{EXPIRED}/stories", "The same with one upload, and the clock goes on.", _ALL | {EXPIRED}),
)
"""Each tells of more than the one before."""


def cases(_terms: Terms) -> Iterable[Case]:
    """The machines as cases."""
    return (machine.case for machine in MACHINES)
