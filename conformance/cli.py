"""The command `tiktok-conformance`."""

import os
import textwrap
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

import click

from conformance.clauses import Chapter, Clause, load_chapters
from conformance.client.options import client_options
from conformance.options import server_options

PROG = "tiktok-conformance"
GOOD, USAGE, BROKEN_TOOL, INTERRUPTED = 0, 2, 3, 130


class NoSuchClauseError(click.ClickException):
    exit_code = USAGE


class UnableToJudgeError(click.ClickException):
    exit_code = BROKEN_TOOL


def _version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's shape
    if not wanted:
        return
    from importlib import metadata  # noqa: PLC0415 - slow, and hardly ever asked for

    try:
        version = metadata.version("tiktok-upload-mock")
    except metadata.PackageNotFoundError:
        version = "(not installed)"
    click.echo(f"{PROG} {version}")
    ctx.exit()


@click.group(name=PROG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version."
)
def cli() -> None:
    """Judge TikTok uploads, from both ends of the wire."""


@cli.command()
@click.option("--id", "pattern", metavar="ID", default="*", help="Only these clauses; a glob, as in 'S-PLAN-*'.")
def clauses(pattern: str) -> None:
    """Print the law book: every demand, by its id."""
    chapters = load_chapters()
    chosen = [found for chapter in chapters if (found := _only(chapter, pattern)).clauses]
    if not chosen:
        raise NoSuchClauseError(_nothing_matches(pattern, chapters))
    click.echo("\n\n".join(_page(chapter) for chapter in chosen))


@cli.command(short_help="Judge a server, by its base URL.")
@server_options
def server(*, api_base: str | None, only_list: bool, **options: Any) -> int:
    """Judge an upload server: any that speaks TikTok's side of the protocol.

    Ends with 0 if it is good, 1 if it broke a clause, 3 if it could not be judged.
    """
    if api_base is None and not only_list:
        raise click.UsageError("--api-base URL says which server to judge (or --list shows the cases)")
    from conformance.judging import SelectionError, UnableError, judge_server, list_cases  # noqa: PLC0415 - heavy

    settings, outputs = _asked(api_base or "http://localhost", options)
    try:
        if only_list:
            click.echo("\n".join(list_cases(settings, outputs)))
            return GOOD
        return judge_server(settings, outputs)
    except SelectionError as error:
        raise click.UsageError(str(error)) from None
    except UnableError as error:
        raise UnableToJudgeError(f"{error}.") from None


@cli.command(short_help="Judge an uploader, by its command.")
@client_options
def client(*, command: tuple[str, ...], only_list: bool, **options: Any) -> int:
    """Judge an uploader: CMD uploads a file once for each scenario, against a mock that the kit starts.

    In CMD {file}, {api_base}, {token}, {upload_url}, {video_size}, {chunk_size}, {total_chunk_count} and {mb} are
    replaced; the same values are in TIKTOK_FILE, TIKTOK_API_BASE and so on. A CMD with {upload_url} is handed an
    upload that is begun already; any other makes its own init. Exit code 0 claims success.

    Ends with 0 if the client is good, 1 if it broke a clause, 3 if it could not be judged.
    """
    if not command and not only_list:
        raise click.UsageError("-- CMD says how to upload a file, for example: -- my-uploader {file} {api_base}")
    from conformance.client.command import judge_client, list_scenarios  # noqa: PLC0415 - heavy
    from conformance.judging import SelectionError, UnableError  # noqa: PLC0415 - heavy

    wanted = _wanted(options)
    try:
        if only_list:
            click.echo("\n".join(list_scenarios(wanted)))
            return GOOD
        return judge_client(command, wanted)
    except SelectionError as error:
        raise click.UsageError(str(error)) from None
    except UnableError as error:
        raise UnableToJudgeError(f"{error}.") from None


def _wanted(options: dict[str, Any]) -> Any:
    from conformance.client.command import Wanted  # noqa: PLC0415 - heavy
    from conformance.client.judging import Trying  # noqa: PLC0415 - heavy
    from conformance.client.trying import Terms  # noqa: PLC0415 - heavy

    terms = Terms(options.pop("time_limit"), options.pop("mb"), options.pop("seed"))
    how = Trying(
        terms,
        ("--profile", options["profile"]),
        options.pop("jobs"),
        large=options.pop("large"),
        intercept=options.pop("intercept") == "proxy",
    )
    files = {name: options.pop(f"{name}_file") for name in ("json", "junit", "html")}
    return Wanted(how, **files, **options)


def _asked(api_base: str, options: dict[str, Any]) -> tuple[Any, Any]:
    from conformance.judging import Outputs  # noqa: PLC0415 - heavy
    from conformance.target import Settings  # noqa: PLC0415 - heavy
    from conformance.terms import Terms  # noqa: PLC0415 - heavy

    terms = Terms(options.pop("profile"), options.pop("mb"))
    names = ("only", "skip", "known_failing", "strict", "replay")
    outputs = Outputs(
        **{name: options.pop(name) for name in names},
        json=options.pop("json_file"),
        junit=options.pop("junit_file"),
        html=options.pop("html_file"),
    )
    return Settings(api_base, terms, **options), outputs


def _only(chapter: Chapter, pattern: str) -> Chapter:
    return Chapter(chapter.title, tuple(c for c in chapter.clauses if fnmatchcase(c.id, pattern.upper())))


def _nothing_matches(pattern: str, chapters: Sequence[Chapter]) -> str:
    ids = [clause.id for chapter in chapters for clause in chapter.clauses]
    near = get_close_matches(pattern.upper(), ids, n=3, cutoff=0.0)
    return f"no clause matches {pattern!r}; the nearest ids are {', '.join(near)}."


def _page(chapter: Chapter) -> str:
    return "\n\n".join([chapter.title.upper(), *map(_entry, chapter.clauses)])


def _entry(clause: Clause) -> str:
    return "\n".join([f"{clause.id}  [{clause.strength}]", *_wrapped(clause.text, f"Source: {clause.source}")])


def _wrapped(*paragraphs: str) -> Iterator[str]:
    for paragraph in paragraphs:
        yield textwrap.fill(
            paragraph,
            width=88,
            initial_indent="    ",
            subsequent_indent="    ",
            break_on_hyphens=False,
        )


def main(args: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    try:
        outcome = cli.main(args=args, prog_name=PROG, standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        click.echo(f"{PROG}: {error.format_message()}", err=True)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except SystemExit:  # click's own answer to a closed pipe: the reader has seen enough
        return _silenced(GOOD)
    except BrokenPipeError:
        return _silenced(GOOD)
    except OSError as error:
        click.echo(f"{PROG}: could not write the answer: {error.strerror}.", err=True)
        return _silenced(BROKEN_TOOL)
    return outcome if isinstance(outcome, int) else GOOD


def _silenced(code: int) -> int:
    """Keep the interpreter from complaining when it flushes stdout at exit."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 1)
    os.close(devnull)
    return code
