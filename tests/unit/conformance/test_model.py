"""The oracle against tables written out from the law book, and against every vector."""

from dataclasses import replace
from typing import Any

import pytest

from conformance.model import Answer, Put, Status, Upload, World, allowed, let_in, status_answers
from conformance.plans import COUNT, FIELDS, SIZE, PlanReading, cut, init_answers
from conformance.readings import DOCUMENTED, EVERY, SWITCHES, Reading
from conformance.vectors import load
from conformance.worlds import Worlds

HOUR = 3600.0
GOOD = Put(("bytes 5000-9999/15000",), 5000, 5000)
"""The second of three chunks."""
PROFILES = {
    "documented": PlanReading(),
    "observed": PlanReading((1_000_000, 1_000_000), whole=True),
    "strict": PlanReading((1_048_576, 1_000_000), whole=True, largest=4_000_000_000),
}
FLOOR_PLANS = [row for row in load("plans") if row.get("rules", {}).get("count_rule", "floor") == "floor"]
"""The oracle knows the count rule that is in force, not the older wording nor none."""


def upload_at(ticked: int) -> Upload:
    """15,000 bytes in three chunks, of which so many are in."""
    pieces = (range(5000), range(5000, 10_000), range(10_000, 15_000))
    return Upload(15_000, HOUR, pieces[ticked:], pieces[:ticked], longest=128_000)


def shown(answers: frozenset[Any]) -> set[tuple[int, str | None]]:
    """Status and progress header of each allowed answer."""
    return {(answer.status, answer.progress) for answer, _ in answers}


def ask(ticked: int, put: Put, reading: Reading = DOCUMENTED, now: float = 0.0) -> set[tuple[int, str | None]]:
    return shown(allowed(World(upload_at(ticked), reading), put, now))


# ── what is written ──


@pytest.mark.parametrize("row", load("content_range"), ids=lambda row: row["id"])
def test_content_range(row: dict[str, Any]) -> None:
    put = Put((row["header"],), 0, 0)
    if "accept" in row:
        first, last, total = row["accept"].values()
        assert put.span() == (first, last, total)
        assert put.place() == range(first, last + 1)
    else:
        assert (put.span() is None) is (row["refuse"] == "S-HEAD-RANGE-MALFORMED")
        assert put.place() is None


@pytest.mark.parametrize("ranges", [(), ("bytes 0-9/10", "bytes 0-9/10")])
def test_no_range_and_two_ranges_are_none(ranges: tuple[str, ...]) -> None:
    assert Put(ranges, 10, 10).span() is None


# ── init ──


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("row", FLOOR_PLANS, ids=lambda row: row["id"])
def test_plan(row: dict[str, Any], profile: str) -> None:
    rules = row.get("rules", {})
    reading = PROFILES[profile]
    if "mb" in rules:
        reading = replace(reading, units=(rules["mb"], rules["mb"]))
    if "single_chunk_size" in rules:
        reading = replace(reading, whole=rules["single_chunk_size"] == "equal")
    if "largest_video" in rules:
        reading = replace(reading, largest=None if rules["largest_video"] == "none" else rules["largest_video"])
    expected = row["expect"].get("all") or row["expect"][profile]
    source = row["source_info"]
    if "accept" in expected:
        assert init_answers(source, reading) == {None}
        assert len(cut(source["video_size"], source["chunk_size"])[-1]) == expected["accept"]["final_chunk"]
    else:
        assert init_answers(source, reading) == {expected["refuse"]["message"]}


@pytest.mark.parametrize(
    ("plan", "answers"),
    [
        # S-PLAN-LARGE-SPLIT and S-PLAN-COUNT both apply, and no line says which text comes first
        ((73_400_320, 10_485_760, 1), {SIZE, COUNT}),
        ((126_000_000, 64_000_000, 2), {SIZE, COUNT}),
        ((126_000_000, 64_000_000, 1), {SIZE}),
        ((50_000_123, 10_000_000, 5), {None}),
    ],
)
def test_texts_of_a_large_video(plan: tuple[int, int, int], answers: set[str | None]) -> None:
    names = ("video_size", "chunk_size", "total_chunk_count")
    source = {"source": "FILE_UPLOAD", **dict(zip(names, plan, strict=True))}
    assert init_answers(source, PlanReading()) == answers


@pytest.mark.parametrize("source", [None, "", "file_upload", "FILE", 1])
def test_source_that_is_unknown(source: object) -> None:
    # S-INIT-SOURCE
    fields = {"source": source, "video_size": 1, "chunk_size": 1, "total_chunk_count": 1}
    assert init_answers(fields, PlanReading()) == {FIELDS}


