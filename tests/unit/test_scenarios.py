"""Fault lists in files: those that come with the package, and those that users write."""

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from conformance.clauses import load_clauses
from mockserver.faults.kinds import Close, Fault, Moment, Operation, Status, Target, When
from mockserver.faults.reading import FaultError, read_faults
from mockserver.faults.scenarios import load_scenario, read_fault_file, scenario_names

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "mockserver" / "scenarios"
CLAUSE = re.compile(r"[A-Z]-[A-Z0-9]+(?:-[A-Z0-9]+)*")
CLOSE = Fault(Target(Operation.CHUNK, 2), Moment(When.AFTER_COMMIT), "close", Close())
CLOSE_JSON = '{"on": {"operation": "chunk", "chunk": 2}, "when": "after_commit", "do": {"kind": "close"}}'
CLOSE_TOML = """
[[faults]]
on = { operation = "chunk", chunk = 2 }
when = "after_commit"
do = { kind = "close" }
"""


def test_every_file_is_a_scenario() -> None:
    assert scenario_names() == sorted(path.stem for path in FOLDER.glob("*.toml"))
    assert {path.suffix for path in FOLDER.iterdir() if path.is_file()} == {".toml", ".py"}


@pytest.mark.parametrize("name", scenario_names())
def test_scenario_says_what_happens_and_what_a_good_client_does(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    table = tomllib.loads((FOLDER / f"{name}.toml").read_text())
    assert set(table) == {"title", "good_client", "faults"}
    scenario = load_scenario(name)
    assert 10 < len(scenario.title) < 95, "one line"
    assert 60 < len(scenario.good_client) < 500, "one paragraph"
    named = set(CLAUSE.findall(scenario.good_client))
    assert named, "it names the clauses"
    assert named <= {clause.id for clause in load_clauses() if clause.id.startswith("C-")}


@pytest.mark.parametrize("name", scenario_names())
def test_faults_of_a_scenario_come_back_from_json_as_they_were(name: str) -> None:
    faults = list(load_scenario(name).faults)
    assert faults
    assert read_faults(json.loads(json.dumps([fault.as_json() for fault in faults]))) == faults


@pytest.mark.parametrize("name", scenario_names())
def test_faults_of_a_scenario_meet_uploads_of_any_size(name: str) -> None:
    for fault in load_scenario(name).faults:
        assert fault.on.chunk in (None, 1), "an upload may have one chunk"
        assert fault.when.byte in (0, 1), "and a chunk one byte"
        assert fault.skip == 0
        assert (fault.on.upload_id, fault.on.token) == (None, None)


def test_a_scenario_as_it_is_listed() -> None:
    assert load_scenario("redirects").as_json() == {
        "name": "redirects",
        "title": "A chunk is redirected to another host",
        "good_client": "Does not send the user's bytes there and reports the failure (C-NO-REDIRECT, C-END). "
        "The host of this scenario exists nowhere.",
        "faults": 1,
    }


def test_a_scenario_is_narrowed_to_a_token() -> None:
    scenario = load_scenario("flaky-gateway")
    assert [fault.on.token for fault in scenario.for_token("me")] == ["me", "me"]
    assert [fault.do for fault in scenario.for_token("me")] == [fault.do for fault in scenario.faults]
    assert scenario.for_token(None) == list(scenario.faults)


@pytest.mark.parametrize("name", ["nothing", "", "../plan", "lost-answer.toml"])
def test_a_scenario_that_is_none(name: str) -> None:
    with pytest.raises(KeyError):
        load_scenario(name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("one.json", CLOSE_JSON),
        ("list.json", f"[{CLOSE_JSON}]"),
        ("table.json", f'{{"faults": [{CLOSE_JSON}]}}'),
        ("faults", CLOSE_JSON),
        ("faults.toml", CLOSE_TOML),
        ("FAULTS.TOML", CLOSE_TOML),
        ("scenario.toml", f'title = "A"\ngood_client = "B"\n{CLOSE_TOML}'),
    ],
)
def test_a_fault_file(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert read_fault_file(tmp_path / name) == [CLOSE]


def test_a_fault_file_keeps_the_order(tmp_path: Path) -> None:
    status = '{"on": {"operation": "any"}, "when": "before_body", "do": {"kind": "status", "status": 500}}'
    (tmp_path / "faults.json").write_text(f"[{status}, {CLOSE_JSON}]")
    first = Fault(Target(Operation.ANY), Moment(When.BEFORE_BODY), "status", Status(500))
    assert read_fault_file(tmp_path / "faults.json") == [first, CLOSE]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("faults.json", "", "not JSON (a name that ends in .toml is read as TOML): Expecting value"),
        ("faults.json", CLOSE_TOML, "not JSON (a name that ends in .toml is read as TOML): Expecting value"),
        ("faults.json", "\x80", "not JSON"),
        ("faults.json", "[" * 100_000, "nested too deeply"),
        ("faults.toml", CLOSE_JSON, "not TOML: Invalid statement"),
        ("faults.toml", "", "a fault needs on"),
        ("faults.json", "7", "a fault is an object, or a list of them; got int"),
        ("faults.json", f"[{CLOSE_JSON}, {{}}]", "fault 2: a fault needs on"),
        ("faults.json", CLOSE_JSON.replace("close", "closes"), "did you mean close"),
        ("faults.toml", CLOSE_TOML.replace("after_commit", "after_comit"), "fault 1: no when is called"),
        ("faults.toml", f"titel = 'A'\n{CLOSE_TOML}", "'titel'"),
    ],
)
def test_a_fault_file_that_is_none(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text, encoding="latin-1")
    with pytest.raises(FaultError) as caught:
        read_fault_file(tmp_path / name)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(importlib.util.find_spec("hatchling") is None, reason="this machine has no hatchling")
def test_the_wheel_has_them_all(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=True)
    (wheel,) = tmp_path.iterdir()
    with zipfile.ZipFile(wheel) as packed:
        prefix = "mockserver/scenarios/"
        names = [name.removeprefix(prefix) for name in packed.namelist() if name.startswith(prefix)]
    assert sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")) == scenario_names()
