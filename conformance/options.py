"""The options of `tiktok-conformance server` as click knows them."""

import math
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


_WRITTEN = click.Path(dir_okay=False, writable=True, path_type=Path)

SERVER_OPTIONS = (
    click.option("--api-base", type=ApiBase(), metavar="URL", help="The target; upload_urls come from its init."),
    click.option("--token", type=Token(), metavar="T", help="The user's access token; else one is made up."),
    click.option("--control-token", type=Token(), metavar="T", help="For /_mock/, where the target has that."),
    click.option("--only", multiple=True, metavar="ID", help="Only these cases or clauses; a glob; repeatable."),
    click.option("--skip", multiple=True, metavar="ID", help="Not these; a glob; repeatable."),
    click.option(
        "--profile",
        type=click.Choice(PROFILES),
        default=PROFILES[0],
        show_default=True,
        help="The readings that are demanded where the guide leaves a choice.",
    ),
    click.option("--mb", type=click.IntRange(200, 2**24), metavar="BYTES", help="What 5, 64 and 128 MB count in."),
    click.option("--rate", type=click.IntRange(1), metavar="N", help="At most N inits a minute."),
    click.option("--url-lifetime", type=Seconds(), metavar="SECONDS", help="Of an upload_url; waited for."),
    click.option("--jobs", type=click.IntRange(1, 64), default=8, show_default=True, help="Cases at a time."),
    click.option(
        "--patience", type=Seconds(), default=10, show_default=True, help="Seconds to wait for an answer."
    ),
    click.option(
        "--time-limit", type=Seconds(), default=120, show_default=True, help="Seconds that a case may take."
    ),
    click.option(
        "--examples", type=click.IntRange(1), metavar="N", help="Stories that each machine draws; else 60 at most."
    ),
    click.option("--seed", type=int, default=0, show_default=True, help="Of all that is drawn."),
    click.option("--strict", is_flag=True, help="Broken should-clauses fail the run too."),
    click.option(
        "--known-failing",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Ids that have to fail, one a line; one that does not is stale.",
    ),
    click.option("--json", "json_file", type=_WRITTEN, metavar="FILE", help="Write the findings as JSON."),
    click.option("--junit", "junit_file", type=_WRITTEN, metavar="FILE", help="Write them as JUnit XML."),
    click.option("--html", "html_file", type=_WRITTEN, metavar="FILE", help="Write them as a page for a browser."),
    click.option(
        "--replay",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Only the failed stories of a machine that FILE has: one that was saved, or a JSON report.",
    ),
    click.option("--list", "only_list", is_flag=True, help="List the cases and end."),
)


def server_options(command: Any) -> Any:
    """Add the options."""
    for option in reversed(SERVER_OPTIONS):
        command = option(command)
    return command
