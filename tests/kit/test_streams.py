"""Servers that tests run beside the one under test leave nothing behind that could strike another test."""

import gc
import socket
import sys
import warnings

import pytest

from support.aliens import alien, hangs
from support.perturbing import PerturbingProxy

ROUNDS = 5


def rush(url: str, sent: bytes) -> list[socket.socket]:
    """Connections that are made just before their server ends."""
    port = int(url.rpartition(":")[2])
    made = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
    for one in made:
        one.sendall(sent)
    return made


@pytest.mark.parametrize("sent", [b"", b"GET", b"GET / HTTP/1.1\r\n\r\n"], ids=["nothing", "a-part", "a-head"])
def test_a_connection_that_has_just_been_made_is_closed(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[str] = []
    gc.collect()
    monkeypatch.setattr(sys, "unraisablehook", lambda what: left.append(str(what.exc_value)))
    with socket.create_server(("127.0.0.1", 0), backlog=64) as upstream, warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        for _ in range(ROUNDS):
            clients = []
            with PerturbingProxy(f"http://127.0.0.1:{upstream.getsockname()[1]}", lambda one: one) as proxy:
                clients += rush(proxy.url, sent)
            with alien(hangs) as url:
                clients += rush(url, sent)
            for client in clients:
                client.close()
        gc.collect()
    assert left == []
