"""Use cases, one method each: load, decide, replace. Decisions are the protocol's, keeping is the store's."""

from collections.abc import Sequence
from dataclasses import dataclass

from mockserver.clock import Clock
from mockserver.identifiers import Identifiers, publish_id
from mockserver.protocol import names
from mockserver.protocol.posts import Post, PostInfo, read_post_info
from mockserver.protocol.publish import status_data
from mockserver.protocol.rules import UploadRules
from mockserver.protocol.session import Chunk, ChunkHead, UploadSession
from mockserver.protocol.source import SourceInfo, read_source_info
from mockserver.protocol.verdicts import CallRefused, Refused, Verdict, Why
from mockserver.store.base import Conflict, SessionStore


@dataclass(frozen=True, slots=True)
class Terms:
    """What every new upload is made with: the rules, and seconds of validity and of publishing."""

    rules: UploadRules
    url_lifetime: float = 3600
    publish_delay: float = 0


class UploadService:
    """Everything a request can ask of uploads, without HTTP."""

    def __init__(self, store: SessionStore, clock: Clock, identifiers: Identifiers, terms: Terms) -> None:
        self.clock = clock
        self.identifiers = identifiers
        self.terms = terms
        self._store = store

    @property
    def rules(self) -> UploadRules:
        return self.terms.rules

    async def create(self, owner: str, body: object, *, draft: bool) -> UploadSession | CallRefused:
        """Make an upload task from an init body: post_info is checked first, then source_info."""
        if not isinstance(body, dict):  # S-INIT-BODY
            reason = f"the body must be a JSON object, got {type(body).__name__}"
            return CallRefused(names.INVALID_PARAMS, names.FIELDS_INVALID, "S-INIT-BODY", reason)
        info = None if draft else read_post_info(body.get("post_info"))  # S-INIT-POST-INFO
        if isinstance(info, CallRefused):
            return info
        source = read_source_info(body.get("source_info"), self.rules)
        if isinstance(source, CallRefused):
            return source
        session = self._new_session(owner, info, source)
        await self._store.add(session)
        return session

    async def admit(self, upload_id: str, head: ChunkHead) -> UploadSession | Refused:
        """Judge a PUT by its head; the session it is let in to, or why it is not. Reserves nothing."""
        session = await self._store.load(upload_id)
        if session is None:
            return _unknown(upload_id)
        return session.refusal(head, self.clock.now()) or session

    async def receive(self, upload_id: str, chunk: Chunk) -> tuple[UploadSession | None, Verdict]:
        """Judge a PUT whose body has ended, and keep what it moved.

        Of two that race, one meets the state the other left (S-ORDER-PARALLEL).
        """
        while (session := await self._store.load(upload_id)) is not None:
            moved, verdict = session.receive(chunk, now=self.clock.now())
            if moved is session:
                return session, verdict
            try:
                await self._store.replace(session, moved)
            except Conflict:
                continue
            return moved, verdict
        return None, _unknown(upload_id)

    async def status(self, owner: str, body: object) -> tuple[UploadSession, dict[str, object]] | CallRefused:
        """`data` of status/fetch for the owner's post."""
        if not isinstance(body, dict):  # S-INIT-BODY holds for every JSON endpoint
            reason = f"the body must be a JSON object, got {type(body).__name__}"
            return CallRefused(names.INVALID_PARAMS, names.FIELDS_INVALID, "S-INIT-BODY", reason)
        wanted = body.get("publish_id")
        session = await self._store.find(wanted) if isinstance(wanted, str) else None
        if session is None:  # S-STATUS-UNKNOWN
            reason = f"no post has the publish_id {str(wanted)[:64]!r}"
            return CallRefused(names.INVALID_PUBLISH_ID, names.PUBLISH_ID_UNKNOWN, "S-STATUS-UNKNOWN", reason)
        if session.post.owner != owner:  # S-STATUS-OWNER
            reason = "the post was made with another bearer token"
            return CallRefused(names.PUBLISH_ID_NOT_YOURS, names.PUBLISH_ID_FOREIGN, "S-STATUS-OWNER", reason)
        return session, dict(status_data(session, self.clock.now()))

    async def upload(self, upload_id: str) -> UploadSession | None:
        return await self._store.load(upload_id)

    async def uploads(self) -> Sequence[UploadSession]:
        return await self._store.scan()

    async def reset(self) -> None:
        """Forget every upload; a chunk in flight then meets 404."""
        await self._store.clear()

    def _new_session(self, owner: str, info: PostInfo | None, source: SourceInfo) -> UploadSession:
        now = self.clock.now()
        number = self.identifiers.snowflake(now)
        post = Post(
            publish_id=publish_id(number, draft=info is None),
            owner=owner,
            info=info,
            post_id=self.identifiers.snowflake(now),
            delay=self.terms.publish_delay,
        )
        return UploadSession(
            upload_id=str(self.identifiers.snowflake(now)),
            upload_token=self.identifiers.upload_token(),
            source=source,
            rules=self.rules,
            post=post,
            issued_at=now,
            lifetime=self.terms.url_lifetime,
        )


def _unknown(upload_id: str) -> Refused:
    # S-URL-UNKNOWN
    return Refused(Why.UNKNOWN, f"no upload task has the upload_id {upload_id[:64]!r}")
