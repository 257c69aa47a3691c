"""A target behind TLS: judged like any other where its CA is known, and not at all where it is not."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.commands import run, serving
from support.tls import TlsFront, throw_away_ca

SOME = ["S-INIT-A*", "S-CHUNK-*", "S-BODY-S*", "S-ATOMIC-*", "S-ORDER-PARALLEL", "S-URL-EXPIRED"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ca")


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """A mock behind TLS; its CA is in the folder."""
    _, context = throw_away_ca(folder)
    with TlsFront(context) as front:
        options = ("--quiet", "--mb", "1000", "--body-timeout", "2", "--public-url", front.url)
        with serving(*options) as (_, behind):
            front.port = int(behind.rpartition(":")[2])
            yield front.url


def test_a_ca_that_is_known(folder: Path, url: str) -> None:
    told = folder / "out.json"
    only = [word for pattern in SOME for word in ("--only", pattern)]
    base = ["server", "--api-base", url, "--mb", "1000", "--examples", "4", "--strict", "--json", str(told), *only]
    done = run("conformance", *base, SSL_CERT_FILE=str(folder / "ca.pem"))
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(told.read_text())
    assert (report["summary"]["fail"], report["summary"]["error"]) == (0, 0)
    assert report["summary"]["pass"] > 100
    reasons = {
        case["reason"] for clause in report["clauses"] for case in clause["cases"] if case["result"] == "skip"
    }
    assert "a TLS connection cannot be half-closed" in reasons


def test_a_ca_that_is_not(url: str) -> None:
    done = run("conformance", "server", "--api-base", url, "--mb", "1000")
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "cannot be reached" in done.stderr
    assert "certificate" in done.stderr
    assert "SSL_CERT_FILE" in done.stderr


def test_http_where_https_is_spoken(url: str) -> None:
    done = run("conformance", "server", "--api-base", url.replace("https", "http"), "--patience", "2")
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1


def test_https_where_http_is_spoken(mock_url: str) -> None:
    done = run("conformance", "server", "--api-base", mock_url.replace("http", "https"))
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "does not speak TLS" in done.stderr
