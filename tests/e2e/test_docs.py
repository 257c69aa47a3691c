"""The code blocks of README and docs are run, and what they show is what comes."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
import pytest

from conformance.clauses import load_chapters
from conformance.client.options import client_options
from conformance.options import server_options
from conformance.pytest_plugin.options import NOT_HERE
from mockserver.control.openapi import document
from mockserver.faults.kinds import MOMENTS, NEED_AN_UPLOAD, When
from mockserver.faults.scenarios import load_scenario, scenario_names
from mockserver.protocol.rules import PROFILES, SWITCHES
from mockserver.testing import TikTokMock
from support.commands import environment

ROOT = Path(__file__).parents[2]
PROSE = ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
PAGES = [
    "README.md",
    *(
        f"docs/{name}.md"
        for name in (
            "client",
            "faults",
            "control",
            "pytest",
            "intercept",
            "ci",
            "conformance-client",
            "conformance-server",
        )
    ),
]
PYTEST_PLUGINS = {"README.md": "pytest_tiktok_mock", "docs/pytest.md": "pytest_tiktok_mock,pytest_asyncio.plugin"}
"""What a user has installed. Nothing else is loaded: it starts sooner."""
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$(?=(?:\n+```text\n(.*?)^```$)?)", re.MULTILINE | re.DOTALL)
PROMPT, CONTINUED = "$ ", "> "
MARK = "-- end of step, exit code "

Step = tuple[str, str]
"""A command, and the output that the page shows for it."""


def steps_of(page: str) -> Iterator[Step]:
    """What a page's blocks do: commands of ```console, scripts of ```python with the ```text that may follow.

    A block that begins with `# NAME.SUFFIX` is that file.
    """
    for language, content, shown in FENCE.findall(page):
        if name := re.match(r"# (\w+\.(?:py|ini|toml))\n", content):
            yield f"cat > {name[1]} <<'END OF FILE'\n{content}END OF FILE\n", ""
        elif language == "console":
            yield from commands_of(content)
        elif language == "python":
            yield f"python3 - <<'END OF SCRIPT'\n{content}END OF SCRIPT\n", shown


def commands_of(block: str) -> list[Step]:
    steps: list[Step] = []
    for line in block.splitlines(keepends=True):
        if line.startswith(PROMPT):
            steps.append((line.removeprefix(PROMPT), ""))
        elif line.startswith(CONTINUED) and not steps[-1][1]:
            steps[-1] = (steps[-1][0] + line.removeprefix(CONTINUED), "")
        else:
            steps[-1] = (steps[-1][0], steps[-1][1] + line)
    return steps


def matches(shown: str, printed: str) -> bool:
    """`...` on the page stands for anything."""
    pattern = ".*".join(re.escape(part) for part in re.split(r"\.\.\.(?!\.)", shown.strip()))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


@contextmanager
def ports_for(page: str) -> Iterator[range]:
    """Ports that no other page has, nor another run of these tests: whoever holds the first has them all.

    Below those that a system gives away by itself: between now and the block that listens nobody takes them.
    """
    with socket.socket() as guard:
        for first in range(12_000 + 100 * PAGES.index(page), 30_000, 100 * len(PAGES)):
            with suppress(OSError):
                guard.bind(("127.0.0.1", first))
                break
        else:
            pytest.fail("other runs have all ports")
        yield range(first + 1, first + 100)


def on_free_ports(page: str, ports: range) -> str:
    """The page with its ports (8080, 8081, ...) replaced by free ones of these."""
    candidates = iter(ports)
    for port in sorted(set(re.findall(r"\b80[0-9]{2}\b", page))):
        free = next(one for one in candidates if _is_free(one))
        page = re.sub(rf"\b{port}\b", str(free), page)
    return page


def _is_free(port: int) -> bool:
    with suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return True
    return False


def script_of(steps: list[Step]) -> str:
    """One bash script, whose outputs are divided by marks."""
    parts = ["set -u -o pipefail", "trap 'kill $(jobs -p)' EXIT"]
    for number, (command, _) in enumerate(steps):
        if not command.endswith(" &\n"):
            parts += [command]
        else:  # A server: its ready line is what the page shows.
            ready = f"ready-{number}.txt"
            parts += [command.removesuffix(" &\n") + f" > {ready} & server=$!"]
            wait = "read -rt 0.02 <> <(:) || :"
            parts += [f"until [ -s {ready} ] || ! kill -0 $server; do {wait}; done; cat {ready}"]
        parts += [f"code=$?; echo; echo '{MARK}'$code"]
    return "\n".join(parts)


@pytest.mark.skipif(shutil.which("curl") is None, reason="this machine has no curl")
@pytest.mark.parametrize("page", PAGES)
def test_blocks_of_a_page_do_what_they_show(page: str, tmp_path: Path) -> None:
    with ports_for(page) as ports:
        judge_page(page, list(steps_of(on_free_ports((ROOT / page).read_text(), ports))), tmp_path)


def judge_page(page: str, steps: list[Step], folder: Path) -> None:
    assert len(steps) >= 5
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script_of(steps)],
        cwd=folder,
        env=environment(
            PATH=path, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", PYTEST_PLUGINS=PYTEST_PLUGINS.get(page, "")
        ),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    outputs = re.split(rf"\n{re.escape(MARK)}([0-9]+)\n", done.stdout)
    for (command, shown), printed, code in zip(steps, outputs[::2], outputs[1::2], strict=False):
        said = f"{command}\nshown:\n{shown}\nprinted:\n{printed}\n{done.stderr}"
        assert code == "0", said
        assert matches(shown, printed), said
    assert len(outputs) == 2 * len(steps) + 1, done
    assert done.returncode == 0, done


def test_two_runs_of_a_page_have_ports_of_their_own() -> None:
    with ports_for("docs/client.md") as ours, ports_for("docs/client.md") as theirs:
        assert set(ours).isdisjoint(theirs)
        assert len(ours) == len(theirs) == 99


@pytest.mark.parametrize("page", PROSE)
def test_links_of_a_page_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text()):
        assert ((ROOT / page).parent / target).exists(), target


def table_of(page: str, heading: str) -> dict[str, dict[str, str]]:
    """The rows of the page's table whose first column is called `heading`: by first cell, then by column."""
    text = (ROOT / page).read_text()
    table = re.search(rf"^\| `?{re.escape(heading)}`? \|.*?(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    assert table is not None, heading
    head, _, *rows = [[cell.strip().strip("`") for cell in row.split("|")[1:-1]] for row in table[0].splitlines()]
    assert all(len(row) == len(head) for row in rows)
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in rows}


