"""The private parts of aiohttp that wire/connection.py leans on: a release that moves one fails here."""

import inspect

import aiohttp
from aiohttp.web_protocol import RequestHandler, _ErrInfo
from aiohttp.web_runner import AppRunner
from aiohttp.web_server import Server

from mockserver.wire.connection import UploadConnection


def test_the_tested_minor_version() -> None:
    assert aiohttp.__version__.startswith("3.14.")


def test_overridden_methods_are_still_called_that() -> None:
    for name in ("data_received", "eof_received", "connection_lost", "finish_response", "handle_error"):
        assert name in vars(UploadConnection)
        assert name in vars(RequestHandler)


def test_signatures_are_still_those() -> None:
    assert list(inspect.signature(RequestHandler.handle_error).parameters) == [
        "self",
        "request",
        "status",
        "exc",
        "message",
    ]
    assert list(inspect.signature(RequestHandler.finish_response).parameters) == [
        "self",
        "request",
        "resp",
        "start_time",
    ]


def test_attributes_are_still_there() -> None:
    slots = {name for kind in RequestHandler.__mro__ for name in getattr(kind, "__slots__", ())}
    assert {"_messages", "_waiter", "_loop", "transport"} <= slots
    assert hasattr(RequestHandler, "_resume_transport_reading")
    assert "message" in {field.name for field in _ErrInfo.__attrs_attrs__}
    assert "_make_server" in vars(AppRunner)
    assert "_kwargs" in inspect.getsource(Server.__init__)
