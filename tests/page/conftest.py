"""The page at `/` in the system's Chromium, against a real server with the seeds; nothing may go wrong unseen.

A test that is through has seen no line on the browser's console, no error of a script and no request to elsewhere.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from ingest.settings import Settings
from ingest.store import PassageIndex
from service.api.app import create_app
from tests.page.visits import Visits
from tests.page.wires import Wires
from tests.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from ingest.embed import Encoder

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def library(seed_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PassageIndex]:
    """A copy of the seeds' library, open for the module."""
    folder = shutil.copytree(seed_library, tmp_path_factory.mktemp("page") / "library")
    with PassageIndex.open(folder) as index:
        yield index


@pytest.fixture(scope="module")
def wires(library: PassageIndex, encoder: Encoder) -> Wires:
    """What stands between server and browser, and can be cut."""
    return Wires(create_app(library, encoder, Settings(_env_file=None)))


@pytest.fixture(scope="module")
def address(wires: Wires) -> Iterator[str]:
    """Of the server."""
    with serving(wires) as found:
        yield found


@pytest.fixture
def visits(chromium: Browser, address: str, wires: Wires) -> Iterator[Visits]:
    """Opens the page, as often as a test wants."""
    wires.mend()
    for kept in httpx2.get(f"{address}/v1/conversations").json()["conversations"]:
        httpx2.delete(f"{address}/v1/conversations/{kept['id']}")
    opened = Visits(chromium, address)
    yield opened
    opened.end()


@pytest.fixture(scope="session")
def root() -> Path:
    """Of the checkout."""
    return ROOT
