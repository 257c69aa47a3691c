"""UploadSession: one upload task. The only place an upload moves."""

from dataclasses import dataclass, replace
from hmac import compare_digest
from typing import Self

from mockserver.protocol import names
from mockserver.protocol.posts import Post
from mockserver.protocol.ranges import ContentRange, RangeError
from mockserver.protocol.rules import ContentType, OffPlan, Repeat, UploadRules
from mockserver.protocol.source import SourceInfo
from mockserver.protocol.verdicts import Accepted, Completed, Refused, Verdict, Why


@dataclass(frozen=True, slots=True)
class ChunkHead:
    """What a PUT says about itself: each header as often as it came, in order."""

    upload_token: str
    content_range: tuple[str, ...] = ()
    content_length: int | None = None
    content_type: tuple[str, ...] = ()
    content_encoding: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A PUT whose body has ended: bytes `received`, their `digest`, the offset seen when it was let in."""

    head: ChunkHead
    received: int
    digest: str | None = None
    admitted_at: int | None = None


@dataclass(frozen=True, slots=True)
class KeptChunk:
    """Facts about accepted bytes `first` to `last`, inclusive; never the bytes."""

    first: int
    last: int
    digest: str | None


@dataclass(frozen=True, slots=True)
class UploadSession:
    """An upload task as init made it and chunks moved it. Times in seconds on the server's clock."""

    upload_id: str
    upload_token: str
    source: SourceInfo
    rules: UploadRules
    post: Post
    issued_at: float
    lifetime: float
    chunks: tuple[KeptChunk, ...] = ()
    completed_at: float | None = None
    ended_early: bool = False

    @property
    def offset(self) -> int:
        """The next byte wanted, which is also the count of uploaded bytes."""
        return self.chunks[-1].last + 1 if self.chunks else 0

    @property
    def complete(self) -> bool:
        return self.completed_at is not None

    def expired(self, now: float) -> bool:
        """S-URL-EXPIRED, S-URL-LIFETIME: valid while now < issued + lifetime, whatever was uploaded."""
        return self.ended_early or now >= self.issued_at + self.lifetime

    def expire(self) -> Self:
        """The same upload with its URL expired, whatever the time."""
        return replace(self, ended_early=True)

    def refusal(self, head: ChunkHead, now: float) -> Refused | None:
        """Why a PUT with this head is refused, before its body is read; None lets the body in.

        The order is that of the public contract, section 2: the first that applies answers.
        """
        if not compare_digest(
            head.upload_token.encode("utf-8", "surrogatepass"), self.upload_token.encode()
        ):  # S-URL-TOKEN
            # Progress is nobody's business without the token.
            return Refused(Why.WRONG_TOKEN, f"the upload_token does not belong to upload {self.upload_id}")
        if self.expired(now):  # S-URL-EXPIRED
            return self._refused(Why.EXPIRED, self._expiry(now))
        found = self._read_head(head)
        return found if isinstance(found, Refused) else self._misplaced(found)

    def receive(self, chunk: Chunk, *, now: float) -> tuple[Self, Verdict]:
        """Judge a chunk whose body has ended, and move if it is good; refused, the same object comes back.

        Asks `refusal` again, because time and other requests went on while the body came in.
        """
        wanted = chunk.head.content_length
        if wanted is None or chunk.received < wanted:  # S-BODY-SHORT
            return self, self._refused(
                Why.SHORT, f"the body must have {wanted} bytes as Content-Length says, got {chunk.received}"
            )
        refused = self.refusal(chunk.head, now)
        if refused is not None:
            return self, self._raced(refused, chunk)
        span = ContentRange.parse(chunk.head.content_range[0])
        if self._already_kept(span):  # A12 with repeat=accept
            return self, _verdict(self, span.last + 1)
        moved = replace(
            self,
            chunks=(*self.chunks, KeptChunk(span.first, span.last, chunk.digest)),
            completed_at=now if span.last + 1 == self.source.video_size else None,
        )
        return moved, _verdict(moved, moved.offset)

    def _refused(self, why: Why, reason: str) -> Refused:
        return Refused(why, reason, self.offset, self.source.video_size)

    def _expiry(self, now: float) -> str:
        if self.ended_early:
            return "the upload_url was made to expire early, through the control surface or by a fault"
        return f"the upload_url was valid for {self.lifetime:g} s, came {now - self.issued_at:.3f} s after init"

    def _raced(self, refused: Refused, chunk: Chunk) -> Refused:
        # S-ORDER-PARALLEL: it was let in, and another request moved the upload before it was whole.
        late = refused.why in (Why.AFTER_END, Why.REPEAT, Why.OVERLAP, Why.GAP)
        if late and chunk.admitted_at not in (None, self.offset):
            return self._refused(
                Why.PARALLEL,
                f"another request was complete first: began at offset {chunk.admitted_at}, now {self.offset}",
            )
        return refused

    def _read_head(self, head: ChunkHead) -> ContentRange | Refused:
        bad = self._bad_type(head) or self._bad_framing(head)
        if bad is not None:
            return bad
        if len(head.content_range) > 1:  # S-HEAD-RANGE-MALFORMED
            return self._refused(
                Why.RANGE_MALFORMED, f"wanted one Content-Range header, got {len(head.content_range)}"
            )
        try:
            span = ContentRange.parse(head.content_range[0])
        except RangeError as error:
            came = head.content_range[0][:200]
            return self._refused(Why(error.clause), f"{error}; got {came!r}{self._hint()}")
        if head.content_length != len(span):  # S-HEAD-LENGTH-MISMATCH
            return self._refused(
                Why.LENGTH_MISMATCH,
                f"Content-Length must be LAST - FIRST + 1 = {len(span)} (LAST is inclusive), "
                f"got {head.content_length}",
            )
        return span

    def _bad_type(self, head: ChunkHead) -> Refused | None:
        essences = [value.partition(";")[0].strip().lower() for value in head.content_type]
        known = bool(essences) and all(essence in names.VIDEO_TYPES for essence in essences)
        if self.rules.content_type is not ContentType.ANY and not known:  # S-HEAD-TYPE
            wanted = ", ".join(sorted(names.VIDEO_TYPES))
            came = ", ".join(head.content_type)[:100] or "none"
            return self._refused(Why.TYPE, f"Content-Type must be one of {wanted}; got {came}")
        if any(coding.strip().lower() not in ("identity", "") for coding in head.content_encoding):
            # S-BODY-CODING: not documented; we refuse, so that nobody uploads a compressed video unknowingly.
            came = ", ".join(head.content_encoding)[:100]
            return self._refused(Why.CODING, f"the body must come as it is, got Content-Encoding {came}")
        return None

    def _bad_framing(self, head: ChunkHead) -> Refused | None:
        if head.content_length is None:  # S-HEAD-LENGTH-MISSING
            return self._refused(Why.LENGTH_MISSING, "Content-Length must be the size of this chunk, got none")
        if not head.content_range:  # S-HEAD-RANGE-MISSING
            return self._refused(Why.RANGE_MISSING, f"Content-Range must be there, got none{self._hint()}")
        return None

    def _misplaced(self, span: ContentRange) -> Refused | None:
        if span.complete_length != self.source.video_size:  # S-HEAD-TOTAL
            return self._refused(
                Why.TOTAL,
                f"TOTAL must be the declared video_size {self.source.video_size}, got {span.complete_length}",
            )
        if self._already_kept(span):  # A12 with repeat=accept
            return None
        if self.complete:  # S-ORDER-AFTER-END
            return self._refused(Why.AFTER_END, f"the upload is complete, nothing is expected; got {span}")
        if span.first != self.offset:
            return self._refused(
                self._order(span),
                f"FIRST must be {self.offset}, the next byte; got {span.first}{self._hint()}",
            )
        return self._off_plan(span)

    def _order(self, span: ContentRange) -> Why:
        if span.first > self.offset:
            return Why.GAP if self.offset else Why.START
        kept_before = any((kept.first, kept.last) == (span.first, span.last) for kept in self.chunks)
        return Why.REPEAT if kept_before else Why.OVERLAP

    def _off_plan(self, span: ContentRange) -> Refused | None:
        # S-CHUNK-PLANNED-SIZE
        if self.rules.off_plan is OffPlan.ACCEPT:
            largest = self.rules.largest_final_chunk
            if len(span) <= largest:
                return None
            return self._refused(Why.PLANNED_SIZE, f"a chunk has at most {largest} bytes, got {len(span)}")
        planned = self.source.length_at(span.first)
        if planned == len(span):
            return None
        return self._refused(
            Why.PLANNED_SIZE,
            f"chunk at byte {span.first} was declared to have {planned} bytes, got {len(span)}{self._hint()}",
        )

    def _already_kept(self, span: ContentRange) -> bool:
        return self.rules.repeat is Repeat.ACCEPT and any(
            (kept.first, kept.last) == (span.first, span.last) for kept in self.chunks
        )

    def _hint(self) -> str:
        planned = self.source.length_at(self.offset)
        if self.complete or planned is None:
            return ""
        return f"; next is '{ContentRange(self.offset, self.offset + planned - 1, self.source.video_size)}'"


def _verdict(session: UploadSession, end: int) -> Verdict:
    total = session.source.video_size
    return Completed(total) if end == total else Accepted(session.offset, total)
