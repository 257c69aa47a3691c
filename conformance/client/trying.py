"""One client, one scenario: a mock is armed, the client runs once, and what it left behind is gathered."""

import hashlib
import http.client
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any, Final

from conformance.client.evidence import Evidence, Raw, Request, requests_of, uploads_of
from conformance.client.files import Files
from conformance.client.launcher import Client, Ended, Job
from conformance.client.mock import Mock, MockError, Mocks
from conformance.client.scenario import Mode, Move, Scenario
from conformance.client.sizes import SEVERAL, Units
from conformance.client.trap import Trap
from conformance.puts import Plan, Put
from conformance.wire import Address

HANDED_CHUNK: Final = "5 MB"
SIZES_FOR_SEVERAL: Final = ("3 * 10 M + 7", "3 * 20 M + 7", "130 M + 7", "200 M + 7")
"""Tried until the client cuts one into three chunks."""

_A_WEEK: Final = 7 * 86_400
_SETTLING: Final = 0.02
_LOOKS: Final = 100
_WATCH_EVERY: Final = 0.1
MOST_REQUESTS: Final = 3_000
"""Of one run: an upload has 1,000 chunks at most, and a mock's journal forgets the oldest of 10,000 requests."""


_Armed = Callable[[str], list[dict[str, Any]]]
"""The faults of a scenario; it is told where its trap is."""


class NotTriedError(Exception):
    """The scenario means nothing for this client, and why."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms clients are tried: seconds for a run, the bytes of a MB (None: real units), what is drawn."""

    seconds: float = 60.0
    mb: int | None = None
    seed: int = 0

    @property
    def units(self) -> Units:
        """For the sizes of scenarios."""
        return Units(self.mb)


