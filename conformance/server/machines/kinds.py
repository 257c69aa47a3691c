"""What can be done to an upload, step by step: each kind with the clauses that it is about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from conformance.puts import Plan, Put

REFUSED: Final = "S-ATOMIC-REFUSED"
CUT: Final = "S-ATOMIC-CUT"
PARALLEL: Final = "S-ORDER-PARALLEL"
EXPIRED: Final = "S-URL-EXPIRED"
ISOLATED: Final = "S-ISOLATED"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an upload stands: its plan, the chunk that it wants (None: it is complete), those that are in."""

    plan: Plan
    wanted: range | None
    ticked: tuple[range, ...]

    @property
    def at(self) -> range:
        """The chunk that is wanted, or the last where none is."""
        return self.wanted or self.plan.pieces[-1]

    def put(self, start: int, stop: int, more: int = 0) -> Put | None:
        """A PUT of these bytes, with a TOTAL that is so much too large; None where there are no such bytes."""
        good = 0 <= start < stop <= self.plan.video_size
        return Put.of(range(start, stop), self.plan.video_size + more) if good else None


Shape = Callable[[Place, int], Put | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """`rules` judge it by itself, `history` judges what it leaves behind. `shape` makes its PUT, if it can."""

    words: str
    rules: tuple[str, ...] = ()
    history: str = ""
    shape: Shape = lambda place, _: place.put(place.at.start, place.at.stop)


# ── shapes of a PUT that is refused ──


def _repeat(place: Place, by: int) -> Put | None:
    piece = place.ticked[by % len(place.ticked)] if place.ticked else range(0)
    return place.put(piece.start, piece.stop)


def _gap(place: Place, by: int) -> Put | None:
    if place.wanted is None:
        return None
    shift = by or len(place.wanted)
    stop = min(place.wanted.stop + shift, place.plan.video_size)
    return place.put(place.wanted.start + shift, stop)


def _overlap(place: Place, by: int) -> Put | None:
    return place.put(place.at.start - by - 1, place.at.stop) if place.ticked and place.wanted else None


def _off_plan(place: Place, by: int) -> Put | None:
    if place.wanted is None:
        return None
    longer = place.wanted.stop + by if by % 2 else place.wanted.stop - by - 1
    return place.put(place.wanted.start, longer)


def _wrong_total(place: Place, by: int) -> Put | None:
    return place.put(place.at.start, place.at.stop, more=by + 1)


def _changed(change: Callable[[Place, Put, int], Put]) -> Shape:
    def shape(place: Place, by: int) -> Put | None:
        return change(place, Put.of(place.at, place.plan.video_size), by)

    return shape


def _ranged(text: Callable[[range, int], str]) -> Shape:
    return _changed(lambda place, put, _: replace(put, ranges=(text(place.at, place.plan.video_size),)))


def _longer(_place: Place, put: Put, by: int) -> Put:
    body = range(put.body.start, put.body.stop + by + 1)
    return replace(put, length=len(body), body=body)


_ONE: Final[Mapping[str, Kind]] = {
    "chunk": Kind("the next chunk", ("S-CHUNK-206", "S-CHUNK-201")),
    "status": Kind("status/fetch", ("S-STATUS-UPLOADED", "S-STATUS-END")),
}
_REFUSALS: Final[Mapping[str, Kind]] = {
    "repeat": Kind("a chunk that is in already", ("S-ORDER-REPEAT", "S-ORDER-AFTER-END"), REFUSED, _repeat),
    "gap": Kind("a chunk that starts too far on", ("S-ORDER-GAP", "S-ORDER-START"), REFUSED, _gap),
    "overlap": Kind("a chunk that starts too early", ("S-ORDER-OVERLAP",), REFUSED, _overlap),
    "off-plan": Kind("a chunk of another size than declared", ("S-CHUNK-PLANNED-SIZE",), REFUSED, _off_plan),
    "wrong-total": Kind("another TOTAL", ("S-HEAD-TOTAL",), REFUSED, _wrong_total),
    "no-range": Kind(
        "no Content-Range",
        ("S-HEAD-RANGE-MISSING",),
        REFUSED,
        _changed(lambda _p, put, _: replace(put, ranges=())),
    ),
    "malformed": Kind(
        "a Content-Range that cannot be read",
        ("S-HEAD-RANGE-MALFORMED",),
        REFUSED,
        _ranged(lambda *_: "bytes */*"),
    ),
    "inverted": Kind(
        "a Content-Range with LAST below FIRST",
        ("S-HEAD-RANGE-INVERTED",),
        REFUSED,
        _ranged(lambda at, total: f"bytes {at.stop - 1}-{at.start}/{total}"),
    ),
    "wrong-length": Kind(
        "a Content-Length above the range", ("S-HEAD-LENGTH-MISMATCH",), REFUSED, _changed(_longer)
    ),
    "wrong-type": Kind(
        "a Content-Type that is no video",
        ("S-HEAD-TYPE",),
        REFUSED,
        _changed(lambda _p, put, _: replace(put, content_type="text/plain")),
    ),
    "no-length": Kind(
        "a body in chunked transfer coding",
        ("S-HEAD-LENGTH-MISSING",),
        REFUSED,
        _changed(lambda _p, put, _: replace(put, length=None, more=("Transfer-Encoding: chunked",))),
    ),
    "wrong-token": Kind("the next chunk with another token", ("S-URL-TOKEN",), REFUSED),
    "short": Kind("a body that ends early, half-closed", ("S-BODY-SHORT",), REFUSED),
}
_CUTS: Final[Mapping[str, Kind]] = {
    "cut": Kind("the next chunk, closed in its body", (), CUT),
    "cut-by-reset": Kind("the next chunk, reset in its body", (), CUT),
    "lost": Kind("the next chunk, closed before its answer is read", (), CUT),
    "lost-by-reset": Kind("the next chunk, reset before its answer is read", (), CUT),
}
_PARALLEL: Final[Mapping[str, Kind]] = {
    "twice": Kind("the next chunk twice at once", (), PARALLEL),
    "overtaken": Kind("the next chunk, held back and overtaken by itself", (), PARALLEL),
}
_CLOCK: Final[Mapping[str, Kind]] = {
    "nearly-over": Kind("the clock goes to the last moment of the upload_url", ("S-URL-LIFETIME",), EXPIRED),
    "half-over": Kind("the clock goes on by half a lifetime", ("S-URL-LIFETIME",), EXPIRED),
    "over": Kind("the clock goes to the end of the upload_url", (), EXPIRED),
    "over-in-the-body": Kind("the next chunk; the upload_url ends in its body", (), EXPIRED),
}
KINDS: Final[Mapping[str, Kind]] = {**_ONE, **_REFUSALS, **_CUTS, **_PARALLEL, **_CLOCK}
"""Every kind, by the name that a saved story has for it."""


def kinds(histories: frozenset[str], broken: frozenset[str]) -> tuple[str, ...]:
    """The kinds that tell of these histories, without those whose own rule is broken already."""
    return tuple(
        name
        for name, kind in KINDS.items()
        if kind.history in {"", *histories} and not broken & {*kind.rules, kind.history}
    )
