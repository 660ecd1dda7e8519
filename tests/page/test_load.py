"""Fast and large: how soon the page is ready and claims are seen, long conversations and long articles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
from playwright.sync_api import expect

from tests.page.visits import ask

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.store import PassageIndex
    from tests.page.visits import Visits
    from tests.page.wires import Wires

QUESTION = "What did Morgan Ortagus say about a delegation?"
_WATCH = """() => {
  window.seen = { tasks: [], claims: [] };
  new PerformanceObserver((list) => list.getEntries().forEach((one) => window.seen.tasks.push(one.duration)))
    .observe({ entryTypes: ["longtask"] });
  new PerformanceObserver((list) => list.getEntries().forEach((one) => window.seen.claims.push(one.duration)))
    .observe({ entryTypes: ["measure"] });
}"""


def test_the_page_weighs_less_than_100_kb(root: Path) -> None:
    assert sum(path.stat().st_size for path in (root / "service" / "page").iterdir()) < 100_000


def test_the_page_is_ready_within_a_second(visits: Visits) -> None:
    visits.open()
    page = visits.open()

    assert page.evaluate("performance.getEntriesByName('ready')[0].startTime") < 1_000


def test_a_claim_is_painted_within_100_ms_of_its_event_and_no_task_is_long(visits: Visits, wires: Wires) -> None:
    page = visits.open()
    ask(page, QUESTION)  # what is used the first time is compiled
    wires.pause_s = 0.02
    page.evaluate(_WATCH)

    ask(page, QUESTION)

    page.wait_for_timeout(100)
    seen = page.evaluate("window.seen")
    assert seen["claims"]
    assert max(seen["claims"]) < 100
    assert seen["tasks"] == []


def test_200_turns_stay_quick(visits: Visits) -> None:
    kept = None
    for _ in range(200):
        body = {"question": QUESTION, "mode": "extractive", "remember": True, "conversation_id": kept}
        kept = httpx2.post(f"{visits.address}/v1/ask", json=body, timeout=60).json()["conversation_id"]
    page = visits.open()
    page.locator("#conversations a").first.click()
    expect(page.locator(".turn")).to_have_count(200)
    expect(page.locator(".turn").last).to_be_in_viewport()
    page.evaluate(_WATCH)

    ask(page, "Who called whom?")

    expect(page.locator(".turn")).to_have_count(201)
    expect(page.locator(".turn").last).to_be_in_viewport()
    assert max(page.evaluate("window.seen.claims")) < 100


def test_an_article_of_100_000_characters_opens_at_the_quote(visits: Visits, library: PassageIndex) -> None:
    filler = "The council of Oldmere met again and spoke of drains, roads and lamps without an end. "
    text = (filler * 8 + "\n\n") * 140
    text += "The lighthouse of Oldmere was sold for 41 crowns, the keeper said.\n\n" + filler * 4
    assert len(text) > 90_000
    article = {"id": "long", "title": "Council of Oldmere", "outlet": "Oldmere Echo", "text": text}
    assert httpx2.post(f"{visits.address}/v1/documents", json=article, timeout=120).status_code == 201
    page = visits.open("/?outlet=Oldmere+Echo")
    ask(page, "For how much was the lighthouse of Oldmere sold?")

    page.locator(".claim .marker").first.click()

    expect(page.locator("#article mark.now")).to_be_in_viewport()
    expect(page.locator("#article mark.now")).to_contain_text("41 crowns")
    library.remove("long")
