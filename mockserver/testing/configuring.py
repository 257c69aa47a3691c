"""The options of `tiktok-mock serve`, given from Python."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from mockserver.config import Config
from mockserver.options import config_of, server_options


class OptionError(ValueError):
    """Options that make no server; `str()` is the sentence that says why and what would do."""


def arguments_of(arguments: Iterable[object], keywords: Mapping[str, object]) -> tuple[str, ...]:
    """All as the command line has them: `mb=1000` is `--mb 1000`, `no_explain=True` is `--no-explain`.

    A list repeats its option, a mapping does so with NAME=VALUE; None and False leave it out.
    """
    named = [word for name, value in keywords.items() for word in _words(name, value)]
    return (*map(str, arguments), *named)


def read_config(arguments: Sequence[str]) -> Config:
    """The Config of a server on a free port, unless the arguments say which. Raises OptionError.

    The environment has no say here: tests shall mean the same on every machine.
    """

    @click.command(add_help_option=False)
    @server_options
    def serve(**_: Any) -> None: ...

    for option in serve.params:
        option.envvar = None
    try:
        context = serve.make_context("TikTokMock", ["--port", "0", *arguments])
        with context:
            return config_of(**context.params)
    except click.UsageError as error:
        raise OptionError(error.format_message()) from None


def _words(name: str, value: object) -> Iterable[str]:
    option = f"--{name.replace('_', '-')}"
    if value is None or value is False:
        return
    if value is True:
        yield option
    elif isinstance(value, Mapping):
        for key, choice in value.items():
            yield from (option, f"{key}={choice}")
    elif isinstance(value, list | tuple):
        for one in value:
            yield from (option, str(one))
    else:
        yield from (option, str(value))
