"""The command `tiktok-upload`."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from client_reference.errors import Unreachable, UploadError, UsageError
from client_reference.plan import LEAST_MB
from client_reference.steps import TIKTOK, ChunkRequest, InitRequest, UploadResult

if TYPE_CHECKING:
    from client_reference.transport import Exchange, Progress

FAILED, WRONG_USAGE, CANNOT_WORK, INTERRUPTED = 1, 2, 3, 130


@click.command(name="tiktok-upload", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--api-base", metavar="URL", default=TIKTOK, envvar="TIKTOK_API_BASE", show_default=True)
@click.option("--token", metavar="T", default="", envvar="TIKTOK_ACCESS_TOKEN", help="User access token.")
@click.option("--draft", is_flag=True, help="Send to the creator's inbox instead of posting.")
@click.option("--title", default="", help="Caption of a direct post.")
@click.option("--privacy", default="SELF_ONLY", show_default=True, help="Privacy level of a direct post.")
@click.option("--upload-url", metavar="URL", help="Send to this URL of an init made before, without another.")
@click.option("--chunk-size", metavar="BYTES", type=click.IntRange(min=1), help="Instead of an equal split.")
@click.option("--mb", metavar="BYTES", type=click.IntRange(min=LEAST_MB), help="What 5, 64 and 128 MB count in.")
@click.option("--no-wait", is_flag=True, help="Stop after the last byte, without the terminal status.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, and no other line.")
@click.version_option(package_name="tiktok-upload-mock")
def main(
    file: Path,
    *,
    api_base: str,
    token: str,
    draft: bool,
    title: str,
    privacy: str,
    upload_url: str | None,
    chunk_size: int | None,
    mb: int | None,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Upload FILE to TikTok and wait until it is posted.

    Exit code 0: uploaded; 1: the upload failed; 2: wrong usage; 3: TikTok could not be reached or FILE not be
    read; 130: interrupted. --token and --api-base can also come from TIKTOK_ACCESS_TOKEN and TIKTOK_API_BASE.
    """
    if not token and upload_url is None:
        raise click.UsageError("The access token is missing; give it as --token T or in TIKTOK_ACCESS_TOKEN.")
    from client_reference.transport import upload  # noqa: PLC0415 - --help should not load aiohttp

    try:
        with _display(file, as_json=as_json) as (progress, exchange):
            result = asyncio.run(
                upload(
                    file,
                    token=token,
                    api_base=api_base,
                    draft=draft,
                    title=title,
                    privacy_level=privacy,
                    upload_url=upload_url,
                    chunk_size=chunk_size,
                    mb=mb,
                    wait=not no_wait,
                    progress=progress,
                    exchange=exchange,
                )
            )
    except KeyboardInterrupt:
        _fail(
            INTERRUPTED, "Interrupted; if the last chunk had gone out, look for the post before uploading again."
        )
    except UploadError as error:
        _report_failure(error, as_json=as_json)
    except OSError as error:
        what = "The output cannot be written" if isinstance(error, BrokenPipeError) else f"{file} cannot be read"
        _fail(CANNOT_WORK, f"{what}: {error.strerror or error}.")
    _report(result, as_json=as_json)


def _report(result: UploadResult, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"uploaded": True, **asdict(result)}))
        return
    ended = f", {result.publish_id} {result.status or 'not waited for'}" if result.publish_id else ""
    click.echo(
        f"uploaded {result.uploaded_bytes} bytes in {result.requests} requests, {result.retries} retries{ended}"
    )


def _report_failure(error: UploadError, *, as_json: bool) -> NoReturn:
    if as_json:
        kind = type(error).__name__
        told = {"kind": kind, "message": str(error), "fault": error.fault, "retryable": error.retryable}
        click.echo(json.dumps({"uploaded": False, "error": told}))
    match error:
        case UsageError():
            _fail(WRONG_USAGE, str(error))
        case Unreachable():
            _fail(CANNOT_WORK, str(error))
        case _:
            _fail(FAILED, str(error))


def _fail(code: int, sentence: str) -> NoReturn:
    click.echo(f"Error: {sentence}", err=True)
    sys.exit(code)


@contextmanager
def _display(
    file: Path, *, as_json: bool
) -> Iterator[tuple[Callable[["Progress"], None], Callable[["Exchange"], None]]]:
    """What is told while it runs: a bar on a terminal, else a line for each request, nothing with --json."""
    if as_json:
        yield _silent, _silent
    elif not sys.stdout.isatty():
        yield _silent, _print_exchange
    else:
        from rich import progress as rich  # noqa: PLC0415 - loaded only where there is a terminal to draw on

        columns = rich.BarColumn(), rich.DownloadColumn(), rich.TransferSpeedColumn(), rich.TimeRemainingColumn()
        with rich.Progress(rich.TextColumn("{task.description}", markup=False), *columns) as bar:
            task = bar.add_task(file.name, total=None)
            yield lambda now: bar.update(task, completed=now.sent, total=now.total), _silent


def _silent(_: object) -> None:
    pass


def _print_exchange(exchange: "Exchange") -> None:
    request = exchange.request
    if isinstance(request, ChunkRequest):
        asked = f"chunk {request.chunk.number} {request.chunk.content_range}"
    else:
        asked = "init" if isinstance(request, InitRequest) else "status"
    came = getattr(exchange.answer, "status", None) or getattr(exchange.answer, "reason", "")
    pause = f", next in {exchange.pause:.1f} s" if exchange.pause else ""
    click.echo(f"{asked}: {came}{pause}")
