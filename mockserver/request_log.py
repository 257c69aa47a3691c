"""The request log: one line for each journal entry, as text for people or JSON for programs.

Lines are written by a thread of their own: whoever started the server may never read its pipe, and a full pipe
must not stop uploads. A reader that is too slow loses lines, and is told how many.
"""

import json
import logging
import threading
from collections import deque
from datetime import UTC, datetime
from typing import Final, TextIO

from mockserver.journal import Entry

MOST_WAITING: Final = 10_000
LONGEST_PART: Final = 600
_CONTROLS: Final = dict.fromkeys((*range(32), 127), "?")


def text_line(entry: Entry) -> str:
    """`14:02:11.123 416 PUT /video/ bytes 5-9/10 S-ORDER-START FIRST must be 0, ... [upload 76...]`."""
    parts = [
        datetime.fromtimestamp(entry.first_byte.wall).astimezone().strftime("%H:%M:%S.%f")[:-3],
        "---" if entry.status is None else str(entry.status),
        f"{entry.method} {entry.path}",
        entry.content_range or "",
        entry.clause,
        entry.reason,
        f"({entry.remark})" if entry.remark else "",
        f"{{fault {entry.fault.number}: {entry.fault.kind} {entry.fault.when}}}" if entry.fault else "",
        f"[upload {entry.upload_id}]" if entry.upload_id else "",
    ]
    return "  ".join(clipped(part) for part in parts if part)


def json_line(entry: Entry) -> str:
    """The entry in short, as one JSON object; `at` in ISO 8601, UTC, `seconds` from first byte to answer."""
    fault = {"id": entry.fault.number, "kind": entry.fault.kind, "when": entry.fault.when} if entry.fault else None
    fields = {
        "sequence": entry.sequence,
        "at": datetime.fromtimestamp(entry.first_byte.wall, UTC).isoformat(timespec="microseconds"),
        "seconds": round(entry.answered.wall - entry.first_byte.wall, 6),
        "method": entry.method,
        "path": clipped(entry.path),
        "upload_id": entry.upload_id and clipped(entry.upload_id),
        "chunk": entry.chunk,
        "content_range": entry.content_range and clipped(entry.content_range),
        "received": entry.received,
        "status": entry.status,
        "clause": entry.clause,
        "reason": entry.reason,
        "warning": entry.warning,
        "fault": fault,
    }
    return json.dumps(fields)


def clipped(text: str) -> str:
    """`text` as one line of printable ASCII, cut to `LONGEST_PART`."""
    line = text.encode("ascii", "backslashreplace").decode("ascii").translate(_CONTROLS)
    return line if len(line) <= LONGEST_PART else line[: LONGEST_PART - 3] + "..."


class LineWriter:
    """Writes lines to `stream` without ever making anybody wait for it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: deque[str] = deque()
        self._dropped = 0
        self._ending = False
        self._changed = threading.Condition()
        self._writer = threading.Thread(target=self._run, name="request-log", daemon=True)
        self._writer.start()

    def write(self, line: str) -> None:
        with self._changed:
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append(line)
            else:
                self._dropped += 1
            self._changed.notify()

    def close(self, seconds: float = 1.0) -> None:
        """Write what waits, for at most `seconds`."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._writer.join(seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ending)
                lines, dropped = list(self._waiting), self._dropped
                self._waiting.clear()
                self._dropped = 0
                ended = self._ending
            if dropped:
                lines.append(f"{dropped} lines were not written: nobody read them")
            try:
                self._stream.writelines(f"{line}\n" for line in lines)
                self._stream.flush()
            except (OSError, ValueError):
                return  # the reader is gone; the server goes on
            if ended:
                return


class LogHandler(logging.Handler):
    """Takes what Python's own logging says (defects: ours, or aiohttp's) the same way."""

    def __init__(self, writer: LineWriter) -> None:
        super().__init__(logging.WARNING)
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        self._writer.write(self.format(record))
