"""Answers on a terminal, a real one: claims come as they are checked, and in the end the text is the plain one."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests import commands
from tests.fakes import Reply, ScriptedLlm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUESTION = "How many American soldiers are in Iraq?"
TRUE = {"text": "About 5,200 American soldiers are in Iraq.", "passages": [1]}
FALSE = {"text": "About 9,900 American soldiers are in Iraq.", "passages": [1]}
_STYLE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Terminal:
    """A command with a terminal of its own, and what it has written there."""

    def __init__(self, *arguments: str | Path) -> None:
        self._ours, theirs = pty.openpty()
        more = {"COLUMNS": "100", "TERM": "xterm"}
        under = ("setsid", "--ctty")  # so that Ctrl-C reaches it
        streams: dict[str, Any] = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
        self._process = commands.start(*arguments, under=under, env=commands.environment(more), **streams)
        os.close(theirs)
        self._raw = b""

    def type(self, keys: str) -> None:
        """Types something."""
        os.write(self._ours, keys.encode())

    def wait_for(self, text: str) -> None:
        """Returns when the text stands there."""
        until = time.monotonic() + 60
        while text not in self.text:
            assert time.monotonic() < until, self.text
            self._read()

    def end(self) -> int:
        """The exit code, once it has ended."""
        while self._process.poll() is None or select.select([self._ours], [], [], 0)[0]:
            if not self._read():
                break
        os.close(self._ours)
        return self._process.wait(60)

    @property
    def text(self) -> str:
        """Without styles."""
        return _STYLE.sub("", self._raw.decode(errors="replace")).replace("\r\n", "\n")

    def _read(self) -> bool:
        if not select.select([self._ours], [], [], 0.05)[0]:
            return True
        try:
            self._raw += os.read(self._ours, 65_536)
        except OSError:  # the other side is closed
            return False
        return True


@contextmanager
def _asking(folder: Path, reply: Reply, monkeypatch: pytest.MonkeyPatch, *, served: bool) -> Iterator[ScriptedLlm]:
    """A library whose answers a scripted model writes, opened by each command or served."""
    with ScriptedLlm(lambda _: reply) as llm:
        monkeypatch.setenv("ONRECORD_LLM_URL", llm.url)
        monkeypatch.setenv("ONRECORD_LLM_MODEL", "scripted")
        monkeypatch.setenv("ONRECORD_UNSUPPORTED", "flag")
        monkeypatch.setenv("ONRECORD_LIBRARY", str(folder))
        if not served:
            yield llm
            return
        server = commands.start("serve", "--port", "0")
        try:
            commands.address(server)
            yield llm
        finally:
            server.terminate()
            commands.finish(server)


def _reply(*claims: dict[str, Any], **more: float) -> Reply:
    return Reply(json.dumps({"claims": list(claims)}), prompt_tokens=None, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("served", [False, True], ids=["opened here", "served"])
def test_claims_come_as_they_are_checked_and_the_whole_is_the_plain_text(
    own_library: Path, monkeypatch: pytest.MonkeyPatch, served: bool
) -> None:
    slow = _reply(FALSE, TRUE, FALSE, TRUE, between_s=0.04)
    with _asking(own_library, slow, monkeypatch, served=served) as llm:
        terminal = Terminal("ask", QUESTION)
        terminal.wait_for(str(TRUE["text"]))
        so_far = terminal.text
        code = terminal.end()
        _, piped, _ = commands.run("ask", QUESTION, env=commands.environment({"COLUMNS": "100"}))

    assert (code, llm.left) == (0, 0)
    assert so_far.startswith(str(FALSE["text"]))  # flagged, and waited for a claim that stands
    assert "Cited" not in so_far
    assert terminal.text == piped
    assert piped.count(str(TRUE["text"])) == 2


@pytest.mark.parametrize("served", [False, True], ids=["opened here", "served"])
def test_an_interrupt_ends_the_answer_and_the_models_work(
    own_library: Path, monkeypatch: pytest.MonkeyPatch, served: bool
) -> None:
    slow = _reply(TRUE, FALSE, FALSE, FALSE, between_s=0.1)
    with _asking(own_library, slow, monkeypatch, served=served) as llm:
        terminal = Terminal("chat")
        terminal.wait_for("? ")
        terminal.type(f"{QUESTION}\n")
        terminal.wait_for(f"\n{TRUE['text']}")
        terminal.type("\x03")
        code = terminal.end()
        commands.wait_for(lambda: llm.left == 1, seconds=10)
        _, listed, _ = commands.run("conversations", "list", "--json")

    assert code == 130
    assert "Traceback" not in terminal.text
    assert json.loads(listed)["total"] == 0  # a turn that was not answered is not kept


def test_without_a_model_and_where_nothing_is_supported_the_text_is_the_plain_one_too(
    own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _asking(own_library, _reply(FALSE, FALSE), monkeypatch, served=True):
        for arguments in (["ask", QUESTION], ["ask", QUESTION, "--mode", "extractive"]):
            terminal = Terminal(*arguments)
            code = terminal.end()
            _, piped, _ = commands.run(*arguments, env=commands.environment({"COLUMNS": "100"}))

            assert code == 0
            assert terminal.text == piped
