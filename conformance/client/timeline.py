"""A run as a drawing: chunks as bars over time and byte range, faults as marks, kept and wasted bytes apart.

SVG for the HTML report: its classes follow the page's colours, and it has no style of its own.
"""

from collections.abc import Iterator
from html import escape
from typing import Final

from conformance.client.evidence import Evidence, Request

_WIDTH, _HEIGHT = 860, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 14, 34, 26
_LEAST: Final = 3.0
"""Pixels that a bar is wide at least."""

DRAWN: Final = 500
"""Requests, the first of a run."""

_TICKS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60)


def timeline(evidence: Evidence) -> str:
    """The drawing, "" where the client sent nothing."""
    if not evidence.requests:
        return ""
    seconds = max(*(one.ended for one in evidence.requests), evidence.requests[-1].began, 0.01)
    scale = _Scale(seconds, evidence.size)
    inner = [*_axes(scale), *(mark for one in evidence.requests[:DRAWN] for mark in _request(one, scale))]
    told = f"{len(evidence.chunks)} PUTs in {seconds:.2f} s of an upload of {evidence.size:,} bytes"
    if len(evidence.requests) > DRAWN:
        told += f" (the first {DRAWN} requests are drawn)"
    return (
        f'<figure class="timeline"><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" width="100%">'
        f"<title>{escape(told)}</title>{''.join(inner)}</svg>"
        f"<figcaption>{escape(told)}: time runs to the right, the file downwards. Filled: kept; hollow: "
        "sent in vain; a cross: a fault struck; dots above: init and status.</figcaption></figure>"
    )


class _Scale:
    def __init__(self, seconds: float, size: int) -> None:
        self.seconds, self.size = seconds, size

    def x(self, moment: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(max(moment / self.seconds, 0.0), 1.0)

    def y(self, place: int) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * min(place / self.size, 1.0)


def _axes(scale: _Scale) -> Iterator[str]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    yield f'<path d="M{_LEFT} {_TOP}V{bottom}H{right}" fill="none" class="stroke-soft"/>'
    yield _text(_LEFT - 6, _TOP + 9, "0", "end")
    yield _text(_LEFT - 6, bottom, _bytes(scale.size), "end")
    step = next((one for one in _TICKS if scale.seconds / one <= 8), _TICKS[-1])
    for number in range(int(scale.seconds / step) + 1):
        x = scale.x(number * step)
        yield f'<path d="M{x:.1f} {bottom}v4" class="stroke-soft"/>'
        yield _text(x, bottom + 16, f"{number * step:g} s", "middle")


def _request(one: Request, scale: _Scale) -> Iterator[str]:
    left = scale.x(one.began)
    width = max(scale.x(one.ended) - left, _LEAST)
    span = one.span
    if span is None or one.operation != "chunk":
        word = "fill-fail" if one.fault or (one.status or 599) >= 400 else "fill-reported"
        yield f'<circle cx="{left:.1f}" cy="{_TOP - 14}" r="4" class="{word}">{_title(one)}</circle>'
        return
    top, bottom = scale.y(span.first), scale.y(span.last + 1)
    kind = 'class="fill-pass"' if one.kept else 'class="stroke-fail" fill="none" stroke-width="1.5"'
    box = f'x="{left:.1f}" y="{top:.1f}" width="{width:.1f}"'
    yield f'<rect {box} height="{max(bottom - top, 1):.1f}" {kind}>{_title(one)}</rect>'
    if not one.kept and one.received:
        part = (bottom - top) * min(one.received / (span.last - span.first + 1), 1.0)
        yield f'<rect {box} height="{max(part, 1):.1f}" class="fill-fail" opacity="0.35">{_title(one)}</rect>'
    if one.fault:
        x, y = left + width, (top + bottom) / 2
        cross = f"M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8"
        yield f'<path d="{cross}" class="stroke-fail" stroke-width="2" fill="none">{_title(one)}</path>'


def _title(one: Request) -> str:
    seconds = f"{one.began:.3f} s to {one.ended:.3f} s"
    return f"<title>{escape(f'{one}, {one.received:,} bytes, {seconds}')}</title>"


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="11" text-anchor="{anchor}" class="fill-soft">{text}</text>'


def _bytes(number: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number} B"
