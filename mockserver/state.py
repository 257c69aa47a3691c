"""All that a running server remembers, and how it is steered: by /_mock/, or from Python."""

from dataclasses import dataclass
from typing import Final

from mockserver.faults.plan import FaultPlan
from mockserver.journal import Journal
from mockserver.ledger import Ledger
from mockserver.service import UploadService

END_OF_TIME: Final = 2**31
"""TikTok's ids have the second in their upper half: from 2038-01-19 on they would exceed an int64."""


class EndOfTimeError(ValueError):
    """The clock was to be moved to where ids would not fit; it stands where it stood."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much a reset has dropped."""

    uploads: int
    faults: int
    entries: int


@dataclass(frozen=True, slots=True)
class ServerState:
    """Uploads, journal, ledger and faults of one server. To be used in its event loop's thread only."""

    service: UploadService
    journal: Journal
    ledger: Ledger
    plan: FaultPlan

    async def reset(self, token: str | None = None) -> Forgotten:
        """Forget everything, or what belongs to that bearer token (the clock is everybody's)."""
        uploads = await self.service.reset(token)
        for upload_id in uploads:
            self.ledger.forget(upload_id)
        faults = self.plan.clear(token)
        entries = self.journal.forget(token)
        if token is None:
            self.ledger.forget()
            self.service.clock.reset()
        return Forgotten(len(uploads), faults, entries)

    def set_clock(self, advance: float = 0, *, freeze: bool | None = None) -> None:
        """Stop the clock or let it run on where `freeze` says so, then move it. Raises EndOfTimeError."""
        clock = self.service.clock
        if clock.now() + advance >= END_OF_TIME:
            raise EndOfTimeError(
                "the clock stays before 2038-01-19, where ids would exceed 64 bits; reset sets it back"
            )
        if freeze is not None:
            clock.freeze(frozen=freeze)
        clock.advance(advance)
