"""The options of `tiktok-conformance client` as click knows them."""

from typing import Any

import click

from conformance.options import (
    READ,
    VERDICT_OPTIONS,
    jobs_option,
    profile_option,
    seconds_option,
    selection_options,
)

PROFILES = ("documented", "observed", "strict")

CLIENT_OPTIONS = (
    click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="-- CMD..."),
    *selection_options("scenarios"),
    profile_option("Of the mock", PROFILES),
    click.option(
        "--mb", type=click.IntRange(1000, 2**24), metavar="BYTES", help="What 5, 64 and 128 MB count in."
    ),
    click.option(
        "--intercept",
        type=click.Choice(["none", "proxy"]),
        default="none",
        metavar="none|proxy",
        help="proxy: TikTok's own hosts lead to the mock, for a CMD that knows no other.",
    ),
    click.option("--large", is_flag=True, help="A file of a gigabyte too, and what memory it takes."),
    jobs_option("Runs", 4),
    seconds_option("--time-limit", 60, "What a run may take."),
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
