"""What worlds make of stories: silent on a correct server, loud on every wrong one."""

from dataclasses import dataclass

import pytest

from conformance.model import Put, Status, Upload
from conformance.readings import DOCUMENTED, EVERY, Reading
from conformance.worlds import Worlds

HOUR = 3600.0
THREE = Upload(15_000, HOUR, (range(5000), range(5000, 10_000), range(10_000, 15_000)))
FIRST = Put(("bytes 0-4999/15000",), 5000, 5000)
SECOND = Put(("bytes 5000-9999/15000",), 5000, 5000)
LAST = Put(("bytes 10000-14999/15000",), 5000, 5000)
CUT = Put(("bytes 5000-9999/15000",), 5000, 4999)
NOTHING, ONE, TWO, ALL = (f"bytes 0-{count}/15000" for count in (0, 5000, 10_000, 15_000))


@dataclass(frozen=True)
class Said:
    """An answer to a PUT."""

    put: Put
    status: int
    progress: str | None = None


@dataclass(frozen=True)
class Lost:
    """A PUT without an answer."""

    put: Put


@dataclass(frozen=True)
class Down:
    """A PUT that got a 503."""

    put: Put


@dataclass(frozen=True)
class Told:
    """What status/fetch said."""

    word: str
    uploaded: int


Story = list[Said | Lost | Down | Told]

CORRECT: dict[str, Story] = {
    "three chunks": [Said(FIRST, 206, ONE), Said(SECOND, 206, TWO), Said(LAST, 201, ALL)],
    "refusals in between": [
        Said(SECOND, 416, NOTHING),
        Said(FIRST, 206, ONE),
        Said(FIRST, 416, ONE),
        Said(LAST, 416, ONE),
        Said(CUT, 400),
        Told("PROCESSING_UPLOAD", 5000),
        Said(SECOND, 206, TWO),
    ],
    "answer lost, chunk kept": [Said(FIRST, 206, ONE), Lost(SECOND), Said(SECOND, 416, TWO), Said(LAST, 201, ALL)],
    "answer lost, chunk not kept": [Said(FIRST, 206, ONE), Lost(SECOND), Said(SECOND, 206, TWO)],
    "answers lost one after another": [Lost(FIRST), Lost(FIRST), Lost(SECOND), Said(SECOND, 416, TWO)],
    "lost answer of a gap says nothing": [Lost(SECOND), Said(FIRST, 206, ONE)],
    "lost final answer": [
        Said(FIRST, 206, ONE),
        Said(SECOND, 206, TWO),
        Lost(LAST),
        Told("SEND_TO_USER_INBOX", 15_000),
        Said(LAST, 416, ALL),
    ],
    "cut body": [Said(FIRST, 206, ONE), Lost(CUT), Told("PROCESSING_UPLOAD", 5000), Said(SECOND, 206, TWO)],
    "503 and again": [Said(FIRST, 206, ONE), Down(SECOND), Down(SECOND), Said(SECOND, 206, TWO)],
}
WRONG: dict[str, Story] = {
    "gap accepted": [Said(FIRST, 206, ONE), Said(LAST, 206, TWO)],
    "gap accepted as the end": [Said(FIRST, 206, ONE), Said(LAST, 201, ALL)],
    "acknowledged but not stored": [Said(FIRST, 206, ONE), Said(SECOND, 416, NOTHING)],
    "acknowledged but not stored, by status": [Said(FIRST, 206, ONE), Told("PROCESSING_UPLOAD", 0)],
    "lost answer also loses an earlier chunk": [Said(FIRST, 206, ONE), Lost(SECOND), Said(SECOND, 416, NOTHING)],
    "lost answer, by status": [Said(FIRST, 206, ONE), Lost(SECOND), Told("PROCESSING_UPLOAD", 0)],
    "lost answer counted twice": [Said(FIRST, 206, ONE), Lost(SECOND), Said(LAST, 416, ALL)],
    "503 that commits": [Said(FIRST, 206, ONE), Down(SECOND), Said(SECOND, 416, TWO)],
    "503 that commits, by status": [Down(FIRST), Told("PROCESSING_UPLOAD", 5000)],
    "repeat accepted": [Said(FIRST, 206, ONE), Said(FIRST, 206, ONE)],
    "repeat counted twice": [Said(FIRST, 206, ONE), Said(FIRST, 206, TWO)],
    "repeat refused but counted": [Said(FIRST, 206, ONE), Said(FIRST, 416, ONE), Said(SECOND, 416, TWO)],
    "progress one too many": [Said(FIRST, 206, "bytes 0-5001/15000")],
    "progress one too few": [Said(FIRST, 206, "bytes 0-4999/15000")],
    "progress missing": [Said(FIRST, 206)],
    "progress of another file": [Said(FIRST, 206, "bytes 0-5000/15001")],
    "cut body committed": [Said(FIRST, 206, ONE), Lost(CUT), Said(SECOND, 416, TWO)],
    "short body accepted": [Said(FIRST, 206, ONE), Said(CUT, 206, TWO)],
    "201 too early": [Said(FIRST, 206, ONE), Said(SECOND, 201, TWO)],
    "206 at the end": [Said(FIRST, 206, ONE), Said(SECOND, 206, TWO), Said(LAST, 206, ALL)],
    "a 416 that forgets": [Said(FIRST, 206, ONE), Said(LAST, 416, ONE), Said(SECOND, 416, NOTHING)],
    "500 out of the blue": [Said(FIRST, 500)],
}
"""Each is impossible at its last step, and not before."""


