"""Cases of the upload URL's hour: with the target's own clock where it can be moved, else by waiting."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, Self

from conformance.cases import Case, Run, SkipError
from conformance.puts import Put
from conformance.rights import EXPIRED
from conformance.task import Task
from conformance.terms import Terms
from conformance.trial import Trial

_CLOCK: Final = "/_mock/clock"
_MOMENT: Final = 1 / 1024  # which no floating-point clock rounds


class Hour:
    """The lifetime of an upload URL, passing: frozen and moved by hand, or waited for."""

    def __init__(self, trial: Trial) -> None:
        self._target = trial.target
        if not self._target.clock and self._target.settings.url_lifetime is None:
            raise SkipError(self._target.no_clock)
        self.exact = self._target.clock
        self.lifetime = self._target.lifetime

    async def __aenter__(self) -> Self:
        """Where the clock can be stopped it stands from now on."""
        if self.exact:
            await self._target.steer(_CLOCK, {"freeze": True})
        return self

    async def __aexit__(self, *_: object) -> None:
        """And runs again."""
        if self.exact:
            await self._target.steer(_CLOCK, {"freeze": False})

    async def passes(self, seconds: float) -> None:
        """So much later."""
        if self.exact:
            await self._target.steer(_CLOCK, {"advance": seconds})
        else:
            self._target.tell(f"waiting {seconds:.1f} s for an upload_url's lifetime (--url-lifetime)")
            await asyncio.sleep(seconds)

    async def ends(self, before: float = 0.0) -> None:
        """The end of the lifetime, when `before` has passed already."""
        await self.passes(self.lifetime - before + (0.0 if self.exact else 1.0))


def cases(_terms: Terms) -> Iterable[Case]:
    """The cases of S-URL-EXPIRED and S-URL-LIFETIME."""
    for name, sentence, run in (
        ("EXPIRED/first-chunk", "The first chunk comes when the lifetime is over.", _expired(0)),
        ("EXPIRED/second-chunk", "The second chunk comes when the lifetime is over.", _expired(1)),
        ("EXPIRED/after-completion", "A chunk comes after completion, and too late.", _expired(3, again=True)),
        ("EXPIRED/long-ago", "The lifetime was over a day ago.", _expired(0, more=86_400.0)),
        ("EXPIRED/and-out-of-place", "A late chunk that is out of place.", _expired(0, number=3)),
        ("EXPIRED/and-malformed", "A late chunk whose Content-Range cannot be read.", _expired(0, ranges=("x",))),
        ("EXPIRED/and-without-range", "A late chunk without Content-Range.", _expired(0, ranges=())),
        ("EXPIRED/last-moment", "A chunk comes just before the lifetime is over.", _last_moment),
        ("EXPIRED/body-on-its-way", "The lifetime ends while a body is on its way.", _on_its_way),
        ("LIFETIME/not-extended", "A chunk comes half way, the next when the lifetime is over.", _not_extended),
        ("LIFETIME/not-shortened", "A chunk comes half way, the next in the last quarter.", _not_shortened),
    ):
        yield Case(f"S-URL-{name}", sentence, run, alone=True)


def _expired(
    done: int, *, number: int = 0, again: bool = False, more: float = 0.0, ranges: tuple[str, ...] | None = None
) -> Run:
    async def run(trial: Trial) -> None:
        async with Hour(trial) as hour:
            if more and not hour.exact:
                raise SkipError(f"{more:g} s are too long to wait for")
            task = await Task.ready(trial, done)
            put = task.right(number or (1 if again else done + 1))
            await hour.ends()
            await hour.passes(more) if more else None
            trial.judge(await task.put(put if ranges is None else replace(put, ranges=ranges)), EXPIRED)

    return run


async def _last_moment(trial: Trial) -> None:
    async with Hour(trial) as hour:
        task, other = await Task.ready(trial), await Task.ready(trial)
        await hour.passes(hour.lifetime - _MOMENT if hour.exact else 0.7 * hour.lifetime)
        trial.take(await task.put(task.right(1)))
        if hour.exact:
            await hour.passes(
                _MOMENT
            )  # of the other: what a chunk does to a lifetime is S-URL-LIFETIME's to judge
            trial.judge(await other.put(other.right(1)), EXPIRED)


async def _on_its_way(trial: Trial) -> None:
    async with Hour(trial) as hour:
        task = await Task.ready(trial)
        put: Put = task.right(1)
        async with trial.wire(task.address) as wire:
            await task.begin(wire, put, put.body.stop - 1)
            await hour.ends()
            await task.go_on(wire, put, put.body.stop - 1)
            trial.judge(await wire.answer(), EXPIRED)


async def _not_extended(trial: Trial) -> None:
    async with Hour(trial) as hour:
        task = await Task.ready(trial, needs=2)
        await hour.passes(hour.lifetime / 2)
        await task.fill(1)
        await hour.ends(hour.lifetime / 2)
        await hour.passes(1) if hour.exact else None  # the moment itself is S-URL-EXPIRED's, as is the status
        answer = await task.put(task.right(2))
        trial.expect(400 <= answer.status < 500, "a refusal: 4xx", answer)


async def _not_shortened(trial: Trial) -> None:
    async with Hour(trial) as hour:
        task = await Task.ready(trial, needs=2)
        await hour.passes(hour.lifetime / 2)
        await task.fill(1)
        await hour.passes(hour.lifetime / 4)
        trial.take(await task.put(task.right(2)))
