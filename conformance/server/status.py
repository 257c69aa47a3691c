"""Cases of status/fetch."""

import asyncio
from collections.abc import Iterable
from typing import Final

from conformance.cases import Case, Run, SkipError
from conformance.exchange import Answer
from conformance.puts import Plan
from conformance.target import error_of
from conformance.task import Task
from conformance.terms import Terms
from conformance.trial import STATUS, Trial

_PROCESSING: Final = "PROCESSING_UPLOAD"
_REASONS: Final = frozenset(
    {
        "file_format_check_failed",
        "duration_check_failed",
        "frame_rate_check_failed",
        "picture_size_check_failed",
        "internal",
        "publish_cancelled",
        "auth_removed",
        "spam_risk_too_many_posts",
        "spam_risk_user_banned_from_posting",
        "spam_risk_text",
        "spam_risk",
    }
)
_POLLS: Final = (0.0, 0.1, 0.4, 1.0, 2.0, 4.0)


def cases(terms: Terms) -> Iterable[Case]:
    """The cases of the chapter."""
    for name, sentence, done, draft in (
        ("fresh", "Before any byte.", 0, False),
        ("after-one", "After the first of three chunks.", 1, False),
        ("after-two", "After the second.", 2, False),
        ("fresh-draft", "A draft, before any byte.", 0, True),
        ("draft-after-one", "A draft, after its first chunk.", 1, True),
    ):
        yield Case(f"S-STATUS-UPLOADED/{name}", sentence, _uploaded(done, draft=draft))
    yield Case("S-STATUS-UPLOADED/after-a-refusal", "After a chunk and a refusal.", _after_refusal)
    yield Case("S-STATUS-UPLOADED/body-on-its-way", "While a body is on its way.", _on_its_way)
    for name, sentence, plan, draft in (
        ("direct-post", "A direct post in three chunks.", Plan.of_chunks(terms.least, 3, 2), False),
        ("draft", "A draft in three chunks.", Plan.of_chunks(terms.least, 3, 2), True),
        ("whole", "A direct post in one chunk.", Plan.whole(terms.least), False),
        ("one-byte", "A draft of one byte.", Plan.whole(1), True),
    ):
        yield Case(f"S-STATUS-END/{name}", sentence, _end(plan, draft=draft))
    yield Case("S-STATUS-OWNER/fresh", "Another user asks before any byte.", _owner(0))
    yield Case("S-STATUS-OWNER/complete", "Another user asks after the last.", _owner(3))
    for name, sentence, made in (
        ("other-digit", "A publish_id with another last digit.", lambda one: one[:-1] + chr(ord(one[-1]) ^ 1)),
        ("longer", "A publish_id with a digit more.", lambda one: one + "0"),
        ("made-up", "A publish_id that was never given.", lambda _: "v_pub_file~v2-1.7000000000000000000"),
        ("word", "A word.", lambda _: "conformance"),
    ):
        yield Case(f"S-STATUS-UNKNOWN/{name}", sentence, _unknown(made))


async def _begun(trial: Trial, done: int, plan: Plan | None = None, *, draft: bool = False) -> Task:
    """Under one publish_id for several posts, one of the others may be told of."""
    task = await Task.begun(trial, plan, draft=draft)
    trial.need(task.unique, "S-INIT-UNIQUE", "init gave a publish_id that it had given before")
    return await task.fill(done)


def _seen(answer: Answer) -> str:
    data = answer.field("data")
    return f"{answer} with data {data!r}"[:300] if data is not None else str(answer)


async def _expect_processing(task: Task, count: int) -> None:
    answer = await task.trial.status(task.publish_id)
    found = (answer.status, answer.field("data", "status"), answer.field("data", "uploaded_bytes"))
    right = found == (200, _PROCESSING, count) and type(found[2]) is int
    task.trial.expect(right, f"200 {_PROCESSING} with uploaded_bytes {count}", _seen(answer))


def _count(task: Task, done: int) -> int:
    return task.plan.pieces[done - 1].stop if done else 0


def _uploaded(done: int, *, draft: bool) -> Run:
    async def run(trial: Trial) -> None:
        task = await _begun(trial, done, draft=draft)
        await _expect_processing(task, _count(task, done))

    return run


async def _after_refusal(trial: Trial) -> None:
    task = await _begun(trial, 1)
    answer = await task.put(task.right(3))
    trial.need(answer.status == 416, "S-ORDER-GAP", f"a gap was answered {answer}")
    await _expect_processing(task, _count(task, 1))


async def _on_its_way(trial: Trial) -> None:
    task = await _begun(trial, 1)
    async with trial.wire(task.address) as wire:
        await task.begin(wire, task.right(2), task.plan.chunk_size // 2)
        await wire.pause(0.1)
        await _expect_processing(task, _count(task, 1))


def _end(plan: Plan, *, draft: bool) -> Run:
    async def run(trial: Trial) -> None:
        task = await _begun(trial, len(plan.pieces), plan, draft=draft)
        end = "SEND_TO_USER_INBOX" if draft else "PUBLISH_COMPLETE"
        for wait in _POLLS:
            await asyncio.sleep(wait)
            answer = await trial.status(task.publish_id)
            word = answer.field("data", "status")
            if answer.status != 200 or word != _PROCESSING:
                break
        else:
            raise SkipError(f"still {_PROCESSING} after {sum(_POLLS):g} s")
        failed = word == "FAILED" and answer.field("data", "fail_reason") in _REASONS
        good = answer.status == 200 and (word == end or failed)
        trial.expect(good, f"200 {end}, or FAILED with a documented fail_reason", _seen(answer))

    return run


def _owner(done: int) -> Run:
    async def run(trial: Trial) -> None:
        task = await _begun(trial, done)
        answer = await trial.status(task.publish_id, auth="Bearer act.conformanceanother")
        if answer.status == 401:
            raise SkipError("a token made up for a second user is refused (401): only one user is at hand")
        code = "token_not_authorized_for_specified_publish_id"
        trial.expect(error_of(answer)[:2] == (400, code), f"400 {code}", _seen(answer))

    return run


def _unknown(made: object) -> Run:
    async def run(trial: Trial) -> None:
        task = await Task.begun(trial)
        asked = made(task.publish_id) if callable(made) else ""
        answer = await trial.post(STATUS, {"publish_id": asked})
        trial.expect(error_of(answer)[:2] == (400, "invalid_publish_id"), "400 invalid_publish_id", _seen(answer))

    return run