def test_the_guide_is_cut_as_it_says() -> None:
    # S-CHUNK-EXAMPLE-50M, S-CHUNK-EXAMPLE-4M
    assert cut(50_000_123, 10_000_000) == (
        range(10_000_000),
        range(10_000_000, 20_000_000),
        range(20_000_000, 30_000_000),
        range(30_000_000, 40_000_000),
        range(40_000_000, 50_000_123),
    )
    assert cut(4_194_304, 4_194_304) == (range(4_194_304),)
    assert len(cut(5_000_000, 5000)) == 1000
    assert len(cut(2**63 - 1, 1)) == 1001


# ── a PUT, as documented ──

DOCUMENTED_ANSWERS: dict[str, tuple[int, Put, tuple[int, str | None, bool, str]]] = {
    "first": (0, Put(("bytes 0-4999/15000",), 5000, 5000), (206, "bytes 0-5000/15000", True, "S-CHUNK-206")),
    "second": (1, GOOD, (206, "bytes 0-10000/15000", True, "S-CHUNK-206")),
    "last": (
        2,
        Put(("bytes 10000-14999/15000",), 5000, 5000),
        (201, "bytes 0-15000/15000", True, "S-CHUNK-201"),
    ),
    "start": (0, GOOD, (416, "bytes 0-0/15000", False, "S-ORDER-START")),
    "gap": (
        1,
        Put(("bytes 10000-14999/15000",), 5000, 5000),
        (416, "bytes 0-5000/15000", False, "S-ORDER-GAP"),
    ),
    "gap of a byte": (
        1,
        Put(("bytes 5001-9999/15000",), 4999, 4999),
        (416, "bytes 0-5000/15000", False, "S-ORDER-GAP"),
    ),
    "repeat": (2, GOOD, (416, "bytes 0-10000/15000", False, "S-ORDER-REPEAT")),
    "overlap": (
        1,
        Put(("bytes 4999-9999/15000",), 5001, 5001),
        (416, "bytes 0-5000/15000", False, "S-ORDER-OVERLAP"),
    ),
    "after the end": (3, GOOD, (416, "bytes 0-15000/15000", False, "S-ORDER-AFTER-END")),
    "one byte less": (
        1,
        Put(("bytes 5000-9998/15000",), 4999, 4999),
        (400, None, False, "S-CHUNK-PLANNED-SIZE"),
    ),
    "one byte more": (
        1,
        Put(("bytes 5000-10000/15000",), 5001, 5001),
        (400, None, False, "S-CHUNK-PLANNED-SIZE"),
    ),
    "total": (1, replace(GOOD, ranges=("bytes 5000-9999/15001",)), (400, None, False, "S-HEAD-TOTAL")),
    "length": (1, replace(GOOD, length=5001, sent=5001), (400, None, False, "S-HEAD-LENGTH-MISMATCH")),
    "no length": (1, replace(GOOD, length=None), (400, None, False, "S-HEAD-LENGTH-MISSING")),
    "no range": (1, replace(GOOD, ranges=()), (400, None, False, "S-HEAD-RANGE-MISSING")),
    "malformed": (1, replace(GOOD, ranges=("bytes 5000-9999/*",)), (400, None, False, "S-HEAD-RANGE-MALFORMED")),
    "inverted": (
        1,
        replace(GOOD, ranges=("bytes 9999-5000/15000",)),
        (400, None, False, "S-HEAD-RANGE-INVERTED"),
    ),
    "last is total": (
        2,
        Put(("bytes 10000-15000/15000",), 5001, 5001),
        (400, None, False, "S-HEAD-RANGE-INVERTED"),
    ),
    "type": (1, replace(GOOD, content_type="video/x-msvideo"), (400, None, False, "S-HEAD-TYPE")),
    "no type": (1, replace(GOOD, content_type=None), (400, None, False, "S-HEAD-TYPE")),
    "type with a parameter": (
        1,
        replace(GOOD, content_type="Video/QuickTime ; a=b"),
        (206, "bytes 0-10000/15000", True, "S-CHUNK-206"),
    ),
    "short": (1, replace(GOOD, sent=4999), (400, None, False, "S-BODY-SHORT")),
    "token": (1, replace(GOOD, token_right=False), (404, None, False, "S-URL-TOKEN")),
    "place before body": (2, replace(GOOD, sent=0), (416, "bytes 0-10000/15000", False, "S-ORDER-REPEAT")),
    "total before place": (
        2,
        replace(GOOD, ranges=("bytes 0-4999/1",)),
        (400, None, False, "S-HEAD-RANGE-INVERTED"),
    ),
}


