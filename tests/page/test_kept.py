"""What a server may keep for a reader, conversations and feedback, and the key that it may ask for."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import httpx2
from playwright.sync_api import expect

from ingest.settings import Settings
from service.access import KeyRing
from service.api.app import create_app
from tests.page.visits import DESKTOP, Visits, ask
from tests.serving import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

    from ingest.embed import Encoder
    from ingest.store import PassageIndex
    from tests.page.wires import Wires

CITATION = {
    "marker": 1, "document_id": "01-baghdad-asks-for-a-roadmap.md", "passage_id": "p", "start": 0, "end": 7,
    "quote": "BAGHDAD", "outlet": "Fairwater World News", "title": "T", "published_on": "2020-01-10", "url": None,
}  # fmt: skip
ANSWER = {
    "kind": "answer", "question": "And when?", "query": "When did Pompeo call Abdul-Mahdi?", "mode": "extractive",
    "text": "On Thursday. [1]", "claims": [{"text": "On Thursday.", "citations": [CITATION]}], "disagreements": [],
    "cited": [CITATION["document_id"]], "conversation_id": "c1", "turn": 0,
}  # fmt: skip
TURN = {"turn": 0, "question": "And when?", "asked_at": "2026-01-01T00:00:00Z", "filters": {}, "result": ANSWER}


def _keeping(visits: Visits, wires: Wires) -> tuple[Page, list[tuple[str, str, Any]]]:
    """A page whose server says that it keeps conversations and feedback, and what that server was asked."""
    asked: list[tuple[str, str, Any]] = []

    def kept(route: Route) -> None:
        path = route.request.url.removeprefix(visits.address)
        asked.append((route.request.method, path, route.request.post_data_json if route.request.post_data else None))
        if path.startswith("/v1/start"):
            start = {"documents": 5, "outlets": [], "examples": [], "can": ["conversations", "feedback"]}
            route.fulfill(json=start)
        elif path == "/v1/feedback":
            route.fulfill(status=201, json={"id": "f1"})
        elif route.request.method == "DELETE":
            route.fulfill(status=204)
        elif path.startswith("/v1/conversations/c1"):
            route.fulfill(json={"id": "c1", "title": "And when?", "turns": [TURN]})
        else:
            deleted = ("DELETE", "/v1/conversations/c1", None) in asked
            listed = [] if deleted else [{"id": "c1", "title": "And when?", "turns": 1}]
            route.fulfill(json={"conversations": listed, "total": len(listed), "limit": 50, "offset": 0})

    wires.script = [f"event: done\ndata: {json.dumps(ANSWER)}\n\n".encode()]
    page = visits.open()
    page.route(re.compile("/v1/(start|feedback|conversations)"), kept)
    page.reload()
    page.locator("html[data-ready]").wait_for()
    return page, asked


def test_the_query_that_was_searched_for_is_shown_where_it_is_another(visits: Visits, wires: Wires) -> None:
    page, _ = _keeping(visits, wires)

    ask(page, "And when?")

    expect(page.locator(".searched")).to_contain_text("When did Pompeo call Abdul-Mahdi?")


def test_conversations_of_the_server_are_listed_opened_and_deleted(visits: Visits, wires: Wires) -> None:
    page, asked = _keeping(visits, wires)
    ask(page, "And when?")
    assert page.url.endswith("#/c/c1/0")
    page.locator("#nav-ask").click()

    page.locator("#conversations a").click()
    expect(page.locator(".turn h2")).to_have_text("And when?")
    page.get_by_role("button", name="Delete the conversation").click()

    expect(page.locator("#conversations li")).to_have_count(0)
    assert ("DELETE", "/v1/conversations/c1", None) in asked


def test_a_conversation_that_comes_late_does_not_replace_the_question_asked_meanwhile(visits: Visits) -> None:
    page = visits.open()
    ask(page, "What did Morgan Ortagus say about a delegation?")
    page.goto(f"{visits.address}/#/")
    held: list[Route] = []
    page.route(re.compile("/v1/conversations/"), lambda route: held.append(route))
    page.locator("#conversations a").first.click()
    page.wait_for_function("location.hash.startsWith('#/c/')")
    ask(page, "Who called whom?")

    held[0].continue_()
    page.wait_for_load_state("networkidle")

    expect(page.locator(".turn h2")).to_have_text(["Who called whom?"])


def test_a_claim_is_reported_and_the_report_is_a_case_for_the_evaluation(visits: Visits) -> None:
    page = visits.open()
    ask(page, "Who called Abdul-Mahdi?")

    page.locator(".feedback summary").first.click()
    page.get_by_role("button", name="Wrong speaker").first.click()

    expect(page.locator(".thanks")).to_be_visible()
    (report,) = httpx2.get(f"{visits.address}/v1/feedback").json()["feedback"]
    assert (report["turn"], report["claim"], report["verdict"]) == (0, 0, "wrong_speaker")
    assert "Who called Abdul-Mahdi?" in httpx2.get(f"{visits.address}/v1/feedback/export").text


def test_an_ambiguous_question_offers_its_readings(visits: Visits, wires: Wires) -> None:
    readings = ["Who called Pompeo?", "Who called Abdul-Mahdi?"]
    unclear = {
        "kind": "abstention", "question": "Who called him?", "query": "Who called him?", "reason": "ambiguous",
        "text": "It is not clear who is meant.", "readings": readings, "closest": [], "considered": [], "mode": "auto",
    }  # fmt: skip
    wires.script = [f"event: done\ndata: {json.dumps(unclear)}\n\n".encode()]
    page = visits.open()
    ask(page, "Who called him?")
    wires.mend()

    page.get_by_role("button", name=readings[1]).click()

    expect(page.locator(".turn h2").last).to_have_text(readings[1])
    expect(page.locator(".claim").first).to_be_visible()


def test_a_server_that_needs_a_key_is_given_it(library: PassageIndex, encoder: Encoder, chromium: Browser) -> None:
    ring = KeyRing(library.folder)
    secret = ring.create("reader", "read")[1]
    with serving(create_app(library, encoder, Settings(_env_file=None), keys=ring)) as address:
        visits = Visits(chromium, address)
        visits.allowed = ["Failed to load resource: the server responded with a status of 401"]
        page = visits.open(size=DESKTOP, waits=False)
        page.fill("#key", "wrong")
        page.locator("#key").press("Enter")
        page.locator("#key-dialog[open]").wait_for()
        page.fill("#key", secret)
        page.get_by_role("button", name="Open the library").click()

        expect(page.locator("#n-documents")).to_have_text("5")
        ask(page, "Who called Abdul-Mahdi?")
        expect(page.locator(".claim").first).to_be_visible()
        visits.end()
