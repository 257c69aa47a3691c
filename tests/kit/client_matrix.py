"""Runs every broken client through every scenario, and demands that each is caught where it has to be.

    python tests/kit/client_matrix.py [--write] [NAME...]

Each has to turn red the clauses that tests/support/uploaders.py names for it, and no other; the good ones none.
The table of all is docs/detection-client.md: --write writes it, and without it a page that differs is an error.
Ends with 0 if all is as it should be, else with 1.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":  # the forked clients load this file too
    sys.path[:0] = [str(HERE.parent), str(HERE / "clients")]
    from support.client_matrix import main

    sys.exit(main(sys.argv[1:]))
