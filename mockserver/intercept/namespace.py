"""A room of its own for a command (Linux): user, mount and network namespaces where TikTok's hosts are the mock.

This very process moves in, and what it starts is in there with it. There is only loopback in there: nothing
can leave. What cannot be had is an OSError without a number, whose text is a sentence.
"""

import contextlib
import ctypes
import ipaddress
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from mockserver.intercept.loopback import raise_loopback
from mockserver.intercept.mapping import Mapper
from mockserver.tls.certificate import SYSTEM_BUNDLES
from mockserver.tls.terms import is_tiktok_host

MOCK_ADDRESS: Final = "198.18.0.1"
"""Not loopback, which some clients refuse; of the block for benchmarks (RFC 2544), which is nobody's."""
HOSTS: Final = Path("/etc/hosts")
_SWITCH: Final = Path("/etc/nsswitch.conf")
_CACHES: Final = (Path("/run/nscd/socket"), Path("/var/run/nscd/socket"))
_CERTIFICATES: Final = Path("/etc/ssl/certs")
_CLONE_NEWNS: Final = 0x00020000
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_MS_BIND: Final = 0x1000
_MS_REC: Final = 0x4000
_MS_PRIVATE: Final = 0x40000
_ADVICE: Final = (
    "on Ubuntu: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0; "
    "in a container: --security-opt seccomp=unconfined and apparmor=unconfined; "
    "or use --intercept proxy"
)


class Room:
    """`enter` before there is a second thread, `trust` once there is a CA; `close` removes what was made."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self._hosts = [name for name in hosts if not _is_address(name)]
        self._folder: Path | None = None
        self._files = 0

    def enter(self) -> None:
        if sys.platform != "linux":
            raise OSError(None, "--intercept netns needs Linux: use --intercept proxy")
        with self._or_a_sentence(_not_prepared):
            self._folder = Path(tempfile.mkdtemp(prefix="tiktok-mock-room-"))
        with self._or_a_sentence(_not_allowed):
            mapper = Mapper()
            _check("unshare", _library().unshare(_CLONE_NEWUSER | _CLONE_NEWNS | _CLONE_NEWNET))
            mapper.map_identities()
            _mount(None, Path("/"), _MS_REC | _MS_PRIVATE)
        with self._or_a_sentence(_not_prepared):
            raise_loopback(MOCK_ADDRESS)
            self._names()

    def trust(self, ca: Path) -> None:
        """Put the CA into the system's bundles, as they are seen in here."""
        found = {Path(name).resolve() for name in SYSTEM_BUNDLES if Path(name).is_file()}
        with self._or_a_sentence(_not_prepared):
            if _CERTIFICATES.is_dir():
                self._certificates(ca)
            for bundle in found - set(_CERTIFICATES.glob("*")):
                self._put(bundle, _with(ca, bundle))

    def close(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    @contextlib.contextmanager
    def _or_a_sentence(self, sentence: Callable[[OSError], str]) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.close()
            raise OSError(None, sentence(error)) from error

    def _names(self) -> None:
        known = HOSTS.read_text(errors="replace").splitlines()
        ours = [f"{MOCK_ADDRESS} {name}" for name in self._hosts]
        kept = without_names(known, self._hosts)
        self._put(HOSTS, "\n".join((*ours, *kept, "")).encode())
        if _SWITCH.is_file():  # a resolver of the machine's, reached by a file, would know the real addresses
            text = re.sub(r"(?m)^hosts:.*$", "hosts: files dns", _SWITCH.read_text(errors="replace"))
            self._put(_SWITCH, text.encode())
        for cache in {path.resolve() for path in _CACHES if path.exists()}:
            _bind(Path(os.devnull), cache)

    def _certificates(self, ca: Path) -> None:
        """A copy of the directory in which OpenSSL looks, with the CA under the name it looks for."""
        assert self._folder is not None
        copy = self._folder / "certs"
        shutil.copytree(_CERTIFICATES, copy, symlinks=True, copy_function=_copy_if_readable)
        for name in SYSTEM_BUNDLES:
            bundle = copy / Path(name).name
            if Path(name).parent == _CERTIFICATES and bundle.is_file():
                content = _with(ca, bundle)
                bundle.unlink()  # it may be a link
                bundle.write_bytes(content)
        for named in ca.parent.glob("*.0"):
            shutil.copyfile(named, copy / named.name)
        _bind(copy, _CERTIFICATES)

    def _put(self, path: Path, content: bytes) -> None:
        """Something else in the place of a file, as it is seen in here."""
        assert self._folder is not None
        self._files += 1
        instead = self._folder / f"{self._files}-{path.name}"
        instead.write_bytes(content)
        instead.chmod(0o644)
        _bind(instead, path.resolve())


def _not_allowed(error: OSError) -> str:
    told = f"{error.strerror}{f' ({error.filename})' if error.filename else ''}"
    return f"--intercept netns needs namespaces, which are not allowed here: {told}; {_ADVICE}"


def _not_prepared(error: OSError) -> str:
    path, why = error.filename, error.strerror or str(error)
    if isinstance(error, shutil.Error):  # of a tree: (from, to, why) of each file
        path, _, why = error.args[0][0]
    return f"--intercept netns cannot prepare {path or 'its room'}: {why}"


def _copy_if_readable(source: str, target: str) -> None:
    with contextlib.suppress(PermissionError):
        if Path(source).is_file():
            shutil.copyfile(source, target)


def _with(ca: Path, bundle: Path) -> bytes:
    return bundle.read_bytes().rstrip() + b"\n" + ca.read_bytes()


def without_names(lines: Sequence[str], hosts: Sequence[str]) -> list[str]:
    """Lines of a hosts file without `hosts` and TikTok's names; one that names nobody else is gone."""
    ours = {host.lower() for host in hosts}
    kept = []
    for line in lines:
        entry, mark, comment = line.partition("#")
        address, *names = entry.split() or [""]
        others = [name for name in names if name.lower() not in ours and not is_tiktok_host(name)]
        if len(others) == len(names):
            kept.append(line)
        elif others:
            kept.append(" ".join((address, *others)) + (f" {mark}{comment}" if mark else ""))
    return kept


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _bind(source: Path, target: Path) -> None:
    _mount(os.fsencode(source), target, _MS_BIND)


def _mount(source: bytes | None, target: Path, flags: int) -> None:
    result = _library().mount(source, os.fsencode(target), None, ctypes.c_ulong(flags), None)
    _check(str(target) if source else "mount", result)


def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(name: str, result: int) -> None:
    """What a function of the C library answered that sets errno."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)
