"""What every test may ask for: the real model, a library made of the seeds, and no network beyond this machine.

Loading the model takes half a second and the library a second, so both are made once for the session. A process may
open a library only once at a time: a test takes `index`, or the folder `seed_library`, and one that changes it takes
`own_library`.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_socket import socket_allow_hosts

from ingest.embed import Encoder
from ingest.load import load
from ingest.pipeline import ingest
from ingest.store import PassageIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

    from ingest.records import RawArticle

SEEDS = Path(__file__).parents[1] / "seeds"
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--pictures` keeps the pictures of the page in `docs/images/`."""
    parser.addoption("--pictures", action="store_true", help="keep the pictures of the page in docs/images/")


@pytest.fixture(autouse=True)
def _loopback_only() -> None:
    """A test that reaches beyond this machine fails; pytest-socket lifts this again after each test."""
    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _no_settings_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without this, what the person has set would decide how tests end."""
    for name in [name for name in os.environ if name.startswith("ONRECORD_") or name == "WEB_CONCURRENCY"]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The real model."""
    return Encoder.load()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium; it is an error in CI when there is none."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        message = "there is no Chromium here, so the page was not tested: apt-get install chromium"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    from playwright.sync_api import sync_playwright  # here: most tests need no browser

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def seed_library(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    """Folder of a library made of the seeds; not to be changed."""
    folder = tmp_path_factory.mktemp("seeds") / "library"
    with PassageIndex.open(folder, create=True) as index:
        report = ingest(load([SEEDS], max_bytes=1_000_000), index, lambda: encoder)
    assert (report.added, report.failed) == (5, ())
    return folder


@pytest.fixture
def index(seed_library: Path) -> Iterator[PassageIndex]:
    """The library of the seeds, open; not to be changed."""
    with PassageIndex.open(seed_library) as opened:
        yield opened


@pytest.fixture
def own_library(seed_library: Path, tmp_path: Path) -> Path:
    """Folder of a copy of the library of the seeds, to do with as one likes."""
    return Path(shutil.copytree(seed_library, tmp_path / "library"))


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[Callable[..., PassageIndex]]:
    """Makes a library of articles, open until the module's tests have run."""
    opened: list[PassageIndex] = []

    def make(*articles: RawArticle) -> PassageIndex:
        index = PassageIndex.open(tmp_path_factory.mktemp("made") / "library", create=True)
        opened.append(index)
        assert ingest(articles, index, lambda: encoder).failed == ()
        return index

    yield make
    for index in opened:
        index.close()
