"""Faults written as Python calls, and what has become of them."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Final

from mockserver.faults.kinds import EFFECTS, MOMENTS, When
from mockserver.faults.plan import Armed
from mockserver.faults.reading import FaultError

_PARAMETER: Final = {
    "stall": "seconds",
    "throttle": "bytes_per_second",
    "truncate": "bytes",
    "progress": "value",
    "redirect": "location",
}
"""What a kind's one value is called in JSON."""


class ArmedFault:
    """A fault that was armed. Its numbers are those of now."""

    def __init__(self, armed: Armed) -> None:
        self._armed = armed

    @property
    def id(self) -> int:
        """Its number, as the journal's entries name it."""
        return self._armed.number

    @property
    def fired(self) -> int:
        """How often it struck."""
        return self._armed.fired

    @property
    def left(self) -> int | None:
        """How often it can still strike; None is for ever."""
        return self._armed.left

    def as_json(self) -> dict[str, object]:
        """As GET /_mock/faults shows it."""
        return self._armed.as_json()

    def __str__(self) -> str:
        fault = self._armed.fault
        on, when = fault.on, fault.when
        place = {None: "", -1: ", the last one"}.get(on.chunk, f" {on.chunk}")
        moment = f"at byte {when.byte}" if when.when is When.AT_BYTE else when.when.value
        values = [str(getattr(fault.do, field.name)) for field in fields(fault.do)[:1]]
        wanted = "for ever" if fault.times is None else f"{fault.times} times" if fault.times > 1 else "once"
        what = " ".join((fault.kind, *values))
        return f"{what} {moment} on {on.operation.value}{place}, {wanted}; fired {self.fired or 'never'}"

    def __repr__(self) -> str:
        return f"<fault {self.id}: {self}>"


def written(
    operation: str,
    *,
    target: Mapping[str, object],
    when: str | None,
    at_byte: int | None,
    effects: Mapping[str, object],
    count: Mapping[str, object],
) -> dict[str, object]:
    """The fault as JSON has it. `effects` are the keywords that were given. Raises FaultError."""
    given = dict(effects)
    more: dict[str, object] = {name: given.pop(name) for name in ("headers", "body") if name in given}
    if "redirect" in given and "status" in given:
        more["status"] = given.pop("status")
    if len(given) != 1:
        came = ", ".join(given) or "none"
        raise FaultError(f"a fault does one thing: give one of {', '.join(EFFECTS)}; got {came}")
    kind, value = given.popitem()
    own: dict[str, object] = {} if value is True else {_PARAMETER.get(kind, kind): value}
    if when is not None and at_byte is not None:
        raise FaultError(f"a fault has one moment: give when or at_byte, got {when!r} and {at_byte}")
    moment: object = {"at_byte": at_byte} if at_byte is not None else when or MOMENTS[kind][0].value
    return {
        "on": {"operation": operation, **target},
        "when": moment,
        "do": {"kind": kind, **own, **more},
        **count,
    }


def unfired_sentence(unfired: Sequence[ArmedFault]) -> str:
    """What has not struck, one line each; empty where nothing is left."""
    if not unfired:
        return ""
    lines = [f"did not strike: {fault}" for fault in unfired]
    return "\n".join((*lines, "A fault that does not strike tests nothing: arm what will, or times=None."))
