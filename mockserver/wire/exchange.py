"""What is noted about a request while it is handled, and how its answer is put on the wire."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from mockserver.protocol.answers import Answer

LONGEST_REASON: Final = 512
SERVER: Final = "tiktok-upload-mock"
_CONTROLS: Final = dict.fromkeys((*range(32), 127), "?")


@dataclass(slots=True)
class Exchange:
    """Filled in by whoever learns it; the journal's entry is made of it."""

    upload_id: str | None = None
    content_range: str | None = None
    received: int = 0
    clause: str = ""
    reason: str = ""
    warning: str = ""

    def explain(self, answer: Answer) -> None:
        self.clause = answer.clause
        self.reason = answer.reason


EXCHANGE: Final = web.RequestKey("exchange", Exchange)


def printable(text: str, longest: int = LONGEST_REASON) -> str:
    """`text` as printable ASCII, other characters escaped, cut to `longest` bytes."""
    escaped = text.encode("ascii", "backslashreplace").decode("ascii").translate(_CONTROLS)
    return escaped if len(escaped) <= longest else escaped[: longest - 3] + "..."


def to_response(answer: Answer, exchange: Exchange, *, explain: bool) -> web.Response:
    """The answer as aiohttp sends it, with our headers unless `explain` is off; notes it in the exchange."""
    exchange.explain(answer)
    headers = {"Server": SERVER, **answer.headers}
    if explain:
        ours = {"Clause": exchange.clause, "Reason": exchange.reason, "Warning": exchange.warning}
        headers |= {f"X-Mock-{name}": printable(text) for name, text in ours.items() if text}
    if answer.body and "Content-Type" not in headers:
        headers["Content-Type"] = "application/json; charset=utf-8"
    response = web.Response(status=answer.status, body=answer.body, headers=headers)
    if not answer.body:
        # An empty body has no type; aiohttp would call it a byte stream.
        response.headers.popall("Content-Type", None)
    return response
