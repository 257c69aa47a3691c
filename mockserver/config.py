"""What `serve` was asked for, whole and checked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mockserver.faults.kinds import Fault
from mockserver.protocol.rules import DOCUMENTED, PROFILES, UploadRules
from mockserver.tls.terms import TlsTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The options of contract section 1 as values; times in seconds."""

    host: str = "127.0.0.1"
    port: int = 0
    profile: str = "documented"
    rules: UploadRules = DOCUMENTED
    url_lifetime: float = 3600
    publish_delay: float = 0
    body_timeout: float = 30
    tokens: Sequence[str] = field(default=())
    digest: str = "xxh3_128"
    keep: Path | None = None
    max_uploads: int = 100_000
    public_url: str | None = None
    tls: TlsTerms | None = None
    """None: plain HTTP."""
    control_token: str | None = None
    allow_hosts: Sequence[str] = field(default=())
    explain: bool = True
    faults: Sequence[Fault] = field(default=())

    @property
    def scale(self) -> int | None:
        """The bytes of a MB where they are not the profile's own."""
        own = PROFILES[self.profile]
        return None if self.rules.largest_chunk == own.largest_chunk else self.rules.mb_high
