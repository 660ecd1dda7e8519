"""Answers that a model words, on the page: slow, failing, and claims that the quotes do not support."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from ingest.settings import Settings
from service.api.app import create_app
from tests.fakes import Raw, Reply, ScriptedLlm
from tests.page.visits import Visits, ask
from tests.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from ingest.embed import Encoder
    from ingest.store import PassageIndex
    from tests.fakes import Script

QUESTION = "How many US troops are in Iraq?"
TRUE = {"text": "There are 5,200 US troops in Iraq.", "passages": [1, 2, 3]}
FALSE = {"text": "There are 9,900 US troops in Iraq.", "passages": [1, 2, 3]}


@contextmanager
def _worded(
    library: PassageIndex, encoder: Encoder, chromium: Browser, script: Script, **more: Any
) -> Iterator[Visits]:
    with ScriptedLlm(script) as llm:
        settings = Settings(_env_file=None, llm_url=llm.url, llm_model="scripted", **more)
        with serving(create_app(library, encoder, settings)) as address:
            visits = Visits(chromium, address)
            yield visits
            visits.end()


def test_a_slow_model_is_waited_for_and_the_page_says_for_what(
    library: PassageIndex, encoder: Encoder, chromium: Browser
) -> None:
    reply = Reply(json.dumps({"claims": [TRUE]}), before_s=0.6)
    with _worded(library, encoder, chromium, lambda _: reply) as visits:
        page = visits.open()
        page.fill("#question", QUESTION)
        page.locator("#question").press("Enter")

        expect(page.locator(".doing")).to_have_text("Reading 5 articles…")
        expect(page.locator(".claim .text")).to_contain_text("There are 5,200 US troops in Iraq.")
        expect(page.locator(".mode")).to_have_text("Written by scripted, checked against the articles")


def test_a_failing_model_leaves_the_articles_own_words_and_says_why(
    library: PassageIndex, encoder: Encoder, chromium: Browser
) -> None:
    with _worded(library, encoder, chromium, lambda _: Raw(b"no", status=401)) as visits:
        page = visits.open()

        ask(page, QUESTION)

        expect(page.locator(".claim").first).to_be_visible()
        expect(page.locator(".body > .notice")).to_contain_text("model")
        expect(page.locator(".mode")).to_have_text("In the articles’ own words")


def test_a_claim_that_its_quotes_do_not_support_is_struck_through(
    library: PassageIndex, encoder: Encoder, chromium: Browser
) -> None:
    reply = Reply(json.dumps({"claims": [FALSE, TRUE]}))
    with _worded(library, encoder, chromium, lambda _: reply, unsupported="flag") as visits:
        page = visits.open()

        ask(page, QUESTION)

        doubtful = page.locator(".claim.doubtful")
        expect(doubtful).to_contain_text("The quotes do not support this")
        expect(doubtful.locator(".text")).to_have_css("text-decoration-line", "line-through")
        expect(page.locator(".claim:not(.doubtful)")).to_have_count(1)
