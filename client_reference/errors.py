"""What can go wrong with an upload: whose fault it is, and whether another run may help."""
# ruff: noqa: N818 - a name like UploadExpired says what happened; that it is an error its base says

from typing import ClassVar, Literal

Fault = Literal["caller", "network", "service"]

# Both spellings name one error: TikTok's tables print the first, its servers send the second (A7).
INVALID_PARAMETER_CODES = frozenset({"invalid_param", "invalid_params"})
LOOK_FIRST = "the last chunk may have arrived, so look for the post before uploading again"
START_OVER = "upload again, which starts with a new init"


class UploadError(Exception):
    """Base of every failure of an upload; its text is one sentence without credentials.

    `fault` says where to look. `retryable` says whether the same upload may be run again as it stands, with
    some hope and without the danger of posting twice.
    """

    fault: ClassVar[Fault] = "service"
    retryable: bool = False


class UsageError(UploadError):
    """The upload was asked for in a way that cannot work; nothing was sent."""

    fault = "caller"


class ResumeTrouble(UploadError):
    """The resume file cannot be used: no access, no space, or another run holds it. Nothing more was sent."""

    fault = "caller"


class PlanError(UsageError):
    """No legal chunk plan for this size and these wishes (C-PLAN); nothing was sent."""


class FileChanged(UploadError):
    """The file is no longer the one the plan was made for (C-BYTES)."""

    fault = "caller"
    retryable = True


class ApiRefused(UploadError):
    """TikTok's API said no: `status` is HTTP's; `code`, `message`, `log_id` are the error object's."""

    fault = "caller"
    asked: ClassVar[str] = "The request"

    def __init__(self, status: int, code: str, message: str, log_id: str) -> None:
        self.status, self.code, self.message, self.log_id = status, code, message, log_id
        said = f": {code or 'no code'}, {message!r}" if code or message else " and no reason"
        trace = f" (log_id {log_id})" if log_id else ""
        super().__init__(f"{self.asked} was refused with HTTP {status}{said}{trace}; {self.advice}.")

    @property
    def invalid_parameters(self) -> bool:
        """Whether the code is either spelling of invalid_params (A7)."""
        return self.code in INVALID_PARAMETER_CODES

    @property
    def advice(self) -> str:
        if self.invalid_parameters:
            return "correct the plan or the post"
        if self.status == 401:
            return "check the access token and its scopes"
        return "look the code up in TikTok's reference"


class InitRefused(ApiRefused):
    """The init was answered with an error; there is no upload and no post."""

    asked = "The init"


class StatusRefused(ApiRefused):
    """status/fetch was answered with an error."""

    asked = "The status query"


class BadRequest(UploadError):
    """A chunk was answered 400, or another status that sending it again cannot cure (C-STOP-400)."""

    fault = "caller"

    def __init__(self, status: int, content_range: str) -> None:
        self.status = status
        super().__init__(
            f"Chunk {content_range!r} was refused with HTTP {status}, and would be refused again; "
            "check plan, size and content type."
        )


class UploadGone(UploadError):
    """No further byte may go to this upload_url."""

    news: ClassVar[str]

    def __init__(self, *, in_doubt: bool = False) -> None:
        self.retryable = not in_doubt
        super().__init__(f"The {self.news}; {LOOK_FIRST if in_doubt else START_OVER}.")


class UploadExpired(UploadGone):
    """A chunk was answered 403: the upload_url is older than an hour (C-STOP-403)."""

    news = "upload_url has expired (HTTP 403)"


class UploadUnknown(UploadGone):
    """A chunk was answered 404: no upload belongs to this URL (C-STOP-404)."""

    fault = "caller"
    news = "upload_url has no upload (HTTP 404)"


class RedirectRefused(UploadError):
    """The server pointed elsewhere; neither the video nor the token goes there (C-NO-REDIRECT)."""

    def __init__(self, status: int, host: str) -> None:
        self.status, self.host = status, host
        super().__init__(f"HTTP {status} points to {host or 'another place'}; redirects are not followed.")


class PlaceLost(UploadError):
    """Where the server stands cannot be learnt, or is no chunk edge of this plan (C-416-RESYNC)."""


class ProtocolError(UploadError):
    """An answer that the protocol does not allow, and that nothing else settles."""


class GaveUp(UploadError):
    """The attempts are used up, or the server asks for more patience than the policy has (C-RETRY-BOUNDED).

    `in_doubt`: the last chunk went out without an answer, so the post may exist all the same.
    """

    advice: ClassVar[str] = "try again later"

    def __init__(self, attempts: int, last: str, *, in_doubt: bool = False) -> None:
        self.attempts, self.last, self.in_doubt = attempts, last, in_doubt
        self.retryable = not in_doubt
        advice = LOOK_FIRST if in_doubt else self.advice
        times = "1 attempt" if attempts == 1 else f"{attempts} attempts"
        super().__init__(f"Gave up after {times} without progress, the last one: {last}; {advice}.")


class Unreachable(GaveUp):
    """Not one answer came in the whole run."""

    fault = "network"
    advice = "check the address and the network"


class PublishFailed(UploadError):
    """Every byte arrived, and TikTok then failed the post; `fail_reason` is its word (C-STATUS-POLL)."""

    def __init__(self, fail_reason: str, publish_id: str | None) -> None:
        self.fail_reason, self.publish_id = fail_reason, publish_id
        self.retryable = fail_reason == "internal"
        super().__init__(f"Post {publish_id} failed after the upload: {fail_reason or 'no reason given'}.")


class NotConfirmed(UploadError):
    """Every byte arrived, but how the post ended is unknown; a second upload is a second post (C-ONE-POST)."""

    def __init__(self, publish_id: str | None, last: str) -> None:
        self.publish_id, self.last = publish_id, last
        super().__init__(
            f"The video is uploaded, but the end of post {publish_id} is not known ({last.rstrip('.')}); "
            "do not upload it again, ask for its status later."
        )
