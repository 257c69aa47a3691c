"""The CA of a run, or the one that a directory keeps."""

import contextlib
import importlib.util
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mockserver.tls.authority import Authority

CERTIFICATE: Final = "ca.pem"
KEY: Final = "ca-key.pem"


def kept_authority(directory: Path | None, names: Sequence[str]) -> "Authority":
    """The CA in `directory`, made where there is none (limited to TikTok's hosts, this machine and `names`).

    Without a directory a new one. Raises OSError with a sentence where it cannot be had, or may not sign for them.
    """
    if importlib.util.find_spec("cryptography") is None:
        raise OSError(
            None,
            "a certificate of the mock's own needs the package cryptography: "
            "pip install 'tiktok-upload-mock[tls]', or give your own with --cert and --key",
        )
    from mockserver.tls.authority import make_authority  # noqa: PLC0415 - cryptography is an extra

    if directory is None:
        return make_authority(names)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with _locked(directory):
            # A CA that was left half-made has a key and no certificate: it is made anew.
            whole = (directory / KEY).exists() and (directory / CERTIFICATE).exists()
            return _load(directory, names) if whole else _make(directory, names)
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(None, f"--ca-dir {directory} cannot be used: {error.strerror} ({error.filename})") from error


def _make(directory: Path, names: Sequence[str]) -> "Authority":
    from mockserver.tls.authority import AUTHORITY_DAYS, make_authority  # noqa: PLC0415 - cryptography is an extra

    certificate, key = directory / CERTIFICATE, directory / KEY
    if certificate.exists():
        raise OSError(
            None, f"--ca-dir {directory} has a {CERTIFICATE} without {KEY}: give an empty directory, or remove it"
        )
    authority = make_authority(names, AUTHORITY_DAYS)
    beside = directory / f"{KEY}.part"
    beside.unlink(missing_ok=True)
    write_secret(beside, authority.key_pem)
    shown = directory / f"{CERTIFICATE}.part"
    shown.write_bytes(authority.pem)
    beside.replace(key)
    shown.replace(certificate)
    return authority


def _load(directory: Path, names: Sequence[str]) -> "Authority":
    from mockserver.tls.authority import load_authority  # noqa: PLC0415 - cryptography is an extra

    key, certificate = directory / KEY, directory / CERTIFICATE
    mode = stat.S_IMODE(key.stat().st_mode)
    if mode & 0o077:
        raise OSError(None, f"the CA's key {key} can be read by others (mode {mode:04o}): chmod 600 it")
    try:
        authority = load_authority(certificate.read_bytes(), key.read_bytes())
    except ValueError as error:
        raise OSError(
            None, f"what is in --ca-dir {directory} is no CA of ours: {error}; give an empty directory"
        ) from error
    if authority.expired:
        raise OSError(None, f"the CA in --ca-dir {directory} has expired: remove {key}, and a new one is made")
    try:
        authority.check(names)
    except ValueError as error:
        raise OSError(
            None, f"the CA in {directory} does not do: {error}; give another --ca-dir, or remove it"
        ) from error
    return authority


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """One process at a time: two servers that start together share one CA."""
    try:
        import fcntl  # noqa: PLC0415 - where there is none, nobody starts two at once
    except ImportError:
        yield
        return
    handle = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write_secret(path: Path, content: bytes) -> None:
    """A new file that only its owner may read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content)
