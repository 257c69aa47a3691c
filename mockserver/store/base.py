"""The port."""

from collections.abc import Sequence
from typing import Protocol

from mockserver.protocol.session import UploadSession


class Conflict(Exception):  # noqa: N818 - the architecture's name: not an error but the other outcome
    """The stored session is not the one that was to be replaced."""


class SessionStore(Protocol):
    """Sessions by upload_id, with compare and set as the only way to change one."""

    async def add(self, session: UploadSession) -> None:
        """Keep a new session."""

    async def load(self, upload_id: str) -> UploadSession | None:
        """Find the session of an upload."""

    async def find(self, publish_id: str) -> UploadSession | None:
        """Find the session of a post."""

    async def replace(self, old: UploadSession, new: UploadSession) -> None:
        """Put `new` where `old` is. Raises Conflict, and changes nothing, where `old` is no longer there."""

    async def discard(self, upload_id: str) -> None:
        """Forget one session, if it is there; a later `replace` of it meets a Conflict."""

    async def scan(self) -> Sequence[UploadSession]:
        """List all sessions, oldest first."""

    async def clear(self) -> None:
        """Forget every session."""
