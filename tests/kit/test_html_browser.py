"""The page in a real browser: it does what it offers, complains of nothing and asks nobody for anything."""

from pathlib import Path

import pytest

from conformance.report.html import render
from support import chromium
from support.chromium import Page, browsing
from support.reports import case, clause, exchange, report

pytestmark = pytest.mark.skipif(chromium.found() is None, reason="this machine has no Chromium")

PASSING = [case(name=f"n{number}", sentence=f"Sentence {number}.") for number in range(5)]
BROKEN = clause("S-ORDER-GAP", case("fail", "far", exchange=[exchange(body="needle")]), *PASSING)
SOFT = clause("S-HEAD-TYPE", case("fail", "none"), case("skip", "other"), strength="should")
GOOD = clause("S-STATUS-END", case(name="twice"), case(name="once"))
SHOWN = "[...document.querySelectorAll('details.{}')].filter((one) => one.checkVisibility()).map((one) => one.id)"
FURTHEST = "Math.max(...[...document.querySelectorAll('*')].map((one) => one.getBoundingClientRect().right))"
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
LISTEN = "window.followed = new Promise((done) => addEventListener('hashchange', () => done())); undefined"
FOLLOWED = "window.followed"


@pytest.fixture
def url(tmp_path: Path) -> str:
    path = tmp_path / "report.html"
    path.write_text(render(report(BROKEN, SOFT, GOOD)), encoding="utf-8")
    return path.as_uri()


async def shown(page: Page, kind: str) -> list[str]:
    found: list[str] = await page.value(SHOWN.format(kind))
    return found


async def test_filters_search_and_links(url: str, tmp_path: Path) -> None:
    async with browsing(tmp_path / "profile") as page:
        await page.open(url)
        assert page.fetched == [url]
        assert len(await shown(page, "clause")) == 62
        assert await shown(page, "case") == [  # what failed lies open, what held is folded
            *("S-HEAD-TYPE/none", "S-HEAD-TYPE/other", "S-ORDER-GAP/far"),
            *(f"S-ORDER-GAP/n{number}" for number in range(5)),
        ]

        await page.value("document.querySelector('[data-filter=fail]').click()")
        assert await shown(page, "clause") == ["S-ORDER-GAP"]
        assert await shown(page, "case") == ["S-ORDER-GAP/far"]
        assert await page.value("document.querySelectorAll('.tile:not(.dim)').length") == 1
        assert await page.value("location.hash") == "#fail"
        assert await page.value("document.getElementById('shown').value") == "1 of 62 clauses, 1 of 10 cases"

        await page.open(f"{url}#fail+skip")
        assert await shown(page, "case") == ["S-HEAD-TYPE/other", "S-ORDER-GAP/far"]

        await page.open(f"{url}#untried")
        assert len(await shown(page, "clause")) == 59

        await page.open(url)
        await page.value("document.getElementById('search').focus()")
        await page.call("Input.insertText", text="NEEDLE order")
        await page.value(DRAWN)
        assert await shown(page, "case") == ["S-ORDER-GAP/far"]
        await page.call("Input.insertText", text=" nowhere")
        await page.value(DRAWN)
        assert await shown(page, "clause") == []
        await page.value("document.getElementById('everything').click()")
        assert len(await shown(page, "clause")) == 62

        await page.value("document.querySelector('[data-filter=fail]').click()")
        await page.value(LISTEN)
        await page.value("location.hash = '#S-STATUS-END/twice'")
        await page.value(FOLLOWED)
        assert "S-STATUS-END/twice" in await shown(page, "case")  # a link opens what a filter hid
        assert await page.value("document.getElementById('S-STATUS-END/twice').open")
        assert await page.value("document.activeElement.parentElement.id") == "S-STATUS-END/twice"
        assert page.complaints == []


async def test_the_keyboard_opens_a_tile_its_case_and_an_exchange(url: str, tmp_path: Path) -> None:
    async def press(key: str) -> None:
        code = {"Tab": 9, "Enter": 13}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            await page.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text
            )

    async with browsing(tmp_path / "profile") as page:
        await page.open(url)
        await page.value("document.querySelector('[data-tile=S-STATUS-UPLOADED]').focus()")
        await press("Tab")
        assert await page.value("document.activeElement.dataset.tile") == "S-STATUS-END"
        await page.value(LISTEN)
        await press("Enter")
        await page.value(FOLLOWED)
        assert await page.value("document.getElementById('S-STATUS-END').open")
        await press("Tab")
        await press("Enter")
        assert await page.value("document.getElementById('S-STATUS-END/twice').open")
        await press("Tab")  # its own link
        await press("Tab")
        await press("Enter")
        assert await page.value("document.querySelector('[id=\"S-STATUS-END/twice\"] .wire').checkVisibility()")


async def test_it_is_read_without_scripts_and_on_a_telephone(url: str, tmp_path: Path) -> None:
    async with browsing(tmp_path / "profile") as page:
        for width in (320, 390, 820):
            await page.size(width, 800)
            await page.open(url)
            await page.value("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            assert await page.value("document.documentElement.scrollWidth") <= width
            assert await page.value(FURTHEST) <= width
        await page.call("Emulation.setScriptExecutionDisabled", value=True)
        await page.open(url)
        await page.call("Emulation.setScriptExecutionDisabled", value=False)
        assert not await page.value("document.querySelector('.controls').checkVisibility()")
        assert await page.value("document.querySelector('noscript').checkVisibility()")
        assert "needle" in await page.value("document.getElementById('S-ORDER-GAP').innerText")
        assert page.complaints == []


async def test_the_colours_follow_the_system_and_the_button(url: str, tmp_path: Path) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light, dark = "rgb(245, 246, 248)", "rgb(14, 17, 22)"
    async with browsing(tmp_path / "profile") as page:
        for scheme, colour, other in (("dark", dark, light), ("light", light, dark)):
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            await page.call("Emulation.setEmulatedMedia", features=features)
            await page.open(url)
            assert await page.value(ground) == colour
            await page.value("document.getElementById('colours').click()")
            assert await page.value(ground) == other
            await page.value("localStorage.clear()")


async def test_hostile_text_runs_nothing(tmp_path: Path) -> None:
    text = "</script></pre><img src=x onerror='window.ran = 1'><script>window.ran = 1</script>"
    one = case("fail", text, sentence=text, actual=text, exchange=[exchange(body=text)])
    path = tmp_path / "report.html"
    path.write_text(render(report(clause("S-ORDER-GAP", one))), encoding="utf-8")
    async with browsing(tmp_path / "profile") as page:
        await page.open(path.as_uri())
        assert await page.value("window.ran") is None
        assert await page.value("document.images.length + document.scripts.length") == 1
        assert text in await page.value("document.getElementById('S-ORDER-GAP').innerText")
        await page.value("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
        assert "Applying inline style violates" in "".join(page.complaints)  # the policy is in force
        assert page.fetched == [path.as_uri()]
