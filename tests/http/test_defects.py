"""A defect of the server is answered in our shape, and one in the answer to it too."""

import json
import logging

import pytest

from support.peer import Peer
from support.servers import ThreadServer


class Defective:
    """Identifiers of which none can be had."""

    def log_id(self, now: float) -> str:
        raise RuntimeError(f"no log_id at {now}")


def test_an_error_in_the_answer_to_an_error(server: ThreadServer, caplog: pytest.LogCaptureFixture) -> None:
    # An unknown path asks for a log_id, and so does the 500 that is answered where there is none.
    server.service.identifiers = Defective()
    with caplog.at_level(logging.ERROR), Peer(server.port) as peer:
        peer.send(b"POST /v2/none/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        answer = peer.answer()
        assert answer.status == 500
        assert answer.headers["Content-Type"].startswith("application/json")
        assert answer.headers["Connection"] == "close"
        told = json.loads(answer.body)["error"]
        assert (told["code"], told["log_id"]) == ("internal_error", "")
        assert peer.at_end()
    assert [record.getMessage() for record in caplog.records] == [
        "a defect of this server while it handled POST /v2/none/",
        "a defect of this server in its answer to a defect",
    ]
