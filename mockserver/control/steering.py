"""Handlers of /_mock/ that change what will happen: clock, faults, scenarios, uploads made or expired, reset."""

import difflib
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

from aiohttp import web

from mockserver.control.requests import ControlError, json_body, json_object, query_of
from mockserver.faults.plan import Armed, TooManyError
from mockserver.faults.reading import FaultError, read_faults
from mockserver.faults.scenarios import load_scenario, scenario_names
from mockserver.journal import iso
from mockserver.state import EndOfTimeError, ServerState
from mockserver.wire.exchange import EXCHANGE

LONGEST_STEP = 10 * 365 * 86_400

MakeTask = Callable[[web.Request, str | None, object], Awaitable[web.Response]]
"""Makes an upload of a source_info and answers like init."""


@dataclass(frozen=True, slots=True)
class SteeringHandlers:
    """Handlers that change things."""

    state: ServerState
    make_task: MakeTask
    silence: float

    async def clock(self, request: web.Request) -> web.Response:
        query_of(request)
        return self._clock()

    async def set_clock(self, request: web.Request) -> web.Response:
        """Move it forward, stop it, or let it run on."""
        query_of(request)
        asked = json_object(await json_body(request, self.silence), "advance", "freeze")
        step, freeze = asked.get("advance", 0), asked.get("freeze")
        if type(step) not in (int, float) or not isinstance(step, int | float) or not 0 <= step <= LONGEST_STEP:
            raise ControlError(
                400, f"advance must be seconds from 0 to {LONGEST_STEP}, got {json.dumps(step)[:60]}"
            )
        if "freeze" in asked and not isinstance(freeze, bool):
            raise ControlError(400, f"freeze must be true or false, got {str(freeze)[:60]}")
        try:
            self.state.set_clock(step, freeze=freeze if isinstance(freeze, bool) else None)
        except EndOfTimeError as error:
            raise ControlError(409, str(error)) from None
        return self._clock()

    async def faults(self, request: web.Request) -> web.Response:
        token = query_of(request, "token").get("token")
        return _listed(self.state.plan.listing(token))

    async def add_faults(self, request: web.Request) -> web.Response:
        """Add one fault or a list; all of them or, where one makes no sense, none."""
        query_of(request)
        try:
            return _listed(self.state.plan.add(read_faults(await json_body(request, self.silence))))
        except FaultError as error:
            raise ControlError(400, str(error)) from None
        except TooManyError as error:
            raise ControlError(409, str(error)) from None

    async def clear_faults(self, request: web.Request) -> web.Response:
        token = query_of(request, "token").get("token")
        return web.json_response({"forgotten": {"faults": self.state.plan.clear(token)}})

    async def scenarios(self, request: web.Request) -> web.Response:
        query_of(request)
        found = [load_scenario(name) for name in scenario_names()]
        shown = [
            {"name": one.name, "title": one.title, "good_client": one.good_client, "faults": len(one.faults)}
            for one in found
        ]
        return web.json_response({"scenarios": shown})

    async def arm_scenario(self, request: web.Request) -> web.Response:
        """Add a scenario's faults, narrowed to one bearer token with ?token=T."""
        token = query_of(request, "token").get("token")
        name = request.match_info["name"]
        try:
            return _listed(self.state.plan.add(load_scenario(name).for_token(token)))
        except KeyError:
            raise ControlError(404, f"no scenario is called {name[:60]!r}: {_nearest(name)}") from None
        except TooManyError as error:
            raise ControlError(409, str(error)) from None

    async def make_upload(self, request: web.Request) -> web.Response:
        """Make an upload without init; the body is source_info, the answer init's. ?token=T makes T its owner."""
        owner = query_of(request, "token").get("token")
        return await self.make_task(request, owner, await json_body(request, self.silence))

    async def expire(self, request: web.Request) -> web.Response:
        query_of(request)
        upload_id = request.match_info["upload_id"]
        if not await self.state.service.expire(upload_id):
            raise ControlError(404, f"no upload has the id {upload_id[:64]!r}")
        request[EXCHANGE].upload_id = upload_id
        return web.json_response({"upload_id": upload_id, "expired": True})

    async def reset(self, request: web.Request) -> web.Response:
        """Forget everything, or with ?token=T what belongs to that bearer token (the clock is everybody's)."""
        token = query_of(request, "token").get("token")
        return web.json_response({"forgotten": asdict(await self.state.reset(token))})

    def _clock(self) -> web.Response:
        clock = self.state.service.clock
        now = clock.now()
        return web.json_response(
            {"now": iso(now), "seconds": now, "offset": round(clock.offset, 6), "frozen": clock.frozen}
        )


def _nearest(name: str) -> str:
    close = difflib.get_close_matches(name, scenario_names(), n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else "GET /_mock/scenarios lists them"


def _listed(faults: list[Armed]) -> web.Response:
    return web.json_response({"faults": [armed.as_json() for armed in faults]})
