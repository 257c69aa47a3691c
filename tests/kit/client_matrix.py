"""Every broken client through every scenario, and the good ones too: docs/detection-client.md.

`python tests/kit/client_matrix.py` compares what it finds with the page, `--write` rewrites the page.
"""

import argparse
import difflib
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "kit" / "clients")]

import broken  # noqa: E402

from conformance.cases import Outcome  # noqa: E402
from conformance.client.files import Files  # noqa: E402
from conformance.client.judging import Trying, try_all  # noqa: E402
from conformance.client.launcher import Client, CommandClient, Ended, Glance, Job  # noqa: E402
from conformance.client.mock import Mocks  # noqa: E402
from conformance.client.scenario import Scenario, load_scenarios  # noqa: E402
from conformance.client.trying import Bench, Terms  # noqa: E402
from support.uploaders import BROKEN, GOOD, Broken, lacking, sentences  # noqa: E402

PAGE = ROOT / "docs" / "detection-client.md"
SECONDS, REAL_SECONDS = 12, 60
PROCESSING = ("--publish-delay", "6")
"""Instead of 35 s."""

AT_A_TIME, JOBS = 3, 4
SCENARIOS = load_scenarios()
HEAD = """# Broken clients, and what they are caught by

Made by `tests/kit/client_matrix.py` and compared in CI; do not edit. Each client of `tests/kit/clients/` is an
uploader that passes every scenario, but for one deviation. "Caught by" is the clause that it has to fail under and
the scenario that shows it; "also red" are the other clauses that fail somewhere in a full run. A run has one
cause: of several clauses broken in it the first is red; what came of it is skipped.

| client | what is wrong with it | caught by | also red |
|---|---|---|---|
"""


class Forked:
    """One of the Python clients, forked from a process that has loaded them: a tenth of the cost of a new one."""

    def __init__(self, client: Broken) -> None:
        self.handed = client.handed
        self._name = client.name
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["__main__", *broken.MODULES])

    def run(self, job: Job, seconds: float, glance: Glance) -> Ended:
        """Upload once."""
        began = time.monotonic()
        process = self._context.Process(target=upload, args=(self._name, job.environment()), daemon=True)
        process.start()
        while process.is_alive() and time.monotonic() - began < seconds:
            glance()
            process.join(0.02)
        code = process.exitcode
        process.kill()
        process.join()
        return Ended(code, time.monotonic() - began)


def upload(name: str, environment: dict[str, str]) -> None:
    """What the forked process does."""
    os.environ.update(environment)
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - until the process ends
    sys.exit(broken.main(name, environment.get("TIKTOK_UPLOAD_URL")))


def red_of(client: Client, mocks: Mocks, files: Files, terms: Terms, scenarios: Sequence[Scenario]) -> set[str]:
    """The ids that fail, and the kit's own errors."""
    bench = Bench(client, mocks, files, terms)
    tried = try_all(bench, scenarios, Trying(terms, jobs=JOBS, large=terms.mb is None))
    findings = [finding for one in tried for finding in one.findings]
    red = {one.case.id for one in findings if one.outcome is Outcome.FAIL}
    return red | {f"{one.case.id}: {one.reason}" for one in findings if one.outcome is Outcome.ERROR}


def scenarios_for(client: Broken) -> list[Scenario]:
    """All of them; in real units those that show something there."""
    if client.mb is None:
        return [one for one in SCENARIOS if one.id in ("plain", client.scenario)]
    return [
        replace(one, options=PROCESSING) if one.id == "long-processing" else one
        for one in SCENARIOS
        if not one.large
    ]


class Table:
    """The rows, as they are found."""

    def __init__(self, mocks: Mapping[int | None, Mocks], files: Files) -> None:
        self._mocks, self._files, self._told = mocks, files, sentences()
        self.missed: list[str] = []

    def row(self, client: Broken) -> str:
        """One client's line."""
        runner = Forked(client) if client.forkable else CommandClient(client.command)
        terms = Terms(SECONDS if client.mb else REAL_SECONDS, client.mb)
        red = red_of(runner, self._mocks[client.mb], self._files, terms, scenarios_for(client))
        shown = f"{client.clause}/{client.scenario}"
        if shown not in red:
            self.missed.append(f"{client} is not caught under {shown}, but under {sorted(red)}")
        also = sorted({one.partition("/")[0] for one in red} - {client.clause})
        sentence = client.sentence or self._told[broken.class_name(client.name)]
        units = "" if client.mb else " (real units)"
        print(f"{client}: {len(red)} red", flush=True)
        return f"| `{client}` | {sentence} | {client.clause} in `{client.scenario}`{units} | {', '.join(also)} |"

    def good(self, name: str) -> None:
        """A good one: nothing may be red."""
        terms = Terms(REAL_SECONDS, 1000)
        red = red_of(CommandClient(GOOD[name]), self._mocks[1000], self._files, terms, SCENARIOS)
        self.missed += [f"false alarm about {name}: {one}" for one in sorted(red)]
        print(f"{name}: {len(red)} red", flush=True)


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="rewrite the page")
    parser.add_argument("names", nargs="*", help="only these, and no page")
    options = parser.parse_args()
    if lacks := sorted({why for one in BROKEN if (why := lacking(one.command))}):
        print(*lacks, sep="\n", file=sys.stderr)
        return 3
    broken_ones = [one for one in BROKEN if not options.names or one.name in options.names]
    good_ones = [name for name in GOOD if not options.names or name in options.names]
    with (
        tempfile.TemporaryDirectory() as folder,
        Mocks("--mb", "1000") as small,
        Mocks() as real,
        ThreadPoolExecutor(AT_A_TIME) as pool,
    ):
        table = Table({1000: small, None: real}, Files(Path(folder), 0))
        good = [pool.submit(table.good, name) for name in good_ones]
        rows = list(pool.map(table.row, broken_ones))
        for one in good:
            one.result()
    return report(rows, table.missed, options)


def report(rows: list[str], missed: list[str], options: argparse.Namespace) -> int:
    """Print what is wrong, and write or compare the page."""
    print(*missed, sep="\n", file=sys.stderr)
    if options.names:
        print(*rows, sep="\n")
        return 1 if missed else 0
    page = HEAD + "\n".join(rows) + f"\n\n{len(rows)} broken clients. No false alarm about {', '.join(GOOD)}.\n"
    if options.write and not missed:
        PAGE.write_text(page)
    elif not PAGE.exists() or PAGE.read_text() != page:
        told = difflib.unified_diff(
            PAGE.read_text().splitlines(), page.splitlines(), "committed", "found", lineterm=""
        )
        print(*told, f"{PAGE.name} is not what was found; --write rewrites it", sep="\n", file=sys.stderr)
        return 1
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
