"""Mutants that decide wrongly: a line of the mock is another."""

from collections.abc import Mapping
from typing import Final

from support.mutants import Mutant
from support.planting import Edit


def _edits(module: str, *changes: tuple[str, str]) -> tuple[Edit, ...]:
    return tuple(Edit(module, old, new) for old, new in changes)


def _plan(sentence: str, clauses: str, old: str, new: str) -> Mutant:
    return Mutant(sentence, clauses, edits=_edits("protocol.source", (old, new)))


def _chunk(sentence: str, clauses: str, old: str, new: str) -> Mutant:
    return Mutant(sentence, clauses, edits=_edits("protocol.session", (old, new)))


def _range(sentence: str, clauses: str, old: str, new: str) -> Mutant:
    return Mutant(sentence, clauses, edits=_edits("protocol.ranges", (old, new)))


_JUDGED = "refused = self.refusal(chunk.head, now)"
_PLACE = "if span.first != self.offset:"
_READ = "_SCHEMA.fullmatch(text)"
_ADMITTED = "return session.refusal(head, self.clock.now()) or session\n"
_COUNTED = """from dataclasses import replace
        refused = session.refusal(head, self.clock.now())
        if refused is not None and refused.why is Why.LENGTH_MISMATCH:
            span = ContentRange.parse(head.content_range[0])
            whole = Chunk(replace(head, content_length=len(span)), len(span))
            await self._store.replace(session, session.receive(whole, now=self.clock.now())[0])
        return refused or session
"""
_LOST = """from dataclasses import replace
        refused = session.refusal(head, self.clock.now())
        if refused is not None and refused.why in (Why.GAP, Why.OVERLAP):
            await self._store.replace(session, replace(session, chunks=()))
        return refused or session
"""

OF_THE_PLAN: Final[Mapping[str, Mutant]] = {
    "count-rounded-up": _plan(
        "A count rounded up is accepted beside one rounded down.",
        "S-PLAN-COUNT",
        "count != video // chunk:",
        "count not in (video // chunk, -(-video // chunk)):",
    ),
    "minimum-one-byte-less": _plan(
        "Chunks of 5 MB less one byte are accepted.",
        "S-PLAN-CHUNK-MIN",
        "video >= smallest > chunk:",
        "video >= smallest > chunk + 1:",
    ),
    "maximum-one-byte-more": _plan(
        "Chunks of 64 MB and one byte are accepted.",
        "S-PLAN-CHUNK-MAX",
        "if chunk > largest:",
        "if chunk > largest + 1:",
    ),
    "maximum-exclusive": _plan(
        "Chunks of exactly 64 MB are refused.",
        "S-PLAN-CHUNK-MAX S-PLAN-FINAL-MAX S-PLAN-LARGE-SPLIT",
        "if chunk > largest:",
        "if chunk >= largest:",
    ),
    "large-in-one": _plan(
        "A video above 64 MB is accepted in one chunk.",
        "S-PLAN-LARGE-SPLIT",
        "if count == 1 and video > largest:",
        "if count == 1 and video > 128 * largest:",
    ),
    "small-in-parts": _plan(
        "A video below 5 MB is accepted in several chunks.",
        "S-PLAN-SMALL-WHOLE",
        "if video < smallest and chunk != video:",
        "if video < 0:",
    ),
    "chunk-above-video": _plan(
        "A chunk_size above video_size counts as one chunk.",
        "S-PLAN-CHUNK-EXCEEDS",
        "chunk > video:",
        "chunk > 2 * video:",
    ),
    "1001-chunks": _plan(
        "1001 chunks are accepted.",
        "S-PLAN-COUNT-RANGE",
        "if count > MOST_CHUNKS:",
        "if count > MOST_CHUNKS + 1:",
    ),
    "1000-chunks-refused": _plan(
        "1000 chunks are refused.",
        "S-PLAN-COUNT-RANGE",
        "if count > MOST_CHUNKS:",
        "if count >= MOST_CHUNKS:",
    ),
    "final-chunk-at-most-64-mb": _plan(
        "A final chunk above 64 MB is refused.",
        "S-PLAN-FINAL-MAX",
        "<= source.final_chunk <= rules.largest_final_chunk:",
        "<= source.final_chunk <= rules.largest_chunk:",
    ),
    "long-equal-splits-refused": _plan(
        "A final chunk may be longer than the others by a hundredth at most.",
        "S-PLAN-EQUAL-SPLIT S-PLAN-FINAL-MAX",
        "<= source.final_chunk <= rules.largest_final_chunk:",
        "<= source.final_chunk <= chunk + chunk // 100:",
    ),
    "count-before-size": _plan(
        "The count is judged before the chunk size.",
        "S-PLAN-CHUNK-MIN S-PLAN-CHUNK-EXCEEDS S-PLAN-CHUNK-MAX S-PLAN-SMALL-WHOLE",
        "_size_refusal(source, rules) or _count_refusal(source, rules)",
        "_count_refusal(source, rules) or _size_refusal(source, rules)",
    ),
    "true-is-a-number": _plan(
        "true is read as the number 1.",
        "S-PLAN-FIELDS",
        "type(number) is not int or",
        "not isinstance(number, int) or",
    ),
    "beyond-64-bits": _plan(
        "Numbers have no limit at init.",
        "S-PLAN-FIELDS",
        "not 1 <= number <= names.LARGEST_INT64:",
        "not 1 <= number:",
    ),
    "any-source": _plan(
        "source may be any word.",
        "S-INIT-SOURCE",
        "if kind != names.FILE_UPLOAD:",
        "if not isinstance(kind, str):",
    ),
}

