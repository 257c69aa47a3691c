"""Performs the fault that a request took. Wraps the handlers; neither protocol nor service know of it."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from mockserver.faults import kinds
from mockserver.faults.kinds import When
from mockserver.faults.plan import FaultPlan, Struck, Taken
from mockserver.journal import Fired
from mockserver.protocol.names import CONTENT_RANGE
from mockserver.service import UploadService
from mockserver.wire.connection import SEVER_AFTERWARDS, UploadConnection
from mockserver.wire.exchange import EXCHANGE, SERVER
from mockserver.wire.intake import Body, drain, waits_for_go_ahead
from mockserver.wire.severing import SeveredResponse, on_the_wire

LONGEST_PAUSE: Final = 0.25
"""Seconds after which a throttled body is looked after: has its client left?"""

GARBAGE: Final = b"\x00\xffthis is not HTTP\xff\x00" * 4


@dataclass(frozen=True, slots=True)
class Faulting:
    """Hands each request its fault."""

    plan: FaultPlan
    service: UploadService
    silence: float

    def strike(self, request: web.Request, struck: Struck) -> "Strike":
        """Take the first fault that matches the request; `settle` it when the request is over."""
        return Strike(self, request, self.plan.take(struck), struck.upload_id)


class Strike:
    """What a fault does to one request. Each method does nothing where the fault's moment is another."""

    def __init__(
        self, faulting: Faulting, request: web.Request, taken: Taken | None, upload_id: str | None
    ) -> None:
        self._faulting = faulting
        self._request = request
        self._taken = taken
        self._upload_id = upload_id
        self._rate: float | None = None
        self.answer: web.StreamResponse | None = None
        """Set by `watched` where the fault answered in the middle of the body."""

    def settle(self) -> None:
        """Put a fault back whose moment never came."""
        if self._taken is not None:
            self._taken.put_back()

    async def before_body(self) -> web.StreamResponse | None:
        """The answer that ends the request here, None to go on."""
        return await self._strike(When.BEFORE_BODY)

    async def after_body(self) -> web.StreamResponse | None:
        """The same, with the body complete and nothing committed."""
        return await self._strike(When.AFTER_BODY)

    def watched(self, body: Body) -> Body:
        """Pass the body on, slowed where it is throttled; end early, with `answer` set, where a fault says so."""
        return body if self._taken is None and self._rate is None else self._watch(body)

    async def answered(self, response: web.StreamResponse, *, committed: bool) -> web.StreamResponse:
        """The answer that really goes out, once the request is decided, and kept if it was good (`committed`)."""
        replaced = await self._strike(When.AFTER_COMMIT, response) if committed else None
        if replaced is not None:
            return replaced
        await self._strike(When.AFTER_ANSWER, response)
        return response

    async def _watch(self, body: Body) -> Body:
        loop = asyncio.get_running_loop()
        read, slow_from, began = 0, 0, loop.time()
        async with aclosing(body):
            if await self._reached(read):
                return
            async for piece in body:
                read += len(piece)
                rate = self._rate
                if await self._reached(read):
                    return
                if rate is None:  # a throttle that struck just now slows what is behind it
                    slow_from, began = read, loop.time()
                if self._rate is not None:
                    # On the connection's own time, not the mock's: time-outs of sockets live there too.
                    await self._pause_until(began + (read - slow_from) / self._rate)
                yield piece

    async def _pause_until(self, due: float) -> None:
        loop = asyncio.get_running_loop()
        while (left := due - loop.time()) > 0:
            if self._request.transport is None:
                raise ConnectionResetError("the client left while its body was throttled")
            await asyncio.sleep(min(left, LONGEST_PAUSE))

    def _is_at(self, when: When) -> bool:
        return self._taken is not None and self._taken.fault.when.when is when

    async def _reached(self, read: int) -> bool:
        if self._taken is None or not self._is_at(When.AT_BYTE) or read < self._taken.fault.when.byte:
            return False
        self.answer = await self._strike(When.AT_BYTE)
        return self.answer is not None

    async def _strike(self, when: When, decided: web.StreamResponse | None = None) -> web.StreamResponse | None:
        taken = self._taken
        if taken is None or not self._is_at(when):
            return None
        self._taken = None
        taken.fire()
        fault = taken.fault
        self._request[EXCHANGE].fault = Fired(taken.number, fault.kind, when.value)
        return await self._perform(fault.do, when, decided)

    async def _perform(  # noqa: C901 - one case for each kind
        self, effect: kinds.Effect, when: When, decided: web.StreamResponse | None
    ) -> web.StreamResponse | None:
        """Do it: the answer that goes out instead, or None to go on."""
        match effect:
            case kinds.Close() | kinds.Reset():
                return self._cut(when, reset=isinstance(effect, kinds.Reset))
            case kinds.Garbage():
                return SeveredResponse(GARBAGE)
            case kinds.Truncate(count):
                return SeveredResponse(on_the_wire(decided)[:count]) if isinstance(decided, web.Response) else None
            case kinds.Status(status, headers, body):
                return await self._say(web.Response(status=status, headers=headers, body=body.encode()), when)
            case kinds.Redirect(location, status):
                return await self._say(web.Response(status=status, headers={"Location": location}), when)
            case kinds.WrongProgress(value):
                return self._progress(decided, value)
            case kinds.Stall(seconds):
                await self._stall(seconds)
            case kinds.Throttle(bytes_per_second):
                self._rate = bytes_per_second
            case kinds.Expire():
                await self._faulting.service.expire(self._upload_id or "")
            case kinds.Forget():
                await self._faulting.service.forget(self._upload_id or "")
        return None

    async def _stall(self, seconds: float) -> None:
        """Wait on the mock's clock, but for nobody: a reset connection ends it, a half-closed one does not."""
        tasks = [asyncio.ensure_future(self._faulting.service.clock.sleep(seconds))]
        if isinstance(self._request.protocol, UploadConnection):
            tasks.append(asyncio.ensure_future(self._request.protocol.gone()))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    def _cut(self, when: When, *, reset: bool) -> web.StreamResponse | None:
        if when is When.AFTER_ANSWER:
            self._request[SEVER_AFTERWARDS] = reset
            return None
        return SeveredResponse(reset=reset)

    async def _say(self, response: web.Response, when: When) -> web.Response:
        """Answer now, while the client may still be sending; what it still sends is thrown away."""
        response.headers.setdefault("Server", SERVER)
        close = response.headers.get("Connection", "").lower() == "close" or waits_for_go_ahead(self._request)
        if close:
            response.force_close()
        if close or when not in (When.BEFORE_BODY, When.AT_BYTE):
            return response
        self._request[EXCHANGE].late = True  # the rest of the body belongs to the entry
        await response.prepare(self._request)
        await response.write_eof()
        if not await drain(self._request, self._faulting.silence):
            response.force_close()
        return response

    def _progress(self, decided: web.StreamResponse | None, value: int | None) -> web.StreamResponse | None:
        if decided is None:
            return None
        _, slash, total = decided.headers.popall(CONTENT_RANGE, ["/"])[0].partition("/")
        if value is not None and total:
            decided.headers[CONTENT_RANGE] = f"bytes 0-{value}{slash}{total}"
        return decided
