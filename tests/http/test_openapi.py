"""The OpenAPI document says what the server does: its routes, its faults, and every answer it documents."""

import http.client
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from mockserver import __version__
from mockserver.clock import ManualClock
from mockserver.config import Config
from mockserver.control.openapi import document
from mockserver.faults import reading
from mockserver.faults.kinds import EFFECTS, MOMENTS, Operation, When
from mockserver.faults.reading import FaultError, read_faults
from mockserver.protocol.rules import DOCUMENTED, PROFILES, SWITCHES
from mockserver.vault.directory import VaultError
from support.peer import Peer
from support.servers import ThreadServer

SMALL = DOCUMENTED.with_mb(1000)
USER = {"Authorization": "Bearer t"}
FORMATS = FormatChecker(formats=())
FORMATS.checks("date-time", raises=ValueError)(datetime.fromisoformat)


def resolved(value: Any) -> Any:
    """What a `$ref` stands for."""
    while "$ref" in value:
        found: Any = document()
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        value = found
    return value


def violations(schema: Any, value: object) -> list[str]:
    """Why the value is not as the schema says."""
    validator = Draft202012Validator({"components": document()["components"], **schema}, format_checker=FORMATS)
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]


def schema_named(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method ("*" for any other), path, and responses by status, all over the document."""
    for path, item in document()["paths"].items():
        for word, said in item.items():
            yield ("*", path, said) if word == "x-mock-other-methods" else (word.upper(), path, said["responses"])
    for path, said in document()["x-mock-other-paths"].items():
        yield "*", path, said


class Described:
    """Asks a server, holds every answer against the document, and remembers which were `given`."""

    def __init__(self, server: ThreadServer, given: set[tuple[str, str, str]]) -> None:
        self.server = server
        self.given = given
        self.rules = server.get("/_mock/health")["rules"] if server._config.control_token is None else {}

    def ask(
        self,
        status: int,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | tuple[tuple[str, str], ...] = (),
    ) -> Any:
        """One exchange, which must end with `status`; its JSON. Bytes and iterators are sent as they are."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        sent = body if body is None or isinstance(body, bytes | Iterator) else json.dumps(body).encode()
        try:
            connection.putrequest(method, path, skip_host="Host" in dict(headers))
            for name, value in dict(headers).items() if isinstance(headers, Mapping) else headers:
                connection.putheader(name, value)
            if isinstance(sent, Iterator):
                connection.putheader("Transfer-Encoding", "chunked")
            elif sent is not None:
                connection.putheader("Content-Length", str(len(sent)))
            connection.endheaders(sent, encode_chunked=isinstance(sent, Iterator))
            answer = connection.getresponse()
            stream = answer.headers.get_content_type() == "text/event-stream"
            came = answer.readline() if stream else answer.read()
        finally:
            connection.close()
        assert answer.status == status, came
        return self.check(method, path.partition("?")[0], answer, came)

    def check(self, method: str, path: str, answer: http.client.HTTPResponse, came: bytes) -> Any:
        """Nothing of the answer may be other than documented; its JSON."""
        known = {(one, at): said for one, at, said in operations()}
        at = next(one for one in _templates(known) if re.fullmatch(_pattern(one), path))
        word = method if (method, at) in known else "*"
        responses = known.get((word, at)) or known["*", at := "/_mock/{path}"]
        where = (word, at, str(answer.status))
        assert str(answer.status) in responses, f"{where} is not documented"
        self.given.add(where)
        response = resolved(responses[str(answer.status)])
        name, _, choice = response.get("x-mock-rule", "").partition("=")
        assert self.rules.get(name, choice) == choice, f"{where} is documented for another rule"
        self._check_headers(where, response.get("headers", {}), answer.headers)
        if not came:
            may_be_empty = method == "HEAD" or "content" not in response or self.rules.get("put_body") == "empty"
            assert may_be_empty or "*/*" in response["content"], f"{where} has no body"
            return None
        kind = answer.headers.get_content_type()
        media = response["content"].get(kind) or response["content"]["*/*"]
        if kind != "application/json":
            return came
        said = json.loads(came)
        assert violations(media["schema"], said) == [], (where, said)
        return said

    def _check_headers(self, where: object, described: Mapping[str, Any], came: Any) -> None:
        for name, value in came.items():
            if name in described:
                assert violations(resolved(described[name])["schema"], value) == [], (where, name, value)
            assert name in described or not name.startswith("X-Mock-"), f"{where} has {name} besides"

    def init(self, size: int = 10_000, chunk: int = 5000, *, path: str = "/video/") -> str:
        """A new upload; its upload_url under another path."""
        made = self.ask(200, "POST", "/_mock/uploads?token=t", _source(size, chunk))
        return path + "?" + made["data"]["upload_url"].partition("?")[2]

    def put(self, status: int, url: str, first: int, body: bytes, total: int = 10_000, **more: str) -> Any:
        headers = {
            "Content-Type": "video/mp4",
            "Content-Range": f"bytes {first}-{first + len(body) - 1}/{total}",
            **more,
        }
        return self.ask(status, "PUT", url, body, headers={name: text for name, text in headers.items() if text})


def _templates(known: Mapping[tuple[str, str], Any]) -> list[str]:
    """Paths, those without parameters first and the ones that take anything last."""
    return sorted({at for _, at in known}, key=lambda at: ("{path}" in at, at == "/{path}", "{" in at))


def _pattern(template: str) -> str:
    return re.sub(r"\\\{(\w+)\\\}", lambda found: ".*" if found[1] == "path" else "[^/]+", re.escape(template))


def _source(size: int = 10_000, chunk: int = 5000) -> dict[str, object]:
    return {
        "source": "FILE_UPLOAD",
        "video_size": size,
        "chunk_size": chunk,
        "total_chunk_count": size // chunk,
    }


def _fault(kind: str, when: object = "after_commit", operation: str = "chunk", **more: object) -> dict[str, Any]:
    return {"on": {"operation": operation}, "when": when, "do": {"kind": kind, **GOOD[kind]}, **more}


GOOD: dict[str, dict[str, object]] = {
    "status": {"status": 503, "headers": {"Retry-After": "1"}, "body": "{}"},
    "close": {},
    "reset": {},
    "stall": {"seconds": 0.001},
    "throttle": {"bytes_per_second": 1e9},
    "truncate": {"bytes": 12},
    "garbage": {},
    "progress": {"value": None},
    "redirect": {"location": "https://elsewhere.invalid/", "status": 308},
    "expire": {},
    "forget": {},
}


@contextmanager
def described(given: set[tuple[str, str, str]] | None = None, **options: Any) -> Iterator[Described]:
    options.setdefault("rules", SMALL)
    with ThreadServer(Config(**options), ManualClock()) as server:
        yield Described(server, set() if given is None else given)


# ───────────────────────────── the document itself ─────────────────────────────


def test_every_route_is_documented_and_the_other_way_round(server: ThreadServer) -> None:
    assert server._server is not None
    routes = server._server._runner.app.router.routes()
    assert {(route.method, route.resource.canonical) for route in routes} == {
        (method, path) for method, path, _ in operations()
    }


def test_document_is_served_with_this_version_and_address() -> None:
    with described() as client:
        served = client.ask(200, "GET", "/_mock/openapi.json")
        assert served["info"]["version"] == __version__
        assert served["servers"] == [{"url": client.server.url}]
        assert {**served, "servers": [{"url": "/"}]} == document()
        client.ask(400, "GET", "/_mock/openapi.json?format=yaml")
        client.ask(403, "GET", "/_mock/openapi.json", headers={"Host": "attacker.example"})


def test_schemas_are_schemas_and_all_of_them_are_used() -> None:
    whole = document()
    for schema in whole["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    used = {value for word, value in _words(whole) if word == "$ref"}
    used |= {value for word, value in _words(whole) if str(value).startswith("#/components/")}
    there = {
        f"#/components/{kind}/{name}"
        for kind, named in whole["components"].items()
        if kind != "securitySchemes"
        for name in named
    }
    assert used == there


def test_operations_have_names_tags_and_the_parameters_of_their_paths() -> None:
    whole = document()
    tags = {tag["name"] for tag in whole["tags"]}
    found = [
        (path, one)
        for path, item in whole["paths"].items()
        for word, one in item.items()
        if word != "x-mock-other-methods"
    ]
    ids = [one["operationId"] for _, one in found]
    assert len(ids) == len(set(ids))
    for path, one in found:
        assert set(one["tags"]) <= tags
        named = {
            parameter["name"]
            for parameter in map(resolved, one.get("parameters", ()))
            if parameter["in"] == "path"
        }
        assert named == set(re.findall(r"\{(\w+)\}", path)), path


def test_clauses_and_rules_that_are_named_exist() -> None:
    law = (Path(__file__).parents[2] / "conformance" / "clauses.toml").read_text(encoding="utf-8")
    clauses = {clause["id"] for clause in tomllib.loads(law)["clause"]}
    for word, text in _words(document()):
        if word in ("description", "summary"):
            for named in re.findall(r"\b[SC](?:-[A-Z0-9]+)+", text):
                family = any(clause.startswith(f"{named}-") for clause in clauses) and f"{named}-*" in text
                assert named in clauses or family or named == "S-HTTP", f"{named} in {text!r}"
            for name, choice in re.findall(r"\b([a-z_]+)=(\w+)", text):
                assert choice in [one.value for one in SWITCHES[name]], text
        if word == "x-mock-rule":
            name, _, choice = text.partition("=")
            assert choice in [one.value for one in SWITCHES[name]]


def _words(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key of every object in it that is no object itself, with its value."""
    for word, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, dict | list):
            yield from _words(inner)
        else:
            yield str(word), inner


# ───────────────────────────── rules and faults ─────────────────────────────


def test_rules_of_every_profile_and_switch() -> None:
    for rules in PROFILES.values():
        assert violations(schema_named("Rules"), rules.as_json()) == []
        assert violations(schema_named("Rules"), rules.as_json() | {"cors": "perhaps"})
    for name, choices in SWITCHES.items():
        for choice in choices:
            assert violations(schema_named("Rules"), DOCUMENTED.with_rule(name, choice.value).as_json()) == []


def test_fault_schemas_have_the_kinds_and_parameters_of_the_tables() -> None:
    effects = [resolved(one) for one in resolved(schema_named("Effect"))["oneOf"]]
    assert [one["properties"]["kind"]["const"] for one in effects] == list(EFFECTS)
    for kind, one in zip(EFFECTS, effects, strict=True):
        readers = reading._PARAMETERS[kind]
        assert list(one["properties"]) == ["kind", *readers]
        assert one["required"] == ["kind", *(name for name, (_, needed) in readers.items() if needed)]
        assert list(readers) == list(EFFECTS[kind].__dataclass_fields__)
    assert len(resolved(schema_named("Fault"))["oneOf"]) == len(MOMENTS) == len(EFFECTS) == len(GOOD)
    fired = resolved(schema_named("FiredFault"))["properties"]
    assert fired["kind"]["enum"] == list(EFFECTS)
    assert fired["when"]["enum"] == [when.value for when in When]


@pytest.mark.parametrize("kind", GOOD)
def test_a_fault_is_valid_where_the_server_takes_it(kind: str) -> None:
    moments = [{"at_byte": 1} if when is When.AT_BYTE else when.value for when in When]
    for when, operation in product((*moments, "at_byte", "later", None), (*Operation, None)):
        fault = _fault(kind, when, operation.value if operation else "upload")
        assert _is_valid(fault) == _is_taken(fault), fault


@pytest.mark.parametrize(
    "fault",
    [
        *(
            _fault("status") | {"do": {"kind": "status", "status": one}}
            for one in (199, 200, 599, 600, "503", True)
        ),
        *(_fault("close", times=one) for one in (None, "forever", 1, 0, 2**63 - 1, 2**63, "ever")),
        *(_fault("close", skip=one) for one in (None, 0, -1, 2**63 - 1, 2**63)),
        *(
            _fault("stall") | {"do": {"kind": "stall", "seconds": one}}
            for one in (0, 1e-9, 31_536_000, 31_536_001)
        ),
        *(
            _fault("throttle", "before_body") | {"do": {"kind": "throttle", "bytes_per_second": one}}
            for one in (0, 0.1, 2**53, 2**53 + 2)
        ),
        *(_fault("truncate") | {"do": {"kind": "truncate", "bytes": one}} for one in (-1, 0, None, 2**63)),
        *(_fault("progress") | {"do": {"kind": "progress", "value": one}} for one in (-1, 0, None, 2**63, "1")),
        *(
            _fault("redirect") | {"do": {"kind": "redirect", "location": place, "status": one}}
            for place, one in (
                ("", 307),
                ("/a b", 301),
                ("/\na", 302),
                ("/ä", 303),
                ("/", 300),
                ("/", 308),
                (1, 308),
            )
        ),
        *(
            _fault("status") | {"do": {"kind": "status", "status": 200, "headers": one}}
            for one in ({}, None, {"": "x"}, {"A b": "x"}, {"A": ""}, {"A": "ä"}, {"A": 1}, {"A": "a\r\nB: b"})
        ),
        *(_fault("close") | {"on": {"operation": "chunk", "chunk": one}} for one in (None, 0, 1, 2**63, "1")),
        *(_fault("close") | {"on": {"operation": "chunk", "upload_id": one}} for one in (None, "", "u", 1)),
        *(_fault("close") | {"on": {"operation": "init", "upload_id": one}} for one in (None, "u")),
        *(_fault("close") | {"on": {"operation": "init", "chunk": one}} for one in (None, 1)),
        *(_fault("close") | {"on": {"operation": "any", "token": one}} for one in (None, "", "t")),
        _fault("close", note="x"),
        _fault("close") | {"do": {"kind": "close", "after": 1}},
        _fault("close") | {"on": {}},
        {},
        [],
        None,
        "close",
        [_fault("close"), _fault("reset")],
        [_fault("close"), {}],
        {"faults": _fault("close")},
        {"faults": [_fault("close")]},
        {"faults": [_fault("close")], "more": 1},
    ],
    ids=lambda fault: json.dumps(fault)[:120],
)
def test_a_value_is_valid_where_the_server_takes_it(fault: object) -> None:
    assert _is_valid(fault) == _is_taken(fault)


def _is_valid(fault: object) -> bool:
    return not violations(schema_named("FaultOrFaults"), fault)


def _is_taken(fault: object) -> bool:
    try:
        read_faults(fault)
    except FaultError:
        return False
    return True


# ───────────────────────────── answers ─────────────────────────────


def test_every_documented_answer_is_given_and_as_documented(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: set[tuple[str, str, str]] = set()
    with described(given) as client:
        _calls(client)
        _chunks(client)
        _control(client)
        _faults(client)
        _elsewhere(client)
        _nonsense(client)
    with described(given, control_token="secret") as client:
        _without_token(client)
    _other_rules(given)
    _kept(given, tmp_path, monkeypatch)
    documented = {(method, path, status) for method, path, said in operations() for status in said}
    assert documented - given == set()


def _calls(client: Described) -> None:
    direct, draft = "/v2/post/publish/video/init/", "/v2/post/publish/inbox/video/init/"
    creator, fetch = "/v2/post/publish/creator_info/query/", "/v2/post/publish/status/fetch/"
    levels = client.ask(200, "POST", creator, headers=USER)["data"]["privacy_level_options"]
    assert "SELF_ONLY" in levels
    client.ask(400, "POST", creator, [], headers=USER)
    good = {"post_info": {"privacy_level": "PUBLIC_TO_EVERYONE"}, "source_info": _source(10_000, 10_000)}
    pull = good | {"source_info": {"source": "PULL_FROM_URL", "video_url": "https://example.com/a.mp4"}}
    for path in (direct, draft):
        bad = [[], {}, {**good, "source_info": {}}, {**good, "source_info": _source(10_000, 10)}]
        bad += [{**good, "source_info": _source() | {"total_chunk_count": 3}}, {**good, "post_info": {}}]
        for body in bad:
            if path == direct or "post_info" not in body or body["post_info"]:
                client.ask(400, "POST", path, body, headers=USER)
        client.ask(403, "POST", path, pull, headers=USER)
        url = client.ask(200, "POST", path, good, headers=USER)["data"]
        fetched = client.ask(200, "POST", fetch, {"publish_id": url["publish_id"]}, headers=USER)["data"]
        assert fetched == {"status": "PROCESSING_UPLOAD", "uploaded_bytes": 0}
        client.put(201, url["upload_url"].removeprefix(client.server.url), 0, b"v" * 10_000)
        fetched = client.ask(200, "POST", fetch, {"publish_id": url["publish_id"]}, headers=USER)["data"]
        assert fetched["uploaded_bytes"] == 10_000
        assert ("publicaly_available_post_id" in fetched) == (path == direct)
        client.ask(
            400, "POST", fetch, {"publish_id": url["publish_id"]}, headers={"Authorization": "Bearer other"}
        )
    client.ask(400, "POST", fetch, {"publish_id": "v_pub_file~v2-1.1"}, headers=USER)
    for path in (creator, direct, draft, fetch):
        client.ask(400, "POST", path, b"{", headers=USER)
        client.ask(401, "POST", path, good)
        client.ask(413, "POST", path, b" " * (2**20 + 1), headers=USER)
        for method in ("GET", "PUT", "OPTIONS"):
            client.ask(405, method, path)


def _chunks(client: Described) -> None:
    for path in ("/video/", "/upload", "/upload/"):
        url = client.init(path=path)
        client.put(416, url, 5000, b"v" * 5000)
        client.put(206, url, 0, b"v" * 5000)
        client.put(416, url, 0, b"v" * 5000)
        client.put(400, url, 5000, b"v" * 5000, 10_001)
        client.put(400, url, 5000, b"v" * 5000, **{"Content-Range": ""})
        client.put(400, url, 5000, b"v" * 5000, **{"Content-Type": "text/plain"})
        client.ask(400, "PUT", url, b"", headers=(("Content-Range", "bytes 0-0/1"), ("Content-Range", "x")))
        client.put(201, url, 5000, b"v" * 5000)
        client.put(416, url, 5000, b"v" * 5000)
        client.put(404, url.replace("upload_token=", "upload_token=x"), 0, b"v" * 5000)
        client.put(404, path, 0, b"v" * 5000)
        client.ask(200, "POST", f"/_mock/uploads/{_upload_id(url)}/expire")
        client.put(403, url, 5000, b"v" * 5000)
        for method in ("GET", "POST", "OPTIONS"):
            client.ask(405, method, url)
    warned = client.ask(200, "POST", "/_mock/uploads", _source(7500, 5000))["data"]["upload_url"]
    client.put(201, warned.removeprefix(client.server.url), 0, b"v" * 7500, 7500)


def _control(client: Described) -> None:
    client.ask(200, "GET", "/_mock/health")
    client.ask(200, "HEAD", "/_mock/health")
    client.ask(200, "GET", "/_mock/openapi.json")
    client.ask(400, "POST", "/_mock/uploads", {})
    client.ask(400, "POST", "/_mock/uploads", b"{")
    client.ask(403, "POST", "/_mock/uploads", {"source": "PULL_FROM_URL", "video_url": "https://example.com/"})
    client.ask(413, "POST", "/_mock/uploads", b" " * (4 * 2**20 + 1))
    url = client.init()
    client.put(206, url, 0, b"v" * 5000)
    client.put(416, url, 0, b"v" * 5000)
    one = f"/_mock/uploads/{_upload_id(url)}"
    shown = client.ask(200, "GET", one)
    assert [(row["times"], len(row["requests"])) for row in shown["ledger"]] == [(2, 2)]
    assert shown in client.ask(200, "GET", "/_mock/uploads?token=t")["uploads"]
    assert client.ask(200, "POST", f"{one}/compare", b"v" * 10_000)["first_difference"]["chunk"] == 2
    client.put(201, url, 5000, b"v" * 5000)
    assert client.ask(200, "POST", f"{one}/compare", b"v" * 10_000)["equal"] is True
    for method, path in (("GET", ""), ("POST", "/expire"), ("POST", "/compare"), ("GET", "/content")):
        client.ask(404, method, f"/_mock/uploads/unknown{path}")
    client.ask(409, "GET", f"{one}/content")
    for change in ({"advance": 3600}, {"advance": 0.5, "freeze": True}, {"freeze": False}):
        assert violations(schema_named("ClockChange"), change) == []
        client.ask(200, "POST", "/_mock/clock", change)
    for change in (
        {},
        {"advance": -1},
        {"advance": 315_360_001},
        {"advance": None},
        {"freeze": 1},
        {"stop": True},
    ):
        assert violations(schema_named("ClockChange"), change)
        client.ask(400, "POST", "/_mock/clock", change)
    client.ask(200, "POST", "/_mock/clock", {"advance": 315_360_000})
    client.ask(409, "POST", "/_mock/clock", {"advance": 315_360_000})
    client.ask(413, "POST", "/_mock/clock", b" " * (4 * 2**20 + 1))
    client.ask(200, "GET", "/_mock/clock")


def _faults(client: Described) -> None:
    client.ask(200, "POST", "/_mock/reset")
    client.ask(200, "POST", "/_mock/faults", _fault("status", "after_body", skip=0))
    with Peer(client.server.port) as peer:
        assert peer.put(client.init(), 0, b"v" * 5000, 10_000).status == 503
    for kind in GOOD:
        client.ask(200, "POST", "/_mock/faults", _fault(kind, MOMENTS[kind][0].value, times="forever", skip=9))
    for when in ({"at_byte": 7}, "after_answer"):
        client.ask(200, "POST", "/_mock/faults", [_fault("close", when, "any", times=3)])
    listed = client.ask(200, "GET", "/_mock/faults")["faults"]
    assert [(one["fired"], one["left"]) for one in (listed[0], listed[1], listed[-1])] == [
        (1, 0),
        (0, None),
        (0, 3),
    ]
    entries = client.ask(200, "GET", "/_mock/journal?since=0&token=t")["entries"]
    assert [entry["fault"] for entry in entries] == [{"id": 1, "kind": "status", "when": "after_body"}]
    client.ask(200, "GET", "/_mock/journal/stream?since=0", headers={"Last-Event-ID": "0"})
    client.ask(400, "POST", "/_mock/faults", {})
    client.ask(413, "POST", "/_mock/faults", b" " * (4 * 2**20 + 1))
    client.ask(200, "DELETE", "/_mock/faults?token=t")
    for scenario in client.ask(200, "GET", "/_mock/scenarios")["scenarios"]:
        armed = client.ask(200, "POST", f"/_mock/scenarios/{scenario['name']}?token=t")["faults"]
        assert len(armed) == scenario["faults"]
    client.ask(404, "POST", "/_mock/scenarios/unknown")
    room = 10_000 - len(client.ask(200, "GET", "/_mock/faults")["faults"])
    client.server.call("/_mock/faults", [_fault("close")] * room)
    client.ask(409, "POST", "/_mock/faults", _fault("close"))
    client.ask(409, "POST", "/_mock/scenarios/lost-answer")
    client.ask(200, "POST", "/_mock/reset?token=t")
    client.ask(200, "POST", "/_mock/reset")


def _elsewhere(client: Described) -> None:
    client.ask(404, "GET", "/")
    client.ask(404, "POST", "/v2/post/publish/video/init", {}, headers=USER)
    client.ask(404, "GET", "/_mock/nothing")
    for method, template, _ in list(operations()):
        if method == "*" and template.startswith("/_mock/") and template != "/_mock/{path}":
            client.ask(405, "PATCH", re.sub(r"\{\w+\}", "x", template))
    entries = client.ask(200, "GET", "/_mock/journal")["entries"]
    assert [entry["operation"] for entry in entries] == [None, None]


def _nonsense(client: Described) -> None:
    """400 and 403 of every path under /_mock/: what is no HTTP, and what is none of their names."""
    for method, template, responses in list(operations()):
        path = re.sub(r"\{\w+\}", "x", template)
        if path.startswith("/_mock/") and method != "*":
            client.ask(400, method, path, headers=(("Content-Type", "a/b"), ("Content-Type", "a/b")))
            client.ask(403, method, path, headers={"Host": "attacker.example"})
            client.ask(403, method, path, headers={"Origin": "https://attacker.example"})
            if "401" in responses:  # all but health
                client.ask(400, method, f"{path}?nonsense=1")
    client.ask(400, "GET", "/_mock/journal?since=-1")
    client.ask(400, "GET", "/_mock/journal/stream?since=x")
    assert client.ask(200, "GET", "/_mock/journal")["entries"][-1]["request"] is None


def _without_token(client: Described) -> None:
    for method, template, responses in list(operations()):
        path = re.sub(r"\{\w+\}", "x", template)
        if path.startswith("/_mock/") and method != "*":
            client.ask(401 if "401" in responses else 200, method, path)


def _other_rules(given: set[tuple[str, str, str]]) -> None:
    rules = SMALL.with_rule("final_status", "200").with_rule("missing_length", "411")
    with described(given, rules=rules.with_rule("content_type", "415").with_rule("cors", "on")) as client:
        for path in ("/video/", "/upload", "/upload/"):
            url = client.init(5000, path=path)
            client.put(415, url, 0, b"v" * 5000, 5000, **{"Content-Type": "text/plain"})
            head = {"Content-Type": "video/mp4", "Content-Range": "bytes 0-4999/5000"}
            client.ask(411, "PUT", url, iter([b"v" * 5000]), headers=head)
            client.put(200, url, 0, b"v" * 5000, 5000)
            client.ask(204, "OPTIONS", url)
    with described(
        given, rules=SMALL.with_rule("put_body", "empty").with_rule("progress", "last_index")
    ) as client:
        url = client.init()
        client.put(416, url, 5000, b"v" * 5000)
        client.put(206, url, 0, b"v" * 5000)
        client.put(404, "/video/", 0, b"v" * 5000)
    with described(given, rules=PROFILES["strict"], digest="none", publish_delay=60.0) as client:
        url = client.init(4_000_000_000, 50_000_000)
        client.ask(409, "POST", f"/_mock/uploads/{_upload_id(url)}/compare", b"v")


def _kept(given: set[tuple[str, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with described(given, keep=tmp_path) as client:
        url = client.init()
        content = f"/_mock/uploads/{_upload_id(url)}/content"
        assert client.ask(200, "GET", content) is None
        client.put(206, url, 0, b"v" * 5000)
        assert client.ask(200, "GET", content) == b"v" * 5000
        client.put(201, url, 5000, b"w" * 5000)
        assert client.ask(206, "GET", content, headers={"Range": "bytes=4999-5000"}) == b"vw"
        client.ask(304, "GET", content, headers={"If-None-Match": "*"})
        client.ask(412, "GET", content, headers={"If-Match": '"x"'})
        client.ask(416, "GET", content, headers={"Range": "bytes=10000-"})

        async def fails(*_: object) -> None:
            raise VaultError("no space left")

        monkeypatch.setattr(client.server.service, "receive", fails)
        for path in ("/video/", "/upload", "/upload/"):
            client.put(500, client.init(path=path), 0, b"v" * 5000)


def _upload_id(url: str) -> str:
    return url.partition("upload_id=")[2].partition("&")[0]
