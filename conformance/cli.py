"""The command `tiktok-conformance`."""

import os
import textwrap
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from importlib import metadata

import click

from conformance.clauses import Chapter, Clause, load_chapters

PROG = "tiktok-conformance"
GOOD, USAGE, BROKEN_TOOL, INTERRUPTED = 0, 2, 3, 130


class NoSuchClauseError(click.ClickException):
    exit_code = USAGE


def _version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's shape
    if not wanted:
        return
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
