"""Around the upload: who posts, and what happens after the last byte, as a function of time."""

from collections.abc import Mapping
from typing import Final

from mockserver.protocol.session import UploadSession

CREATOR_LEVELS: Final = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")
CREATOR: Final[Mapping[str, object]] = {
    "creator_avatar_url": "https://example.com/avatar.webp",
    "creator_username": "tiktok_mock",
    "creator_nickname": "TikTok Mock",
    "privacy_level_options": CREATOR_LEVELS,
    "comment_disabled": False,
    "duet_disabled": False,
    "stitch_disabled": False,
    "max_video_post_duration_sec": 300,
}
"""`data` of creator_info/query: every token's user, with the options of a public account (S-CREATOR-INFO)."""


def level_warning(session: UploadSession) -> str:
    """What is to be said of a privacy level that CREATOR does not have, "" of the others."""
    level = session.post.info.privacy_level if session.post.info else None
    if level is None or level in CREATOR_LEVELS:
        return ""
    return f"creator_info does not offer {level}: TikTok answers 403 privacy_level_option_mismatch to such a level"


def publish_status(session: UploadSession, now: float) -> str:
    """PROCESSING_UPLOAD while bytes are missing and for the post's delay after, then the flow's end.

    S-STATUS-UPLOADED, S-STATUS-END. An upload that expired unfinished stays PROCESSING_UPLOAD: not
    documented; we keep to what is known of it.
    """
    if session.completed_at is None or now < session.completed_at + session.post.delay:
        return "PROCESSING_UPLOAD"
    return "SEND_TO_USER_INBOX" if session.post.draft else "PUBLISH_COMPLETE"


def status_data(session: UploadSession, now: float) -> Mapping[str, object]:
    """`data` of status/fetch. Fields that do not apply are left out, not null (reference, section 4)."""
    data: dict[str, object] = {"status": publish_status(session, now), "uploaded_bytes": session.offset}
    info = session.post.info
    if data["status"] == "PUBLISH_COMPLETE" and info and info.privacy_level == "PUBLIC_TO_EVERYONE":
        data["publicaly_available_post_id"] = [session.post.post_id]  # their spelling
    return data
