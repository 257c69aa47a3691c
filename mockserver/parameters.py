"""What the options of the commands take: words, tokens, names, files, seconds; each says what would do."""

import difflib
import re
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


def option(name: str, meaning: str, **kwargs: Any) -> Callable[[_Command], _Command]:
    variable = "TIKTOK_MOCK_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(name, envvar=variable, help=meaning, **kwargs)
