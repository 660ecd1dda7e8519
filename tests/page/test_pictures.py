"""The pictures of the page in `docs/images/`, made anew with `./run test tests/page/test_pictures.py --pictures`.

Without that they are drawn and thrown away: that they can be made is tested, and a commit does not change by a test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.page.visits import DESKTOP, PHONE, ask

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from tests.page.visits import Visits

QUESTION = "What did Morgan Ortagus say about a delegation?"


@pytest.fixture
def album(request: pytest.FixtureRequest, root: Path, tmp_path: Path) -> Path:
    """Where pictures go."""
    return root / "docs" / "images" if request.config.getoption("--pictures") else tmp_path


def _keep(page: Page, file: Path, shown: Locator | None = None) -> None:
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")
    if shown:
        shown.evaluate("(one) => one.scrollIntoView({ block: 'center' })")
    page.evaluate("document.activeElement.blur()")
    page.screenshot(path=file)
    assert 5_000 < file.stat().st_size < 400_000


@pytest.mark.parametrize(
    ("name", "size", "scheme"),
    [("page-desktop", DESKTOP, "light"), ("page-dark", DESKTOP, "dark"), ("page-phone", PHONE, "light")],
)
def test_an_answer(visits: Visits, album: Path, name: str, size: tuple[int, int], scheme: str) -> None:
    page = visits.open(size=size, color_scheme=scheme)
    ask(page, QUESTION)

    _keep(page, album / f"{name}.png")


def test_an_article_beside_its_answer(visits: Visits, album: Path) -> None:
    page = visits.open(size=(1440, 860))
    ask(page, QUESTION)
    page.locator(".claim .marker").first.click()
    expect(page.locator("#article mark.now")).to_be_in_viewport()

    _keep(page, album / "page-article.png")


def test_an_abstention(visits: Visits, album: Path) -> None:
    page = visits.open()
    ask(page, "What did the mayor of Lagos say about flooding?")

    _keep(page, album / "page-abstention.png")


def test_a_disagreement(visits: Visits, album: Path) -> None:
    page = visits.open()

    ask(page, "Who called Abdul-Mahdi?")

    positions = page.locator(".differ").first.locator(".position")
    expect(positions).to_have_count(2)
    expect(positions.first).to_contain_text("The Gulf Ledger")
    page.locator(".differ .marker").last.click()
    expect(page.locator("#article mark.now")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator("#article")).to_be_hidden()
    _keep(page, album / "page-disagreement.png", page.locator(".differ").first)
