"""The uploaders of tests/kit/clients: good ones, and broken ones with the clause that each is caught under."""

import ast
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CLIENTS = Path(__file__).parents[1] / "kit" / "clients"
URL = "{upload_url}"
_PYTHON = (sys.executable, "-S", str(CLIENTS / "broken.py"))
_NODE = ("node", str(CLIENTS / "broken.mjs"))
_CURL = ("sh", str(CLIENTS / "broken.sh"))

GOOD = {
    "Python": (sys.executable, str(CLIENTS / "uploader.py")),
    "Python, handed": (sys.executable, str(CLIENTS / "uploader.py"), URL),
    "Node": ("node", str(CLIENTS / "uploader.mjs")),
    "curl, handed": ("sh", str(CLIENTS / "uploader.sh"), URL),
    "tiktok-upload": (
        *(sys.executable, "-m", "client_reference", "{file}", "--api-base", "{api_base}"),
        *("--token", "{token}", "--mb", "{mb}"),
    ),
}
EXAMPLES = Path(__file__).parents[2] / "examples"
TO_COPY = {
    "examples/python-requests": (sys.executable, str(EXAMPLES / "python-requests" / "uploader.py"), "{file}"),
    "examples/python-aiohttp": (sys.executable, str(EXAMPLES / "python-aiohttp" / "uploader.py"), "{file}"),
    "examples/node": ("node", str(EXAMPLES / "node" / "uploader.mjs"), "{file}"),
    "examples/php": ("php", str(EXAMPLES / "php" / "uploader.php"), "{file}"),
    "examples/curl": ("sh", str(EXAMPLES / "curl" / "upload.sh"), "{file}"),
}
"""What readers of the examples copy has to be as good; in the matrix, for it takes a minute each."""


def lacking(command: tuple[str, ...]) -> str:
    """Why the command cannot run here, "" where it can."""
    tools = {"node": ("node",), "sh": ("sh", "curl"), "php": ("php",)}.get(command[0], ())
    return "".join(f"this machine has no {tool}" for tool in tools if shutil.which(tool) is None)


@dataclass(frozen=True, slots=True)
class Broken:
    """A broken client: `clause` has to fail in `scenario`, and in all scenarios together the clauses `also` too.

    `mb` None: it shows in real units only. `races`: whether it shows in a plain upload is chance; if not there,
    it does in `scenario`, and in the others whatever chance makes of it.
    """

    name: str
    clause: str
    scenario: str
    sentence: str = ""
    handed: bool = False
    mb: int | None = 1000
    seconds: float = 20.0
    also: str = ""
    races: bool = False

    @property
    def command(self) -> tuple[str, ...]:
        """Its command line."""
        runner = {"fetch": _NODE, "curl": _CURL}.get(self.name.partition("-")[0], _PYTHON)
        return (*runner, self.name, *([URL] if self.handed else []))

    @property
    def red(self) -> frozenset[str]:
        """The clauses that it breaks in some scenario."""
        return frozenset({self.clause, *self.also.split()})

    @property
    def shown(self) -> frozenset[str]:
        """The cases of which one has to be red."""
        return frozenset(f"{self.clause}/{one}" for one in (self.scenario, *(["plain"] if self.races else [])))

    @property
    def forkable(self) -> bool:
        """Whether the matrix can fork it instead of starting it: a Python one whose memory says nothing."""
        return self.name.partition("-")[0] not in ("fetch", "curl") and self.clause != "C-MEMORY"

    def __str__(self) -> str:
        return self.name


@cache
def _sentences() -> dict[str, str]:
    """What is wrong about each of the Python ones: the first line of its class."""
    told = {}
    for module in ("plans", "puts", "verdicts", "retries", "refusals"):
        for node in ast.parse((CLIENTS / f"{module}.py").read_text()).body:
            if isinstance(node, ast.ClassDef):
                told[node.name] = (ast.get_docstring(node) or "").partition("\n")[0]
    return told


