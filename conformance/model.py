"""What an upload server may answer: the kit's oracle, made from the law book and the contract alone.

A file is cut into its pieces up front and pieces are ticked off; nobody counts an offset. Of a request everything
that is wrong with it is collected, each complaint under its clause, and only then it is asked which of them may
answer. Where the guide leaves a choice there are several answers, and with each comes what it says of the server:
one that has shown its choice has to stay with it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Final, NamedTuple, Self

from conformance.plans import LARGEST_NUMBER, cut
from conformance.readings import Reading

TYPES: Final = ("video/mp4", "video/quicktime", "video/webm")


@dataclass(frozen=True, slots=True)
class Put:
    """A PUT as it was sent: each Content-Range (without blanks around it), Content-Length, bytes really sent.

    The letter case of the unit is not documented: ask about "bytes" only.
    """

    ranges: tuple[str, ...]
    length: int | None
    sent: int
    content_type: str | None = "video/mp4"
    token_right: bool = True

    def span(self) -> tuple[int, int, int] | None:
        """First, last and total; None where there is no one range that can be read (S-HEAD-RANGE-MALFORMED)."""
        unit, _, rest = self.ranges[0].partition(" ") if len(self.ranges) == 1 else ("", "", "")
        place, _, whole = rest.partition("/")
        first, last, total = (_number(text) for text in (*place.partition("-")[::2], whole))
        if unit != "bytes" or first is None or last is None or total is None:
            return None
        return first, last, total

    def place(self) -> range | None:
        """The bytes that the range names, None where it names none (S-HEAD-RANGE-INVERTED)."""
        span = self.span()
        return range(span[0], span[1] + 1) if span and span[0] <= span[1] < span[2] else None


def _number(text: str) -> int | None:
    """Plain decimal digits that come to 64 bits at most; leading zeros are digits."""
    figures = text.lstrip("0") or text[:1]
    if not figures or figures.strip("0123456789") or len(figures) > 19 or int(figures) > LARGEST_NUMBER:
        return None
    return int(figures)


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload task: the pieces that are missing and those ticked off. `longest` is 128 MB in bytes."""

    video_size: int
    expires_at: float
    missing: tuple[range, ...]
    ticked: tuple[range, ...] = ()
    longest: int = 134_217_728

    @classmethod
    def declared(cls, video_size: int, chunk_size: int, *, expires_at: float, mb: int = 1_048_576) -> Self:
        """The task that a good init makes."""
        return cls(video_size, expires_at, cut(video_size, chunk_size), longest=128 * mb)

    @property
    def uploaded(self) -> int:
        """How many bytes are in."""
        return sum(len(piece) for piece in self.ticked)

    def tick(self, piece: range) -> Self:
        """`piece` is in; what is left of a planned piece that it does not end with stays missing."""
        left = tuple(range(max(one.start, piece.stop), one.stop) for one in self.missing if one.stop > piece.stop)
        return replace(self, missing=left, ticked=(*self.ticked, piece))

    def progress(self, number: int | str) -> str | None:
        """The header's value under one reading of A4 (S-CHUNK-PROGRESS)."""
        if number == "omit" or (number == "last_index" and not self.ticked):
            return None
        return f"bytes 0-{self.uploaded - (number == 'last_index')}/{self.video_size}"


class World(NamedTuple):
    """What may be true of a server: one upload (None: no such task), and its reading."""

    upload: Upload | None
    reading: Reading


class Answer(NamedTuple):
    """One allowed answer to a PUT, whether the upload moves with it, and the clause that decides it."""

    status: int
    progress: str | None
    moves: bool
    clause: str


class Status(NamedTuple):
    """What status/fetch says: the status, or the code of its error, and uploaded_bytes."""

    word: str
    uploaded: int | None = None


