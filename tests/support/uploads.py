"""Uploads and chunks for tests of the core. Numbers are written out here, none is asked of the code under test."""

from dataclasses import replace
from typing import Any

from mockserver.protocol.posts import Post, PostInfo
from mockserver.protocol.rules import DOCUMENTED, UploadRules
from mockserver.protocol.session import Chunk, ChunkHead, KeptChunk, UploadSession
from mockserver.protocol.source import SourceInfo
from mockserver.protocol.verdicts import Refused, Verdict

TOKEN = "01234567-89ab-cdef-0123-456789abcdef"
OTHER_TOKEN = "fedcba98-7654-3210-fedc-ba9876543210"
ISSUED = 1000.0
EXPIRES = 4600.0
"""An hour after ISSUED."""
SMALL = DOCUMENTED.with_mb(1000)
DRAFT = Post("v_inbox_file~v2.7600000000000000001", "act.owner", None, 7_600_000_000_000_000_003)
PUBLIC = Post(
    "v_pub_file~v2-1.7600000000000000001",
    "act.owner",
    PostInfo("PUBLIC_TO_EVERYONE"),
    7_600_000_000_000_000_003,
)


def upload(
    rules: UploadRules = SMALL, *, plan: tuple[int, int, int] = (15_000, 5000, 3), **more: Any
) -> UploadSession:
    """An upload without a byte; `plan` is video_size, chunk_size, total_chunk_count."""
    fields: dict[str, Any] = {
        "upload_id": "7600000000000000002",
        "upload_token": TOKEN,
        "post": DRAFT,
        "issued_at": ISSUED,
        "lifetime": 3600.0,
    }
    return UploadSession(source=SourceInfo(*plan), rules=rules, **(fields | more))


def upload_at(offset: int, rules: UploadRules = SMALL, **more: Any) -> UploadSession:
    """15,000 bytes in three chunks, of which the first `offset` bytes are in (a multiple of 5000)."""
    kept = [KeptChunk(0, 4999, None), KeptChunk(5000, 9999, None), KeptChunk(10_000, 14_999, None)]
    done_at = 1500.0 if offset == 15_000 else None
    return replace(upload(rules, **more), chunks=tuple(kept[: offset // 5000]), completed_at=done_at)


def head(content_range: str | None, length: int | None, **more: Any) -> ChunkHead:
    """A head with the right token and type, unless `more` says otherwise."""
    fields: dict[str, Any] = {
        "upload_token": TOKEN,
        "content_range": () if content_range is None else (content_range,),
        "content_length": length,
        "content_type": ("video/mp4",),
    }
    return ChunkHead(**(fields | more))


def put(
    session: UploadSession, sent: ChunkHead, *, now: float = 2000.0, body: int | None = None
) -> tuple[UploadSession, Verdict]:
    """A PUT as the server runs it: the head is judged, then the body comes in whole (or `body` bytes of it)."""
    refused = session.refusal(sent, now)
    if refused is not None:
        return session, refused
    received = (sent.content_length or 0) if body is None else body
    return session.receive(Chunk(sent, received, None, session.offset), now=now)


def refused(session: UploadSession, sent: ChunkHead, *, now: float = 2000.0, body: int | None = None) -> Refused:
    """The refusal that this PUT meets; it leaves the session as it was."""
    after, verdict = put(session, sent, now=now, body=body)
    assert isinstance(verdict, Refused), verdict
    assert after is session
    return verdict
