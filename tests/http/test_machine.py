"""Random stories over HTTP, through a raw socket, each answer judged by the kit's oracle.

Two servers run once, on clocks that only the stories move: one as documented, the other with every switch of a PUT
set to another reading. Of each upload two sets of worlds are kept: `worlds`
is what somebody knows who sees the connection and nothing else, to whom a lost answer leaves it open whether the
chunk was kept; `told` also knows at which moment a fault struck, and so whether the chunk has to be there.
"""

import contextlib
import json
import socket
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from urllib.error import HTTPError

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from conformance.model import Put, Status, Upload, status_answers
from conformance.plans import PlanReading, cut, init_answers
from conformance.readings import Reading
from conformance.worlds import Worlds
from mockserver.clock import ManualClock
from mockserver.config import Config
from mockserver.protocol.rules import DOCUMENTED
from support.peer import Answer, Peer, put_head
from support.servers import ThreadServer

FAULTS_MUST_BE_THERE = True
"""The guard: with False the stories also run, without faults, where `GET /_mock/faults` does not answer 200."""

SWITCHED: dict[str, int | str] = {
    "progress": "last_index",
    "missing_range": 416,
    "wrong_total": 416,
    "off_plan": 416,
    "wrong_token": 403,
    "content_type": 415,
    "missing_length": 411,
    "after_end": 404,
    "final_status": 200,
    "repeat": "accept",
}
READINGS = {"documented": Reading(), "switched": Reading.of(**SWITCHED)}
LIFETIME = 3600.0
SMALL = PlanReading(units=(1000, 1000))
BODY = bytes(range(251)) * 400
CLOSED, RESET = "close", "reset"
"""What is seen of a connection instead of an answer."""
PLANS = [
    (1, 1, 1),
    (4999, 4999, 1),
    (9999, 5000, 1),
    (10_000, 5000, 2),
    (14_999, 5000, 2),
    (15_000, 5000, 3),
    (17_000, 5000, 3),
    (26_000, 5200, 5),
    (40_000, 5000, 8),
    (63_999, 5000, 12),
]
BAD_PLANS = [
    (15_000, 5000, 4),
    (15_000, 5000, 2),
    (17_000, 5000, 4),
    (15_000, 4999, 3),
    (4999, 2499, 2),
    (4999, 5000, 1),
    (64_001, 64_000, 1),
    (64_001, 64_001, 1),
    (128_002, 64_001, 2),
    (5_005_000, 5000, 1001),
    (15_000, 5000, 0),
    (0, 5000, 3),
    (15_000, 5000.0, 3),
    (15_000, "5000", 3),
    (True, 1, 1),
]
MALFORMED = [
    *("bytes 0-/{}", "bytes */{}", "0-4999/{}", "bytes=0-4999/{}", "bytes  0-4999/{}", ""),
    *("bytes 0-4999/*", "bytes 0-4999/18446744073709566616"),
]
TYPES = [None, "text/plain", "application/octet-stream", "video/mp4v", "VIDEO/webm;a=b"]
SPOILT = ["total", "inverted", "malformed", "no range", "two ranges", "length", "no length", "type"]
DO: dict[str, dict[str, Any]] = {
    "status": {"kind": "status", "status": 503, "headers": {"Retry-After": "1"}, "body": "later"},
    CLOSED: {"kind": CLOSED},
    RESET: {"kind": RESET},
}
FAULTS = [
    *(f"status {when}" for when in ("before_body", "at_byte", "after_body")),
    *(f"{kind} {when}" for kind in (CLOSED, RESET) for when in ("before_body", "at_byte", "after_body")),
    *("close after_commit", "reset after_commit"),
]
ANSWERS = {
    *("S-CHUNK-206", "S-CHUNK-201", "S-URL-UNKNOWN", "S-URL-TOKEN", "S-URL-EXPIRED"),
    *("S-HEAD-TYPE", "S-HEAD-TOTAL", "S-HEAD-RANGE-MISSING", "S-HEAD-RANGE-MALFORMED", "S-HEAD-RANGE-INVERTED"),
    *("S-HEAD-LENGTH-MISSING", "S-HEAD-LENGTH-MISMATCH", "S-CHUNK-PLANNED-SIZE", "S-BODY-SHORT"),
    *("S-ORDER-START", "S-ORDER-GAP", "S-ORDER-REPEAT", "S-ORDER-OVERLAP", "S-ORDER-AFTER-END"),
    "S-ORDER-PARALLEL",
}
ENDINGS = ["whole", "short", "overtaken", "just in time", "too late", "after a reset", CLOSED, RESET]
OTHERS = {
    *("cut by close", "cut by reset", "answer never read", "fork", "reset"),
    *(f"ended {how}" for how in ENDINGS[:-2]),
}

