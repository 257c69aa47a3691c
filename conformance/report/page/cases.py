"""The cases of the HTML report, with what passed between kit and target."""

import json
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any, Final

from conformance.report.page.markup import listed, mark, number, text, wire_text
from conformance.report.page.standing import BAD, OPEN, Standing

EXCHANGES: Final = 40
"""Exchanges of one case that a page shows: its last."""

_NO_ROOM: Final = "The page is full: the rest of it is in the JSON report."
_ANSWERS: Final = 8
_LINE: Final = 200
_TO_BE_COPIED: Final = 65_536
_IN_SUMMARY: Final = frozenset({"name", "id", "sentence", "result", "known_failing", "seconds"})
_SHOWN_APART: Final = frozenset({"expected", "actual", "reason", "readings", "exchange", "curl", "replay"})


class Space:
    """Where exchanges are on a page, and the characters that they may take; who comes first is served first."""

    def __init__(self, characters: int) -> None:
        self.left = characters
        self._homes: dict[Any, list[tuple[Any, str, str]]] = {}

    def home(self, case: Mapping[str, Any], panel: str) -> str:
        """The id of the case that shows what passed in this one: its own, or an earlier one of the same run."""
        passed = case.get("exchange") or []
        alike = self._homes.setdefault(tuple((one.get("at"), one.get("seconds")) for one in passed), [])
        for other, its_panel, name in alike:
            if passed and other == passed and its_panel == panel:
                return name
        alike.append((passed, panel, case["id"]))
        return str(case["id"])

    def filled(self, pieces: Iterator[str]) -> str:
        """The pieces joined, or nothing where they have no room; after that nothing has."""
        markup = "".join(pieces) if self.left else ""
        self.left = self.left - len(markup) if len(markup) <= self.left else 0
        return markup if self.left else ""


def case_markup(case: Mapping[str, Any], standing: Standing, space: Space, panel: str = "") -> str:
    """A case; `panel` is trusted markup that stands before its exchanges."""
    is_open = " open" if standing in OPEN else ""
    seconds = f"{case.get('seconds', 0):.3f} s"
    home = space.home(case, panel)
    if home == case["id"]:
        passed = panel + _exchanges(case, standing, space)
    else:
        passed = f'<p class="same">What passed is the same as in <a href="#{text(home)}">{text(home)}</a>.</p>'
    return (
        f'<details class="case {standing}" id="{text(case["id"])}" data-standing="{standing}"{is_open}>'
        f"<summary>{mark(standing)}<code>{text(case['name'])}</code>"
        f'<span class="told">{text(case.get("sentence", ""))}</span><span class="time">{seconds}</span></summary>'
        f'<div class="within">{_facts(case, standing)}{passed}'
        f"{_again(case)}</div></details>"
    )


def _facts(case: Mapping[str, Any], standing: Standing) -> str:
    readings = ", ".join(f"{name} = {value}" for name, value in (case.get("readings") or {}).items())
    others = [
        (name, _other(value)) for name, value in case.items() if name not in _IN_SUMMARY | _SHOWN_APART and value
    ]
    return listed(
        [
            ("expected", _code(case.get("expected"), "expected")),
            ("actual", _code(case.get("actual"), "actual" if standing in BAD else "")),
            ("reason", text(case.get("reason") or "")),
            ("shows", _code(readings)),
            *others,
            ("link", f'<a href="#{text(case["id"])}">#{text(case["id"])}</a>'),
        ],
        "facts",
    )


def _code(value: Any, kind: str = "") -> str:
    return f'<code class="{kind}">{text(value)}</code>' if value else ""


def _other(value: Any) -> str:
    told = value if isinstance(value, str) else json.dumps(value, indent=1)
    return f"<pre>{wire_text(told)}</pre>"


