"""The aiohttp driver against raw sockets: what goes over the wire, and what is made of what comes back."""

import asyncio
import inspect
import json
import os
import socket
import struct
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest

from client_reference import RetryPolicy, errors, upload
from client_reference.pace import Pace
from client_reference.plan import Chunk, ChunkPlan
from client_reference.resume import ResumeFile
from client_reference.steps import UploadJob
from client_reference.transport import NoAnswer, Progress, Timeouts, Wire
from client_reference.video import ChunkBody, VideoFile, content_type
from mockserver.config import Config
from support.servers import ThreadServer
from support.tls import TlsFront, throw_away_ca

MB = 1_000
SIZE = 25_500  # in this unit two chunks: 12,750 each


class Request:
    def __init__(self, head, body=b""):
        first, *lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = first.split(" ", 2)
        self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines if line)}
        self.body = body

    @property
    def range(self):
        return self.headers.get("content-range")


class Server:
    """Plays one action for each request: an answer, or a coroutine that does what it likes with the connection."""

    def __init__(self, actions):
        self.actions = list(actions)
        self.requests = []
        self.connections = 0
        self.url = ""

    async def serve(self, reader, writer):
        self.connections += 1
        try:
            while True:
                request = Request(await reader.readuntil(b"\r\n\r\n"))
                self.requests.append(request)
                action = self.actions.pop(0)
                if inspect.iscoroutinefunction(action):
                    await action(self, request, reader, writer)
                    return
                request.body = await reader.readexactly(int(request.headers["content-length"]))
                writer.write(action if isinstance(action, bytes) else action(self))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(*actions):
    server = Server(actions)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()
    assert not server.actions, "an action was not asked for"


def answer(status, *headers, body=b""):
    head = "\r\n".join([f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers])
    return head.encode() + b"\r\n\r\n" + body


def api(**data):
    return answer(
        200, "Content-Type: application/json", body=json.dumps({"data": data, "error": {"code": "ok"}}).encode()
    )


def init(path="/video/?upload_id=1&upload_token=a%2Fb%20c+d"):
    return lambda server: api(publish_id="v_pub", upload_url=server.url + path)


def reset(writer):
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "clip.MOV"
    path.write_bytes(bytes(index * 7 % 251 for index in range(SIZE)))
    return path


class Sleep:
    def __init__(self):
        self.waits = []

    async def __call__(self, seconds):
        self.waits.append(seconds)


async def run(video, server, **options):
    options = {"token": "act.1", "mb": MB, "sleep": Sleep(), "random": lambda: 1.0, **options}
    return await upload(video, api_base=server.url, **options)


async def test_what_goes_over_the_wire(video):
    seen = []
    async with serving(
        init(), answer(206, "Set-Cookie: a=b", body=b"null"), answer(201), api(status="PUBLISH_COMPLETE")
    ) as server:
        result = await run(video, server, progress=seen.append)
    assert (result.publish_id, result.status, result.uploaded_bytes) == ("v_pub", "PUBLISH_COMPLETE", 25_500)
    assert (result.requests, result.retries) == (4, 0)
    post, first, second, status = server.requests
    assert (post.method, post.target) == ("POST", "/v2/post/publish/video/init/")
    assert post.headers["authorization"] == status.headers["authorization"] == "Bearer act.1"
    assert [first.range, second.range] == ["bytes 0-12749/25500", "bytes 12750-25499/25500"]
    for chunk in (first, second):
        assert (chunk.method, chunk.target) == ("PUT", "/video/?upload_id=1&upload_token=a%2Fb%20c+d")
        assert chunk.headers["content-length"] == "12750"
        assert chunk.headers["content-type"] == "video/quicktime"
        assert not {"authorization", "cookie", "transfer-encoding", "expect"} & set(chunk.headers)
    assert first.body + second.body == video.read_bytes()
    assert server.connections == 1
    assert seen[0] == Progress(0, 0, 25_500)
    assert seen[-1] == Progress(25_500, 25_500, 25_500)


async def test_a_draft_without_waiting(video):
    async with serving(init(), answer(206), answer(201)) as server:
        result = await run(video, server, draft=True, wait=False)
    assert (result.status, server.requests[0].target) == (None, "/v2/post/publish/inbox/video/init/")


