"""TikTokMock: a server for as long as a `with` block, and everything a test asks of it."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Final, Literal, Self

from mockserver.faults.reading import read_fault
from mockserver.faults.scenarios import load_scenario, scenario_names
from mockserver.journal import Entry
from mockserver.parameters import nearest
from mockserver.protocol.verdicts import CallRefused
from mockserver.testing.arming import ArmedFault, written
from mockserver.testing.configuring import arguments_of, read_config
from mockserver.testing.table import journal_table
from mockserver.testing.thread import MockError, ServerThread
from mockserver.testing.upload import Upload


class _Given(Enum):
    NOT = "not given"


NOT_GIVEN: Final = _Given.NOT
"""Stands where None has a meaning of its own."""


class TikTokMock:
    """The server of `tiktok-mock serve`, on a free port, in a thread of its own.

    Its options are those of `serve`, as on the command line or as keywords:
    `TikTokMock("--profile", "strict", "--mb", "1000")` is `TikTokMock(profile="strict", mb=1000)`. The environment
    has no say. Raises OptionError where they make no server. Use it in `with` or `async with`, or call `start`
    and `stop`. Its methods can be called from any thread and from a running event loop; they block for a fraction
    of a millisecond.
    """

    def __init__(self, *arguments: object, **options: object) -> None:
        self._config = read_config(arguments_of(arguments, options))
        self._running: ServerThread | None = None
        self._token = self._new_token()

    def start(self) -> Self:
        """Listen. Raises MockError where that cannot be, or it does already."""
        if self._running is not None:
            raise MockError(f"this TikTokMock runs already, at {self.url}: make another one")
        self._running = ServerThread(self._config)
        return self

    def stop(self) -> None:
        """End, requests in flight included; nothing where it does not run."""
        running, self._running = self._running, None
        if running is not None:
            running.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return self.start()

    async def __aexit__(self, *_: object) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        return self._running is not None

    @property
    def url(self) -> str:
        """Scheme, host and port: what stands for https://open.tiktokapis.com."""
        return self._thread.server.url

    @property
    def api_base(self) -> str:
        """The same as `url`."""
        return self.url

    @property
    def ca(self) -> Path | None:
        """What a client has to trust under `--tls`, a PEM file; None where all is plain HTTP. Gone with `stop`."""
        trust = self._thread.server.trust
        return trust.ca if trust is not None else None

    @property
    def ca_bundle(self) -> Path | None:
        """The same with what the system trusts, for clients that talk to others too."""
        trust = self._thread.server.trust
        return trust.bundle if trust is not None else None

    @property
    def token(self) -> str:
        """A bearer token that is accepted; another one after each reset, unless `--token` names those accepted."""
        return self._token

    def uploads(self) -> list[Upload]:
        """All uploads, oldest first."""
        sessions = self._thread.run(self._thread.server.service.uploads())
        return [Upload(self._thread, self._config, session.upload_id) for session in sessions]

    def upload(self) -> Upload:
        """The only upload. Raises MockError where there is none, or are several."""
        __tracebackhide__ = True
        found = self.uploads()
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(upload.upload_id for upload in found[:5])
            raise MockError(f"wanted one upload, there are {len(found)} ({ids}): uploads() has them all")
        last = self.journal()[-1:]
        came = f"the last request was answered {_answer(last[0])}" if last else "no request came"
        raise MockError(f"wanted one upload, there is none: {came}")

    def make_upload(self, video_size: int, chunk_size: int, total_chunk_count: int) -> Upload:
        """An upload without init, for clients that are handed an upload_url. Raises MockError for a bad plan."""
        source = {
            "source": "FILE_UPLOAD",
            "video_size": video_size,
            "chunk_size": chunk_size,
            "total_chunk_count": total_chunk_count,
        }
        service = self._thread.server.service
        made = self._thread.run(service.create_task(None, None, source, service.resets.ticket()))
        if isinstance(made, CallRefused):
            raise MockError(f"no upload was made: {made.reason} ({made.clause})")
        return Upload(self._thread, self._config, made.upload_id)

    def journal(self) -> list[Entry]:
        """Every request on TikTok's side and its answer, in order."""
        return self._thread.run(self._thread.server.journal())

    def journal_table(self) -> str:
        """The journal as a table of plain text."""
        return journal_table(self.journal())

    def fail(
        self,
        operation: Literal["creator_info", "init", "status", "chunk", "any"],
        *,
        chunk: int | None = None,
        upload_id: str | None = None,
        token: str | None = None,
        when: Literal["before_body", "after_body", "after_commit", "after_answer"] | None = None,
        at_byte: int | None = None,
        times: int | None = 1,
        skip: int = 0,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
        close: bool = False,
        reset: bool = False,
        garbage: bool = False,
        expire: bool = False,
        forget: bool = False,
        stall: float | None = None,
        throttle: float | None = None,
        truncate: int | None = None,
        progress: int | Literal[_Given.NOT] | None = NOT_GIVEN,
        redirect: str | None = None,
    ) -> ArmedFault:
        """Arm a fault (docs/faults.md): on what it strikes, when, and the one thing it does.

        `chunk` counts from 1 and is -1 for the last one; `times` None is for ever. The moment is `when`, or
        `at_byte` N of the body; by default the first one at which such a fault makes sense. `stall` is in seconds
        of the mock's clock, `throttle` in bytes per second, `truncate` in bytes; `progress` is a number or None
        for no header; `redirect` is the location, and `status` may say which redirect. Raises FaultError, a
        ValueError, for one that makes no sense.
        """
        __tracebackhide__ = True
        effects = {
            "status": status,
            "headers": headers,
            "body": body,
            "close": close or None,
            "reset": reset or None,
            "garbage": garbage or None,
            "expire": expire or None,
            "forget": forget or None,
            "stall": stall,
            "throttle": throttle,
            "truncate": truncate,
            "redirect": redirect,
        }
        given: dict[str, object] = {name: value for name, value in effects.items() if value is not None}
        if progress is not NOT_GIVEN:
            given["progress"] = progress
        fault = written(
            operation,
            target={"chunk": chunk, "upload_id": upload_id, "token": token},
            when=when,
            at_byte=at_byte,
            effects=given,
            count={"times": times, "skip": skip},
        )
        return self.add_fault(fault)

    def add_fault(self, fault: Mapping[str, object]) -> ArmedFault:
        """Arm one fault in the shape of POST /_mock/faults. Raises FaultError."""
        __tracebackhide__ = True
        armed = read_fault(fault)
        return ArmedFault(self._thread.call(lambda: self._thread.server.state.plan.add([armed]))[0])

    def scenario(self, name: str) -> list[ArmedFault]:
        """Arm the faults of a scenario that comes with the package. Raises MockError for one that does not."""
        __tracebackhide__ = True
        try:
            faults = load_scenario(name).faults
        except KeyError:
            raise MockError(f"no scenario is called {name!r}: {nearest(name, scenario_names())}") from None
        return [ArmedFault(one) for one in self._thread.call(lambda: self._thread.server.state.plan.add(faults))]

    def faults(self) -> list[ArmedFault]:
        """All faults that were armed since the last reset, spent ones too."""
        return [ArmedFault(one) for one in self._thread.call(self._thread.server.state.plan.listing)]

    def unfired(self) -> list[ArmedFault]:
        """Those that have something left to do; one that strikes for ever never has."""
        if self._thread.server.state.plan.empty:
            return []  # most tests arm none, and each is asked: its thread need not be woken for that
        return [fault for fault in self.faults() if fault.left]

    def now(self) -> datetime:
        """The time on the mock's clock, in UTC."""
        return datetime.fromtimestamp(self._thread.call(self._thread.server.service.clock.now), UTC)

    def advance(self, seconds: float) -> None:
        """Move the clock on which uploads expire, publish and stall. Raises ValueError for backwards."""
        __tracebackhide__ = True
        self._thread.call(lambda: self._thread.server.state.set_clock(seconds))

    def freeze(self, *, frozen: bool = True) -> None:
        """Stop the clock, or let it run on; `advance` moves a stopped one too."""
        self._thread.call(lambda: self._thread.server.state.set_clock(freeze=frozen))

    def reset(self) -> None:
        """As when it started: no uploads, no journal, the clock right, only the faults of its options armed.

        A request that began before touches nothing after it.
        """
        self._thread.run(self._reset())
        self._token = self._new_token()

    async def _reset(self) -> None:
        state = self._thread.server.state
        await state.reset()
        state.plan.add(self._config.faults)

    @property
    def _thread(self) -> ServerThread:
        if self._running is None:
            raise MockError("this TikTokMock does not run: use it in a with statement, or start() it")
        return self._running

    def _new_token(self) -> str:
        return self._config.tokens[0] if self._config.tokens else f"act.mock{secrets.token_hex(12)}"

    def __repr__(self) -> str:
        return f"<TikTokMock at {self.url}>" if self._running is not None else "<TikTokMock, not running>"


def _answer(entry: Entry) -> str:
    return f"{entry.status or 'not at all'} by {entry.clause}: {entry.reason}"
