"""Plays a story against the target; after each step, worlds in which the target keeps the law have to be left."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Final

from conformance import model
from conformance.exchange import Answer
from conformance.puts import Plan, Put
from conformance.server.machines.curl import Script
from conformance.server.machines.judge import EnoughError, Judge, Part, as_model
from conformance.server.machines.kinds import KINDS
from conformance.server.machines.stories import Knowledge, Step, Story
from conformance.task import Task
from conformance.trial import Trial
from conformance.wire import CannotError, Wire
from conformance.worlds import Worlds

CLOCK: Final = "/_mock/clock"
_MOMENT: Final = 1 / 1024  # which no floating-point clock rounds
_SETTLE: Final = 0.02
_RETRIES: Final = 3


class Player:
    """Plays one story once. Raises BrokenError; `words` and `script` then tell what was done."""

    def __init__(self, trial: Trial, story: Story, knows: Knowledge) -> None:
        self._judge = Judge(knows)
        self.script = Script(trial.target, max(plan.video_size for plan, _ in story.uploads))
        self._trial = trial
        self._story = story
        self._knows = knows
        self._parts: list[Part] = []
        self._steps: dict[str, Callable[[Part, Step], Awaitable[None]]] = {
            "status": self._status,
            "short": self._short,
            "cut": self._cut,
            "cut-by-reset": self._cut,
            "lost": self._lost,
            "lost-by-reset": self._lost,
            "twice": self._twice,
            "overtaken": self._overtaken,
            "nearly-over": self._clock,
            "half-over": self._clock,
            "over": self._clock,
            "over-in-the-body": self._over_in_the_body,
        }

    @property
    def words(self) -> list[str]:
        """What was done so far, step by step."""
        return self._judge.words

    async def play(self) -> None:
        """The uploads, the steps, and each upload to its end."""
        try:
            for plan, draft in self._story.uploads:
                await self._begin(plan, draft=draft)
            for step in self._story.steps:
                await self._step(self._parts[step.upload], step)
            for part in self._parts:
                await self._finish(part)
        except EnoughError:
            return

    async def _begin(self, plan: Plan, *, draft: bool) -> None:
        number = len(self._parts) + 1
        mb = max(high for _, high in self._knows.terms.units)
        lifetime = self._trial.target.lifetime
        upload = model.Upload.declared(plan.video_size, plan.chunk_size, expires_at=lifetime, mb=mb)
        task = await Task.begun(self._trial, plan, draft=draft)
        self._parts.append(Part(number, task, Worlds.of(upload, self._knows.reading)))
        self.script.begin(number, plan, draft=draft)
        kind = "a draft" if draft else "a direct post"
        told = f"upload {number}: init of {kind}, {plan.video_size} bytes in {len(plan.pieces)} chunks"
        self._judge.words.append(told)

    async def _step(self, part: Part, step: Step) -> None:
        try:
            await self._steps.get(step.do, self._plain)(part, step)
        except CannotError as error:
            self._judge.words.append(f"upload {part.number}: left out, {error}")

    async def _finish(self, part: Part) -> None:
        """Whatever came before: the right chunks are accepted, and then it is complete."""
        asks = not {"S-STATUS-UPLOADED", "S-STATUS-END"} & self._knows.unjudged
        for _ in range(2 * len(part.task.plan.pieces) + len(part.undecided)):
            if asks:
                await self._status(part, Step("status"))
            if part.place.wanted is None or self._judge.now >= self._trial.target.lifetime:
                break
            await self._plain(part, Step("chunk"))
        if asks and part.sure:
            await self._status(part, Step("status"))

    # ── steps ──

    async def _plain(self, part: Part, step: Step) -> None:
        put = KINDS[step.do].shape(part.place, step.by)
        if put is None:
            return
        self.script.put(part.number, put, wrong_token=step.do == "wrong-token")
        answer = await self._sent(part, put, step)
        known = replace(as_model(put), token_right=step.do != "wrong-token")
        self._judge.put(part, known, answer, told(part, step, put))

    async def _sent(self, part: Part, put: Put, step: Step) -> Answer:
        """The answer; after a 5xx the same again, as the guide says."""
        task = part.task
        address = task.address._replace(path=task.address.path + "0") if step.do == "wrong-token" else task.address
        body = list(task.body(put)) if put.length is not None else _in_chunks(task.body(put))
        for _ in range(_RETRIES):
            answer = await self._trial.request(address, put.head(address), body)
            if answer.status < 500:
                return answer
            part.had_5xx = True
        return await self._trial.request(address, put.head(address), body)

    async def _short(self, part: Part, step: Step) -> None:
        put = Put.of(part.place.at, part.task.plan.video_size)
        sent = len(put.body) - step.by - 1
        async with self._trial.wire(part.task.address) as wire:
            await part.task.begin(wire, put, sent)
            wire.half_close()
            answer = await wire.answer()
        self.script.cut(part.number, put, sent, "curl cannot close one half: it waits a second and closes both")
        self._judge.put(part, replace(as_model(put), sent=sent), answer, told(part, step, put))

    async def _cut(self, part: Part, step: Step) -> None:
        put = Put.of(part.place.at, part.task.plan.video_size)
        length = len(put.body)
        sent = (0, 1, length // 2, length - 1)[step.by % 4]
        await self._left(part, put, sent, reset=step.do == "cut-by-reset")
        self.script.cut(part.number, put, sent, "reset, where curl closes" if step.do == "cut-by-reset" else "")
        self._judge.words.append(f"{told(part, step, put)}: {sent} bytes of it sent")

    async def _lost(self, part: Part, step: Step) -> None:
        put = Put.of(part.place.at, part.task.plan.video_size)
        await self._left(part, put, len(put.body), reset=step.do == "lost-by-reset")
        self.script.put(part.number, put, note="the answer is lost")
        self._judge.words.append(told(part, step, put))
        part.undecided.append(as_model(put))
        part.settle(self._judge.now)

    async def _left(self, part: Part, put: Put, sent: int, *, reset: bool) -> None:
        async with self._trial.wire(part.task.address) as wire:
            await part.task.begin(wire, put, sent)
            await wire.pause(_SETTLE)
            if reset:
                wire.reset()
            else:
                await wire.close()

    async def _twice(self, part: Part, step: Step) -> None:
        if (wanted := part.place.wanted) is None:
            return
        put = Put.of(wanted, part.task.plan.video_size)
        gate = asyncio.Barrier(2)

        async def one() -> Answer:
            async with self._trial.wire(part.task.address) as wire:
                await part.task.begin(wire, put, len(put.body) - 1)
                await wire.pause(_SETTLE)
                await gate.wait()
                return await self._rest(part, wire, put, len(put.body) - 1)

        answers = await asyncio.gather(one(), one())
        self.script.twice(part.number, put)
        self._judge.put_at_once(part, as_model(put), answers, told(part, step, put))

    async def _overtaken(self, part: Part, step: Step) -> None:
        if (wanted := part.place.wanted) is None:
            return
        put = Put.of(wanted, part.task.plan.video_size)
        held = max(1, len(put.body) // 2)
        self.script.overtaken(part.number, put, held)
        async with self._trial.wire(part.task.address) as wire:
            await part.task.begin(wire, put, held)
            await wire.pause(_SETTLE)
            self._judge.put(part, as_model(put), await self._sent(part, put, step), told(part, step, put))
            answer = await self._rest(part, wire, put, held)
        self._judge.put(
            part, as_model(put), answer, f"{told(part, step, put)}, its held-back half", in_flight=True
        )

    async def _over_in_the_body(self, part: Part, step: Step) -> None:
        put = Put.of(part.place.at, part.task.plan.video_size)
        held = len(put.body) // 2
        async with self._trial.wire(part.task.address) as wire:
            await part.task.begin(wire, put, held)
            await wire.pause(_SETTLE)
            await self._clock(part, replace(step, do="over"))
            answer = await self._rest(part, wire, put, held)
        self.script.note("the clock of the line above went on while half of the next body was on its way")
        self.script.put(part.number, put)
        self._judge.put(part, as_model(put), answer, told(part, step, put), in_flight=True)

    @staticmethod
    async def _rest(part: Part, wire: Wire, put: Put, sent: int) -> Answer:
        await part.task.go_on(wire, put, sent)
        return await wire.answer()

    async def _clock(self, part: Part, step: Step) -> None:
        lifetime = self._trial.target.lifetime
        until = {"over": lifetime, "nearly-over": lifetime - _MOMENT}.get(step.do, self._judge.now + lifetime / 2)
        seconds = until - self._judge.now
        if seconds <= 0:
            return
        part.settle(self._judge.now)
        await self._trial.target.steer(CLOCK, {"advance": seconds})
        self._judge.now += seconds
        self.script.clock(seconds)
        self._judge.words.append(f"{KINDS[step.do].words}: {seconds:g} s later")

    async def _status(self, part: Part, _step: Step) -> None:
        answer = await self._trial.status(part.task.publish_id)
        self.script.status(part.number)
        if answer.status >= 500 or answer.status == 429:
            return
        self._judge.status(part, answer)


def told(part: Part, step: Step, put: Put) -> str:
    """What is done, in words."""
    span = " and ".join(put.ranges) or "without a range"
    return f"upload {part.number}: PUT {span}, {KINDS[step.do].words}"


def _in_chunks(body: Iterable[memoryview]) -> list[bytes | memoryview]:
    return [*(b"%x\r\n%s\r\n" % (len(piece), bytes(piece)) for piece in body), b"0\r\n\r\n"]
