"""Use cases, one method each: load, decide, replace. Decisions are the protocol's, keeping is the store's."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass

from mockserver.clock import Clock
from mockserver.identifiers import Identifiers, publish_id
from mockserver.protocol import names
from mockserver.protocol.posts import Post, PostInfo, read_post_info
from mockserver.protocol.publish import status_data
from mockserver.protocol.ranges import ContentRange
from mockserver.protocol.rules import UploadRules
from mockserver.protocol.session import Chunk, ChunkHead, UploadSession
from mockserver.protocol.source import SourceInfo, read_source_info
from mockserver.protocol.verdicts import CallRefused, Refused, Verdict, Why
from mockserver.resets import Resets
from mockserver.store.base import Conflict, SessionStore
from mockserver.vault.directory import Vault
from mockserver.vault.side import SideFile


@dataclass(frozen=True, slots=True)
class Terms:
    """What every new upload is made with: the rules, and seconds of validity and of publishing."""

    rules: UploadRules
    url_lifetime: float = 3600
    publish_delay: float = 0


class UploadService:
    """Everything a request can ask of uploads, without HTTP. A `vault` keeps their bytes."""

    def __init__(
        self,
        store: SessionStore,
        clock: Clock,
        identifiers: Identifiers,
        terms: Terms,
        vault: Vault | None = None,
    ) -> None:
        self.clock = clock
        self.identifiers = identifiers
        self.terms = terms
        self.resets = Resets()
        self.vault = vault
        self._store = store
        self._in_vault: dict[str, None] = {}

    @property
    def rules(self) -> UploadRules:
        return self.terms.rules

    async def create(self, owner: str, body: object, *, draft: bool, ticket: int) -> UploadSession | CallRefused:
        """Make an upload task from an init body: post_info is checked first, then source_info.

        A request whose `ticket` is older than a reset is answered, and nothing is kept of it.
        """
        if not isinstance(body, dict):  # S-INIT-BODY
            reason = f"the body must be a JSON object, got {type(body).__name__}"
            return CallRefused(names.INVALID_PARAMS, names.FIELDS_INVALID, "S-INIT-BODY", reason)
        info = None if draft else read_post_info(body.get("post_info"))  # S-INIT-POST-INFO
        if isinstance(info, CallRefused):
            return info
        return await self.create_task(owner, info, body.get("source_info"), ticket)

    async def create_task(
        self, owner: str | None, info: PostInfo | None, source_info: object, ticket: int
    ) -> UploadSession | CallRefused:
        """Make an upload task from a source_info alone; `owner` None lets any token ask for its status."""
        source = read_source_info(source_info, self.rules)
        if isinstance(source, CallRefused):
            return source
        session = self._new_session(owner, info, source)
        if not self.resets.stale(ticket, owner):
            await self._store.add(session)
            await self._forget_evicted(session)
        return session

    async def admit(self, upload_id: str, head: ChunkHead) -> UploadSession | Refused:
        """Judge a PUT by its head; the session it is let in to, or why it is not. Reserves nothing."""
        session = await self._store.load(upload_id)
        if session is None:
            return _unknown(upload_id)
        return session.refusal(head, self.clock.now()) or session

    def side_file(self, admitted: UploadSession, head: ChunkHead) -> SideFile | None:
        """Where an admitted chunk's bytes go; None where none are kept, as those of a repeat (A12)."""
        if self.vault is None or ContentRange.parse(head.content_range[0]).first != admitted.offset:
            return None
        return self.vault.side_file()

    async def receive(
        self, upload_id: str, chunk: Chunk, side: SideFile | None = None
    ) -> tuple[UploadSession | None, Verdict]:
        """Judge a PUT whose body has ended, and keep what it moved, the bytes in `side` first of all.

        Of two that race, one meets the state the other left (S-ORDER-PARALLEL). Raises VaultError where the
        bytes cannot be kept; nothing has moved then (S-ATOMIC-5XX).
        """
        async with self.vault.lock(upload_id) if self.vault is not None else nullcontext():
            while (session := await self._store.load(upload_id)) is not None:
                moved, verdict = session.receive(chunk, now=self.clock.now())
                if moved is session:
                    return session, verdict
                try:
                    async with self._keeping(moved, chunk, side):
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
            came = repr(wanted[:64]) if isinstance(wanted, str) else "nothing" if wanted is None else "no string"
            reason = f"publish_id must be one that an init gave, got {came}"
            return CallRefused(names.INVALID_PUBLISH_ID, names.PUBLISH_ID_UNKNOWN, "S-STATUS-UNKNOWN", reason)
        if session.post.owner not in (None, owner):  # S-STATUS-OWNER
            reason = "the post was made with another bearer token"
            return CallRefused(names.PUBLISH_ID_NOT_YOURS, names.PUBLISH_ID_FOREIGN, "S-STATUS-OWNER", reason)
        return session, dict(status_data(session, self.clock.now()))

    async def upload(self, upload_id: str) -> UploadSession | None:
        return await self._store.load(upload_id)

    async def uploads(self) -> Sequence[UploadSession]:
        return await self._store.scan()

    async def expire(self, upload_id: str) -> bool:
        """End the validity of an upload_url now; False where there is no such upload."""
        while (session := await self._store.load(upload_id)) is not None:
            try:
                await self._store.replace(session, session.expire())
            except Conflict:
                continue
            return True
        return False

    async def forget(self, upload_id: str) -> None:
        """Make an upload unknown; a chunk in flight then meets 404."""
        await self._store.discard(upload_id)
        await self._forget_bytes(upload_id)

    async def reset(self, token: str | None = None) -> Sequence[str]:
        """Forget every upload (those of `token` only); their upload_ids. Requests on their way keep nothing."""
        self.resets.reset(token)
        gone = [session for session in await self._store.scan() if token in (None, session.post.owner)]
        for session in gone:
            await self._store.discard(session.upload_id)
        for session in gone:
            await self._forget_bytes(session.upload_id)
        return [session.upload_id for session in gone]

    def _keeping(
        self, moved: UploadSession, chunk: Chunk, side: SideFile | None
    ) -> AbstractAsyncContextManager[None]:
        if self.vault is None:
            return nullcontext()
        assert side is not None, "an admitted chunk that moves an upload has a side file"
        added = moved.chunks[-1]
        kind = chunk.head.content_type[0].partition(";")[0].strip().lower() if chunk.head.content_type else ""
        return self.vault.adding(moved.upload_id, side, added.first, added.last, kind=kind, final=moved.complete)

    async def _forget_evicted(self, newest: UploadSession) -> None:
        """Remove the bytes of uploads that the store has dropped for newer ones."""
        if self.vault is None:
            return
        self._in_vault[newest.upload_id] = None
        while (oldest := next(iter(self._in_vault), None)) and await self._store.load(oldest) is None:
            await self._forget_bytes(oldest)

    async def _forget_bytes(self, upload_id: str) -> None:
        if self.vault is not None:
            self._in_vault.pop(upload_id, None)
            await self.vault.forget(upload_id)

    def _new_session(self, owner: str | None, info: PostInfo | None, source: SourceInfo) -> UploadSession:
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
