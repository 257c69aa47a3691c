"""The options of `tiktok-conformance client` as click knows them."""

from pathlib import Path
from typing import Any

import click

from conformance.options import Seconds

PROFILES = ("documented", "observed", "strict")
_WRITTEN = click.Path(dir_okay=False, writable=True, path_type=Path)
_READ = click.Path(exists=True, dir_okay=False, path_type=Path)

CLIENT_OPTIONS = (
    click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="-- CMD..."),
    click.option(
        "--only", multiple=True, metavar="ID", help="Only these clauses or scenarios; a glob; repeatable."
    ),
    click.option("--skip", multiple=True, metavar="ID", help="Not these; a glob; repeatable."),
    click.option(
        "--profile", type=click.Choice(PROFILES), default=PROFILES[0], show_default=True, help="Of the mock."
    ),
    click.option(
        "--mb", type=click.IntRange(1000, 2**24), metavar="BYTES", help="Scale: what 5, 64 and 128 MB count in."
    ),
    click.option("--large", is_flag=True, help="A file of a gigabyte too, and what memory it takes."),
    click.option("--jobs", type=click.IntRange(1, 64), default=4, show_default=True, help="Runs at a time."),
    click.option("--time-limit", type=Seconds(), default=60, show_default=True, help="Seconds for each run."),
    click.option("--seed", type=int, default=0, show_default=True, help="Of all that is drawn."),
    click.option(
        "--examples", type=click.IntRange(0), default=0, show_default=True, help="Drawn uploads to try as well."
    ),
    click.option("--replay", type=_READ, metavar="FILE", help="Only the scenarios of this file."),
    click.option("--strict", is_flag=True, help="Broken should-clauses fail the run too."),
    click.option(
        "--known-failing",
        type=_READ,
        metavar="FILE",
        help="Ids that have to fail, one a line; one that does not is stale.",
    ),
    click.option("--json", "json_file", type=_WRITTEN, metavar="FILE", help="Write the findings as JSON."),
    click.option("--junit", "junit_file", type=_WRITTEN, metavar="FILE", help="Write them as JUnit XML."),
    click.option("--html", "html_file", type=_WRITTEN, metavar="FILE", help="Write them as a page to look at."),
    click.option("--list", "only_list", is_flag=True, help="List the scenarios and end."),
)


def client_options(command: Any) -> Any:
    """Add the options."""
    for option in reversed(CLIENT_OPTIONS):
        command = option(command)
    return command
