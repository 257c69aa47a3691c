"""What the answer to a chunk says about where the server is."""

from dataclasses import dataclass

from client_reference.answers import Progress
from client_reference.errors import PlaceLost
from client_reference.plan import Chunk


@dataclass(frozen=True, slots=True)
class Held:
    """The chunk arrived: the server holds the first `place` bytes."""

    place: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The server stands at `place`, whatever became of the chunk."""

    place: int


@dataclass(frozen=True, slots=True)
class Unclear:
    """Status has to tell."""


def judge(
    chunk: Chunk, status: int, progress: Progress | None, places: list[int], *, can_ask: bool, lost: bool
) -> Held | Elsewhere | Unclear | PlaceLost:
    """Of a 2xx or 416: go on where the server is (C-416-RESYNC), never to success by guess (C-END).

    `places` are those that the progress header may mean; `can_ask` says whether status can be asked; `lost`,
    whether an earlier attempt at this chunk went without a clear answer.
    """
    end = chunk.last + 1
    expected = status in {200, 201} if chunk.final else status == 206  # 200 at the end: A6
    agrees = progress is None or (end in progress.readings and progress.total == chunk.total)
    # Where nobody can be asked the status code counts: a wrong 206 shows as 416 with the next.
    if expected and (agrees or not can_ask):
        return Held(end)
    if len(places) == 1 and not expected:
        return Elsewhere(places[0])
    if can_ask:
        return Unclear()
    if status != 416:
        return Elsewhere(chunk.first)
    if places:  # 1 byte, nothing or all of it: not nothing, or its byte 0 would not be denied
        return Elsewhere(places[-1])
    if progress is None and lost and not chunk.final:
        return Held(end)  # only the lost attempt can have moved the server; the next chunk will tell
    said = f"reports {progress.number} bytes" if progress else "does not say where it is"
    return PlaceLost(f"The server denies {chunk.content_range!r} and {said}: no chunk starts there.")
