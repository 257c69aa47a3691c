"""A story as lines for a shell with curl, so that a failure can be seen without the kit."""

import json
from shlex import quote
from typing import Final

from conformance.puts import Plan, Put
from conformance.retold import begun, preamble
from conformance.target import Target
from conformance.trial import DIRECT, DRAFT, POST_INFO, STATUS

_JSON: Final = "-H 'Content-Type: application/json'"


class Script:
    """Lines of a shell script; each request is one of them."""

    def __init__(self, target: Target, largest: int) -> None:
        base = str(target.address)
        token = "..." if target.settings.token else target.token
        control = target.settings.control_token
        self._control = ' -H "Authorization: Bearer $CONTROL_TOKEN"' if control else ""
        self._lines = preamble(base, token)
        if largest:
            self._lines.append(f"head -c {largest} /dev/urandom > video.bin")

    @property
    def lines(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self._lines)

    def note(self, text: str) -> None:
        """A remark."""
        self._lines.append(f"# {text}")

    def init(self, source_info: object) -> None:
        """An init whose answer is shown."""
        body = json.dumps({"post_info": POST_INFO, "source_info": source_info})
        self._lines.append(f"{_post(DIRECT)} -w '\\n' -d {quote(body)}")

    def begin(self, number: int, plan: Plan, *, draft: bool) -> None:
        """An init whose upload_url is used later."""
        body = {"source_info": plan.source_info()} | ({} if draft else {"post_info": POST_INFO})
        asked = f"{_post(DRAFT if draft else DIRECT)} -d {quote(json.dumps(body))}"
        self._lines += begun(number, asked)

    def put(self, number: int, put: Put, *, wrong_token: bool = False, note: str = "") -> None:
        """A PUT whose body is whole."""
        url = _url(number, "0" if wrong_token else "")
        self._add(f"{_bytes(put.body)} | {_put(put, url)} --data-binary @-", note)

    def cut(self, number: int, put: Put, sent: int, note: str) -> None:
        """A PUT whose connection ends after so many bytes of the body, a second later."""
        place = range(put.body.start, put.body.start + sent)
        length = f"-H 'Content-Length: {put.length}'"
        self._add(f"{_bytes(place)} | {_put(put, _url(number))} {length} -m 1 --data-binary @-", note)

    def twice(self, number: int, put: Put) -> None:
        """Two PUTs at once."""
        one = f"{_bytes(put.body)} | {_put(put, _url(number))} --data-binary @- & "
        self._lines.append(f"{one}{one}wait")

    def overtaken(self, number: int, put: Put, held: int) -> None:
        """A PUT that holds half of its body back until another has ended."""
        early = _bytes(range(put.body.start, put.body.start + held))
        late = _bytes(range(put.body.start + held, put.body.stop))
        url = _url(number)
        length = f"-H 'Transfer-Encoding:' -H 'Content-Length: {put.length}'"
        slow = f"{{ {early}; sleep 2; {late}; }} | {_put(put, url)} {length} -T -"
        self._lines.append(f"{slow} & sleep 1; {_bytes(put.body)} | {_put(put, url)} --data-binary @-; wait")

    def status(self, number: int) -> None:
        """A question to status/fetch."""
        self._lines.append(f'{_post(STATUS)} -w \'\\n\' -d "{{\\"publish_id\\": \\"$ID{number}\\"}}"')

    def clock(self, seconds: float) -> None:
        """The clock of the target goes on."""
        advance = json.dumps({"advance": seconds})
        self._lines.append(f'curl -sS "$API/_mock/clock" {_JSON}{self._control} -o /dev/null -d {quote(advance)}')

    def _add(self, line: str, note: str) -> None:
        self._lines.append(f"{line}  # {note}" if note else line)


def _url(number: int, more: str = "") -> str:
    return f'"${{URL{number}}}{more}"'


def _post(path: str) -> str:
    return f'curl -sS "$API{path}" -H "Authorization: Bearer $TOKEN" {_JSON}'


def _bytes(place: range) -> str:
    return f"tail -c +{place.start + 1} video.bin | head -c {len(place)}"


def _put(put: Put, url: str) -> str:
    heads = ["Expect:", f"Content-Type:{f' {put.content_type}' if put.content_type else ''}"]
    heads += [f"Content-Range: {text}" for text in put.ranges]
    heads += put.more
    return f"curl -sS -i -w '\\n' -X PUT {url} " + " ".join(f"-H {quote(head)}" for head in heads)
