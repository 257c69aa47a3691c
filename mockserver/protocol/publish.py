"""What happens after the last byte, as a function of time."""

from collections.abc import Mapping

from mockserver.protocol.session import UploadSession


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
