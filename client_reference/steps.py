"""What an upload is asked to be, the requests it is made of, and how it ends: values only."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from client_reference.answers import ApiAnswer
from client_reference.errors import InitRefused, ProtocolError, UploadError, UsageError
from client_reference.plan import Chunk, ChunkPlan

TIKTOK = "https://open.tiktokapis.com"
DIRECT_PATH = "/v2/post/publish/video/init/"
DRAFT_PATH = "/v2/post/publish/inbox/video/init/"
STATUS_PATH = "/v2/post/publish/status/fetch/"


@dataclass(frozen=True, slots=True)
class InitRequest:
    """POST: declares post and plan. `delay`, here and below: seconds to wait before sending.

    `because` says why a saved upload is not gone on with, where there was one.
    """

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes
    delay: float = 0.0
    because: str = ""


@dataclass(frozen=True, slots=True)
class ChunkRequest:
    """PUT: bytes `chunk.first` to `chunk.last` of the file, with exactly these headers (C-HEADERS)."""

    url: str = field(repr=False)
    headers: Mapping[str, str]
    chunk: Chunk
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """POST: asks how far the post is."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class UploadResult:
    """Every byte arrived. `status` is the terminal one, None where it was not waited for.

    `requests` counts all of them, `retries` those that only repeat or correct an earlier one.
    """

    publish_id: str | None
    status: str | None
    uploaded_bytes: int
    requests: int
    retries: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The upload is over, and not done."""

    error: UploadError


@dataclass(frozen=True, slots=True)
class Saved:
    """How far an upload is, for another run of the same command to go on; without `upload_url` not yet begun.

    The server has confirmed the first `acknowledged` bytes; of the rest no more than the chunk that starts
    there has been sent. `because`: why an upload saved before this is not gone on with.
    """

    upload_url: str | None = field(default=None, repr=False)
    publish_id: str | None = None
    acknowledged: int = 0
    because: str = ""

    def may_be_complete(self, plan: ChunkPlan) -> bool:
        """Whether the last chunk may have arrived: then a second init may be a second post (C-ONE-POST)."""
        chunk = plan.chunk_at(self.acknowledged)
        return self.upload_url is not None and (chunk is None or chunk.final)


Request = InitRequest | ChunkRequest | StatusRequest
Step = Request | UploadResult | Failed


@dataclass(frozen=True, slots=True)
class UploadJob:
    """One post to make: the plan, and what TikTok is told about it.

    With `upload_url` the init has been made already (with this very plan); `publish_id` then allows to ask
    for the status. `wait` goes on to the terminal status. `patience` bounds that in seconds of waiting.
    Raises UsageError.
    """

    plan: ChunkPlan
    token: str = field(default="", repr=False)
    api_base: str = TIKTOK
    draft: bool = False
    title: str = ""
    privacy_level: str = "SELF_ONLY"
    content_type: str = "video/mp4"
    upload_url: str | None = field(default=None, repr=False)
    publish_id: str | None = None
    wait: bool = True
    patience: float = 600.0

    def __post_init__(self) -> None:
        if url_trouble(self.api_base):
            raise UsageError(f"The API base {self.api_base!r} {url_trouble(self.api_base)}.")
        if self.upload_url is not None and url_trouble(self.upload_url):
            raise UsageError(f"The given upload_url {url_trouble(self.upload_url)}.")
        if not (self.token.isascii() and self.token.isprintable()) or " " in self.token:
            raise UsageError("The access token holds characters that no token has; check how it was copied.")
        if not self.token and (self.upload_url is None or self.publish_id is not None):
            raise UsageError("The access token is missing; it is wanted for the init and for the status.")

    def init_request(self) -> InitRequest:
        body: dict[str, object] = {
            "source_info": {
                "source": "FILE_UPLOAD",
                "video_size": self.plan.video_size,
                "chunk_size": self.plan.chunk_size,
                "total_chunk_count": self.plan.total_chunk_count,
            }
        }
        if not self.draft:
            body["post_info"] = {"title": self.title, "privacy_level": self.privacy_level}
        path = DRAFT_PATH if self.draft else DIRECT_PATH
        return InitRequest(self._api_url(path), self._api_headers(), json.dumps(body).encode())

    def chunk_request(self, upload_url: str, chunk: Chunk, delay: float) -> ChunkRequest:
        headers = {
            "Content-Type": self.content_type,
            "Content-Length": str(chunk.size),
            "Content-Range": chunk.content_range,
        }
        return ChunkRequest(upload_url, headers, chunk, delay)

    def status_request(self, publish_id: str, delay: float) -> StatusRequest:
        body = json.dumps({"publish_id": publish_id}).encode()
        return StatusRequest(self._api_url(STATUS_PATH), self._api_headers(), body, delay)

    def task_of_init(self, answer: ApiAnswer) -> tuple[str, str] | UploadError:
        """The upload_url and publish_id that init gave, or what is wrong with its answer."""
        url, publish_id = answer.text("upload_url"), answer.text("publish_id")
        if answer.refused:
            return InitRefused(*answer.refusal)
        if not (url and publish_id):
            return ProtocolError("The init was answered without upload_url or publish_id.")
        if trouble := self._upload_url_trouble(url):
            return ProtocolError(f"The upload_url that init gave {trouble}; nothing goes there.")
        return url, publish_id

    def _upload_url_trouble(self, url: str) -> str | None:
        trouble = url_trouble(url)
        if trouble is None and url_scheme(url) == "http" and url_scheme(self.api_base) == "https":
            return "is plain http, though the API itself is https"
        return trouble

    def _api_url(self, path: str) -> str:
        return self.api_base.rstrip("/") + path

    def _api_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json; charset=UTF-8"}


def url_scheme(url: str) -> str:
    return urlsplit(url).scheme


def url_host(url: str) -> str:
    """The host of `url`; empty where it has none or is broken."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def url_trouble(url: str) -> str | None:
    """Why `url` cannot be asked, as the end of a sentence; None for an absolute http or https URL."""
    if not all("!" <= character <= "~" for character in url):
        return "holds characters that no URL has"
    try:
        parts = urlsplit(url)
        reachable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a bad port, a broken IPv6 address
        reachable = False
    return None if reachable else "is not an absolute http or https URL"
