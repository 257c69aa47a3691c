"""A reference client for TikTok's Content Posting API: what a good uploader does, in a few plain modules.

`plan`, `flow` and `retry` decide and never wait, read or send; `transport` does that, with aiohttp; `cli` is
a command. Nothing here imports the other packages of this project, so the folder can be copied as it stands.

    result = await client_reference.upload("video.mp4", token="act.…")
"""

from typing import TYPE_CHECKING

from client_reference.errors import UploadError
from client_reference.flow import UploadFlow
from client_reference.plan import Chunk, ChunkPlan
from client_reference.retry import RetryPolicy
from client_reference.steps import UploadJob, UploadResult

if TYPE_CHECKING:
    from client_reference.transport import upload

__all__ = [
    "Chunk",
    "ChunkPlan",
    "RetryPolicy",
    "UploadError",
    "UploadFlow",
    "UploadJob",
    "UploadResult",
    "upload",
]


def __getattr__(name: str) -> object:
    if name != "upload":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from client_reference.transport import upload  # noqa: PLC0415 - a plan alone should not load aiohttp

    return upload
