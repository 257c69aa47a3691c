"""Ids in the forms seen on the real wire (reference, section 1.6)."""

import secrets
from datetime import UTC, datetime


class Identifiers:
    """Draws ids: unguessable where they grant something, unique and ordered where they name something."""

    def __init__(self) -> None:
        self._last = 0

    def snowflake(self, now: float) -> int:
        """19 digits, ordered in time: seconds in the upper bits, as TikTok's own. Never the same twice."""
        drawn = int(now) << 32 | secrets.randbits(31)
        self._last = max(drawn, self._last + 1 + secrets.randbits(8))
        return self._last

    def upload_token(self) -> str:
        """128 random bits in the 8-4-4-4-12 form, without the version bits of a UUID."""
        drawn = secrets.token_hex(16)
        return "-".join((drawn[:8], drawn[8:12], drawn[12:16], drawn[16:20], drawn[20:]))

    def log_id(self, now: float) -> str:
        """34 characters: UTC as yyyymmddHHMMSS and 20 upper-case hex digits."""
        return datetime.fromtimestamp(now, UTC).strftime("%Y%m%d%H%M%S") + secrets.token_hex(10).upper()


def publish_id(number: int, *, draft: bool) -> str:
    """The id of a post made from a file."""
    return f"v_inbox_file~v2.{number}" if draft else f"v_pub_file~v2-1.{number}"
