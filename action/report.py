"""What the mock of a job saw: a table for the job's summary, its journal as files. Then the mock is stopped.

Usage: report.py READY_FILE FOLDER. Prints Markdown; writes journal.jsonl and uploads.json into FOLDER.
Exit code 1, and a sentence on stderr, where the mock does not answer or tell; 2 under MOCK_FAIL_ON_REFUSED=true
where it refused something, or nothing came. Nothing but the standard library.
"""

import http
import json
import os
import signal
import ssl
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

SHOWN = 20
SECONDS = 10
_MARKUP = "&<>|`*_[]\\#@~"


def main(ready: Path, folder: Path) -> int:
    try:
        facts = json.loads(ready.read_text())
    except (OSError, ValueError) as error:
        return _nothing_known(f"the mock does not answer, so that nothing is known of this job: {error}")
    try:
        return _report(facts, folder)
    finally:
        _stop(facts["pid"], ready)


def _nothing_known(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 1


def _report(facts: dict[str, Any], folder: Path) -> int:
    try:
        journal, uploads, faults = (_asked(facts, name) for name in ("journal", "uploads", "faults"))
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.UNAUTHORIZED:
            return _nothing_known(
                "the mock does not tell without its control token: set TIKTOK_MOCK_CONTROL_TOKEN in the job's env "
                "instead of --control-token in args"
            )
        return _nothing_known(f"the mock does not tell what it saw, it answers with {error.code} {error.reason}")
    except (OSError, ValueError) as error:
        return _nothing_known(f"the mock does not answer, so that nothing is known of this job: {error}")
    entries = journal["entries"]
    with (folder / "journal.jsonl").open("w") as out:
        out.writelines(json.dumps(entry) + "\n" for entry in entries)
    (folder / "uploads.json").write_text(json.dumps(uploads, indent=1) + "\n")
    refused = _refused(entries)
    print("\n".join(_markdown(entries, uploads["uploads"], faults["faults"], refused, journal["dropped"])))
    if os.environ.get("MOCK_FAIL_ON_REFUSED") != "true" or (entries and not refused):
        return 0
    sys.stderr.write(
        "TikTok would have refused something; the job's summary says what and why\n"
        if refused
        else "no request came to the mock: TIKTOK_API_BASE, in the environment of each step, says where it is\n"
    )
    return 2


def _asked(facts: dict[str, Any], name: str) -> Any:
    anybody = ssl.create_default_context()  # It is on this machine, whatever name its certificate is for.
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    token = os.environ.get("TIKTOK_MOCK_CONTROL_TOKEN")
    request = urllib.request.Request(f"{facts['control_url']}/{name}")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    handlers = urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=anybody)
    with urllib.request.build_opener(*handlers).open(request, timeout=SECONDS) as answer:
        return json.load(answer)


def _refused(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Answers of 4xx and 5xx that were the uploader's own doing: no fault struck them, nor their upload before."""
    struck: set[str] = set()
    refused = []
    for entry in entries:
        upload = entry["upload_id"]
        if entry["fault"] is not None:
            struck.add(upload)
        elif entry["answer"] and entry["answer"]["status"] >= 400 and (upload is None or upload not in struck):
            refused.append(entry)
    return refused


def _markdown(
    entries: list[dict[str, Any]],
    uploads: list[dict[str, Any]],
    faults: list[dict[str, Any]],
    refused: list[dict[str, Any]],
    dropped: int,
) -> list[str]:
    complete = sum(upload["complete"] for upload in uploads)
    lines = ["### tiktok-upload-mock", ""]
    lines += [
        f"Uploads: {len(uploads)}, {complete} complete. Requests: {len(entries)}, {len(refused)} refused.",
        "",
    ]
    if dropped:
        lines += [f"{dropped} older requests are no longer in the journal.", ""]
    if refused:
        lines += ["| answer | request | range | clause | why |", "|---|---|---|---|---|"]
        for entry in refused[:SHOWN]:
            asked = f"{entry['request']['method']} {entry['request']['target'].partition('?')[0]}"
            cells = [entry["answer"]["status"], asked, entry["content_range"], entry["clause"], entry["reason"]]
            lines.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
        if len(refused) > SHOWN:
            lines.append(f"\nand {len(refused) - SHOWN} more, in journal.jsonl")
        lines.append("")
    for fault in faults:
        if fault["left"]:
            on = json.dumps({name: fault[name] for name in ("on", "when", "do")})
            lines.append(
                f"- Fault {fault['id']} did not strike as often as it was to (fired {fault['fired']}): {_cell(on)}"
            )
    return lines


def _cell(value: object) -> str:
    """What a client sent is text here, and no markup."""
    text = "" if value is None else " ".join(str(value).split())
    return "".join(f"&#{ord(one)};" if one in _MARKUP else one for one in text)


def _stop(pid: int, ready: Path) -> None:
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    until = time.monotonic() + SECONDS
    while ready.exists() and time.monotonic() < until:
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
