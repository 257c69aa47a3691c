"""Turning points: answers that a client must react to, each under the clause that says how.

What a client does next, judged from the requests alone; `Violation`s are what it did wrong.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from typing import Final

from conformance.client.evidence import Evidence, Request
from conformance.client.scenario import Ends, Mode

SEVERED: Final = ("close", "reset", "garbage", "truncate")
HEADERS: Final = "C-HEADERS"
_OURS: Final = {
    "S-PLAN": "C-PLAN",
    "S-INIT": "C-PLAN",
    "S-CHUNK": "C-PLAN",
    "S-HEAD": HEADERS,
    "S-BODY": HEADERS,
    "S-HTTP": HEADERS,
    "S-ORDER": "C-ORDER",
    "S-URL": "C-URL-OPAQUE",
    "S-STATUS": "C-STATUS-POLL",
}
"""Refusals that nobody provoked, by the chapter of the server's clause: what the client did wrong."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A clause broken, with the number of the request at which it showed. `aside`: nothing else comes of it."""

    clause: str
    expected: str
    actual: str
    at: float = inf
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """A turning point and the clause that governs what comes next."""

    request: Request
    clause: str


def turns_of(evidence: Evidence) -> tuple[Turn, ...]:
    """All of a run, in order."""
    found = []
    provoked = bool(evidence.scenario.sent_before)
    for request in evidence.requests:
        provoked = provoked or bool(request.fault)
        clause = _clause_of(request, evidence, provoked=provoked)
        if clause:
            found.append(Turn(request, clause))
    return tuple(found)


def _clause_of(request: Request, evidence: Evidence, *, provoked: bool) -> str:
    if request.operation == "chunk":
        if request.fault in SEVERED and request.when != "after_answer":
            return _lost(request) if request.kept else "C-RETRY-CUT"
        if request.fault == "stall" and request.status is None:
            return _lost(request) if request.kept else "C-RETRY-STALL"
        if request.kept:
            return "" if request.told_kept or request.status is None else _lost(request)
    return _of_status(request, evidence, provoked=provoked) if request.operation else ""


def _lost(request: Request) -> str:
    span = request.span
    final = span is not None and span.last + 1 == span.total
    return "C-RETRY-LOST-FINAL" if final else "C-RETRY-LOST-ANSWER"


def _of_status(request: Request, evidence: Evidence, *, provoked: bool) -> str:
    status = request.status
    if status is None or 200 <= status < 300:
        return ""
    if status == 416 and provoked:
        if request.progress is None or evidence.progress != "count":
            return "C-PROGRESS-READINGS"
        return "C-416-RESYNC"
    ended_by_us = evidence.scenario.moves or any(one.fault in ("expire", "forget") for one in evidence.requests)
    if status in (403, 404) and request.operation == "chunk" and (request.fault or ended_by_us):
        return f"C-STOP-{status}"
    if not request.fault:
        return _OURS.get("-".join(request.clause.split("-")[:2]), "C-PLAN")
    if request.operation != "chunk":
        return ""
    if 300 <= status < 400:
        return "C-NO-REDIRECT"
    return {400: "C-STOP-400"}.get(status, "C-RETRY-5XX" if status >= 500 else "")


def violations_of(turn: Turn, evidence: Evidence) -> Iterator[Violation]:
    """What was wrong about the client's reaction; that it just stopped is judged by the end of the run."""
    later = evidence.later(turn.request)
    puts = [one for one in later if one.operation == "chunk" and one.upload_id == turn.request.upload_id]
    inits = [one for one in later if one.operation == "init"]
    judge = _REACTIONS.get(turn.clause)
    if judge is not None and turn.request.operation == "chunk":
        yield from judge(turn, puts, inits, evidence)
    elif not turn.request.fault and turn.clause in _OURS.values():
        yield Violation(turn.clause, "no refusal", f"{turn.request}: {turn.request.reason}", _at(turn.request))


Reaction = Callable[[Turn, list[Request], list[Request], Evidence], Iterator[Violation]]


def _begun_again(turn: Turn, wanted: str, init: Request) -> Violation:
    return Violation(turn.clause, wanted, f"a new init, {init}: the video may be posted twice", _at(turn.request))


def _same_again(turn: Turn, puts: list[Request], inits: list[Request], _: Evidence) -> Iterator[Violation]:
    wanted = f"{turn.request.content_range!r} again after {turn.request}"
    if puts and puts[0].content_range != turn.request.content_range:
        yield Violation(turn.clause, wanted, str(puts[0]), _at(turn.request))
    elif not puts and inits:
        yield _begun_again(turn, wanted, inits[0])


