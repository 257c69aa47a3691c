"""HTTPS as a client sees it."""

import asyncio
import json
import ssl
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mockserver.app import Server, start
from mockserver.config import Config
from mockserver.faults.reading import read_faults
from mockserver.journal import Entry
from mockserver.protocol.rules import DOCUMENTED
from mockserver.testing import OptionError, TikTokMock
from mockserver.tls.terms import TlsTerms
from support.commands import environment, run, run_with_files_of_at_most, serving

INIT = b'{"source_info": {"source": "FILE_UPLOAD", "video_size": 9, "chunk_size": 9, "total_chunk_count": 1}}'
PATH = "/v2/post/publish/inbox/video/init/"


def client_of(server: Server) -> ssl.SSLContext:
    assert server.trust is not None
    return ssl.create_default_context(cafile=str(server.trust.ca))


async def exchange(server: Server, request: bytes, name: str = "open.tiktokapis.com") -> bytes:
    """All that comes until the server closes the connection."""
    assert server.tls_address is not None
    reader, writer = await asyncio.open_connection(
        *server.tls_address, ssl=client_of(server), server_hostname=name
    )
    writer.write(request)
    try:
        async with asyncio.timeout(30):
            return await reader.read()
    finally:
        writer.close()


def init(host: str) -> bytes:
    head = f"POST {PATH} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer t\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(INIT)}\r\n\r\n".encode() + INIT


async def upload_url(config: Config, host: str, name: str) -> str:
    server = await start(config)
    try:
        answer = await exchange(server, init(host), name)
    finally:
        await server.close()
    return str(json.loads(answer.partition(b"\r\n\r\n")[2])["data"]["upload_url"]).partition("?")[0]


@pytest.mark.parametrize(
    ("host", "base"),
    [
        ("open.tiktokapis.com", "https://open-upload.tiktokapis.com/video/"),
        ("open.tiktokapis.com:8443", "https://open-upload.tiktokapis.com:8443/video/"),
        ("localhost:8443", "https://localhost:8443/video/"),
        ("127.0.0.1:8443", "https://127.0.0.1:8443/video/"),
    ],
)
async def test_upload_url_is_https_and_by_the_name_the_client_came_by(host: str, base: str) -> None:
    assert await upload_url(Config(tls=TlsTerms()), host, host.partition(":")[0]) == base


async def test_public_url_beats_the_name() -> None:
    config = Config(tls=TlsTerms(), public_url="https://upload.us.tiktokapis.com")
    assert (
        await upload_url(config, "open.tiktokapis.com", "localhost") == "https://upload.us.tiktokapis.com/video/"
    )


async def test_client_that_offers_h2_gets_http_1() -> None:
    server = await start(Config(tls=TlsTerms()))
    try:
        context = client_of(server)
        context.set_alpn_protocols(["h2", "http/1.1"])
        assert server.tls_address is not None
        _, writer = await asyncio.open_connection(*server.tls_address, ssl=context, server_hostname="localhost")
        assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"
        assert writer.get_extra_info("ssl_object").version() == "TLSv1.3"
        writer.close()
    finally:
        await server.close()


async def test_plain_http_is_served_apart() -> None:
    server = await start(Config(tls=TlsTerms(apart=("127.0.0.1", 0))))
    try:
        assert server.url.startswith("http://127.0.0.1:")
        assert server.tls_address is not None
        assert not server.url.endswith(f":{server.tls_address[1]}")
        assert (await exchange(server, init("open.tiktokapis.com"))).startswith(b"HTTP/1.1 200 OK")
        health = await asyncio.to_thread(urllib.request.urlopen, f"{server.url}/_mock/health", None, 30)
        with health:
            assert health.status == 200
    finally:
        await server.close()


async def test_refusal_with_a_body_unread_reaches_a_client_that_reads_to_the_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = await start(Config(tls=TlsTerms(), rules=DOCUMENTED.with_mb(1000)))
    request = (
        b"PUT /video/?upload_id=1&upload_token=2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: video/mp4\r\n"
        b"Content-Range: bytes 0-99/100\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"
    )
    try:
        answer = await exchange(server, request)
    finally:
        await server.close()
    assert answer.startswith(b"HTTP/1.1 404 Not Found")
    assert caplog.messages == []


FAULTS = {
    "close": {"kind": "close"},
    "reset": {"kind": "reset"},
    "garbage": {"kind": "garbage"},
    "truncate": {"kind": "truncate", "bytes": 20},
}


@pytest.mark.parametrize(("kind", "got"), [("close", 0), ("reset", 0), ("garbage", None), ("truncate", 20)])
async def test_faults_cut_encrypted_connections_too(kind: str, got: int | None) -> None:
    when = "after_commit" if kind == "truncate" else "before_body"
    faults = read_faults([{"on": {"operation": "init"}, "when": when, "do": FAULTS[kind]}])
    entries: list[Entry] = []
    server = await start(Config(tls=TlsTerms(), faults=faults), entries.append)
    try:
        answer = await exchange(server, init("localhost"))
    except ConnectionError:
        assert kind == "reset"
        answer = b""
    finally:
        await server.close()
    assert not answer.startswith(b"HTTP/1.1 200 OK\r\nServer")
    assert got is None or len(answer) == got
    assert [entry.fault.kind for entry in entries if entry.fault] == [kind]


