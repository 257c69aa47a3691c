"""`tiktok-conformance client --intercept proxy`: clients that know TikTok's URL and no other."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from support.commands import run

BASE = ["client", "--intercept", "proxy", "--mb", "1000", "--jobs", "2"]
UPLOADER = Path(__file__).parents[2] / "examples" / "curl" / "upload.sh"
SOME = ("plain", "503-first", "lost-middle", "reset-in-the-body-middle", "redirect-307")


def test_a_good_client_with_tiktoks_url(tmp_path: Path) -> None:
    """Faults strike through CONNECT and TLS as they do without, and a redirect still leads into the trap."""
    if shutil.which("curl") is None:
        pytest.skip("this machine has no curl")
    client = tmp_path / "upload.sh"
    text = UPLOADER.read_text()
    assert text.count("${TIKTOK_API_BASE:-https://open.tiktokapis.com}") == 1
    client.write_text(
        text.replace("${TIKTOK_API_BASE:-https://open.tiktokapis.com}", "https://open.tiktokapis.com")
    )
    chosen = [word for one in SOME for word in ("--only", one)]
    report = tmp_path / "out.json"
    done = run(
        "conformance", *BASE, *chosen, "--strict", "--json", str(report), "--", "sh", str(client), "{file}",
        HTTPS_PROXY="http://proxy.invalid:1", NO_PROXY="*",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    told = json.loads(report.read_text())
    assert told["summary"] | {"pass": 0, "reported": 0} == dict.fromkeys(told["summary"], 0)
    assert {one["id"] for one in told["scenarios"]} == set(SOME)
    assert all(one["scorecard"]["posts"] == 1 for one in told["scenarios"] if one["id"] != "redirect-307")
    heads = [
        step["request"]
        for clause in told["clauses"]
        for case in clause["cases"]
        for step in case["exchange"]
        if step["request"]
    ]
    assert {line for head in heads for line in head.split("\r\n") if line.lower().startswith("host:")} == {
        "Host: open.tiktokapis.com",
        "Host: open-upload.tiktokapis.com",
    }


def test_a_client_that_goes_elsewhere_is_run_once(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    script = f"import sys; print(1, file=open({str(runs)!r}, 'a')); sys.exit('who is there?')"
    done = run("conformance", *BASE, "--", sys.executable, "-c", script)
    assert (done.returncode, runs.read_text()) == (3, "1\n")
    assert (
        "nothing came from the client (exit code 1, its stderr: who is there?), and as it may ask the real TikTok "
        "it is not run again: does it heed HTTPS_PROXY, and trust the CA that SSL_CERT_FILE names?"
        in " ".join(done.stderr.split())
    )


def test_a_client_is_given_what_leads_to_the_mock(tmp_path: Path) -> None:
    names = ("TIKTOK_API_BASE", "NO_PROXY", "HTTPS_PROXY", "SSL_CERT_FILE")
    script = tmp_path / "tells.py"
    script.write_text(f"import os, sys; sys.exit(str([os.environ.get(name) for name in {names}]))")
    done = run("conformance", *BASE, "--only", "plain", "--", sys.executable, str(script))
    told = " ".join(done.stderr.split()).partition("its stderr: [")[2].partition("]")[0]
    base, beside, proxy, trusted = told.split(", ")
    assert base == "'https://open.tiktokapis.com'"
    assert beside == "'127.0.0.1,localhost,::1'"
    assert proxy.startswith("'http://127.0.0.1:")
    assert trusted.endswith("ca.pem'")


def test_a_client_that_is_handed_its_upload_needs_none() -> None:
    done = run("conformance", *BASE, "--", "true", "{upload_url}")
    assert done.returncode == 2
    assert "{upload_url} tells CMD where to go: leave out --intercept" in done.stderr


def test_a_mock_that_cannot_be_started_is_told_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['cryptography'] = None")
    done = run("conformance", *BASE, "--", "true", PYTHONPATH=str(tmp_path))
    assert done.returncode == 3
    assert "the mock did not start: " in done.stderr
    assert "tiktok-upload-mock[tls]" in done.stderr
    assert "Traceback" not in done.stderr
