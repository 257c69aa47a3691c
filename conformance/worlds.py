"""All that may be true of a server, after what has been seen of it.

Where an answer was lost nobody knows whether the chunk was kept: the truth is a set of possible worlds. Each
observation leaves those that allow it; an answer is impossible only if no world does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from conformance.model import Answer, Put, Status, Upload, World, allowed, let_in, status_answers
from conformance.readings import DOCUMENTED, Reading


@dataclass(frozen=True, slots=True)
class Worlds:
    """Every world that one upload of a server may be in.

    Each method takes an observation and returns the worlds after it; none are left where it was impossible, and
    `expected` of the worlds before says what was possible.
    """

    possible: frozenset[World]

    @classmethod
    def of(cls, upload: Upload | None, reading: Reading = DOCUMENTED) -> Self:
        """The one world in which `upload` is what was made, None: there is no such upload task."""
        return cls(frozenset({World(upload, reading)}))

    @property
    def impossible(self) -> bool:
        """Nothing that the law book allows leads to what was seen."""
        return not self.possible

    def expected(self, put: Put, now: float, *, in_flight: bool = False) -> frozenset[Answer]:
        """Every answer to this PUT that some world allows."""
        return frozenset(
            answer for world in self.possible for answer, _ in allowed(world, put, now, in_flight=in_flight)
        )

    def answered(
        self, put: Put, status: int, progress: str | None, now: float, *, in_flight: bool = False
    ) -> Self:
        """The PUT was answered so. A 5xx is for `refused_for_now`."""
        return self._of(
            after
            for world in self.possible
            for answer, after in allowed(world, put, now, in_flight=in_flight)
            if (answer.status, answer.progress) == (status, progress)
        )

    def let_in(self, put: Put, now: float) -> Self:
        """The head of the PUT was let in: a server that judges heads first has nothing against it so far."""
        return self._of(after for world in self.possible for after in let_in(world, put, now))

    def lost(self, put: Put, now: float, *, in_flight: bool = False) -> Self:
        """The answer was lost, or never read: the PUT was decided, or it never arrived whole (S-ATOMIC-CUT)."""
        return self._of(self.possible | self.decided(put, now, in_flight=in_flight).possible)

    def decided(self, put: Put, now: float, *, in_flight: bool = False) -> Self:
        """The answer was lost, but the PUT is known to have been decided."""
        return self._of(
            after for world in self.possible for _, after in allowed(world, put, now, in_flight=in_flight)
        )

    def refused_for_now(self) -> Self:
        """Answered with a 5xx: nothing has changed (S-ATOMIC-5XX)."""
        return self

    def forgotten(self) -> Self:
        """The server was made to forget its uploads; its readings stay."""
        return self._of(World(None, world.reading) for world in self.possible)

    def reported(self, status: Status, *, draft: bool, posted: bool = False) -> Self:
        """Its owner asked status/fetch, which said so."""
        return self._of(
            world for world in self.possible if status in status_answers(world.upload, draft=draft, posted=posted)
        )

    def _of(self, worlds: Iterable[World]) -> Self:
        return type(self)(frozenset(worlds))
