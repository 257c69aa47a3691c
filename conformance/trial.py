"""One case being tried: asks the target, keeps the record, and says what is right and what was wrong."""

import json
import random
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from conformance.cases import BrokenError, Finding, SkipError
from conformance.exchange import Answer, Exchange
from conformance.puts import Plan
from conformance.rights import Rights
from conformance.target import Target
from conformance.terms import SWITCHES, Terms
from conformance.wire import Address, Wire, connected

CREATOR_INFO: Final = "/v2/post/publish/creator_info/query/"
DIRECT: Final = "/v2/post/publish/video/init/"
DRAFT: Final = "/v2/post/publish/inbox/video/init/"
STATUS: Final = "/v2/post/publish/status/fetch/"
POST_INFO: Final = {"privacy_level": "SELF_ONLY", "title": "conformance"}
_UNSET: Final = object()


class Trial:
    """What a case works with. Setup that goes wrong raises SkipError, a broken clause BrokenError.

    `before`: what came of the cases that were run before this one.
    """

    def __init__(self, target: Target, case_id: str, before: Sequence[Finding] = ()) -> None:
        self.target = target
        self.exchanges: list[Exchange] = []
        self.readings: dict[str, str] = {}
        self.reported = ""
        self.expected = ""
        self.actual = ""
        self.before = before
        self.steps: tuple[str, ...] = ()
        self.curl: tuple[str, ...] = ()
        self.replay: Mapping[str, Any] | None = None
        self.began = time.monotonic()
        self.random = random.Random(f"{target.settings.seed} {case_id}")  # noqa: S311 - not a secret

    @property
    def terms(self) -> Terms:
        """On what terms the target is judged."""
        return self.target.settings.terms

    # ── asking ──

    @asynccontextmanager
    async def wire(self, address: Address) -> AsyncIterator[Wire]:
        """A connection of its own, on record."""
        tape = Exchange(time.monotonic() - self.began)
        self.exchanges.append(tape)
        async with connected(address, tape, self.target.settings.patience) as wire:
            yield wire

    async def request(
        self, address: Address, head: bytes, body: Iterable[bytes | memoryview] = (), *, bodiless: bool = False
    ) -> Answer:
        """One request on a connection of its own."""
        async with self.wire(address) as wire:
            answer = await wire.exchange(head, body, bodiless=bodiless)
        self.target.heard(answer, head[:4].decode("latin-1"))
        return answer

    async def send(self, method: str, path: str, body: bytes | None, *lines: str) -> Answer:
        """A request to the API."""
        address = self.target.address.at(path)
        head = [f"{method} {address.path} HTTP/1.1", f"Host: {address.authority}", *lines]
        if body is not None:
            head.append(f"Content-Length: {len(body)}")
        return await self.request(address, "\r\n".join((*head, "", "")).encode(), [body] if body else [])

    async def post(
        self, path: str, body: object = None, *, raw: bytes | None = None, auth: str | None = ""
    ) -> Answer:
        """JSON to an endpoint; `auth` is the value of Authorization, None for no such header."""
        if path in (DIRECT, DRAFT):
            await self.target.may_init()
        lines = ["Content-Type: application/json; charset=UTF-8"]
        if auth is not None:
            lines.append(f"Authorization: {auth or 'Bearer ' + self.target.token}")
        return await self.send("POST", path, json.dumps(body).encode() if raw is None else raw, *lines)

    async def init(
        self, source_info: object, *, draft: bool = False, post_info: object = _UNSET, auth: str | None = ""
    ) -> Answer:
        """Init with these; post_info is right unless given, and left out of a draft."""
        body: dict[str, object] = {"source_info": source_info}
        if not draft or post_info is not _UNSET:
            body["post_info"] = POST_INFO if post_info is _UNSET else post_info
        return await self.post(DRAFT if draft else DIRECT, body, auth=auth)

    async def status(self, publish_id: str, *, auth: str | None = "") -> Answer:
        """Ask how a post stands."""
        return await self.post(STATUS, {"publish_id": publish_id}, auth=auth)

    # ── judging ──

    def expect(self, good: object, expected: str, actual: object) -> None:
        """Break the case unless `good`."""
        self.expected, self.actual = expected, str(actual)
        if not good:
            raise BrokenError(expected, str(actual))

    def judge(self, answer: Answer, rights: Rights) -> None:
        """Whether the status is one of the right ones; what it shows goes into the fingerprint."""
        shown = rights.reading(answer.status)
        if shown is not None:
            self.shows(rights.switch, shown)
        self.expect(answer.status in rights.on(self.terms), rights.told(self.terms), answer)

    def take(self, answer: Answer, what: str = "the chunk") -> None:
        """A good PUT has to be accepted, with whichever status (S-CHUNK-206 and S-CHUNK-201 judge that)."""
        self.expect(200 <= answer.status < 300, f"2xx to {what}", answer)

    def shows(self, switch: str, value: str) -> None:
        """The target has shown how it reads what the guide leaves open."""
        self.readings[switch] = value

    def report(self, switch: str, value: str, seen: object) -> None:
        """This case only reports."""
        self.shows(switch, value)
        ambiguity = SWITCHES[switch].ambiguity if switch in SWITCHES else ""
        self.reported = f"{switch}={value}" + (f" [{ambiguity}]" if ambiguity else "")
        self.actual = str(seen)

    def need(self, good: object, clause: str, told: str) -> None:
        """A setup step has to have gone well: another clause judges it."""
        if not good:
            raise SkipError(f"setup: {told}; see {clause}")

    async def ready(self) -> None:
        """Setup: a good init works; where none does, what is refused says nothing."""
        target = self.target
        async with target.trying_init:
            if target.init_trouble is None:
                answer = await self.init(self.plan().source_info())
                accepted = answer.status == 200 and isinstance(answer.field("data", "upload_url"), str)
                target.init_trouble = "" if accepted else str(answer)
        self.need(not target.init_trouble, "S-INIT-ANSWER", f"a good init was answered {target.init_trouble}")

    def plan(self, count: int = 3, trailing: int = 2) -> Plan:
        """A plan that every reading accepts, an equal split."""
        return Plan.of_chunks(self.terms.least, count, min(trailing, count - 1))
