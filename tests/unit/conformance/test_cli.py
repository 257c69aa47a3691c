import errno
import io
import os
import subprocess
import sys
from importlib import metadata

import click
import pytest

from conformance import cli


class FailingStream(io.StringIO):
    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, _text: str) -> int:
        raise self.error


@pytest.fixture
def installed(monkeypatch):
    monkeypatch.setattr(metadata, "version", lambda name: {"tiktok-upload-mock": "1.2.3"}[name])


def run_module(*args: str, stdout: int = subprocess.PIPE) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "conformance", *args]
    return subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, text=True)


def test_the_whole_law_book_is_printed_under_its_headings(capsys):
    assert cli.main(["clauses"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("SERVER: THE PLAN CHECKED AT INIT\n\nS-PLAN-COUNT  [must]\n    total_chunk_count equals")
    assert "\n\nCLIENT\n\nC-PLAN  [must]\n" in out
    assert "    Source: guide, chunk restrictions\n" in out
    assert max(map(len, out.splitlines())) <= 88


def test_one_clause_is_printed_alone_under_its_heading(capsys):
    assert cli.main(["clauses", "--id", "S-ORDER-GAP"]) == 0
    assert capsys.readouterr().out == (
        "SERVER: ORDER\n"
        "\n"
        "S-ORDER-GAP  [must]\n"
        "    A chunk that starts beyond the uploaded bytes is refused with 416 and changes\n"
        "    nothing.\n"
        "    Source: guide, response table: sequential upload\n"
    )


@pytest.mark.parametrize("pattern", ["S-BODY-*", "s-body-*", "S-BODY-[!x]*"])
def test_a_glob_picks_clauses(capsys, pattern):
    assert cli.main(["clauses", "--id", pattern]) == 0
    out = capsys.readouterr().out
    heads = [line for line in out.splitlines() if line.startswith("S-")]
    assert heads == ["S-BODY-SHORT  [must]", "S-BODY-SURPLUS  [must]", "S-BODY-CODING  [should]"]


def test_an_id_that_is_not_there_names_the_nearest(capsys):
    assert cli.main(["clauses", "--id", "S-ORDER-GAPS"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(
        "tiktok-conformance: no clause matches 'S-ORDER-GAPS'; the nearest ids are S-ORDER-GAP, "
    )
    assert err.count("\n") == 1


@pytest.mark.parametrize("pattern", ["", "zzz", "[", "\u0660"])
def test_an_odd_id_is_still_one_sentence(capsys, pattern):
    assert cli.main(["clauses", "--id", pattern]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_version(capsys, installed):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == "tiktok-conformance 1.2.3\n"


def test_version_where_nothing_is_installed(capsys, monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == "tiktok-conformance (not installed)\n"


@pytest.mark.parametrize("args", [["--help"], ["-h"], ["clauses", "--help"]])
def test_help(capsys, args):
    assert cli.main(args) == 0
    assert capsys.readouterr().out.startswith("Usage: tiktok-conformance ")


@pytest.mark.parametrize(
    "args", [[], ["nonsense"], ["clauses", "--nonsense"], ["clauses", "--id"], ["clauses", "x"]]
)
def test_wrong_usage_is_2(capsys, args):
    assert cli.main(args) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Usage: tiktok-conformance" in err or "Error: " in err
    assert "Traceback" not in err


@pytest.mark.parametrize("error", [KeyboardInterrupt, click.Abort])
def test_interrupted_is_130(monkeypatch, error):
    def interrupted():
        raise error

    monkeypatch.setattr(cli, "load_chapters", interrupted)
    assert cli.main(["clauses"]) == 130


def test_a_failing_write_is_3_and_a_sentence(capsys, monkeypatch):
    monkeypatch.setattr(cli, "_silenced", lambda code: code)
    monkeypatch.setattr(sys, "stdout", FailingStream(OSError(errno.ENOSPC, "No space left on device")))
    assert cli.main(["clauses"]) == 3
    assert capsys.readouterr().err == (
        "tiktok-conformance: could not write the answer: No space left on device.\n"
    )


@pytest.mark.parametrize("args", [["clauses"], ["--help"]])
def test_a_closed_pipe_is_no_error(args):
    reading, writing = os.pipe()
    os.close(reading)
    process = run_module(*args, stdout=writing)
    os.close(writing)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")


def test_no_stdout_at_all_is_no_error(capfd, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    assert cli.main(["clauses"]) == 0
    assert capfd.readouterr().err == ""


def test_python_m_conformance():
    process = run_module("clauses", "--id", "C-ONE-POST")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert out.startswith("CLIENT\n\nC-ONE-POST  [must]\n")