def _goes_on(turn: Turn, puts: list[Request], inits: list[Request], _: Evidence) -> Iterator[Violation]:
    """The chunk is in and nobody said so: the same again or the one behind it, neither zero nor another post."""
    span = turn.request.span
    wanted = f"the same range or the one behind it after {turn.request}, which was kept"
    if puts and span is not None:
        next_span = puts[0].span
        if next_span is None or next_span.first not in (span.first, span.last + 1):
            yield Violation(turn.clause, wanted, str(puts[0]), _at(turn.request))
    elif inits:
        yield _begun_again(turn, wanted, inits[0])


def _resync(turn: Turn, puts: list[Request], inits: list[Request], evidence: Evidence) -> Iterator[Violation]:
    count = turn.request.progress
    if count is None:
        yield from _goes_on(turn, puts, inits, evidence)
        return
    count += evidence.progress == "last_index"
    wanted = f"a chunk from byte {count} on after {turn.request}, whose progress says so"
    span = turn.request.span
    done = span is not None and count == span.total
    if done:
        wanted = f"no further byte after {turn.request}, whose progress says that all is there"
    if puts and (done or puts[0].span is None or puts[0].span.first != count):
        yield Violation(turn.clause, wanted, str(puts[0]), _at(turn.request))
    elif not puts and inits:
        yield _begun_again(turn, wanted, inits[0])


def _not_again(turn: Turn, puts: list[Request], _: list[Request], __: Evidence) -> Iterator[Violation]:
    for one in puts:
        if one.content_range == turn.request.content_range:
            wanted = f"not {turn.request.content_range!r} again after {turn.request}"
            yield Violation(turn.clause, wanted, str(one), _at(turn.request))
            return


def _nothing_more(turn: Turn, puts: list[Request], _: list[Request], __: Evidence) -> Iterator[Violation]:
    if puts:
        wanted = f"no further request to that upload_url after {turn.request}"
        yield Violation(turn.clause, wanted, str(puts[0]), _at(turn.request))


_REACTIONS: Final[dict[str, Reaction]] = {
    "C-RETRY-5XX": _same_again,
    "C-RETRY-CUT": _same_again,
    "C-RETRY-STALL": _same_again,
    "C-RETRY-LOST-ANSWER": _goes_on,
    "C-RETRY-LOST-FINAL": _goes_on,
    "C-416-RESYNC": _resync,
    "C-PROGRESS-READINGS": _resync,
    "C-STOP-400": _not_again,
    "C-STOP-403": _nothing_more,
    "C-STOP-404": _nothing_more,
}
STOPPING: Final = frozenset({"C-STOP-400", "C-STOP-403", "C-STOP-404", "C-NO-REDIRECT", ""})
"""After these a client may end with a failure."""


def _at(request: Request) -> float:
    return request.sequence


def stopped_early(evidence: Evidence, turns: tuple[Turn, ...]) -> Iterator[Violation]:
    """A run that should have ended with a complete upload and did not: blamed on the last turning point."""
    if evidence.scenario.ends is not Ends.COMPLETE or (evidence.posts and evidence.claims_success):
        return
    if evidence.claims_success:
        return  # C-END judges it
    last = turns[-1] if turns else None
    clause = last.clause if last else evidence.scenario.blame
    if clause in STOPPING:
        clause = evidence.scenario.blame
    if clause == "C-STATUS-POLL" and not any(one.operation == "status" for one in evidence.requests):
        clause = "C-END"  # it never came to asking
    told = "though the upload is complete" if evidence.posts else f"with {_uploaded(evidence)}"
    after = f" after {last.request}" if last else ""
    yield Violation(clause, "a complete upload and exit code 0", f"{evidence.exit_told} {told}{after}")


def unheard(evidence: Evidence) -> str:
    """What else to say of a client from which nothing came: most likely it has asked somebody else."""
    if evidence.requests or evidence.ended.hammered:
        return ""
    place = "{upload_url} (TIKTOK_UPLOAD_URL)" if evidence.mode is Mode.HANDED else "{api_base} (TIKTOK_API_BASE)"
    return f"; it sent nothing to the mock, which is at {place}"


def _uploaded(evidence: Evidence) -> str:
    if not evidence.uploads:
        return "no upload begun" + unheard(evidence)
    most = max(evidence.uploads, key=lambda one: one.uploaded)
    return f"{most.uploaded} of {most.video_size} bytes uploaded"
