"""The kit's own connections: what a target does to them is its answer, never an error of the kit."""

import socket
import struct

from conformance.exchange import Exchange
from conformance.wire import Address, connected


async def test_half_closing_what_the_target_has_reset() -> None:
    with socket.create_server(("127.0.0.1", 0)) as target:
        tape = Exchange(0.0)
        url = f"http://127.0.0.1:{target.getsockname()[1]}/"
        async with connected(Address.of(url), tape, 10) as wire:
            peer, _ = target.accept()
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()
            wire.half_close()
            await wire.send(b"nobody reads this")
            answer = await wire.answer()
    assert answer.status == 0
    assert not answer.timed_out
    assert "reset" in answer.trouble or "closed" in answer.trouble
