"""`tiktok-mock`: what a user types. Heavy imports wait until a command needs them."""

import sys
from pathlib import Path
from typing import Any

import click

from mockserver import __version__
from mockserver.options import config_of, server_options


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tiktok-mock")
def cli() -> None:
    """A fake TikTok Content Posting API for tests."""


@cli.command()
@server_options
@click.option(
    "--log-format",
    envvar="TIKTOK_MOCK_LOG_FORMAT",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="One line per request on stderr.",
)
@click.option("--quiet", envvar="TIKTOK_MOCK_QUIET", is_flag=True, help="No request log.")
@click.option(
    "--ready-file",
    envvar="TIKTOK_MOCK_READY_FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PATH",
    help="Written, as JSON, once the port is open.",
)
def serve(log_format: str, *, quiet: bool, ready_file: Path | None, **options: Any) -> None:
    """Run until interrupted.

    Every option can come from the environment too, as TIKTOK_MOCK_PORT and so on; a flag beats it.
    """
    config = config_of(**options)
    from mockserver.serving import serve_forever  # noqa: PLC0415 - --help does without aiohttp

    sys.exit(serve_forever(config, log_format=None if quiet else log_format, ready_file=ready_file))


@cli.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def demo(file: Path | None) -> None:
    """Serve on a free port and upload FILE, or a made one of 50,000,123 bytes.

    The uploader is the reference client, run as a process of its own.
    """
    from mockserver.demo import run_demo  # noqa: PLC0415 - --help does without aiohttp

    sys.exit(run_demo(file))


def main() -> None:
    """Entry point: usage errors exit with 2, an interrupt with 130."""
    try:
        code = cli.main(standalone_mode=False)
    except click.Abort:
        code = 130
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
