"""The options of `serve` as click knows them; each can come from the environment as TIKTOK_MOCK_NAME too."""

import difflib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from mockserver.config import Config
from mockserver.faults.kinds import Fault
from mockserver.protocol.rules import PROFILES, SMALLEST_MB, RuleError, UploadRules

_Command = TypeVar("_Command", bound=Callable[..., Any])
_NAME = re.compile(r"[A-Za-z0-9._-]{1,253}")
_LONGEST = 365 * 86400.0


def nearest(word: str, known: Sequence[str]) -> str:
    """`word` is not known: the sentence's end that names what is, nearest first."""
    close = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else f"known are {', '.join(known)}"


class _Named(click.ParamType[str]):
    """A word out of a list that is made when it is needed."""

    def __init__(self, name: str, known: Callable[[], Sequence[str]]) -> None:
        self.name = name
        self._known = known

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        known = self._known()
        if value not in known:
            self.fail(f"no {self.name} is called {value!r}: {nearest(str(value), known)}", param, ctx)
        return str(value)


class _Rule(click.ParamType[tuple[str, str]]):
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


class _Secret(click.ParamType[str]):
    """A token as a header can carry it and our reading of the header returns it."""

    name = "token"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value or not str(value).isprintable() or any(character.isspace() for character in str(value)):
            self.fail(f"wanted one word of printable characters, got {value!r}", param, ctx)
        return str(value)


class _HostName(click.ParamType[str]):
    name = "host name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not _NAME.fullmatch(str(value)):
            self.fail(f"wanted a host name without scheme or port, got {value!r}", param, ctx)
        return str(value)


class _FaultFile(click.ParamType[Sequence[Fault]]):
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


class _Directory(click.ParamType[Path]):
    """A directory; whether it can be made and written is seen when the server starts."""

    name = "directory"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        if not str(value) or "\0" in str(value):
            self.fail(f"wanted a directory, got {value!r}", param, ctx)
        return Path(value)


class _PublicUrl(click.ParamType[str]):
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


def _digests() -> Sequence[str]:
    from mockserver.bodies import digest_algorithms  # noqa: PLC0415 - --help does without

    return digest_algorithms()


def _scenarios() -> Sequence[str]:
    from mockserver.faults.scenarios import scenario_names  # noqa: PLC0415 - --help does without

    return scenario_names()


class _Seconds(click.FloatRange):
    """Seconds up to a year; not a number is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds = super().convert(value, param, ctx)
        if seconds != seconds:  # noqa: PLR0124 - only not-a-number differs from itself
            self.fail(f"wanted a number of seconds, got {value!r}", param, ctx)
        return float(seconds)


_ANY_TIME = _Seconds(0, _LONGEST)
_SOME_TIME = _Seconds(0, _LONGEST, min_open=True)


def _option(name: str, meaning: str, **kwargs: Any) -> Callable[[_Command], _Command]:
    variable = "TIKTOK_MOCK_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(name, envvar=variable, help=meaning, **kwargs)


_OPTIONS = (
    _option("--host", "Where to listen; localhost: on both loopbacks.", default="127.0.0.1", show_default=True),
    _option("--port", "0 takes a free one.", type=click.IntRange(0, 65535), default=8080, show_default=True),
    _option(
        "--profile",
        "Reading of the rules: documented, observed or strict.",
        type=_Named("profile", lambda: list(PROFILES)),
        default="documented",
        show_default=True,
        metavar="NAME",
    ),
    _option("--rule", "One switch changed; repeatable.", type=_Rule(), multiple=True, metavar="NAME=VALUE"),
    _option(
        "--mb",
        "What 5, 64 and 128 MB count in; 1000 makes a 5 kB minimum chunk.",
        type=click.IntRange(SMALLEST_MB, 2**40),
        metavar="BYTES",
    ),
    _option("--url-lifetime", "An upload_url's validity.", type=_SOME_TIME, default=3600, metavar="SECONDS"),
    _option(
        "--publish-delay", "How long a finished upload is processed.", type=_ANY_TIME, default=0, metavar="SECONDS"
    ),
    _option(
        "--body-timeout", "Silence that ends a body with 400.", type=_SOME_TIME, default=30, metavar="SECONDS"
    ),
    _option(
        "--token", "Bearer token to accept; repeatable. None: any.", type=_Secret(), multiple=True, metavar="TOKEN"
    ),
    _option(
        "--digest",
        "Of each chunk: xxh3_128, one of hashlib's, or none.",
        type=_Named("digest", _digests),
        default="xxh3_128",
        show_default=True,
        metavar="NAME",
    ),
    _option("--keep", "Also keep each completed upload as a file there.", type=_Directory(), metavar="DIR"),
    _option(
        "--max-uploads",
        "The newest N uploads are remembered.",
        type=click.IntRange(1),
        default=100_000,
        show_default=True,
        metavar="N",
    ),
    _option("--faults", "Faults that wait from the start, JSON or TOML.", type=_FaultFile(), metavar="FILE"),
    _option(
        "--scenario",
        "A fault list that comes with the package (see tiktok-mock scenarios).",
        type=_Named("scenario", _scenarios),
        metavar="NAME",
    ),
    _option("--public-url", "Scheme and host in upload_url.", type=_PublicUrl(), metavar="URL"),
    _option(
        "--control-token", "Demanded by /_mock/; compulsory beyond loopback.", type=_Secret(), metavar="TOKEN"
    ),
    _option(
        "--allow-host",
        "Further Host names for /_mock/; repeatable.",
        type=_HostName(),
        multiple=True,
        metavar="NAME",
    ),
    _option("--no-explain", "Leave the X-Mock headers out of answers.", is_flag=True),
)


def server_options(command: _Command) -> _Command:
    """Add the options that say what server to run; `config_of` reads them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def config_of(
    *,
    profile: str,
    rule: Sequence[tuple[str, str]],
    mb: int | None,
    token: Sequence[str],
    allow_host: Sequence[str],
    no_explain: bool,
    faults: Sequence[Fault] | None,
    scenario: str | None,
    **same: Any,
) -> Config:
    """The Config that these options ask for. Raises click.UsageError where they do not fit together."""
    rules = PROFILES[profile]
    if mb is not None:
        rules = rules.with_mb(mb)
    for name, value in rule:
        rules = rules.with_rule(name, value)
    same["host"] = same["host"].strip().removeprefix("[").removesuffix("]")
    if not _is_loopback(same["host"]) and not same["control_token"]:
        raise click.UsageError(
            f"--host {same['host']} is not known to be loopback: give --control-token TOKEN too, "
            "so that not everybody who reaches it can steer this server"
        )
    return Config(
        profile=profile,
        rules=rules,
        tokens=token,
        allow_hosts=allow_host,
        explain=not no_explain,
        faults=_faults(faults or (), scenario),
        **same,
    )


def _faults(of_file: Sequence[Fault], scenario: str | None) -> Sequence[Fault]:
    """Those of the file first."""
    from mockserver.faults.plan import MOST_FAULTS  # noqa: PLC0415 - --help does without
    from mockserver.faults.scenarios import load_scenario  # noqa: PLC0415 - --help does without

    faults = [*of_file, *(load_scenario(scenario).faults if scenario else ())]
    if len(faults) > MOST_FAULTS:
        raise click.UsageError(f"--faults and --scenario may have {MOST_FAULTS} faults, got {len(faults)}")
    return faults


def _is_loopback(host: str) -> bool:
    import ipaddress  # noqa: PLC0415 - --help does without

    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
