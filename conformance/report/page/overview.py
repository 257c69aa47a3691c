"""What stands above the cases: the run, the bar, what broke, the matrix, the fingerprint."""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.report.page.book import Chapters, Entry, case_counts, entries_of
from conformance.report.page.markup import listed, mark, number, text
from conformance.report.page.standing import BAD, WORDS, Standing


def run_facts(report: Mapping[str, Any]) -> str:
    """What the run was."""
    unit = f"{report['mb']} bytes" if report.get("mb") else "as the profile reads it"
    return listed(
        [
            ("profile", text(report.get("profile", ""))),
            ("MB", unit),
            ("seed", text(report.get("seed", ""))),
            ("took", f"{report.get('seconds', 0):.1f} s"),
            ("exit code", text(report.get("exit_code", "")) + (", strict" if report.get("strict") else "")),
            ("kit", text(report.get("version", ""))),
        ],
        "run",
    )


def bar(chapters: Chapters) -> str:
    """All cases as one bar."""
    counts = case_counts(chapters)
    total = max(1, counts.total())
    told = ", ".join(f"{counts[one]} {WORDS[one]}" for one in Standing if counts[one])
    rects, at = [], 0.0
    for one in Standing:
        width = 1000 * counts[one] / total
        rects.append(f'<rect class="fill-{one}" x="{at:.2f}" width="{width:.2f}" height="10"/>' if width else "")
        at += width
    return (
        f'<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" '
        f'aria-label="{number(counts.total(), "case")}: {told}">{"".join(rects)}</svg>'
    )


def told_counts(chapters: Chapters) -> str:
    """The bar in words."""
    counts = case_counts(chapters)
    told = "".join(f"<li>{mark(one)}{counts[one]} {WORDS[one]}</li>" for one in Standing if counts[one])
    return f'<ul class="legend">{told}</ul>'


def broken(report: Mapping[str, Any], chapters: Chapters) -> str:
    """What to look at first: a line for each clause that did not hold, with its first failure."""
    rows = [
        f'<li>{mark(entry.standing)}<a href="#{text(entry.id)}">{text(entry.id)}</a> '
        f'<span class="count">{_share(entry)}</span> {_first(entry)}</li>'
        for entry in sorted(entries_of(chapters), key=lambda one: list(Standing).index(one.standing))
        if entry.standing in BAD
    ]
    rows += [
        f"<li>{mark(Standing.FAIL)}<code>{text(name)}</code> is listed as known failing, but does not fail</li>"
        for name in report.get("stale_known_failing") or ()
    ]
    return section("What did not hold", f'<ul class="broken">{"".join(rows)}</ul>') if rows else ""


def _share(entry: Entry) -> str:
    bad = sum(standing in BAD for _, standing in entry.cases)
    return f"{bad} of {number(len(entry.cases), 'case')}"


def _first(entry: Entry) -> str:
    case = next(case for case, standing in entry.cases if standing is entry.standing)
    if case.get("actual"):
        return f"expected {text(case.get('expected', ''))}; got <strong>{text(case['actual'])}</strong>"
    return text(case.get("reason") or "")


def section(title: str, inner: str) -> str:
    """A part of the page under its own title."""
    return f'<section class="block"><h2>{text(title)}</h2>{inner}</section>'


def filters(chapters: Chapters) -> Iterator[str]:
    """A button for each standing that occurs."""
    counts = case_counts(chapters)
    if untried := sum(not entry.cases for entry in entries_of(chapters)):
        counts[Standing.UNTRIED] = untried
    for one in Standing:
        if counts[one]:
            yield (
                f'<button type="button" class="chip" data-filter="{one}" aria-pressed="false">'
                f"{mark(one)}{WORDS[one]} <b>{counts[one]}</b></button>"
            )


def legend(chapters: Chapters) -> str:
    """What the signs mean."""
    present = {entry.standing for entry in entries_of(chapters)}
    return "".join(f"<li>{mark(one)}{WORDS[one]}</li>" for one in Standing if one in present)


def matrix(chapters: Chapters) -> Iterator[str]:
    """A tile for each clause, a row for each chapter."""
    for title, entries in chapters:
        tiles = "".join(
            f'<li><a class="tile {entry.standing} law-{text(entry.strength)}" href="#{text(entry.id)}" '
            f'data-tile="{text(entry.id)}">'
            f"{mark(entry.standing)}<code>{text(entry.id.partition('-')[2])}</code>"
            f"<small>{text(entry.strength)}, {_tile_told(entry)}</small></a></li>"
            for entry in entries
        )
        yield f'<div class="row"><h3>{text(short(title))}</h3><ul class="tiles">{tiles}</ul></div>'


def _tile_told(entry: Entry) -> str:
    if not entry.cases:
        return "not tried"
    return _share(entry) if entry.standing in BAD else number(len(entry.cases), "case")


def short(title: str) -> str:
    """A chapter's title without the side, which is the same for all."""
    return title.partition(": ")[2] or title


def fingerprint(report: Mapping[str, Any], chapters: Chapters) -> str:
    """The readings that the target shows, and the clauses that speak of them."""
    rows = []
    for name, told in (report.get("fingerprint") or {}).items():
        ambiguity = told.get("ambiguity", "")
        about = [entry.id for entry in entries_of(chapters) if ambiguity and _cites(entry.source, ambiguity)]
        links = " ".join(f'<a href="#{text(one)}">{text(one)}</a>' for one in about)
        rows.append(
            f'<tr><th scope="row"><code>{text(name)}</code></th>'
            f"<td><code>{text(told.get('reading', ''))}</code></td><td>{text(ambiguity)}</td><td>{links}</td></tr>"
        )
    if not rows:
        return ""
    head = "<tr><th>switch</th><th>reading</th><th>ambiguity</th><th>clauses</th></tr>"
    table = f'<div class="scroll"><table><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table></div>'
    return section("How this target reads what the guide leaves open", table)


def _cites(source: str, ambiguity: str) -> bool:
    return ambiguity in source.replace("[", " ").replace("]", " ").replace(",", " ").split()
