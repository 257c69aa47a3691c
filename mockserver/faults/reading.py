"""Faults from JSON or TOML: what makes no sense is refused here, in one sentence, before it can wait in vain."""

import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NoReturn

from mockserver.faults.kinds import (
    EFFECTS,
    LAST_CHUNK,
    MOMENTS,
    NEED_AN_UPLOAD,
    Effect,
    Fault,
    Moment,
    Operation,
    Target,
    When,
)

MOST_SECONDS: Final = 365 * 86_400
LARGEST_BODY: Final = 2**20
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FRAMING = ("content-length", "transfer-encoding")


class FaultError(ValueError):
    """A fault that cannot be; `str()` is the sentence that says why and what would do."""


def read_faults(value: object) -> list[Fault]:
    """One fault, a list of them, or `{"faults": [...]}`. Raises FaultError, which names the fault by its place."""
    if isinstance(value, Mapping) and set(value) == {"faults"}:
        value = value["faults"]
    if isinstance(value, Mapping):
        return [read_fault(value)]
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise FaultError(f"a fault is an object, or a list of them; got {_kind(value)}")
    faults = []
    for number, one in enumerate(value, 1):
        try:
            faults.append(read_fault(one))
        except FaultError as error:
            raise FaultError(f"fault {number}: {error}") from None
    return faults


def read_fault(value: object) -> Fault:
    """One fault. Raises FaultError."""
    fields = _object("a fault", value, known=("on", "when", "do", "times", "skip"), needed=("on", "when", "do"))
    target = _read_target(fields["on"])
    moment = _read_moment(fields["when"])
    kind, effect = _read_effect(fields["do"])
    if moment.when not in MOMENTS[kind]:
        fitting = ", ".join(when.value for when in MOMENTS[kind])
        raise FaultError(f"{kind} makes no sense at {moment.when.value}; it can strike at {fitting}")
    if kind in NEED_AN_UPLOAD and target.operation is not Operation.CHUNK:
        raise FaultError(f"{kind} strikes operation chunk only, got {target.operation.value}")
    times = fields.get("times", 1)
    if times in (None, "forever"):  # TOML has no null
        times = None
    else:
        _integer("times", times, 1)
    skip = _integer("skip", fields.get("skip", 0), 0)
    return Fault(target, moment, kind, effect, times, skip)


def _read_target(value: object) -> Target:
    known = ("operation", "chunk", "upload_id", "token")
    fields = _object("on", value, known=known, needed=("operation",))
    operation = Operation(_word("operation", fields["operation"], [one.value for one in Operation]))
    chunk, upload_id, token = (fields.get(name) for name in known[1:])
    if chunk is not None and (type(chunk) is not int or not (1 <= chunk < 2**63 or chunk == LAST_CHUNK)):
        raise FaultError(f"chunk must be a whole number from 1, or -1 for the last one, got {_shown(chunk)}")
    for name, text in (("upload_id", upload_id), ("token", token)):
        if text is not None and (not isinstance(text, str) or not text):
            raise FaultError(f"{name} must be a string or null, got {_kind(text)}")
    if chunk is not None and operation is not Operation.CHUNK:
        raise FaultError(f"chunk {chunk} goes with operation chunk only, got {operation.value}")
    if upload_id is not None and operation is not Operation.CHUNK:
        raise FaultError(
            f"upload_id goes with operation chunk only, got {operation.value}: no other request names its upload "
            "before its body is read"
        )
    return Target(operation, chunk, upload_id, token)


def _read_moment(value: object) -> Moment:
    if isinstance(value, Mapping):
        fields = _object("when", value, known=("at_byte",), needed=("at_byte",))
        return Moment(When.AT_BYTE, _integer("at_byte", fields["at_byte"], 0))
    if value == When.AT_BYTE.value:
        raise FaultError('at_byte needs a number: {"at_byte": N}')
    return Moment(When(_word("when", value, [one.value for one in When])))


