"""Handlers of /_mock/ that show what happened: the journal, as a list and as server-sent events."""

import asyncio
import json
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from mockserver.control.requests import query_of, whole_number
from mockserver.journal import Entry, Journal

PING_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class WatchingHandlers:
    """Handlers of the journal."""

    journal_: Journal

    async def journal(self, request: web.Request) -> web.Response:
        """Entries above `since`, of one `token` or `upload_id` where given; `dropped` says how many are gone."""
        query = query_of(request, "since", "token", "upload_id")
        entries = self.journal_.since(
            whole_number(query, "since"), token=query.get("token"), upload_id=query.get("upload_id")
        )
        shown = [entry.as_json() for entry in entries]
        return web.json_response({"entries": shown, "last": self.journal_.last, "dropped": self.journal_.dropped})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """The same as server-sent events, for as long as the client listens; Last-Event-ID beats `since`."""
        query = dict(query_of(request, "since", "token", "upload_id"))
        if "Last-Event-ID" in request.headers:
            query["since"] = request.headers["Last-Event-ID"]
        seen = whole_number(query, "since")
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        await response.write(b": the journal of tiktok-mock\n\n")
        while True:
            newer = self.journal_.since(seen, token=query.get("token"), upload_id=query.get("upload_id"))
            seen = self.journal_.last  # before the first await: what comes meanwhile is for the next turn
            for entry in newer:
                await response.write(_event(entry))
            try:
                async with asyncio.timeout(PING_SECONDS):
                    await self.journal_.beyond(seen)
            except TimeoutError:
                await response.write(b": still here\n\n")


def _event(entry: Entry) -> bytes:
    return f"id: {entry.sequence}\nevent: entry\ndata: {json.dumps(entry.as_json())}\n\n".encode()
