"""What passed in a case, told again as lines for a shell with curl, as far as curl can say it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from shlex import quote
from typing import Final, Self
from urllib.parse import urlsplit

from conformance.exchange import Exchange, masked

FIELD: Final = r"""sed -e 's/\\u0026/\&/g' -e 's/\\//g' -e 's/.*"%s": *"\([^"]*\)".*/\1/'"""
"""Takes the text of a field out of an answer of JSON."""

_OWN: Final = frozenset({"host", "content-length", "content-type", "authorization"})
_UNTELLABLE: Final = "# not for curl: "


def preamble(api: str, token: str) -> list[str]:
    """The lines that name the target and the token; "..." for one that is not to be told."""
    return [f"API={quote(api)}", f"TOKEN=${{TOKEN:-{token}}}"]


def begun(number: int, asked: str) -> list[str]:
    """The lines of an init, `asked` by this command, whose upload_url and publish_id are used later."""
    return [
        f"INIT{number}=$({asked})",
        f'URL{number}=$(printf %s "$INIT{number}" | {FIELD % "upload_url"})',
        f'ID{number}=$(printf %s "$INIT{number}" | {FIELD % "publish_id"})',
    ]


def retold(exchanges: Iterable[Exchange], api: str, token: str, *, told: bool) -> tuple[str, ...]:
    """A line or more for each connection, in turn. `told`: whether the token may stand there."""
    teller = _Teller(urlsplit(api).path.rstrip("/"), token)
    lines = [line for one in exchanges for line in teller.lines(one)]
    unasked = {number for number in teller.ids.values() if not any(f'"$ID{number}"' in line for line in lines)}
    kept = [line for line in lines if not any(line.startswith(f"ID{number}=") for number in unasked)]
    return (*preamble(api, token if told else "..."), *kept)


@dataclass(frozen=True, slots=True)
class _Head:
    method: str
    target: str
    version: str
    headers: Sequence[tuple[str, str]]

    @classmethod
    def of(cls, raw: bytes) -> Self | None:
        """None where curl would not send such a thing."""
        first, *rest = raw.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        fields = [line.partition(":") for line in rest]
        if first.count(" ") != 2 or not raw.endswith(b"\r\n\r\n") or not all(colon for _, colon, _ in fields):
            return None
        method, target, version = first.split(" ")
        return cls(method, target, version, [(name, value.strip()) for name, _, value in fields])

    def value(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass(slots=True)
class _Teller:
    path: str
    token: str
    urls: dict[str, int] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)

    def lines(self, one: Exchange) -> Iterator[str]:
        head = _Head.of(one.head)
        first = masked(one.head.partition(b"\r\n")[0].decode("latin-1"))[:200]
        if head is None or head.version != "HTTP/1.1" or head.value("transfer-encoding") is not None:
            yield f"{_UNTELLABLE}{first!r}, {one.body_bytes} bytes behind its head"
            return
        url = self._url(head)
        if url is None:
            yield f"{_UNTELLABLE}{first}, to a URL that is nobody's"
            return
        asked = " ".join([*self._sent(one, head), *(f"-H {quote(text)}" for text in _others(head)), url])
        if (made := _made(one)) is not None:
            number = len(self.urls) + 1
            self.urls[made[0]], self.ids[made[1]] = number, number
            yield from begun(number, asked)
            return
        happened = ", ".join(event.partition(" s ")[2] for event in one.events)
        yield f"{asked} -i -w '\\n'" + (f"  # {happened}" if happened else "")

    def _url(self, head: _Head) -> str | None:
        for target, number in self.urls.items():
            if head.target.startswith(target):
                return f'"$URL{number}"{quote(rest) if (rest := head.target.removeprefix(target)) else ""}'
        path = head.target.removeprefix(self.path)
        return None if "upload_token=" in path else f'"$API"{quote(path)}'

    def _sent(self, one: Exchange, head: _Head) -> Iterator[str]:
        """The command up to its body and the headers that it makes by itself."""
        body = one.body.decode("utf-8", "replace")
        known = len(one.body) == one.body_bytes and body.isprintable()
        if one.body_bytes and not known:
            yield f"head -c {one.body_bytes} /dev/zero |"
        yield "curl -sS -H Expect:"
        if head.method != "POST" or not one.body_bytes:
            yield f"-X {quote(head.method)}" if head.method != "HEAD" else "-I"
        authorized = head.value("authorization")
        if authorized is not None:
            ours = authorized == f"Bearer {self.token}"
            shown = quote(masked(f"Authorization: {authorized}"))
            yield '-H "Authorization: Bearer $TOKEN"' if ours else f"-H {shown}"
        yield f"-H {quote(f'Content-Type:{kind}' if (kind := _kind(head)) else 'Content-Type:')}"
        length = head.value("content-length")
        if length is not None and length != str(one.body_bytes):
            yield f"-m 1 -H {quote(f'Content-Length: {length}')}"
        if one.body_bytes and known:
            yield f"-d {self._json(body)}"
        elif one.body_bytes or length is not None:
            yield "--data-binary @-" if one.body_bytes else "-d ''"

    def _json(self, body: str) -> str:
        for publish_id, number in self.ids.items():
            if publish_id in body:
                before, _, after = body.partition(publish_id)
                return f'{quote(before)}"$ID{number}"{quote(after)}'
        return quote(body)


def _kind(head: _Head) -> str:
    kind = head.value("content-type")
    return f" {kind}" if kind else ""


def _others(head: _Head) -> Iterator[str]:
    seen = set()
    for name, value in head.headers:
        if name.lower() not in _OWN or name.lower() in seen:
            yield f"{name}: {value}"
        seen.add(name.lower())


def _made(one: Exchange) -> tuple[str, str] | None:
    """The target of the upload_url and the publish_id that an init was answered with."""
    if not one.answers or one.answers[-1].status != 200:
        return None
    url, publish_id = (one.answers[-1].field("data", name) for name in ("upload_url", "publish_id"))
    if not isinstance(url, str) or not isinstance(publish_id, str):
        return None
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}", publish_id
