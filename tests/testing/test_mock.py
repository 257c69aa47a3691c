"""TikTokMock: a real server in a thread, asked from tests that are synchronous and from such that are not."""

import asyncio
import gc
import io
import os
import socket
import threading
from pathlib import Path

import pytest
import requests

from client_reference import upload
from mockserver.faults.reading import FaultError
from mockserver.options import server_options
from mockserver.testing import ArmedFault, MockError, OptionError, TikTokMock
from support import sending
from support.peer import Peer, put_head

VIDEO = sending.video(16_000)
"""Three chunks of 5000, the last with 1000 more."""


def test_an_upload_from_init_to_its_bytes(mock: TikTokMock, tmp_path: Path) -> None:
    assert sending.send(mock.url, mock.token, VIDEO) == [206, 206, 201]
    file = tmp_path / "video.mp4"
    file.write_bytes(VIDEO)
    upload = mock.upload()
    assert (upload.complete, upload.uploaded_bytes, upload.status) == (True, 16_000, "SEND_TO_USER_INBOX")
    assert (upload.video_size, upload.chunk_size, upload.total_chunk_count) == (16_000, 5000, 3)
    assert (upload.draft, upload.title, upload.privacy_level) == (True, None, None)
    assert upload.token == mock.token
    assert upload.publish_id.startswith("v_inbox_file~v2.7")
    assert upload.url.startswith(f"{mock.url}/video/?upload_id={upload.upload_id}&upload_token=")
    assert [(chunk.first, chunk.last) for chunk in upload.chunks] == [(0, 4999), (5000, 9999), (10_000, 15_999)]
    assert [(row.first, row.times, row.kept) for row in upload.ledger] == [
        (0, 1, True),
        (5000, 1, True),
        (10_000, 1, True),
    ]
    for expected in (file, str(file), VIDEO, io.BytesIO(VIDEO)):
        assert upload.matches(expected)
    with file.open("rb") as read:
        read.read()  # an uploader leaves it at its end
        assert upload.matches(read)
    assert [entry.status for entry in mock.journal()] == [200, 206, 206, 201]
    assert [entry.clause for entry in upload.journal()] == [
        "S-INIT-ANSWER",
        "S-CHUNK-206",
        "S-CHUNK-206",
        "S-CHUNK-201",
    ]
    assert mock.api_base == mock.url


def test_what_differs_is_told(mock: TikTokMock) -> None:
    made = mock.make_upload(16_000, 5000, 3)
    sending.put(made.url, 0, VIDEO[5000:10_000], 16_000)
    assert not made.complete
    assert not made.matches(VIDEO)
    assert str(made.difference(VIDEO)) == "chunk 1 (bytes 0-4999) differs, it holds the bytes of chunk 2"
    assert repr(made).endswith(
        ": 5000 of 16000 bytes, not complete; chunk 1 (bytes 0-4999) differs, it holds the bytes of chunk 2>"
    )
    missing = made.difference(VIDEO[5000:10_000])
    assert missing is not None
    assert (missing.chunk, missing.first, missing.looks_like) == (2, 5000, None)


def test_an_upload_is_as_of_now(mock: TikTokMock) -> None:
    made = mock.make_upload(16_000, 5000, 3)
    assert (made.uploaded_bytes, made.expired, made.token) == (0, False, None)
    sending.put(made.url, 0, VIDEO[:5000], 16_000)
    assert made.uploaded_bytes == 5000
    made.expire()
    assert made.expired
    assert sending.put(made.url, 5000, VIDEO[5000:10_000], 16_000) == 403
    mock.reset()
    with pytest.raises(MockError, match=rf"upload {made.upload_id} is forgotten: it was dropped by a reset"):
        assert made.complete
    assert repr(made) == f"<upload {made.upload_id}, forgotten>"