@pytest.mark.parametrize(("ticked", "put", "answer"), DOCUMENTED_ANSWERS.values(), ids=DOCUMENTED_ANSWERS)
def test_documented_answer(ticked: int, put: Put, answer: tuple[int, str | None, bool, str]) -> None:
    before = upload_at(ticked)
    ((given, after),) = allowed(World(before, DOCUMENTED), put, HOUR - 0.25)
    assert given == Answer(*answer)
    assert after == World(upload_at(ticked + 1) if given.moves else before, DOCUMENTED)


def test_unknown_upload() -> None:
    # S-URL-UNKNOWN
    unknown = World(None, EVERY)
    assert shown(allowed(unknown, GOOD, 0.0)) == {(404, None)}
    assert shown(allowed(unknown, replace(GOOD, ranges=(), token_right=False), 0.0)) == {(404, None)}


@pytest.mark.parametrize(
    "put", [GOOD, replace(GOOD, ranges=()), replace(GOOD, content_type=None, length=1), replace(GOOD, sent=1)]
)
def test_expired_comes_before_all_but_the_token(put: Put) -> None:
    # S-URL-EXPIRED: the URL is valid while now < issued + lifetime
    expired = World(upload_at(1), EVERY)
    assert {status for status, _ in shown(allowed(expired, put, HOUR))} == {403}
    assert 403 not in {status for status, _ in shown(allowed(expired, put, HOUR - 0.25))}
    assert ask(1, replace(put, token_right=False), now=HOUR) == {(404, None)}


def test_two_of_a_header_may_be_refused_before_the_url_is_looked_at() -> None:
    twice = replace(GOOD, ranges=GOOD.ranges * 2)
    assert ask(1, twice) == {(400, None)}
    assert ask(1, twice, now=HOUR) == {(400, None), (403, None)}


# ── readings ──

LAST = Put(("bytes 10000-14999/15000",), 5000, 5000)
SWITCHED: list[tuple[str, int | str, int, Put, tuple[int, str | None]]] = [
    ("progress", "last_index", 1, GOOD, (206, "bytes 0-9999/15000")),
    ("progress", "last_index", 0, GOOD, (416, None)),
    ("progress", "omit", 2, LAST, (201, None)),
    ("progress_on", "accepted", 2, GOOD, (416, None)),
    ("progress_on", "accepted", 1, GOOD, (206, "bytes 0-10000/15000")),
    ("progress_on", "all", 1, replace(GOOD, sent=1), (400, "bytes 0-5000/15000")),
    ("missing_range", 416, 1, replace(GOOD, ranges=()), (416, "bytes 0-5000/15000")),
    ("wrong_total", 416, 1, replace(GOOD, ranges=("bytes 5000-9999/15001",)), (416, "bytes 0-5000/15000")),
    ("off_plan", 416, 1, Put(("bytes 5000-9998/15000",), 4999, 4999), (416, "bytes 0-5000/15000")),
    ("off_plan", "accept", 1, Put(("bytes 5000-9998/15000",), 4999, 4999), (206, "bytes 0-9999/15000")),
    ("off_plan", "accept", 1, Put(("bytes 5000-14999/15000",), 10_000, 10_000), (201, "bytes 0-15000/15000")),
    ("wrong_token", 403, 1, replace(GOOD, token_right=False), (403, None)),
    ("content_type", 415, 1, replace(GOOD, content_type=None), (415, None)),
    ("content_type", "any", 1, replace(GOOD, content_type=None), (206, "bytes 0-10000/15000")),
    ("content_type", "any", 1, replace(GOOD, content_type=None, sent=1), (400, None)),
    ("missing_length", 411, 1, replace(GOOD, length=None), (411, None)),
    ("after_end", 404, 3, GOOD, (404, None)),
    ("after_end", 403, 3, GOOD, (403, None)),
    ("after_end", 400, 3, GOOD, (400, None)),
    ("final_status", 200, 2, LAST, (200, "bytes 0-15000/15000")),
    ("final_status", 200, 1, GOOD, (206, "bytes 0-10000/15000")),
    ("repeat", "accept", 2, GOOD, (206, "bytes 0-10000/15000")),
    ("repeat", "accept", 3, LAST, (201, "bytes 0-15000/15000")),
    ("repeat", "accept", 2, replace(GOOD, sent=1), (400, None)),
    ("repeat", "accept", 2, Put(("bytes 5000-9998/15000",), 4999, 4999), (416, "bytes 0-10000/15000")),
]


