"""The HTML report: one page, complete in itself, made from the values of the JSON report.

It is plain markup: everything can be read without scripts, which only filter, search and change the colours.
A Content-Security-Policy with the digests of its own style and script forbids all else, `style` attributes too.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any, Final

from conformance.report.json_file import as_json
from conformance.report.page import overview
from conformance.report.page.book import Chapters, Entry, entries_of, read_chapters
from conformance.report.page.cases import Space, case_markup
from conformance.report.page.markup import mark, text
from conformance.report.page.standing import OPEN, Standing
from conformance.verdict import Verdict

SCHEMA: Final = 1
ROOM: Final = 6_000_000
"""Characters that all exchanges together may take; failures are served first."""

_EXITS: Final = {0: ("good", Standing.PASS), 1: ("not good", Standing.FAIL)}
_UNABLE: Final = ("could not be judged", Standing.ERROR)


def write_html(
    verdict: Verdict,
    path: Path,
    *,
    panels: Mapping[str, str] | None = None,
    sections: Mapping[str, str] | None = None,
) -> None:
    """Write the report; `panels` and `sections` as in `render`."""
    path.write_text(render(as_json(verdict), panels=panels, sections=sections), encoding="utf-8")


def render(
    report: Mapping[str, Any],
    *,
    panels: Mapping[str, str] | None = None,
    sections: Mapping[str, str] | None = None,
) -> str:
    """The page of a JSON report, a saved one too. ValueError for one of another schema.

    Args:
        report: As `as_json` makes it, or as `json.load` reads it.
        panels: Trusted markup (SVG, HTML) by case id, shown in that case. No `style` attributes: the policy
            forbids them; `fill-pass`, `fill-fail`, `fill-reported`, `fill-skip` and `stroke-...` are classes that
            follow the page's colours, in a `figure` `fill-soft` and `stroke-soft` too, for what stands back.
            Cases with the same panel and the same exchanges are one run, which the heaviest of them shows.
        sections: Trusted markup by title, shown above the matrix.
    """
    if report.get("schema") != SCHEMA:
        raise ValueError(f"a report of schema {report.get('schema')!r}; only schema {SCHEMA} is known here")
    chapters = read_chapters(report)
    style, script = _asset("page.css"), _asset("page.js")
    word, stands = _EXITS.get(report["exit_code"], _UNABLE)
    return Template(_asset("page.html")).substitute(
        policy=_policy(style, script),
        style=style,
        script=script,
        target=text(report.get("target", "")),
        word=word,
        verdict=f"{mark(stands)}<span>{word}</span>",
        stands=stands,
        facts=overview.run_facts(report),
        bar=overview.bar(chapters),
        counts=overview.told_counts(chapters),
        broken=overview.broken(report, chapters),
        sections="".join(overview.section(title, inner) for title, inner in (sections or {}).items()),
        filters="".join(overview.filters(chapters)),
        legend=overview.legend(chapters),
        matrix="".join(overview.matrix(chapters)),
        fingerprint=overview.fingerprint(report, chapters),
        chapters="".join(_details(chapters, panels or {})),
    )


def _asset(name: str) -> str:
    return resources.files("conformance.report.page").joinpath(name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    def digest(asset: str) -> str:
        return f"'sha256-{b64encode(hashlib.sha256(asset.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; style-src {digest(style)}; script-src {digest(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _details(chapters: Chapters, panels: Mapping[str, str]) -> Iterator[str]:
    cases = [(case, standing) for entry in entries_of(chapters) for case, standing in entry.cases]
    space = Space(ROOM)
    heaviest_first = sorted(cases, key=lambda one: list(Standing).index(one[1]))
    markup = {
        case["id"]: case_markup(case, how, space, panels.get(case["id"], "")) for case, how in heaviest_first
    }
    for title, entries in chapters:
        inner = "".join(
            _clause(entry, "".join(markup[case["id"]] for case, _ in entry.cases)) for entry in entries
        )
        yield f'<section class="chapter"><h2>{text(overview.short(title))}</h2>{inner}</section>'


def _clause(entry: Entry, cases: str) -> str:
    is_open = " open" if entry.standing in OPEN else ""
    return (
        f'<details class="clause {entry.standing}" id="{text(entry.id)}" '
        f'data-standing="{entry.standing}"{is_open}>'
        f'<summary>{mark(entry.standing)}<span class="id">{text(entry.id)}</span>'
        f'<span class="strength {text(entry.strength)}">{text(entry.strength)}</span>'
        f'<span class="told">{entry.told}</span></summary>'
        f'<div class="demand"><p>{text(entry.text)}</p><p class="source">Source: {text(entry.source)}</p></div>'
        f"{cases}</details>"
    )