async def test_503_then_well(video):
    sleep = Sleep()
    async with serving(answer(503, "Retry-After: 3"), answer(206), answer(201)) as server:
        result = await run(video, server, upload_url=server.url + "/video/", sleep=sleep)
    assert (result.requests, result.retries, sleep.waits) == (3, 1, [3.0])
    assert [request.range for request in server.requests] == [
        "bytes 0-12749/25500",
        "bytes 0-12749/25500",
        "bytes 12750-25499/25500",
    ]
    assert server.requests[1].body == video.read_bytes()[:12_750]


async def _close_at_once(_server, _request, _reader, writer):
    writer.close()


async def _reset_after_body(_server, _request, reader, writer):
    await reader.readexactly(12_750)
    reset(writer)


async def _reset_during_body(_server, _request, reader, writer):
    await reader.readexactly(1_000)
    reset(writer)


async def _garbage(_server, _request, reader, writer):
    await reader.readexactly(12_750)
    writer.write(b"\x00\x01 this is not HTTP\r\n\r\n")
    await writer.drain()


async def _cut_head(_server, _request, reader, writer):
    await reader.readexactly(12_750)
    writer.write(b"HTTP/1.1 206 Partial Con")
    await writer.drain()


@pytest.mark.parametrize("fault", [_close_at_once, _reset_after_body, _reset_during_body, _garbage, _cut_head])
async def test_a_broken_connection(video, fault):
    exchanges = []
    async with serving(fault, answer(206), answer(201)) as server:
        result = await run(video, server, upload_url=server.url + "/v?t=secret", exchange=exchanges.append)
    assert (result.requests, result.retries) == (3, 1)
    lost = exchanges[0].answer
    assert isinstance(lost, NoAnswer)
    assert lost.sent
    assert "secret" not in lost.reason
    assert exchanges[0].pause == 0.5


async def test_lost_answer_then_416(video):
    async with serving(
        _reset_after_body, answer(416, "Content-Range: bytes 0-12750/25500"), answer(201)
    ) as server:
        result = await run(video, server, upload_url=server.url + "/v")
    assert result.requests == 3
    assert server.requests[-1].range == "bytes 12750-25499/25500"


async def test_stale_connection(video):
    async def answer_and_close(_server, _request, reader, writer):
        await reader.readexactly(12_750)
        writer.write(answer(206))
        await writer.drain()
        reset(writer)

    async with serving(answer_and_close, answer(201)) as server:
        result = await run(video, server, upload_url=server.url + "/v")
    assert result.uploaded_bytes == 25_500


@pytest.mark.parametrize(
    ("status", "kind"), [(400, errors.BadRequest), (403, errors.UploadExpired), (404, errors.UploadUnknown)]
)
async def test_an_early_answer_in_mid_body_is_read(tmp_path, status, kind):
    path = tmp_path / "large.mp4"
    path.write_bytes(bytes(12_000_000))
    received = []

    async def refuse(_server, _request, reader, writer):
        received.append(len(await reader.readexactly(1_000)))
        writer.write(answer(status, "Connection: close"))
        await writer.drain()
        while piece := await reader.read(65_536):
            received.append(len(piece))

    async with serving(refuse) as server:
        with pytest.raises(kind):
            await run(path, server, upload_url=server.url + "/v", mb=None)
    assert sum(received) < 12_000_000


async def test_an_answer_body_that_never_ends_is_not_waited_for(video, monkeypatch):
    monkeypatch.setattr("client_reference.transport.DRAIN", 0.01)
    gone = asyncio.Event()

    async def hang(_server, _request, reader, writer):
        await reader.readexactly(12_750)
        writer.write(b"HTTP/1.1 206 X\r\nContent-Length: 1000\r\n\r\nnull")
        await reader.read()
        gone.set()

    async with serving(hang, answer(201)) as server:
        assert (await run(video, server, upload_url=server.url + "/v")).retries == 0
    await gone.wait()


async def test_a_redirect_is_not_followed(video):
    async with serving() as elsewhere, serving(answer(307, f"Location: {elsewhere.url}/steal")) as server:
        with pytest.raises(errors.RedirectRefused, match=r"points to 127\.0\.0\.1"):
            await run(video, server, upload_url=server.url + "/v")
        assert elsewhere.connections == 0


