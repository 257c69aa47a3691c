"""UploadFlow against any answers, and against a server that keeps the rules behind a bad network."""

import json

from hypothesis import given
from hypothesis import strategies as st

from client_reference import ChunkPlan, UploadFlow, UploadJob, UploadResult
from client_reference.steps import ChunkRequest, Failed, InitRequest, StatusRequest

URL = "http://127.0.0.1:1/video/?upload_id=1&upload_token=2"
BASE = "http://127.0.0.1:1"

PLANS = st.sampled_from([ChunkPlan(1, 1, 1), ChunkPlan(7, 7, 1), ChunkPlan(25, 10, 2), ChunkPlan(31, 10, 3)])
NUMBERS = st.one_of(st.none(), st.integers(0, 32))
BODIES = st.one_of(
    st.sampled_from([b"", b"null", b"[]", b"{}", b'{"error": {"code": "invalid_publish_id"}}']),
    st.builds(
        lambda state, count: json.dumps({"data": {"status": state, "uploaded_bytes": count}}).encode(),
        st.sampled_from(["PROCESSING_UPLOAD", "PUBLISH_COMPLETE", "SEND_TO_USER_INBOX", "FAILED", None]),
        NUMBERS,
    ),
    st.just(json.dumps({"data": {"publish_id": "v", "upload_url": URL}}).encode()),
)
ANSWERS = st.one_of(
    st.none(),
    st.tuples(st.sampled_from([200, 201, 204, 206, 302, 400, 403, 404, 416, 429, 500, 503]), NUMBERS, BODIES),
    st.tuples(st.sampled_from([200, 201, 206, 416]), NUMBERS, BODIES),
)


@st.composite
def jobs(draw):
    plan = draw(PLANS)
    own_init = draw(st.booleans())
    return UploadJob(
        plan,
        token="t",
        api_base=BASE,
        upload_url=None if own_init else URL,
        publish_id=None if own_init else draw(st.sampled_from([None, "v"])),
        wait=draw(st.booleans()),
    )


class Proof:
    """What would justify success, collected from the answers alone."""

    def __init__(self, total):
        self.total = total
        self.found = False

    def look(self, request, answer):
        if answer is None:
            return
        status, number, body = answer
        if isinstance(request, ChunkRequest):
            told_all = (
                number is not None
                and number in {self.total, self.total - 1}
                and status in {200, 201, 204, 206, 416}
            )
            self.found |= (request.chunk.final and status in {200, 201}) or told_all
        elif isinstance(request, StatusRequest) and status == 200:
            said = json.loads(body) if body else None
            data = said.get("data", {}) if isinstance(said, dict) else {}
            self.found |= data.get("uploaded_bytes") == self.total
            self.found |= data.get("status") in {"PUBLISH_COMPLETE", "SEND_TO_USER_INBOX"}


@given(jobs(), st.lists(ANSWERS, min_size=1, max_size=30))
def test_any_answers_end_in_bounded_steps_and_success_has_proof(job, answers):
    """The answers come again and again; whatever they are, the flow stops (C-RETRY-BOUNDED, C-END)."""
    flow, proof = UploadFlow(job), Proof(job.plan.video_size)
    inits_after_bytes = sent_bytes = waited = 0
    for turn in range(2_000):
        step = flow.next_request()
        if isinstance(step, (UploadResult, Failed)):
            break
        inits_after_bytes += isinstance(step, InitRequest) and sent_bytes
        sent_bytes += isinstance(step, ChunkRequest)
        waited += step.delay
        answer = answers[turn % len(answers)]
        proof.look(step, answer)
        if answer is None:
            flow.receive_failure("lost")
        else:
            status, number, body = answer
            headers = {} if number is None else {"Content-Range": f"bytes 0-{number}/{job.plan.video_size}"}
            flow.receive_response(status, headers, body)
    else:
        raise AssertionError("it went on for ever")
    assert not inits_after_bytes  # C-ONE-POST
    assert waited < 1_000
    assert proof.found or isinstance(step, Failed)


class Server:
    """A server that keeps the rules; the network, drawn by the test, loses requests and answers."""

    def __init__(self, video, reading, after_end):
        self.video, self.reading, self.after_end = video, reading, after_end
        self.held = b""
        self.posts = 0

    def answer(self, request):
        match request:
            case InitRequest():
                return 200, {}, {"data": {"publish_id": "v", "upload_url": URL}, "error": {"code": "ok"}}
            case StatusRequest():
                state = "PUBLISH_COMPLETE" if self.held == self.video else "PROCESSING_UPLOAD"
                return 200, {}, {"data": {"status": state, "uploaded_bytes": len(self.held)}}
        return self.receive(request)

    def receive(self, request):
        if len(self.held) == len(self.video) and self.after_end != 416:
            return self.after_end, {}, None
        if request.chunk.first != len(self.held):
            return 416, self.progress(), None
        self.held += self.video[request.chunk.first : request.chunk.last + 1]
        done = len(self.held) == len(self.video)
        self.posts += done
        return 201 if done else 206, self.progress(), None

    def progress(self):
        number = len(self.held) - (self.reading == "last_index")
        if self.reading == "omit" or number < 0:
            return {}
        return {"Content-Range": f"bytes 0-{number}/{len(self.video)}"}


@given(
    jobs(),
    st.sampled_from(["count", "last_index", "omit"]),
    st.sampled_from([416, 404, 400]),
    st.lists(st.sampled_from(["well", "well", "cut", "lost", "503", "500 after commit"]), max_size=25),
)
def test_a_good_server_behind_a_bad_network(job, reading, after_end, weather):
    """At most four bad turns without progress: then a client that can find its place loses and doubles nothing."""
    server = Server(bytes(range(job.plan.video_size)), reading, after_end)
    flow, bad = UploadFlow(job), 0
    for turn in range(500):
        step = flow.next_request()
        if isinstance(step, (UploadResult, Failed)):
            break
        luck = weather[turn] if turn < len(weather) and bad < 4 else "well"
        before = flow.acknowledged
        status, headers, body = (0, {}, None) if luck in {"cut", "503"} else server.answer(step)
        match luck:
            case "cut" | "lost":
                flow.receive_failure("lost")
            case "503" | "500 after commit":
                flow.receive_response(503, {})
            case _:
                flow.receive_response(status, headers, json.dumps(body).encode())
        moved = flow.acknowledged > before or isinstance(step, InitRequest)
        bad = 0 if luck == "well" and moved else bad + (luck != "well")
    assert server.posts <= 1
    if isinstance(step, UploadResult):
        assert (server.held, server.posts) == (server.video, 1)  # C-BYTES, C-END
    if job.publish_id or job.upload_url is None or (reading != "omit" and after_end == 416):
        assert isinstance(step, UploadResult)  # C-RETRY-LOST-ANSWER, C-RETRY-LOST-FINAL, C-PROGRESS-READINGS
