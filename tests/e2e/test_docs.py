"""The code blocks of README and docs are run, and their outputs are real."""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mockserver.protocol.rules import PROFILES, SWITCHES
from support.commands import environment

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROMPT, CONTINUED = "$ ", "> "


def steps_of(page: str) -> list[tuple[str, str]]:
    """Commands of a page's console blocks, each with the output that the page shows."""
    steps: list[tuple[str, str]] = []
    for block in BLOCK.findall(page):
        for line in block.splitlines(keepends=True):
            if line.startswith(PROMPT):
                steps.append((line.removeprefix(PROMPT), ""))
            elif line.startswith(CONTINUED):
                steps[-1] = (steps[-1][0] + line.removeprefix(CONTINUED), "")
            else:
                steps[-1] = (steps[-1][0], steps[-1][1] + line)
    return steps


def matches(shown: str, printed: str) -> bool:
    """`...` on the page stands for anything."""
    pattern = ".*".join(re.escape(part) for part in re.split(r"\.\.\.(?!\.)", shown.strip()))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")
def test_console_blocks_of_the_readme(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    steps = steps_of((ROOT / "README.md").read_text().replace("8080", port))
    assert len(steps) >= 10
    mark = "-- end of step --"
    script = ["trap 'kill $(jobs -p)' EXIT"]
    for command, _ in steps:
        # A command in the background is a server: its ready line is what the page shows.
        wait = (
            "until [ -s ready.txt ]; do read -rt 0.02 <> <(:) || :; done; cat ready.txt"
            if "&\n" in command
            else ""
        )
        script += [command.replace(" &\n", " > ready.txt &\n"), wait, f"echo; echo '{mark}'"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-u", "-c", "\n".join(script)],
        cwd=tmp_path,
        env=environment(PATH=path),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done
    outputs = done.stdout.split(mark)
    for (command, shown), printed in zip(steps, outputs, strict=False):
        assert matches(shown, printed), f"{command}\nshown:\n{shown}\nprinted:\n{printed}\n{done.stderr}"


def test_rules_page_has_every_switch_with_its_values_and_profiles() -> None:
    rows = {}
    for line in (ROOT / "docs" / "rules.md").read_text().splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            rows[cells[0].strip("`")] = cells[1:]
    assert set(rows) == {"mb", "largest_video", *SWITCHES}
    for name, choices in SWITCHES.items():
        values, observed, strict, _ = rows[name]
        assert re.findall(r"`([^`]+)`", values) == [str(choice.value) for choice in choices]
        for profile, cell in (("observed", observed), ("strict", strict)):
            shown = cell.strip("`") or str(choices[0].value)
            assert getattr(PROFILES[profile], name).value == shown, (profile, name)
        assert getattr(PROFILES["documented"], name) is choices[0]
