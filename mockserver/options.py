"""The options of `serve` and `exec` as click knows them; each also comes from TIKTOK_MOCK_NAME."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from mockserver.config import Config
from mockserver.faults.kinds import Fault
from mockserver.parameters import (
    ANY_TIME,
    SOME_TIME,
    Directory,
    FaultFile,
    HostName,
    Named,
    PublicUrl,
    ReadyPath,
    Rule,
    Seconds,
    Secret,
    option,
)
from mockserver.protocol.rules import PROFILES, SMALLEST_MB
from mockserver.tls.terms import TlsTerms

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _digests() -> Sequence[str]:
    from mockserver.bodies import digest_algorithms  # noqa: PLC0415 - --help does without

    return digest_algorithms()


def _scenarios() -> Sequence[str]:
    from mockserver.faults.scenarios import scenario_names  # noqa: PLC0415 - --help does without

    return scenario_names()


RULES, FAULTS, KEPT, HTTPS, CONTROL, OUTPUT = SECTIONS = (
    "The server and its rules",
    "Faults",
    "What is kept",
    "HTTPS and names",
    "The control surface",
    "Output",
)


def _seconds(name: str, meaning: str, valid: Seconds, default: int) -> Callable[[_Command], _Command]:
    return option(name, meaning, RULES, type=valid, default=default, show_default=True, metavar="SECONDS")


_CA_OPTIONS = (
    option("--ca-dir", "Keep the CA there; else each run has its own.", HTTPS, type=Directory(), metavar="DIR"),
    option(
        "--tls-name", "Further name for it; repeatable.", HTTPS, type=HostName(), multiple=True, metavar="NAME"
    ),
)
_OPTIONS = (
    option(
        "--host", "127.0.0.1 (default); localhost: both loopbacks.", RULES, default="127.0.0.1", metavar="HOST"
    ),
    option(
        "--profile",
        "documented (default), observed or strict.",
        RULES,
        type=Named("profile", lambda: list(PROFILES)),
        default="documented",
        metavar="NAME",
    ),
    option("--rule", "One switch changed; repeatable.", RULES, type=Rule(), multiple=True, metavar="NAME=VALUE"),
    option(
        "--mb",
        "What MB means; 1000 makes chunks of kilobytes.",
        RULES,
        type=click.IntRange(SMALLEST_MB, 2**40),
        metavar="BYTES",
    ),
    _seconds("--url-lifetime", "How long an upload_url is valid.", SOME_TIME, 3600),
    _seconds("--publish-delay", "How long an upload is processed.", ANY_TIME, 0),
    _seconds("--body-timeout", "Silence that ends a body with 400.", SOME_TIME, 30),
    option(
        "--token",
        "Accept this bearer token; repeatable; else any.",
        RULES,
        type=Secret(),
        multiple=True,
        metavar="TOKEN",
    ),
    option(
        "--faults",
        "Waiting from the start; JSON or TOML; repeatable.",
        FAULTS,
        type=FaultFile(),
        multiple=True,
        metavar="FILE",
    ),
    option(
        "--scenario",
        "As tiktok-mock scenarios lists; repeatable.",
        FAULTS,
        type=Named("scenario", _scenarios),
        multiple=True,
        metavar="NAME",
    ),
    option(
        "--digest",
        "Of chunks: hashlib's, or none.",
        KEPT,
        type=Named("digest", _digests),
        default="xxh3_128",
        show_default=True,
        metavar="NAME",
    ),
    option("--keep", "Also the file of each completed upload.", KEPT, type=Directory(), metavar="DIR"),
    option(
        "--max-uploads",
        "The newest N are remembered.",
        KEPT,
        type=click.IntRange(1),
        default=100_000,
        show_default=True,
        metavar="N",
    ),
    option("--tls", "Serve HTTPS, by a certificate for TikTok's hosts.", HTTPS, is_flag=True),
    *_CA_OPTIONS,
    option("--cert", "A certificate (chain) of yours, with --key.", HTTPS, type=Directory(), metavar="FILE"),
    option("--key", "Its private key.", HTTPS, type=Directory(), metavar="FILE"),
    option("--public-url", "Scheme and host of upload_url.", HTTPS, type=PublicUrl(), metavar="URL"),
    option("--upload-host", "Host of upload_url, with HTTPS.", HTTPS, type=HostName(), metavar="HOST"),
    option(
        "--control-token", "Asked by /_mock/; needed beyond loopback.", CONTROL, type=Secret(), metavar="TOKEN"
    ),
    option(
        "--allow-host",
        "Further Host name for /_mock/; repeatable.",
        CONTROL,
        type=HostName(),
        multiple=True,
        metavar="NAME",
    ),
)
_EXPLAIN = option("--no-explain", "Leave our own headers out of answers.", OUTPUT, is_flag=True)
_LOG_OPTIONS = (
    option(
        "--log-format",
        "A line per request on stderr.",
        OUTPUT,
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
    ),
    option("--quiet", "No request log.", OUTPUT, is_flag=True),
    option(
        "--ready-file",
        "JSON, written once the port is open.",
        OUTPUT,
        type=ReadyPath(dir_okay=False, path_type=Path),
        metavar="PATH",
    ),
)


def server_options(command: _Command) -> _Command:
    """Add the options that say what server to run, as `serve` has them; `config_of` reads them."""
    return _add(command, _port(8080), *_OPTIONS, _EXPLAIN)


def exec_options(command: _Command) -> _Command:
    """The same as `exec` has them: on a free port."""
    return _add(command, _port(0), *_OPTIONS, _EXPLAIN)


def log_options(command: _Command) -> _Command:
    """Add those of a server that is a process: `log_format`, `quiet`, `ready_file`."""
    return _add(command, *_LOG_OPTIONS)


def ca_options(command: _Command) -> _Command:
    """Add those of the CA alone: `ca_dir`, `tls_name`."""
    return _add(command, *_CA_OPTIONS)


def _port(default: int) -> Callable[[_Command], _Command]:
    valid = click.IntRange(0, 65535)
    return option(
        "--port", "0 takes a free one.", RULES, type=valid, default=default, show_default=True, metavar="PORT"
    )


def _add(command: _Command, *options: Callable[[_Command], _Command]) -> _Command:
    for added in reversed(options):
        command = added(command)
    return command


def config_of(
    *,
    profile: str,
    rule: Sequence[tuple[str, str]],
    mb: int | None,
    token: Sequence[str],
    allow_host: Sequence[str],
    no_explain: bool,
    faults: Sequence[Sequence[Fault]],
    scenario: Sequence[str],
    tls: bool,
    cert: Path | None,
    key: Path | None,
    ca_dir: Path | None,
    tls_name: Sequence[str],
    upload_host: str | None,
    public_url: str | None,
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
    if upload_host is not None and public_url is not None:
        raise click.UsageError(
            "--public-url and --upload-host both say what upload_url begins with: give one of them"
        )
    names = tuple(dict.fromkeys(name.lower() for name in (*tls_name, *filter(None, [upload_host]))))
    return Config(
        profile=profile,
        rules=rules,
        tokens=token,
        allow_hosts=allow_host,
        explain=not no_explain,
        faults=_faults(faults, scenario),
        tls=_tls_terms(names, ca_dir, cert, key, tls=tls),
        public_url=f"https://{upload_host}" if upload_host else public_url,
        **same,
    )


def _tls_terms(
    names: Sequence[str], ca_dir: Path | None, cert: Path | None, key: Path | None, *, tls: bool
) -> TlsTerms | None:
    if (cert is None) is not (key is None):
        missing, given = ("--key", "--cert") if key is None else ("--cert", "--key")
        raise click.UsageError(f"{given} came without {missing}: a certificate is served with its private key")
    if cert is not None and ca_dir is not None and _is_typed("ca_dir"):  # in the environment it is also for `ca`
        raise click.UsageError("--cert and --ca-dir both say whose certificate is served: give one of them")
    if tls:
        return TlsTerms(names=names, ca_dir=ca_dir, certificate=cert, key=key)
    if cert is not None or names:
        raise click.UsageError("--cert, --key, --tls-name and --upload-host are of HTTPS: give --tls too")
    return None


def _is_typed(name: str) -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and context.get_parameter_source(name) is ParameterSource.COMMANDLINE


def _faults(of_files: Sequence[Sequence[Fault]], scenarios: Sequence[str]) -> Sequence[Fault]:
    """Those of the files first."""
    from mockserver.faults.plan import MOST_FAULTS  # noqa: PLC0415 - --help does without
    from mockserver.faults.scenarios import load_scenario  # noqa: PLC0415 - --help does without

    faults = [fault for one in (*of_files, *(load_scenario(name).faults for name in scenarios)) for fault in one]
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
