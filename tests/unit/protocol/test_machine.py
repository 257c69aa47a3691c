"""Random requests to two uploads, against a model that works another way than the server.

The server counts an offset. The model cuts each file up front and ticks its pieces off; what is uploaded is what
is ticked. It has its own numbers, its own reading of the order of judgement, and writes headers itself.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mockserver.protocol.answers import put_answer
from mockserver.protocol.posts import Post
from mockserver.protocol.publish import status_data
from mockserver.protocol.rules import DOCUMENTED
from mockserver.protocol.session import Chunk, ChunkHead, UploadSession
from mockserver.protocol.source import SourceInfo, read_source_info
from mockserver.protocol.verdicts import Refused

TOKENS = ("01234567-89ab-cdef-0123-456789abcdef", "fedcba98-7654-3210-fedc-ba9876543210")
BEGINNING = 1_767_225_600.0
HOUR = 3600.0
ANSWERS = {
    *("S-CHUNK-206", "S-CHUNK-201", "S-URL-TOKEN", "S-URL-EXPIRED", "S-BODY-SHORT", "S-CHUNK-PLANNED-SIZE"),
    *("S-HEAD-RANGE-MALFORMED", "S-HEAD-RANGE-INVERTED", "S-HEAD-LENGTH-MISMATCH", "S-HEAD-TOTAL"),
    *("S-ORDER-START", "S-ORDER-GAP", "S-ORDER-REPEAT", "S-ORDER-OVERLAP", "S-ORDER-AFTER-END"),
    "S-ORDER-PARALLEL",
}
"""What has to occur, or the machine did not run."""

Answer = tuple[int, str, str | None]
"""Status, clause, progress header."""


@dataclass(slots=True)
class Piece:
    start: int
    size: int
    ticked_by: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A PUT in numbers; `text` stands where a good header would. `name` is what its bytes are known by."""

    name: str
    first: int
    last: int
    total: int
    length: int
    token: str
    text: str | None = None

    def head(self) -> ChunkHead:
        text = self.text or "bytes " + "/".join(["-".join([str(self.first), str(self.last)]), str(self.total)])
        return ChunkHead(self.token, (text,), self.length, ("video/mp4",))


class Sheet:
    """The model of one upload."""

    def __init__(self, pieces: list[Piece], token: str, deadline: float) -> None:
        self.pieces = pieces
        self.token = token
        self.deadline = deadline
        self.size = sum(piece.size for piece in pieces)

    @property
    def ticked(self) -> list[Piece]:
        return [piece for piece in self.pieces if piece.ticked_by is not None]

    @property
    def missing(self) -> list[Piece]:
        return [piece for piece in self.pieces if piece.ticked_by is None]

    @property
    def done(self) -> int:
        return sum(piece.size for piece in self.ticked)

    def progress(self) -> str:
        return f"bytes 0-{self.done}/{self.size}"

    def refuses(self, request: Request, now: float, ticks_seen: int | None = None) -> Answer | None:
        """The answer to a request whose head is wrong, now; None if it is right."""
        if request.token != self.token:
            return 404, "S-URL-TOKEN", None
        if now >= self.deadline:
            return 403, "S-URL-EXPIRED", None
        if request.text is not None:
            return 400, "S-HEAD-RANGE-MALFORMED", None
        if not request.first <= request.last < request.total:
            return 400, "S-HEAD-RANGE-INVERTED", None
        if request.last - request.first != request.length - 1:
            return 400, "S-HEAD-LENGTH-MISMATCH", None
        if request.total != self.size:
            return 400, "S-HEAD-TOTAL", None
        clause = self.misplaces(request)
        if clause is not None:
            overtaken = ticks_seen is not None and ticks_seen < len(self.ticked)
            return 416, "S-ORDER-PARALLEL" if overtaken else clause, self.progress()
        if request.length != self.missing[0].size:
            return 400, "S-CHUNK-PLANNED-SIZE", None
        return None

    def misplaces(self, request: Request) -> str | None:
        if not self.missing:
            return "S-ORDER-AFTER-END"
        if request.first == self.missing[0].start:
            return None
        for piece in self.ticked:
            if piece.start <= request.first < piece.start + piece.size:
                same = (piece.start, piece.size) == (request.first, request.length)
                return "S-ORDER-REPEAT" if same else "S-ORDER-OVERLAP"
        return "S-ORDER-GAP" if self.ticked else "S-ORDER-START"

    def takes(self, request: Request, body: int, now: float, ticks_seen: int) -> Answer:
        """The answer to a request that was let in, when its body has ended after `body` bytes."""
        if body != request.length:
            return 400, "S-BODY-SHORT", None
        refusal = self.refuses(request, now, ticks_seen)
        if refusal is not None:
            return refusal
        self.missing[0].ticked_by = request.name
        return 206 if self.missing else 201, "S-CHUNK-206" if self.missing else "S-CHUNK-201", self.progress()


