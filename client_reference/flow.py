"""The upload as a state machine without a socket: ask `next_request()`, tell what came of it, until it is over.

Nothing here waits, reads a clock or a file, or draws a number.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from client_reference import errors
from client_reference.answers import COMPLETE, FAILED, ApiAnswer, Progress
from client_reference.plan import Chunk
from client_reference.retry import Polls, RetryPolicy, retry_after_seconds
from client_reference.steps import (
    ChunkRequest,
    Failed,
    InitRequest,
    Request,
    Saved,
    StatusRequest,
    Step,
    UploadJob,
    UploadResult,
    url_host,
)
from client_reference.verdict import Elsewhere, Held, Unclear, judge

DEFAULT_RETRY = RetryPolicy()


class UploadFlow:
    """One post from init to its end: init, chunks in order, status.

    `next_request()` gives a request to send after its `delay`, or an UploadResult, or Failed; and the same
    one again until `receive_response` or `receive_failure` tells what came of it. `jitter` gives a number
    from 0 to 1 for each wait; without one every wait is the longest. With `saved`, from an earlier run with
    the same plan, it first asks where the server is, and goes on there.
    """

    def __init__(
        self,
        job: UploadJob,
        *,
        retry: RetryPolicy = DEFAULT_RETRY,
        jitter: Callable[[], float] = lambda: 1.0,
        saved: Saved | None = None,
    ) -> None:
        self._job, self._retry, self._jitter = job, retry, jitter
        begun = saved is not None and saved.upload_url is not None
        self._may_start_anew = begun and job.upload_url is None  # once
        self._looking = begun  # has not yet heard where the server is
        self._begin(saved if saved and begun else Saved(job.upload_url, job.publish_id))
        self._complete = False
        self._polls = Polls(job.patience)
        self._requests = self._retries = 0
        self._answered = False
        self._step: Step = replace(job.init_request(), because=saved.because if saved else "")
        if self._acknowledged == job.plan.video_size:
            self._finish()
        elif self._url is not None:
            self._send_chunk_at(self._acknowledged, in_doubt=begun)
            if begun and self._publish_id:
                self._ask_status()

    def _begin(self, saved: Saved) -> None:
        self._url, self._publish_id = saved.upload_url, saved.publish_id
        self._acknowledged = saved.acknowledged  # most bytes the server ever confirmed
        # Most bytes it can hold: those that went out; all, where an earlier run may have sent them.
        self._reach = 0 if self._url is None else self._job.plan.video_size
        self._failures = self._resyncs = 0  # since it last confirmed new bytes
        self._in_doubt = False  # an attempt at this chunk went without a clear answer: it may have arrived
        self._at_final = False
        self._refusal: errors.UploadError | None = None  # the end, unless status shows a complete upload

    @property
    def acknowledged(self) -> int:
        """Bytes that the server has confirmed so far."""
        return self._acknowledged

    @property
    def saved(self) -> Saved:
        """What to keep before the next request goes out, so that another run can go on from there."""
        error = self._step.error if isinstance(self._step, Failed) else None
        gone = isinstance(error, errors.UploadGone) and error.retryable
        if gone or isinstance(error, errors.PublishFailed):  # no post came of it, nor can one
            return Saved()
        return Saved(self._url, self._publish_id, self._acknowledged)

    def next_request(self) -> Step:
        return self._step

    def receive_response(
        self, status: int, headers: Mapping[str, str], body: bytes = b"", *, now: float | None = None
    ) -> None:
        """The answer to the request given last; the body of a chunk's answer may be left out (C-BODY-IGNORED).

        `now` is Unix time in seconds, to read a Retry-After that is a date.
        """
        request = self._take_request()
        self._answered = True
        fields = {name.lower(): value for name, value in headers.items()}
        if 300 <= status < 400:
            self._fail(errors.RedirectRefused(status, url_host(fields.get("location", ""))))
        elif status == 429 or status >= 500:  # C-RETRY-5XX
            self._try_again(request, f"HTTP {status}", retry_after_seconds(fields.get("retry-after"), now))
        elif isinstance(request, InitRequest):
            self._receive_init(ApiAnswer.read(status, body))
        elif isinstance(request, ChunkRequest):
            self._receive_chunk(request.chunk, status, Progress.read(fields.get("content-range")))
        else:
            self._receive_status(request, ApiAnswer.read(status, body))

    def receive_failure(self, reason: str, *, sent: bool = True) -> None:
        """No answer came to the request given last: refused, cut, timed out (C-RETRY-CUT).

        `sent=False` says that no byte of it can have arrived.
        """
        self._try_again(self._take_request(), reason, sent=sent)

    def _take_request(self) -> Request:
        match self._step:
            case UploadResult() | Failed() as end:
                raise RuntimeError(f"no request is under way: the upload ended with {end!r}")
            case request:
                self._requests += 1
                return request

    # ── init ──

    def _receive_init(self, answer: ApiAnswer) -> None:
        task = self._job.task_of_init(answer)
        if isinstance(task, errors.UploadError):
            self._fail(task)
        else:
            self._url, self._publish_id = task
            self._failures = 0
            self._send_chunk_at(0)

    # ── chunks ──

    def _receive_chunk(self, chunk: Chunk, status: int, progress: Progress | None) -> None:
        if status == 416 or 200 <= status < 300:
            self._go_by_verdict(chunk, status, progress)
            return
        doubt = chunk.final and self._in_doubt
        refusal: errors.UploadError = errors.BadRequest(status, chunk.content_range)
        if status in {403, 404}:
            refusal = (errors.UploadExpired if status == 403 else errors.UploadUnknown)(in_doubt=doubt)
        if doubt and self._publish_id:  # a complete upload may be answered so (A12): C-RETRY-LOST-FINAL
            self._refusal = refusal
            self._ask_status()
        else:
            self._refuse(refusal)

    def _refuse(self, refusal: errors.UploadError) -> None:
        """Nothing more goes to this upload_url; to another one, if no post can come of this (C-ONE-POST)."""
        self._refusal = None
        if not (self._may_start_anew and isinstance(refusal, errors.UploadGone) and refusal.retryable):
            self._fail(refusal)
            return
        self._may_start_anew = False
        self._begin(Saved())
        self._step = replace(self._job.init_request(), because=f"the saved {refusal.news}")

    def _go_by_verdict(self, chunk: Chunk, status: int, progress: Progress | None) -> None:
        places = progress.places(self._job.plan, self._reach) if progress else []
        can_ask = bool(self._publish_id)
        verdict = judge(chunk, status, progress, places, can_ask=can_ask, lost=self._in_doubt)
        self._in_doubt = True
        match verdict:
            case Held(place):
                self._confirm(place)
            case Elsewhere(place):
                self._go_to(place)
            case Unclear():
                self._ask_status()
            case trouble:
                self._fail(trouble)

    def _go_to(self, place: int) -> None:
        """The server stands at `place`, not where we thought."""
        if place > self._acknowledged:
            self._confirm(place)
            return
        self._resyncs += 1
        self._retries += 1
        if self._resyncs > self._retry.resyncs:
            self._fail(errors.PlaceLost(f"The server came back to byte {place} {self._resyncs} times."))
        else:
            pause = self._retry.backoff(self._resyncs - 1, self._jitter()) if self._resyncs > 1 else 0.0
            self._send_chunk_at(place, delay=pause, in_doubt=self._in_doubt)

    def _confirm(self, place: int) -> None:
        """The server holds the first `place` bytes."""
        if place > self._acknowledged:
            self._acknowledged = place
            self._failures = self._resyncs = 0
        if place == self._job.plan.video_size:
            self._finish()
        else:
            self._send_chunk_at(place)

    def _send_chunk_at(self, offset: int, *, delay: float = 0.0, in_doubt: bool = False) -> None:
        chunk = self._job.plan.chunk_at(offset)
        assert chunk is not None  # callers come from an edge
        assert self._url is not None  # and after init
        self._in_doubt, self._at_final = in_doubt, chunk.final
        self._reach = max(self._reach, chunk.last + 1)
        self._step = self._job.chunk_request(self._url, chunk, delay)

    # ── status ──

    def _receive_status(self, request: StatusRequest, answer: ApiAnswer) -> None:
        state = answer.text("status")
        looking, self._looking = self._looking, False
        tells = state in {FAILED, *COMPLETE} or self._can_be_at(answer.uploaded_bytes)
        if looking and (answer.refused or not tells):
            self._go_to(self._acknowledged)  # the chunk there will tell
            return
        hidden = answer.refusal[1] == "invalid_publish_id"  # right after init it may not be visible yet
        if hidden and self._failures + 1 < self._retry.attempts:
            self._try_again(request, "invalid_publish_id")
        elif answer.refused:
            self._fail(errors.StatusRefused(*answer.refusal))
        elif not answer.readable:
            self._try_again(request, "an answer that is not JSON")
        elif state == FAILED:
            self._step = Failed(errors.PublishFailed(answer.text("fail_reason"), self._publish_id))
        elif self._complete:
            self._finish(state)
        else:
            place = self._job.plan.video_size if state in COMPLETE else answer.uploaded_bytes
            self._go_by_status(state, place)

    def _go_by_status(self, state: str, place: int | None) -> None:
        if place is None or not self._can_be_at(place):
            self._fail(errors.PlaceLost(f"The status is {state!r} at byte {place}: no chunk starts there."))
        elif place == self._job.plan.video_size:
            self._finish(state)
        elif isinstance(self._refusal, errors.UploadGone):
            self._refuse(type(self._refusal)())  # without doubt now
        elif self._refusal is not None:
            self._fail(self._refusal)
        else:
            self._go_to(place)

    def _can_be_at(self, place: int | None) -> bool:
        return place is not None and place <= self._reach and self._job.plan.is_edge(place)

    def _finish(self, state: str = "") -> None:
        self._acknowledged, self._failures = self._job.plan.video_size, 0
        self._complete, self._in_doubt, self._refusal = True, False, None
        if self._job.wait and self._publish_id and state not in COMPLETE:
            self._ask_status(last=state)
        else:
            status = state if self._job.wait and self._publish_id else None
            self._step = UploadResult(self._publish_id, status, self._acknowledged, self._requests, self._retries)

    def _ask_status(self, *, at_least: float = 0.0, last: str = "") -> None:
        assert self._publish_id is not None  # callers have looked
        gap = self._polls.next_gap(at_least)
        if gap is None:
            last = f"status {last or 'unknown'}"
            self._fail(errors.GaveUp(self._polls.made, last, in_doubt=self._lost_final))
        else:
            self._step = self._job.status_request(self._publish_id, gap)

    # ── trouble ──

    def _try_again(
        self, request: Request, reason: str, retry_after: float | None = None, *, sent: bool = True
    ) -> None:
        """The same request after a pause; even a second init, as no byte follows the first (C-ONE-POST)."""
        self._failures += 1
        self._in_doubt = self._in_doubt or (sent and isinstance(request, ChunkRequest))
        delay = self._retry.wait(self._failures, self._jitter(), retry_after)
        if delay is None:
            pause = f" with a Retry-After of {retry_after:.0f} s" if retry_after else ""
            kind = errors.GaveUp if self._answered else errors.Unreachable
            self._fail(kind(self._failures, reason + pause, in_doubt=self._lost_final))
            return
        self._retries += 1
        if isinstance(request, StatusRequest):
            self._ask_status(at_least=delay, last=reason)
        else:
            self._step = replace(request, delay=delay)

    @property
    def _lost_final(self) -> bool:
        return self._in_doubt and self._at_final

    def _fail(self, error: errors.UploadError) -> None:
        """Ends the upload; once every byte has arrived the error says that too, whatever else went wrong."""
        if self._complete:
            last = error.last if isinstance(error, errors.GaveUp) else str(error)
            error = errors.NotConfirmed(self._publish_id, last)
        self._step = Failed(self._refusal or error)
