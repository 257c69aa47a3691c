"""One upload task of the target: sends its chunks, rightly or as a case wants them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final, Self

from conformance.cases import SkipError
from conformance.exchange import Answer
from conformance.puts import Plan, Put, is_upload_url
from conformance.trial import Trial
from conformance.wire import Address, Wire

_RETRIES: Final = 3
_PLAIN: Final = 3
"""Chunks of a plain upload."""


@dataclass(slots=True)
class Task:
    """`done` chunks have been sent rightly and accepted."""

    trial: Trial
    plan: Plan
    publish_id: str
    address: Address
    draft: bool = False
    done: int = field(default=0)
    unique: bool = True
    """No init has given this publish_id before."""

    @classmethod
    async def begun(
        cls, trial: Trial, plan: Plan | None = None, *, draft: bool = False, clause: str = "S-INIT-ANSWER"
    ) -> Self:
        """An upload task by init; setup, so what goes wrong with it is judged elsewhere, under `clause`."""
        wanted = plan or trial.plan()
        answer = await trial.init(wanted.source_info(), draft=draft)
        if answer.status == 429:
            raise SkipError("the target limits inits: --rate N keeps to N a minute")
        url, publish_id = answer.field("data", "upload_url"), answer.field("data", "publish_id")
        trial.need(answer.status == 200, clause, f"init was answered {answer}")
        if not is_upload_url(url) or not isinstance(publish_id, str):
            raise SkipError("setup: init gave no whole upload_url or no publish_id; see S-INIT-ANSWER")
        try:
            address = Address.of(url)
        except ValueError as error:
            raise SkipError(f"setup: upload_url is no such thing: {error}; see S-INIT-ANSWER") from None
        given = trial.target.publish_ids
        unique = publish_id not in given
        given.add(publish_id)
        return cls(trial, wanted, publish_id, address, draft, unique=unique)

    @classmethod
    async def ready(
        cls,
        trial: Trial,
        done: int = 0,
        plan: Plan | None = None,
        *,
        needs: int = 0,
        draft: bool = False,
        but: str = "",
    ) -> Self:
        """An upload task with `done` chunks in, of a target that takes the first `needs` of a plain upload.

        Unless told, that is one more than `done`: where it does not take the right next chunk, what it makes of
        another says nothing. It may be skipped under `but`, the clause that is to judge just that.
        """
        await _prove(trial, min(needs or done + 1, _PLAIN), but)
        return await (await cls.begun(trial, plan, draft=draft)).fill(done)

    # ── sending as a case wants it ──

    def right(self, number: int) -> Put:
        """The right PUT for a chunk; they count from 1."""
        return Put.of(self.plan.pieces[number - 1], self.plan.video_size)

    def at(self, first: int, last: int, *, total: int | None = None) -> Put:
        """A PUT of the bytes from `first` to `last`."""
        return Put.of(range(first, last + 1), self.plan.video_size if total is None else total)

    def elsewhere(self, query: str) -> Address:
        """The same URL with another query."""
        path = self.address.path.partition("?")[0]
        return self.address._replace(path=f"{path}?{query}" if query else path)

    def body(self, put: Put) -> Iterable[memoryview]:
        """The bytes of a PUT."""
        return self.trial.target.video.of(put.body)

    async def put(self, put: Put, address: Address | None = None) -> Answer:
        """Send a PUT on a connection of its own."""
        where = address or self.address
        return await self.trial.request(where, put.head(where), self.body(put))

    async def put_on(self, wire: Wire, put: Put) -> Answer:
        """Send a PUT on this connection."""
        await wire.send_all(chain([put.head(self.address)], self.body(put)))
        return await wire.answer()

    async def begin(self, wire: Wire, put: Put, count: int) -> None:
        """Send the head of a PUT and so many bytes of its body."""
        cut = replace(put, body=range(put.body.start, put.body.start + count))
        await wire.send_all(chain([put.head(self.address)], self.body(cut)))

    async def go_on(self, wire: Wire, put: Put, count: int) -> None:
        """Send the bytes after the first `count`."""
        await wire.send_all(self.body(replace(put, body=range(put.body.start + count, put.body.stop))))

    # ── sending rightly ──

    async def next(self) -> Answer:
        """Send the next chunk; after a 5xx the same again, as the guide says."""
        put = self.right(self.done + 1)
        first = answer = await self.put(put)
        for _ in range(_RETRIES):
            if answer.status < 500:
                break
            answer = await self.put(put)
        if first.status >= 500 > answer.status >= 300:
            raise SkipError(f"setup: {first}, and to the same again {answer}; see S-ATOMIC-5XX")
        if 200 <= answer.status < 300:
            self.done += 1
        return answer

    async def fill(self, count: int) -> Self:
        """Setup: chunks until so many are in."""
        while self.done < count:
            number = self.done + 1
            answer = await self.next()
            clause = "S-CHUNK-201" if number == len(self.plan.pieces) else "S-CHUNK-206"
            self.trial.need(self.done == number, clause, f"chunk {number} was answered {answer}")
        return self

    async def finish(self) -> None:
        """The rest of the chunks, and all of them have to be accepted: part of the case."""
        pieces = len(self.plan.pieces)
        while self.done < pieces:
            number = self.done + 1
            answer = await self.next()
            wanted = f"2xx to chunk {number} of {pieces}, which is the right next one"
            self.trial.expect(self.done == number, wanted, answer)

    async def uploaded(self) -> int | None:
        """uploaded_bytes as status/fetch tells it; None where it tells none."""
        answer = await self.trial.status(self.publish_id)
        count = answer.field("data", "uploaded_bytes")
        return count if type(count) is int else None

    async def expect_uploaded(self, count: int) -> None:
        """Where status/fetch works, it counts so many bytes (S-STATUS-UPLOADED judges it alone)."""
        found = await self.uploaded()
        if found is not None:
            self.trial.expect(found == count, f"uploaded_bytes {count} afterwards", f"uploaded_bytes {found}")


async def _prove(trial: Trial, chunks: int, but: str) -> None:
    """Setup: of a plain upload so many chunks are accepted; tried once for all cases."""
    target = trial.target
    async with target.trying_chunks:
        if target.proven is None:
            target.proven, target.unproven = await _plain(trial)
    trouble = target.unproven
    if trouble is not None and target.proven < chunks and not (but and str(trouble).endswith(but)):
        raise trouble


async def _plain(trial: Trial) -> tuple[int, SkipError | None]:
    """How many chunks of a plain upload are accepted, and why no more."""
    seen, task = len(trial.exchanges), None
    try:
        task = await Task.begun(trial)
        await task.fill(_PLAIN)
    except SkipError as error:
        return task.done if task else 0, error
    del trial.exchanges[seen:]  # they are nobody's evidence
    return _PLAIN, None