_STATUSES: Final[Mapping[str, tuple[int, ...] | str]] = {
    "S-URL-UNKNOWN": (404,),
    "S-URL-TOKEN": "wrong_token",
    "S-URL-EXPIRED": (403,),
    "S-HEAD-TYPE": "content_type",
    "S-HEAD-LENGTH-MISSING": "missing_length",
    "S-HEAD-RANGE-MISSING": "missing_range",
    "S-HEAD-RANGE-MALFORMED": (400,),
    "S-HEAD-RANGE-INVERTED": (400,),
    "S-HEAD-LENGTH-MISMATCH": (400,),
    "S-HEAD-TOTAL": "wrong_total",
    "S-ORDER-AFTER-END": "after_end",
    "S-ORDER-START": (416,),
    "S-ORDER-REPEAT": (416,),
    "S-ORDER-OVERLAP": (416,),
    "S-ORDER-GAP": (416,),
    "S-CHUNK-PLANNED-SIZE": "off_plan",
    "S-PLAN-FINAL-MAX": (400, 416),  # off_plan=accept beyond 128 MB: no status is written down
    "S-BODY-SHORT": (400,),
}
"""Each complaint with its statuses, or with the switch that has them."""


def allowed(world: World, put: Put, now: float, *, in_flight: bool = False) -> frozenset[tuple[Answer, World]]:
    """What may be answered to a PUT that ends at `now`, each answer with the world after it.

    `in_flight`: its head was let in before, so a body that ends early comes before what has happened meanwhile.
    """
    return frozenset(
        outcome
        for clause, status, reading in _judged(world, put, now, in_flight=in_flight)
        for outcome in _outcomes(world.upload, put, clause, status, reading)
    )


def let_in(world: World, put: Put, now: float) -> frozenset[World]:
    """The world, as a server shows it that lets the head of this PUT in at `now`; nothing where it may not."""
    judged = _judged(world, replace(put, sent=put.length or 0), now, in_flight=False)
    return frozenset(World(world.upload, reading) for _, status, reading in judged if status is None)


def _judged(world: World, put: Put, now: float, *, in_flight: bool) -> Iterator[tuple[str, int | None, Reading]]:
    repeated = world.upload is not None and put.place() in world.upload.ticked
    for repeat, reading in world.reading.split("repeat", str) if repeated else [("", world.reading)]:
        wrong = list(_complaints(world.upload, put, now, pardoned=repeat == "accept"))
        for order in _orders(wrong, put, reading, in_flight=in_flight):
            yield from _refusals(order, reading)


def _complaints(upload: Upload | None, put: Put, now: float, *, pardoned: bool) -> Iterator[str]:
    """Everything that is wrong with a PUT, in the order of the contract's section 2."""
    if upload is None:
        yield "S-URL-UNKNOWN"
        return
    if not put.token_right:
        yield "S-URL-TOKEN"
    if now >= upload.expires_at:
        yield "S-URL-EXPIRED"
    yield from _of_the_head(put)
    if (span := put.span()) and span[2] != upload.video_size:
        yield "S-HEAD-TOTAL"
    if (place := put.place()) and not pardoned:
        yield from _of_the_place(upload, place)
    if put.length is not None and put.sent < put.length:
        yield "S-BODY-SHORT"


def _of_the_head(put: Put) -> Iterator[str]:
    if (put.content_type or "").partition(";")[0].strip().lower() not in TYPES:
        yield "S-HEAD-TYPE"
    if put.length is None:
        yield "S-HEAD-LENGTH-MISSING"
    if not put.ranges:
        yield "S-HEAD-RANGE-MISSING"
    elif put.span() is None:
        yield "S-HEAD-RANGE-MALFORMED"
    elif (place := put.place()) is None:
        yield "S-HEAD-RANGE-INVERTED"
    elif put.length not in (None, len(place)):
        yield "S-HEAD-LENGTH-MISMATCH"


def _of_the_place(upload: Upload, place: range) -> Iterator[str]:
    if not upload.missing:
        yield "S-ORDER-AFTER-END"
    elif place.start == upload.missing[0].start:
        if place != upload.missing[0]:
            yield "S-CHUNK-PLANNED-SIZE"
            if len(place) > upload.longest:
                yield "S-PLAN-FINAL-MAX"
    elif place in upload.ticked:
        yield "S-ORDER-REPEAT"
    elif any(place.start in piece for piece in upload.ticked):
        yield "S-ORDER-OVERLAP"
    else:
        yield "S-ORDER-GAP" if upload.ticked else "S-ORDER-START"