@dataclass(slots=True)
class Upload:
    """An upload in the model and on the server."""

    sheet: Sheet
    session: UploadSession


@dataclass(frozen=True, slots=True)
class Flight:
    """A request that was let in and whose body has not ended."""

    kind: str
    upload: Upload
    request: Request
    offset_seen: int
    ticks_seen: int


def _cut(chunk: int, count: int, rest: int) -> list[Piece]:
    pieces = [Piece(number * chunk, chunk) for number in range(count)]
    pieces[-1].size += rest
    return pieces


_MANY = st.builds(
    lambda chunk, count, share: (chunk, count, chunk * share // 100),
    st.integers(5_242_880, 33_000_000),
    st.sampled_from([3, 2, 4, 5, 8, 1]),
    st.integers(0, 99),
)
_SMALL = st.integers(1, 5_242_879).map(lambda size: (size, 1, 0))
_PLANS = st.one_of(_MANY, _MANY, _MANY, _SMALL)
_PICK = st.integers(0, 10**6)
_SHIFT = st.integers(1, 5000)
_SECONDS = st.sampled_from([0.25, 1.0, 30.0, 300.0])


def _any_has(wanted: Callable[[Sheet], object]) -> Callable[["UploadMachine"], bool]:
    return lambda machine: any(wanted(upload.sheet) for upload in machine.uploads)


class UploadMachine(RuleBasedStateMachine):
    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGINNING
        self.uploads: list[Upload] = []
        self.flights: list[Flight] = []
        self.requests = 0

    @initialize(one=_PLANS, other=_PLANS, later=_SECONDS)
    def make_two_uploads(self, one: tuple[int, int, int], other: tuple[int, int, int], later: float) -> None:
        self._make(one)
        self.now += later
        self._make(other)

    # ── rules: each sends one request to one upload ──

    @rule(pick=_PICK)
    def send_the_next_chunk(self, pick: int) -> None:
        self._exchange("next", *self._right(self._pick(pick)))

    @rule(pick=_PICK, count=st.integers(2, 4))
    def send_the_next_chunks(self, pick: int, count: int) -> None:
        upload = self._pick(pick)
        for _ in range(count):
            self._exchange("next", *self._right(upload))

    @precondition(_any_has(lambda sheet: sheet.ticked))
    @rule(pick=_PICK, which=_PICK)
    def repeat_a_chunk(self, pick: int, which: int) -> None:
        upload = self._pick(pick, lambda sheet: sheet.ticked)
        ticked = upload.sheet.ticked
        self._exchange("repeat", upload, self._piece(upload, ticked[which % len(ticked)]))

    @precondition(_any_has(lambda sheet: len(sheet.missing) > 1))
    @rule(pick=_PICK, which=_PICK)
    def leave_a_chunk_out(self, pick: int, which: int) -> None:
        upload = self._pick(pick, lambda sheet: len(sheet.missing) > 1)
        later = upload.sheet.missing[1:]
        self._exchange("gap", upload, self._piece(upload, later[which % len(later)]))

    @precondition(_any_has(lambda sheet: sheet.missing and sheet.missing[0].size > 1))
    @rule(pick=_PICK, skip=_SHIFT)
    def leave_some_bytes_out(self, pick: int, skip: int) -> None:
        upload = self._pick(pick, lambda sheet: sheet.missing and sheet.missing[0].size > 1)
        piece = upload.sheet.missing[0]
        skipped = 1 + skip % (piece.size - 1)
        self._exchange("gap", upload, self._piece(upload, Piece(piece.start + skipped, piece.size - skipped)))

    @precondition(_any_has(lambda sheet: sheet.ticked))
    @rule(pick=_PICK, back=_SHIFT)
    def overlap(self, pick: int, back: int) -> None:
        upload = self._pick(pick, lambda sheet: sheet.ticked)
        last = upload.sheet.ticked[-1]
        overlapped = 1 + back % last.size
        self._exchange(
            "overlap", upload, self._piece(upload, Piece(last.start + last.size - overlapped, overlapped))
        )

    @rule(pick=_PICK, surplus=st.sampled_from([-1000, -1, 1, 1000]))
    def declare_another_length(self, pick: int, surplus: int) -> None:
        upload, request = self._right(self._pick(pick))
        self._exchange("length", upload, replace(request, length=max(request.length + surplus, 0)))

    @rule(pick=_PICK, surplus=st.sampled_from([-(10**9), -1, 1, 10**9]))
    def name_another_total(self, pick: int, surplus: int) -> None:
        upload, request = self._right(self._pick(pick))
        self._exchange("total", upload, replace(request, total=max(request.total + surplus, 0)))

    @rule(pick=_PICK)
    def swap_first_and_last(self, pick: int) -> None:
        upload, request = self._right(self._pick(pick))
        self._exchange("inverted", upload, replace(request, first=request.last, last=request.first))

    @rule(pick=_PICK, surplus=st.sampled_from([-4999, -1, 1, 4999]))
    def cut_in_another_place(self, pick: int, surplus: int) -> None:
        upload, request = self._right(self._pick(pick))
        length = max(request.length + surplus, 1)
        request = replace(request, last=request.first + length - 1, length=length)
        self._exchange("another cut", upload, request)

    @rule(pick=_PICK, text=st.sampled_from(["bytes 0-", "bytes */{}", "0-9/{}", "bytes 0-9/{} ", "bytes=0-9/{}"]))
    def write_a_malformed_range(self, pick: int, text: str) -> None:
        upload, request = self._right(self._pick(pick))
        self._exchange("malformed", upload, replace(request, text=text.format(upload.sheet.size)))

    @rule(pick=_PICK)
    def use_the_token_of_the_other_upload(self, pick: int) -> None:
        upload, request = self._right(self._pick(pick))
        other = TOKENS[1] if upload.sheet.token == TOKENS[0] else TOKENS[0]
        self._exchange("token", upload, replace(request, token=other))

    @rule(pick=_PICK, lost=_SHIFT)
    def end_the_body_early(self, pick: int, lost: int) -> None:
        upload, request = self._right(self._pick(pick))
        self._exchange("short", upload, request, body=max(request.length - lost, 0))

    # ── rules: time, and requests whose bodies take it ──

    @rule(seconds=_SECONDS)
    def let_time_pass(self, seconds: float) -> None:
        self.now += seconds

    @rule(pick=_PICK, early=st.sampled_from([0.25, 0.25, 0.25, 0.0]))
    def wait_for_a_deadline(self, pick: int, early: float) -> None:
        self.now = max(self.now, self._pick(pick).sheet.deadline - early)

    @rule(pick=_PICK)
    def begin_the_next_chunk(self, pick: int) -> None:
        self._begin("flight", *self._right(self._pick(pick)))

    @rule(pick=_PICK)
    def begin_the_next_chunk_twice(self, pick: int) -> None:
        upload = self._pick(pick)
        self._begin("one of two", *self._right(upload))
        self._begin("other of two", *self._right(upload))

    @precondition(lambda self: self.flights)
    @rule(pick=_PICK)
    def end_a_body(self, pick: int) -> None:
        flight = self.flights.pop(pick % len(self.flights))
        self._finish(flight, flight.request.length)

    @precondition(lambda self: self.flights)
    @rule(pick=_PICK, share=st.integers(0, 99))
    def end_a_body_early(self, pick: int, share: int) -> None:
        flight = self.flights.pop(pick % len(self.flights))
        self._finish(flight, flight.request.length * share // 100)

    @precondition(lambda self: self.flights)
    @rule(pick=_PICK)
    def cut_a_connection(self, pick: int) -> None:
        # S-ATOMIC-CUT: the core never hears of it again.
        self.flights.pop(pick % len(self.flights))
        event("cut")

    # ── what holds after every step ──

    @invariant()
    def offset_is_what_is_ticked(self) -> None:
        for upload in self.uploads:
            assert upload.session.offset == upload.sheet.done

    @invariant()
    def complete_exactly_when_all_is_ticked(self) -> None:
        for upload in self.uploads:
            assert upload.session.complete is (not upload.sheet.missing)

    @invariant()
    def kept_are_the_ticked_pieces_and_whose_bytes_they_are(self) -> None:
        for upload in self.uploads:
            kept = [(chunk.first, chunk.last + 1, chunk.digest) for chunk in upload.session.chunks]
            assert kept == [(one.start, one.start + one.size, one.ticked_by) for one in upload.sheet.ticked]

    @invariant()
    def status_reports_what_is_ticked(self) -> None:
        for upload in self.uploads:
            status = "PROCESSING_UPLOAD" if upload.sheet.missing else "SEND_TO_USER_INBOX"
            expected = {"status": status, "uploaded_bytes": upload.sheet.done}
            assert status_data(upload.session, self.now) == expected

    # ── how it is done ──

    def _make(self, plan: tuple[int, int, int]) -> None:
        pieces = _cut(*plan)
        number = len(self.uploads)
        sheet = Sheet(pieces, TOKENS[number], self.now + HOUR)
        declared: dict[str, Any] = {
            "source": "FILE_UPLOAD",
            "video_size": sheet.size,
            "chunk_size": plan[0],
            "total_chunk_count": plan[1],
        }
        source = read_source_info(declared, DOCUMENTED)
        assert isinstance(source, SourceInfo), source
        post = Post(f"v_inbox_file~v2.{number}", "t", None, number)
        session = UploadSession(str(number), TOKENS[number], source, DOCUMENTED, post, self.now, HOUR)
        self.uploads.append(Upload(sheet, session))

    def _pick(self, pick: int, wanted: Callable[[Sheet], object] = bool) -> Upload:
        candidates = [upload for upload in self.uploads if wanted(upload.sheet)]
        return candidates[pick % len(candidates)]

    def _right(self, upload: Upload) -> tuple[Upload, Request]:
        """The next chunk; of a complete upload the last one again."""
        missing = upload.sheet.missing
        return upload, self._piece(upload, missing[0] if missing else upload.sheet.pieces[-1])

    def _piece(self, upload: Upload, piece: Piece) -> Request:
        self.requests += 1
        sheet = upload.sheet
        last = piece.start + piece.size - 1
        return Request(f"r{self.requests}", piece.start, last, sheet.size, piece.size, sheet.token)

    def _exchange(self, kind: str, upload: Upload, request: Request, body: int | None = None) -> None:
        if self._begin(kind, upload, request):
            self._finish(self.flights.pop(), request.length if body is None else body)

    def _begin(self, kind: str, upload: Upload, request: Request) -> bool:
        expected = upload.sheet.refuses(request, self.now)
        refused = upload.session.refusal(request.head(), self.now)
        if refused is None:
            assert expected is None
            seen = len(upload.sheet.ticked)
            self.flights.append(Flight(kind, upload, request, upload.session.offset, seen))
            return True
        self._compare(kind, refused, expected)
        return False

    def _finish(self, flight: Flight, body: int) -> None:
        upload, request = flight.upload, flight.request
        expected = upload.sheet.takes(request, body, self.now, flight.ticks_seen)
        before = upload.session
        chunk = Chunk(request.head(), body, request.name, flight.offset_seen)
        upload.session, verdict = before.receive(chunk, now=self.now)
        if isinstance(verdict, Refused):
            assert upload.session is before
        self._compare(flight.kind, verdict, expected)

    def _compare(self, kind: str, verdict: Any, expected: Answer | None) -> None:
        answer = put_answer(verdict, DOCUMENTED)
        assert (answer.status, answer.clause, answer.headers.get("Content-Range")) == expected
        event(f"{kind}: {answer.clause}")
        self.seen[answer.clause] += 1


class TestUploads(UploadMachine.TestCase):  # type: ignore[misc,valid-type]
    settings = settings(max_examples=3 * settings().max_examples, stateful_step_count=50)

    def runTest(self) -> None:  # noqa: N802 - unittest's name
        super().runTest()
        assert set(UploadMachine.seen) == ANSWERS

    runTest.is_hypothesis_test = True  # type: ignore[attr-defined]
