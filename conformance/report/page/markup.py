"""Pieces of a page. Whatever a target said is hostile: `text` is the only way from it into markup."""

import html
from collections.abc import Iterable
from typing import Any, Final

from conformance.report.page.standing import WORDS, Standing

LONGEST: Final = 4096
"""Characters that one text keeps on a page."""


def text(value: Any, longest: int = LONGEST) -> str:
    """`value` as text of a page: control characters shown as escapes, markup as characters, bounded."""
    told = str(value)
    kept = html.escape("".join(map(_visible, told[:longest])))
    return f"{kept} … ({len(told) - longest} more characters)" if len(told) > longest else kept


def _visible(char: str) -> str:
    return char if char.isprintable() or char in "\n\t" else repr(char)[1:-1]


def wire_text(value: Any, longest: int = LONGEST) -> str:
    """Text as it was on the wire: lines that end in CR LF are ordinary lines."""
    return text(str(value).replace("\r\n", "\n"), longest)


def mark(standing: Standing) -> str:
    """Its sign, a shape of its own, with its word for those who do not see it."""
    return (
        f'<svg class="mark {standing}" role="img" aria-label="{WORDS[standing]}">'
        f'<use href="#mark-{standing}"/></svg>'
    )


def listed(pairs: Iterable[tuple[str, str]], kind: str) -> str:
    """A list of names and markup; empty ones are left out."""
    rows = "".join(f"<div><dt>{text(name)}</dt><dd>{markup}</dd></div>" for name, markup in pairs if markup)
    return f'<dl class="{kind}">{rows}</dl>' if rows else ""


def number(count: int, noun: str) -> str:
    """A count with its noun: 1 case, 12 cases."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
