"""The options of `serve` as click knows them; each can come from the environment as TIKTOK_MOCK_NAME too."""

import difflib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from mockserver.config import Config
from mockserver.protocol.rules import PROFILES, SMALLEST_MB, RuleError, UploadRules

_Command = TypeVar("_Command", bound=Callable[..., Any])
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


class _PublicUrl(click.ParamType[str]):
    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from yarl import URL  # noqa: PLC0415 - --help does without

        try:
            url = URL(str(value))
            good = url.scheme in ("http", "https") and bool(url.host) and url.path in ("", "/")
        except ValueError:
            good = False
        if not good or len(str(value)) > 120 or "?" in str(value) or "#" in str(value):
            wanted = "wanted scheme and host, as in https://open-upload.tiktokapis.com"
            self.fail(f"{wanted}; got {value!r}", param, ctx)
        return str(value).rstrip("/")


def _digests() -> Sequence[str]:
    from mockserver.bodies import digest_algorithms  # noqa: PLC0415 - --help does without

    return digest_algorithms()


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
    _option("--token", "Bearer token to accept; repeatable. None: any.", multiple=True, metavar="TOKEN"),
    _option(
        "--digest",
        "Of each chunk: xxh3_128, one of hashlib's, or none.",
        type=_Named("digest", _digests),
        default="xxh3_128",
        show_default=True,
        metavar="NAME",
    ),
    _option(
        "--max-uploads",
        "The newest N uploads are remembered.",
        type=click.IntRange(1),
        default=100_000,
        show_default=True,
        metavar="N",
    ),
    _option("--public-url", "Scheme and host in upload_url.", type=_PublicUrl(), metavar="URL"),
    _option("--control-token", "Demanded by /_mock/; compulsory beyond loopback.", metavar="TOKEN"),
    _option("--allow-host", "Further Host names for /_mock/; repeatable.", multiple=True, metavar="NAME"),
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
    **same: Any,
) -> Config:
    """The Config that these options ask for. Raises click.UsageError where they do not fit together."""
    rules = PROFILES[profile]
    if mb is not None:
        rules = rules.with_mb(mb)
    for name, value in rule:
        rules = rules.with_rule(name, value)
    if any(not one.strip() for one in token):
        raise click.UsageError("--token must not be empty; leave it out to accept any token")
    if not _is_loopback(same["host"]) and not same["control_token"]:
        raise click.UsageError(
            f"--host {same['host']} is reachable beyond this machine: give --control-token TOKEN too, "
            "so that not everybody can steer this server"
        )
    return Config(
        profile=profile, rules=rules, tokens=token, allow_hosts=allow_host, explain=not no_explain, **same
    )


def _is_loopback(host: str) -> bool:
    import ipaddress  # noqa: PLC0415 - --help does without

    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
