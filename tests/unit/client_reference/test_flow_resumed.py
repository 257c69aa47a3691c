"""UploadFlow that goes on where an earlier run was, and what it keeps for the next."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_reference import RetryPolicy, UploadFlow, UploadJob, UploadResult
from client_reference.steps import Failed, InitRequest, Saved, StatusRequest
from support.flows import BUSY, LOST, PLAN, THREE, URL, WHOLE, error, initialised, play, progress, refused, state

AT_0, AT_10, AT_25 = Saved(URL, "v_pub", 0), Saved(URL, "v_pub", 10), Saved(URL, "v_pub", 25)


def resumed(saved, plan=PLAN, **job):
    retry = job.pop("retry", RetryPolicy())
    return UploadFlow(UploadJob(plan, **{"token": "act.1", "wait": False, **job}), retry=retry, saved=saved)


def at(place):
    return state("PROCESSING_UPLOAD", uploaded_bytes=place)


TABLE = [
    # name, saved, answers, steps
    ("nothing-was-begun", Saved(), [initialised(), 206, 201], ["init", 0, 10, "done"]),
    ("no-byte-was-sent", AT_0, [at(0), 206, 201], ["status", 0, 10, "done"]),
    ("between-chunks", AT_10, [at(10), 201], ["status", 10, "done"]),
    ("a-chunk-arrived-unseen", AT_0, [at(10), 201], ["status", 10, "done"]),
    ("the-last-arrived-unseen", AT_10, [at(25)], ["status", "done"]),
    ("the-last-arrived-unseen-and-is-posted", AT_10, [state("PUBLISH_COMPLETE")], ["status", "done"]),
    ("all-had-arrived", AT_25, [], ["done"]),
    ("the-server-lost-a-chunk", AT_10, [at(0), 206, 201], ["status", 0, 10, "done"]),
    ("the-post-failed", AT_10, [state("FAILED", fail_reason="internal")], ["status", "PublishFailed"]),
    ("status-is-down-for-a-moment", AT_10, [503, at(10), 201], ["status", ("status", 2.0), 10, "done"]),
    # Status that does not help: the chunk tells.
    ("status-without-a-number", AT_10, [state("PROCESSING_UPLOAD"), 201], ["status", 10, "done"]),
    ("status-between-chunks", AT_10, [at(7), 201], ["status", 10, "done"]),
    ("status-beyond-the-end", AT_10, [at(26), 201], ["status", 10, "done"]),
    ("status-not-allowed", AT_10, [refused(401, "scope_not_authorized"), 201], ["status", 10, "done"]),
    (
        "status-knows-no-such-post",
        AT_0,
        [refused(400, "invalid_publish_id"), (416, progress(10)), 201],
        ["status", 0, 10, "done"],
    ),
    ("status-is-not-json", AT_10, [(200, {}, b"<html>"), 201], ["status", 10, "done"]),
    (
        "status-helps-only-later",
        AT_10,
        [state("PROCESSING_UPLOAD"), 416, at(25)],
        ["status", 10, ("status", 2.0), "done"],
    ),
    # The chunk in flight arrives after status was asked.
    ("the-last-was-still-on-its-way", AT_10, [at(10), (416, progress(25))], ["status", 10, "done"]),
    (
        "the-last-was-still-on-its-way-A12",
        AT_10,
        [at(10), 404, at(25)],
        ["status", 10, ("status", 2.0), "done"],
    ),
    # The upload_url is gone: another one only where no post can have come of the first.
    ("expired-since", AT_0, [at(0), 403, initialised(), 206, 201], ["status", 0, "init", 0, 10, "done"]),
    ("forgotten-since", AT_0, [at(0), 404, initialised(), 206, 201], ["status", 0, "init", 0, 10, "done"]),
    (
        "everything-forgotten-since",
        AT_0,
        [refused(400, "invalid_publish_id"), 404, initialised(), 206, 201],
        ["status", 0, "init", 0, 10, "done"],
    ),
    (
        "expired-before-the-last-which-did-not-arrive",
        AT_10,
        [at(10), 403, at(10), initialised(), 206, 201],
        ["status", 10, ("status", 2.0), "init", 0, 10, "done"],
    ),
    (
        "forgotten-before-the-last-and-nobody-knows",
        AT_10,
        [state(None), 404, refused(400, "access_token_invalid")],
        ["status", 10, ("status", 2.0), "UploadUnknown"],
    ),
    ("expired-twice", AT_0, [at(0), 403, initialised(), 403], ["status", 0, "init", 0, "UploadExpired"]),
    ("another-400", AT_0, [at(0), 400], ["status", 0, "BadRequest"]),
]


@pytest.mark.parametrize(("saved", "answers", "steps"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_going_on(saved, answers, steps):
    assert play(resumed(saved), answers) == steps


def test_all_had_arrived_and_the_post_is_waited_for():
    flow = resumed(AT_25, wait=True)
    assert play(flow, [BUSY, state("PUBLISH_COMPLETE")]) == ["status", ("status", 2.0), "done"]
    assert flow.next_request() == UploadResult("v_pub", "PUBLISH_COMPLETE", 25, 2, 0)


def test_all_had_arrived_and_the_post_failed():
    flow = resumed(AT_25, wait=True)
    assert play(flow, [state("FAILED", fail_reason="internal")]) == ["status", "PublishFailed"]
    assert flow.saved == Saved()


def test_another_init_begins_with_nothing():
    flow = resumed(AT_10)
    play(flow, [at(10), 403, at(10)])
    assert (flow.saved, flow.acknowledged) == (Saved(), 0)
    play(flow, [initialised("https://h/another", "v_other")])
    assert flow.saved == Saved("https://h/another", "v_other", 0)


def test_no_other_init_where_nobody_can_say_whether_the_last_arrived():
    flow = resumed(Saved(URL, None, 10))
    assert play(flow, [404]) == [10, "UploadUnknown"]
    assert not error(flow).retryable


def test_why_there_is_another_init():
    flow = resumed(AT_0)
    play(flow, [at(0), 403])
    assert flow.next_request().because == "the saved upload_url has expired (HTTP 403)"
    flow = resumed(AT_0)
    play(flow, [at(0), 404])
    assert flow.next_request().because == "the saved upload_url has no upload (HTTP 404)"
    told = Saved(because="the saved upload had another file")
    assert resumed(told).next_request().because == "the saved upload had another file"
    assert resumed(Saved()).next_request().because == ""


@pytest.mark.parametrize("status", [403, 404])
def test_a_given_upload_url_is_never_replaced_by_another(status):
    flow = resumed(Saved(URL, None, 0), upload_url=URL)
    assert play(flow, [status]) == [0, "UploadExpired" if status == 403 else "UploadUnknown"]


def test_a_given_upload_url_without_anybody_to_ask():
    flow = resumed(Saved(URL, None, 10), THREE, upload_url=URL)
    assert play(flow, [(416, progress(20, 30)), 201]) == [10, 20, "done"]
    flow = resumed(Saved(URL, None, 10), THREE, upload_url=URL)
    assert play(flow, [416, 201]) == [10, 20, "done"]  # only the chunk in flight can have moved the server


def test_once_it_is_known_to_be_unfinished_the_error_has_no_doubt():
    flow = resumed(AT_10, upload_url=URL, publish_id="v_pub")
    assert play(flow, [at(10), 403, at(10)])[-1] == "UploadExpired"
    assert error(flow).retryable
    assert flow.saved == Saved()


def test_the_last_chunk_stays_in_doubt_until_somebody_tells():
    flow = resumed(AT_10, retry=RetryPolicy(attempts=1))
    play(flow, [503])
    assert error(flow).in_doubt
    flow = resumed(AT_0, retry=RetryPolicy(attempts=1))
    play(flow, [503])
    assert not error(flow).in_doubt


# ── what is kept ──


def test_what_is_kept_for_another_run():
    flow = resumed(None)
    kept = [flow.saved]
    for answer in [initialised(URL, "v_pub"), 503, LOST, 206, 201]:
        play(flow, [answer])
        kept.append(flow.saved)
    assert kept == [Saved(), AT_0, AT_0, AT_0, AT_10, AT_25]


@pytest.mark.parametrize(
    ("answers", "kept"),
    [
        ([400], AT_0),
        ([403], Saved()),
        ([404], Saved()),
        ([302], AT_0),
        ([206, LOST, 404, refused(401, "scope_not_authorized")], AT_10),
        ([206, LOST, 404, at(10)], Saved()),
        ([206, 500, 500, 500, 500, 500, 500], AT_10),
        ([206, 201, refused(401, "access_token_invalid")], AT_25),
        ([206, 201, state("FAILED", fail_reason="internal")], Saved()),
    ],
)
def test_what_is_kept_of_a_failure(answers, kept):
    flow = resumed(None, wait=True)
    play(flow, [initialised(URL, "v_pub"), *answers])
    assert isinstance(flow.next_request(), Failed)
    assert flow.saved == kept


@pytest.mark.parametrize(
    ("saved", "may_be"),
    [
        (Saved(), False),
        (Saved(URL, None, 0), False),
        (Saved(URL, None, 10), False),
        (Saved(URL, None, 20), True),
        (Saved(URL, None, 30), True),
    ],
)
def test_when_a_post_may_have_come_of_it(saved, may_be):
    assert saved.may_be_complete(THREE) is may_be
    assert Saved(URL, None, 0).may_be_complete(WHOLE)


# ── killed anywhere, again and again ──


class Service:
    """TikTok with many uploads, and a network that can still deliver what a killed run has sent."""

    def __init__(self, video, reading, after_end):
        self.video, self.reading, self.after_end = video, reading, after_end
        self.held = []  # bytes of each upload
        self.expired = set()
        self.in_vain = 0  # chunks that had been accepted before
        self.requests = []  # kinds

    @property
    def posts(self):
        return sum(held == len(self.video) for held in self.held)

    def expire(self):
        self.expired |= {number for number, held in enumerate(self.held) if held < len(self.video)}

    def answer(self, request):
        self.requests = [*self.requests, type(request)]
        if isinstance(request, InitRequest):
            self.held.append(0)
            number = len(self.held) - 1
            return 200, {}, {"data": {"publish_id": f"v{number}", "upload_url": f"http://h/?{number}"}}
        if isinstance(request, StatusRequest):
            held = self.held[int(json.loads(request.body)["publish_id"][1:])]
            done = "PUBLISH_COMPLETE" if held == len(self.video) else "PROCESSING_UPLOAD"
            return 200, {}, {"data": {"status": done, "uploaded_bytes": held}}
        return self.receive(int(request.url.partition("?")[2]), request.chunk)

    def receive(self, number, chunk):
        held = self.held[number]
        self.in_vain += chunk.first < held
        if number in self.expired:
            return 403, {}, None
        if held == len(self.video) and self.after_end != 416:
            return self.after_end, {}, None
        if chunk.first != held:
            return 416, self.progress(held), None
        self.held[number] = chunk.last + 1
        return 201 if chunk.final else 206, self.progress(chunk.last + 1), None

    def progress(self, held):
        number = held - (self.reading == "last_index")
        if self.reading == "omit" or number < 0:
            return {}
        return {"Content-Range": f"bytes 0-{number}/{len(self.video)}"}


KILLED = ["before it is sent", "before the answer", "before the answer is kept"]
LUCK = st.one_of(st.just("well"), st.sampled_from(KILLED), st.sampled_from(["lost", "503", "expired"]))


class World:
    """Runs of one command, each killed or ended; `luck` says what becomes of each request, then all is well."""

    def __init__(self, job, service, luck):
        self.job, self.service, self.luck = job, service, list(luck)
        self.kept = Saved()
        self.unclear = 0  # answers that did not come

    def run(self):
        """How the run ended, or None where it was killed."""
        flow = UploadFlow(self.job, saved=self.kept)
        self.kept = flow.saved
        while not isinstance(step := flow.next_request(), (UploadResult, Failed)):
            fate = self.luck.pop(0) if self.luck else "well"
            self.unclear += fate in {"lost", "before the answer", "before the answer is kept"}
            if fate == "before it is sent":
                return None
            if fate == "503":
                flow.receive_response(503, {})
            else:
                if fate == "expired":
                    self.service.expire()
                status, headers, body = self.service.answer(step)
                if fate in KILLED:
                    return None
                if fate == "lost":
                    flow.receive_failure("lost")
                else:
                    flow.receive_response(status, headers, json.dumps(body).encode())
            self.keep(flow.saved)
        return step

    def keep(self, saved):
        self.kept = saved
        if saved.upload_url:  # what is kept is never more than what the service has
            assert saved.acknowledged <= self.service.held[int(saved.upload_url.partition("?")[2])]


@given(
    st.sampled_from([PLAN, THREE, WHOLE]),
    st.sampled_from(["count", "last_index", "omit"]),
    st.sampled_from([416, 404, 400]),
    st.lists(LUCK, max_size=40),
    st.booleans(),
)
def test_killed_anywhere_again_and_again(plan, reading, after_end, luck, wait):
    """The same command until it is done: one post, and nothing sent again but what was in flight."""
    service = Service(bytes(plan.video_size), reading, after_end)
    world = World(UploadJob(plan, token="t", api_base="http://h", wait=wait), service, luck)
    for _ in range(60):
        end = world.run()
        assert service.posts <= 1
        if isinstance(end, UploadResult):
            break
    else:
        raise AssertionError(f"it was never done, at last {end}")
    assert service.posts == 1  # C-ONE-POST, C-END
    assert service.in_vain <= world.unclear
    requests, world.luck = service.requests, []
    assert isinstance(world.run(), UploadResult)  # once more, after the end
    assert service.requests[len(requests) :] == ([StatusRequest] if wait else [])
