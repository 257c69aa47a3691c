"""What is to become of the video: post_info as declared, and the post an init creates."""

from dataclasses import dataclass

from mockserver.protocol import names
from mockserver.protocol.verdicts import CallRefused

_FLAGS = (
    "disable_comment",
    "disable_duet",
    "disable_stitch",
    "brand_content_toggle",
    "brand_organic_toggle",
    "is_aigc",
)


@dataclass(frozen=True, slots=True)
class PostInfo:
    """The part of post_info that shows again; flags and cover are checked and forgotten."""

    privacy_level: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """A post as init made it. `info` is None for a draft; `owner` is the bearer token, None for anybody's.

    `delay`, in seconds, is how long it is processed.
    """

    publish_id: str
    owner: str | None
    info: PostInfo | None
    post_id: int
    delay: float = 0

    @property
    def draft(self) -> bool:
        return self.info is None


def read_post_info(value: object) -> PostInfo | CallRefused:
    """A direct post's post_info from JSON (S-INIT-POST-INFO)."""
    if not isinstance(value, dict):
        return _refused(f"post_info must be an object, got {_kind(value)}")
    level = value.get("privacy_level")
    if not isinstance(level, str) or level not in names.PRIVACY_LEVELS:
        allowed = ", ".join(sorted(names.PRIVACY_LEVELS))
        came = "nothing" if level is None else repr(level)[:40]
        return _refused(f"privacy_level must be one of {allowed}; got {came}")
    title = value.get("title")
    if title is not None and not isinstance(title, str):
        return _refused(f"title must be a string, got {_kind(title)}")
    title = title or ""
    units = len(title.encode("utf-16-le", "surrogatepass")) // 2
    if units > names.LONGEST_TITLE:
        return _refused(f"title may have {names.LONGEST_TITLE} UTF-16 code units, got {units}")
    for flag in _FLAGS:
        if not isinstance(value.get(flag, False), bool | None):
            return _refused(f"{flag} must be true or false, got {_kind(value[flag])}")
    return PostInfo(level, title)


def _kind(value: object) -> str:
    return "nothing" if value is None else type(value).__name__


def _refused(reason: str) -> CallRefused:
    return CallRefused(names.INVALID_PARAMS, names.POST_INFO_INVALID, "S-INIT-POST-INFO", reason)
