"""Sessions in this process's memory, the newest so many of them."""

from collections.abc import Sequence

from mockserver.protocol.session import UploadSession
from mockserver.store.base import Conflict


class MemoryStore:
    """A SessionStore that forgets the oldest session when there are more than `max_uploads`."""

    def __init__(self, max_uploads: int) -> None:
        self._max_uploads = max_uploads
        self._sessions: dict[str, UploadSession] = {}
        self._upload_ids: dict[str, str] = {}

    async def add(self, session: UploadSession) -> None:
        self._sessions[session.upload_id] = session
        self._upload_ids[session.post.publish_id] = session.upload_id
        while len(self._sessions) > self._max_uploads:
            oldest = self._sessions.pop(next(iter(self._sessions)))
            del self._upload_ids[oldest.post.publish_id]

    async def load(self, upload_id: str) -> UploadSession | None:
        return self._sessions.get(upload_id)

    async def find(self, publish_id: str) -> UploadSession | None:
        upload_id = self._upload_ids.get(publish_id)
        return None if upload_id is None else self._sessions[upload_id]

    async def replace(self, old: UploadSession, new: UploadSession) -> None:
        if self._sessions.get(old.upload_id) is not old:
            raise Conflict
        self._sessions[old.upload_id] = new

    async def discard(self, upload_id: str) -> None:
        session = self._sessions.pop(upload_id, None)
        if session is not None:
            del self._upload_ids[session.post.publish_id]

    async def scan(self) -> Sequence[UploadSession]:
        return list(self._sessions.values())

    async def clear(self) -> None:
        self._sessions.clear()
        self._upload_ids.clear()
