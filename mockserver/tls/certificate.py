"""A server's certificate while it runs: the TLS context, and the files with which clients come to trust it.

What goes wrong is an OSError without a number, whose text is the sentence for the user.
"""

import shutil
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mockserver.tls.kept import kept_authority, write_secret
from mockserver.tls.terms import TlsTerms

SYSTEM_BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Alpine, Arch
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # macOS, BSD
)
"""Where systems keep the CAs that they trust, in one PEM file."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Files for clients: `ca` is what they have to trust, `bundle` that and what the system trusts, both PEM.

    `java` is a PKCS 12 store with `ca` (None where the certificate is the user's own), `php` a directory with an
    ini file that names `ca`.
    """

    ca: Path
    bundle: Path
    java: Path | None
    php: Path

    def files(self) -> dict[str, Path]:
        """By the names that the ready file has for them."""
        files = {"ca": self.ca, "ca_bundle": self.bundle}
        return files | {"java_trust_store": self.java} if self.java is not None else files


class Certificate:
    """An open certificate. `close` removes what was made for it."""

    def __init__(self, context: ssl.SSLContext, trust: Trust, folder: Path) -> None:
        self.context = context
        self.trust = trust
        self._folder = folder

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def open_certificate(terms: TlsTerms) -> Certificate:
    """The certificate that `terms` ask for. Raises OSError where there can be none."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="tiktok-mock-tls-"))
        try:
            return _opened(terms, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(
            None, f"no temporary directory can be used for the certificate: {error.strerror}; set TMPDIR"
        ) from error


def _opened(terms: TlsTerms, folder: Path) -> Certificate:
    if terms.certificate is None or terms.key is None:
        return _made(terms, folder)
    context = _context(terms.certificate, terms.key)
    bundle = _bundle(folder, terms.certificate)
    return Certificate(
        context, Trust(terms.certificate.resolve(), bundle, None, _php(folder, terms.certificate)), folder
    )


def _made(terms: TlsTerms, folder: Path) -> Certificate:
    authority = kept_authority(terms.ca_dir, terms.names)
    key, certificate = authority.sign(terms.names)
    chain, secret, ca, java = (folder / name for name in ("chain.pem", "key.pem", "ca.pem", "trust.p12"))
    chain.write_bytes(certificate)
    write_secret(secret, key)
    context = _context(chain, secret)
    secret.unlink()  # it is in the context now
    ca.write_bytes(authority.pem)
    java.write_bytes(authority.trust_store())
    (folder / f"{authority.openssl_hash}.0").write_bytes(authority.pem)
    return Certificate(context, Trust(ca, _bundle(folder, ca), java, _php(folder, ca)), folder)


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    for path in (certificate, key):
        try:
            path.open("rb").close()
        except OSError as error:
            raise OSError(None, f"{path} cannot be read: {error.strerror}") from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        raise OSError(
            None,
            f"--cert {certificate} and --key {key} are no certificate with its key: "
            f"wanted PEM files that belong together, the key without a password ({_words(error)})",
        ) from error
    return context


def _no_password() -> str:
    raise ValueError("the key has a password")


def _words(error: Exception) -> str:
    reason = error.reason if isinstance(error, ssl.SSLError) else str(error)
    return (reason or "no PEM").replace("_", " ").lower()


def _php(folder: Path, ca: Path) -> Path:
    directory = folder / "php"
    directory.mkdir()
    (directory / "tiktok-mock.ini").write_text(f'curl.cainfo="{ca.resolve()}"\nopenssl.cafile="{ca.resolve()}"\n')
    return directory


def _bundle(folder: Path, ca: Path) -> Path:
    system = next((path for name in SYSTEM_BUNDLES if (path := Path(name)).is_file()), None)
    bundle = folder / "bundle.pem"
    bundle.write_bytes(ca.read_bytes().rstrip() + b"\n" + (system.read_bytes() if system else b""))
    return bundle
