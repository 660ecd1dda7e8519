"""Chat on the command line, and the commands for conversations, on a library opened here and on one that is served."""

from __future__ import annotations

import json
import os
import pty
from typing import TYPE_CHECKING, Any

import pytest

from tests import commands

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST = "What did the State Department say about a delegation?"
SEARCHED = "what did Iraq say? (State Department delegation)"


@pytest.fixture(params=["opened here", "served"])
def library(request: pytest.FixtureRequest, own_library: Path) -> Iterator[Path]:
    """A copy of the seeds; the commands find out themselves whether a server owns it."""
    if request.param == "opened here":
        yield own_library
        return
    server = commands.start("serve", "--port", "0", "--library", own_library)
    try:
        commands.address(server)
        yield own_library
    finally:
        server.terminate()
        commands.finish(server)


def _run(library: Path, *arguments: str, typed: str = "") -> tuple[int, str, str]:
    process = commands.start(*arguments, "--library", library, stdin=-1)
    assert process.stdin is not None
    process.stdin.write(typed)
    process.stdin.flush()
    return commands.finish(process)


def _chatted(library: Path, typed: str, *more: str) -> list[dict[str, Any]]:
    code, stdout, stderr = _run(library, "chat", "--json", *more, typed=typed)
    assert (code, stderr) == (0, "")
    return [json.loads(line) for line in stdout.splitlines()]


def test_questions_by_a_pipe_are_turns_of_one_conversation_until_a_new_one(library: Path) -> None:
    typed = f"{FIRST}\n\nAnd what did Iraq say?\n/new\nAnd what did Iraq say?\n/quit\nnever asked\n"

    first, second, third = _chatted(library, typed)
    (fourth,) = _chatted(library, "Why?\n", "--conversation", first["conversation_id"])

    assert [one["turn"] for one in (first, second, third, fourth)] == [0, 1, 0, 2]
    assert first["conversation_id"] == second["conversation_id"] != third["conversation_id"]
    assert (second["question"], second["query"]) == ("And what did Iraq say?", SEARCHED)
    assert third["query"] == "And what did Iraq say?"


def test_conversations_are_listed_shown_exported_and_deleted(library: Path) -> None:
    first, second = _chatted(library, f"{FIRST}\nAnd what did Iraq say?\n")
    id_ = first["conversation_id"]

    listed = json.loads(_run(library, "conversations", "list", "--json")[1])
    shown = json.loads(_run(library, "conversations", "show", id_, "--json")[1])
    _, as_text, _ = _run(library, "conversations", "show", id_)
    _, memo, _ = _run(library, "conversations", "export", id_)

    assert [(one["id"], one["turns"]) for one in listed["conversations"]] == [(id_, 2)]
    assert [turn["result"] for turn in shown["turns"]] == [first, second]
    assert f"Searched as: {SEARCHED}" in as_text
    assert memo.startswith(f"# {FIRST}\n")
    assert "\n[^1]: " in memo
    assert _run(library, "conversations", "delete", id_)[:2] == (0, "deleted\n")
    for arguments in (
        ("conversations", "show", id_),
        ("conversations", "delete", id_),
        ("chat", "--conversation", id_),
    ):
        code, _, stderr = _run(library, *arguments, typed="Why?\n")
        assert code == 1
        commands.assert_one_line(stderr, id_)


def test_the_readings_of_an_ambiguous_question_are_offered(own_library: Path) -> None:
    code, stdout, _ = _run(
        own_library, "chat", typed="What did Adel Abdul Mahdi tell Mike Pompeo?\nWhat did he want?\n"
    )

    assert code == 0
    assert "It is not clear who is meant. One of these?" in stdout
    assert "· What did Mike Pompeo want?" in stdout


def test_a_question_that_cannot_be_used_does_not_end_the_chat(own_library: Path) -> None:
    code, stdout, stderr = _run(own_library, "chat", "--json", typed=f"???\n{FIRST}\n")

    assert code == 1
    commands.assert_one_line(stderr, "word")
    assert json.loads(stdout)["turn"] == 0


def test_on_a_terminal_there_is_a_prompt_and_the_end_of_input_ends_it(own_library: Path) -> None:
    ours, theirs = pty.openpty()
    process = commands.start("chat", "--library", own_library, stdin=theirs)
    os.close(theirs)
    os.write(ours, f"{FIRST}\n\x04".encode())

    code, stdout, _ = commands.finish(process)
    os.close(ours)

    assert code == 0
    assert stdout.startswith("? ")
    assert "delegation" in stdout
