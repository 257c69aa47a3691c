"""What the options of the commands take: words, tokens, names, files, seconds; each says what would do."""

import difflib
import os
import re
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from mockserver.faults.kinds import Fault
from mockserver.protocol.rules import RuleError, UploadRules

_Command = TypeVar("_Command", bound=Callable[..., Any])
_NAME = re.compile(r"[A-Za-z0-9._-]{1,253}")
_LONGEST = 365 * 86400.0


def nearest(word: str, known: Sequence[str]) -> str:
    """`word` is not known: the sentence's end that names what is, nearest first."""
    close = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else f"known are {', '.join(known)}"


class Named(click.ParamType[str]):
    """A word out of a list that is made when it is needed."""

    def __init__(self, name: str, known: Callable[[], Sequence[str]]) -> None:
        self.name = name
        self._known = known

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        known = self._known()
        if value not in known:
            self.fail(f"no {self.name} is called {value!r}: {nearest(str(value), known)}", param, ctx)
        return str(value)


class Rule(click.ParamType[tuple[str, str]]):
    name = "name=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        name, equals, choice = str(value).partition("=")
        if not equals:
            self.fail(f"wanted NAME=VALUE, got {value!r}", param, ctx)
        try:
            UploadRules().with_rule(name, choice)
        except RuleError as error:
            if error.value is None:
                self.fail(f"no switch is called {name!r}: {nearest(name, error.choices)}", param, ctx)
            self.fail(f"{name} can be {', '.join(error.choices)}; got {choice!r}", param, ctx)
        return name, choice


class Secret(click.ParamType[str]):
    """A token as a header can carry it and our reading of the header returns it."""

    name = "token"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value or not str(value).isprintable() or any(character.isspace() for character in str(value)):
            self.fail(f"wanted one word of printable characters, got {value!r}", param, ctx)
        return str(value)


class HostName(click.ParamType[str]):
    name = "host name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not _NAME.fullmatch(str(value)):
            self.fail(f"wanted a host name without scheme or port, got {value!r}", param, ctx)
        return str(value)


class FaultFile(click.ParamType[Sequence[Fault]]):
    name = "file"
    envvar_list_splitter = os.pathsep

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Sequence[Fault]:
        from mockserver.faults.reading import FaultError  # noqa: PLC0415 - --help does without
        from mockserver.faults.scenarios import read_fault_file  # noqa: PLC0415 - --help does without

        if not value:
            self.fail("wanted a path, got an empty one", param, ctx)
        try:
            return read_fault_file(Path(str(value)))
        except OSError as error:
            self.fail(f"{value} cannot be read: {error.strerror or error}", param, ctx)
        except FaultError as error:
            self.fail(f"{value}: {error}", param, ctx)


class Directory(click.ParamType[Path]):
    """A directory; whether it can be made and written is seen when the server starts."""

    name = "directory"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        if not str(value) or "\0" in str(value):
            self.fail(f"wanted a directory, got {value!r}", param, ctx)
        return Path(value)


class ReadyPath(click.Path):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not value:
            self.fail("wanted a path, got an empty one", param, ctx)
        return super().convert(value, param, ctx)


class PublicUrl(click.ParamType[str]):
    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from yarl import URL  # noqa: PLC0415 - --help does without

        try:
            url = URL(str(value))
            good = url.scheme in ("http", "https") and bool(url.host) and url.path in ("", "/")
        except ValueError:
            good = False
        if not good or len(str(value)) > 120 or re.search(r"[?#@\s]", str(value)):
            wanted = "wanted scheme and host, as in https://open-upload.tiktokapis.com"
            self.fail(f"{wanted}; got {value!r}", param, ctx)
        return str(value).rstrip("/")


class Seconds(click.FloatRange):
    """Seconds up to a year; not a number is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds = super().convert(value, param, ctx)
        if seconds != seconds:  # noqa: PLR0124 - only not-a-number differs from itself
            self.fail(f"wanted a number of seconds, got {value!r}", param, ctx)
        return float(seconds)


ANY_TIME = Seconds(0, _LONGEST)
SOME_TIME = Seconds(0, _LONGEST, min_open=True)


class Option(click.Option):
    """One of a section of the help; the range that it checks is told when a value is out of it, not before."""

    def __init__(self, *args: Any, section: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section

    def get_help_extra(self, ctx: click.Context) -> Any:
        extra = super().get_help_extra(ctx)
        extra.pop("range", None)
        return extra


class Sectioned(click.Command):
    """A command whose help shows its options by sections, in the order in which they first come.

    `of_serve`: options of these sections are only named, for `serve --help` tells what they mean.
    """

    of_serve: Sequence[str] = ()

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[click.Option]] = {}
        for one in self.get_params(ctx):
            if isinstance(one, click.Option):
                sections.setdefault(getattr(one, "section", None) or "Options", []).append(one)
        named = [one.opts[0] for section in self.of_serve for one in sections.pop(section, ())]
        for section, options in sections.items():
            if rows := [row for one in options if (row := one.get_help_record(ctx))]:
                with formatter.section(section):
                    formatter.write_dl(rows)
        if named:
            with formatter.section("Taken too, and explained by tiktok-mock serve --help"):
                width = formatter.width - formatter.current_indent
                for line in textwrap.wrap(", ".join(named), width, break_on_hyphens=False):
                    formatter.write_text(line)


def option(name: str, meaning: str, section: str | None = None, **kwargs: Any) -> Callable[[_Command], _Command]:
    """An option that comes from the command line or from the environment, as TIKTOK_MOCK_NAME."""
    variable = "TIKTOK_MOCK_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(name, cls=Option, envvar=variable, help=meaning, section=section, **kwargs)
