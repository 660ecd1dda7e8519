"""The library on the page: find articles, read one, add some, delete one with a way back."""

from __future__ import annotations

import re
import time
from datetime import date
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from eval.origin_texts import REPORTS
from eval.origins import variants
from tests.invented import document, stored
from tests.page.visits import ask

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload

    from ingest.store import PassageIndex
    from tests.page.visits import Visits

REFUSED = "Failed to load resource: the server responded with a status of 422"
STORY = "The ferry to Tarsk was cancelled on Monday because of ice, the harbour master said.\n\nIt will sail on Friday."


def test_articles_are_found_by_words_outlet_and_date(visits: Visits) -> None:
    page = visits.open("/#/library")
    expect(page.locator(".row")).to_have_count(5)

    page.fill("#library-words", "pompeo gulf")
    expect(page.locator(".row .label")).to_have_text(["The Gulf Ledger"])
    page.fill("#library-words", "")
    page.select_option("#library-outlet", "Al Nawras English")
    expect(page.locator(".row .label")).to_have_text(["Al Nawras English"])
    page.fill("#library-from", "2021-01-01")
    expect(page.locator("#library-count")).to_have_text("No article fits.")


def test_an_article_shows_its_statements_its_origin_and_the_answers_that_cite_it(visits: Visits) -> None:
    page = visits.open()
    ask(page, "What did Morgan Ortagus say about a delegation?")
    page.locator("#nav-library").click()

    page.get_by_role("button", name="US rebuffs Iraqi wish").first.click()

    article = page.locator("#article")
    expect(article.locator("header .meta")).to_contain_text("Wire: Reuters")
    article.locator(".statements summary").click()
    expect(article.locator(".statements")).to_contain_text("Morgan Ortagus")
    article.locator(".also a").click()
    expect(page.locator(".turn h2")).to_be_focused()


def test_an_article_names_what_shares_its_origin_and_why_and_leads_there(visits: Visits, library: PassageIndex) -> None:
    names = {"wire": "<b>Dam</b> leaks", "copy": "Valley emptied below the dam"}
    wire, *_ = REPORTS["dam"]
    reworded = next(one.text for one in variants("dam", wire) if one.how == "reworded")
    for id_, text in {"wire": wire, "copy": reworded}.items():
        library.add([stored(document(text, id_, title=names[id_], outlet=id_.title(), published_on=date(2024, 5, 7)))])
    page = visits.open("/#/library")
    page.get_by_role("button", name=names["copy"], exact=True).click()

    shared = page.get_by_role("region", name="Shares its origin with 1 other article")
    expect(shared).to_contain_text("Wire, 7 May 2024")
    expect(shared).to_contain_text("because")
    expect(shared).to_contain_text("2 longer quotations are the same")
    shared.get_by_role("button", name=names["wire"]).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#article h2")).to_have_text(names["wire"])
    expect(page.locator("#article")).to_be_focused()

    page.keyboard.press("Escape")
    page.get_by_role("button", name=f"Delete {names['wire']}").click()
    page.get_by_role("button", name="Close this notice").click()
    expect(page.locator("#n-documents")).to_have_text("6")
    page.get_by_role("button", name=names["copy"], exact=True).click()
    expect(page.locator("#article h2")).to_have_text(names["copy"])
    expect(page.locator(".same-origin")).to_have_count(0)
    page.keyboard.press("Escape")
    library.remove("copy")


def test_a_pasted_article_can_be_asked_about_at_once_and_is_deleted_after_the_time_to_undo(
    visits: Visits, library: PassageIndex
) -> None:
    page = visits.open("/#/library")
    page.get_by_role("button", name="Paste an article").click()
    page.fill("#paste-title", "Ferry to Tarsk stays in port")
    page.fill("#paste-outlet", "Harbour Post")
    page.fill("#paste-date", "2020-02-03")
    page.fill("#paste-text", STORY)
    page.get_by_role("button", name="Add the article").click()
    expect(page.locator("#arrivals")).to_contain_text("Added")
    expect(page.locator(".row")).to_have_count(6)

    page.locator("#nav-ask").click()
    ask(page, "Why was the ferry to Tarsk cancelled?")
    expect(page.locator(".claim").first).to_contain_text("because of ice")

    page.locator("#nav-library").click()
    page.get_by_role("button", name="Delete Ferry to Tarsk").click()
    expect(page.locator(".row:visible")).to_have_count(5)
    assert library.n_documents == 6
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".row:visible")).to_have_count(6)

    page.get_by_role("button", name="Delete Ferry to Tarsk").click()
    page.get_by_role("button", name="Close this notice").click()
    expect(page.locator("#n-documents")).to_have_text("5")
    assert library.n_documents == 5


def test_leaving_the_page_deletes_what_waits_to_be_deleted(visits: Visits, library: PassageIndex) -> None:
    page = visits.open("/#/library")
    page.set_input_files("#files", {"name": "ferry.txt", "mimeType": "text/plain", "buffer": STORY.encode()})
    expect(page.locator(".row")).to_have_count(6)
    page.get_by_role("button", name="Delete ferry.txt").click()
    expect(page.locator(".row:visible")).to_have_count(5)
    assert library.n_documents == 6

    page.goto("about:blank")

    until = time.monotonic() + 10
    while library.n_documents == 6 and time.monotonic() < until:
        page.wait_for_timeout(20)
    assert library.n_documents == 5


def test_each_file_has_its_own_outcome(visits: Visits, library: PassageIndex) -> None:
    visits.allowed = [REFUSED]
    page = visits.open("/#/library")

    files: list[FilePayload] = [
        {"name": "good.md", "mimeType": "text/markdown", "buffer": STORY.encode()},
        {"name": "empty.txt", "mimeType": "text/plain", "buffer": b""},
        {"name": "picture.png", "mimeType": "image/png", "buffer": b"\x89PNG"},
    ]
    page.set_input_files("#files", files)

    expect(page.locator("#arrivals li")).to_have_count(3)
    expect(page.locator("#arrivals li.failed")).to_have_count(2)
    expect(page.locator("#arrivals li").filter(has_text="good.md")).to_contain_text("Added")
    expect(page.locator("#arrivals li").filter(has_text="empty.txt")).to_contain_text(re.compile("Not added: .+"))
    library.remove("good.md")


def test_files_are_dropped_onto_the_list(visits: Visits, library: PassageIndex) -> None:
    page = visits.open("/#/library")
    data = page.evaluate_handle(
        """(text) => {
          const data = new DataTransfer();
          data.items.add(new File([text], "dropped.txt"));
          return data;
        }""",
        STORY,
    )

    page.dispatch_event("#view-library", "drop", {"dataTransfer": data})

    expect(page.locator("#arrivals li")).to_contain_text("Added")
    library.remove("dropped.txt")
