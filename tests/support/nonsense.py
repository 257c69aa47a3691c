"""Faults that make no sense, each with the beginning of the sentence that refuses it."""

from typing import Any

CLOSE: dict[str, Any] = {"kind": "close"}
ON: dict[str, Any] = {"operation": "chunk"}


def told(when: object = "after_body", do: object = CLOSE, on: object = ON, **more: object) -> dict[str, object]:
    return {"on": on, "when": when, "do": do, **more}


def status(**more: object) -> dict[str, object]:
    return told(do={"kind": "status", "status": 503} | more)


NONSENSE: dict[str, tuple[object, str]] = {
    "nothing": (None, "a fault is an object, or a list of them; got nothing"),
    "text": ("close", "a fault is an object, or a list of them; got str"),
    "number": (1, "a fault is an object, or a list of them; got int"),
    "unknown member": (told(wen=1), "a fault has no 'wen': did you mean when?"),
    "no on": ({"when": "after_body", "do": CLOSE}, "a fault needs on"),
    "no when": ({"on": ON, "do": CLOSE}, "a fault needs when"),
    "no do": ({"on": ON, "when": "after_body"}, "a fault needs do"),
    "on is text": (told(on="chunk"), "on must be an object, got str"),
    "on is empty": (told(on={}), "on needs operation"),
    "unknown member of on": (told(on=ON | {"chunks": 1}), "on has no 'chunks': did you mean chunk?"),
    "unknown operation": (
        told(on={"operation": "chunks"}),
        "no operation is called 'chunks': did you mean chunk?",
    ),
    "operation null": (
        told(on={"operation": None}),
        "no operation is called 'None': there are creator_info, init, status, chunk, any",
    ),
    "chunk 0": (told(on=ON | {"chunk": 0}), "chunk must be a whole number from 1, or -1 for the last one, got 0"),
    "chunk -2": (
        told(on=ON | {"chunk": -2}),
        "chunk must be a whole number from 1, or -1 for the last one, got -2",
    ),
    "chunk -1.0": (
        told(on=ON | {"chunk": -1.0}),
        "chunk must be a whole number from 1, or -1 for the last one, got -1.0",
    ),
    "last chunk of init": (
        told(on={"operation": "init", "chunk": -1}),
        "chunk -1 goes with operation chunk only, got init",
    ),
    "chunk true": (
        told(on=ON | {"chunk": True}),
        "chunk must be a whole number from 1, or -1 for the last one, got True",
    ),
    "chunk text": (
        told(on=ON | {"chunk": "2"}),
        "chunk must be a whole number from 1, or -1 for the last one, got '2'",
    ),
    "chunk 1.0": (
        told(on=ON | {"chunk": 1.0}),
        "chunk must be a whole number from 1, or -1 for the last one, got 1.0",
    ),
    "chunk huge": (
        told(on=ON | {"chunk": 10**30}),
        "chunk must be a whole number from 1, or -1 for the last one, got a number too large",
    ),
    "upload_id number": (told(on=ON | {"upload_id": 7}), "upload_id must be a string or null, got int"),
    "upload_id empty": (told(on=ON | {"upload_id": ""}), "upload_id must be a string or null, got str"),
    "token number": (told(on=ON | {"token": 7}), "token must be a string or null, got int"),
    "chunk of init": (
        told(on={"operation": "init", "chunk": 1}),
        "chunk 1 goes with operation chunk only, got init",
    ),
    "chunk of any": (told(on={"operation": "any", "chunk": 1}), "chunk 1 goes with operation chunk only, got any"),
    "upload_id of init": (told(on={"operation": "init", "upload_id": "7"}), "upload_id goes with operation chunk"),
    "upload_id of status": (told(on={"operation": "status", "upload_id": "7"}), "upload_id goes with operation"),
    "unknown moment": (
        told("before_boddy"),
        "no when is called 'before_boddy': did you mean before_body or after_body?",
    ),
    "moment null": (told(None), "no when is called 'None': there are before_body, at_byte, after_body"),
    "at_byte bare": (told("at_byte"), 'at_byte needs a number: {"at_byte": N}'),
    "at_byte null": (told({"at_byte": None}), "at_byte must be a whole number from 0, got None"),
    "at_byte negative": (told({"at_byte": -1}), "at_byte must be a whole number from 0, got -1"),
    "at_byte text": (told({"at_byte": "5"}), "at_byte must be a whole number from 0, got '5'"),
    "at_byte beyond 64 bits": (told({"at_byte": 2**63}), "at_byte must be a whole number from 0, got 9223372036"),
    "at_byte and more": (told({"at_byte": 1, "x": 1}), "when has no 'x': there are at_byte"),
    "moment object": (told({}), "when needs at_byte"),
    "do is text": (told(do="close"), "do must be an object with a kind, got str"),
    "do is empty": (told(do={}), "do must be an object with a kind"),
    "unknown kind": (told(do={"kind": "melt"}), "no kind is called 'melt': there are status, close, reset"),
    "kind misspelt": (told(do={"kind": "garbge"}), "no kind is called 'garbge': did you mean garbage?"),
    "kind null": (told(do={"kind": None}), "no kind is called 'None'"),
    "parameter of another kind": (told(do=CLOSE | {"status": 500}), "do of kind close has no 'status'"),
    "parameter misspelt": (status(header={}), "do of kind status has no 'header': did you mean headers?"),
    "status missing": (told(do={"kind": "status"}), "do of kind status needs status"),
    "status 100": (status(status=100), "status must be a final HTTP status, 200 to 599, got 100"),
    "status 600": (status(status=600), "status must be a final HTTP status, 200 to 599, got 600"),
    "status text": (status(status="503"), "status must be a final HTTP status, 200 to 599, got '503'"),
    "status true": (status(status=True), "status must be a final HTTP status, 200 to 599, got True"),
    "headers list": (status(headers=[]), "headers must be an object of strings, got list"),
    "header name": (status(headers={"a b": "c"}), "'a b' is no header name"),
    "header name empty": (status(headers={"": "c"}), "'' is no header name"),
    "header split": (status(headers={"a": "b\r\nc: d"}), "header a must be a string of printable ASCII, got "),
    "header number": (status(headers={"a": 1}), "header a must be a string of printable ASCII, got 1"),
    "header not ascii": (status(headers={"a": "é"}), "header a must be a string of printable ASCII, got 'é'"),
    "header length": (
        status(headers={"Content-LENGTH": "1"}),
        "Content-LENGTH is set by the server, after the body",
    ),
    "header coding": (status(headers={"transfer-encoding": "chunked"}), "transfer-encoding is set by the server"),
    "body null": (status(body=None), "body must be a string of up to 1048576 characters, got nothing"),
    "body object": (status(body={}), "body must be a string of up to 1048576 characters, got dict"),
    "body long": (status(body="x" * (2**20 + 1)), "body must be a string of up to 1048576 characters, got str"),
    "body half a pair": (status(body="\ud800"), "body must be text that UTF-8 can hold"),
    "seconds missing": (told(do={"kind": "stall"}), "do of kind stall needs seconds"),
    "seconds 0": (told(do={"kind": "stall", "seconds": 0}), "seconds must be a number above 0 and up to 31536000"),
    "seconds negative": (told(do={"kind": "stall", "seconds": -1}), "seconds must be a number above 0"),
    "seconds a year and more": (
        told(do={"kind": "stall", "seconds": 31_536_001}),
        "seconds must be a number above",
    ),
    "seconds true": (told(do={"kind": "stall", "seconds": True}), "seconds must be a number above 0"),
    "seconds text": (told(do={"kind": "stall", "seconds": "1"}), "seconds must be a number above 0"),
    "rate 0": (
        told("before_body", {"kind": "throttle", "bytes_per_second": 0}),
        "bytes_per_second must be a number",
    ),
    "bytes missing": (told("after_commit", {"kind": "truncate"}), "do of kind truncate needs bytes"),
    "bytes negative": (
        told("after_commit", {"kind": "truncate", "bytes": -1}),
        "bytes must be a whole number from 0",
    ),
    "value text": (
        told("after_commit", {"kind": "progress", "value": "5"}),
        "value must be a whole number from 0",
    ),
    "value negative": (
        told("after_commit", {"kind": "progress", "value": -1}),
        "value must be a whole number from 0",
    ),
    "location missing": (told(do={"kind": "redirect"}), "do of kind redirect needs location"),
    "location empty": (told(do={"kind": "redirect", "location": ""}), "location must be a URL, got ''"),
    "location split": (told(do={"kind": "redirect", "location": "/\r\n"}), "location must be a URL, got "),
    "location number": (told(do={"kind": "redirect", "location": 1}), "location must be a URL, got 1"),
    "redirect 200": (
        told(do={"kind": "redirect", "location": "/", "status": 200}),
        "status of a redirect is 301, 302, 303, 307 or 308, got 200",
    ),
    "redirect 304": (told(do={"kind": "redirect", "location": "/", "status": 304}), "status of a redirect is 301"),
    "times 0": (told(times=0), "times must be a whole number from 1, got 0"),
    "times true": (told(times=True), "times must be a whole number from 1, got True"),
    "times text": (told(times="twice"), "times must be a whole number from 1, got 'twice'"),
    "times 1.5": (told(times=1.5), "times must be a whole number from 1, got 1.5"),
    "skip negative": (told(skip=-1), "skip must be a whole number from 0, got -1"),
    "skip null": (told(skip=None), "skip must be a whole number from 0, got None"),
    "second of two": ([told(), told("never")], "fault 2: no when is called 'never'"),
    "list in a list": ([told(), [told()]], "fault 2: a fault must be an object, got list"),
    "third of three": ({"faults": [told(), told(), {}]}, "fault 3: a fault needs on"),
}

MOMENTS_IN_ORDER = ("before_body", "at_byte", "after_body", "after_commit", "after_answer")
GOOD_DO: dict[str, dict[str, Any]] = {
    "status": {"status": 503},
    "stall": {"seconds": 1},
    "throttle": {"bytes_per_second": 1},
    "truncate": {"bytes": 1},
    "progress": {"value": 1},
    "redirect": {"location": "/"},
}
SENSELESS = [
    ("status", "after_answer"),
    ("stall", "after_answer"),
    ("throttle", "after_body"),
    ("throttle", "after_commit"),
    ("throttle", "after_answer"),
    ("truncate", "before_body"),
    ("truncate", "at_byte"),
    ("truncate", "after_body"),
    ("truncate", "after_answer"),
    ("garbage", "after_answer"),
    ("progress", "before_body"),
    ("progress", "at_byte"),
    ("progress", "after_body"),
    ("progress", "after_answer"),
    ("redirect", "after_answer"),
]
"""Kinds and moments that do not go together; all other pairs do."""
