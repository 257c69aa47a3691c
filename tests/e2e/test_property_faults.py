"""The property of the project under fire: whatever the file, its plan and the faults that strike, the reference
client ends with one post, byte for byte, and each fault has struck as often as it was told to.
"""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

import client_reference
from client_reference import ChunkPlan
from mockserver.config import Config
from mockserver.protocol.rules import DOCUMENTED
from support.commands import make_file
from support.servers import ThreadServer
from support.steering import assert_is_the_file, good

MB = 1000
SMALLEST, LARGEST = 5 * MB, 64 * MB
SEVERING = [{"kind": "close"}, {"kind": "reset"}, {"kind": "garbage"}]
SERVER_ERRORS = [{"kind": "status", "status": code} for code in (429, 500, 502, 503, 504)]


def sizes() -> st.SearchStrategy[tuple[int, int | None]]:
    """A file and the chunk_size that the client is told to use, None for its own choice."""
    alone = st.tuples(st.sampled_from([1, SMALLEST - 1, SMALLEST, LARGEST, LARGEST + 1]), st.none())
    cut = st.integers(SMALLEST, 12 * MB).flatmap(
        lambda chunk: st.tuples(st.integers(chunk, 7 * chunk), st.just(chunk))
    )
    return st.one_of(cut, cut, cut, alone)


@st.composite
def struck(draw: st.DrawFn, plan: ChunkPlan) -> dict[str, Any]:
    """A fault on one planned chunk, at a moment that comes."""
    number = draw(st.integers(1, plan.total_chunk_count))
    size = plan.chunk(number).size
    early = draw(st.sampled_from(["before_body", "after_body", "at_byte"]))
    when, do = draw(
        st.one_of(
            st.tuples(st.just(early), st.sampled_from([*SEVERING, *SERVER_ERRORS])),
            st.tuples(st.just("after_commit"), st.sampled_from([*SEVERING, SERVER_ERRORS[-1]])),
            st.tuples(st.just("after_commit"), st.integers(0, 60).map(lambda n: {"kind": "truncate", "bytes": n})),
            st.tuples(st.just("after_answer"), st.sampled_from(SEVERING[:2])),
        )
    )
    moment = {"at_byte": draw(st.integers(1, size))} if when == "at_byte" else when
    event(f"{do['kind']} {when}")
    return {"on": {"operation": "chunk", "chunk": number}, "when": moment, "do": do}


def of_the_api() -> st.SearchStrategy[dict[str, Any]]:
    """A fault on init or status that leaves nothing behind."""
    return st.builds(
        lambda operation, do: {"on": {"operation": operation}, "when": "before_body", "do": do},
        st.sampled_from(["init", "status"]),
        st.sampled_from([*SEVERING[:2], *SERVER_ERRORS]),
    )


def that_come(faults: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A chunk is kept once, and not sent again once the client knows: of each such fault one, the latter last."""
    seen: set[tuple[int, str]] = set()
    found = []
    for fault in sorted(faults, key=lambda one: one["when"] == "after_answer"):
        if fault["when"] in ("after_commit", "after_answer"):
            place = (fault["on"]["chunk"], fault["when"])
            if place in seen:
                continue
            seen.add(place)
        found.append(fault)
    return found


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadServer]:
    with ThreadServer(Config(rules=DOCUMENTED.with_mb(MB))) as running:
        yield running


@pytest.fixture(scope="module")
def fired() -> Iterator[list[int]]:
    """How many faults struck in each example: in half of them some did."""
    counts: list[int] = []
    yield counts
    assert sum(count > 0 for count in counts) * 2 >= len(counts) > 0


async def at_once(_: float) -> None:
    """Nobody waits."""


@settings(max_examples=max(200, settings().max_examples))
@given(data=st.data(), cut=sizes(), draft=st.booleans())
def test_every_fault_strikes_and_the_file_is_there_once(
    server: ThreadServer,
    fired: list[int],
    tmp_path_factory: pytest.TempPathFactory,
    data: st.DataObject,
    cut: tuple[int, int | None],
    *,
    draft: bool,
) -> None:
    size, chunk_size = cut
    plan = ChunkPlan.for_size(size, chunk_size=chunk_size, mb=MB)
    faults = that_come(data.draw(st.lists(struck(plan), max_size=4), label="on chunks"))
    faults += data.draw(st.lists(of_the_api(), max_size=1), label="on the API")
    file = make_file(tmp_path_factory.getbasetemp() / "faults.mp4", size)
    server.post("/_mock/reset")
    if faults:
        good(server, "POST", "/_mock/faults", faults)
    result = asyncio.run(
        client_reference.upload(
            file,
            token="t",
            api_base=server.url,
            draft=draft,
            chunk_size=chunk_size,
            mb=MB,
            sleep=at_once,
            random=lambda: 0.5,
        )
    )
    assert result.status == ("SEND_TO_USER_INBOX" if draft else "PUBLISH_COMPLETE")
    told = server.get("/_mock/faults")["faults"]
    assert [(fault["fired"], fault["left"]) for fault in told] == [(1, 0)] * len(faults), json.dumps(told)
    struck_requests = [one for one in server.get("/_mock/journal")["entries"] if one["fault"]]
    assert len(struck_requests) == len(faults)
    assert_is_the_file(server, file)
    fired.append(len(faults))
