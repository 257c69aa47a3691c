"""The broken clients, and the good ones, through all scenarios: what tests/kit/client_matrix.py runs."""

import multiprocessing
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

from broken import MODULES, run_with  # tests/kit/clients is on the path

from conformance.cases import Outcome
from conformance.client.files import Files
from conformance.client.judging import Trying, try_all
from conformance.client.launcher import Client, CommandClient, Ended, Glance, Job
from conformance.client.mock import Mocks
from conformance.client.scenario import Scenario, load_scenarios
from conformance.client.trying import Bench, Terms
from support.uploaders import BROKEN, GOOD, TO_COPY, Broken, lacking, page

PAGE: Final = Path(__file__).parents[2] / "docs" / "detection-client.md"
AT_ONCE, JOBS = 5, 4
SECONDS, REAL_SECONDS, GLANCE = 12, 60, 0.02
PROCESSING: Final = ("--publish-delay", "6")
"""Instead of the 35 s of long-processing."""

CAUGHT, QUIET = "caught", "no red line"
SCENARIOS: Final = load_scenarios()
HONEST: Final = {**TO_COPY, **GOOD}


_ONE_AT_A_TIME: Final = threading.Lock()
"""Each start looks at all children: an exit code that two threads ask for at once is lost to one of them."""


class Forked:
    """One of the Python clients, forked from a process that has loaded them: a tenth of the cost of a new one."""

    def __init__(self, client: Broken) -> None:
        self.handed = client.handed
        self._name = client.name
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["broken", *MODULES])

    def run(self, job: Job, seconds: float, glance: Glance) -> Ended:
        """Upload once."""
        began = time.monotonic()
        process = self._context.Process(target=run_with, args=(self._name, job.environment()), daemon=True)
        with _ONE_AT_A_TIME:
            process.start()
        hammered = False
        while not hammered and self._alive(process) and time.monotonic() - began < seconds:
            hammered = not glance()
            time.sleep(GLANCE)
        code = process.exitcode
        if code is None:
            process.kill()
            while self._alive(process):
                time.sleep(GLANCE)
        return Ended(code, time.monotonic() - began, hammered=hammered)

    @staticmethod
    def _alive(process: BaseProcess) -> bool:
        with _ONE_AT_A_TIME:
            return process.is_alive()


def scenarios_for(client: Broken) -> list[Scenario]:
    """All of them; in real units, and of one that races, those that show something."""
    if client.mb is None or client.races:
        return [one for one in SCENARIOS if one.id in ("plain", client.scenario)]
    return [
        replace(one, options=PROCESSING) if one.id == "long-processing" else one
        for one in SCENARIOS
        if not one.large
    ]


class Matrix:
    """All of them on one pool of mocks."""

    def __init__(self, mocks: Mapping[int | None, Mocks], files: Files) -> None:
        self._mocks, self._files = mocks, files

    def tried(self, name: str) -> tuple[str, float]:
        """What is to be said about a client, and the seconds that it took."""
        began = time.monotonic()
        said = self._good(name) if name in HONEST else self._broken(BROKEN[name])
        return said, time.monotonic() - began

    def _broken(self, client: Broken) -> str:
        runner = Forked(client) if client.forkable else CommandClient(client.command)
        terms = Terms(SECONDS if client.mb else REAL_SECONDS, client.mb)
        red, errors = self._red(runner, terms, scenarios_for(client))
        clauses = {one.partition("/")[0] for one in red}
        complaints = [] if client.shown & red else [f"spares {' or '.join(sorted(client.shown))}"]
        complaints += [f"spares {clause}" for clause in sorted(client.red - clauses)]
        complaints += [f"turns {one} red" for one in sorted(red) if one.partition("/")[0] not in client.red]
        return ", ".join(complaints + errors) or CAUGHT

    def _good(self, name: str) -> str:
        red, errors = self._red(CommandClient(HONEST[name]), Terms(REAL_SECONDS, 1000), list(SCENARIOS))
        return ", ".join([*(f"turns {one} red" for one in sorted(red)), *errors]) or QUIET

    def _red(self, client: Client, terms: Terms, scenarios: list[Scenario]) -> tuple[set[str], list[str]]:
        bench = Bench(client, self._mocks[terms.mb], self._files, terms)
        tried = try_all(bench, scenarios, Trying(terms, jobs=JOBS, large=terms.mb is None))
        found = [finding for one in tried for finding in one.findings]
        errors = [f"error in {one.case.id}: {one.reason}" for one in found if one.outcome is Outcome.ERROR]
        return {one.case.id for one in found if one.outcome is Outcome.FAIL}, errors


def main(arguments: list[str]) -> int:
    """Try them, a few at once."""
    began = time.monotonic()
    names = [name for name in arguments if name != "--write"] or [*HONEST, *BROKEN]
    if unknown := set(names) - {*HONEST, *BROKEN}:
        sys.exit(f"no client is called {', '.join(sorted(unknown))}")
    if lacks := {why for name in names if (why := lacking(HONEST.get(name) or BROKEN[name].command))}:
        sys.exit(", ".join(sorted(lacks)))
    good = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        Mocks("--mb", "1000") as small,
        Mocks() as real,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        matrix = Matrix({1000: small, None: real}, Files(Path(folder), 0))
        for name, (said, seconds) in zip(names, pool.map(matrix.tried, names), strict=True):
            good += said in (CAUGHT, QUIET)
            print(f"{seconds:5.1f} s  {name:32}  {said}", flush=True)
    print(f"{good} of {len(names)} clients are as told, {time.monotonic() - began:.0f} s")
    if "--write" in arguments:
        PAGE.write_text(page(), encoding="utf-8")
    same = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page()
    if not same:
        print("docs/detection-client.md is not what this makes of them: python tests/kit/client_matrix.py --write")
    return 0 if same and good == len(names) else 1
