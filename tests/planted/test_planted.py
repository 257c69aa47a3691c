"""The planted bugs themselves: a patch that has become stale is seen at once. What they are for: check.py."""

import os
import shutil
import subprocess
import sys

import pytest

from planted.check import ROOT, Bug, git_apply, judge, read_bugs

BUGS = read_bugs()
RED = "tests/unit/test_x.py::test_y[z]"
NOT_JUDGED = "NOT JUDGED (pytest exit code {})"

by_name = pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)


@pytest.fixture(scope="module")
def node_ids() -> set[str]:
    """Every test of the files that the bugs name."""
    files = sorted({bug.red.partition("::")[0] for bug in BUGS})
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "--color=no"]
    run = subprocess.run(
        [*command, *files], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return set(run.stdout.splitlines())


def test_there_are_enough_bugs_in_every_room_of_the_core() -> None:
    touched = {line for bug in BUGS for line in bug.patch.read_text().splitlines() if line.startswith("+++ ")}
    assert len(BUGS) >= 14
    assert touched >= {
        f"+++ b/mockserver/protocol/{room}.py" for room in ("ranges", "source", "session", "answers", "rules")
    }


def test_vectors_units_and_machine_all_have_something_to_catch() -> None:
    files = {bug.red.partition("::")[0].rpartition("/")[2] for bug in BUGS}
    assert files >= {"test_vectors.py", "test_session.py", "test_machine.py"}


@by_name
def test_a_patch_still_applies(bug: Bug) -> None:
    if shutil.which("git") is None:
        pytest.skip("this machine has no git")
    applied = git_apply(bug.patch, ROOT, "--check")
    assert applied.returncode == 0, applied.stderr


@by_name
def test_a_patch_adds_one_line_and_takes_at_most_one_away(bug: Bug) -> None:
    lines = bug.patch.read_text().splitlines()
    assert sum(line.startswith("+") and not line.startswith("+++") for line in lines) == 1
    assert sum(line.startswith("-") and not line.startswith("---") for line in lines) <= 1


@by_name
def test_a_patch_names_a_test_that_exists(bug: Bug, node_ids: set[str]) -> None:
    assert bug.red in node_ids


@by_name
def test_a_patch_says_what_is_wrong(bug: Bug) -> None:
    assert bug.sentence.endswith(".")


@pytest.mark.parametrize(
    ("exit_code", "output", "said"),
    [
        pytest.param(1, f"FAILED {RED} - assert 1 == 2", "caught", id="red"),
        pytest.param(0, "1 passed", "SURVIVED", id="green"),
        pytest.param(1, f"ERROR {RED} - fixture", NOT_JUDGED.format(1), id="error-in-a-fixture"),
        pytest.param(1, "FAILED tests/unit/test_x.py::test_a", NOT_JUDGED.format(1), id="another-test"),
        pytest.param(2, "ERROR tests/unit/test_x.py - SyntaxError", NOT_JUDGED.format(2), id="syntax"),
        pytest.param(4, "ERROR: not found", NOT_JUDGED.format(4), id="no-such-test"),
        pytest.param(5, "no tests ran", NOT_JUDGED.format(5), id="nothing-collected"),
        pytest.param(9, "Exit: tests import elsewhere", NOT_JUDGED.format(9), id="another-code-base"),
    ],
)
def test_only_a_red_test_is_a_catch(exit_code: int, output: str, said: str) -> None:
    assert judge(RED, exit_code, output) == said