OF_INIT: Final[Mapping[str, Mutant]] = {
    "any-privacy-level": Mutant(
        "privacy_level may be any word.",
        "S-INIT-POST-INFO",
        edits=_edits("protocol.posts", ("or level not in names.PRIVACY_LEVELS:", "or not level:")),
    ),
    "drafts-need-post-info": Mutant(
        "A draft without post_info is refused.",
        "S-INIT-POST-INFO S-INIT-ANSWER",
        edits=_edits("service", ("info = None if draft else read_post_info", "info = read_post_info")),
    ),
    "any-scheme": Mutant(
        "Any scheme of Authorization will do.",
        "S-INIT-AUTH",
        edits=_edits("wire.auth", ('if scheme.lower() == "bearer" and token else', "if token else")),
    ),
    "list-as-object": Mutant(
        "A body that is a list ends in a 500.",
        "S-INIT-BODY",
        edits=_edits("service", ("if not isinstance(body, dict):  # S-INIT-BODY\n", "if body is None:\n")),
    ),
    "one-token-for-all": Mutant(
        "All uploads have the same upload_token.",
        "S-INIT-UNIQUE",
        edits=_edits("identifiers", ("drawn = secrets.token_hex(16)", 'drawn = "0" * 32')),
    ),
    "status-for-strangers": Mutant(
        "status/fetch answers for another user's publish_id.",
        "S-STATUS-OWNER",
        edits=_edits("service", ("if session.post.owner not in (None, owner):", "if session.post.owner is ...:")),
    ),
    "drafts-are-published": Mutant(
        "A draft ends as PUBLISH_COMPLETE.",
        "S-STATUS-END",
        edits=_edits("protocol.publish", ("if session.post.draft else", "if session.post is None else")),
    ),
    "status-counts-chunks-in-flight": Mutant(
        "A post is published when its last chunk has been asked for.",
        "S-STATUS-UPLOADED",
        edits=_edits(
            "protocol.publish",
            (
                "session.completed_at is None or now < session.completed_at + session.post.delay",
                "session.offset < session.source.video_size - session.source.final_chunk",
            ),
        ),
    ),
}