async def test_a_redirect_of_init_is_not_followed(video):
    async with serving() as elsewhere, serving(answer(308, f"Location: {elsewhere.url}/steal")) as server:
        with pytest.raises(errors.RedirectRefused):
            await run(video, server)
        assert elsewhere.connections == 0


async def test_silence_after_the_body(video):
    async def silent(_server, _request, reader, _writer):
        await reader.read()

    exchanges = []
    async with serving(silent, answer(206), answer(201)) as server:
        url = server.url + "/v"
        await run(video, server, upload_url=url, timeouts=Timeouts(silence=0.05), exchange=exchanges.append)
    assert exchanges[0].answer == NoAnswer("no sign of life for 0.05 s", sent=True)


async def test_silence_during_the_body(tmp_path):
    """The server reads nothing: the buffers fill, and no further byte is taken."""
    path = tmp_path / "large.mp4"
    path.write_bytes(bytes(19_000_000))
    left = asyncio.Event()

    async def deaf(_server, _request, _reader, _writer):
        await left.wait()

    async with serving(deaf) as server:
        with pytest.raises(errors.Unreachable, match=r"no sign of life for 0\.2 s"):
            await run(
                path,
                server,
                upload_url=server.url + "/v",
                mb=None,
                timeouts=Timeouts(silence=0.2),
                retry=RetryPolicy(attempts=1),
            )
        left.set()


async def test_nobody_there(video):
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))  # bound and not listening: refused
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    sleep = Sleep()
    with (
        sock,
        pytest.raises(
            errors.Unreachable, match=r"cannot connect to 127\.0\.0\.1:\d+, Connection refused; check the address"
        ) as caught,
    ):
        await upload(video, token="t", api_base=url, mb=MB, sleep=sleep, random=lambda: 1.0)
    assert sleep.waits == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert not caught.value.in_doubt


async def test_https_where_http_is_spoken(video):
    once = {"sleep": Sleep(), "retry": RetryPolicy(attempts=1)}
    with ThreadServer(Config()) as server:
        base = server.url.replace("http:", "https:")
        with pytest.raises(errors.Unreachable, match=r"TLS failed \([A-Z_]+\): does it speak https"):
            await upload(video, token="t", api_base=base, mb=MB, **once)


async def test_a_certificate_that_nobody_trusts(video, tmp_path):
    once = {"sleep": Sleep(), "retry": RetryPolicy(attempts=1)}
    front = TlsFront(throw_away_ca(tmp_path)[1])
    with front, pytest.raises(errors.Unreachable, match="its certificate is not trusted: "):
        await upload(video, token="t", api_base=front.url, mb=MB, **once)


