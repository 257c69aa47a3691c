"""Broken servers whose bug needs a history: an honest service that remembers, and then does one thing wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mockserver.protocol.rules import DOCUMENTED
from mockserver.protocol.session import Chunk, KeptChunk, UploadSession
from mockserver.protocol.verdicts import Accepted, CallRefused, Completed, Refused, Verdict
from mockserver.service import UploadService

SHORT, REPEAT, PARALLEL = "S-BODY-SHORT", "S-ORDER-REPEAT", "S-ORDER-PARALLEL"
History = list[str]
"""What happened to one upload: the clauses of refusals, "accepted", "completed", "status"."""


@dataclass(frozen=True)
class Bug:
    """What is done wrong; each part is told the history of the upload, the newest last."""

    session: Callable[[History, UploadSession], UploadSession] = lambda _, session: session
    chunk: Callable[[History, Chunk], Chunk] = lambda _, chunk: chunk
    verdict: Callable[[History, Verdict, Sequence[UploadSession]], Verdict] = lambda _, verdict, __: verdict


def plant(service: UploadService, bug: Bug) -> None:
    """Make an honest service a broken one."""
    histories: dict[str, History] = {}
    turns: list[str] = []
    admit, receive, status, create = service.admit, service.receive, service.status, service.create

    async def note(upload_id: str, event: str) -> None:
        histories.setdefault(upload_id, []).append(event)
        turns.append(upload_id)
        session = await service._store.load(upload_id)
        if session is not None and (moved := bug.session(histories[upload_id], session)) is not session:
            await service._store.replace(session, moved)

    async def admitting(upload_id: str, head: Any) -> Any:
        found = await admit(upload_id, head)
        if isinstance(found, Refused):
            await note(upload_id, found.clause)
        return found

    async def receiving(upload_id: str, chunk: Chunk, side: Any = None) -> Any:
        session, verdict = await receive(upload_id, bug.chunk(histories.get(upload_id, []), chunk), side)
        words = {Accepted: "accepted", Completed: "completed"}
        await note(upload_id, verdict.clause if isinstance(verdict, Refused) else words[type(verdict)])
        found = [await service._store.load(one) for one in turns[-3:]]
        last = [one for one in found if one is not None]
        return session, bug.verdict(histories[upload_id], verdict, last)

    async def asking(owner: str, body: object) -> Any:
        found = await status(owner, body)
        if not isinstance(found, CallRefused):
            await note(found[0].upload_id, "status")
        return found

    async def creating(owner: str, body: Any, **more: Any) -> Any:
        turns.clear()
        return await create(owner, body, **more)

    service.admit = admitting  # type: ignore[method-assign]
    service.receive = receiving  # type: ignore[method-assign]
    service.status = asking  # type: ignore[method-assign]
    service.create = creating  # type: ignore[method-assign]


def skipping(session: UploadSession) -> UploadSession:
    """The next chunk counts as being in."""
    length = session.source.length_at(session.offset) if not session.complete else None
    if length is None or session.offset + length >= session.source.video_size:
        return session
    return replace(session, chunks=(*session.chunks, KeptChunk(session.offset, session.offset + length - 1, None)))


def _three_kinds(history: History, session: UploadSession) -> UploadSession:
    last = history[-3:]
    return skipping(session) if len(set(last)) == 3 and all(one.startswith("S-") for one in last) else session


def _cut_after_refusal(history: History, chunk: Chunk) -> Chunk:
    refused = bool(history) and history[-1].startswith("S-ORDER-")
    return replace(chunk, received=chunk.head.content_length or 0) if refused else chunk


def _forgets(history: History, session: UploadSession) -> UploadSession:
    return replace(session, chunks=()) if history[-2:] == [SHORT, REPEAT] and not session.complete else session


def _both(history: History, verdict: Verdict, _: Sequence[UploadSession]) -> Verdict:
    if isinstance(verdict, Refused) and verdict.clause == PARALLEL and history[-3:-2] == ["status"]:
        return Accepted(verdict.uploaded or 0, verdict.total or 0)
    return verdict


def _neighbour(_: History, verdict: Verdict, last: Sequence[UploadSession]) -> Verdict:
    if isinstance(verdict, Accepted) and len({one.upload_id for one in last}) == 3:
        return Accepted(last[-2].offset, last[-2].source.video_size)
    return verdict


def _never_over(history: History, session: UploadSession) -> UploadSession:
    return replace(session, lifetime=1e9) if history[-1] == "S-ORDER-GAP" else session


def _never_complete(history: History, verdict: Verdict, _: Sequence[UploadSession]) -> Verdict:
    if isinstance(verdict, Completed) and {"S-ORDER-START", REPEAT} <= set(history):
        return Accepted(verdict.total, verdict.total)
    return verdict


def two_minds(service: UploadService) -> None:
    """A MB has 1,000,000 bytes where the count is odd, else 1,048,576: each may be, but not both."""
    create = service.create

    async def creating(owner: str, body: Any, **more: Any) -> Any:
        count = body.get("source_info", {}).get("total_chunk_count")
        odd = isinstance(count, int) and count % 2
        service.terms = replace(service.terms, rules=DOCUMENTED.with_mb(1_000_000 if odd else 1_048_576))
        return await create(owner, body, **more)

    service.create = creating  # type: ignore[method-assign]


BUGS: dict[str, tuple[str, Bug, int]] = {
    "three refusals of three kinds move the offset": ("S-ATOMIC-REFUSED/stories", Bug(session=_three_kinds), 4),
    "a body cut after a refusal is kept": ("S-ATOMIC-REFUSED/stories", Bug(chunk=_cut_after_refusal), 3),
    "a repeat after a cut loses the upload": ("S-ATOMIC-REFUSED/stories", Bug(session=_forgets), 4),
    "both of two at once, after a status": ("S-ORDER-PARALLEL/stories", Bug(verdict=_both), 2),
    "the progress of another, with three at once": ("S-ISOLATED/stories", Bug(verdict=_neighbour), 3),
    "not expired after a gap": ("S-URL-EXPIRED/stories", Bug(session=_never_over), 3),
    "never complete after two kinds of refusals": ("S-ATOMIC-REFUSED/stories", Bug(verdict=_never_complete), 4),
}
"""Each with the machine that has to find it, and the most steps that its smallest story may need."""