def test_control_page_has_every_path() -> None:
    page = (ROOT / "docs" / "control.md").read_text()
    paths = [path for path in document()["paths"] if path.startswith("/_mock/")]
    assert len(paths) > 10
    assert [path for path in paths if f"{path}`" not in page and f"{path} `" not in page] == []


def test_faults_page_has_every_kind_with_its_moments_and_every_scenario() -> None:
    kinds = table_of("docs/faults.md", "do.kind")
    assert set(kinds) == set(MOMENTS)
    for kind, moments in MOMENTS.items():
        cells = {when: kinds[kind][when.value] for when in When}
        assert {when for when, cell in cells.items() if cell} == set(moments), kind
        assert ("chunk only" in kinds[kind]["parameters"]) is (kind in NEED_AN_UPLOAD)
    scenarios = table_of("docs/faults.md", "scenario")
    assert scenarios == {name: {"what happens": load_scenario(name).title} for name in scenario_names()}
    assert list(table_of("docs/faults.md", "when")) == [when.value for when in When]


def test_recipes_of_the_readme_can_be_armed() -> None:
    recipes = table_of("README.md", "does your uploader")
    assert len(recipes) >= 8
    with TikTokMock(mb=1000) as mock:
        for question, recipe in recipes.items():
            assert load_scenario(recipe["scenario"]).faults, question
            before = len(mock.faults())
            eval(recipe["with the fixture"], {"fail": mock.fail, "scenario": mock.scenario})
            assert len(mock.faults()) > before, question


def test_page_on_servers_has_every_option_with_its_default_and_its_like_under_pytest() -> None:
    rows = {}
    for cell, row in table_of("docs/conformance-server.md", "option").items():
        for words in cell.split(", "):
            rows[words.strip("`").split(" ")[0]] = row

    @click.command()
    @server_options
    def judge(**_: object) -> None: ...

    options = {option.opts[0]: option for option in judge.params}
    assert set(rows) == set(options)
    for name, option in options.items():
        assert isinstance(option, click.Option)
        if option.show_default:
            assert rows[name]["default"].strip("`") == str(option.default), name
        under_pytest = f"--tiktok-{name.removeprefix('--')}"
        assert (rows[name]["under pytest"] == under_pytest) is (option.name not in NOT_HERE), name


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


def test_page_on_clients_has_a_section_for_every_clause_and_every_option() -> None:
    page = (ROOT / "docs/conformance-client.md").read_text()
    clauses = [
        clause.id for chapter in load_chapters() for clause in chapter.clauses if clause.id.startswith("C-")
    ]
    assert re.findall(r"^### (C-[0-9A-Z-]+)$", page, re.MULTILINE) == clauses

    @click.command()
    @client_options
    def judge(**_: object) -> None: ...

    told = set(re.findall(r"--[a-z-]+", " ".join(table_of("docs/conformance-client.md", "option"))))
    assert told == {option.opts[0] for option in judge.params if option.opts[0].startswith("--")}
