"""What of HTTPS was asked for, and the names that belong to TikTok."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

DOMAIN: Final = "tiktokapis.com"
API_HOST: Final = f"open.{DOMAIN}"
UPLOAD_HOST: Final = f"open-upload.{DOMAIN}"
REGIONAL_HOSTS: Final = (
    f"open-upload-va.{DOMAIN}",
    f"open-upload-sg.{DOMAIN}",
    f"open-upload-i18n.{DOMAIN}",
    f"open-upload.us.{DOMAIN}",
    f"upload.us.{DOMAIN}",
)
TIKTOK_HOSTS: Final = (API_HOST, UPLOAD_HOST, *REGIONAL_HOSTS)
"""Hosts of the API and of every upload_url that was seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsTerms:
    """How HTTPS is served: by a certificate of ours (signed by a CA that `ca_dir` keeps), or by the user's own.

    Where `apart` (host, port) is given, HTTPS is served there and plain HTTP where it would be without.
    """

    names: Sequence[str] = field(default=())
    ca_dir: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    apart: tuple[str, int] | None = None

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names that interception takes to the mock."""
        return tuple(dict.fromkeys((*TIKTOK_HOSTS, *self.names)))


def is_tiktok_host(name: str) -> bool:
    """Whether a host name is TikTok's, whichever region it names."""
    return name.lower().rstrip(".").endswith(f".{DOMAIN}")
