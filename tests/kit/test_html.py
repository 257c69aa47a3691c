"""The page: whole, closed to the outside, bounded, and true to the JSON report it is made from."""

import base64
import hashlib
import importlib.util
import json
import re
import subprocess
import sys
import zipfile
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from conformance.clauses import load_clauses
from conformance.report.html import render
from support.commands import run, serving
from support.reports import case, clause, exchange, report

ROOT = Path(__file__).parents[2]
VOID = {"meta", "path", "circle", "rect", "use", "input"}
HOSTILE = "</script></pre><img src=x onerror=alert(1)>'\" \x00\x1b[31m\u202e \ud800 end"


class Markup(HTMLParser):
    """Reads a page and notes what stands in it; a tag that closes nothing is an error."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.seen = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, self.getpos()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("style", "script"):
            self.texts[self.open[-1]] = data
        else:
            self.seen += data

    def all(self, tag: str, kind: str = "") -> list[dict[str, str | None]]:
        return [
            attrs for name, attrs in self.tags if name == tag and kind in (attrs.get("class") or "").split(" ")
        ]


def told(page: str, about: str) -> str:
    """The markup of the clause or case with this id."""
    found = re.search(
        rf'<details class="[a-z ]*" id="{about}".*?(?=<details class="(?:clause|case)|\Z)', page, re.DOTALL
    )
    assert found, about
    return found[0]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, dict[str, Any]]]:
    """A good and a broken server, judged as a user does it: page and JSON report."""
    folder = tmp_path_factory.mktemp("pages")
    rules = {"good": (), "broken": ("--rule", "final_status=200", "--rule", "progress=omit")}
    found = {}
    for name, more in rules.items():
        page, told_as_json = folder / f"{name}.html", folder / f"{name}.json"
        with serving("--quiet", "--mb", "1000", "--body-timeout", "3", *more) as (_, url):
            done = run(
                *("conformance", "server", "--api-base", url, "--mb", "1000", "--examples", "4"),
                *("--html", str(page), "--json", str(told_as_json)),
            )
        assert done.returncode == (name == "broken"), done.stdout + done.stderr
        found[name] = (page.read_text(encoding="utf-8"), json.loads(told_as_json.read_text()))
    return found


@pytest.mark.parametrize("name", ["good", "broken"])
def test_a_run_is_on_its_page_with_every_exchange(pages: dict[str, tuple[str, dict[str, Any]]], name: str) -> None:
    page, values = pages[name]
    markup = Markup(page)
    cases = [one for each in values["clauses"] for one in each["cases"]]
    assert len(cases) > 400
    assert {tag["id"] for tag in markup.all("details", "case")} == {one["id"] for one in cases}
    clauses = {one.id for one in load_clauses() if one.id.startswith("S-")}
    assert {tag["id"] for tag in markup.all("details", "clause")} == clauses
    assert {tag["data-tile"] for tag in markup.all("a", "tile")} == clauses
    assert len(markup.all("div", "wire")) == sum(len(one["exchange"]) for one in cases)
    assert markup.seen.count("upload_token=***") > 500
    assert re.findall(r"upload_token=[^*\s&<]|Bearer [^*$\s<]", page) == []
    assert len(page) < 3_000_000
    assert f"{name.replace('broken', 'not good')}: http://127.0.0.1:" in markup.seen


@pytest.mark.parametrize("name", ["good", "broken"])
def test_nothing_comes_from_outside(pages: dict[str, tuple[str, dict[str, Any]]], name: str) -> None:
    markup = Markup(pages[name][0])
    for tag, attrs in markup.tags:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form"), tag
        assert not [key for key in attrs if key in ("src", "style", "srcset") or key.startswith("on")], attrs
        assert (attrs.get("href") or "#").startswith("#"), attrs
    assert not re.search(r"url\(|@import|https?:", markup.texts["style"])
    assert not re.search(r"https?:|fetch|XMLHttp|eval|innerHTML|import", markup.texts["script"])


def test_the_policy_names_what_stands_in_the_page() -> None:
    markup = Markup(render(report()))
    (policy,) = [tag["content"] or "" for tag in markup.all("meta") if "http-equiv" in tag]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(markup.texts[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_ids_are_there_once_and_links_lead_somewhere(pages: dict[str, tuple[str, dict[str, Any]]]) -> None:
    markup = Markup(pages["broken"][0])
    ids = [attrs["id"] for _, attrs in markup.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {(attrs["href"] or "")[1:] for _, attrs in markup.tags if "href" in attrs} <= set(ids)


def _poisoned(value: Any, key: str = "") -> Any:
    """`value` with the hostile text in all of its strings that a target could have a hand in."""
    match value:
        case dict():
            return {name: _poisoned(one, name) for name, one in value.items()}
        case list():
            return [_poisoned(one, key) for one in value]
        case str() if key not in ("id", "name", "result", "strength"):
            return HOSTILE
        case _:
            return value


def test_hostile_text_stays_text() -> None:
    one = case("fail", exchange=[exchange(), exchange(status=None)], curl=["a"], more={"deep": ["b"]})
    page = render(_poisoned(report(clause("S-ORDER-GAP", one, case("skip")))))
    markup = Markup(page)
    page.encode()
    assert markup.all("img") == []
    assert len(markup.all("script")) == 1
    assert re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\ud800-\udfff]", page) is None
    shown = "</script></pre><img src=x onerror=alert(1)>'\" \\x00\\x1b[31m\\u202e \\ud800 end"
    assert markup.seen.count(shown) >= 15


def test_a_long_text_is_cut_and_says_so() -> None:
    page = render(report(clause("S-ORDER-GAP", case("fail", exchange=[exchange(body="x" * 65_536)]))))
    assert "x" * 4096 + " … (61440 more characters)" in page
    assert "x" * 4097 not in page


def test_a_page_has_an_end_and_failures_have_room_first() -> None:
    many = [exchange(body=f"{number} " + "\x01" * 65_536) for number in range(50)]
    passed = [case(name=f"n{number}", exchange=[exchange(number), *many]) for number in range(442)]
    page = render(report(clause("S-ORDER-GAP", *passed, case("fail", "last", exchange=many))))
    assert len(page) < 12_000_000
    assert told(page, "S-ORDER-GAP/last").count('class="wire"') == 40
    assert "10 exchanges before these" in told(page, "S-ORDER-GAP/last")
    assert '<pre class="body">9 ' not in told(page, "S-ORDER-GAP/last")
    assert '<pre class="body">49 ' in told(page, "S-ORDER-GAP/last")
    assert told(page, "S-ORDER-GAP/n441").count("The page is full") == 40


@pytest.mark.parametrize(
    ("strength", "strict", "known", "standing"),
    [
        ("must", False, False, "fail"),
        ("should", False, False, "soft"),
        ("should", True, False, "fail"),
        ("must", True, True, "known"),
    ],
)
def test_what_a_failure_weighs(strength: str, standing: str, *, strict: bool, known: bool) -> None:
    one = clause("S-ORDER-GAP", case("fail", known=known), case(name="other"), strength=strength)
    page = render(report(one) | {"strict": strict})
    is_open = "" if known else " open"
    assert f'class="clause {standing}" id="S-ORDER-GAP" data-standing="{standing}"{is_open}>' in page
    assert f'class="case {standing}" id="S-ORDER-GAP/it" data-standing="{standing}"{is_open}>' in page
    assert f'class="tile {standing} law-{strength}" href="#S-ORDER-GAP"' in page
    assert "1 of 2 cases" in page


def test_each_standing_has_a_sign_and_a_word() -> None:
    results = ["pass", "fail", "error", "skip", "reported"]
    cases = [case(result, result) for result in results] + [case("fail", "knows", known=True)]
    page = render(report(clause("S-ORDER-GAP", *cases), clause("S-HEAD-TYPE", case("fail"), strength="should")))
    standings = {*results, "known", "soft", "untried"}
    assert {use["href"] for use in Markup(page).all("use")} == {f"#mark-{one}" for one in standings}
    assert set(re.findall(r'<symbol id="mark-(\w+)"', page)) == standings
    assert set(re.findall(r'data-filter="(\w+)"', page)) == standings


def test_a_clause_that_was_not_tried_is_told_with_its_demand() -> None:
    page = render(report())
    assert 'class="tile untried law-must" href="#S-ORDER-START"' in page
    assert "not tried" in told(page, "S-ORDER-START")
    assert "C-PLAN" not in page


def test_the_run_is_told() -> None:
    values = report(clause("S-ORDER-GAP", case()), exit_code=3) | {
        "stale_known_failing": ["S-ORDER-GAP/gone"],
        "fingerprint": {"progress": {"reading": "omit", "ambiguity": "A4"}},
    }
    seen = Markup(page := render(values)).seen
    assert "could not be judged: http://target.test:1" in seen
    assert "S-ORDER-GAP/gone is listed as known failing, but does not fail" in seen
    assert "progressomitA4" in seen
    assert re.search(r"<td>A4</td><td>.*#S-CHUNK-PROGRESS-NUMBER", page)


def test_a_case_brings_what_it_has() -> None:
    one = case("fail", curl=["curl -T a", "curl -T b"], replay={"steps": [1]}, score=[1, 2])
    values = report(clause("S-ORDER-GAP", one))
    page = render(values, panels={"S-ORDER-GAP/it": "<svg id='line'></svg>"}, sections={"Score": "<p>9/10</p>"})
    whole = told(page, "S-ORDER-GAP/it")
    for part in ("curl -T a\ncurl -T b", "{&quot;steps&quot;: [1]}", "<dt>score</dt>", "<svg id='line'></svg>"):
        assert part in whole
    assert '<section class="block"><h2>Score</h2><p>9/10</p></section>' in page


def test_one_run_is_shown_once_by_its_heaviest_case() -> None:
    run_of_all = [exchange(503), exchange(201)]
    one, other = case(name="one", exchange=run_of_all), case("fail", "other", exchange=run_of_all)
    apart = case(name="apart", exchange=[exchange(503), exchange(200)])
    page = render(report(clause("S-ORDER-GAP", one, other, apart)))
    assert told(page, "S-ORDER-GAP/other").count('class="wire"') == 2
    assert told(page, "S-ORDER-GAP/apart").count('class="wire"') == 2
    assert 'What passed is the same as in <a href="#S-ORDER-GAP/other">' in told(page, "S-ORDER-GAP/one")
    panels = {"S-ORDER-GAP/one": "<p>one</p>"}
    page = render(report(clause("S-ORDER-GAP", one, other, apart)), panels=panels)
    assert "<p>one</p>" in told(page, "S-ORDER-GAP/one")
    assert "What passed is the same" not in page


def test_how_a_client_ended_is_no_request() -> None:
    ended = exchange() | {
        "request": "",
        "answers": [],
        "events": ["the client ended with exit code 1", "its stderr: x"],
    }
    whole = told(render(report(clause("C-END", case(exchange=[ended])))), "C-END/it")
    assert "<code>the client ended with exit code 1</code>" in whole
    assert "its stderr: x" in whole
    assert "no answer" not in whole
    assert "answered" not in whole


def test_a_request_without_answer_says_so() -> None:
    lonely = exchange() | {"answers": []}
    whole = told(render(report(clause("S-ORDER-GAP", case(exchange=[lonely])))), "S-ORDER-GAP/it")
    assert '<b class="status none">no answer</b>' in whole
    answered = told(render(report()), "S-ORDER-GAP/it")
    assert '<span class="got"><b class="status s4">416</b></span>' in answered


def test_a_clause_that_the_law_book_does_not_know_is_kept() -> None:
    page = render(report(clause("S-ORDER-GAP", case()), clause("S-OLD-DEMAND", case(about="S-OLD-DEMAND"))))
    assert 'id="S-OLD-DEMAND/it"' in told(page, "S-OLD-DEMAND/it")


def test_another_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="a report of schema 2; only schema 1 is known here"):
        render(report() | {"schema": 2})


def test_a_page_that_cannot_be_written_is_said_before_the_run(tmp_path: Path) -> None:
    path = tmp_path / "none" / "report.html"
    done = run("conformance", "server", "--api-base", "http://127.0.0.1:9", "--html", str(path))
    assert done.returncode == 2
    assert f"{path} cannot be written: there is no directory {path.parent}" in done.stderr


@pytest.mark.skipif(importlib.util.find_spec("hatchling") is None, reason="this machine has no hatchling")
def test_the_wheel_has_what_the_page_is_made_of(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=True)
    (wheel,) = tmp_path.iterdir()
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    assert {f"conformance/report/page/page.{kind}" for kind in ("html", "css", "js")} <= names


def _luminance(colour: str) -> float:
    values = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


STANDINGS = ["pass", "fail", "error", "soft", "known", "reported", "skip", "untried"]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_the_colours_have_contrast(scheme: int) -> None:
    style = resources.files("conformance.report.page").joinpath("page.css").read_text()
    tokens = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", style)
    colours = {name: pair[scheme] for name, *pair in tokens}
    grounds = ["ground", "panel", "well"]
    pairs = [(ink, ground) for ink in ("ink", "soft-ink", "link") for ground in grounds]
    pairs += [(ink, f"{one}-ground") for ink in ("ink", "soft-ink") for one in STANDINGS]
    pairs += [(one, ground) for one in STANDINGS for ground in [*grounds, f"{one}-ground"]]
    assert {pair: ratio for pair in pairs if (ratio := _contrast(*(colours[name] for name in pair))) < 4.5} == {}
