"""What the environment of an intercepted command holds."""

import sys
from pathlib import Path

import pytest

from mockserver.intercept.variables import Variables, intercepted
from mockserver.tls.certificate import Trust
from support.commands import run

TRUST = Trust(ca=Path("/ca dir/ca.pem"), bundle=Path("/b.pem"), java=Path("/ca dir/t.p12"), php=Path("/php"))
NOT_TRUSTED = (
    "tiktok-mock: TikTok's hosts were reached, and nothing was asked: "
    "CMD does not trust the CA that SSL_CERT_FILE and its like name, "
    "or the certificate does not name HOST: --tls-name HOST"
)


def test_what_is_there_is_kept_replaced_removed_and_added_to() -> None:
    before = {"PATH": "/bin", "NO_PROXY": "*", "SSL_CERT_FILE": "/x", "JAVA_TOOL_OPTIONS": "-Xmx1g"}
    variables = intercepted(TRUST, put={"HTTPS_PROXY": "http://p"}, java=["-Da=b"], removed=["NO_PROXY"])
    after = variables.applied_to(before)
    java = (
        '-Xmx1g -Djavax.net.ssl.trustStore="/ca dir/t.p12" -Djavax.net.ssl.trustStoreType=PKCS12 '
        "-Djavax.net.ssl.trustStorePassword=changeit -Da=b"
    )
    ca = "/ca dir/ca.pem"
    assert after == {
        "PATH": "/bin",
        "SSL_CERT_FILE": ca,
        "REQUESTS_CA_BUNDLE": ca,
        "CURL_CA_BUNDLE": ca,
        "HTTPLIB2_CA_CERTS": ca,
        "NODE_EXTRA_CA_CERTS": ca,
        "DENO_CERT": ca,
        "HTTPS_PROXY": "http://p",
        "JAVA_TOOL_OPTIONS": java,
        "PHP_INI_SCAN_DIR": ":/php",
    }
    assert before["NO_PROXY"] == "*"
    assert Variables().applied_to(before) == before


def test_php_reads_its_own_settings_too() -> None:
    assert Variables(php="/ours").applied_to({"PHP_INI_SCAN_DIR": "/theirs"}) == {
        "PHP_INI_SCAN_DIR": "/theirs:/ours"
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {}),
        ({"NO_PROXY": "corp"}, {"NO_PROXY": "corp"}),
        ({"http_proxy": "http://p"}, {"NO_PROXY": "127.0.0.1,::1", "no_proxy": "127.0.0.1,::1"}),
        (
            {"HTTPS_PROXY": "http://p", "NO_PROXY": "corp"},
            {"NO_PROXY": "corp,127.0.0.1,::1", "no_proxy": "corp,127.0.0.1,::1"},
        ),
        (
            {"ALL_PROXY": "http://p", "NO_PROXY": "", "no_proxy": "corp"},
            {"NO_PROXY": "corp,127.0.0.1,::1", "no_proxy": "corp,127.0.0.1,::1"},
        ),
        ({"http_proxy": "http://p", "no_proxy": " * "}, {"NO_PROXY": "*", "no_proxy": "*"}),
        ({"http_proxy": "http://p", "no_proxy": "", "NO_PROXY": "*"}, {"NO_PROXY": "*", "no_proxy": "*"}),
        (
            {"http_proxy": "http://p", "no_proxy": "corp", "NO_PROXY": "*"},
            {"NO_PROXY": "*", "no_proxy": "corp,127.0.0.1,::1"},
        ),
    ],
)
def test_no_proxy_of_the_machine_is_asked_for_the_mock(before: dict[str, str], after: dict[str, str]) -> None:
    proxies = {name: value for name, value in before.items() if "NO" not in name.upper()}
    assert Variables(direct=("127.0.0.1", "::1")).applied_to(before) == proxies | after
    assert Variables().applied_to(before) == before


