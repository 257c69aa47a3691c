"""Beside the verdict, numbers: what an upload cost beyond the file itself."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from conformance.client.evidence import Evidence
from conformance.client.manners import waits


@dataclass(frozen=True, slots=True)
class Card:
    """One run. Bytes are of bodies as the mock received them; waits are seconds between attempts at a chunk."""

    requests: int
    chunks: int
    retries: int
    bytes_sent: int
    bytes_beyond: int
    waits: tuple[float, ...]
    recovery: float | None
    """Seconds from the end of the request that the first fault struck to the next chunk known to be in."""

    peak_memory: int
    posts: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """For files."""
        return asdict(self)


def card_of(evidence: Evidence) -> Card:
    """The numbers of a run."""
    chunks = evidence.chunks
    sent = sum(one.received for one in chunks)
    ranges = [one.content_range for one in chunks]
    return Card(
        requests=len(evidence.requests),
        chunks=len(set(ranges)),
        retries=len(ranges) - len(set(ranges)),
        bytes_sent=sent,
        bytes_beyond=max(sent - evidence.size, 0),
        waits=tuple(round(gap, 3) for gap in _waits(evidence)),
        recovery=_recovery(evidence),
        peak_memory=evidence.ended.peak_memory,
        posts=len(evidence.posts),
        seconds=round(evidence.ended.seconds, 3),
    )


def _waits(evidence: Evidence) -> Iterable[float]:
    rows: dict[str | None, list[Any]] = {}
    for one in evidence.chunks:
        rows.setdefault(one.content_range, []).append(one)
    return (gap for row in rows.values() for gap in waits(row))


def _recovery(evidence: Evidence) -> float | None:
    struck = next((one for one in evidence.chunks if one.fault and not one.told_kept), None)
    if struck is None:
        return None
    good = [one.ended for one in evidence.later(struck) if one.operation == "chunk" and one.told_kept]
    return round(good[0] - struck.ended, 3) if good else None


def totals(cards: Mapping[str, Card]) -> dict[str, Any]:
    """The whole run in a few numbers; each worst one with the scenario where it was seen."""
    if not cards:
        return {}

    def worst(name: str) -> dict[str, Any]:
        found = max(cards, key=lambda one: getattr(cards[one], name) or 0)
        return {"value": getattr(cards[found], name), "scenario": found}

    return {
        "runs": len(cards),
        "requests": sum(card.requests for card in cards.values()),
        "retries": sum(card.retries for card in cards.values()),
        "bytes_sent": sum(card.bytes_sent for card in cards.values()),
        "bytes_beyond": sum(card.bytes_beyond for card in cards.values()),
        "most_retries": worst("retries"),
        "most_bytes_beyond": worst("bytes_beyond"),
        "longest_recovery": worst("recovery"),
        "peak_memory": worst("peak_memory"),
        "most_posts": worst("posts"),
    }


def headline(told: Mapping[str, Any]) -> str:
    """Totals in one line."""
    runs = f"{told['runs']} run{'' if told['runs'] == 1 else 's'}"
    return (
        f"{runs}: {told['requests']} requests, {told['retries']} retries, "
        f"{told['bytes_sent']:,} bytes sent, {told['bytes_beyond']:,} beyond the files"
    )


_COLUMNS = ("scenario", "requests", "retries", "sent", "beyond the file", "waits", "recovery", "memory", "posts")


def as_table(cards: Mapping[str, Card]) -> str:
    """All runs as HTML, "" where there are none."""
    if not cards:
        return ""
    head = "".join(f"<th>{name}</th>" for name in _COLUMNS)
    rows = "".join(_row(name, card) for name, card in cards.items())
    summary = f"{headline(totals(cards))}. Each run:"
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f"<details><summary>{summary}</summary>{table}</details>"


def _row(name: str, card: Card) -> str:
    recovery = "" if card.recovery is None else f"{card.recovery:.2f} s"
    cells = (
        f"{card.requests}",
        f"{card.retries}",
        f"{card.bytes_sent:,}",
        f"{card.bytes_beyond:,}",
        ", ".join(f"{wait:.2f}" for wait in card.waits[:8]),
        recovery,
        f"{card.peak_memory / 1e6:.0f} MB" if card.peak_memory else "",
        f"{card.posts}",
    )
    return f"<tr><th>{escape(name)}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