@pytest.mark.parametrize(("switch", "value", "ticked", "put", "answer"), SWITCHED)
def test_switch(switch: str, value: int | str, ticked: int, put: Put, answer: tuple[int, str | None]) -> None:
    assert ask(ticked, put, Reading.of(**{switch: value})) == {answer}
    every = allowed(World(upload_at(ticked), EVERY), put, 0.0)
    assert answer in shown(every)
    # Every answer leaves only the values of the switch that allow it.
    for given, after in every:
        for left in after.reading.possible(switch):
            assert (given.status, given.progress) in ask(
                ticked, put, replace(after.reading, **{switch: frozenset({left})})
            )


def test_a_repeat_that_is_accepted_is_not_counted() -> None:
    ((answer, after),) = allowed(World(upload_at(2), Reading.of(repeat="accept")), GOOD, 0.0)
    assert not answer.moves
    assert after.upload == upload_at(2)


def test_an_early_chunk_repeated_after_the_end_may_get_either_good_status() -> None:
    assert ask(3, GOOD, Reading.of(repeat="accept")) == {
        (206, "bytes 0-15000/15000"),
        (201, "bytes 0-15000/15000"),
    }


def test_any_contiguous_range_of_at_most_128_mb() -> None:
    # A13
    reading = Reading.of(off_plan="accept")
    world = World(Upload.declared(200_000, 64_000, expires_at=HOUR, mb=1000), reading)
    most = Put(("bytes 0-127999/200000",), 128_000, 128_000)
    assert shown(allowed(world, most, 0.0)) == {(206, "bytes 0-128000/200000")}
    more = Put(("bytes 0-128000/200000",), 128_001, 128_001)
    assert shown(allowed(world, more, 0.0)) == {(400, None), (416, "bytes 0-0/200000")}


def test_of_several_faults_any_may_be_told_where_no_order_is_promised() -> None:
    both = replace(GOOD, ranges=("bytes 10000-14999/15001",))
    assert ask(0, both) == {(400, None)}
    assert ask(0, both, Reading.of(order="any")) == {(400, None), (416, "bytes 0-0/15000")}


def test_what_must_be_is_refused_in_every_reading() -> None:
    for ticked, put, _ in DOCUMENTED_ANSWERS.values():
        documented = ask(ticked, put)
        assert documented <= ask(ticked, put, EVERY)
    # S-ORDER-GAP, S-HEAD-RANGE-MALFORMED, S-HEAD-LENGTH-MISMATCH, S-BODY-SHORT
    for name, status in [("gap", 416), ("malformed", 400), ("length", 400), ("short", 400)]:
        ticked, put, _ = DOCUMENTED_ANSWERS[name]
        assert {given for given, _ in ask(ticked, put, EVERY)} == {status}


@pytest.mark.parametrize("values", [frozenset(), frozenset({"last"}), frozenset({"count", 400})])
def test_a_reading_holds_known_values_only(values: frozenset[int | str]) -> None:
    with pytest.raises(ValueError, match=r"progress is .*, wanted some of count, last_index, omit"):
        Reading(progress=values)


def test_every_switch_has_its_documented_value_alone() -> None:
    assert set(SWITCHES) == set(Reading.__dataclass_fields__)
    assert all(len(DOCUMENTED.possible(switch)) == 1 for switch in SWITCHES)


# ── requests in flight ──


def test_a_head_is_let_in_before_its_body_is_there() -> None:
    nothing_yet = replace(GOOD, sent=0)
    world = World(upload_at(1), DOCUMENTED)
    assert let_in(world, nothing_yet, HOUR - 0.25) == {world}
    assert let_in(world, nothing_yet, HOUR) == frozenset()
    assert let_in(World(upload_at(2), DOCUMENTED), nothing_yet, 0.0) == frozenset()
    assert let_in(World(None, DOCUMENTED), nothing_yet, 0.0) == frozenset()


def test_letting_a_head_in_says_something_of_the_reading() -> None:
    world = World(upload_at(1), EVERY)
    (after,) = let_in(world, replace(GOOD, content_type="text/plain"), 0.0)
    assert after == World(upload_at(1), replace(EVERY, content_type=frozenset({"any"})))


@pytest.mark.parametrize(
    ("ticked", "now", "sent", "answer"),
    [
        (1, 0.0, 5000, (206, "bytes 0-10000/15000")),
        (2, 0.0, 5000, (416, "bytes 0-10000/15000")),  # S-ORDER-PARALLEL
        (3, 0.0, 5000, (416, "bytes 0-15000/15000")),
        (1, HOUR, 5000, (403, None)),  # S-URL-EXPIRED
        (1, 0.0, 4999, (400, None)),
        (2, 0.0, 4999, (400, None)),  # the contract's seventh step: short first, then the offset
        (2, HOUR, 4999, (400, None)),
    ],
)
def test_end_of_a_body(ticked: int, now: float, sent: int, answer: tuple[int, str | None]) -> None:
    outcomes = allowed(World(upload_at(ticked), DOCUMENTED), replace(GOOD, sent=sent), now, in_flight=True)
    assert shown(outcomes) == {answer}


