"""A report's page in a real Chromium, at desktop and phone width: what people see, press and type.

Chromium is the system's (`apt-get install chromium`); `.ci/run` installs it. Where there is none, these tests say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from eval.report.page import page as made
from eval.report.read import read
from eval.report.summarise import summarise
from tests import stored_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    Open = Callable[..., Page]

DESKTOP, PHONE = (1280, 900), (360, 740)
# Contrast of every text with what is behind it (WCAG 2.2, 1.4.3), where it is less than it should be.
_FAINT = """() => {
  const parsed = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const linear = (x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = parsed(colour).map((x) => linear(x / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const [, , , alpha] = parsed(getComputedStyle(node).backgroundColor);
      if (alpha === undefined || alpha === 1) return getComputedStyle(node).backgroundColor;
    }
    return "rgb(255, 255, 255)";
  };
  const faint = [];
  for (const node of document.body.querySelectorAll("*")) {
    const written = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!written || !node.checkVisibility() || node.disabled || node.closest("script, noscript, title, desc")) continue;
    const style = getComputedStyle(node);
    const colour = node.ownerSVGElement ? style.fill : style.color;
    const [a, b] = [light(colour), light(behind(node))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) faint.push(`${node.textContent.slice(0, 40)}: ${colour} on ${behind(node)}`);
  }
  return faint;
}"""


@pytest.fixture
def show(chromium: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens the page of some runs; in the end nothing was asked for, no script had an error, and nothing was owned."""
    contexts = []
    seen: list[str] = []

    def open_page(*folders: Path, size: tuple[int, int] = DESKTOP, at: str = "", **more: object) -> Page:
        runs = [read(folder) for folder in folders]
        file = tmp_path / "report.html"
        file.write_text(made(runs, summarise(runs)), encoding="utf-8")
        width, height = size
        options = {"viewport": {"width": width, "height": height}, "reduced_motion": "reduce"} | more
        context = chromium.new_context(**options)  # type: ignore[arg-type]  # as Playwright has them, whatever is given
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: seen.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: seen.append(f"error: {error}"))
        page.on("request", lambda request: seen.append(request.url))
        page.goto(file.as_uri() + at)
        return page

    yield open_page
    for context in contexts:
        for page in context.pages:
            assert page.evaluate("window.owned") is None
        context.close()
    assert [line for line in seen if not line.startswith((tmp_path.as_uri(), "data:image/svg+xml;base64,"))] == []


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return stored_runs.write(tmp_path / "before")


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """Of the same questions, with one that was right abstained from."""
    lines = stored_runs.results()
    lines[0]["answer"] = stored_runs.abstention()
    return stored_runs.write(tmp_path / "after", lines, stored_runs.RIGHT | {"q1": 0.0})


def test_what_looks_like_markup_is_shown_as_text(show: Open, run: Path) -> None:
    page = show(run)
    _open_all(page)

    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2
    assert page.locator("a[href^=javascript]").count() == 0
    expect(page.locator("h1")).to_have_text(f"before {stored_runs.IMAGE}")
    expect(page.locator(".asked").first).to_have_text(f"How far did the rivers rise? {stored_runs.SCRIPT}")
    expect(page.locator(".source").first).to_contain_text(f"Rivers rise {stored_runs.SCRIPT}")
    expect(page.locator(".passage .text").first).to_contain_text(stored_runs.COMMENT)


def test_a_quote_is_marked_in_its_passage_and_linked_with_its_claim(show: Open, run: Path) -> None:
    page = show(run)
    page.locator("summary", has_text="How far did").click()
    question = page.locator(".question").first
    expect(question.locator(".run")).to_be_visible()

    assert question.locator("mark").all_text_contents() == [stored_runs.QUOTE, stored_runs.SECOND]
    assert question.locator("mark .isgold").all_text_contents() == [stored_runs.QUOTE]
    question.locator(".said .marker").nth(1).click()
    assert page.evaluate("document.querySelector('mark:target').textContent") == stored_runs.SECOND
    question.locator(".passage .marker").first.click()
    assert page.evaluate("document.querySelector('.claim:target .said').textContent").startswith(stored_runs.QUOTE)


def test_an_opened_question_tells_all_that_is_known(show: Open, run: Path) -> None:
    page = show(run)
    page.locator("summary", has_text="How far did").click()

    expect(page.locator(".run")).to_be_visible()
    opened = page.locator(".question").first.inner_text().lower()
    for told in ("ada obi", "city", "courier", "2 independent origins", "support 0.900", "gold article at rank 1"):
        assert told in opened
    for told in ("confidence 0.800", "latency 5.2 ms", "embed 2.0 ms", "right 1", "3 m", "the 1 best passage"):
        assert told in opened


