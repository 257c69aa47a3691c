from pathlib import Path

import pytest

from conformance import cli


def test_the_cases_are_listed_without_a_target(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["server", "--list", "--only", "S-ORDER-GAP"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "S-ORDER-GAP/third-after-first: The third chunk follows the first."
    assert all(line.startswith("S-ORDER-GAP/") for line in lines)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "--api-base URL says which server"),
        (["--api-base", "localhost:1"], "wanted http://HOST"),
        (["--api-base", "http://h/?a=b"], "without a query"),
        (["--api-base", "http://h", "--profile", "x"], "'x' is not one of"),
        (["--api-base", "http://h", "--only", "X"], "'X' means no case"),
        (["--api-base", "http://h", "--token", "a b"], "one word"),
        (["--api-base", "http://h", "--mb", "1"], "range"),
        (["--api-base", "http://h", "--url-lifetime", "nan"], "nan"),
        (["--api-base", "http://h", "--json", "/nowhere/at/all.json"], "there is no directory"),
        (["--api-base", "http://h", "--pdf", "x"], "No such option"),
    ],
)
def test_wrong_usage(capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str) -> None:
    assert cli.main(["server", *arguments]) == 2
    assert complaint in capsys.readouterr().err


def test_nobody_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["server", "--api-base", "http://127.0.0.1:1"]) == 3
    err = capsys.readouterr().err
    assert err.startswith("tiktok-conformance: 127.0.0.1:1 cannot be reached:")
    assert err.count("\n") == 1


def test_a_file_of_known_failures_is_read_first(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "known").write_text("nonsense\n")
    assert (
        cli.main(["server", "--api-base", "http://127.0.0.1:1", "--known-failing", str(tmp_path / "known")]) == 2
    )
    assert "'nonsense' is the id of no case" in capsys.readouterr().err
