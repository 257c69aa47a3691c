"""What is noted about a request while it is handled, and how its answer is put on the wire."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from mockserver.journal import Entry, Fired, Head, Instant, Sent
from mockserver.masking import masked_headers, masked_target
from mockserver.protocol.answers import Answer

LONGEST_REASON: Final = 512
SERVER: Final = "tiktok-upload-mock"
_CONTROLS: Final = dict.fromkeys((*range(32), 127), "?")


@dataclass(slots=True)
class Exchange:
    """Filled in by whoever learns it; the journal's entry is made of it."""

    arrived: Instant
    ticket: int
    """Tells whether the request began before a reset."""
    peer: str
    """Address and port of the other side."""
    operation: str | None = None
    owner: str | None = None
    upload_id: str | None = None
    known: bool = False
    """There is an upload of that id."""
    chunk: int | None = None
    content_range: str | None = None
    received: int = 0
    went_ahead: bool = False
    """The body was asked for, with 100 Continue where the client waits for it."""
    last_byte: Instant | None = None
    clause: str = ""
    reason: str = ""
    warning: str = ""
    fault: Fired | None = None
    late: bool = False
    """The entry waits until the handler is done, though the answer goes out before."""
    noted: bool = False

    def explain(self, answer: Answer) -> None:
        self.clause = answer.clause
        self.reason = answer.reason

    def entry(
        self,
        sequence: int,
        answered: Instant,
        request: web.BaseRequest | None,
        response: web.StreamResponse | None,
    ) -> Entry:
        """The journal's entry; no `request` where the bytes were none, no `response` where none was sent whole."""
        sent = Sent(response.status, tuple(response.headers.items())) if response is not None else None
        return Entry(
            sequence=sequence,
            peer=self.peer,
            operation=self.operation,
            owner=self.owner,
            upload_id=self.upload_id,
            chunk=self.chunk,
            content_range=self.content_range,
            head=_head(request) if request is not None else None,
            received=self.received,
            sent=sent,
            clause=self.clause,
            reason=self.reason,
            warning=self.warning,
            fault=self.fault,
            first_byte=self.arrived,
            last_byte=self.last_byte
            or (self.arrived if request is not None and not request.body_exists else None),
            answered=answered,
        )


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


def _head(request: web.BaseRequest) -> Head:
    raw = request.raw_headers
    headers = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw)
    version = f"HTTP/{request.version.major}.{request.version.minor}"
    return Head(request.method, masked_target(request.raw_path), version, masked_headers(headers))