def _read_effect(value: object) -> tuple[str, Effect]:
    if not isinstance(value, Mapping) or "kind" not in value:
        raise FaultError(f"do must be an object with a kind, got {_kind(value)}")
    kind = _word("kind", value["kind"], list(EFFECTS))
    readers = _PARAMETERS[kind]
    needed = tuple(name for name, (_, required) in readers.items() if required)
    fields = _object(f"do of kind {kind}", value, known=("kind", *readers), needed=needed)
    given = {name: readers[name][0](name, fields[name]) for name in readers if name in fields}
    if kind == "progress":
        given.setdefault("value", None)  # TOML has no null
    return kind, EFFECTS[kind](**given)


def _object(what: str, value: object, *, known: Sequence[str], needed: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise FaultError(f"{what} must be an object, got {_kind(value)}")
    for name in value:
        if name not in known:
            raise FaultError(f"{what} has no {str(name)[:60]!r}: {_nearest(str(name), known)}")
    for name in needed:
        if name not in value:
            raise FaultError(f"{what} needs {name}")
    return value


def _word(what: str, value: object, known: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise FaultError(f"no {what} is called {str(value)[:60]!r}: {_nearest(str(value), known)}")
    return value


def _nearest(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=2, cutoff=0.6)
    return f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(known)}"


def _integer(name: str, value: object, least: int, most: int = 2**63 - 1) -> int:
    if type(value) is not int or not least <= value <= most:
        raise FaultError(f"{name} must be a whole number from {least}, got {_shown(value)}")
    return value


def _count(name: str, value: object) -> int:
    return _integer(name, value, 0)


def _count_or_null(name: str, value: object) -> int | None:
    return None if value is None else _integer(name, value, 0)


def _final_status(name: str, value: object) -> int:
    if type(value) is not int or not 200 <= value <= 599:
        raise FaultError(f"{name} must be a final HTTP status, 200 to 599, got {_shown(value)}")
    return value


def _redirect_status(name: str, value: object) -> int:
    if value not in (301, 302, 303, 307, 308):
        raise FaultError(f"{name} of a redirect is 301, 302, 303, 307 or 308, got {_shown(value)}")
    return int(value)


def _positive(name: str, value: object, most: float) -> float:
    number = value if type(value) in (int, float) else math.nan
    if not isinstance(number, int | float) or not 0 < number <= most:
        raise FaultError(f"{name} must be a number above 0 and up to {most}, got {_shown(value)}")
    return float(number)


def _seconds(name: str, value: object) -> float:
    return _positive(name, value, MOST_SECONDS)


def _rate(name: str, value: object) -> float:
    return _positive(name, value, 2**53)


def _headers(name: str, value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise FaultError(f"{name} must be an object of strings, got {_kind(value)}")
    for header, text in value.items():
        if not isinstance(header, str) or not _HEADER_NAME.fullmatch(header):
            raise FaultError(f"{str(header)[:60]!r} is no header name")
        if header.lower() in _FRAMING:
            raise FaultError(f"{header} is set by the server, after the body")
        if not _printable(text):
            raise FaultError(f"header {header} must be a string of printable ASCII, got {_shown(text)}")
    return dict(value)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > LARGEST_BODY:
        raise FaultError(f"{name} must be a string of up to {LARGEST_BODY} characters, got {_kind(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        _no(f"{name} must be text that UTF-8 can hold")
    return value


def _location(name: str, value: object) -> str:
    if not isinstance(value, str) or not value or not _printable(value):
        raise FaultError(f"{name} must be a URL, got {_shown(value)}")
    return value


def _printable(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and (value.isprintable() or not value)


def _no(sentence: str) -> NoReturn:
    raise FaultError(sentence)


def _kind(value: object) -> str:
    return "nothing" if value is None else type(value).__name__


def _shown(value: object) -> str:
    return "a number too large" if type(value) is int and abs(value) > 2**64 else repr(value)[:60]


_Reader = Callable[[str, object], Any]
_PARAMETERS: Final[Mapping[str, Mapping[str, tuple[_Reader, bool]]]] = {
    "status": {"status": (_final_status, True), "headers": (_headers, False), "body": (_text, False)},
    "close": {},
    "reset": {},
    "stall": {"seconds": (_seconds, True)},
    "throttle": {"bytes_per_second": (_rate, True)},
    "truncate": {"bytes": (_count, True)},
    "garbage": {},
    "progress": {"value": (_count_or_null, False)},
    "redirect": {"location": (_location, True), "status": (_redirect_status, False)},
    "expire": {},
    "forget": {},
}
