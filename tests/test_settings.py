"""`.env.example` is what a person copies, so it has to be the settings: each of them, in order, with its default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ingest.settings import Settings

EXAMPLE = Path(__file__).parents[1] / ".env.example"
PREFIX = "ONRECORD_"
LINE = re.compile(rf"^# ({PREFIX}[A-Z0-9_]+)=(.*)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without this, a `.env` in the checkout would decide how these tests end."""
    monkeypatch.chdir(tmp_path)


def test_the_example_lists_exactly_the_settings() -> None:
    names = [name for name, _ in LINE.findall(EXAMPLE.read_text(encoding="utf-8"))]

    assert names == [PREFIX + field.upper() for field in Settings.model_fields]


def test_every_setting_is_described_above_its_line_in_the_words_of_the_settings() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()

    for field, info in Settings.model_fields.items():
        at = next(number for number, line in enumerate(lines) if line.startswith(f"# {PREFIX}{field.upper()}="))
        assert lines[at - 1] == f"# {info.description}"


def test_the_example_copied_as_it_is_changes_nothing() -> None:
    assert Settings(_env_file=EXAMPLE).model_fields_set == set()


def test_the_example_uncommented_shows_the_defaults(tmp_path: Path) -> None:
    shown = [f"{name}={value}" for name, value in LINE.findall(EXAMPLE.read_text(encoding="utf-8")) if value]
    uncommented = tmp_path / "uncommented.env"
    uncommented.write_text("\n".join(shown), encoding="utf-8")

    assert Settings(_env_file=uncommented) == Settings(_env_file=None)


def test_the_environment_takes_precedence_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ONRECORD_PORT=8001\nONRECORD_HOST=0.0.0.0\n", encoding="utf-8")
    monkeypatch.setenv("ONRECORD_PORT", "8002")

    settings = Settings()

    assert (settings.port, settings.host) == (8002, "0.0.0.0")  # noqa: S104  (read, not listened on)