# ── status ──


@pytest.mark.parametrize(
    ("upload", "more", "answers"),
    [
        (None, {}, {("invalid_publish_id", None)}),
        (None, {"own": False}, {("invalid_publish_id", None)}),
        (upload_at(1), {"own": False}, {("token_not_authorized_for_specified_publish_id", None)}),
        (upload_at(0), {}, {("PROCESSING_UPLOAD", 0)}),
        (upload_at(2), {"posted": True}, {("PROCESSING_UPLOAD", 10_000)}),
        (upload_at(3), {"posted": True}, {("SEND_TO_USER_INBOX", 15_000), ("SEND_TO_USER_INBOX", None)}),
        (
            upload_at(3),
            {"draft": False},
            {
                ("PROCESSING_UPLOAD", 15_000),
                *(("PUBLISH_COMPLETE", shown) for shown in (None, 15_000)),
                *(("FAILED", shown) for shown in (None, 15_000)),
            },
        ),
    ],
)
def test_status(upload: Upload | None, more: dict[str, bool], answers: set[tuple[str, int | None]]) -> None:
    # S-STATUS-UNKNOWN, S-STATUS-OWNER, S-STATUS-UPLOADED, S-STATUS-END
    assert status_answers(upload, **{"draft": True, **more}) == answers


# ── whole stories ──


class Player:
    """A sequence vector told to the oracle: each answer has to be possible and, as documented, the only one."""

    def __init__(self, row: dict[str, Any], *, every: bool) -> None:
        rules = (
            {"missing_range": 416, **row.get("rules", {})}
            if row["profile"] == "observed"
            else row.get("rules", {})
        )
        switches = {name: value for name, value in rules.items() if name != "mb"}
        source = row["source_info"]
        upload = Upload.declared(
            source["video_size"], source["chunk_size"], expires_at=HOUR, mb=rules.get("mb", 1_048_576)
        )
        self.exact = not every
        self.worlds = Worlds.of(upload, EVERY if every else Reading.of(**switches))
        self.now = 0.0
        self.begun: dict[str, Put] = {}

    def step(self, step: dict[str, Any]) -> None:
        match step:
            case {"put": put, "expect": answer}:
                nobody = Worlds.of(None) if put.get("upload_id") == "unknown" else None
                after = self.judge(nobody or self.worlds, _put(put), answer)
                self.worlds = after if nobody is None else self.worlds
            case {"begin": name, "put": put}:
                self.begun[name] = _put(put)
                self.worlds = self.worlds.let_in(_put(put), self.now)
                assert not self.worlds.impossible
            case {"finish": name, "expect": answer}:
                self.worlds = self.judge(self.worlds, self.begun.pop(name), answer, in_flight=True)
            case {"advance": seconds}:
                self.now += seconds
            case {"expect_status": {"status": word, "uploaded_bytes": uploaded}}:
                self.worlds = self.worlds.reported(Status(word, uploaded), draft=True)
                assert not self.worlds.impossible

    def judge(self, worlds: Worlds, put: Put, answer: dict[str, Any], *, in_flight: bool = False) -> Worlds:
        expected = worlds.expected(put, self.now, in_flight=in_flight)
        after = worlds.answered(put, answer["status"], answer["progress"], self.now, in_flight=in_flight)
        assert not after.impossible, expected
        if self.exact and len(put.ranges) < 2:
            assert {(one.status, one.progress) for one in expected} == {(answer["status"], answer["progress"])}
            clauses = answer["clause"] if isinstance(answer["clause"], list) else [answer["clause"]]
            assert {one.clause for one in expected} & set(clauses)
        return after


def _put(put: dict[str, Any]) -> Put:
    ranges, length = put["range"], put["length"]
    return Put(
        (ranges,) if isinstance(ranges, str) else tuple(ranges or ()),
        length,
        put.get("body", length or 0),
        put.get("type", "video/mp4"),
        token_right="token" not in put,
    )


@pytest.mark.parametrize("every", [False, True], ids=["exact", "every reading"])
@pytest.mark.parametrize("row", load("sequences"), ids=lambda row: row["id"])
def test_sequence(row: dict[str, Any], *, every: bool) -> None:
    player = Player(row, every=every)
    for step in row["steps"]:
        player.step(step)
