"""`tiktok-mock serve`: a server from its first line to its last."""

import asyncio
import contextlib
import errno
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from mockserver import __version__
from mockserver.app import Server, start
from mockserver.config import Config
from mockserver.request_log import RequestLog, json_line, text_line


def serve_forever(config: Config, *, log_format: str | None, ready_file: Path | None) -> int:
    """Serve until SIGINT or SIGTERM; the exit code. `log_format` None logs nothing."""
    log = RequestLog(sys.stderr, json_line if log_format == "json" else text_line) if log_format else None
    try:
        return asyncio.run(_serve(config, log, ready_file))
    except OSError as error:
        click.echo(f"tiktok-mock: {_sentence(error, config)}", err=True)
        return 3
    except KeyboardInterrupt:  # before the signal handlers were there
        return 0
    finally:
        if log is not None:
            log.close()


async def _serve(config: Config, log: RequestLog | None, ready_file: Path | None) -> int:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    server = await start(config, *([log.record] if log else []))
    try:
        with _ready_file(ready_file, server, config):
            click.echo(f"tiktok-mock ready at {server.url}")
            await stopped.wait()
    finally:
        await server.close()
    return 0


@contextlib.contextmanager
def _ready_file(path: Path | None, server: Server, config: Config) -> Iterator[None]:
    """Written whole, beside and then renamed; gone when the server is."""
    if path is None:
        yield
        return
    facts = {
        "url": server.url,
        "control_url": f"{server.url}/_mock",
        "pid": os.getpid(),
        "version": __version__,
        "profile": config.profile,
    }
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        beside.write_text(json.dumps(facts) + "\n")
        beside.replace(path)
    except OSError as error:
        raise OSError(None, f"the ready file {path} cannot be written: {error.strerror}") from error
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _sentence(error: OSError, config: Config) -> str:
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
        case _:
            return f"cannot listen on {where}: {error.strerror or error}"