def test_only_one_upload_or_a_sentence(mock: TikTokMock) -> None:
    with pytest.raises(MockError, match="wanted one upload, there is none: no request came"):
        mock.upload()
    sending.request(f"{mock.url}/v2/post/publish/video/init/", "POST", b"{}", {"Authorization": "Bearer x"})
    with pytest.raises(MockError, match=r"none: the last request was answered 400 by S-INIT-POST-INFO: "):
        mock.upload()
    first, second = mock.make_upload(5000, 5000, 1), mock.make_upload(6000, 6000, 1)
    with pytest.raises(
        MockError, match=rf"there are 2 \({first.upload_id}, {second.upload_id}\): uploads\(\) has"
    ):
        mock.upload()
    assert [one.video_size for one in mock.uploads()] == [5000, 6000]
    with pytest.raises(MockError, match=r"no upload was made: .*\(S-PLAN-CHUNK-MIN\)"):
        mock.make_upload(16_000, 4999, 3)


def test_faults_strike_and_are_accounted_for(mock: TikTokMock) -> None:
    twice = mock.fail("chunk", chunk=2, status=503, headers={"Retry-After": "1"}, times=2)
    lost = mock.fail("chunk", chunk=-1, close=True, when="after_commit")
    ever = mock.fail("status", close=True, times=None)
    assert mock.unfired() != []
    assert sending.send(mock.url, mock.token, VIDEO) == [206, 503, 503, 206, 0, *[416] * 15]
    assert mock.upload().complete
    assert [(one.id, one.fired, one.left) for one in (twice, lost, ever)] == [(1, 2, 0), (2, 1, 0), (3, 0, None)]
    assert mock.unfired() == []
    assert [one.as_json() for one in mock.faults()] == [one.as_json() for one in (twice, lost, ever)]
    struck = [(entry.fault.kind, entry.fault.when) for entry in mock.journal() if entry.fault]
    assert struck == [("status", "before_body")] * 2 + [("close", "after_commit")]


@pytest.mark.parametrize(
    ("arm", "wanted", "told"),
    [
        (
            lambda mock: mock.fail("init", status=500),
            {"on": {"operation": "init"}, "when": "before_body", "do": {"kind": "status", "status": 500}},
            "status 500 before_body on init, once; fired never",
        ),
        (
            lambda mock: mock.fail("chunk", chunk=-1, progress=None, times=3, skip=1),
            {
                "on": {"operation": "chunk", "chunk": -1},
                "when": "after_commit",
                "do": {"kind": "progress", "value": None},
                "times": 3,
                "skip": 1,
            },
            "progress None after_commit on chunk, the last one, 3 times; fired never",
        ),
        (
            lambda mock: mock.fail("chunk", chunk=2, truncate=20, token="t", upload_id="7"),
            {
                "on": {"operation": "chunk", "chunk": 2, "token": "t", "upload_id": "7"},
                "when": "after_commit",
                "do": {"kind": "truncate", "bytes": 20},
            },
            "truncate 20 after_commit on chunk 2, once; fired never",
        ),
        (
            lambda mock: mock.fail("any", redirect="http://127.0.0.1:1/", status=308, times=None),
            {
                "on": {"operation": "any"},
                "when": "before_body",
                "do": {"kind": "redirect", "location": "http://127.0.0.1:1/", "status": 308},
                "times": None,
            },
            "redirect http://127.0.0.1:1/ before_body on any, for ever; fired never",
        ),
        (
            lambda mock: mock.fail("chunk", stall=5, at_byte=100),
            {
                "on": {"operation": "chunk"},
                "when": {"at_byte": 100},
                "do": {"kind": "stall", "seconds": 5},
            },
            "stall 5.0 at byte 100 on chunk, once; fired never",
        ),
        (
            lambda mock: mock.fail("chunk", throttle=1000),
            {
                "on": {"operation": "chunk"},
                "when": "before_body",
                "do": {"kind": "throttle", "bytes_per_second": 1000},
            },
            "throttle 1000.0 before_body on chunk, once; fired never",
        ),
        (
            lambda mock: mock.fail("chunk", forget=True, when="after_answer"),
            {"on": {"operation": "chunk"}, "when": "after_answer", "do": {"kind": "forget"}},
            "forget after_answer on chunk, once; fired never",
        ),
    ],
)
def test_a_fault_as_a_call_is_the_fault_as_json(mock: TikTokMock, arm: object, wanted: object, told: str) -> None:
    assert callable(arm)
    assert isinstance(wanted, dict)
    called: ArmedFault = arm(mock)
    written = mock.add_fault(wanted)
    assert {**called.as_json(), "id": 0} == {**written.as_json(), "id": 0}
    assert str(called) == told