_PICK = st.integers(0, 15)
_SHIFT = st.integers(0, 20_000)
_ENDING = st.sampled_from([CLOSED, RESET])
_TEXT = st.sampled_from(MALFORMED)
_FAULT = st.sampled_from(FAULTS)
_BYTE = st.sampled_from([1, 100, 5000])
_BACK = st.sampled_from([1, 1, 100])
_HOW = st.sampled_from(ENDINGS)
_KIND = st.sampled_from(TYPES)


class Line(Peer):
    """A connection, and what is seen of it."""

    def ask(self, data: bytes, *, half_close: bool = False) -> Answer | str:
        """The answer, or how the connection ended without any."""
        try:
            self.send(data)
            if half_close:
                with contextlib.suppress(OSError):  # it may be reset by now, which is then what is read
                    self.half_close()
            return self.answer()
        except EOFError:
            assert not self._held, "an answer was begun and not finished"
            return CLOSED
        except (ConnectionResetError, BrokenPipeError):
            return RESET

    def go_ahead(self, head: bytes) -> Answer | None:
        """Send a head that expects 100: None if that came, the answer if the head was refused."""
        self.send(head[:-2] + b"Expect: 100-continue\r\n\r\n")
        said = self._until(b"\r\n\r\n")
        if said.startswith(b"HTTP/1.1 100 "):
            return None
        self._held = said + b"\r\n\r\n" + self._held
        return self.answer()

    def end(self, ending: str) -> None:
        if ending == RESET:
            self.reset()
        else:
            self.socket.close()

    def wait_for_answer(self) -> None:
        """Until the first byte of it is there, unread."""
        assert self.socket.recv(1, socket.MSG_PEEK)


@dataclass
class Task:
    """An upload as the stories know it."""

    path: str
    publish_id: str
    draft: bool
    pieces: tuple[range, ...]
    expires_at: float
    worlds: Worlds
    told: Worlds

    @property
    def upload(self) -> Upload | None:
        """The task in the world that is furthest behind."""
        found = [world.upload for world in self.told.possible if world.upload is not None]
        return min(found, key=lambda upload: upload.uploaded, default=None)

    @property
    def wanted(self) -> range:
        """The next chunk; once all are in, the last one."""
        return self.upload.missing[0] if self.upload and self.upload.missing else self.pieces[-1]

    @property
    def ticked(self) -> tuple[range, ...]:
        return self.upload.ticked if self.upload else ()

    def chunk(self, place: range) -> Put:
        """A good request for these bytes, if they are the ones that are wanted."""
        return Put((f"bytes {place.start}-{place.stop - 1}/{self.pieces[-1].stop}",), len(place), len(place))

    def number(self, put: Put) -> int | None:
        """The planned chunk that starts where the range does, counted from 1; an unknown upload has none."""
        span = put.span() if self.upload else None
        return {piece.start: number for number, piece in enumerate(self.pieces, 1)}.get(span[0]) if span else None


@dataclass
class Fault:
    """An armed fault, and how often the stories have seen it strike."""

    number: int
    chunk: int | None
    when: str
    byte: int
    kind: str
    left: int
    fired: int = 0

    def matches(self, chunk: int | None, put: Put) -> bool:
        long_enough = put.length is None or self.byte <= put.length
        return self.left > 0 and self.chunk in (None, chunk) and long_enough

    def may_strike(self, put: Put, good: list[bool]) -> bool:
        """Whether this request reached the fault's moment; `good`: whether it may be, or has to be, accepted."""
        if self.when == "after_commit":
            return any(good)
        whole = put.length is None or put.sent >= put.length
        return put.sent >= self.byte and (whole or self.when != "after_body")


@dataclass
class Flight:
    """A request whose head was let in and whose body is not whole yet."""

    task: Task
    put: Put
    line: Line
    rest: bytes