def test_a_question_opens_by_keyboard_with_the_focus_in_sight(show: Open, run: Path) -> None:
    page = show(run)
    page.locator("select[name=sort]").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"

    page.keyboard.press("Enter")

    expect(page.locator(".question").first).to_have_attribute("open", "")
    expect(page.locator(".question").first.locator("mark").first).to_be_visible()


def test_questions_are_filtered_by_outcome_and_type(show: Open, run: Path) -> None:
    page = show(run)

    page.select_option("select[name=outcome]", "wrong")
    expect(page.locator("[role=status]")).to_have_text("1 of 6 questions")
    page.select_option("select[name=outcome]", "")
    page.select_option("select[name=type]", "unanswerable")
    expect(page.locator(".asked")).to_have_text(["Who won the derby?", "Who lost it?"])
    page.locator(".counts a", has_text="unscored").click()
    expect(page.locator(".asked")).to_have_text(["When did the rivers rise?"])


def test_search_reads_questions_answers_quotes_and_titles_without_accents_or_case(show: Open, run: Path) -> None:
    page = show(run)

    for words, found in (("DERBY", 1), ("nobody hurt", 3), ("Rívers ledger", 3), ("q4", 1), ("nowhere", 0)):
        page.fill("input[type=search]", words)
        expect(page.locator("[role=status]")).to_have_text(
            f"{found} of 6 questions" if found else "No question matches."
        )


def test_questions_are_sorted(show: Open, run: Path) -> None:
    page = show(run)

    page.select_option("select[name=sort]", "doubtful")

    expect(page.locator(".asked").first).to_have_text("Who won the derby?")


def test_a_link_opens_its_question(show: Open, run: Path) -> None:
    page = show(run, at="#question=q5")

    assert page.evaluate("document.activeElement.closest('details').open")
    expect(page.locator("details.question[open] .asked")).to_have_text("Where did the rivers rise?")


def test_two_runs_stand_side_by_side_and_what_changed_is_found(show: Open, run: Path, changed: Path) -> None:
    page = show(run, changed)

    page.select_option("select[name=outcome]", "changed")
    expect(page.locator(".asked")).to_have_count(1)
    expect(page.locator(".badges .badge")).to_have_text(["right", "abstained wrongly"])
    page.locator(".question summary").first.click()
    expect(page.locator(".run")).to_have_count(2)
    before, after = (box for one in page.locator(".run").all() if (box := one.bounding_box()))
    assert before["y"] == after["y"]
    assert before["x"] + before["width"] <= after["x"]
    assert "worse" in page.locator("#answers").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_is_too_wide_or_too_faint(
    show: Open, run: Path, changed: Path, size: tuple[int, int], scheme: str
) -> None:
    page = show(run, changed, size=size, color_scheme=scheme)
    _open_all(page)

    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    assert page.evaluate(_FAINT) == []


def test_thousands_of_questions_are_drawn_fifty_at_a_time(show: Open, tmp_path: Path) -> None:
    lines = [stored_runs.result(f"n{i}", f"Question {i}?", stored_runs.answer(stored_runs.QUOTE)) for i in range(2001)]
    page = show(stored_runs.write(tmp_path / "many", lines, {line["id"]: 1.0 for line in lines}))

    assert page.locator(".question").count() == 50
    page.get_by_role("button", name="Next").first.click()
    expect(page.locator(".asked").first).to_have_text("Question 50?")
    page.fill("input[type=search]", "n2000")
    expect(page.locator(".asked")).to_have_text(["Question 2000?"])
    assert page.get_by_role("button", name="Next").count() == 0


def test_tables_and_plots_are_there_without_javascript(show: Open, run: Path) -> None:
    page = show(run, java_script_enabled=False)

    assert page.locator("#curves svg[role=img]").count() == 3
    expect(page.locator("#answers th[scope=row]").first).to_have_text("right")
    expect(page.get_by_text("The list of questions needs JavaScript")).to_be_visible()


def test_print_leaves_out_what_cannot_be_pressed_on_paper(show: Open, run: Path) -> None:
    page = show(run, color_scheme="dark")
    page.locator(".question summary").nth(1).click()

    page.emulate_media(media="print")

    expect(page.locator(".filters")).to_be_hidden()
    expect(page.locator(".question").nth(0)).to_be_hidden()
    expect(page.locator(".question").nth(1)).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(_FAINT) == []


def _open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.wait_for_function("[...document.querySelectorAll('.question')].every((one) => one.childElementCount === 2)")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