async def test_client_that_leaves_in_a_body_leaves_no_complaint(caplog: pytest.LogCaptureFixture) -> None:
    entries: list[Entry] = []
    server = await start(Config(tls=TlsTerms()), entries.append)
    try:
        assert server.tls_address is not None
        _, writer = await asyncio.open_connection(
            *server.tls_address, ssl=client_of(server), server_hostname="localhost"
        )
        writer.write(init("localhost")[:-5])
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        async with asyncio.timeout(30):
            while not entries:  # noqa: ASYNC110 - the entry comes from the server's side of the loop
                await asyncio.sleep(0)
    finally:
        await server.close()
    assert caplog.messages == []


def test_usage_of_the_options_of_https() -> None:
    for arguments, said in (
        (["--cert", "c.pem"], "--cert came without --key"),
        (["--key", "k.pem", "--tls"], "--key came without --cert"),
        (["--tls-name", "box"], "give --tls too"),
        (["--upload-host", "x.tiktokapis.com"], "give --tls too"),
        (["--tls", "--upload-host", "x.example", "--public-url", "https://y"], "give one of them"),
        (["--tls", "--upload-host", "x.example:1"], "without scheme or port"),
    ):
        done = run("mockserver", "serve", "--port", "0", *arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert said in done.stderr.replace("\n", " ")


def test_a_directory_of_a_ca_beside_a_certificate_is_wrong_usage_where_it_is_typed(tmp_path: Path) -> None:
    own = ("serve", "--tls", "--port", "0", "--cert", "no.pem", "--key", "no.pem")
    typed = run("mockserver", *own, "--ca-dir", str(tmp_path))
    assert (typed.returncode, "--cert and --ca-dir both say whose certificate is served" in typed.stderr) == (
        2,
        True,
    )
    of_ca = run("mockserver", *own, TIKTOK_MOCK_CA_DIR=str(tmp_path))
    assert (of_ca.returncode, "no.pem cannot be read" in of_ca.stderr) == (3, True)
    with pytest.raises(OptionError, match="--cert and --ca-dir both say"):
        TikTokMock(tls=True, cert="no.pem", key="no.pem", ca_dir=tmp_path)


def test_certificate_that_cannot_be_had_is_exit_3(tmp_path: Path) -> None:
    done = run("mockserver", "serve", "--port", "0", "--tls", "--cert", "no.pem", "--key", "no.pem", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (
        3,
        "",
        "tiktok-mock: no.pem cannot be read: No such file or directory\n",
    )


@pytest.mark.parametrize(("size", "why"), [(0, "No usable temporary directory found in"), (99, "File too large")])
@pytest.mark.parametrize(("command", "code"), [(["serve", "--port", "0"], 3), (["exec", "--", "true"], 125)])
def test_temporary_directory_that_cannot_be_used_is_told(
    size: int, why: str, command: list[str], code: int
) -> None:
    done = run_with_files_of_at_most(size, command[0], "--tls", *command[1:])
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(f"tiktok-mock: no temporary directory can be used for the certificate: {why}")
    assert done.stderr.endswith("; set TMPDIR\n")


def test_ca_prints_the_path_of_the_kept_ca(tmp_path: Path) -> None:
    for more in ({}, {"TIKTOK_MOCK_CA_DIR": str(tmp_path / "ca")}):
        arguments = [] if more else ["--ca-dir", str(tmp_path / "ca")]
        done = run("mockserver", "ca", *arguments, **more)
        assert (done.returncode, done.stdout) == (0, f"{tmp_path / 'ca' / 'ca.pem'}\n")
    assert b"BEGIN CERTIFICATE" in (tmp_path / "ca" / "ca.pem").read_bytes()
    assert run("mockserver", "ca").returncode == 2
    (tmp_path / "file").touch()
    done = run("mockserver", "ca", "--ca-dir", str(tmp_path / "file"))
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    done = run("mockserver", "ca", "--ca-dir", str(tmp_path / "ca"), "--tls-name", "box.example")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
    assert "it may not sign for box.example, only for tiktokapis.com" in done.stderr


@contextmanager
def serving_tls(*arguments: str, ready: Path) -> Iterator[dict[str, str]]:
    with serving("--tls", "--quiet", "--ready-file", str(ready), *arguments):
        yield json.loads(ready.read_text())


def test_exports_of_a_server_of_https_name_what_to_trust(tmp_path: Path) -> None:
    with serving_tls(ready=tmp_path / "ready") as facts:
        assert facts["url"].startswith("https://127.0.0.1:")
        done = run("mockserver", "env", "--ready-file", str(tmp_path / "ready"))
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
            assert f"export {name}={facts['ca_bundle']}\n" in f"{done.stdout}\n"
        context = ssl.create_default_context(cafile=facts["ca_bundle"])
        with urllib.request.urlopen(f"{facts['url']}/_mock/health", timeout=30, context=context) as answer:
            assert answer.status == 200
    assert not Path(facts["ca"]).exists()


def test_exec_serves_https_with_the_variables_to_trust_it() -> None:
    script = (
        "import os, urllib.request as u\n"
        "url = os.environ['TIKTOK_MOCK_URL']\n"
        "print(url[:8], u.urlopen(f'{url}/_mock/health').status)"
    )
    done = run("mockserver", "exec", "--tls", "--quiet", "--", sys.executable, "-c", script, **environment())
    assert (done.returncode, done.stdout) == (0, "https:// 200\n"), done.stderr
