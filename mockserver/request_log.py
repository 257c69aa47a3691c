"""The request log: one line for each journal entry, as text for people or JSON for programs.

Lines are written by a thread of their own: whoever started the server may never read its pipe, and a full pipe
must not stop uploads. A reader that is too slow loses lines, and is told how many.
"""

import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final, TextIO

from mockserver.journal import Entry

MOST_WAITING: Final = 10_000
_CONTROLS: Final = dict.fromkeys((*range(32), 127), "?")


def text_line(entry: Entry) -> str:
    """`14:02:11.123 416 PUT /video/ bytes 5-9/10 S-ORDER-START FIRST must be 0, ... [upload 76...]`."""
    parts = [
        datetime.fromtimestamp(entry.at).astimezone().strftime("%H:%M:%S.%f")[:-3],
        "---" if entry.status is None else str(entry.status),
        f"{entry.method} {entry.path}",
        entry.content_range or "",
        entry.clause,
        entry.reason,
        f"({entry.warning})" if entry.warning and entry.method == "POST" else "",
        f"[upload {entry.upload_id}]" if entry.upload_id else "",
    ]
    line = "  ".join(part for part in parts if part)
    return line.encode("ascii", "backslashreplace").decode("ascii").translate(_CONTROLS)


def json_line(entry: Entry) -> str:
    """The entry's fields as one JSON object; `at` in ISO 8601, UTC."""
    at = datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="microseconds")
    return json.dumps({**asdict(entry), "at": at})


class RequestLog:
    """Writes entries to `stream` without ever waiting for it."""

    def __init__(self, stream: TextIO, line: Callable[[Entry], str]) -> None:
        self._stream = stream
        self._line = line
        self._waiting: deque[Entry] = deque()
        self._dropped = 0
        self._ending = False
        self._changed = threading.Condition()
        self._writer = threading.Thread(target=self._write, name="request-log", daemon=True)
        self._writer.start()

    def record(self, entry: Entry) -> None:
        with self._changed:
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append(entry)
            else:
                self._dropped += 1
            self._changed.notify()

    def close(self, seconds: float = 1.0) -> None:
        """Write what waits, for at most `seconds`."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._writer.join(seconds)

    def _write(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ending)
                entries, dropped = list(self._waiting), self._dropped
                self._waiting.clear()
                self._dropped = 0
                ended = self._ending
            try:
                for entry in entries:
                    self._stream.write(self._line(entry) + "\n")
                if dropped:
                    self._stream.write(f"{dropped} requests were not logged: nobody read the log\n")
                self._stream.flush()
            except (OSError, ValueError):
                return  # the reader is gone; the server goes on
            if ended:
                return
