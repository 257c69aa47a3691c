"""Uploaders that are wrong in one way each: `python broken.py NAME [UPLOAD_URL]`, told the rest by TIKTOK_*.

A name is a class of the modules beside this one, in kebab case.
"""

import importlib
import os
import re
import sys
from pathlib import Path

MODULES = ("plans", "puts", "verdicts", "retries", "refusals")


def class_name(name: str) -> str:
    """`goes-on-after-403` is GoesOnAfter403."""
    return re.sub(r"(?:^|-)(\w)", lambda found: found[1].upper(), name)


def main(name: str, upload_url: str | None = None) -> int:
    """The exit code; 2 where nobody has that name."""
    for module in map(importlib.import_module, MODULES):
        if broken := getattr(module, class_name(name), None):
            return int(broken(upload_url).run())
    return 2


def run_with(name: str, environment: dict[str, str]) -> None:
    """Be the client, in a process that was forked for it."""
    os.environ.update(environment)
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - until the process ends
    sys.exit(main(name, environment.get("TIKTOK_UPLOAD_URL")))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
