"""The loopback interface of a new network namespace: up, and with one more address."""

import socket
import struct
from typing import Final

_GET_FLAGS: Final = 0x8913
_SET_FLAGS: Final = 0x8914
_SET_ADDRESS: Final = 0x8916
_SET_MASK: Final = 0x891C
_UP: Final = 1


def raise_loopback(address: str) -> None:
    """Bring `lo` up and put an IPv4 address on it. Raises OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        flags = struct.unpack_from("16xh", _ask(asking, _GET_FLAGS, b"lo", b""))[0]
        _ask(asking, _SET_FLAGS, b"lo", struct.pack("h", flags | _UP))
        _ask(asking, _SET_ADDRESS, b"lo:1", _address(address))
        _ask(asking, _SET_MASK, b"lo:1", _address("255.255.255.255"))


def _ask(asking: socket.socket, request: int, name: bytes, value: bytes) -> bytes:
    import fcntl  # noqa: PLC0415 - not everywhere

    return fcntl.ioctl(asking, request, struct.pack("16s24s", name, value))


def _address(address: str) -> bytes:
    return struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))