@pytest.mark.parametrize(
    ("arm", "sentence"),
    [
        (lambda mock: mock.fail("chunk"), "a fault does one thing: give one of status, close, .*; got none"),
        (lambda mock: mock.fail("chunk", close=True, status=500), "give one of .*; got status, close"),
        (lambda mock: mock.fail("chunks", close=True), "no operation is called 'chunks': did you mean chunk"),
        (lambda mock: mock.fail("init", chunk=2, close=True), "chunk 2 goes with operation chunk only, got init"),
        (
            lambda mock: mock.fail("chunk", close=True, when="after_body", at_byte=3),
            "a fault has one moment: give when or at_byte, got 'after_body' and 3",
        ),
        (
            lambda mock: mock.fail("chunk", truncate=3, when="before_body"),
            "truncate makes no sense at before_body",
        ),
        (lambda mock: mock.fail("chunk", close=True, body="x"), "do of kind close has no 'body'"),
        (lambda mock: mock.add_fault({"on": {"operation": "chunk"}}), "a fault needs when"),
    ],
)
def test_a_fault_that_makes_no_sense_gets_a_sentence(mock: TikTokMock, arm: object, sentence: str) -> None:
    assert callable(arm)
    with pytest.raises(FaultError, match=sentence):
        arm(mock)
    assert mock.faults() == []


def test_scenarios(mock: TikTokMock) -> None:
    armed = mock.scenario("lost-answer")
    assert [str(one) for one in mock.unfired()] == [str(one) for one in armed] != []
    with pytest.raises(MockError, match="no scenario is called 'lost-answr': did you mean lost-answer"):
        mock.scenario("lost-answr")


def test_the_clock_stands_and_moves(mock: TikTokMock) -> None:
    mock.freeze()
    frozen = mock.now()
    made = mock.make_upload(5000, 5000, 1)
    mock.advance(3599.5)
    assert (mock.now() - frozen).total_seconds() == pytest.approx(3599.5)
    assert not made.expired
    mock.advance(0.5)
    assert made.expired
    assert sending.put(made.url, 0, VIDEO[:5000], 5000) == 403
    with pytest.raises(ValueError, match="a clock advances by 0 s or more, got -1"):
        mock.advance(-1)
    with pytest.raises(ValueError, match="the clock stays before 2038-01-19"):
        mock.advance(10**9)
    mock.freeze(frozen=False)
    assert mock.now() <= mock.now()


def test_a_stalled_request_goes_on_when_the_clock_moves(mock: TikTokMock) -> None:
    mock.freeze()
    mock.fail("chunk", stall=60, when="after_body")
    statuses: list[int] = []
    client = threading.Thread(target=lambda: statuses.extend(sending.send(mock.url, mock.token, VIDEO[:5000])))
    client.start()
    for _ in range(10_000):  # each look is a trip to the server's thread: it gets on meanwhile
        if not mock.unfired():
            break
    assert (mock.unfired(), statuses) == ([], [])
    mock.advance(60)
    client.join(10)
    assert statuses == [201]


def test_reset_is_the_beginning_again(tmp_path: Path) -> None:
    waiting = tmp_path / "faults.json"
    waiting.write_text('{"on": {"operation": "init"}, "when": "before_body", "do": {"kind": "close"}}')
    with TikTokMock("--mb", "1000", faults=waiting) as mock:
        with pytest.raises(ConnectionResetError):
            sending.send(mock.url, mock.token, VIDEO)
        sending.send(mock.url, mock.token, VIDEO)
        mock.fail("status", close=True)
        mock.advance(1000)
        later, token = mock.now(), mock.token
        mock.reset()
        assert mock.now() < later
        assert mock.token != token
        assert (mock.uploads(), mock.journal()) == ([], [])
        assert [str(one) for one in mock.faults()] == ["close before_body on init, once; fired never"]