_NO_RETRY = "C-RETRY-CUT C-RETRY-LOST-ANSWER C-RETRY-LOST-FINAL C-RETRY-STALL"

CHAPTERS = {
    "The plan and the file": (
        Broken("ceil-count", "C-PLAN", "plain"),
        Broken("ceil-minus-one", "C-PLAN", "chunks-of-10-million"),
        Broken("floor-to-zero", "C-PLAN", "one-chunk"),
        Broken("runt-last-chunk", "C-PLAN", "plain"),
        Broken("all-in-one", "C-PLAN", "a-byte-above-64-mb"),
        Broken("chunk-size-above-file", "C-PLAN", "one-chunk"),
        Broken("chunks-of-one-megabyte", "C-PLAN", "plain"),
        Broken("size-in-kilobytes", "C-PLAN", "plain"),
        Broken("five-decimal-megabytes", "C-PLAN", "plain", mb=None),
        Broken("guides-own-split", "C-PLAN-PORTABLE", "plain", mb=None),
        Broken("reads-the-file", "C-MEMORY", "a-gigabyte", mb=None),
    ),
    "A request": (
        Broken("exclusive-last", "C-HEADERS", "plain"),
        Broken("range-without-unit", "C-HEADERS", "plain"),
        Broken("chunk-as-total", "C-HEADERS", "plain"),
        Broken("whole-file-each-time", "C-HEADERS", "plain"),
        Broken("chunked-coding", "C-HEADERS", "plain"),
        Broken("octet-stream", "C-HEADERS", "plain"),
        Broken("token-on-put", "C-URL-NO-BEARER", "plain"),
        Broken("query-dropped", "C-URL-OPAQUE", "plain"),
        Broken("query-amended", "C-URL-OPAQUE", "plain"),
        Broken("query-reordered", "C-URL-OPAQUE", "plain"),
        Broken("chunks-swapped", "C-BYTES", "plain"),
        Broken("other-bytes-on-replay", "C-BYTES", "500-first"),
    ),
    "What an answer means": (
        Broken("parallel", "C-ORDER", "slow-network", races=True),
        Broken("each-chunk-twice", "C-ORDER", "plain"),
        Broken("progress-as-next", "C-ORDER", "plain"),
        Broken("partial-content-is-failure", "C-END", "plain"),
        Broken("only-two-hundred", "C-END", "plain"),
        Broken("success-too-early", "C-END", "plain"),
        Broken("success-before-the-answer", "C-END", "500-on-the-last-for-ever"),
        Broken("exits-with-zero", "C-END", "400-first", also="C-STATUS-POLL"),
        Broken(
            "body-must-be-json",
            "C-BODY-IGNORED",
            "empty-bodies",
            also="C-416-RESYNC C-RETRY-5XX C-RETRY-LOST-ANSWER C-RETRY-LOST-FINAL",
        ),
        Broken("body-must-be-null", "C-BODY-IGNORED", "json-body-first"),
        Broken("progress-demanded", "C-PROGRESS-READINGS", "no-progress"),
        Broken("progress-compared", "C-PROGRESS-READINGS", "last-index"),
        Broken("count-read-only", "C-PROGRESS-READINGS", "lost-under-last-index"),
        Broken("last-index-read-only", "C-416-RESYNC", "416-kept-already-first"),
    ),
    "Sending again": (
        Broken("no-retry", "C-RETRY-5XX", "503-first", also="C-RETRY-LOST-ANSWER C-RETRY-LOST-FINAL"),
        Broken("retries-only-once", "C-RETRY-5XX", "503-twice-first", also="C-RETRY-CUT"),
        Broken(
            "status-never-looked-at", "C-RETRY-5XX", "503-first", also="C-416-RESYNC C-END C-STOP-403 C-STOP-404"
        ),
        Broken(
            "middle-status-never-looked-at",
            "C-RETRY-5XX",
            "500-middle",
            handed=True,
            also="C-416-RESYNC C-STOP-400 C-STOP-403 C-STOP-404",
        ),
        Broken("next-after-server-error", "C-RETRY-5XX", "502-first"),
        Broken(
            "new-init-after-server-error",
            "C-RETRY-5XX",
            "504-middle",
            also="C-RETRY-LOST-ANSWER C-RETRY-LOST-FINAL",
        ),
        Broken("retries-for-ever", "C-RETRY-BOUNDED", "503-for-ever", seconds=5),
        Broken("retries-at-once", "C-RETRY-BACKOFF", "503-for-ever"),
        Broken("waits-the-same", "C-RETRY-BACKOFF", "503-for-ever"),
        Broken("ignores-retry-after", "C-RETRY-BACKOFF", "retry-after"),
        Broken(
            "no-retry-after-cut",
            "C-RETRY-CUT",
            "closed-before-the-body-first",
            also="C-RETRY-LOST-ANSWER C-RETRY-LOST-FINAL C-RETRY-STALL",
        ),
        Broken("next-after-cut", "C-RETRY-CUT", "reset-in-the-body-middle", also="C-RETRY-STALL"),
        Broken(
            "new-init-after-cut",
            "C-RETRY-CUT",
            "closed-after-the-body-first",
            also="C-RETRY-LOST-ANSWER C-RETRY-LOST-FINAL C-RETRY-STALL",
        ),
        Broken(
            "zero-after-cut",
            "C-RETRY-LOST-ANSWER",
            "lost-middle",
            also="C-RETRY-CUT C-RETRY-LOST-FINAL C-RETRY-STALL",
        ),
        Broken("new-init-after-lost-final", "C-RETRY-LOST-FINAL", "final-lost", also="C-RETRY-CUT"),
        Broken("lost-final-is-failure", "C-RETRY-LOST-FINAL", "final-lost", also="C-RETRY-5XX C-RETRY-CUT"),
        Broken("lost-final-is-success", "C-END", "closed-after-the-body-last", handed=True),
        Broken("hangs", "C-RETRY-STALL", "silent-after-the-body", seconds=3),
    ),
    "Refusals": (
        Broken("refusal-is-failure", "C-416-RESYNC", "416-kept-already-first", also="C-PROGRESS-READINGS"),
        Broken("zero-after-416", "C-416-RESYNC", "416-kept-already-middle", also="C-PROGRESS-READINGS"),
        Broken("next-after-416", "C-416-RESYNC", "416-chunk-wanted", handed=True),
        Broken("same-after-416", "C-416-RESYNC", "416-kept-already-first", also="C-PROGRESS-READINGS"),
        Broken("repeats", "C-STOP-400", "400-middle", also="C-STOP-403 C-STOP-404"),
        Broken("goes-on-after-400", "C-STOP-400", "400-first"),
        Broken("goes-on-after-403", "C-STOP-403", "expired-middle"),
        Broken("goes-on-after-404", "C-STOP-404", "forgotten-middle"),
        Broken("follows-redirects", "C-NO-REDIRECT", "redirect-307", also="C-RETRY-BOUNDED"),
    ),
    "The status": (
        Broken("polls-without-waiting", "C-STATUS-POLL", "long-processing"),
        Broken("polls-after-the-end", "C-STATUS-POLL", "one-chunk"),
        Broken("failed-is-success", "C-STATUS-POLL", "post-fails"),
        Broken("impatient-poller", "C-STATUS-POLL", "long-processing"),
    ),
    "As found in the wild": (
        Broken("fetch-ceil", "C-PLAN", "plain", "Node: Math.ceil, and a short last chunk."),
        Broken(
            "fetch-tutorial",
            "C-RETRY-5XX",
            "503-middle",
            "Node: the loop of most tutorials: any trouble is the end.",
            also=f"C-416-RESYNC {_NO_RETRY}",
        ),
        Broken(
            "fetch-promise-all",
            "C-ORDER",
            "slow-network",
            "Node: Promise.all over the chunks.",
            races=True,
        ),
        Broken(
            "fetch-json",
            "C-BODY-IGNORED",
            "empty-bodies",
            "Node: `await answer.json()` for each chunk, no look at the status.",
            also=f"C-416-RESYNC C-END C-RETRY-5XX {_NO_RETRY} C-STOP-403 C-STOP-404",
        ),
        Broken(
            "fetch-not-ok",
            "C-RETRY-5XX",
            "500-first",
            "Node: a fetch that is not rejected counts as a success.",
            also=f"C-416-RESYNC C-END {_NO_RETRY} C-STOP-403 C-STOP-404",
        ),
        Broken(
            "fetch-until-ok",
            "C-416-RESYNC",
            "416-kept-already-first",
            "Node: the same chunk again until it is taken.",
            also="C-PROGRESS-READINGS C-RETRY-BACKOFF C-RETRY-STALL C-STOP-400 C-STOP-403 C-STOP-404",
        ),
        Broken(
            "curl-blind",
            "C-END",
            "expired-last",
            "curl without --fail: exit code 0 for any answer.",
            handed=True,
            also=f"C-416-RESYNC C-RETRY-5XX {_NO_RETRY} C-STOP-403 C-STOP-404",
        ),
        Broken(
            "curl-fail",
            "C-RETRY-5XX",
            "503-first",
            "curl --fail: the first trouble is the end.",
            handed=True,
            also=f"C-416-RESYNC C-END {_NO_RETRY}",
        ),
        Broken(
            "curl-retry",
            "C-RETRY-CUT",
            "closed-in-the-body-middle",
            "curl --retry: 5xx only.",
            handed=True,
            also="C-416-RESYNC C-END C-RETRY-LOST-ANSWER C-RETRY-LOST-FINAL",
        ),
        Broken(
            "curl-location",
            "C-NO-REDIRECT",
            "redirect-307",
            "curl --location.",
            handed=True,
            also=f"C-416-RESYNC C-END C-RETRY-5XX {_NO_RETRY}",
        ),
        Broken(
            "curl-upload-file",
            "C-URL-OPAQUE",
            "plain",
            "curl --upload-file adds a file name to a path that ends in a slash.",
            handed=True,
        ),
        Broken(
            "curl-whole-file",
            "C-HEADERS",
            "plain",
            "curl --data-binary @FILE: the whole file and no Content-Range.",
            handed=True,
        ),
    ),
}
BROKEN = {client.name: client for chapter in CHAPTERS.values() for client in chapter}

