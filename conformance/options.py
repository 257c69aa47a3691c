"""The options of `tiktok-conformance server` as click knows them."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from conformance.terms import PROFILES


class ApiBase(click.ParamType[str]):
    """An http or https URL without a query."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from conformance.wire import Address  # noqa: PLC0415 - --help does without asyncio

        try:
            Address.of(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if "?" in str(value) or "#" in str(value):
            self.fail(f"wanted a URL without a query, got {value!r}", param, ctx)
        return str(value).rstrip("/")


class Token(click.ParamType[str]):
    """One word that a header can carry."""

    name = "token"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        if not text or not text.isascii() or not text.isprintable() or " " in text:
            self.fail("wanted one word of visible ASCII characters", param, ctx)
        return text


class Seconds(click.FloatRange):
    """More than none, and a number."""

    def __init__(self) -> None:
        super().__init__(0, 86_400, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(f"wanted a number of seconds, got {value!r}", param, ctx)
        return seconds


READ = click.Path(exists=True, dir_okay=False, path_type=Path)
_WRITTEN = click.Path(dir_okay=False, writable=True, path_type=Path)


def selection_options(things: str) -> tuple[Any, ...]:
    """Those of both judges that choose what is judged; `things` are what has ids besides clauses."""
    return (
        click.option(
            "--only", multiple=True, metavar="ID", help=f"Only these {things} or clauses; a glob; repeatable."
        ),
        click.option("--skip", multiple=True, metavar="ID", help="Not these; a glob; repeatable."),
        click.option("--list", "only_list", is_flag=True, help=f"List the {things} and end."),
    )


VERDICT_OPTIONS = (
    click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Of all that is drawn."),
    click.option("--strict", is_flag=True, help="Broken should-clauses fail the run too."),
    click.option(
        "--known-failing",
        type=READ,
        metavar="FILE",
        help="Ids that have to fail, one a line; one that passes is stale.",
    ),
    click.option("--json", "json_file", type=_WRITTEN, metavar="FILE", help="Write the findings as JSON."),
    click.option("--junit", "junit_file", type=_WRITTEN, metavar="FILE", help="Write them as JUnit XML."),
    click.option("--html", "html_file", type=_WRITTEN, metavar="FILE", help="Write them as a page for a browser."),
)
"""Those of both that say what counts, and where it is written."""


def jobs_option(things: str, default: int) -> Any:
    """How many of `things` go on at a time."""
    valid = click.IntRange(1, 64)
    return click.option(
        "--jobs", type=valid, default=default, show_default=True, metavar="N", help=f"{things} at a time."
    )


def profile_option(meaning: str, profiles: Sequence[str]) -> Any:
    """One of `profiles`, the first where none is named."""
    return click.option(
        "--profile",
        type=click.Choice(profiles),
        default=profiles[0],
        show_default=True,
        metavar="NAME",
        help=f"{meaning}: {', '.join(profiles)}.",
    )


def seconds_option(name: str, default: float, meaning: str) -> Any:
    """How long something may take."""
    return click.option(name, type=Seconds(), default=default, show_default=True, metavar="SECONDS", help=meaning)


SERVER_OPTIONS = (
    click.option("--api-base", type=ApiBase(), metavar="URL", help="The target; upload_urls come from its init."),
    click.option("--token", type=Token(), metavar="T", help="The user's access token; else one is made up."),
    click.option("--control-token", type=Token(), metavar="T", help="For /_mock/, where the target has that."),
    *selection_options("cases"),
    profile_option("Which readings to demand", PROFILES),
    click.option("--mb", type=click.IntRange(200, 2**24), metavar="BYTES", help="What 5, 64 and 128 MB count in."),
    click.option("--rate", type=click.IntRange(1), metavar="N", help="At most N inits a minute."),
    click.option("--url-lifetime", type=Seconds(), metavar="SECONDS", help="Of an upload_url; waited for."),
    jobs_option("Cases", 8),
    seconds_option("--patience", 10, "How long to wait for an answer."),
    seconds_option("--time-limit", 120, "What a case may take."),
    click.option(
        "--examples",
        type=click.IntRange(1),
        metavar="N",
        help="Stories that each machine draws; else 60 at most.",
    ),
    click.option("--replay", type=READ, metavar="FILE", help="Only the failed stories saved in FILE."),
    *VERDICT_OPTIONS,
)


def server_options(command: Any) -> Any:
    """Add the options."""
    for option in reversed(SERVER_OPTIONS):
        command = option(command)
    return command
