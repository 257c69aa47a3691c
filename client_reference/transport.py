"""UploadFlow driven over the network with aiohttp."""

import asyncio
import os
import random as chance
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from yarl import URL

from client_reference.errors import ResumeTrouble, UsageError
from client_reference.flow import DEFAULT_RETRY, UploadFlow
from client_reference.pace import Pace
from client_reference.plan import ChunkPlan
from client_reference.resume import ResumeFile, binding
from client_reference.retry import RetryPolicy
from client_reference.steps import TIKTOK, ChunkRequest, Failed, InitRequest, Request, UploadJob, UploadResult
from client_reference.video import ChunkBody, VideoFile, content_type

ANSWER_LIMIT = 1 << 20  # bytes of an answer's body that are read; TikTok's have some hundred
DRAIN = 1.0  # seconds for the rest of a chunk's answer, to keep the connection; nobody needs what it says


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to `connect`; of `silence`, no byte taken and no answer, before giving up (C-RETRY-STALL)."""

    connect: float = 10.0
    silence: float = 20.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Bytes of the file: handed to the network, confirmed by the server, all."""

    sent: int
    acknowledged: int
    total: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: all of it for the API, status and headers for a chunk (C-BODY-IGNORED)."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nothing came back; `sent=False`: no byte can have arrived."""

    reason: str
    sent: bool


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request, what came of it, and the seconds to wait before the next."""

    request: Request
    answer: Answer | NoAnswer
    pause: float


DEFAULT_TIMEOUTS = Timeouts()


async def upload(
    path: str | Path,
    *,
    token: str = "",
    api_base: str = TIKTOK,
    draft: bool = False,
    title: str = "",
    privacy_level: str = "SELF_ONLY",
    upload_url: str | None = None,
    publish_id: str | None = None,
    chunk_size: int | None = None,
    mb: int | None = None,
    resume_file: str | Path | None = None,
    limit_rate: int | None = None,
    wait: bool = True,
    patience: float = 600.0,
    progress: Callable[[Progress], None] = lambda _: None,
    exchange: Callable[[Exchange], None] = lambda _: None,
    retry: RetryPolicy = DEFAULT_RETRY,
    timeouts: Timeouts = DEFAULT_TIMEOUTS,
    trust_env: bool = False,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
    random: Callable[[], float] = chance.random,
) -> UploadResult:
    """Upload the file at `path` as a direct post or a draft, and wait for its terminal status.

    Memory does not depend on the size of the file (C-MEMORY). With `upload_url` the init was made before,
    with the plan that `chunk_size` and `mb` give here. With `resume_file` the same call, made again after an
    interruption, goes on where the server is, and one made again after the end posts nothing a second time.
    `limit_rate` is in bytes a second; `patience` bounds the waiting for the status, in seconds; `progress`
    hears of bytes, `exchange` of requests; `trust_env` takes proxies from the environment; `sleep` and `clock`
    serve all waiting but the time-outs. Cancel the task to stop: file and connection are closed at once.

    Raises UploadError in its many kinds, OSError where the file cannot be read.
    """
    if limit_rate is not None and limit_rate < 1:
        raise UsageError(f"limit_rate is {limit_rate}; at least 1 byte a second is wanted.")
    with ExitStack() as stack:
        video = stack.enter_context(await asyncio.to_thread(VideoFile, Path(path)))
        job = UploadJob(
            ChunkPlan.for_size(video.size, chunk_size=chunk_size, mb=mb),
            token=token,
            api_base=api_base,
            draft=draft,
            title=title,
            privacy_level=privacy_level,
            content_type=content_type(Path(path)),
            upload_url=upload_url,
            publish_id=publish_id,
            wait=wait,
            patience=patience,
        )
        state = None
        if resume_file is not None:
            bound = binding(job, await asyncio.to_thread(video.fingerprint))
            state = ResumeFile(Path(resume_file), bound)
            stack.callback(state.close)
        flow = UploadFlow(job, retry=retry, jitter=random, saved=state.saved if state else None)
        pace = Pace(limit_rate, clock, sleep)
        async with _session(timeouts, trust_env=trust_env) as session:
            wire = Wire(
                session,
                video,
                pace,
                timeouts,
                lambda sent: progress(Progress(sent, flow.acknowledged, video.size)),
            )
            return await _drive(flow, wire, state, sleep, exchange)


async def _drive(
    flow: UploadFlow,
    wire: "Wire",
    state: ResumeFile | None,
    sleep: Callable[[float], Awaitable[object]],
    exchange: Callable[[Exchange], None],
) -> UploadResult:
    step = flow.next_request()
    await _keep(flow, state)
    while not isinstance(step, (UploadResult, Failed)):
        if step.delay:
            await sleep(step.delay)
        request, answer = step, await wire.send(step)
        if isinstance(answer, Answer):
            flow.receive_response(answer.status, answer.headers, answer.body, now=time.time())
        else:
            flow.receive_failure(answer.reason, sent=answer.sent)
        step = flow.next_request()
        await _keep(flow, state)
        exchange(Exchange(request, answer, getattr(step, "delay", 0.0)))
        wire.progress(flow.acknowledged)
    if isinstance(step, Failed):
        raise step.error
    return step


async def _keep(flow: UploadFlow, state: ResumeFile | None) -> None:
    """Nothing is sent whose reply could not be kept; where nothing is to be sent the old state serves as well."""
    if state is not None:
        try:
            await asyncio.to_thread(state.save, flow.saved)
        except ResumeTrouble:
            if isinstance(flow.next_request(), (InitRequest, ChunkRequest)):
                raise


class Wire:
    """Sends one request and says what came of it; `progress` is told how many bytes of the file have gone out."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        video: VideoFile,
        pace: Pace,
        timeouts: Timeouts,
        progress: Callable[[int], None],
    ) -> None:
        self._session, self._video, self._pace = session, video, pace
        self._timeouts, self.progress = timeouts, progress

    async def send(self, request: Request) -> Answer | NoAnswer:
        """FileChanged and OSError come from the file; what happens to the connection is an answer."""
        body: ChunkBody | None = None
        try:
            async with asyncio.timeout(self._timeouts.silence) as limit:
                if not isinstance(request, ChunkRequest):
                    return await self._post(request.url, request.headers, request.body)
                body = ChunkBody(
                    self._video, request.chunk, self._pace, lambda taken: self._alive(limit, request, taken)
                )
                return await self._put(request, body)
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            if body is not None and body.trouble is not None:
                raise body.trouble from None
            never = isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError))
            return NoAnswer(self._reason(error), sent=not never)

    def _alive(self, limit: asyncio.Timeout, request: ChunkRequest, taken: int) -> None:
        if not limit.expired():
            limit.reschedule(asyncio.get_running_loop().time() + self._timeouts.silence)
        self.progress(request.chunk.first + taken)

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        async with self._session.post(URL(url), headers=headers, data=body, allow_redirects=False) as response:
            return Answer(response.status, response.headers, await _read(response))

    async def _put(self, request: ChunkRequest, body: ChunkBody) -> Answer:
        """The answer may come before the body is out; what is left of it then stays here, with the connection."""
        url = URL(request.url, encoded=True)  # C-URL-OPAQUE: not a character quoted anew
        async with self._session.put(url, headers=request.headers, data=body, allow_redirects=False) as response:
            with suppress(aiohttp.ClientError, TimeoutError):
                async with asyncio.timeout(DRAIN):
                    await _read(response)
            return Answer(response.status, response.headers, b"")

    def _reason(self, error: Exception) -> str:
        """In our own words: those of the library hold the upload_url, which is a credential."""
        match error:
            case aiohttp.ClientConnectorError():
                return f"cannot connect to {error.host}:{error.port}, {_in_words(error.os_error)}"
            case aiohttp.ConnectionTimeoutError():
                return f"no connection within {self._timeouts.connect:g} s"
            case TimeoutError():
                return f"no sign of life for {self._timeouts.silence:g} s"
            case aiohttp.ServerDisconnectedError():
                return "the connection was closed without an answer"
            case aiohttp.ClientResponseError():
                return "the answer is not HTTP"
            case aiohttp.ClientPayloadError():
                return "the answer was cut short"
            case OSError():
                return f"the connection broke, {_in_words(error)}"
            case _:
                return f"the request failed, {type(error).__name__}"


def _in_words(error: OSError) -> str:
    """The system's words; those of asyncio say less, those of aiohttp too much."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):  # whose number is OpenSSL's
        return f"TLS failed ({error.reason}): does it speak https?"
    if error.errno is not None and error.errno > 0:  # not so for a name that does not resolve
        return os.strerror(error.errno)
    if isinstance(error, aiohttp.ClientError):  # its text may hold the upload_url
        return "while the request was on its way"
    return error.strerror or type(error).__name__


def _session(timeouts: Timeouts, *, trust_env: bool) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "tiktok-upload"},
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=timeouts.connect),
        trust_env=trust_env,
    )


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > ANSWER_LIMIT:
            break
    return bytes(body)
