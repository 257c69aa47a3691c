"""`tiktok-mock serve`: a server from its first line to its last."""

import asyncio
import contextlib
import errno
import json
import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click

from mockserver import __version__
from mockserver.app import Server, start
from mockserver.config import Config
from mockserver.journal import Entry, Listener
from mockserver.request_log import LineWriter, LogHandler, json_line, text_line

ANY_TOKEN: Final = "act.tiktok-mock"  # noqa: S105 - of a server that accepts any


def serve_forever(config: Config, *, log_format: str | None, ready_file: Path | None) -> int:
    """Serve until SIGINT or SIGTERM; the exit code. `log_format` None logs nothing."""
    writer = LineWriter(sys.stderr)
    logging.basicConfig(handlers=[LogHandler(writer)], force=True)

    def log(entry: Entry) -> None:
        writer.write(json_line(entry) if log_format == "json" else text_line(entry))

    try:
        return asyncio.run(_serve(config, [log] if log_format else [], ready_file))
    except OSError as error:
        click.echo(f"tiktok-mock: {why_not(error, config)}", err=True)
        return 3
    finally:
        writer.close()


async def _serve(config: Config, listeners: Sequence[Listener], ready_file: Path | None) -> int:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    server = await start(config, *listeners)
    try:
        with ready_file_of(ready_file, server, config):
            _say_ready(server.url)
            await stopped.wait()
    finally:
        await server.close()
    return 0


def _say_ready(url: str) -> None:
    try:
        click.echo(f"tiktok-mock ready at {url}")
    except OSError as error:
        raise OSError(None, f"the ready line cannot be written to stdout: {error.strerror}") from error


@contextlib.contextmanager
def ready_file_of(path: Path | None, server: Server, config: Config) -> Iterator[None]:
    """Facts about a server, written whole: beside, and then renamed.

    Gone when the server is, unless another server has taken it.
    """
    if path is None:
        yield
        return
    facts = {
        "url": server.url,
        "control_url": f"{server.url}/_mock",
        "pid": os.getpid(),
        "version": __version__,
        "profile": config.profile,
        "access_token": access_token(config),
    }
    if config.scale is not None:
        facts["mb"] = config.scale
    if server.trust is not None:
        facts |= {name: str(file) for name, file in server.trust.files().items()}
    text = json.dumps(facts) + "\n"
    try:
        path = path.resolve()  # the working directory may be gone
        _write_whole(path, text)
    except OSError as error:
        raise OSError(None, f"the ready file {path} cannot be written: {error.strerror}") from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if path.read_text() == text:
                path.unlink()


def _write_whole(path: Path, text: str) -> None:
    if path.exists() and not path.is_file():
        raise OSError(None, "it is no regular file; name a new one")
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        beside.write_text(text)
        beside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def access_token(config: Config) -> str:
    """A bearer token that this server accepts."""
    return config.tokens[0] if config.tokens else ANY_TOKEN


def why_not(error: OSError, config: Config) -> str:
    """What a server could not listen for, and what to do, in one sentence."""
    where = f"{config.host}:{config.port}"
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {config.port} on {config.host} is taken: stop what listens there, or give --port 0"
        case errno.EACCES:
            return f"this user may not listen on {where}: give a --port above 1023"
        case errno.EADDRNOTAVAIL:
            return f"this machine has no address {config.host}: give its own address as --host"
        case None:
            return str(error.strerror)
        case number if number < 0:  # those of name resolution
            return f"no address is known for --host {config.host}: give localhost or an address of this machine"
        case _:
            return f"cannot listen on {where}: {error.strerror or error}"
