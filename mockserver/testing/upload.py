"""One upload, as a test looks at it."""

import copy
import io
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO, Final

from mockserver.app import Server
from mockserver.bodies import NO_DIGEST
from mockserver.comparison import Comparison, Difference
from mockserver.config import Config
from mockserver.journal import Entry
from mockserver.ledger import Row
from mockserver.protocol.publish import publish_status
from mockserver.protocol.session import KeptChunk, UploadSession
from mockserver.testing.thread import MockError, ServerThread

PIECE: Final = 2**20


class Upload:
    """An upload by its id; every attribute is as of now. Raises MockError once the upload is forgotten."""

    def __init__(self, thread: ServerThread, config: Config, upload_id: str) -> None:
        self.upload_id = upload_id
        self._thread = thread
        self._config = config
        self._found = ""

    @property
    def _server(self) -> Server:
        return self._thread.server

    @property
    def _session(self) -> UploadSession:
        session = self._thread.run(self._server.service.upload(self.upload_id))
        if session is None:
            why = "a reset or a fault, or newer ones beyond --max-uploads"
            raise MockError(f"upload {self.upload_id} is forgotten: it was dropped by {why}")
        return session

    @property
    def publish_id(self) -> str:
        return self._session.post.publish_id

    @property
    def url(self) -> str:
        """Where its chunks go; the client was told the same, under the Host name it used."""
        session = self._session
        query = f"?upload_id={session.upload_id}&upload_token={session.upload_token}"
        return f"{self._config.public_url or self._server.url}{session.rules.upload_path.value}{query}"

    @property
    def token(self) -> str | None:
        """The bearer token of its init; None where it was made without one."""
        return self._session.post.owner

    @property
    def draft(self) -> bool:
        return self._session.post.draft

    @property
    def title(self) -> str | None:
        info = self._session.post.info
        return info.title if info else None

    @property
    def privacy_level(self) -> str | None:
        info = self._session.post.info
        return info.privacy_level if info else None

    @property
    def video_size(self) -> int:
        """As declared, in bytes; so are `chunk_size` and `total_chunk_count`."""
        return self._session.source.video_size

    @property
    def chunk_size(self) -> int:
        return self._session.source.chunk_size

    @property
    def total_chunk_count(self) -> int:
        return self._session.source.total_chunk_count

    @property
    def uploaded_bytes(self) -> int:
        """Bytes that were accepted, which is also the next byte wanted."""
        return self._session.offset

    @property
    def complete(self) -> bool:
        """Whether its last byte was accepted."""
        return self._session.complete

    @property
    def expired(self) -> bool:
        """Whether its upload_url is past its time, complete or not."""
        session, clock = self._session, self._server.service.clock
        return session.expired(self._thread.call(clock.now))

    @property
    def status(self) -> str:
        """What status/fetch says: PROCESSING_UPLOAD, PUBLISH_COMPLETE, ..."""
        session, clock = self._session, self._server.service.clock
        return publish_status(session, self._thread.call(clock.now))

    @property
    def chunks(self) -> Sequence[KeptChunk]:
        """The accepted chunks in order: first and last byte, inclusive, and digest."""
        return self._session.chunks

    @property
    def ledger(self) -> Sequence[Row]:
        """For each byte range that any request named: how often it was sent, whether it was kept, and by whom."""
        return self._thread.call(lambda: copy.deepcopy(self._server.state.ledger.rows(self.upload_id)))

    def journal(self) -> list[Entry]:
        """Every request of this upload with its answer, init and status/fetch included."""
        return self._thread.run(self._server.journal(self.upload_id))

    def expire(self) -> None:
        """Its upload_url is expired from now on."""
        self._thread.run(self._server.service.expire(self.upload_id))

    def matches(self, expected: str | Path | bytes | BinaryIO) -> bool:
        """Whether it is complete and exactly these bytes: a file's path, the bytes, or an open binary file.

        A file is read here, so in an asynchronous test the loop waits that long. What differs is in `repr()`,
        which a failed assertion shows, and in `difference()`.
        """
        found = self.difference(expected)
        self._found = f"; {found}" if found else ""
        return found is None

    def difference(self, expected: str | Path | bytes | BinaryIO) -> Difference | None:
        """The first chunk that is not the expected one, or the first that is missing; None where it matches."""
        if self._config.digest == NO_DIGEST:
            raise MockError("under --digest none there is nothing to compare with: choose a digest")
        comparison = Comparison(self._session, self._server.new_body)
        with _opened(expected) as file:
            while piece := file.read(PIECE):
                self._thread.run(comparison.write(piece))
        return comparison.first_difference()

    def __repr__(self) -> str:
        try:
            session = self._session
        except MockError:
            return f"<upload {self.upload_id}, forgotten>"
        done = "complete" if session.complete else "not complete"
        size = f"{session.offset} of {session.source.video_size} bytes"
        return f"<upload {self.upload_id}: {size}, {done}{self._found}>"


def _opened(expected: str | Path | bytes | BinaryIO) -> AbstractContextManager[BinaryIO]:
    if isinstance(expected, str | Path):
        return Path(expected).open("rb")
    if isinstance(expected, bytes | bytearray | memoryview):
        return io.BytesIO(expected)
    if expected.seekable():
        expected.seek(0)
    return nullcontext(expected)
