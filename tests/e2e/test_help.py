"""`--help` of every command: it fits a screen of 80 columns, and names every option."""

import re
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from client_reference.cli import main as uploader
from conformance.cli import cli as conformance
from mockserver.cli import cli as mock

SCREEN = 50


def commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for part, below in command.commands.items():
            yield from commands(f"{name} {part}", below)


TREES: dict[str, click.Command] = {
    "tiktok-mock": mock,
    "tiktok-conformance": conformance,
    "tiktok-upload": uploader,
}
EVERY = dict(pair for name, tree in TREES.items() for pair in commands(name, tree))


def shown(name: str) -> str:
    top, *below = name.split()
    result = CliRunner().invoke(TREES[top], [*below, "--help"], prog_name=top, terminal_width=80)
    assert result.exit_code == 0
    return result.output


@pytest.mark.parametrize("name", EVERY)
def test_help_fits_a_screen(name: str) -> None:
    lines = shown(name).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= SCREEN
    assert not [line for line in lines[1:] if line.endswith(("...", "-"))], "cut in the middle of a word"


@pytest.mark.parametrize("name", EVERY)
def test_help_names_every_option(name: str) -> None:
    words = re.findall(r"(?<![\w-])--[a-z-]+", shown(name).partition("\n\n")[2])
    for one in EVERY[name].params:
        if isinstance(one, click.Option) and not one.hidden:
            assert words.count(one.opts[0]) >= 1


def test_exec_explains_its_own_options_and_names_those_of_serve() -> None:
    text = shown("tiktok-mock exec")
    explained, _, named = text.partition("explained by tiktok-mock serve --help:")
    assert "  --intercept none|proxy|netns  " in explained
    assert "  --mb BYTES" not in explained
    assert "--mb," in named


def test_help_tells_no_technical_ranges() -> None:
    assert "<=x" not in shown("tiktok-mock serve")
