"""For everyone: the keyboard alone, screen readers, light and dark, phone and wide, right to left, less motion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.page.visits import DESKTOP, PHONE, ask

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from ingest.store import PassageIndex
    from tests.page.visits import Visits

QUESTION = "What did Morgan Ortagus say about a delegation?"
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_NOTED = """() => {
  window.said = [];
  new MutationObserver(() => window.said.push(document.getElementById("announcer").textContent))
    .observe(document.getElementById("announcer"), { childList: true, characterData: true, subtree: true });
}"""


def _faults(page: Page) -> list[str]:
    found = Axe().run(page, options=_RULES).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone, dark"])
def test_axe_finds_nothing_and_nothing_is_too_wide(visits: Visits, size: tuple[int, int], scheme: str) -> None:
    page = visits.open("/?outlet=The+Mashriq+Observer", size=size, color_scheme=scheme)
    faults = {"welcome": _faults(page)}
    page.locator("#filters summary").click()
    faults["filters"] = _faults(page)
    ask(page, QUESTION)
    faults["answer"] = _faults(page)
    page.locator(".claim .marker").first.focus()
    page.locator(".claim .marker").first.press("Enter")
    expect(page.locator("#article mark.now")).to_be_visible()
    faults["article"] = _faults(page)
    page.keyboard.press("Escape")
    ask(page, "What did the mayor of Lagos say about flooding?")
    faults["abstention"] = _faults(page)
    wide = [page.evaluate("document.documentElement.scrollWidth - innerWidth")]
    page.goto(f"{visits.address}/#/library")
    page.get_by_role("button", name="Paste an article").click()
    expect(page.locator(".row")).to_have_count(5)
    faults["library"] = _faults(page)
    page.locator(".row .quiet").first.click()
    page.get_by_role("button", name="Undo").focus()
    faults["undo"] = _faults(page)
    page.get_by_role("button", name="Undo").click()

    assert {state: found for state, found in faults.items() if found} == {}
    assert [*wide, page.evaluate("document.documentElement.scrollWidth - innerWidth")] == [0, 0]


def test_the_keyboard_alone_asks_checks_and_goes_on(visits: Visits) -> None:
    page = visits.open()
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.locator(".turn[aria-busy=false]").wait_for()

    _back_to(page, ".marker")  # from the field backwards to the last marker
    expect(page.locator("#card")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#article")).to_be_focused()
    page.keyboard.press("p")
    expect(page.locator("#article mark.now")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator(".marker:focus")).to_have_count(1)

    _back_to(page, "#conversations a")
    page.keyboard.press("Enter")
    expect(page.locator("#thread h2").last).to_be_focused()
    _back_to(page, "#nav-library")
    page.keyboard.press("Enter")
    expect(page.locator(".row")).to_have_count(5)
    for target in ("#files", "#library-words", ".row .title", ".row .quiet"):
        _on_to(page, target)
    page.keyboard.press("Enter")
    _on_to(page, ".toast button")
    page.keyboard.press("Enter")
    expect(page.locator(".row:visible")).to_have_count(5)


def test_filters_and_menus_are_worked_by_keys(visits: Visits) -> None:
    page = visits.open(size=PHONE)
    page.locator("#menu").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#nav-library")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#nav-library")).to_be_hidden()

    page.locator("#filters summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.locator(".chip")).to_have_count(1)
    expect(page.locator("#filters summary")).to_be_focused()
    _back_to(page, ".chip button")
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(0)


def test_what_has_the_focus_is_seen(visits: Visits) -> None:
    page = visits.open()
    ask(page, QUESTION)
    unseen = []
    page.locator(".skip").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        unseen += page.evaluate(
            """() => { const one = document.activeElement; const style = getComputedStyle(one);
              const field = one.closest(".field");
              const seen = style.outlineStyle !== "none" || (field && getComputedStyle(field).boxShadow !== "none")
                || one === document.body;
              return seen ? [] : [one.outerHTML.slice(0, 80)]; }"""
        )
    assert unseen == []


def test_the_end_of_an_answer_is_announced_once(visits: Visits) -> None:
    page = visits.open()
    page.evaluate(_NOTED)

    ask(page, QUESTION)

    page.wait_for_timeout(50)
    said = page.evaluate("window.said")
    assert len(said) == 1
    assert said[0].startswith("Answer complete: ")


def test_nothing_moves_for_who_wants_less_motion(visits: Visits) -> None:
    still, moving = visits.open(), visits.open(reduced_motion="no-preference")
    for page in (still, moving):
        ask(page, QUESTION)

    name = "getComputedStyle(document.querySelector('.claim')).animationName"
    assert (still.evaluate(name), moving.evaluate(name)) == ("none", "come")


def test_a_right_to_left_article_reads_right_to_left(visits: Visits, library: PassageIndex) -> None:
    text = (
        "قال المتحدث باسم ميناء تارسك إن العبارة ألغيت يوم الاثنين بسبب الجليد 😀 الكثيف.\n\nستبحر العبارة يوم الجمعة."
    )
    article = {"id": "rtl", "title": "العبارة في الميناء", "outlet": "صحيفة الميناء", "text": text, "language": "ar"}
    assert httpx2.post(f"{visits.address}/v1/documents", json=article).status_code == 201
    page = visits.open("/#/library/rtl")

    directions = "(all) => all.map((one) => getComputedStyle(one).direction)"
    found = page.locator("#article h2, #article .story p").evaluate_all(directions)
    assert found == ["rtl"] * 3
    page.goto(f"{visits.address}/#/")
    ask(page, "ماذا قال المتحدث باسم ميناء تارسك؟")
    expect(page.locator(".turn h2")).to_have_css("direction", "rtl")
    if page.locator(".claim .marker").count():
        page.locator(".claim .marker").first.click()
        mark = page.locator("#article mark.now").all_inner_texts()
        assert "".join(mark) in text
    library.remove("rtl")


def _back_to(page: Page, target: str) -> None:
    _press_until(page, "Shift+Tab", target)


def _on_to(page: Page, target: str) -> None:
    _press_until(page, "Tab", target)


def _press_until(page: Page, key: str, target: str) -> None:
    for _ in range(60):
        page.keyboard.press(key)
        if page.evaluate("(target) => document.activeElement.matches(target)", target):
            return
    pytest.fail(f"{key} does not reach {target}")
