"""`tiktok-mock`: what a user types. Heavy imports wait until a command needs them."""

import json
import shutil
import sys
import textwrap
from pathlib import Path
from typing import Any

import click

from mockserver import __version__
from mockserver.options import config_of, server_options


class _ReadyPath(click.Path):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not value:
            self.fail("wanted a path, got an empty one", param, ctx)
        return super().convert(value, param, ctx)


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
    type=_ReadyPath(dir_okay=False, path_type=Path),
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


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, like GET /_mock/scenarios.")
def scenarios(*, as_json: bool) -> None:
    """List the fault lists that come with the package.

    Use one with serve --scenario NAME, or arm it in a running server with POST /_mock/scenarios/NAME.
    """
    from mockserver.faults.scenarios import load_scenario, scenario_names  # noqa: PLC0415 - --help does without

    found = [load_scenario(name) for name in scenario_names()]
    if as_json:
        click.echo(json.dumps({"scenarios": [one.as_json() for one in found]}))
        return
    wrapper = textwrap.TextWrapper(
        width=min(shutil.get_terminal_size().columns, 100),
        initial_indent="    ",
        subsequent_indent="    ",
        break_on_hyphens=False,
    )
    click.echo("\n\n".join(f"{one.name}: {one.title}\n{wrapper.fill(one.good_client)}" for one in found))


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