def _exchanges(case: Mapping[str, Any], standing: Standing, space: Space) -> str:
    every = case.get("exchange") or []
    first = max(0, len(every) - EXCHANGES)
    numbers = [0, *accumulate(one.get("left_out") or 1 for one in every)]
    shown = [
        _exchange(numbers[place] + 1, one, space, is_open=standing in OPEN and one is every[-1])
        for place, one in enumerate(every[first:], first)
    ]
    left_out = sum(one.get("left_out") or 0 for one in every[:first])
    where = (
        f"{left_out} of them are in no report, the others in the JSON report"
        if left_out
        else "see the JSON report"
    )
    before = f'<li class="left-out">{number(numbers[first], "exchange")} before these: {where}.</li>'
    return f'<ol class="exchanges">{before if first else ""}{"".join(shown)}</ol>' if shown else ""


def _exchange(number_of: int, one: Mapping[str, Any], space: Space, *, is_open: bool) -> str:
    answers = one.get("answers") or []
    told = " ".join(_status(answer) for answer in answers[-_ANSWERS:])
    if one.get("request"):
        line = str(one["request"]).partition("\r\n")[0].removesuffix(" HTTP/1.1")
        told = told or '<b class="status none">no answer</b>'
    else:
        line = next(iter(one.get("events") or ()), "nothing was sent")
    head = (
        f'<span class="number">{number_of}</span><code>{text(line, _LINE)}</code>'
        f'<span class="span">{_span(one)}</span><span class="got">{told}</span>'
        f'<span class="time">+{one.get("at", 0):.3f} s</span>'
    )
    wire = space.filled(_wire(one, answers))
    if not wire:
        return f'<li><div class="short">{head}</div><p class="left-out">{_NO_ROOM}</p></li>'
    return f"<li><details{' open' if is_open else ''}><summary>{head}</summary>{wire}</details></li>"


def _span(one: Mapping[str, Any]) -> str:
    for line in str(one.get("request", "")).split("\r\n"):
        if line.lower().startswith("content-range:"):
            return text(line[14:].strip(), _LINE)
    return ""


def _status(answer: Mapping[str, Any]) -> str:
    status = answer.get("status")
    if not status:
        return f'<b class="status none">{text(answer.get("trouble") or "no answer", _LINE)}</b>'
    return f'<b class="status s{text(status)[:1]}">{text(status)}</b>'


def _wire(one: Mapping[str, Any], answers: list[Mapping[str, Any]]) -> Iterator[str]:
    yield '<div class="wire"><div>'
    if request := one.get("request"):
        told = f"{request}".rstrip() + (f"\n\n{body}" if (body := one.get("request_body")) else "")
        size = number(one.get("body_bytes", 0), "byte")
        yield f'<h5>sent</h5><pre>{wire_text(told)}</pre><p class="body">{size} of body</p>'
    if events := one.get("events"):
        lines = "\n".join(map(str, events))
        yield f'<pre class="events">{wire_text(lines)}</pre>'
    yield "</div><div>"
    if answers:
        yield f"<h5>answered after {one.get('seconds', 0) * 1000:.1f} ms</h5>"
    for answer in answers[-_ANSWERS:]:
        yield f"<p>{_status(answer)}</p>"
        if headers := answer.get("headers"):
            lines = "\n".join(f"{name}: {value}" for name, value in headers)
            yield f"<pre>{wire_text(lines)}</pre>"
        if answer.get("body"):
            yield f'<pre class="body">{wire_text(answer["body"])}</pre>'
    yield "</div></div>"


def _again(case: Mapping[str, Any]) -> str:
    """How to see it again: commands, and the sequence that `--replay` takes."""
    parts = []
    if curl := case.get("curl"):
        lines = curl if isinstance(curl, str) else "\n".join(map(str, curl))
        parts.append(f"<h5>as commands</h5><pre>{wire_text(lines, _TO_BE_COPIED)}</pre>")
    if replay := case.get("replay"):
        parts.append(f"<h5>saved, for --replay FILE</h5><pre>{wire_text(json.dumps(replay), _TO_BE_COPIED)}</pre>")
    return f'<div class="again">{"".join(parts)}</div>' if parts else ""
