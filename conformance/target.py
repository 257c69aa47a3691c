"""The server on trial, and what all cases share about it: its rate, and whether it has a clock to move."""

import asyncio
import json
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from conformance.bodies import Bytes
from conformance.cases import SkipError
from conformance.exchange import Answer, Exchange
from conformance.terms import Terms
from conformance.wire import Address, connected

_SILENCES: Final = 8
"""So many time-outs in a row, and the target is taken for dead."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line asked for."""

    api_base: str
    terms: Terms
    token: str | None = None
    control_token: str | None = None
    seed: int = 0
    rate: int | None = None
    url_lifetime: float | None = None
    patience: float = 10.0
    time_limit: float = 120.0
    jobs: int = 8
    examples: int | None = None
    """Stories that each machine draws; None leaves it to the machine."""


class NotHttpError(Exception):
    """Whatever is there, it cannot be judged."""


@dataclass(slots=True)
class Target:
    """Announcements (waits, above all) go to `tell`."""

    settings: Settings
    tell: Callable[[str], None] = lambda _: None
    address: Address = field(init=False)
    token: str = field(init=False)
    video: Bytes = field(init=False)
    clock: bool = False
    faults: bool = False
    lifetime: float = 3600.0
    no_clock: str = "no clock: nothing answers at /_mock/health; --url-lifetime SECONDS waits for it"
    _silent: dict[str, int] = field(default_factory=dict)
    init_trouble: str | None = None
    """What is wrong with a good init; None while none was tried."""

    trying_init: asyncio.Lock = field(default_factory=asyncio.Lock)
    proven: int | None = None
    """Of a plain upload in three chunks so many were accepted; None while none was tried."""

    unproven: SkipError | None = None
    """Why it was not all of them."""

    trying_chunks: asyncio.Lock = field(default_factory=asyncio.Lock)
    publish_ids: set[str] = field(default_factory=set)
    """All that init has given."""

    _inits: deque[float] = field(default_factory=deque)
    _gate: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.address = Address.of(self.settings.api_base)
        made = random.Random(f"token {self.settings.seed}").randbytes(12).hex()  # noqa: S311 - not a secret
        self.token = self.settings.token or f"act.conformance{made}"
        self.video = Bytes(self.settings.seed)
        self.lifetime = self.settings.url_lifetime or 3600.0

    @property
    def dead(self) -> bool:
        """It has not answered for so long that asking on is of no use."""
        return any(count >= _SILENCES for count in self._silent.values())

    def heard(self, answer: Answer, method: str) -> None:
        """Keep count of time-outs in a row, for each method: one may work where another hangs."""
        self._silent[method] = self._silent.get(method, 0) + 1 if answer.timed_out else 0

    async def meet(self) -> None:
        """See who is there. Raises UnreachableError and NotHttpError."""
        answer = await self._ask(b"POST", "/v2/post/publish/status/fetch/", b"{}")
        if not answer.status:
            raise NotHttpError(f"{self.address} does not speak HTTP/1.1: {answer.trouble}")
        health = await self._ask(b"GET", "/_mock/health")
        if health.status != 200 or health.field("status") != "ok" or health.field("rules") is None:
            return
        moved = await self._control("/_mock/clock", {"advance": 0})
        self.clock = self.faults = moved.status == 200
        if not self.clock:
            self.no_clock = f"/_mock/clock answers {moved.status}: --control-token TOKEN may help"
        told = health.field("url_lifetime")
        if self.settings.url_lifetime is None and isinstance(told, int | float):
            self.lifetime = float(told)

    async def steer(self, path: str, asked: object) -> None:
        """Use the control surface."""
        answer = await self._control(path, asked)
        if answer.status != 200:
            raise RuntimeError(f"{path} was answered {answer}")

    async def may_init(self) -> None:
        """Wait until the rate allows one more init."""
        rate = self.settings.rate
        if rate is None:
            return
        async with self._gate:
            wait = self._inits[0] + 60.5 - time.monotonic() if len(self._inits) >= rate else 0.0
            if wait > 0:
                self.tell(f"waiting {wait:.0f} s for the next init (--rate {rate})")
                await asyncio.sleep(wait)
            self._inits.append(time.monotonic())
            while len(self._inits) > rate:
                self._inits.popleft()

    async def _control(self, path: str, asked: object) -> Answer:
        return await self._ask(b"POST", path, json.dumps(asked).encode())

    async def _ask(self, method: bytes, path: str, body: bytes = b"") -> Answer:
        where = self.address.at(path)
        head = b"%s %s HTTP/1.1\r\nHost: %s\r\n" % (method, where.path.encode(), where.authority.encode())
        if path.startswith("/_mock/") and self.settings.control_token:
            head += b"Authorization: Bearer %s\r\n" % self.settings.control_token.encode()
        if body:
            head += b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
        async with connected(where, Exchange(0.0), self.settings.patience) as wire:
            return await wire.exchange(head + b"\r\n", [body] if body else [])


def error_of(answer: Answer) -> tuple[int, Any, Any]:
    """Status, code and message of an answer of the JSON endpoints."""
    return answer.status, answer.field("error", "code"), answer.field("error", "message")
