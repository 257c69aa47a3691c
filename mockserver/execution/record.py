"""What happened while a command ran: counted for its summary, and written to a file in full."""

import contextlib
import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mockserver.faults.plan import Armed
from mockserver.journal import Entry
from mockserver.request_log import clipped

SHOWN: Final = 5
"""Refusals, and warnings, that the summary shows; the journal has all."""
_OURS: Final = "/_mock/"


class RunRecord:
    """A listener of the journal: TikTok's side of what came."""

    def __init__(self, journal: "JournalFile | None") -> None:
        self.requests = 0
        self.control = 0
        """How many came to /_mock/, which count as nothing else."""
        self._journal = journal
        self._refused = 0
        self._unfired = 0
        self._first: list[Entry] = []
        self._first_of_control: list[Entry] = []
        self._remarks: Counter[str] = Counter()
        self._begun: set[str] = set()
        self._complete: set[str] = set()
        self._struck: set[str] = set()

    def __call__(self, entry: Entry) -> None:
        if entry.path.startswith(_OURS):
            self.control += 1
            if (entry.status or 0) >= 400 and len(self._first_of_control) < SHOWN:
                self._first_of_control.append(entry)
            return
        if self._journal is not None:
            self._journal.write(entry)
        self.requests += 1
        if entry.remark:
            self._remarks[entry.remark] += 1
        upload = entry.upload_id
        if upload is not None and entry.clause == "S-INIT-ANSWER":
            self._begun.add(upload)
        if upload is not None and entry.clause == "S-CHUNK-201":
            self._complete.add(upload)
        if entry.fault is not None and upload is not None:
            self._struck.add(upload)
        if entry.fault is None and entry.status is not None and entry.status >= 400 and upload not in self._struck:
            self._refused += 1
            if len(self._first) < SHOWN:
                self._first.append(entry)

    def is_bad(self, what: str) -> bool:
        """Whether something was refused, incomplete or, in the summary, unfired; or nothing was there to be."""
        match what:
            case "refused":
                return bool(self._refused) or not self.requests
            case "incomplete":
                return not self._complete or bool(self._begun - self._complete)
            case _:
                return bool(self._unfired)

    def summary(self, faults: Sequence[Armed]) -> list[str]:
        """Lines for the end of the run; `faults` are those of the server's plan."""
        uploads = f"{_count(len(self._begun | self._complete), 'upload')}, {len(self._complete)} complete"
        lines = [f"{uploads}; {_count(self.requests, 'request')}, {self._refused} refused"]
        for entry in self._first:
            asked = entry.content_range or ""
            parts = (str(entry.status), entry.method, entry.path, asked, entry.clause, entry.reason)
            lines.append("  " + "  ".join(clipped(part) for part in parts if part))
        if self._refused > SHOWN:
            lines.append(f"  and {self._refused - SHOWN} more")
        for entry in self._first_of_control:
            told = "  ".join(map(clipped, (str(entry.status), entry.method, entry.path, entry.reason)))
            lines.append(f"the control surface refused  {told}")
        for remark, times in self._remarks.most_common(SHOWN):
            lines.append(f"warning{f' ({times} times)' if times > 1 else ''}: {remark}")
        left_over = [_left_over(armed) for armed in faults if armed.left]
        self._unfired = len(left_over)
        return lines + left_over


def _left_over(armed: Armed) -> str:
    fault = {name: value for name, value in armed.as_json().items() if name in ("on", "when", "do")}
    often = f"fired {armed.fired} of {armed.fault.times} times" if armed.fired else "did not fire"
    return f"fault {armed.number} {often}: {json.dumps(fault)}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


class JournalFile:
    """Entries as JSON lines, written beside `path` as they come; `finish` puts the whole file in its place.

    What goes wrong is an OSError without a number, whose text is a sentence.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._path = path.resolve()
        except OSError as error:  # the working directory is gone
            raise self._sentence(error) from error
        self._beside = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
        self._failed: OSError | None = None
        if self._path.exists() and not self._path.is_file():
            raise OSError(None, f"the journal {self._path} cannot be written: it is no regular file")
        try:
            self._out = self._beside.open("w", encoding="utf-8")
        except OSError as error:
            raise self._sentence(error) from error

    def write(self, entry: Entry) -> None:
        """Append an entry; a disk that is full shows in `finish`."""
        if self._failed is None:
            try:
                self._out.write(json.dumps(entry.as_json()) + "\n")
            except OSError as error:
                self._failed = error

    def finish(self) -> None:
        try:
            self._out.close()
            if self._failed is not None:
                raise self._failed
            self._beside.replace(self._path)
        except OSError as error:
            self.discard()
            raise self._sentence(error) from error

    def discard(self) -> None:
        with contextlib.suppress(OSError):
            self._out.close()
        self._beside.unlink(missing_ok=True)

    def _sentence(self, error: OSError) -> OSError:
        return OSError(None, f"the journal {self._path} cannot be written: {error.strerror}")
