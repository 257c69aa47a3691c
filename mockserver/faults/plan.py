"""Faults waiting: each request takes the first that matches; what has fired and what is left is always known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mockserver.faults.kinds import LAST_CHUNK, Fault, Operation, When

MOST_FAULTS: Final = 10_000


class TooManyError(ValueError):
    """More faults than a plan holds."""


@dataclass(frozen=True, slots=True)
class Struck:
    """What a request is, to a fault: `chunk` by its number in the plan, and whether it is the `last` one there;
    `body` is its Content-Length, None where it has none.
    """

    operation: Operation
    chunk: int | None = None
    upload_id: str | None = None
    token: str | None = None
    body: int | None = None
    last: bool = False


@dataclass(slots=True)
class Armed:
    """A fault in the plan, and how far it has come. A request on its way holds it (`held`) until it fires."""

    number: int
    fault: Fault
    skipped: int = 0
    held: int = 0
    fired: int = 0

    @property
    def left(self) -> int | None:
        """How often it can still fire; None is for ever."""
        return None if self.fault.times is None else self.fault.times - self.fired

    @property
    def spent(self) -> bool:
        return self.left == 0

    def as_json(self) -> dict[str, object]:
        return {"id": self.number, **self.fault.as_json(), "fired": self.fired, "left": self.left}


class Taken:
    """A fault that one request took: it fires, or is put back where its moment never came."""

    def __init__(self, plan: "FaultPlan", armed: Armed) -> None:
        self._plan = plan
        self._armed = armed
        self._settled = False
        self.fault = armed.fault
        self.number = armed.number

    def fire(self) -> None:
        """It strikes now."""
        if not self._settled:
            self._settled = True
            self._armed.held -= 1
            self._armed.fired += 1
            self._plan.retire(self._armed)

    def put_back(self) -> None:
        """Its moment never came; does nothing once it fired."""
        if not self._settled:
            self._settled = True
            self._armed.held -= 1


class FaultPlan:
    """Faults in the order in which they were added."""

    def __init__(self) -> None:
        self._numbers = 0
        self._all: dict[int, Armed] = {}
        self._waiting: dict[int, Armed] = {}

    @property
    def empty(self) -> bool:
        """Whether nothing was ever added, or all was forgotten; another thread may ask this too."""
        return not self._all

    def add(self, faults: Sequence[Fault]) -> list[Armed]:
        """Append them; TooManyError, and none is added, where that makes too many."""
        if len(self._all) + len(faults) > MOST_FAULTS:
            raise TooManyError(
                f"a plan holds {MOST_FAULTS} faults, {len(self._all)} are in it; DELETE /_mock/faults empties it"
            )
        added = []
        for fault in faults:
            self._numbers += 1
            armed = self._all[self._numbers] = self._waiting[self._numbers] = Armed(self._numbers, fault)
            added.append(armed)
        return added

    def take(self, request: Struck) -> Taken | None:
        """Take the first fault that matches, is not spent, and has skipped as many matches as it should."""
        for armed in self._waiting.values():
            left = armed.left
            if (left is not None and left <= armed.held) or not _matches(armed.fault, request):
                continue
            if armed.skipped < armed.fault.skip:
                armed.skipped += 1
                continue
            armed.held += 1
            return Taken(self, armed)
        return None

    def retire(self, armed: Armed) -> None:
        if armed.spent:
            self._waiting.pop(armed.number, None)

    def listing(self, token: str | None = None) -> list[Armed]:
        """All faults, spent ones too; with `token` those that strike only its requests."""
        return [armed for armed in self._all.values() if token in (None, armed.fault.on.token)]

    def clear(self, token: str | None = None) -> int:
        """Forget faults (those of `token` only); how many."""
        gone = [armed.number for armed in self.listing(token)]
        for number in gone:
            del self._all[number]
            self._waiting.pop(number, None)
        return len(gone)


def _matches(fault: Fault, request: Struck) -> bool:
    on = fault.on
    return (
        on.operation in (Operation.ANY, request.operation)
        and (request.last if on.chunk == LAST_CHUNK else on.chunk in (None, request.chunk))
        and on.upload_id in (None, request.upload_id)
        and on.token in (None, request.token)
        and not (fault.when.when is When.AT_BYTE and request.body is not None and request.body < fault.when.byte)
    )
