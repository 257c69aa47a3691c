"""The options of `tiktok-conformance client` as click knows them."""

from typing import Any

import click

from conformance.options import READ, VERDICT_OPTIONS, Seconds, jobs_option, selection_options

PROFILES = ("documented", "observed", "strict")

CLIENT_OPTIONS = (
    click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="-- CMD..."),
    *selection_options("scenarios"),
    click.option(
        "--profile",
        type=click.Choice(PROFILES),
        default=PROFILES[0],
        show_default=True,
        metavar="NAME",
        help=f"Of the mock: {', '.join(PROFILES)}.",
    ),
    click.option(
        "--mb", type=click.IntRange(1000, 2**24), metavar="BYTES", help="What 5, 64 and 128 MB count in."
    ),
    click.option("--large", is_flag=True, help="A file of a gigabyte too, and what memory it takes."),
    jobs_option("Runs", 4),
    click.option(
        "--time-limit",
        type=Seconds(),
        default=60,
        show_default=True,
        metavar="SECONDS",
        help="What a run may take.",
    ),
    click.option(
        "--examples",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        metavar="N",
        help="Drawn uploads to try as well.",
    ),
    click.option("--replay", type=READ, metavar="FILE", help="Only the scenarios of this file."),
    *VERDICT_OPTIONS,
)


def client_options(command: Any) -> Any:
    """Add the options."""
    for option in reversed(CLIENT_OPTIONS):
        command = option(command)
    return command