OF_CHUNKS: Final[Mapping[str, Mutant]] = {
    "any-http-version": Mutant(
        "A request of HTTP/0.9 or 2.0 is taken for one of 1.1.",
        "S-HTTP",
        edits=_edits("wire.connection", ("message.version.major != 1", "message.version.major > 9")),
    ),
    "gap-accepted": _chunk(
        "A chunk may begin beyond what is there.",
        "S-ORDER-GAP",
        _PLACE,
        "if span.first < self.offset or (not self.offset and span.first):",
    ),
    "start-anywhere": _chunk(
        "The first chunk to come may be any.",
        "S-ORDER-START",
        _PLACE,
        "if span.first != self.offset and self.offset:",
    ),
    "repeat-counted-twice": Mutant(
        "A chunk that is sent again is accepted, and counted again.",
        "S-ORDER-REPEAT S-ORDER-PARALLEL",
        edits=_edits(
            "protocol.session",
            (_PLACE, "if self._order(span) is Why.REPEAT:\n            return None\n        " + _PLACE),
            ("KeptChunk(span.first, span.last,", "KeptChunk(self.offset, self.offset + len(span) - 1,"),
        ),
    ),
    "overlap-accepted": _chunk(
        "A chunk may begin inside what is there.",
        "S-ORDER-OVERLAP",
        _PLACE,
        "if span.first < self.offset and self._order(span) is Why.OVERLAP:\n            return None\n        "
        + _PLACE,
    ),
    "completed-again": _chunk(
        "The last chunk is answered 201 as often as it comes.",
        "S-ORDER-AFTER-END S-ORDER-PARALLEL",
        "if self.complete:  # S-ORDER-AFTER-END",
        "if self.complete and self._order(span) is Why.REPEAT and self.source.number_at(span.first) == "
        "self.source.total_chunk_count:\n            return None\n        if self.complete:",
    ),
    "both-of-two-accepted": _chunk(
        "Of two bodies of the same chunk that end together both are accepted.",
        "S-ORDER-PARALLEL",
        _JUDGED,
        "refused = None if chunk.admitted_at not in (None, self.offset) else self.refusal(chunk.head, now)",
    ),
    "201-one-chunk-early": _chunk(
        "The last chunk but one is answered 201.",
        "S-CHUNK-206 S-CHUNK-EXAMPLE-50M S-CHUNK-PROGRESS",
        "Completed(total) if end == total else",
        "Completed(total) if end >= total - session.source.final_chunk else",
    ),
    "last-exclusive": _range(
        "LAST is taken for the byte after the last.",
        "S-CHUNK-206 S-CHUNK-201 S-CHUNK-EXAMPLE-4M S-CHUNK-EXAMPLE-50M",
        "return self.last - self.first + 1",
        "return self.last - self.first",
    ),
    "off-plan-accepted": _chunk(
        "A chunk may have any length.",
        "S-CHUNK-PLANNED-SIZE",
        "if planned == len(span):",
        "if planned:",
    ),
    "short-body-accepted": _chunk(
        "A body that ends early is kept as if it were whole.",
        "S-BODY-SHORT S-ATOMIC-CUT",
        "chunk.received < wanted:",
        "chunk.received < 0:",
    ),
    "cut-body-counted": _chunk(
        "The bytes of a body that was cut are counted.",
        "S-ATOMIC-CUT S-ATOMIC-REFUSED",
        "return self, self._refused(\n                Why.SHORT,",
        "return replace(self, chunks=(*self.chunks, KeptChunk(0, self.offset + chunk.received - 1, None))"
        ") if chunk.received else self, self._refused(\n                Why.SHORT,",
    ),
    "range-unanchored": _range(
        "Content-Range may have anything behind it.",
        "S-HEAD-RANGE-MALFORMED",
        _READ,
        "_SCHEMA.match(text)",
    ),
    "other-digits": _range(
        "Digits of other scripts are read as numbers.",
        "S-HEAD-RANGE-MALFORMED",
        _READ,
        r're.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", text)',
    ),
    "blanks-skipped": _range(
        "Blanks in Content-Range do not matter.",
        "S-HEAD-RANGE-MALFORMED",
        _READ,
        r're.fullmatch(r"bytes\s*([0-9]+)\s*-\s*([0-9]+)\s*/\s*([0-9]+)", text)',
    ),
    "leading-zeros-refused": _range(
        "A number with a zero in front is refused.",
        "S-HEAD-RANGE-MALFORMED",
        _READ,
        r're.fullmatch(r"bytes (0|[1-9][0-9]*)-(0|[1-9][0-9]*)/([1-9][0-9]*)", text)',
    ),
    "numbers-wrap": _range(
        "Numbers are cut to 64 bits.",
        "S-HEAD-RANGE-MALFORMED",
        'significant = digits.lstrip("0") or "0"',
        "significant = str(int(digits) % 2**64)",
    ),
    "inverted-with-500": _range(
        "LAST below FIRST ends in a 500.",
        "S-HEAD-RANGE-INVERTED",
        "if self.last < self.first:  # S-HEAD-RANGE-INVERTED",
        "if self.last < self.first and 1 // 0:",
    ),
    "no-range-with-500": _chunk(
        "A missing Content-Range ends in a 500.",
        "S-HEAD-RANGE-MISSING",
        "if not head.content_range:",
        "if head.content_range is None:",
    ),
    "total-ignored": _chunk(
        "TOTAL may be any number.",
        "S-HEAD-TOTAL",
        "if span.complete_length != self.source.video_size:",
        "if span.complete_length < self.offset:",
    ),
    "length-not-compared": _chunk(
        "Content-Length may be other than the range says.",
        "S-HEAD-LENGTH-MISMATCH",
        "if head.content_length != len(span):",
        "if not head.content_length:",
    ),
    "length-one-more": _chunk(
        "Content-Length may be one more than the range says.",
        "S-HEAD-LENGTH-MISMATCH",
        "if head.content_length != len(span):",
        "if head.content_length not in (len(span), len(span) + 1):",
    ),
    "chunked-accepted": Mutant(
        "A body in chunked transfer coding is accepted.",
        "S-HEAD-LENGTH-MISSING",
        edits=_edits(
            "protocol.session",
            ("if head.content_length is None:", "if head.content_length == -1:"),
            ("if head.content_length != len(span):", "if head.content_length not in (None, len(span)):"),
            ("if wanted is None or chunk.received < wanted:", "if chunk.received < (wanted or 0):"),
        ),
    ),
    "type-in-capitals-refused": _chunk(
        "Content-Type is compared letter by letter.",
        "S-HEAD-TYPE",
        'value.partition(";")[0].strip().lower()',
        'value.partition(";")[0].strip()',
    ),
    "any-type": _chunk(
        "Content-Type does not matter.",
        "S-HEAD-TYPE",
        "is not ContentType.ANY and not known:",
        "is not ContentType.ANY and known is None:",
    ),
    "identity-refused": _chunk(
        "Content-Encoding: identity is refused.",
        "S-BODY-CODING",
        'not in ("identity", "")',
        'not in ("",)',
    ),
}

