"""The command `tiktok-upload`."""

import json
import re
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from client_reference.errors import ResumeTrouble, Unreachable, UploadError, UsageError
from client_reference.plan import LEAST_MB
from client_reference.steps import TIKTOK, ChunkRequest, InitRequest, UploadResult

if TYPE_CHECKING:
    from client_reference.transport import Exchange, Progress

FAILED, WRONG_USAGE, CANNOT_WORK, INTERRUPTED, TERMINATED = 1, 2, 3, 130, 143
UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


class Rate(click.ParamType[int]):
    """Bytes a second, with curl's suffixes: k, M and G are powers of 1024."""

    name = "BYTES"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        number = re.fullmatch(r"([1-9][0-9]{0,14})([kmg]?)", value, re.ASCII | re.IGNORECASE)
        if number is None:
            self.fail(f"{value!r} is no number of bytes a second: 500000, 500k and 2M are.", param, ctx)
        return int(number[1]) * UNITS[number[2].lower()]


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's order
    if wanted:
        from importlib import metadata  # noqa: PLC0415 - slow, and hardly ever asked for

        try:
            version = metadata.version("tiktok-upload-mock")
        except metadata.PackageNotFoundError:
            version = "of a copied folder"
        click.echo(f"{ctx.info_name}, version {version}")
        ctx.exit()


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
@click.option(
    "--resume-file",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Keep the state here: the same command, run again, goes on where TikTok is, and never posts twice.",
)
@click.option("--limit-rate", metavar="BYTES", type=Rate(), help="A second, at most; also 500k, 2M.")
@click.option("--no-wait", is_flag=True, help="Stop after the last byte, without the terminal status.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, and no other line.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
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
    resume_file: Path | None,
    limit_rate: int | None,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Upload FILE to TikTok and wait until it is posted.

    Exit code 0: uploaded; 1: the upload failed; 2: wrong usage; 3: TikTok could not be reached, FILE not be read
    or the resume file not be used; 130 and 143: interrupted. --token and --api-base can also come from
    TIKTOK_ACCESS_TOKEN and TIKTOK_API_BASE.
    """
    if not token and upload_url is None:
        raise click.UsageError("The access token is missing; give it as --token T or in TIKTOK_ACCESS_TOKEN.")
    import asyncio  # noqa: PLC0415 - --help does without

    ending = Ending()
    try:
        from client_reference.transport import upload  # noqa: PLC0415 - --help should not load aiohttp

        with _display(file, as_json=as_json) as (progress, exchange):
            result = asyncio.run(
                ending.watch(
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
                        resume_file=resume_file,
                        limit_rate=limit_rate,
                        wait=not no_wait,
                        progress=progress,
                        exchange=exchange,
                    )
                )
            )
    except (KeyboardInterrupt, asyncio.CancelledError):
        what = "Terminated" if ending.terminated else "Interrupted"
        then = "if the last chunk had gone out, look for the post before uploading again"
        if resume_file is not None:
            then = "the same command goes on where the server is"
        _fail(TERMINATED if ending.terminated else INTERRUPTED, f"{what}; {then}.")
    except UploadError as error:
        _report_failure(error, as_json=as_json)
    except OSError as error:
        what = "The output cannot be written" if isinstance(error, BrokenPipeError) else f"{file} cannot be read"
        _fail(CANNOT_WORK, f"{what}: {error.strerror or error}.")
    _report(result, as_json=as_json)


class Ending:
    """SIGTERM ends an upload as SIGINT does: by cancelling it, so that file and connection are closed."""

    def __init__(self) -> None:
        self.terminated = False

    async def watch(self, uploading: Coroutine[None, None, UploadResult]) -> UploadResult:
        import asyncio  # noqa: PLC0415 - --help does without

        task = asyncio.ensure_future(uploading)

        def terminate() -> None:
            self.terminated = True
            task.cancel()

        with suppress(NotImplementedError):  # Windows has no such handlers
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminate)
        return await task


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
        case Unreachable() | ResumeTrouble():
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
        if isinstance(request, InitRequest) and request.because:
            asked = f"init, as {request.because}"
    came = getattr(exchange.answer, "status", None) or getattr(exchange.answer, "reason", "")
    pause = f", next in {exchange.pause:.1f} s" if exchange.pause else ""
    click.echo(f"{asked}: {came}{pause}")
