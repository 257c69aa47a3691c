"""The options of `tiktok-conformance server` as pytest's: `--mb` is `--tiktok-mb`; click judges the values."""

import copy
from typing import Any, Final

import click
import pytest

from conformance.options import server_options

NOT_HERE: Final = frozenset(
    {"only", "skip", "jobs", "json_file", "junit_file", "html_file", "only_list", "replay"},
)
"""What pytest has a way of its own for: -k and node ids, pytest-xdist, --junit-xml, --collect-only."""

_PREFIX: Final = "--tiktok-"


def add_options(parser: pytest.Parser) -> None:
    """Add them; the values stay words here."""
    group = parser.getgroup("tiktok-conformance", "judging a TikTok upload server (conformance.server)")
    for option in _options():
        shown = f" [default: {option.default}]" if option.show_default else ""
        if option.is_flag:
            group.addoption(option.opts[0], action="store_true", help=option.help)
        else:
            metavar = option.make_metavar(click.Context(click.Command("pytest")))
            group.addoption(option.opts[0], metavar=metavar, help=f"{option.help}{shown}")


def options_of(config: pytest.Config) -> dict[str, Any]:
    """Their values by click's names. Raises pytest.UsageError."""
    words = []
    options = _options()
    for option in options:
        given = config.getoption(option.opts[0].removeprefix("--").replace("-", "_"), None)
        if given is True:
            words.append(option.opts[0])
        elif given:
            words.append(f"{option.opts[0]}={given}")
    try:
        return click.Command("pytest", params=list(options)).make_context("pytest", words).params
    except click.UsageError as error:
        raise pytest.UsageError(error.format_message()) from None


def _options() -> list[click.Option]:
    @click.command()
    @server_options
    def judge(**_: object) -> None: ...

    found = []
    for option in judge.params:
        if isinstance(option, click.Option) and option.name not in NOT_HERE:
            renamed = copy.copy(option)
            renamed.opts = [_PREFIX + option.opts[0].removeprefix("--")]
            found.append(renamed)
    return found