_HEAD = """\
# What the judge of clients detects

<!-- Written by `python tests/kit/client_matrix.py --write`; `.ci/run` runs it and compares. -->

Each line is a broken client of `tests/kit/clients/`: an uploader that passes every scenario but for one deviation,
or one as they are found in the wild. All scenarios of `tiktok-conformance client` are run against each. "Caught
under" is the clause that has to turn red, in the scenario beside it; "also red" are the clauses that the same bug
breaks in other scenarios. In one run only the first thing that went wrong is red; what came of it is skipped.
`tiktok-conformance clauses` prints what each clause demands.

The good uploaders of that folder, over http.client, fetch and curl, the five of `examples/`, and `tiktok-upload`
are run in the same way: nothing turns red.
"""


def page() -> str:
    """docs/detection-client.md, as the table demands it."""
    return "\n".join([_HEAD, *_tables()]).rstrip() + "\n"


def _tables() -> Iterator[str]:
    for title, chapter in CHAPTERS.items():
        yield f"## {title}\n\n| broken client | what is wrong | caught under | in | also red |"
        yield "|---|---|---|---|---|"
        for one in chapter:
            sentence = one.sentence or _sentences()[class_name(one.name)]
            also = ", ".join(f"`{clause}`" for clause in sorted(one.red - {one.clause}))
            where = ("plain, or " if one.races else "") + one.scenario + ("" if one.mb else ", real units")
            yield f"| {one.name} | {sentence} | `{one.clause}` | {where} | {also} |"
        yield ""


def class_name(name: str) -> str:
    """`goes-on-after-403` is the class GoesOnAfter403."""
    return "".join(word.capitalize() for word in name.split("-"))