def test_command_without_interception_reaches_the_mock_past_the_machines_proxy() -> None:
    script = (
        "import os, urllib.request as u; print(u.urlopen(os.environ['TIKTOK_MOCK_URL'] + '/_mock/health').status)"
    )
    more = {"http_proxy": "http://proxy.invalid:1"}
    done = run("mockserver", "exec", "--quiet", "--", sys.executable, "-c", script, **more)
    assert (done.stdout, done.returncode) == ("200\n", 0), done.stderr


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ([], ""),
        (["--public-url", "http://tiktok.test:8080"], ",tiktok.test"),
        (["--tls", "--upload-host", "up.localhost"], ",up.localhost"),
    ],
)
def test_names_that_the_mock_was_given_are_past_the_proxy_too(options: list[str], named: str) -> None:
    script = "import os; print(os.environ['NO_PROXY'])"
    more = {"ALL_PROXY": "http://proxy.invalid:1"}
    done = run("mockserver", "exec", "--quiet", *options, "--", sys.executable, "-c", script, **more)
    assert done.stdout == f"127.0.0.1,localhost,::1{named}\n"


def test_command_behind_the_proxy_sees_no_other_proxy_and_no_exception() -> None:
    script = (
        "import os\n"
        "names = 'HTTPS_PROXY https_proxy HTTP_PROXY http_proxy ALL_PROXY all_proxy NO_PROXY no_proxy'\n"
        "print([os.environ.get(name, '')[:17] for name in names.split()])\n"
        "import urllib.request as u\n"
        "print(u.build_opener(u.ProxyHandler()).open(os.environ['TIKTOK_MOCK_URL'] + '/_mock/health').status)\n"
        "try: u.urlopen('https://refused.invalid/')\n"
        "except OSError as error: print(error)"
    )
    theirs = dict.fromkeys(("HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "ALL_PROXY"), "http://proxy.invalid:1")
    done = run(
        "mockserver", "exec", "--quiet", "--intercept", "proxy", "--", sys.executable, "-c", script,
        NO_PROXY="tiktokapis.com", **theirs,
    )  # fmt: skip
    ours = "http://127.0.0.1:"
    assert done.stdout.splitlines() == [
        str([ours, ours, "", "", "", "", "", ""]),
        "200",
        "<urlopen error Tunnel connection failed: 403 Forbidden>",
    ]
    assert done.stderr.splitlines()[1] == "tiktok-mock: the proxy refused refused.invalid:443 (once)"


def test_command_that_does_not_trust_the_ca_is_told_of() -> None:
    script = (
        "import ssl, urllib.request as u\n"
        "context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)\n"
        "try: u.urlopen('https://open.tiktokapis.com/', context=context)\n"
        "except OSError as error: print('self-signed' in str(error) or 'issuer' in str(error))"
    )
    done = run("mockserver", "exec", "--quiet", "--intercept", "proxy", "--", sys.executable, "-c", script)
    assert done.stdout == "True\n"
    assert done.stderr.splitlines()[-1] == NOT_TRUSTED.replace("HOST", "open.tiktokapis.com")


@pytest.mark.parametrize("options", [[], ["--tls-name", "open-upload.eu.tiktokapis.com"]])
def test_host_that_the_certificate_does_not_name_is_told_of(options: list[str]) -> None:
    script = (
        "import urllib.request as u\n"
        "try: u.urlopen('https://open-upload.eu.tiktokapis.com/v2/')\n"
        "except OSError as error: print(getattr(error, 'code', 'mismatch' in str(error)))"
    )
    options = ["--quiet", "--intercept", "proxy", *options]
    done = run("mockserver", "exec", *options, "--", sys.executable, "-c", script)
    told = NOT_TRUSTED.replace("HOST", "open-upload.eu.tiktokapis.com")
    assert (done.stdout, told in done.stderr) == (("404\n", False) if options[3:] else ("True\n", True))


def test_command_that_only_steers_is_not_told_that_it_asked_nothing() -> None:
    script = (
        "import urllib.request as u\n"
        "try: u.urlopen('https://open.tiktokapis.com/_mock/health')\n"
        "except OSError as error: print(error)"
    )
    done = run("mockserver", "exec", "--quiet", "--intercept", "proxy", "--", sys.executable, "-c", script)
    assert done.stdout == "HTTP Error 403: Forbidden\n"
    why = "Host 'open.tiktokapis.com' is not a name of this server; --allow-host NAME makes it one"
    assert done.stderr.splitlines() == [
        "tiktok-mock: 0 uploads, 0 complete; 0 requests, 0 refused",
        f"tiktok-mock: the control surface refused  403  GET  /_mock/health  {why}",
    ]