async def test_an_api_answer_that_is_cut_short_comes_again(video):
    cut = b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\n{"data": '

    async def cut_short(_server, request, reader, writer):
        await reader.readexactly(int(request.headers["content-length"]))
        writer.write(cut)
        await writer.drain()

    exchanges = []
    async with serving(cut_short, init(), answer(206), answer(201)) as server:
        await run(video, server, wait=False, exchange=exchanges.append)
    assert exchanges[0].answer == NoAnswer("the answer was cut short", sent=True)


async def test_an_endless_api_answer_is_not_kept(video, monkeypatch):
    monkeypatch.setattr("client_reference.transport.ANSWER_LIMIT", 10)
    async with serving(answer(200, body=b" " * 100)) as server:
        with pytest.raises(errors.ProtocolError):
            await run(video, server)


async def test_a_file_that_grows(video):
    async def grow(_server, _request, reader, writer):
        await reader.readexactly(12_750)
        with video.open("ab") as file:
            file.write(b"more")
        writer.write(answer(206))
        await writer.drain()
        await reader.read()

    async with serving(grow) as server:
        with pytest.raises(errors.FileChanged, match="had 25500 bytes and now has 25504; upload it again"):
            await run(video, server, upload_url=server.url + "/v")


async def test_an_empty_file_and_a_missing_one(tmp_path):
    empty = tmp_path / "empty.mp4"
    empty.touch()
    with pytest.raises(errors.PlanError):
        await upload(empty, token="t")
    with pytest.raises(FileNotFoundError):
        await upload(tmp_path / "none.mp4", token="t")


@pytest.mark.parametrize("limit_rate", [None, 1])
async def test_cancelled_it_closes_file_and_connection_at_once(video, monkeypatch, limit_rate):
    """Before an answer, and in the middle of a chunk that goes out slowly."""
    arrived, left = asyncio.Event(), asyncio.Event()
    files = []
    kept = VideoFile.__enter__
    monkeypatch.setattr(VideoFile, "__enter__", lambda self: files.append(self) or kept(self))

    async def wait(_server, _request, reader, _writer):
        arrived.set()
        with suppress(ConnectionError):
            await reader.read()
        left.set()

    async with serving(wait) as server:
        options = {
            "upload_url": server.url + "/v",
            "limit_rate": limit_rate,
            "resume_file": video.with_name("state"),
        }
        task = asyncio.create_task(run(video, server, sleep=asyncio.sleep, **options))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert files[0]._file.closed
        await left.wait()
        ResumeFile(video.with_name("state"), {}).close()  # locked no more


async def test_a_limited_rate_holds_across_chunks_and_retries(video):
    waits, moved = [], [0.0]

    async def sleep(seconds):
        waits.append(seconds)
        moved[0] += seconds

    async with serving(answer(503, "Retry-After: 0"), answer(206), answer(201)) as server:
        url = server.url + "/v"
        options = {"sleep": sleep, "clock": lambda: moved[0], "random": lambda: 0.0}
        await run(video, server, upload_url=url, limit_rate=5_000, retry=RetryPolicy(base=0.0), **options)
    sent = SIZE + 12_750  # the first chunk went out twice
    assert sum(waits) == pytest.approx(sent / 5_000, abs=0.1)
    assert max(waits) <= 0.1 + 1e-9
    assert b"".join(request.body for request in server.requests[1:]) == video.read_bytes()


@pytest.mark.parametrize(("allowed", "actions"), [(0, []), (1, [init()]), (2, [init(), answer(206)])])
async def test_what_cannot_be_kept_is_not_sent(video, monkeypatch, allowed, actions):
    """Not the init, and not the chunk whose place could not be kept."""
    saves = []

    def save(_, saved):
        saves.append(saved.acknowledged)
        if len(saves) > allowed:
            raise errors.ResumeTrouble("full")

    monkeypatch.setattr(ResumeFile, "save", save)
    async with serving(*actions) as server:
        with pytest.raises(errors.ResumeTrouble, match="full"):
            await run(video, server, resume_file=video.with_name("state"))
    assert len(server.requests) == len(actions)


async def test_what_cannot_be_kept_once_all_has_arrived_is_no_failure(video, monkeypatch):
    """Another run hears it from the server."""
    saves = []

    def save(_, saved):
        saves.append(saved.acknowledged)
        if saved.acknowledged == SIZE:
            raise errors.ResumeTrouble("full")

    monkeypatch.setattr(ResumeFile, "save", save)
    async with serving(init(), answer(206), answer(201), api(status="PUBLISH_COMPLETE")) as server:
        result = await run(video, server, resume_file=video.with_name("state"))
    assert result.status == "PUBLISH_COMPLETE"
    assert saves == [0, 0, 12_750, SIZE, SIZE]


async def test_the_error_of_the_upload_comes_before_that_of_the_resume_file(video, monkeypatch):
    def save(_, saved):
        if not saved.upload_url:
            raise errors.ResumeTrouble("full")

    monkeypatch.setattr(ResumeFile, "save", save)
    async with serving(answer(404)) as server:
        with pytest.raises(errors.UploadUnknown):
            await run(video, server, upload_url=server.url + "/v", resume_file=video.with_name("state"))


@pytest.mark.parametrize(
    ("cached", "lengths"),
    [(False, [1_500, 1_500, 1_000, 1_500, 1_500, 1_000, 1_500, 500]), (True, [1_500] * 6 + [1_000])],
)
async def test_a_chunk_is_read_in_pieces_and_sent_in_slices(video, monkeypatch, cached, lengths):
    """A slice at a time from the system's memory, a piece at a time from the disk."""
    monkeypatch.setattr("client_reference.video.PIECE", 4_000)
    monkeypatch.setattr("client_reference.video.SLICE", 1_500)
    monkeypatch.setattr("client_reference.pace.SLICE", 1_500)
    monkeypatch.setattr(VideoFile, "read_cached", lambda *where: VideoFile.read(*where) if cached else None)
    taken = []
    with VideoFile(video) as file:
        body = ChunkBody(file, Chunk(2, 10_000, 19_999, SIZE), Pace(None, None, None), taken.append)
        slices = [bytes(piece) async for piece in body]
    assert [len(piece) for piece in slices] == lengths
    assert b"".join(slices) == video.read_bytes()[10_000:20_000]
    assert taken == [sum(lengths[:count]) for count in range(len(lengths) + 1)]


@pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="this machine has no preadv2 with RWF_NOWAIT")
def test_what_the_system_has_in_memory_is_read_without_waiting(video, monkeypatch):
    content, asked = video.read_bytes(), []
    preadv = os.preadv

    def reading(number, buffers, offset, flags):
        asked.append(flags)
        return preadv(number, buffers, offset)  # not every file system of a test machine can do without waiting

    monkeypatch.setattr(os, "preadv", reading)
    with VideoFile(video) as file:
        assert file.read_cached(100, 5_000) == content[100:5_100]
        assert asked == [os.RWF_NOWAIT]
        assert file.read_cached(SIZE - 10, 20) is None
        monkeypatch.setattr(os, "preadv", blocked)
        assert file.read_cached(0, 10) is None
        monkeypatch.setattr(os, "preadv", reading)
        with video.open("ab") as other:
            other.write(b"more")
        assert file.read_cached(0, 10) is None
        video.write_bytes(content)
        monkeypatch.delattr(os, "RWF_NOWAIT")
        assert file.read_cached(0, 10) is None


