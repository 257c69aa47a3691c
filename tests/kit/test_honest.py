"""An honest mock: no fail, no error, in any profile; as a user runs the kit."""

import json
from pathlib import Path
from typing import Any

import pytest

from support.commands import run, serving
from support.perturbing import PerturbingProxy
from support.rewrites import another_code, answer_json

REAL_UNITS = ["S-PLAN-*", "S-INIT-ANSWER", "S-CHUNK-EXAMPLE-4M", "S-ORDER-GAP/one-byte", "S-STATUS-UNKNOWN"]


def judged(path: Path, *arguments: str) -> dict[str, Any]:
    done = run("conformance", "server", "--examples", "8", "--json", str(path), *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    told: dict[str, Any] = json.loads(path.read_text())
    return told


@pytest.mark.parametrize(
    ("profile", "asked"), [("documented", True), ("observed", True), ("strict", True), ("observed", False)]
)
def test_all_cases_with_a_small_unit(profile: str, tmp_path: Path, *, asked: bool) -> None:
    with serving("--quiet", "--mb", "1000", "--body-timeout", "3", "--profile", profile) as (_, url):
        wanted = ["--profile", profile] if asked else []
        told = judged(tmp_path / "out.json", "--api-base", url, "--mb", "1000", "--strict", *wanted)
    summary = told["summary"]
    assert (summary["fail"], summary["error"]) == (0, 0)
    assert summary["pass"] > 420
    assert summary["skip"] == 4  # no plan of a small unit reaches 4 GB, and the mock takes any token


READINGS = {
    "single_chunk_size": "equal",
    "progress": "last_index",
    "missing_range": "416",
    "put_body": "empty",
    "upload_path": "/upload",
    "after_end": "404",
    "off_plan": "416",
    "wrong_total": "416",
    "wrong_token": "403",
    "content_type": "415",
    "missing_length": "411",
    "cors": "on",
}


def test_other_readings_are_right_too_and_reported(tmp_path: Path) -> None:
    rules = [word for name, value in READINGS.items() for word in ("--rule", f"{name}={value}")]
    with serving("--quiet", "--mb", "1000", "--body-timeout", "3", *rules) as (_, url):
        told = judged(tmp_path / "out.json", "--api-base", url, "--mb", "1000", "--strict")
    summary, shown = told["summary"], told["fingerprint"]
    assert (summary["fail"], summary["error"]) == (0, 0)
    assert {name: shown[name]["reading"] for name in READINGS} == READINGS


@pytest.mark.parametrize(
    ("rule", "clause"),
    [
        ("final_status=200", "S-CHUNK-201"),
        ("repeat=accept", "S-ORDER-REPEAT"),
        ("off_plan=accept", "S-CHUNK-PLANNED-SIZE"),
        ("content_type=any", "S-HEAD-TYPE"),
        ("progress=omit", "S-CHUNK-PROGRESS"),
    ],
)
def test_a_reading_that_the_law_book_refuses(rule: str, clause: str) -> None:
    with serving("--quiet", "--mb", "1000", "--rule", rule) as (_, url):
        done = run("conformance", "server", "--api-base", url, "--mb", "1000", "--strict", "--only", clause)
    assert done.returncode == 1
    name, _, value = rule.partition("=")
    assert [line.split()[:2] for line in done.stdout.splitlines() if line.startswith(f"  {name} ")] == [
        [name, value]
    ]


@pytest.mark.parametrize("profile", ["documented", "observed", "strict"])
def test_edges_in_real_units(profile: str, tmp_path: Path) -> None:
    only = [word for pattern in REAL_UNITS for word in ("--only", pattern)]
    with serving("--quiet", "--profile", profile) as (_, url):
        told = judged(tmp_path / "out.json", "--api-base", url, "--profile", profile, "--strict", *only)
    summary = told["summary"]
    assert (summary["fail"], summary["error"], summary["skip"]) == (0, 0, 0)


@pytest.mark.parametrize("code", ["access_token_invalid", "token_unknown"])
def test_a_token_that_is_unknown(tmp_path: Path, code: str) -> None:
    """The one that is given is the target's own, and any other is refused."""
    wrong = answer_json("video/init", another_code("access_token_invalid", code))
    with serving("--quiet", "--mb", "1000", "--token", "own") as (_, url), PerturbingProxy(url, wrong) as proxy:
        base = ["--api-base", proxy.url, "--mb", "1000", "--token", "own", "--only", "S-INIT-AUTH/unknown"]
        done = run("conformance", "server", *base)
    assert done.returncode == (0 if code == "access_token_invalid" else 1), done.stdout


def test_without_the_control_surface(tmp_path: Path) -> None:
    """Its token is not given, so there is no clock; the lifetime is waited for."""
    options = ("--quiet", "--mb", "1000", "--control-token", "secret", "--url-lifetime", "2")
    with serving(*options) as (_, url):
        base = ["--api-base", url, "--mb", "1000", "--only", "S-URL-EXPIRED", "--only", "S-ATOMIC-5XX"]
        assert run("conformance", "server", *base).returncode == 3  # nothing could be judged
        told = judged(tmp_path / "out.json", *base, "--url-lifetime", "2")
        assert told["summary"]["pass"] >= 7
        told = judged(tmp_path / "out.json", *base, "--control-token", "secret")
        assert told["summary"]["skip"] == 0


def test_a_known_failure_and_a_stale_one(tmp_path: Path, mock_url: str) -> None:
    base = ["--api-base", mock_url, "--mb", "1000", "--only", "S-HEAD-TYPE", "--known-failing"]
    (tmp_path / "stale").write_text("S-HEAD-TYPE/none\n")
    done = run("conformance", "server", *base, str(tmp_path / "stale"))
    assert done.returncode == 1
    assert "stale: S-HEAD-TYPE/none is listed as known failing, but does not fail" in done.stdout


def test_the_same_seed_draws_the_same(tmp_path: Path, mock_url: str) -> None:
    def declared(name: str, seed: str) -> list[str]:
        base = ["--api-base", mock_url, "--mb", "1000", "--only", "S-PLAN-EQUAL-SPLIT/drawn-*", "--jobs", "1"]
        judged(tmp_path / name, *base, "--seed", seed)
        clauses = json.loads((tmp_path / name).read_text())["clauses"]
        return [case["exchange"][-1]["request"] for case in clauses[0]["cases"]]

    assert declared("a", "1") == declared("b", "1")