def test_an_early_answer_is_in_the_journal_with_its_body(
    mock: TikTokMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer goes out before the body is read; its entry, after. Who has seen the one sees the other."""
    made = mock.make_upload(5000, 5000, 1)
    mock.fail("chunk", status=500)
    recorder, asked, seen = mock._thread.server.recorder, threading.Event(), []
    settle = recorder.settle

    async def settling(seconds: float) -> None:
        asked.set()
        await settle(seconds)

    monkeypatch.setattr(recorder, "settle", settling)
    with Peer(int(mock.url.rpartition(":")[2])) as peer:
        peer.send(put_head(made.url.removeprefix(mock.url), "bytes 0-4999/5000", 5000))
        assert peer.answer().status == 500
        reader = threading.Thread(target=lambda: seen.extend(made.journal()))
        reader.start()
        assert asked.wait(10)
        peer.send(VIDEO[:5000])
        reader.join(10)
    assert [(entry.status, entry.received) for entry in seen] == [(500, 5000)]


async def test_from_inside_a_running_loop(tmp_path: Path) -> None:
    """The client lives in the loop that the calls block: nothing waits for the other."""
    file = tmp_path / "video.mp4"
    file.write_bytes(VIDEO)
    async with TikTokMock(mb=1000) as mock:
        mock.fail("chunk", status=503)

        async def at_once(_: float) -> None:
            await asyncio.sleep(0)

        await upload(file, api_base=mock.url, token=mock.token, mb=1000, sleep=at_once)
        assert mock.upload().matches(file)
        assert mock.unfired() == []
        reader, writer = await asyncio.open_connection("127.0.0.1", int(mock.url.rpartition(":")[2]))
        mock.reset()
    async with asyncio.timeout(10):
        assert await reader.read() == b""  # the server is gone
    writer.close()
    await writer.wait_closed()


def test_stopping_ends_requests_in_flight_and_the_thread(mock: TikTokMock) -> None:
    with TikTokMock() as other:
        other.freeze()
        other.fail("init", stall=1000)
        with socket.create_connection(("127.0.0.1", int(other.url.rpartition(":")[2])), 10) as peer:
            peer.sendall(b"POST /v2/post/publish/video/init/ HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
            for _ in range(10_000):
                if not other.unfired():
                    break
            assert threading.active_count() >= 3
            other.stop()
            other.stop()
            assert peer.recv(1) == b""
    assert [thread.name for thread in threading.enumerate()].count("tiktok-mock") == 1
    for ask in (lambda: other.url, other.uploads, other.reset):
        with pytest.raises(MockError, match="does not run: use it in a with statement, or start"):
            ask()
    assert repr(other) == "<TikTokMock, not running>"
    assert repr(mock) == f"<TikTokMock at {mock.url}>"
    with pytest.raises(MockError, match=f"runs already, at {mock.url}"):
        mock.start()
    with other:  # once more
        assert other.journal() == []


def test_options_are_those_of_serve(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TIKTOK_MOCK_MB", "7")  # refused, if anybody asked
    monkeypatch.setenv("TIKTOK_MOCK_TOKEN", "act.env")
    with TikTokMock("--token", "act.one", token=["act.two"], rule={"repeat": "accept"}, no_explain=True) as mock:
        assert mock.token == "act.one"
        mock.reset()
        assert mock.token == "act.one"
        with pytest.raises(AssertionError, match="access_token_invalid"):
            sending.init(mock.url, "act.env", 5_242_880, 5_242_880)
    with TikTokMock(keep=tmp_path / "kept", mb=1000, explain=None) as mock:
        sending.send(mock.url, mock.token, VIDEO)
        assert [file.read_bytes() for file in (tmp_path / "kept").rglob("*.mp4")] == [VIDEO]
    with TikTokMock(digest="none", mb=1000) as mock:
        sending.send(mock.url, mock.token, VIDEO)
        with pytest.raises(MockError, match="under --digest none there is nothing to compare with"):
            mock.upload().matches(VIDEO)


@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        (("--bm", "1000"), {}, r"[Nn]o such option.*--bm"),
        ((), {"mb": 7}, "Invalid value for '--mb': 7 is not in the range"),
        ((), {"profile": "strickt"}, "no profile is called 'strickt': did you mean strict"),
        (("serve",), {}, "unexpected extra argument"),
        ((), {"host": "0.0.0.0"}, "is not known to be loopback: give --control-token TOKEN too"),
        (("--help",), {}, r"[Nn]o such option.*--help"),
    ],
)
def test_options_that_make_no_server_get_a_sentence(
    arguments: tuple[str, ...], options: dict[str, object], sentence: str
) -> None:
    with pytest.raises(OptionError, match=sentence):
        TikTokMock(*arguments, **options)


def test_https_is_trusted_by_its_ca(mock: TikTokMock) -> None:
    assert (mock.ca, mock.ca_bundle) == (None, None)
    with TikTokMock(tls=True) as secure:
        ca, bundle = secure.ca, secure.ca_bundle
        assert ca is not None
        assert bundle is not None
        assert bundle.read_bytes().startswith(ca.read_bytes().rstrip())
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"{secure.url}/_mock/health", timeout=30)
        for trusted in (ca, bundle):
            answer = requests.get(f"{secure.url}/_mock/health", verify=str(trusted), timeout=30)
            assert answer.json()["status"] == "ok"
    assert not ca.exists()
    with pytest.raises(MockError, match="does not run"):
        _ = secure.ca


def test_a_connection_of_https_that_is_kept_ends_with_the_mock() -> None:
    with requests.Session() as kept:
        with TikTokMock(tls=True) as secure:
            kept.get(f"{secure.url}/_mock/health", verify=str(secure.ca), timeout=30).close()
        gc.collect()  # a transport that was left open would warn


def test_a_port_that_is_taken_gets_a_sentence(mock: TikTokMock) -> None:
    port = int(mock.url.rpartition(":")[2])
    with pytest.raises(MockError, match=f"cannot start: port {port} on 127.0.0.1 is taken: stop what listens"):
        TikTokMock(port=port).start()
    assert [thread.name for thread in threading.enumerate()].count("tiktok-mock") == 1


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_is_told_to_ask_where_the_mock_runs(
    mock: TikTokMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mockserver.testing.thread.SECONDS", 5.0)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        for ask in (mock.journal, mock.faults, mock.stop):
            try:
                said = repr(ask())
            except BaseException as error:  # noqa: BLE001 - whatever it is, the parent sees it
                said = repr(error)
            os.write(write, f"{said}\n".encode())
        os._exit(0)
    os.close(write)
    with open(read) as told:  # noqa: PTH123 - a pipe
        journal, faults, stopped = told.read().splitlines()
    os.waitpid(child, 0)
    assert f"MockError('this process was forked from process {os.getpid()}, where the mock runs" in journal
    assert faults == journal
    assert stopped == "None"
    assert mock.journal() == [], "the parent's runs on"


def test_a_start_that_takes_too_long_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()

    async def start(_: object) -> None:
        await asyncio.to_thread(go_on.wait, 30)
        raise OSError

    monkeypatch.setattr("mockserver.testing.thread.SECONDS", 0.0)
    monkeypatch.setattr("mockserver.testing.thread.start", start)
    try:
        with pytest.raises(MockError, match=r"^the mock's thread has not answered within 0 s$"):
            TikTokMock().start()
    finally:
        go_on.set()
    for thread in threading.enumerate():
        if thread.name == "tiktok-mock":
            thread.join(30)


def test_every_option_of_serve_is_one_here() -> None:
    def serve() -> None: ...

    names = {option.name for option in server_options(serve).__click_params__}
    assert {"mb", "profile", "rule", "scenario", "faults", "token", "keep"} <= names
    for name in names:
        with pytest.raises(OptionError, match=r"Invalid value|does not take a value|no "):
            TikTokMock(f"--{name.replace('_', '-')}=\0", port="x")


def test_many_threads_may_ask_at_once(mock: TikTokMock) -> None:
    def use() -> None:
        for _ in range(50):
            mock.make_upload(5000, 5000, 1)
            mock.journal()

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(mock.uploads()) == 200
