"""What answers say: the progress header of a chunk, and the JSON of init and status."""

import json
import re
from dataclasses import dataclass
from typing import Self

from client_reference.plan import ChunkPlan

COMPLETE = frozenset({"PUBLISH_COMPLETE", "SEND_TO_USER_INBOX"})
FAILED = "FAILED"
PROGRESS = re.compile(r"bytes 0-([0-9]{1,18})/([0-9]{1,18})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Progress:
    """The answer header `Content-Range: bytes 0-{number}/{total}`."""

    number: int
    total: int

    @classmethod
    def read(cls, header: str | None) -> Self | None:
        """None where the header is absent or of another form: it is a hint, and its absence is legal (A4)."""
        match = PROGRESS.fullmatch((header or "").strip())
        return cls(int(match[1]), int(match[2])) if match else None

    @property
    def readings(self) -> tuple[int, int]:
        """Bytes held: the number itself, or one more where it is the last index (C-PROGRESS-READINGS)."""
        return self.number, self.number + 1

    def places(self, plan: ChunkPlan, reach: int) -> list[int]:
        """Where the server may stand by this header: edges of the plan that `reach` bytes can have led to.

        One at most, but for a file of 1 byte, where `bytes 0-0/1` may mean nothing or all of it.
        """
        if self.total != plan.video_size:
            return []
        return [place for place in self.readings if place <= reach and plan.is_edge(place)]


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """An answer of TikTok's API: `{"data": {…}, "error": {"code", "message", "log_id"}}`; any may lack."""

    status: int
    data: dict[str, object]
    error: dict[str, object]
    readable: bool

    @classmethod
    def read(cls, status: int, body: bytes) -> Self:
        try:
            content = json.loads(body)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            return cls(status, {}, {}, readable=False)
        return cls(status, _object(content, "data"), _object(content, "error"), readable=True)

    @property
    def refused(self) -> bool:
        """Whether the API said no: by HTTP status, or by error code under HTTP 200."""
        return self.status != 200 or self.error.get("code", "ok") != "ok"

    @property
    def refusal(self) -> tuple[int, str, str, str]:
        """HTTP status, code, message, log_id."""
        return self.status, self._said("code"), self._said("message"), self._said("log_id")

    @property
    def uploaded_bytes(self) -> int | None:
        """How many bytes the server holds: a count in every reading."""
        value = self.data.get("uploaded_bytes")
        return value if type(value) is int else None

    def text(self, name: str) -> str:
        """A string of `data`; empty where it is absent or something else."""
        value = self.data.get(name)
        return value if isinstance(value, str) else ""

    def _said(self, name: str) -> str:
        value = self.error.get(name)
        text = value[:500] if isinstance(value, str) else ""
        return "".join(sign if sign.isprintable() else "?" for sign in text)  # may end on a terminal


def _object(content: dict[str, object], name: str) -> dict[str, object]:
    value = content.get(name)
    return value if isinstance(value, dict) else {}
