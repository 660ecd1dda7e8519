"""Visits of the page: each in a browser of its own, and with everything noted that should not have happened.

Example: `page = visits.open(size=PHONE)` and `ask(page, "Who called whom?")`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DESKTOP, PHONE = (1280, 860), (390, 844)


class Visits:
    """Opens the page at an address; `end` fails when something was said on a console, or asked of elsewhere.

    Attributes:
        allowed: Beginnings of what may stand on the console.
    """

    def __init__(self, browser: Browser, address: str) -> None:
        self.address = address
        self.allowed: list[str] = []
        self._browser = browser
        self._pages: list[Page] = []
        self._seen: list[str] = []

    def open(self, at: str = "/", *, size: tuple[int, int] = DESKTOP, waits: bool = True, **more: Any) -> Page:
        """A page that is ready, unless the test does not wait for that."""
        width, height = size
        options = {"viewport": {"width": width, "height": height}, "reduced_motion": "reduce"} | more
        page = self._browser.new_context(**options).new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: self._seen.append(message.text))
        page.on("pageerror", lambda error: self._seen.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self._seen.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self._note(request.url))
        self._pages.append(page)
        page.goto(self.address + at)
        if waits:
            page.locator("html[data-ready]").wait_for()
        return page

    def end(self) -> None:
        """Closes all pages, and fails when something is amiss."""
        for page in self._pages:
            assert page.evaluate("window.owned") is None
            page.context.close()
        assert [line for line in self._seen if not line.startswith(tuple(self.allowed) or ("\0",))] == []

    def _note(self, url: str) -> None:
        if not url.startswith(f"{self.address}/"):
            self._seen.append(f"request: {url}")


def ask(page: Page, question: str) -> None:
    """Types the question, presses Enter and waits for the end of the answer."""
    page.fill("#question", question)
    page.locator("#question").press("Enter")
    page.locator("body:not(.asking)").wait_for()
    page.locator(".turn[aria-busy=false]").last.wait_for()
