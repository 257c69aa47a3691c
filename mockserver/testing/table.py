"""A test's journal as a table of plain text, for whoever reads why a test failed."""

from collections.abc import Sequence
from typing import Final

from mockserver.journal import Entry
from mockserver.request_log import clipped

MOST_ROWS: Final = 60
LONGEST_CELL: Final = 60


def journal_table(entries: Sequence[Entry]) -> str:
    """One line for each request: its number, the answer, what was asked, the range, the fault, clause and reason.

    The last `MOST_ROWS` of them; a line says how many came before.
    """
    if not entries:
        return "no request came"
    rows: list[tuple[str, ...]] = [("#", "answer", "request", "range", "fault", "why")]
    rows += [_row(entry) for entry in entries[-MOST_ROWS:]]
    shown = [place for place in range(len(rows[0])) if any(row[place] for row in rows[1:])]
    widths = {place: max(len(row[place]) for row in rows) for place in shown[:-1]}
    lines = [
        "  ".join((*(row[place].ljust(widths[place]) for place in shown[:-1]), row[shown[-1]])).rstrip()
        for row in rows
    ]
    if len(entries) > MOST_ROWS:
        lines.insert(1, f"... {len(entries) - MOST_ROWS} requests before these")
    return "\n".join(lines)


def _row(entry: Entry) -> tuple[str, ...]:
    fault = f"{entry.fault.kind} {entry.fault.when}" if entry.fault else ""
    why = f"{entry.clause} {entry.reason}".strip()
    return (
        str(entry.sequence),
        "none" if entry.status is None else str(entry.status),
        _short(f"{entry.method} {entry.path}"),
        _short(entry.content_range or ""),
        fault,
        clipped(f"{why} ({entry.remark})" if entry.remark else why),
    )


def _short(text: str) -> str:
    line = clipped(text)
    return line if len(line) <= LONGEST_CELL else line[: LONGEST_CELL - 3] + "..."