OF_STATE: Final[Mapping[str, Mutant]] = {
    "token-ignored": _chunk(
        "Any upload_token will do.",
        "S-URL-TOKEN",
        "if not compare_digest(",
        "if head.upload_token is None and not compare_digest(",
    ),
    "url-good-for-one-chunk": _chunk(
        "An upload_url takes one chunk, and is unknown from then on.",
        "S-URL-SHARED S-CHUNK-201 S-CHUNK-206 S-CHUNK-EXAMPLE-50M",
        "if self.expired(now):",
        "if self.offset:\n            return Refused(Why.UNKNOWN, '')\n        if self.expired(now):",
    ),
    "lifetime-extended": _chunk(
        "Every chunk extends the lifetime.",
        "S-URL-LIFETIME",
        "chunks=(*self.chunks, KeptChunk(span.first",
        "issued_at=now, chunks=(*self.chunks, KeptChunk(span.first",
    ),
    "expiry-not-checked-again": _chunk(
        "What expires while a body comes in is kept.",
        "S-URL-EXPIRED",
        _JUDGED,
        "refused = self.refusal(chunk.head, self.issued_at)",
    ),
    "expires-one-moment-late": _chunk(
        "The URL is still valid when its lifetime is over.",
        "S-URL-EXPIRED",
        "now >= self.issued_at + self.lifetime",
        "now > self.issued_at + self.lifetime",
    ),
    "expiry-after-the-rest": _chunk(
        "A late chunk is told first what else is wrong with it.",
        "S-URL-EXPIRED",
        "if self.expired(now):",
        "if self.expired(now) and not isinstance(self._read_head(head), Refused):",
    ),
    "refusal-moves-the-offset": Mutant(
        "A chunk whose Content-Length is wrong is refused, and counted.",
        "S-ATOMIC-REFUSED",
        edits=_edits("service", (_ADMITTED, _COUNTED)),
    ),
    "state-lost-after-a-refusal": Mutant(
        "A refusal for its place makes an upload begin again.",
        "S-ATOMIC-REFUSED S-STATUS-UPLOADED",
        edits=_edits("service", (_ADMITTED, _LOST)),
    ),
    "three-uploads-at-a-time": Mutant(
        "Of more than three uploads the oldest is forgotten.",
        "S-ISOLATED",
        options={"max_uploads": 3},
    ),
}