@dataclass(slots=True)
class Bench:
    """Where a client is tried. `several` and `plans` are learned from its first uploads."""

    client: Client
    mocks: Mocks
    files: Files
    terms: Terms
    several: int = 0
    plain_is_good: bool = False
    small: Evidence | None = None
    plans: dict[int, Plan] = field(default_factory=dict)

    @property
    def mode(self) -> Mode:
        """Where the client gets its upload_url."""
        return Mode.HANDED if self.client.handed else Mode.INIT

    def size_of(self, scenario: Scenario) -> int:
        """The bytes of its file."""
        if scenario.size != SEVERAL:
            return self.terms.units.bytes_of(scenario.size)
        if not self.several:
            self.several = 3 * self.terms.units.bytes_of(HANDED_CHUNK) + 7
        return self.several

    def plan_for(self, scenario: Scenario) -> Plan | None:
        """The plan of an upload that the kit makes, or that the client was seen to make; None: not known."""
        size = self.size_of(scenario)
        if self.mode is Mode.INIT:
            return self.plans.get(size)
        chunk = min(self.terms.units.bytes_of(scenario.chunk or HANDED_CHUNK), size)
        count = size // chunk
        return Plan(size, size if count == 1 else chunk, count)

    def trial(self, scenario: Scenario) -> Evidence:
        """Run the client once. Raises NotTriedError, MockError."""
        armed = self._armed(scenario)
        mock = self.mocks.take(*scenario.options)
        alone = False
        try:
            evidence = self._tried(scenario, mock, armed)
            alone = not evidence.ended.running
        finally:
            if alone:
                self.mocks.give_back(mock, *scenario.options)
            else:
                self.mocks.discard(mock)
        return evidence

    def learn(self, evidence: Evidence) -> None:
        """Take note of the plan that the client made."""
        for one in evidence.uploads[:1]:
            self.plans[evidence.size] = Plan(one.video_size, one.chunk_size, one.total_chunk_count)

    # ── before ──

    def _armed(self, scenario: Scenario) -> _Armed:
        if scenario.large and self.terms.mb:
            raise NotTriedError("a large file is one in real units: leave out --mb")
        plan = self.plan_for(scenario)
        if plan is None:
            if scenario.faults and scenario.place != "first":
                raise NotTriedError("the client's plan for a file of this size is not known")
            return lambda trap: scenario.armed(1, {"trap": trap}, self.terms.units)
        count = plan.total_chunk_count
        numbers = {"first": 1, "middle": (count + 1) // 2, "last": count}
        if count < {"first": 1, "middle": 3, "last": 2}[scenario.place] and scenario.size == SEVERAL:
            raise NotTriedError(
                f"the client sends {plan.video_size} bytes in {count}: no chunk is {scenario.place}"
            )
        piece = plan.pieces[numbers[scenario.place] - 1]
        texts = {"start": str(piece.start), "end": str(piece.stop), "total": str(plan.video_size)}
        return lambda trap: scenario.armed(numbers[scenario.place], {**texts, "trap": trap}, self.terms.units)

    def _job(self, scenario: Scenario, mock: Mock) -> Job:
        size = self.size_of(scenario)
        drawn = hashlib.sha256(f"{self.terms.seed} {scenario.id}".encode()).hexdigest()[:24]
        mb = self.terms.mb or 1_000_000
        job = Job(self.files.of(size), size, mock.api_base, f"act.kit{drawn}", mb, inherited=mock.environment)
        if self.mode is Mode.INIT:
            return job
        plan = self.plan_for(scenario)
        assert plan is not None
        url = mock.ask("POST", f"/_mock/uploads?token={job.token}", plan.source_info())["data"]["upload_url"]
        self._send_before(url, plan, scenario.sent_before)
        return replace(job, upload_url=url, chunk_size=plan.chunk_size, total_chunk_count=plan.total_chunk_count)

    def _send_before(self, url: str, plan: Plan, count: int) -> None:
        """The first chunks, as if an earlier run of the client had sent them."""
        for piece in plan.pieces[:count]:
            put = Put.of(piece, plan.video_size)
            headers = {
                "Content-Type": "video/mp4",
                "Content-Range": put.ranges[0],
                "Content-Length": str(put.length),
            }
            address = Address.of(url)
            peer = http.client.HTTPConnection(address.host, address.port, timeout=30)
            with self.files.of(plan.video_size).open("rb") as file:
                file.seek(piece.start)
                peer.request("PUT", address.path, file.read(len(piece)), headers)
            if peer.getresponse().status not in (201, 206):
                raise MockError("the kit's mock refuses a right chunk")
            peer.close()

    def _tried(self, scenario: Scenario, mock: Mock, armed: _Armed) -> Evidence:
        with ExitStack() as stack:
            trap = stack.enter_context(Trap()) if "{trap}" in str(scenario.faults) else None
            job = self._job(scenario, mock)
            if faults := armed(trap.authority if trap else ""):
                mock.ask("POST", "/_mock/faults", faults)
            watch = _Watch(mock, scenario.moves, scenario.sent_before)
            ended = self.client.run(job, self.terms.seconds, watch)
            if ended.hammered:
                ended = replace(ended, requests=watch.requests)
            evidence = self._gathered(scenario, mock, job, ended)
            return replace(evidence, trapped=tuple(trap.calls) if trap else ())

    # ── after ──

    def _gathered(self, scenario: Scenario, mock: Mock, job: Job, ended: Ended) -> Evidence:
        before = _settled_journal(mock)
        uploads = mock.ask("GET", "/_mock/uploads")["uploads"]
        rules = mock.ask("GET", "/_mock/health")["rules"]
        compared = {
            one["upload_id"]: mock.compare(one["upload_id"], job.file) for one in uploads if one["uploaded_bytes"]
        }
        faults = mock.ask("GET", "/_mock/faults")["faults"]
        mock.ask("POST", "/_mock/clock", {"advance": _A_WEEK})  # whoever is stalled goes on, and is recorded
        after = _settled_journal(mock)
        raw = Raw(after, uploads, compared)
        told = {entry["sequence"] for entry in before}
        requests = tuple(
            replace(one, status=None, answer=()) if one.fault == "stall" and one.sequence not in told else one
            for one in requests_of(raw)
        )
        return Evidence(
            scenario=scenario,
            mode=self.mode,
            size=job.video_size,
            ended=ended,
            seconds_allowed=self.terms.seconds,
            requests=_of_client(requests, scenario.sent_before),
            uploads=uploads_of(raw),
            unfired=tuple(_fault_told(one) for one in faults if not one["fired"]),
            progress=rules["progress"],
            mb=self.terms.mb,
            upload_path=rules["upload_path"],
        )


def _of_client(requests: Iterable[Request], own: int) -> tuple[Request, ...]:
    """Without the kit's own: those that came first, and what is neither a call of TikTok's side nor a PUT.

    Numbered from 1.
    """
    theirs = [one for one in list(requests)[own:] if one.operation or one.method == "PUT"]
    return tuple(replace(one, sequence=number) for number, one in enumerate(theirs, 1))


def _settled_journal(mock: Mock) -> list[Mapping[str, Any]]:
    """The journal once it has stopped growing: who has just answered has soon written it down."""
    seen: list[Mapping[str, Any]] = []
    for _ in range(_LOOKS):
        before, seen = len(seen), mock.ask("GET", "/_mock/journal")["entries"]
        if 0 < before == len(seen) or len(seen) >= MOST_REQUESTS:
            break
        time.sleep(_SETTLING)
        if not seen:
            break
    return seen


def _fault_told(fault: Mapping[str, Any]) -> str:
    on, do = fault["on"], fault["do"]
    chunk = f" {on['chunk']}" if on.get("chunk") else ""
    return f"{do['kind']} {fault['when']} of {on['operation']}{chunk}"


class _Watch:
    """A Glance: moves the clock as soon as the journal has what a move waits for; no more after MOST_REQUESTS.

    `own` is the number of requests that the kit has made itself.
    """

    def __init__(self, mock: Mock, moves: tuple[Move, ...], own: int) -> None:
        self._mock, self._left, self._own = mock, list(moves), own
        self._seen: Counter[str] = Counter()
        self._next_look, self._last = time.monotonic() + _WATCH_EVERY, 0

    @property
    def requests(self) -> int:
        """The client's, of any kind, as far as they were seen."""
        return self._seen.total() - self._own

    def __call__(self) -> bool:
        if time.monotonic() < self._next_look:
            return True
        self._next_look = time.monotonic() + _WATCH_EVERY
        journal = self._mock.ask("GET", f"/_mock/journal?since={self._last}")
        self._last = journal["last"]
        self._seen.update(one["operation"] for one in journal["entries"])
        while self._left and self._seen[self._left[0].operation] >= self._left[0].count:
            self._mock.ask("POST", "/_mock/clock", {"advance": self._left.pop(0).advance})
        return self.requests < MOST_REQUESTS
