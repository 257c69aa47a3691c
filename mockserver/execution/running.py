"""One run of `exec`: server, command, summary."""

import asyncio
import contextlib
import dataclasses
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from mockserver.app import Server, start
from mockserver.config import Config
from mockserver.execution.child import OWN_FAILURE, SIGNAL_BASE, Child, LaunchError, Signals, signals_waiting
from mockserver.execution.record import JournalFile, RunRecord
from mockserver.intercept.modes import Interception
from mockserver.intercept.variables import server_variables
from mockserver.journal import Entry, Listener
from mockserver.request_log import LineWriter, LogHandler, json_line, text_line
from mockserver.serving import access_token, ready_file_of, why_not

NOT_GOOD: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTerms:
    """What `exec` was asked for besides the server. `log_format` None logs no requests."""

    command: Sequence[str]
    log_format: str | None
    ready_file: Path | None
    journal: Path | None
    fail_on: Sequence[str] = ()
    """What makes a good command's exit code 1: refused, incomplete, unfired."""


def run_command(config: Config, terms: RunTerms, interception: Interception) -> int:
    """Serve while the command runs; the exit code: the command's, or 125 to 127 for a failure of our own."""
    try:
        with signals_waiting():  # so that `leave` is reached
            return _run_inside(config, terms, interception)
    except KeyboardInterrupt:
        return 130


def _run_inside(config: Config, terms: RunTerms, interception: Interception) -> int:
    try:
        config = dataclasses.replace(config, tls=interception.tls(config.tls))
        interception.enter(config)  # before there are threads
        return _run_logged(config, terms, interception)
    except LaunchError as error:
        _say(str(error))
        return error.code
    except OSError as error:
        _say(why_not(error, config))
        return OWN_FAILURE
    finally:
        interception.leave()


def _run_logged(config: Config, terms: RunTerms, interception: Interception) -> int:
    journal = JournalFile(terms.journal) if terms.journal is not None else None
    writer = LineWriter(sys.stderr)
    logging.basicConfig(handlers=[LogHandler(writer)], force=True)
    record = RunRecord(journal)

    def log(entry: Entry) -> None:
        writer.write(json_line(entry) if terms.log_format == "json" else text_line(entry))

    listeners: list[Listener] = [record, log] if terms.log_format else [record]
    try:
        code, lines = asyncio.run(_Run(config, terms, interception, record).run(*listeners))
    except BaseException:
        if journal is not None:
            journal.discard()
        raise
    finally:
        writer.close()
    for line in lines:
        _say(line)
    if journal is not None:
        journal.finish()
    why = [f"--fail-on-{one}" for one in terms.fail_on if record.is_bad(one)]
    if code or not why:
        return code
    _say(f"exit code {NOT_GOOD} by {' and '.join(why)}")
    return NOT_GOOD


class _Run:
    def __init__(self, config: Config, terms: RunTerms, interception: Interception, record: RunRecord) -> None:
        self._config = config
        self._terms = terms
        self._interception = interception
        self._record = record

    async def run(self, *listeners: Listener) -> tuple[int, list[str]]:
        """The exit code, and the lines of the summary."""
        signals = Signals()
        with signals.held():
            try:
                server = await start(self._config, *listeners)
                try:
                    return await self._serve(server, signals)
                finally:
                    await server.close()
            except asyncio.CancelledError:
                if signals.number is None:
                    raise
                return SIGNAL_BASE + signals.number, []

    async def _serve(self, server: Server, signals: Signals) -> tuple[int, list[str]]:
        config = self._config
        async with self._interception.around(server) as more:
            ours = server_variables(server.url, access_token(config), config.control_token, config.scale)
            environment = {**more.applied_to(os.environ), **ours}
            with ready_file_of(self._terms.ready_file, server, config):
                child = Child(self._terms.command, environment)
                signals.pass_to(child)
                try:
                    code = await child.wait()
                finally:
                    await child.end()
            record = self._record
            summary = record.summary(server.state.plan.listing())
            return code, [*summary, *self._interception.remarks(record.requests, record.control)]


def _say(line: str) -> None:
    """On stderr, which may be closed by now."""
    with contextlib.suppress(OSError):
        click.echo(f"tiktok-mock: {line}", err=True)
