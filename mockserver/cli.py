"""`tiktok-mock`: what a user types. Heavy imports wait until a command needs them."""

import contextlib
import json
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from mockserver import __version__
from mockserver.options import OUTPUT, SECTIONS, ca_options, config_of, exec_options, log_options, server_options
from mockserver.parameters import ReadyPath, Sectioned, option


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tiktok-mock")
def cli() -> None:
    """A fake TikTok Content Posting API for tests."""


@cli.command(cls=Sectioned)
@server_options
@log_options
def serve(log_format: str, *, quiet: bool, ready_file: Path | None, **options: Any) -> None:
    """Run until interrupted.

    Each option can come from the environment too, as TIKTOK_MOCK_PORT and so on.
    """
    config = config_of(**options)
    from mockserver.serving import serve_forever  # noqa: PLC0415 - --help does without aiohttp

    sys.exit(serve_forever(config, log_format=None if quiet else log_format, ready_file=ready_file))


class _WrongUsageOfOwn(click.UsageError):
    exit_code = 125


class _Passing(Sectioned):
    """A command that passes another's exit code on: its own wrong usage is 125, like its other failures."""

    of_serve = tuple(section for section in SECTIONS if section != OUTPUT)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as error:
            raise _WrongUsageOfOwn(error.format_message(), error.ctx) from error

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise _WrongUsageOfOwn(error.format_message(), error.ctx) from error


@cli.command(name="exec", cls=_Passing, context_settings={"allow_interspersed_args": False})
@option(
    "--intercept",
    "Take TikTok's hosts to the mock; netns: Linux.",
    type=click.Choice(["none", "proxy", "netns"]),
    default="none",
    metavar="none|proxy|netns",
)
@option("--journal", "All exchanges, as JSON lines.", type=ReadyPath(path_type=Path), metavar="FILE")
@option("--fail-on-refused", "Exit with 1, not 0, if one was refused, or none came.", is_flag=True)
@option("--fail-on-incomplete", "The same if an upload was not completed, or none begun.", is_flag=True)
@option("--fail-on-unfired", "The same if a fault has not struck as often as it says.", is_flag=True)
@log_options
@exec_options
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- CMD...")
def exec_(
    command: tuple[str, ...],
    intercept: str,
    *,
    log_format: str,
    quiet: bool,
    ready_file: Path | None,
    journal: Path | None,
    **options: Any,
) -> None:
    """Start on a free port, run CMD with the environment set, stop.

    CMD finds the server in TIKTOK_MOCK_URL and TIKTOK_API_BASE, and a token in TIKTOK_ACCESS_TOKEN. Its exit code
    is passed on (128+N for signal N); 125: a failure of our own, 126: CMD cannot be executed, 127: not found.
    """
    if os.name != "posix":
        click.echo(
            "tiktok-mock: exec needs Linux or macOS: start serve, and set TIKTOK_API_BASE yourself", err=True
        )
        sys.exit(125)
    if intercept != "none":
        options["tls"] = True
    fail_on = [why for why in ("refused", "incomplete", "unfired") if options.pop(f"fail_on_{why}")]
    config = config_of(**options)
    from mockserver.execution.running import RunTerms, run_command  # noqa: PLC0415 - --help does without aiohttp
    from mockserver.intercept.modes import interception_of  # noqa: PLC0415 - --help does without aiohttp

    terms = RunTerms(
        command=command,
        log_format=None if quiet else log_format,
        ready_file=ready_file,
        journal=journal,
        fail_on=fail_on,
    )
    sys.exit(run_command(config, terms, interception_of(intercept)))


@cli.command(short_help="Print shell exports for a running server.")
@option(
    "--ready-file",
    "The one that serve --ready-file wrote.",
    required=True,
    type=ReadyPath(path_type=Path),
    metavar="PATH",
)
def env(ready_file: Path) -> None:
    """Print shell exports for a running server: eval "$(tiktok-mock env --ready-file PATH)"."""
    from mockserver.intercept.variables import exports  # noqa: PLC0415 - --help does without aiohttp

    code = _told(lambda: exports(ready_file))
    if code:
        click.echo("false")  # so that eval "$(...)" fails as well, and set -e sees it
    sys.exit(code)


@cli.command(short_help="Print the path of a kept CA certificate.")
@ca_options
def ca(ca_dir: Path | None, tls_name: Sequence[str]) -> None:
    """Print the path of the CA certificate that --ca-dir keeps; it is made where there is none."""
    if ca_dir is None:
        raise click.UsageError(
            "give --ca-dir DIR (or TIKTOK_MOCK_CA_DIR): without it each run has a CA of its own, "
            "whose path is in the file of serve --ready-file"
        )
    from mockserver.tls.kept import CERTIFICATE, kept_authority  # noqa: PLC0415 - --help does without

    def path() -> str:
        kept_authority(ca_dir, [name.lower() for name in tls_name])
        return str(ca_dir.resolve() / CERTIFICATE)

    sys.exit(_told(path))


def _told(text: Callable[[], str]) -> int:
    """Print it; 3 and a sentence where it cannot be had."""
    try:
        click.echo(text())
    except OSError as error:
        click.echo(f"tiktok-mock: {error.strerror}", err=True)
        return 3
    return 0


@cli.command(short_help="Serve, and upload a file through a few faults.")
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
    except OSError as error:
        code = _unwritten(error)
    sys.exit(code)


def _unwritten(error: OSError) -> int:
    """Nothing more goes to stdout: a reader that has seen enough is no failure, a full disk is."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left in the buffer would fail again at exit
    if isinstance(error, BrokenPipeError):
        return 0
    click.echo(f"tiktok-mock: the answer cannot be written: {error.strerror}", err=True)
    return 3