def blocked(*_):
    raise BlockingIOError


async def test_each_slice_taken_is_a_sign_of_life(video):
    class Limit:
        def __init__(self, *, over):
            self.over, self.until = over, []

        def expired(self):
            return self.over

        def reschedule(self, when):
            self.until.append(when)

    sent = []
    with VideoFile(video) as file:
        wire = Wire(None, file, None, Timeouts(silence=1_000.0), sent.append)
        plan = ChunkPlan(25, 10, 2)
        request = UploadJob(plan, token="t").chunk_request("http://h/", plan.chunk(2), 0.0)
        running, over = Limit(over=False), Limit(over=True)
        now = asyncio.get_running_loop().time()
        wire._alive(running, request, 5)
        wire._alive(over, request, 6)
    assert len(running.until) == 1
    assert 999 < running.until[0] - now < 1_100
    assert over.until == []
    assert sent == [15, 16]


def test_a_file_cut_short_while_it_is_read(video, monkeypatch):
    with VideoFile(video) as file:
        with video.open("r+b") as other:
            other.truncate(10_000)
        monkeypatch.setattr(file, "_seek_end", lambda: SIZE)
        with pytest.raises(errors.FileChanged, match="was cut short while it was read"):
            file.read(0, SIZE)


def test_a_file_system_that_gives_less_than_was_asked_for(video):
    class Reluctant:
        def __init__(self, file):
            self.file = file

        def read(self, length):
            return self.file.read(min(length, 1_000))

        def __getattr__(self, name):
            return getattr(self.file, name)

    with VideoFile(video) as file:
        file._file = Reluctant(file._file)
        assert file.read(100, 5_500) == video.read_bytes()[100:5_600]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.mp4", "video/mp4"),
        ("a.MOV", "video/quicktime"),
        ("a.webm", "video/webm"),
        ("a.mkv", "video/mp4"),
        ("a", "video/mp4"),
    ],
)
def test_content_type(tmp_path, name, kind):
    assert content_type(tmp_path / name) == kind


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (aiohttp.ConnectionTimeoutError(), "no connection within 10 s"),
        (aiohttp.ServerDisconnectedError(), "the connection was closed without an answer"),
        (aiohttp.ClientOSError(32, "Can not write request body for http://h/?upload_token=secret"), "Broken pipe"),
        (
            aiohttp.ClientConnectionError("http://h/?upload_token=secret"),
            "the request failed, ClientConnectionError",
        ),
        (socket.gaierror(-2, "Name or service not known"), "the connection broke, Name or service not known"),
        (OSError("http://h/?upload_token=secret"), "the connection broke, OSError"),
    ],
)
def test_reasons_hold_no_credential(error, reason):
    said = Wire(None, None, None, Timeouts(), None)._reason(error)
    assert said.endswith(reason)
    assert "secret" not in said
