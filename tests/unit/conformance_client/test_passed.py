"""What of a run is shown: all of a short one, beginning and end of a long one, and what its client said."""

import pytest

from conformance.client.launcher import Ended
from conformance.client.passed import SHOWN, LeftOut, Passed, Said, records_of
from conformance.report.lines import exchange_lines
from conformance.report.page.cases import Space, case_markup
from conformance.report.page.standing import Standing
from support.evidence import ONE, fault, finding, left

MANY = 2 * SHOWN + 1_234


@pytest.mark.parametrize(
    ("requests", "left_out"), [(1, 0), (2 * SHOWN, 0), (2 * SHOWN + 1, 0), (2 * SHOWN + 2, 2), (MANY, 1_234)]
)
def test_the_first_and_the_last_are_shown_and_the_others_are_counted(requests: int, left_out: int) -> None:
    records = records_of(left(*[fault(ONE, 503)] * requests, code=1))
    shown = [one.request.sequence for one in records if isinstance(one, Passed)]
    every = list(range(1, requests + 1))
    assert shown == (every[:SHOWN] + every[-SHOWN:] if left_out else every)
    told = [line for one in records if isinstance(one, LeftOut) for line in one.lines()]
    assert told == ([f"… {left_out:,} further requests …"] if left_out else [])
    assert sum(one.left_out for one in records) == left_out
    as_json = [one.as_json() for one in records]
    assert [one["left_out"] for one in as_json if "left_out" in one] == [left_out] * bool(left_out)


JAVA = """\
Exception in thread "main" java.net.ConnectException: refused, Authorization: Bearer secret
\tat sun.nio.ch.Net.connect0(Native Method)
"""


@pytest.mark.parametrize(("between", "shown"), [(0, ""), (6, "012345"), (7, ".123456")])
def test_of_what_a_client_wrote_the_first_lines_and_the_last_are_shown(between: int, shown: str) -> None:
    told = JAVA + "".join(f"\tat Client.f{number}\n" for number in range(between))
    first, second, *others = list(Said(Ended(1, 1.0, stderr=told)).lines())[1:]
    assert first == "its stderr: " + JAVA.splitlines()[0].replace("secret", "***")
    assert second == "its stderr:     at sun.nio.ch.Net.connect0(Native Method)"
    assert others == ["its stderr: ..." if one == "." else f"its stderr:     at Client.f{one}" for one in shown]


def test_a_console_tells_how_many_came_before_and_which_of_them_no_report_has() -> None:
    """The last twelve records are eleven requests, and what the client said."""
    long = finding(left(*[fault(ONE, 503)] * MANY, code=1), "C-RETRY-5XX")
    assert next(exchange_lines(long)) == "(1,303 exchanges before these, 1,234 of them in no report)"
    short = finding(left(*[fault(ONE, 503)] * 2 * SHOWN, code=1), "C-RETRY-5XX")
    assert next(exchange_lines(short)) == "(69 exchanges before these)"
    one_more = finding(left(*[fault(ONE, 503)] * 12, code=1), "C-RETRY-5XX")
    assert next(exchange_lines(one_more)) == "(1 exchange before these)"


def test_a_page_tells_so_too_and_numbers_what_it_shows() -> None:
    """Its last forty are thirty-nine requests, and what the client said."""
    markup = page_of(MANY)
    told = "1275 exchanges before these: 1234 of them are in no report, the others in the JSON report."
    assert told in markup
    assert '<span class="number">1276</span>' in markup
    assert f'<span class="number">{MANY + 1}</span>' in markup
    assert "41 exchanges before these: see the JSON report." in page_of(2 * SHOWN)


def page_of(requests: int) -> str:
    run = left(*[fault(ONE, 503)] * requests, code=1)
    case = {"id": "C-END/x", "name": "x", "exchange": [one.as_json() for one in records_of(run)]}
    return case_markup(case, Standing.FAIL, Space(10_000_000))
