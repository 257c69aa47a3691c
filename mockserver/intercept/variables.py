"""Environment variables by which a command finds the server, its proxy and its CA."""

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from mockserver.tls.certificate import Trust

TRUST_VARIABLES: Final = (
    "SSL_CERT_FILE",  # OpenSSL and what follows it: Python's ssl (aiohttp, httpx), Ruby, Go, Rust, .NET
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HTTPLIB2_CA_CERTS",
    "NODE_EXTRA_CA_CERTS",
    "DENO_CERT",
)
"""Each names one PEM file."""
PROXY_VARIABLES: Final = ("HTTPS_PROXY", "https_proxy")
EXCEPTIONS: Final = ("NO_PROXY", "no_proxy")
OTHER_PROXIES: Final = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
CLEARED: Final = (*EXCEPTIONS, *OTHER_PROXIES)
"""Exceptions from the proxy, and proxies that would take TikTok's hosts, or the mock's own URL, elsewhere."""
_JAVA: Final = "JAVA_TOOL_OPTIONS"
_PHP: Final = "PHP_INI_SCAN_DIR"


@dataclass(frozen=True, slots=True)
class Variables:
    """Changes to an environment: what is set, removed, and added to the end of what is there."""

    put: Mapping[str, str] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    java: tuple[str, ...] = ()
    """Options for every JVM."""
    php: str | None = None
    """A directory with a php.ini of ours."""
    direct: tuple[str, ...] = ()
    """Hosts for which none of the environment's proxies is to be asked."""

    def applied_to(self, environment: Mapping[str, str]) -> dict[str, str]:
        changed = {name: value for name, value in environment.items() if name not in self.removed}
        changed |= self.put
        if self.java:
            changed[_JAVA] = " ".join(filter(None, (changed.get(_JAVA), *self.java)))
        if self.php is not None:
            # An empty entry is the directory that PHP was built with.
            changed[_PHP] = f"{changed.get(_PHP, '')}:{self.php}"
        return changed | past_proxies(changed, self.direct)


def past_proxies(environment: Mapping[str, str], hosts: Sequence[str]) -> dict[str, str]:
    """What keeps the environment's proxies, if there are any, from being asked for these hosts."""
    if not hosts or not any(environment.get(name) for name in (*PROXY_VARIABLES, *OTHER_PROXIES)):
        return {}
    # Whoever reads one of the two names does not look at the other, though it is empty.
    listed = {name: environment.get(name, "").strip() for name in EXCEPTIONS}
    either = next(filter(None, listed.values()), "")
    wanted = {name: there or either for name, there in listed.items()}
    return {
        name: there if there == "*" else ",".join(filter(None, (there, *hosts))) for name, there in wanted.items()
    }


def own_hosts(url: str) -> tuple[str, ...]:
    """Under which names this machine is asked for a server at `url`."""
    return tuple(dict.fromkeys(("127.0.0.1", "localhost", "::1", urlsplit(url).hostname or "localhost")))


def server_variables(
    url: str, token: str, control_token: str | None = None, mb: int | None = None
) -> dict[str, str]:
    """Where the server is, for those who ask; `mb` where it is not the profile's own."""
    given = {
        "TIKTOK_MOCK_URL": url,
        "TIKTOK_API_BASE": url,
        "TIKTOK_ACCESS_TOKEN": token,
        "TIKTOK_MOCK_CONTROL_TOKEN": control_token,
        "TIKTOK_MB": None if mb is None else str(mb),
    }
    return {name: value for name, value in given.items() if value is not None}


def trust_variables(bundle: str) -> dict[str, str]:
    """Every stack's variable that names its CAs."""
    return dict.fromkeys(TRUST_VARIABLES, bundle)


def intercepted(
    trust: Trust,
    *,
    put: Mapping[str, str] = MappingProxyType({}),
    java: Sequence[str] = (),
    removed: Sequence[str],
) -> Variables:
    """For a command whose TLS connections all end at the mock: it trusts our CA, and no other."""
    return Variables(
        put={**trust_variables(str(trust.ca)), **put},
        removed=tuple(removed),
        java=(*_java_trust(trust), *java),
        php=str(trust.php),
    )


def _java_trust(trust: Trust) -> tuple[str, ...]:
    if trust.java is None:
        return ()
    # JAVA_TOOL_OPTIONS is split at blanks; quotes hold them together.
    store = f'-Djavax.net.ssl.trustStore="{trust.java}"'
    return (store, "-Djavax.net.ssl.trustStoreType=PKCS12", "-Djavax.net.ssl.trustStorePassword=changeit")


def proxy_variables(url: str) -> dict[str, str]:
    """`url` is where a CONNECT proxy listens."""
    # Node 22.21 and 24 on: fetch follows the proxy variables when it is told to.
    return {**dict.fromkeys(PROXY_VARIABLES, url), "NODE_USE_ENV_PROXY": "1"}


def exports(ready_file: Path) -> str:
    """Shell commands that export what a running server's ready file tells. Raises OSError with a sentence."""
    try:
        facts = json.loads(ready_file.read_text())
        variables = server_variables(facts["url"], facts["access_token"], mb=facts.get("mb"))
        variables |= past_proxies(os.environ, own_hosts(facts["url"]))
        if "ca_bundle" in facts:
            variables |= trust_variables(facts["ca_bundle"])
        return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())
    except OSError as error:
        sentence = f"no server is ready at {ready_file} ({error.strerror}): start one with serve --ready-file PATH"
        raise OSError(None, sentence) from error
    except (ValueError, TypeError, KeyError) as error:
        raise OSError(None, f"{ready_file} is not what serve --ready-file writes; name that file") from error
