"""A journalist asks, reads, and checks: every flow of questions and answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.page.visits import PHONE, ask

if TYPE_CHECKING:
    from tests.page.visits import Visits
    from tests.page.wires import Wires

QUESTION = "What did Morgan Ortagus say about a delegation?"
OTHER = "What did the mayor of Lagos say about flooding?"
LOST = "Failed to load resource: net::ERR_"


def test_examples_are_about_the_library_and_can_be_pressed(visits: Visits) -> None:
    page = visits.open()

    expect(page.locator("#examples button")).to_have_count(4)
    page.locator("#examples button").first.click()

    expect(page.locator(".turn[aria-busy=false] .claim").first).to_be_visible()
    expect(page.locator("#welcome")).to_be_hidden()


def test_an_answer_has_claims_with_markers_and_says_who_carries_them(visits: Visits) -> None:
    page = visits.open()

    ask(page, QUESTION)

    first = page.locator(".claim").first
    expect(first.locator(".marker").first).to_have_text("1")
    expect(first.locator(".meta")).to_contain_text(re.compile(r"\d outlets, \d origins"))
    assert page.locator(".claim.spoken blockquote .uttered").count() > 0
    assert page.locator(".cited .marker").count() == page.locator(".claim .marker").count()
    cited = page.locator(".cited li > span > span:first-child").all_inner_texts()
    assert len(set(cited)) == len(cited)
    page.locator(".considered summary").click()
    considered = page.locator(".considered li button").all_inner_texts()
    assert considered
    assert not set(cited) & set(considered)
    expect(page.locator("#announcer")).to_have_text(re.compile(r"Answer complete: \d claims from \d articles\."))


def test_shift_enter_breaks_the_line_and_enter_sends(visits: Visits) -> None:
    page = visits.open()
    field = page.locator("#question")
    field.press_sequentially("Who called")
    field.press("Shift+Enter")
    field.press_sequentially("whom?")
    assert field.input_value() == "Who called\nwhom?"

    field.press("Enter")

    expect(page.locator(".turn h2")).to_have_text("Who called\nwhom?")
    assert field.input_value() == ""


def test_a_marker_shows_its_quote_and_opens_the_article_at_it(visits: Visits) -> None:
    page = visits.open()
    ask(page, QUESTION)
    marker = page.locator(".claim .marker").first

    marker.hover()
    expect(page.locator("#card")).to_contain_text("The Mashriq Observer")
    expect(page.locator("#card")).to_contain_text("10 January 2020")
    marker.click()

    expect(page.locator("#card")).to_be_hidden()
    now = page.locator("#article mark.now")
    expect(now).to_be_in_viewport()
    assert now.inner_text() in page.locator(".claim .text").first.inner_text()
    page.keyboard.press("Escape")
    expect(page.locator("#article")).to_be_hidden()
    expect(marker).to_be_focused()


def test_the_next_and_the_previous_citation_are_one_key_away(visits: Visits) -> None:
    page = visits.open()
    ask(page, QUESTION)
    page.locator(".claim .marker").first.click()
    first = page.locator("#article h2").inner_text()

    page.keyboard.press("n")
    expect(page.locator("#article .steps span")).to_have_text(re.compile("^2 of"))
    assert page.locator("#article h2").inner_text() != first
    page.keyboard.press("p")
    expect(page.locator("#article h2")).to_have_text(first)


def test_a_finger_gets_the_card_first_and_then_the_article(visits: Visits) -> None:
    page = visits.open(size=PHONE, has_touch=True, is_mobile=True)
    ask(page, QUESTION)

    page.locator(".claim .marker").first.tap()
    expect(page.locator("#card .card-quote")).to_be_visible()
    expect(page.locator("#article")).to_be_hidden()
    page.get_by_role("button", name="Open the article").tap()

    expect(page.locator("#article mark.now")).to_be_in_viewport()
    page.get_by_role("button", name="Close").tap()
    expect(page.locator("#article")).to_be_hidden()


def test_an_abstention_is_no_answer_and_says_what_was_searched(visits: Visits) -> None:
    page = visits.open()

    ask(page, OTHER)

    expect(page.locator(".claim")).to_have_count(0)
    unknown = page.locator(".unknown")
    expect(unknown).to_contain_text("The articles do not say.")
    expect(unknown).to_contain_text("Searched 5 articles")
    expect(unknown).to_contain_text("they do not answer the question")
    page.get_by_role("button", name="Rephrase the question").click()
    expect(page.locator("#question")).to_be_focused()
    assert page.locator("#question").input_value() == OTHER


def test_filters_are_chips_in_the_address_and_are_asked_with(visits: Visits) -> None:
    page = visits.open("/?outlet=The+Gulf+Ledger&from=2020-01-01")
    expect(page.locator(".chip")).to_have_count(2)

    ask(page, QUESTION)
    assert set(page.locator(".cited .meta").all_inner_texts()) == {"The Gulf Ledger, 10 January 2020"}
    page.get_by_role("button", name="Remove the filter from 1 January 2020").click()
    assert "outlet=The+Gulf+Ledger" in page.url
    assert "from=" not in page.url

    page.locator("#filters summary").click()
    page.select_option("#filter-outlet", "Al Nawras English")
    page.fill("#filter-to", "2020-02-01")
    assert "outlet=Al+Nawras+English&to=2020-02-01" in page.url
    page.reload()
    expect(page.locator(".chip")).to_have_count(3)


def test_an_abstention_within_filters_offers_to_ask_without_them(visits: Visits) -> None:
    page = visits.open("/?from=2030-01-01")
    ask(page, QUESTION)

    page.get_by_role("button", name="Ask without filters").click()

    expect(page.locator(".claim").first).to_be_visible()
    assert "from=" not in page.url


def test_follow_ups_stay_in_one_conversation_that_can_be_opened_again_and_deleted(visits: Visits) -> None:
    page = visits.open()
    ask(page, QUESTION)
    ask(page, "Who called whom?")
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator("#conversations li")).to_have_count(1)

    page.locator("#nav-ask").click()
    expect(page.locator(".turn")).to_have_count(0)
    page.locator("#conversations a").first.click()
    expect(page.locator(".turn h2")).to_have_text([QUESTION, "Who called whom?"])
    page.reload()
    expect(page.locator(".turn h2")).to_have_text([QUESTION, "Who called whom?"])

    page.get_by_role("button", name="Delete the conversation").click()
    expect(page.locator("#conversations li")).to_have_count(0)
    expect(page.locator("#welcome")).to_be_visible()


def test_an_answer_is_copied_as_text_as_markdown_and_as_a_link(visits: Visits) -> None:
    page = visits.open(permissions=["clipboard-read", "clipboard-write"])
    ask(page, QUESTION)
    read = "navigator.clipboard.readText()"

    page.get_by_role("button", name="Copy text").click()
    expect(page.locator(".toast").last).to_contain_text("Text copied.")
    assert re.search(r"\[1\] The Mashriq Observer, “.*”, 10 January 2020: “", page.evaluate(read))
    page.get_by_role("button", name="Copy Markdown").click()
    expect(page.locator(".toast").last).to_contain_text("Markdown copied.")
    assert "[^1]: The Mashriq Observer" in page.evaluate(read)
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".toast").last).to_contain_text("link")
    link = page.evaluate(read)

    other = visits.open(link.removeprefix(visits.address))
    expect(other.locator(".turn h2")).to_have_text(QUESTION)
    expect(other.locator(".claim").first).to_be_visible()


def test_paper_has_the_answer_with_its_quotes_and_nothing_to_press(visits: Visits) -> None:
    page = visits.open(color_scheme="dark")
    ask(page, QUESTION)

    page.emulate_media(media="print")

    expect(page.locator("#ask")).to_be_hidden()
    expect(page.locator(".rail")).to_be_hidden()
    expect(page.locator(".tools")).to_be_hidden()
    expect(page.locator(".printed").first).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_connection_lost_in_mid_answer_keeps_what_came_and_offers_to_try_again(visits: Visits, wires: Wires) -> None:
    visits.allowed = [LOST]
    page = visits.open()
    wires.cut_after = 2  # what is looked at, and one claim
    wires.pause_s = 0.1
    ask(page, QUESTION)

    expect(page.locator(".claim")).to_have_count(1)
    expect(page.locator(".broken")).to_contain_text("What had come is kept.")
    wires.mend()
    page.get_by_role("button", name="Try again").click()

    expect(page.locator(".sources")).to_be_visible()
    expect(page.locator(".broken")).to_have_count(0)


def test_while_waiting_the_page_says_what_happens_and_escape_stops_it(visits: Visits, wires: Wires) -> None:
    page = visits.open()
    wires.pause_s = 0.4
    page.fill("#question", QUESTION)
    page.locator("#question").press("Enter")

    expect(page.locator("#send")).to_have_text("Stop")
    expect(page.locator(".doing")).to_have_text("Reading 5 articles…")
    expect(page.locator(".claim").first).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.locator(".broken")).to_contain_text("Stopped.")
    assert page.locator(".claim").count() >= 1
    expect(page.locator("#send")).to_have_text("Ask")


@pytest.mark.parametrize("question", ["???", "x" * 4001])
def test_what_cannot_be_asked_is_said(visits: Visits, question: str) -> None:
    visits.allowed = ["Failed to load resource: the server responded with a status of 4"]
    page = visits.open()
    page.evaluate("document.getElementById('question').removeAttribute('maxlength')")

    ask(page, question)

    expect(page.locator(".broken")).to_contain_text(re.compile("has no word in it|has 4,001 characters"))
