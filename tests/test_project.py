"""What the project says about itself has to be true: its README, change log, help text and settings' names."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
ORIGINALS = ROOT.parent / "shared" / "seeds"
TEXT = {".css", ".html", ".js", ".json", ".jsonl", ".md", ".py", ".toml", ".txt", ".yaml", ".yml", ""}
RUN_OF_WORDS = 14


def test_the_readme_says_where_every_top_level_file_and_folder_is() -> None:
    mapped = {path.split("/")[0] for path in _mapped_paths()}

    top_level = {path.name for path in ROOT.iterdir() if not path.name.startswith(".") and not _is_ignored(path)}

    assert top_level - mapped == set()


def test_the_readme_maps_nothing_that_is_not_there() -> None:
    assert [path for path in _mapped_paths() if not any(ROOT.glob(path.rstrip("/")))] == []


def test_the_changelog_has_a_section_for_the_current_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    headings = re.findall(r"^## \[?([^\]\s]+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert project["version"] in headings


def test_every_setting_that_the_documents_name_exists() -> None:
    known = {f"ONRECORD_{field.upper()}" for field in Settings.model_fields}
    named = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
        for name in re.findall(r"\bONRECORD_[A-Z0-9_]*[A-Z0-9]", path.read_text(encoding="utf-8"))
    }

    assert {(path, name) for path, name in named if name not in known} == set()


def test_run_help_lists_every_command_of_the_script() -> None:
    dispatch = (ROOT / "run").read_text(encoding="utf-8").rpartition("case $command in")[2]
    commands = set(re.findall(r"^ {4}([a-z]+)(?= [|]|\))", dispatch, re.MULTILINE))
    # S607: `sh` is looked up as a person's shell does it.
    shown = subprocess.run(["sh", ROOT / "run", "help"], capture_output=True, text=True, check=True)  # noqa: S607

    assert "test" in commands
    assert set(re.findall(r"^ {2}([a-z]+) ", shown.stdout, re.MULTILINE)) == commands


@pytest.mark.parametrize("script", ["run", ".ci/run"])
def test_a_script_can_be_started_by_its_name(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)


def test_no_sentence_of_the_original_articles_stands_in_the_project() -> None:
    runs = _runs_of_the_originals()
    copied = {
        path.relative_to(ROOT).as_posix(): " ".join(run)
        for path in _files()
        if path.suffix.lower() in TEXT
        for run in _runs(path.read_text(encoding="utf-8", errors="replace"))
        if run in runs
    }

    assert copied == {}


def _mapped_paths() -> list[str]:
    """What the map in the README names, relative to the checkout.

    The map is the first code block after "Where things are". A line is one or more names, two spaces, and what they
    are; a name ending in `/` is a folder, in which lies whatever is indented below it.
    """
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"^## Where things are$.*?^```\w*\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert block, 'README.md has no code block under "## Where things are"'
    paths: list[str] = []
    folders: list[tuple[int, str]] = []
    for line in filter(str.strip, block[1].splitlines()):
        indent = len(line) - len(line.lstrip(" │├└─"))
        while folders and folders[-1][0] >= indent:
            folders.pop()
        names = re.split(r"[ ,]+", line[indent:].split("  ")[0].strip())
        inside = folders[-1][1] if folders else ""
        paths += [inside + name for name in names]
        if names[0].endswith("/"):
            folders.append((indent, inside + names[0]))
    return paths


def _is_ignored(path: Path) -> bool:
    """Whether `.gitignore` leaves it out; of its syntax, what stands in ours: names, and paths that begin with `/`."""
    here = "/" + path.relative_to(ROOT).as_posix()
    patterns = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    return path.name == ".git" or any(
        fnmatch(here if pattern.startswith("/") else path.name, pattern.rstrip("/"))
        for pattern in patterns
        if pattern and not pattern.startswith("#")
    )


def _files() -> Iterator[Path]:
    """Every file that git would take in; read from the folder, since a fresh copy may come without git."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not _is_ignored(Path(folder, name))]
        yield from (path for name in names if not _is_ignored(path := Path(folder, name)))


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    """Every run of fourteen words."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return zip(*(words[shift:] for shift in range(RUN_OF_WORDS)), strict=False)


def _runs_of_the_originals() -> set[tuple[str, ...]]:
    """Runs of words outside quotation marks: what officials are quoted as saying is no outlet's prose."""
    articles = sorted(ORIGINALS.glob("*.txt"))
    if not articles:
        pytest.skip(f"the original articles are not here ({ORIGINALS}), so nothing can be compared with them")
    return {
        run
        for path in articles
        for run in _runs(re.sub(r"[“\"][^”\"]{0,600}[”\"]", " ", path.read_text(encoding="utf-8", errors="replace")))
    }
