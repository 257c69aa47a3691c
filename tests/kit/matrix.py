"""Runs the whole kit against every broken server, and demands that each is caught where it has to be.

    python tests/kit/matrix.py [--write] [NAME...]

Each has to turn red the clauses that tests/support/mutants_of_*.py name for it, and no other. The table of all is
docs/detection-server.md: --write writes it, and without it a page that differs is an error.
Ends with 0 if all is as it should be, else with 1.
"""

import logging
import multiprocessing
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from support.all_mutants import CHAPTERS, INVISIBLE, MUTANTS  # noqa: E402 - tests/ has to be on the path
from support.judged import judged  # noqa: E402
from support.mutants import MB  # noqa: E402

PAGE: Final = HERE.parents[1] / "docs" / "detection-server.md"
AT_ONCE: Final = 4
CAUGHT: Final = "caught"
HEAD: Final = """\
# What the judge of servers detects

<!-- Written by `python tests/kit/matrix.py --write`; `.ci/run` runs it and compares. -->

Each line is a broken server: our own mock with a line of it changed, or with its answers rewritten on their way.
All cases of `tiktok-conformance server` are run against each. "Caught under" is the clause that has to turn red;
"also red" are the clauses that the same bug breaks as well. No other clause turns red, and nothing is an error of
the kit. `tiktok-conformance clauses` prints what each clause demands.
"""


def page() -> str:
    """docs/detection-server.md, as the mutants demand it."""
    return "\n".join(
        [HEAD, *_tables(), "## What cannot be seen from outside\n", *(f"- {one}" for one in INVISIBLE), ""]
    )


def main(arguments: list[str]) -> int:
    """Try them, a few at once, each in a process that nothing else uses."""
    began = time.monotonic()
    names = [name for name in arguments if name != "--write"] or list(MUTANTS)
    if unknown := set(names) - MUTANTS.keys():
        sys.exit(f"no broken server is called {', '.join(sorted(unknown))}")
    good = 0
    with ProcessPoolExecutor(AT_ONCE, multiprocessing.get_context("spawn")) as pool:
        for name, (said, seconds) in zip(names, pool.map(_tried, names), strict=True):
            good += said == CAUGHT
            print(f"{seconds:5.1f} s  {name:32}  {said}", flush=True)
    print(f"{good} of {len(names)} broken servers are caught, {time.monotonic() - began:.0f} s")
    if "--write" in arguments:
        PAGE.write_text(page(), encoding="utf-8")
    same = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page()
    if not same:
        print("docs/detection-server.md is not what this makes of them: python tests/kit/matrix.py --write")
    return 0 if same and good == len(names) else 1


def _tried(name: str) -> tuple[str, float]:
    logging.disable()  # a bug that ends in a 500 leaves a traceback there
    mutant, began = MUTANTS[name], time.monotonic()
    with mutant.running() as url:
        told = judged(url, MB)
    complaints = [f"spares {clause}" for clause in sorted(mutant.red - told.red)]
    complaints += [f"turns {clause} red" for clause in sorted(told.red - mutant.red)]
    complaints += [f"error in {case}" for case in told.errors]
    return ", ".join(complaints) or CAUGHT, time.monotonic() - began


def _tables() -> Iterator[str]:
    for title, table in CHAPTERS.items():
        yield f"## {title}\n\n| broken server | what is wrong | caught under | also red |\n|---|---|---|---|"
        for name, one in table.items():
            also = ", ".join(f"`{clause}`" for clause in sorted(one.red - {one.clause}))
            yield f"| {name} | {one.sentence} | `{one.clause}` | {also} |"
        yield ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