def tell(story: Story, reading: Reading = DOCUMENTED) -> int | None:
    """The first step that is impossible, None where there is none."""
    worlds = Worlds.of(THREE, reading)
    for number, step in enumerate(story):
        match step:
            case Said(put, status, progress):
                worlds = worlds.answered(put, status, progress, 0.0)
            case Lost(put):
                worlds = worlds.lost(put, 0.0)
            case Down():
                worlds = worlds.refused_for_now()
            case Told(word, uploaded):
                worlds = worlds.reported(Status(word, uploaded), draft=True)
        if worlds.impossible:
            return number
    return None


@pytest.mark.parametrize("reading", [DOCUMENTED, EVERY], ids=["documented", "every reading"])
@pytest.mark.parametrize("story", CORRECT.values(), ids=CORRECT)
def test_silent_on_a_correct_server(story: Story, reading: Reading) -> None:
    assert tell(story, reading) is None


@pytest.mark.parametrize("story", WRONG.values(), ids=WRONG)
def test_loud_on_a_wrong_one(story: Story) -> None:
    assert tell(story) == len(story) - 1


ANOTHER_READING = {"progress one too few", "progress missing", "repeat accepted"}
"""Of these the guide lets some reading do the last step: the last index, no header, an accepted repeat."""


@pytest.mark.parametrize("name", WRONG)
def test_wrong_in_every_reading(name: str) -> None:
    expected = None if name in ANOTHER_READING else len(WRONG[name]) - 1
    assert tell(WRONG[name], EVERY) == expected


def test_a_server_stays_with_the_reading_that_it_has_shown() -> None:
    last_index = Said(FIRST, 206, "bytes 0-4999/15000")
    assert tell([last_index, Said(SECOND, 206, "bytes 0-9999/15000")], EVERY) is None
    assert tell([last_index, Said(SECOND, 206, TWO)], EVERY) == 1
    assert tell([last_index, Said(FIRST, 416, ONE)], EVERY) == 1
    accepted = [Said(FIRST, 206, ONE), Said(FIRST, 206, ONE)]
    assert tell([*accepted, Said(FIRST, 206, ONE)], EVERY) is None
    assert tell([*accepted, Said(FIRST, 416, ONE)], EVERY) == 2


def test_a_lost_answer_leaves_both_worlds_and_the_next_answer_decides() -> None:
    before = Worlds.of(THREE)
    forked = before.lost(FIRST, 0.0)
    uploaded = {world.upload.uploaded for world in forked.possible if world.upload}
    assert uploaded == {0, 5000}
    assert {(one.status, one.progress) for one in forked.expected(FIRST, 0.0)} == {(206, ONE), (416, ONE)}
    assert forked.answered(FIRST, 416, ONE, 0.0) == before.answered(FIRST, 206, ONE, 0.0)


def test_a_lost_answer_of_a_request_known_to_be_decided_leaves_one() -> None:
    before = Worlds.of(THREE)
    assert before.decided(FIRST, 0.0) == before.answered(FIRST, 206, ONE, 0.0)
    assert before.decided(SECOND, 0.0) == before


def test_worlds_do_not_multiply_where_nothing_was_learnt() -> None:
    forked = Worlds.of(THREE).lost(FIRST, 0.0).lost(FIRST, 0.0).lost(FIRST, 0.0)
    assert len(forked.possible) == 2
    assert len(forked.lost(SECOND, 0.0).possible) == 3


def test_two_of_one_range_in_flight_are_let_in_and_one_is_kept() -> None:
    # S-ORDER-PARALLEL
    both = Worlds.of(THREE).let_in(FIRST, 0.0).let_in(FIRST, 0.0)
    assert not both.impossible
    one = both.answered(FIRST, 206, ONE, 0.0, in_flight=True)
    assert one.answered(FIRST, 206, ONE, 0.0, in_flight=True).impossible
    assert not one.answered(FIRST, 416, ONE, 0.0, in_flight=True).impossible


def test_expiry_on_the_way() -> None:
    # S-URL-EXPIRED
    begun = Worlds.of(THREE).let_in(FIRST, HOUR - 0.25)
    assert not begun.answered(FIRST, 403, None, HOUR, in_flight=True).impossible
    assert begun.answered(FIRST, 206, ONE, HOUR, in_flight=True).impossible
    assert Worlds.of(THREE).let_in(FIRST, HOUR).impossible


def test_forgotten() -> None:
    forgotten = Worlds.of(THREE).lost(FIRST, 0.0).forgotten()
    assert forgotten == Worlds.of(None)
    assert not forgotten.answered(FIRST, 404, None, 0.0).impossible
    assert not forgotten.reported(Status("invalid_publish_id"), draft=True).impossible
    assert forgotten.reported(Status("PROCESSING_UPLOAD", 0), draft=True).impossible
