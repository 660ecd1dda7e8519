"""Scripts, markup and addresses in articles, questions and answers are text on the page (rows S3 to S5)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx2
import pytest
from playwright.sync_api import expect

from tests.page.visits import ask

if TYPE_CHECKING:
    from ingest.store import PassageIndex
    from tests.page.visits import Visits
    from tests.page.wires import Wires

SCRIPTS = [
    "<img src=x onerror=window.owned=1>",
    "<svg onload=window.owned=1>",
    "</script><script>window.owned=1</script>",
    "![logo](https://canary.example/?q=1) [here](javascript:window.owned=1)",
    "<a href='javascript:window.owned=1'>x</a><iframe src='https://canary.example/'></iframe>",
]
PAYLOAD = " ".join(SCRIPTS)


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere(address: str) -> None:
    for path in ("/", "/page/main.js", "/page/page.css", "/page/icon.svg"):
        response = httpx2.get(address + path)
        policy = response.headers["content-security-policy"]
        assert response.status_code == 200
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert "camera=()" in response.headers["permissions-policy"]
    assert httpx2.get(f"{address}/v1/start").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ["..%2fapp.py", "%2e%2e%2frecords.py", "index.html", "none.js", ""])
def test_nothing_else_is_sent(address: str, name: str) -> None:
    assert httpx2.get(f"{address}/page/{name}").status_code == 404


def test_scripts_in_an_article_are_text_wherever_it_is_shown(visits: Visits, library: PassageIndex) -> None:
    article = {
        "id": "<img src=x onerror=window.owned=1>",
        "title": f"Zebra count in Quillport {PAYLOAD}",
        "outlet": f"Outlet {SCRIPTS[0]}",
        "byline": SCRIPTS[1],
        "text": f"The zebra count in Quillport was 41 {PAYLOAD} on Monday, said Ada Quill.\n\n{PAYLOAD}",
        "url": "javascript:window.owned=1",
        "published_on": "2020-03-01",
    }
    assert httpx2.post(f"{visits.address}/v1/documents", json=article).status_code in (201, 422)
    if library.n_documents == 5:
        del article["url"]
        assert httpx2.post(f"{visits.address}/v1/documents", json=article).status_code == 201
    page = visits.open()

    ask(page, f"What was the zebra count in Quillport? {SCRIPTS[0]}")
    expect(page.locator(".claim").first).to_contain_text("onerror")
    page.locator(".claim .marker").first.hover()
    page.locator(".claim .marker").first.click()
    expect(page.locator("#article .story")).to_contain_text("</script>")
    page.locator("#nav-library").click()
    expect(page.locator(".row").first).to_contain_text("<svg onload")

    assert page.locator("main img, main svg, main script, main iframe, aside img, aside iframe").count() == 0
    assert page.locator("a[href^='javascript' i]").count() == 0
    library.remove(article["id"])


def test_what_a_server_sends_is_text_too_and_links_are_http_only(visits: Visits, wires: Wires) -> None:
    citation = {
        "marker": 1, "document_id": "d", "passage_id": "d#0", "start": 0, "end": 3, "quote": PAYLOAD,
        "outlet": PAYLOAD, "title": PAYLOAD, "published_on": "<b>",
        "url": "data:text/html,<script>window.owned=1</script>",
    }  # fmt: skip
    other = citation | {"marker": 2, "document_id": "e", "url": "https://example.org/a?b=<i>"}
    claim = {"text": PAYLOAD, "citations": [citation, other], "speaker": {"name": PAYLOAD, "affiliation": PAYLOAD}}
    claim["superseded_by"] = citation | {"marker": 3, "url": "JavaScript:window.owned=1"}
    positions = [{"text": PAYLOAD, "citations": [1]}, {"text": PAYLOAD, "citations": [2], "outlets": [PAYLOAD]}]
    answer = {
        "kind": "answer", "question": "q", "query": PAYLOAD, "claims": [claim], "note": PAYLOAD, "model": PAYLOAD,
        "mode": "model", "disagreements": [{"topic": PAYLOAD, "positions": positions}], "cited": ["d"],
    }  # fmt: skip
    wires.script = [
        f"event: retrieved\ndata: {json.dumps({'query': PAYLOAD, 'considered': [citation]})}\n\n".encode(),
        b": alive\n\nevent: claim\r\ndata: " + json.dumps({"index": 0, "claim": claim}).encode() + b"\r\n\r\n",
        f"event: done\ndata: {json.dumps(answer)}\n\n".encode(),
    ]
    page = visits.open()

    ask(page, "What?")

    links = page.locator("main a[href]")
    assert links.evaluate_all("(all) => all.map((one) => [one.href, one.rel])") == [
        ["https://example.org/a?b=%3Ci%3E", "noopener noreferrer nofollow"]
    ]
    assert page.locator("main img, main svg, main script, main iframe, main b > *").count() == 0
    expect(page.locator(".differ .position")).to_have_count(2)


def test_an_error_is_text_too(visits: Visits, wires: Wires) -> None:
    wires.script = [f"event: error\ndata: {json.dumps({'detail': PAYLOAD})}\n\n".encode()]
    page = visits.open()

    ask(page, "What?")

    expect(page.locator(".broken")).to_contain_text("<svg onload")
    assert page.locator("main img, main svg").count() == 0
