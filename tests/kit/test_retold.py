"""What broke a target is told again with curl: the lines are run, and the last answer is the same."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from conformance.exchange import Answer, Exchange
from conformance.retold import retold
from mockserver.config import Config
from mockserver.protocol.rules import DOCUMENTED
from support.commands import SECONDS, run
from support.servers import ThreadServer

BROKEN = {
    "off_plan": "accept",
    "final_status": "200",
    "content_type": "415",
    "wrong_token": "403",
    "repeat": "accept",
    "missing_range": "416",
    "missing_length": "411",
}
INIT = '"$API"/v2/post/publish/video/init/'
CASES = ("S-CHUNK-2*", "S-ORDER-*", "S-HEAD-*", "S-URL-*", "S-PLAN-*", "S-INIT-*", "S-STATUS-*")
pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="this machine has no curl")


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[dict[str, Any]]]:
    """Cases of the tables that a server failed which goes against several readings; it still runs."""
    rules = DOCUMENTED.with_mb(1000)
    for name, value in BROKEN.items():
        rules = rules.with_rule(name, value)
    report = tmp_path_factory.mktemp("report") / "report.json"
    with ThreadServer(Config(rules=rules)) as server:
        chosen = [word for one in CASES for word in ("--only", one)]
        options = ("--mb", "1000", "--profile", "documented", "--skip", "*/stories", "--json", str(report))
        done = run("conformance", "server", "--api-base", server.url, *options, *chosen)
        assert done.returncode == 1, done.stderr
        cases = [case for clause in json.loads(report.read_text())["clauses"] for case in clause["cases"]]
        yield [case for case in cases if case["result"] == "fail"]


def test_the_last_answer_is_the_one_that_broke_the_clause(broken: list[dict[str, Any]]) -> None:
    assert len(broken) > 20
    compared = 0
    for case in broken:
        *setup, last = case["curl"]
        if last.startswith("#") or not case["exchange"][-1]["answers"]:
            continue
        done = subprocess.run(
            ["sh", "-c", "\n".join([*setup, "echo '== last'", last])],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        said = done.stdout.partition("== last\n")[2]
        statuses = re.findall(r"^HTTP/1\.1 (\d+)", said, re.MULTILINE)
        wanted = case["exchange"][-1]["answers"][-1]["status"]
        assert statuses[-1:] == ([str(wanted)] if wanted else []), (case["id"], case["curl"], done)
        compared += 1
    assert compared > 20


def test_a_token_of_the_users_is_told_nowhere() -> None:
    asked = Exchange(0.0)
    asked.wrote(b"POST /a/v2/post/publish/video/init/ HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer secret\r\n\r\n")
    url = "http://h/a/video/?upload_id=7&upload_token=hidden"
    body = json.dumps({"data": {"upload_url": url, "publish_id": "v_1"}}).encode()
    asked.answered(Answer(200, (), body))
    put = Exchange(0.0)
    put.wrote(b"PUT /a/video/?upload_id=7&upload_token=hidden HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
    stray = Exchange(0.0)
    stray.wrote(b"PUT /a/video/?upload_id=8&upload_token=hidden2 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
    other = Exchange(0.0)
    other.wrote(b"POST /a/v2/x/ HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer control\r\nContent-Length: 0\r\n\r\n")
    lines = retold([asked, put, stray, other], "http://h/a", "secret", told=False)
    text = "\n".join(lines)
    assert not [word for word in ("secret", "hidden", "control") if word in text]
    assert lines[:3] == (
        "API=http://h/a",
        "TOKEN=${TOKEN:-...}",
        'INIT1=$(curl -sS -H Expect: -X POST -H "Authorization: Bearer $TOKEN" -H Content-Type: ' + INIT + ")",
    )
    assert lines[4].startswith("head -c 3 /dev/zero | curl -sS -H Expect: -X PUT ")
    assert lines[4].endswith(" --data-binary @- \"$URL1\" -i -w '\\n'")
    assert lines[5] == (
        "# not for curl: PUT /a/video/?upload_id=8&upload_token=*** HTTP/1.1, to a URL that is nobody's"
    )


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01",
        b"PUT /video/\r\nHost: h\r\n\r\n",
        b"PUT /video/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"PUT /video/ HTTP/1.1\r\nno colon\r\n\r\n",
    ],
)
def test_what_curl_cannot_send_is_said(sent: bytes) -> None:
    one = Exchange(0.0)
    one.wrote(sent)
    (line,) = retold([one], "http://h", "t", told=True)[2:]
    assert line.startswith("# not for curl: ")
    assert "\n" not in line