def _orders(wrong: list[str], put: Put, reading: Reading, *, in_flight: bool) -> Iterable[list[str]]:
    """The complaints as they may be looked at: in the contract's order, or any of them first."""
    if in_flight:
        wrong = sorted(wrong, key=lambda clause: clause != "S-BODY-SHORT")
    yield wrong
    # A URL that is unknown or expired comes first in every reading, but two of one header are no well-formed HTTP.
    free = "any" in reading.order and (in_flight or not (wrong and wrong[0].startswith("S-URL-")))
    for clause in [*(wrong if free else []), *["S-HEAD-RANGE-MALFORMED"] * (len(put.ranges) > 1)]:
        yield [clause, *(other for other in wrong if other != clause)]


def _refusals(order: list[str], reading: Reading) -> Iterator[tuple[str, int | None, Reading]]:
    """Clause, status and reading of each refusal that may come, status None where none has to."""
    if not order:
        yield "", None, reading
        return
    statuses = _STATUSES[order[0]]
    values: Iterable[tuple[int | str, Reading]] = (
        reading.split(statuses, lambda value: value) if isinstance(statuses, str) else product(statuses, [reading])
    )
    for value, settled in values:
        if isinstance(value, int):
            yield order[0], value, settled
        else:  # "any" and "accept" are no complaint
            yield from _refusals(order[1:], settled)


def _outcomes(
    upload: Upload | None, put: Put, clause: str, status: int | None, reading: Reading
) -> Iterator[tuple[Answer, World]]:
    place = put.place()
    if status is not None or upload is None or place is None:
        for header, settled in _header(upload, status or 0, reading):
            yield Answer(status or 0, header, moves=False, clause=clause), World(upload, settled)
        return
    moves = place not in upload.ticked
    after = upload.tick(place) if moves else upload
    for good, chosen in _good(after, reading, place):
        for header, settled in _header(after, good, chosen):
            clause = "S-CHUNK-206" if good == 206 else "S-CHUNK-201"
            yield Answer(good, header, moves, clause), World(after, settled)


def _good(after: Upload, reading: Reading, place: range) -> Iterator[tuple[int, Reading]]:
    """206 or 201; a repeat of an earlier chunk after the end may get either (repeat=accept)."""
    if after.missing or place != after.ticked[-1]:
        yield 206, reading
    if not after.missing:
        yield from reading.split("final_status", int)


def _header(upload: Upload | None, status: int, reading: Reading) -> Iterator[tuple[str | None, Reading]]:
    def carries(where: int | str) -> bool:
        return status < 300 or where == "all" or (status == 416 and where != "accepted")

    for carried, settled in reading.split("progress_on", carries):
        if carried and upload is not None:
            yield from settled.split("progress", upload.progress)
        else:
            yield None, settled


def status_answers(
    upload: Upload | None, *, draft: bool, own: bool = True, posted: bool = False
) -> frozenset[Status]:
    """What status/fetch may say; `posted`: the posting is known to be over, and to have gone well."""
    if upload is None:
        return frozenset({Status("invalid_publish_id")})  # S-STATUS-UNKNOWN
    if not own:
        return frozenset({Status("token_not_authorized_for_specified_publish_id")})  # S-STATUS-OWNER
    if upload.missing:
        return frozenset({Status("PROCESSING_UPLOAD", upload.uploaded)})  # S-STATUS-UPLOADED
    end = "SEND_TO_USER_INBOX" if draft else "PUBLISH_COMPLETE"  # S-STATUS-END
    ends = {Status(word, shown) for word in (end, "FAILED") for shown in (None, upload.video_size)}
    if posted:
        return frozenset(status for status in ends if status.word == end)
    return frozenset({Status("PROCESSING_UPLOAD", upload.video_size), *ends})
