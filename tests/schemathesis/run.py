"""Lets schemathesis loose on a server of our own: whatever is sent, every answer is one that the document knows.

    python tests/schemathesis/run.py [--seed N] [--examples N]

Needs the packages of the dev group. Ends with 0 if nothing was found, 1 if something was, 3 if the server could
not be started.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from openapi_spec_validator import OpenAPIV31SpecValidator

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
SECONDS: Final = 300
"""After which a pass is given up; each takes well below."""
CONFORMANCE: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "ignored_auth",
)


@dataclass(frozen=True)
class Pass:
    """One run of schemathesis over a part of the document."""

    title: str
    paths: str
    token: str
    checks: Sequence[str]
    without: Sequence[str] = ()
    weight: int = 1
    """So many times --examples."""


PASSES: Final = (
    # Faults are armed when this is over: they make the server answer 5xx, because it was asked to.
    # Which plans are good is arithmetic that no schema says (S-PLAN-*), and unknown fields are let through, as
    # TikTok does it: positive_data_acceptance and negative_data_rejection would make no sense.
    Pass(
        "TikTok's side",
        "^/(v2|video|upload)",
        "fuzz",
        (*CONFORMANCE, "explained", "unsupported_method"),
        weight=2,
    ),
    # The stream of the journal never ends, and a fuzzer waits for the end (tests/http/test_openapi.py reads it).
    Pass(
        "the control surface",
        "^/_mock/",
        "steer",
        (*CONFORMANCE, "unsupported_method"),
        without=("streamJournal", "addFaults", "setClock"),
    ),
    # Here the schemas say exactly what is taken and what is not.
    Pass(
        "faults and clock",
        "^/_mock/(faults|clock)$",
        "steer",
        (*CONFORMANCE, "negative_data_rejection", "positive_data_acceptance"),
    ),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn (1)")
    parser.add_argument("--examples", type=int, default=60, help="most of them for each operation and phase (60)")
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        with serving(work) as base:
            document = narrowed(fetch(base, "GET", "/_mock/openapi.json"), fetch(base, "GET", "/_mock/health"))
            found = [f"the document is no OpenAPI 3.1: {one}" for one in invalid(document)]
            (work / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
            (work / "seen").touch()
            for one in PASSES:
                found += fuzz(one, base, work, asked.seed, asked.examples)
                try:
                    fetch(base, "POST", "/_mock/reset")
                except OSError as error:
                    found.append(f"{one.title}: the server cannot be reset any more: {error}")
            found += unreached(document, work / "seen")
        found += [f"the server said on stderr: {line}" for line in (work / "stderr").read_text().splitlines()[:20]]
    for sentence in found:
        print(f"FOUND {sentence}", file=sys.stderr)
    print(f"{'nothing found' if not found else f'{len(found)} found'} in {time.monotonic() - began:.0f} s")
    return 1 if found else 0


@contextmanager
def serving(work: Path) -> Iterator[str]:
    """Our server on a free port; its base URL."""
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--mb", "1000", "--quiet"]
    command += ["--token", "fuzz", "--control-token", "steer", "--keep", str(work / "kept"), "--body-timeout", "2"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TIKTOK_")}
    with (
        (work / "stderr").open("w") as stderr,
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            ready = process.stdout.readline()
            if not ready.startswith("tiktok-mock ready at "):
                print((work / "stderr").read_text(), file=sys.stderr)
                sys.exit(3)
            yield ready.split()[-1]
        finally:
            process.terminate()
            process.wait(20)


def fetch(base: str, method: str, path: str) -> Any:
    request = urllib.request.Request(base + path, headers={"Authorization": "Bearer steer"}, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def narrowed(document: dict[str, Any], health: dict[str, Any]) -> dict[str, Any]:
    """The document for the rules in force: without answers that are given under other rules only, and 5xx."""
    rules = health["rules"]
    for item in document["paths"].values():
        for word, operation in item.items():
            if word == "x-mock-other-methods":
                continue
            for status, response in list(operation["responses"].items()):
                name = response.get("$ref", "").rpartition("/")[2]
                said = document["components"]["responses"].get(name, response)
                switch, _, choice = said.get("x-mock-rule", "").partition("=")
                if rules.get(switch, choice) != choice or status >= "500":
                    del operation["responses"][status]
    return document


def invalid(document: dict[str, Any]) -> Iterator[str]:
    """What makes it no OpenAPI 3.1."""
    for error in OpenAPIV31SpecValidator(document).iter_errors():
        yield f"{'/'.join(map(str, getattr(error, 'absolute_path', ())))}: {str(error)[:300]}"


def fuzz(one: Pass, base: str, work: Path, seed: int, examples: int) -> list[str]:
    """Run one pass; what it found."""
    print(f"\n== {one.title}", flush=True)
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml")]
    command += ["--no-color", "run", str(work / "openapi.json"), "--url", base]
    command += ["--header", f"Authorization:Bearer {one.token}", "--include-path-regex", one.paths]
    command += [word for name in one.without for word in ("--exclude-operation-id", name)]
    command += ["--checks", ",".join(one.checks)]
    command += ["--seed", str(seed), "--max-examples", str(examples * one.weight)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SCHEMATHESIS_")}
    environment |= {"FUZZ_BASE": base, "FUZZ_SEEN": str(work / "seen"), "NO_PROXY": "*"}
    environment |= {"PYTHONPATH": str(HERE), "PYTHONHASHSEED": "0"}  # what is drawn hangs on the order of sets too
    try:
        code = subprocess.run(command, cwd=work, env=environment, timeout=SECONDS, check=False).returncode
    except subprocess.TimeoutExpired:
        return [f"{one.title}: not over after {SECONDS} s"]
    return [f"{one.title}: schemathesis ended with {code}, see above"] if code else []


def unreached(document: dict[str, Any], seen: Path) -> Iterator[str]:
    """Good answers that never came: there the fuzzing would be shallow."""
    counts = Counter(tuple(line.rsplit(" ", 1)) for line in seen.read_text(encoding="utf-8").splitlines())
    print("\n== answers seen")
    for path, item in document["paths"].items():
        for word, operation in item.items():
            if word == "x-mock-other-methods" or operation["operationId"] == "streamJournal":
                continue
            label = f"{word.upper()} {path}"
            statuses = {status: count for (asked, status), count in sorted(counts.items()) if asked == label}
            print(f"{label:48}", "  ".join(f"{status} x {count}" for status, count in statuses.items()))
            for status in operation["responses"]:
                if status.startswith("2") and status not in statuses:
                    yield f"{label} was never answered {status}: give more --examples"


if __name__ == "__main__":
    sys.exit(main())
