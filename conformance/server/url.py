"""Cases of the upload URL."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from conformance.cases import Case, Run
from conformance.rights import UNKNOWN, WRONG_TOKEN
from conformance.task import Task
from conformance.terms import Terms
from conformance.trial import Trial

_QUERY: Final = {
    "S-URL-UNKNOWN/other-id": ("The id has another last digit.", "id", lambda v: v[:-1] + chr(ord(v[-1]) ^ 1)),
    "S-URL-UNKNOWN/longer-id": ("The id has a digit more.", "id", lambda v: v + "0"),
    "S-URL-UNKNOWN/empty-id": ("The id is empty.", "id", lambda _: ""),
    "S-URL-UNKNOWN/no-id": ("There is no id.", "id", lambda _: None),
    "S-URL-UNKNOWN/odd-id": ("The id is a path.", "id", lambda _: "../../etc/passwd"),
    "S-URL-UNKNOWN/very-long-id": ("The id has 2000 digits.", "id", lambda _: "7" * 2000),
    "S-URL-TOKEN/other-token": (
        "The token has another last letter.",
        "token",
        lambda v: v[:-1] + chr(ord(v[-1]) ^ 1),
    ),
    "S-URL-TOKEN/longer-token": ("The token has a letter more.", "token", lambda v: v + "0"),
    "S-URL-TOKEN/shorter-token": ("The token lacks its last letter.", "token", lambda v: v[:-1]),
    "S-URL-TOKEN/empty-token": ("The token is empty.", "token", lambda _: ""),
    "S-URL-TOKEN/no-token": ("There is no token.", "token", lambda _: None),
}


def cases(_terms: Terms) -> Iterable[Case]:
    """The cases of S-URL-..., but for those that take time."""
    yield Case("S-URL-SHARED/three-connections", "Each chunk on a connection of its own.", _shared(together=False))
    yield Case("S-URL-SHARED/one-connection", "All chunks on one connection.", _shared(together=True))
    yield Case("S-URL-UNKNOWN/no-query", "The URL without its query.", _no_query)
    for case_id, (sentence, name, change) in _QUERY.items():
        yield Case(case_id, sentence, _changed(f"upload_{name}", change, known=name == "token"))
    yield Case("S-URL-TOKEN/of-another-upload", "The token of another upload.", _swapped)


def _shared(*, together: bool) -> Run:
    async def run(trial: Trial) -> None:
        task = await Task.ready(trial)
        if not together:
            await task.finish()
            return
        async with trial.wire(task.address) as wire:
            for number in range(1, len(task.plan.pieces) + 1):
                answer = await task.put_on(wire, task.right(number))
                trial.expect(200 <= answer.status < 300, f"2xx to chunk {number} on the same connection", answer)
                if "close" in (answer.value("connection") or "").lower():
                    break

    return run


def _query(task: Task) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(task.address.path).query, keep_blank_values=True))


async def _no_query(trial: Trial) -> None:
    task = await Task.ready(trial)
    trial.judge(await task.put(task.right(1), task.elsewhere("")), UNKNOWN)


def _changed(name: str, change: object, *, known: bool) -> Run:
    async def run(trial: Trial) -> None:
        task = await Task.ready(trial)
        query = _query(task)
        trial.need(query.get(name), "S-INIT-ANSWER", f"upload_url has no {name}")
        made = change(query.pop(name)) if callable(change) else None
        if made is not None:
            query[name] = made
        answer = await task.put(task.right(1), task.elsewhere(urlencode(query)))
        trial.judge(answer, WRONG_TOKEN if known else UNKNOWN)

    return run


async def _swapped(trial: Trial) -> None:
    task, other = await Task.ready(trial), await Task.ready(trial)
    token = _query(other).get("upload_token", "")
    trial.need(token, "S-INIT-ANSWER", "upload_url has no upload_token")
    trial.need(
        token != _query(task).get("upload_token"), "S-INIT-UNIQUE", "two uploads have the same upload_token"
    )
    query = _query(task) | {"upload_token": token}
    trial.judge(await task.put(task.right(1), task.elsewhere(urlencode(query))), WRONG_TOKEN)