class UploadMachine(RuleBasedStateMachine):
    servers: ClassVar[dict[str, ThreadServer]]
    has_faults: ClassVar[bool]
    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.profile = "documented"
        self.now = 0.0
        self.tasks: list[Task] = []
        self.flights: list[Flight] = []
        self.faults: list[Fault] = []
        self.line: Line | None = None
        self.lines: list[Line] = []
        self.accepted = 0

    def teardown(self) -> None:
        if sys.exc_info()[0] is None:
            for task in self.tasks:
                self.ask_for_the_status(task)
            self._account_for_faults()
            self.seen["examples"] += 1
            self.seen["examples with several chunks"] += self.accepted > 1
        for line in self.lines:
            line.socket.close()

    # ── rules: init ──

    @initialize(
        plan=st.sampled_from(PLANS[2:]),
        draft=st.booleans(),
        profile=st.sampled_from(["documented", "documented", "switched"]),
    )
    def begin(self, plan: tuple[int, int, int], profile: str, *, draft: bool) -> None:
        self.profile = profile
        self.server.entries.clear()
        self._control("POST", "/_mock/reset")
        self._init(plan, draft=draft)

    @precondition(lambda self: len(self._open()) < 2)
    @rule(plan=st.sampled_from(PLANS), draft=st.booleans())
    def init_another(self, plan: tuple[int, int, int], *, draft: bool) -> None:
        self._init(plan, draft=draft)

    @rule(plan=st.sampled_from(BAD_PLANS))
    def init_badly(self, plan: tuple[Any, Any, Any]) -> None:
        self._init(plan, draft=True)

    # ── rules: chunks as they should be ──

    @rule(pick=_PICK)
    def send_the_next_chunk(self, pick: int) -> None:
        task = self._pick(pick)
        self._exchange("next", task, task.chunk(task.wanted))

    @rule(pick=_PICK, count=st.integers(2, 4))
    def send_the_next_chunks(self, pick: int, count: int) -> None:
        for _ in range(count):
            self.send_the_next_chunk(pick)

    # ── rules: chunks out of order ──

    @rule(pick=_PICK, which=_PICK)
    def repeat_a_chunk(self, pick: int, which: int) -> None:
        task = self._pick(pick)
        done = task.ticked or task.pieces
        self._exchange("repeat", task, task.chunk(done[which % len(done)]))

    @rule(pick=_PICK, skip=_SHIFT, whole=st.booleans())
    def leave_a_gap(self, pick: int, skip: int, *, whole: bool) -> None:
        task = self._pick(pick)
        later = [piece for piece in task.pieces if piece.start > task.wanted.start]
        place = later[skip % len(later)] if whole and later else task.wanted[skip % len(task.wanted) :]
        self._exchange("gap", task, task.chunk(place))

    @rule(pick=_PICK, back=_SHIFT)
    def overlap(self, pick: int, back: int) -> None:
        task = self._pick(pick)
        start = max(0, task.wanted.start - 1 - back % 5000)
        self._exchange("overlap", task, task.chunk(range(start, task.wanted.stop)))

    @rule(pick=_PICK, more=st.sampled_from([-4999, -1, 1, 5000]))
    def cut_in_another_place(self, pick: int, more: int) -> None:
        task = self._pick(pick)
        stop = min(max(task.wanted.stop + more, task.wanted.start + 1), task.pieces[-1].stop)
        self._exchange("another cut", task, task.chunk(range(task.wanted.start, stop)))

    # ── rules: heads that are wrong ──

    @rule(
        pick=_PICK, how=st.sampled_from(SPOILT), more=st.sampled_from([-5000, -1, 1, 5000]), text=_TEXT, kind=_KIND
    )
    def spoil_the_head(self, pick: int, how: str, more: int, text: str, kind: str | None) -> None:
        task = self._pick(pick)
        place, size = task.wanted, task.pieces[-1].stop
        good = task.chunk(place)
        other = max(0, len(place) + more)
        put = {
            "total": replace(good, ranges=(f"bytes {place.start}-{place.stop - 1}/{max(0, size + more)}",)),
            "inverted": replace(good, ranges=(f"bytes {place.stop}-{place.start}/{size}",)),
            "malformed": replace(good, ranges=(text.format(size),)),
            "no range": replace(good, ranges=()),
            "two ranges": replace(good, ranges=good.ranges * 2),
            "length": replace(good, length=other, sent=other),
            "no length": replace(good, length=None),
            "type": replace(good, content_type=kind),
        }[how]
        self._exchange(how, task, put)

    @rule(pick=_PICK, wrong=st.sampled_from(["", "&upload_token=", "&upload_token=0", "another upload_id"]))
    def use_another_url(self, pick: int, wrong: str) -> None:
        task = self._pick(pick)
        put = task.chunk(task.wanted)
        if wrong == "another upload_id":
            nobody = replace(task, worlds=Worlds.of(None, self.reading), told=Worlds.of(None, self.reading))
            self._exchange("unknown", nobody, put, task.path.replace("upload_id=", "upload_id=0"))
        else:
            path = task.path.partition("&upload_token=")[0] + wrong
            self._exchange("token", task, replace(put, token_right=False), path)

    # ── rules: bodies that end early, answers that nobody reads ──

    @rule(pick=_PICK, lost=_SHIFT, gap=st.booleans())
    def half_close_a_short_body(self, pick: int, lost: int, *, gap: bool) -> None:
        task = self._pick(pick)
        put = task.chunk(task.pieces[-1] if gap else task.wanted)
        assert put.length is not None
        self._exchange("short", task, replace(put, sent=put.length - 1 - lost % put.length))

    @precondition(lambda self: not self._armed())
    @rule(pick=_PICK, lost=_SHIFT, ending=_ENDING)
    def cut_the_connection(self, pick: int, lost: int, ending: str) -> None:
        # S-ATOMIC-CUT: nothing is to be judged but what comes later.
        task = self._pick(pick)
        put = task.chunk(task.wanted)
        line = self._dial()
        if self._goes_ahead("cut", task, put, line):
            line.send(BODY[: len(task.wanted) - 1 - lost % len(task.wanted)])
            line.end(ending)
            self._note(f"cut by {ending}")

    @precondition(lambda self: not self._armed())
    @rule(pick=_PICK, ending=_ENDING)
    def leave_before_the_answer(self, pick: int, ending: str) -> None:
        task = self._pick(pick)
        put = task.chunk(task.wanted)
        line = self._dial()
        line.send(_message(task.path, put))
        line.wait_for_answer()
        line.end(ending)
        task.worlds, task.told = task.worlds.lost(put, self.now), task.told.decided(put, self.now)
        self._note("answer never read", task)

    # ── rules: requests whose bodies take their time ──

    @precondition(lambda self: not self._armed() and len(self.flights) < 3)
    @rule(pick=_PICK, back=_BACK, twice=st.booleans())
    def begin_the_next_chunk(self, pick: int, back: int, *, twice: bool) -> None:
        task = self._pick(pick)
        for _ in range(1 + twice):
            self._begin(task, back)

    @precondition(lambda self: self.flights)
    @rule(pick=_PICK, how=_HOW)
    def end_a_body(self, pick: int, how: str) -> None:
        self._end(self.flights.pop(pick % len(self.flights)), how)

    @precondition(lambda self: not self._armed())
    @rule(pick=_PICK, back=_BACK, how=_HOW)
    def send_the_next_chunk_slowly(self, pick: int, back: int, how: str) -> None:
        if self._begin(self._pick(pick), back):
            self._end(self.flights.pop(), how)

    # ── rules: time, status, reset ──

    @rule(
        pick=_PICK,
        quarters=st.integers(1, 4800),
        until=st.sampled_from(["any", "any", "just in time", "too late"]),
    )
    def let_time_pass(self, pick: int, quarters: int, until: str) -> None:
        left = self._pick(pick).expires_at - self.now
        self._advance(
            {"any": quarters / 4, "just in time": max(0.0, left - 0.25), "too late": max(0.0, left)}[until]
        )

    @rule(pick=_PICK)
    def fetch_the_status(self, pick: int) -> None:
        task = self._pick(pick)
        self.ask_for_the_status(task)
        assert self._status(task.publish_id, token="another") in status_answers(task.upload, draft=True, own=False)
        assert self._status("v_inbox_file~v2.1") == Status("invalid_publish_id")

    @rule(sure=st.integers(0, 3))
    def reset_the_server(self, sure: int) -> None:
        if not sure:  # one time in four, or few stories would come to an end
            self._reset()

    # ── rules: faults ──

    @precondition(lambda self: self.has_faults and not self.flights and len(self._armed()) < 2)
    @rule(
        pick=_PICK, fault=_FAULT, byte=_BYTE, at=st.sampled_from(["next", "any", "first"]), times=st.integers(1, 2)
    )
    def arm_a_fault(self, pick: int, fault: str, byte: int, at: str, times: int) -> None:
        task = self._pick(pick)
        self._arm(fault, byte, {"next": task.number(task.chunk(task.wanted)), "any": None, "first": 1}[at], times)

    @precondition(lambda self: self.has_faults and not self.flights and not self._armed())
    @rule(pick=_PICK, fault=_FAULT, byte=_BYTE, again=st.booleans())
    def strike_the_next_chunk(self, pick: int, fault: str, byte: int, *, again: bool) -> None:
        task = self._pick(pick)
        put = task.chunk(task.wanted)
        self._arm(fault, byte, None, 1)
        self._exchange("struck", task, put)
        if again:
            self._exchange("again", task, put)

    @precondition(lambda self: self.faults)
    @rule()
    def clear_the_faults(self) -> None:
        self._account_for_faults()

    # ── how it is done ──

    @property
    def server(self) -> ThreadServer:
        return self.servers[self.profile]

    @property
    def reading(self) -> Reading:
        return READINGS[self.profile]

    def _open(self) -> list[Task]:
        """The uploads that wait for chunks."""
        return [task for task in self.tasks if task.upload and task.upload.missing and self.now < task.expires_at]

    def _pick(self, pick: int) -> Task:
        """Any upload, but more often one that waits for chunks; where none does the story goes on with another."""
        if pick % 4 and not self._open():
            self._init(PLANS[2 + pick // 2], draft=True)
        among = self._open() if pick % 4 else self.tasks
        return among[pick // 4 % len(among)]

    def _armed(self) -> list[Fault]:
        return [fault for fault in self.faults if fault.left > 0]

    def _note(self, what: str, task: Task | None = None) -> None:
        event(what)
        self.seen[what] += 1
        if task is not None and len(task.worlds.possible) > 1:
            event("fork")
            self.seen["fork"] += 1

    def _init(self, plan: tuple[Any, Any, Any], *, draft: bool) -> None:
        names = ("video_size", "chunk_size", "total_chunk_count")
        source = {"source": "FILE_UPLOAD", **dict(zip(names, plan, strict=True))}
        body = {"source_info": source, "post_info": {"privacy_level": "SELF_ONLY"}}
        path = f"/v2/post/publish/{'inbox/' if draft else ''}video/init/"
        status, answer = self._call("POST", path, body)
        refused = answer["error"]["message"] or None
        assert (status, refused) in {(400 if text else 200, text) for text in init_answers(source, SMALL)}
        self._note(f"init: {refused or 'good'}")
        if refused is not None:
            return
        size, chunk, _ = plan
        url = answer["data"]["upload_url"].removeprefix(self.server.url)
        expires_at = self.now + LIFETIME
        worlds = Worlds.of(Upload.declared(size, chunk, expires_at=expires_at, mb=1000), self.reading)
        task = Task(url, answer["data"]["publish_id"], draft, cut(size, chunk), expires_at, worlds, worlds)
        self.tasks = [*self.tasks[-3:], task]

    def _exchange(self, kind: str, task: Task, put: Put, path: str | None = None) -> None:
        """One request with its answer, or with the fault that struck it."""
        fault = next((one for one in self.faults if one.matches(task.number(put), put)), None)
        line, self.line = self.line or self._dial(), None
        short = put.length is not None and put.sent < put.length
        seen = line.ask(_message(path or task.path, put), half_close=short)
        if isinstance(seen, Answer) and seen.headers.get("Connection") != "close" and not short:
            self.line = line
        else:
            line.socket.close()
        good = [answer.status < 300 for answer in task.told.expected(put, self.now)]
        if self._strikes(fault):
            assert fault is not None
            assert fault.may_strike(put, good), f"{fault} struck {put} before its moment"
            self._judge_a_strike(fault, task, put, seen)
        else:
            # A request that is refused anyway may go without its fault, one that is not may not.
            assert fault is None or not all(good), f"{fault} did not strike {put}"
            self._judge(kind, task, put, seen)

    def _strikes(self, fault: Fault | None) -> bool:
        """Whether `fault` has fired since the last look; no other may have."""
        if not self._armed():
            return False
        fired = 0
        for one, shown in zip(self.faults, self._control("GET", "/_mock/faults")["faults"], strict=True):
            new = shown["fired"] - one.fired
            assert new in ((0, 1) if one is fault else (0,)), f"{shown} fired, {fault} was next"
            one.fired, one.left, fired = one.fired + new, one.left - new, fired + new
            assert shown["left"] == one.left
        return fired == 1

    def _judge_a_strike(self, fault: Fault, task: Task, put: Put, seen: Answer | str) -> None:
        kept = task.told
        if isinstance(seen, Answer):
            shown = (seen.status, seen.headers.get("Retry-After"), seen.headers.get("Content-Range"), seen.body)
            assert fault.kind == "status", f"{fault}: {seen}"
            assert shown == (503, "1", None, b"later")
            task.worlds, task.told = task.worlds.refused_for_now(), kept.refused_for_now()
        else:
            assert fault.kind == seen, fault
            task.worlds = task.worlds.lost(put, self.now)
            task.told = kept.decided(put, self.now) if fault.when == "after_commit" else kept
        self._note(f"{fault.kind} {fault.when}", task)

    def _judge(self, kind: str, task: Task, put: Put, seen: Answer | str, *, in_flight: bool = False) -> None:
        possible = task.told.expected(put, self.now, in_flight=in_flight)
        assert isinstance(seen, Answer), f"{kind}: {put} got {seen}; possible: {possible}"
        shown = (seen.status, seen.headers.get("Content-Range"))
        told = task.told.answered(put, *shown, self.now, in_flight=in_flight)
        worlds = task.worlds.answered(put, *shown, self.now, in_flight=in_flight)
        assert not told.impossible, f"{kind}: {put} was answered {shown}; possible: {possible}"
        assert not worlds.impossible
        clause = seen.headers["X-Mock-Clause"]
        named = {answer.clause for answer in possible if (answer.status, answer.progress) == shown}
        assert clause in named or (in_flight and clause == "S-ORDER-PARALLEL"), f"{kind}: {clause}, not {named}"
        task.told, task.worlds = told, worlds
        self.accepted += seen.status in (201, 206)
        event(f"{kind}: {seen.status}")
        self._note(clause, task)

    def _goes_ahead(self, kind: str, task: Task, put: Put, line: Line) -> bool:
        """Whether the head is let in; the refusal is judged otherwise."""
        answer = line.go_ahead(_message(task.path, replace(put, sent=0)))
        if answer is not None:
            line.socket.close()
            self._judge(kind, task, put, answer)
            return False
        task.worlds, task.told = task.worlds.let_in(put, self.now), task.told.let_in(put, self.now)
        assert not task.told.impossible, f"{kind}: {put} was let in"
        return True

    def _begin(self, task: Task, back: int) -> bool:
        """Send the next chunk but for its last `back` bytes, if its head is let in."""
        put = task.chunk(task.wanted)
        line = self._dial()
        let_in = self._goes_ahead("begin", task, put, line)
        if let_in:
            held = max(0, put.sent - back)
            line.send(BODY[:held])
            self.flights.append(Flight(task, put, line, BODY[held : put.sent]))
        return let_in

    def _end(self, flight: Flight, how: str) -> None:
        task, put = flight.task, flight.put
        if how in (CLOSED, RESET):
            flight.line.end(how)
            self._note(f"cut by {how}")
            return
        if how == "overtaken":
            self._exchange("overtaking", task, put)
        elif how == "after a reset":
            self._reset()
        elif how in ("just in time", "too late"):
            self._advance(max(0.0, task.expires_at - (0.25 if how == "just in time" else 0.0) - self.now))
        if how == "short":
            put = replace(put, sent=put.sent - len(flight.rest))
            seen = flight.line.ask(b"", half_close=True)
        else:
            seen = flight.line.ask(flight.rest)
        flight.line.socket.close()
        self._judge("end", task, put, seen, in_flight=True)
        self._note(f"ended {how}")

    def ask_for_the_status(self, task: Task) -> None:
        said = self._status(task.publish_id)
        told = task.told.reported(said, draft=task.draft, posted=True)
        worlds = task.worlds.reported(said, draft=task.draft, posted=True)
        assert not told.impossible, f"{said}, but {task.told}"
        assert not worlds.impossible
        task.told, task.worlds = told, worlds
        self._note(f"status: {said.word}")

    def _status(self, publish_id: str, token: str = "t") -> Status:
        path = "/v2/post/publish/status/fetch/"
        status, answer = self._call("POST", path, {"publish_id": publish_id}, token=token)
        assert status == (200 if answer["error"]["code"] == "ok" else 400)
        data = answer.get("data")
        return Status(data["status"], data["uploaded_bytes"]) if data else Status(answer["error"]["code"])

    def _arm(self, fault: str, byte: int, chunk: int | None, times: int) -> None:
        kind, when = fault.split()
        byte = byte if when == "at_byte" else 0
        on = {"operation": "chunk", "chunk": chunk}
        body = {"on": on, "when": {when: byte} if byte else when, "do": DO[kind], "times": times}
        number = self._control("POST", "/_mock/faults", body)["faults"][0]["id"]
        self.faults.append(Fault(number, chunk, when, byte, kind, times))

    def _account_for_faults(self) -> None:
        """Every armed fault has fired, or is still there and is cleared."""
        if not self.has_faults:
            return
        shown = self._control("GET", "/_mock/faults")["faults"]
        assert [(one["id"], one["fired"], one["left"]) for one in shown] == [
            (fault.number, fault.fired, fault.left) for fault in self.faults
        ]
        assert self._control("DELETE", "/_mock/faults") == {"forgotten": {"faults": len(self.faults)}}
        for fault in self.faults:
            event("fault fired" if fault.left == 0 else "fault cleared")
        self.faults = []

    def _advance(self, seconds: float) -> None:
        self._control("POST", "/_mock/clock", {"advance": seconds})
        self.now += seconds

    def _control(self, method: str, path: str, body: object = None) -> Any:
        status, answer = self._call(method, path, body)
        assert status == 200, answer
        return answer

    def _call(self, method: str, path: str, body: object = None, token: str = "t") -> tuple[int, Any]:
        data = b"" if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.server.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except HTTPError as error:
            with error:
                return error.code, json.load(error)

    def _reset(self) -> None:
        self._control("POST", "/_mock/reset")
        self.faults = []
        for task in [*self.tasks, *(flight.task for flight in self.flights)]:
            task.worlds, task.told = task.worlds.forgotten(), task.told.forgotten()
        self._note("reset")

    def _dial(self) -> Line:
        line = Line(self.server.port)
        self.lines.append(line)
        return line


def _message(path: str, put: Put) -> bytes:
    """The request as bytes; `sent` of its body."""
    more = [f"Content-Range: {one}" for one in put.ranges]
    body = BODY[: put.sent]
    if put.length is None:
        more.append("Transfer-Encoding: chunked")
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    return put_head(path, None, put.length, *more, content_type=put.content_type) + body


@pytest.fixture(scope="module", autouse=True)
def servers() -> Iterator[None]:
    rules = DOCUMENTED.with_mb(1000)
    switched = rules
    for name, value in SWITCHED.items():
        switched = switched.with_rule(name, str(value))
    with (
        ThreadServer(Config(rules=rules), ManualClock()) as one,
        ThreadServer(Config(rules=switched), ManualClock()) as other,
    ):
        UploadMachine.servers = {"documented": one, "switched": other}
        with Peer(one.port) as peer:
            peer.send(b"GET /_mock/faults HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            UploadMachine.has_faults = peer.answer().status == 200
        yield


class TestUploads(UploadMachine.TestCase):  # type: ignore[misc,valid-type]
    settings = settings(max_examples=max(300, settings().max_examples), stateful_step_count=25)

    def runTest(self) -> None:  # noqa: N802 - unittest's name
        assert UploadMachine.has_faults or not FAULTS_MUST_BE_THERE
        super().runTest()
        seen = UploadMachine.seen
        wanted = ANSWERS | OTHERS | set(FAULTS if UploadMachine.has_faults else ())
        never = sorted(wanted - set(seen))
        assert len(never) <= 2, never  # chance may leave out one or two kinds; more, and the stories are not told
        assert 3 * seen["examples with several chunks"] >= seen["examples"]

    runTest.is_hypothesis_test = True  # type: ignore[attr-defined]
