"""Conversations: kept, continued, shown again and exported; and what readers report of answers."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from starlette.testclient import TestClient

from eval.data import read
from ingest.settings import Settings
from ingest.store import PassageIndex, restored
from service.api.app import create_app
from service.conversations import FILE, Conversations
from service.errors import ConversationNotFoundError, KeepingError
from service.rewrite import rewrite
from tests import commands

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.embed import Encoder

FIRST = "What did the State Department say about a delegation?"
RESULT: dict[str, Any] = {"kind": "abstention", "text": "The articles do not say.", "query": "q"}


@pytest.fixture
def client(encoder: Encoder, own_library: Path) -> Iterator[TestClient]:
    """The API of a copy of the seeds."""
    with PassageIndex.open(own_library) as index:
        app = create_app(index, encoder, Settings(_env_file=None))
        yield TestClient(app, base_url="http://127.0.0.1:8000")
        app.state.parts.conversations.close()


def _ask(client: TestClient, question: str, **more: Any) -> dict[str, Any]:
    response = client.post("/v1/ask", json={"question": question, **more})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


# --- kept ----------------------------------------------------------------------------------------------------------


def test_a_conversation_is_kept_with_every_answer_as_it_was_given(client: TestClient) -> None:
    first = _ask(client, FIRST, remember=True)
    second = _ask(client, "And what did Iraq say?", remember=True, conversation_id=first["conversation_id"])
    id_ = first["conversation_id"]

    listed = client.get("/v1/conversations").json()
    read_again = client.get(f"/v1/conversations/{id_}").json()

    assert (first["turn"], second["turn"]) == (0, 1)
    assert second["conversation_id"] == id_
    assert [(one["id"], one["title"], one["turns"]) for one in listed["conversations"]] == [(id_, FIRST, 2)]
    assert [turn["result"] for turn in read_again["turns"]] == [first, second]
    assert [turn["question"] for turn in read_again["turns"]] == [FIRST, "And what did Iraq say?"]


def test_a_question_that_is_not_to_be_remembered_leaves_no_trace(client: TestClient) -> None:
    answer = _ask(client, FIRST, conversation_id="of the client's own")

    assert (answer["conversation_id"], answer["turn"]) == ("of the client's own", None)
    assert client.get("/v1/conversations").json()["total"] == 0


def test_a_streamed_turn_is_kept_too_and_says_where(client: TestClient) -> None:
    text = client.post("/v1/ask", json={"question": FIRST, "remember": True, "stream": True}).text
    done = next(block for block in text.split("\n\n") if "event: done" in block)
    result = json.loads(done.partition("data: ")[2])

    kept = client.get(f"/v1/conversations/{result['conversation_id']}").json()
    assert kept["turns"][0]["result"] == result


def test_a_deleted_or_unknown_conversation_is_not_there(client: TestClient) -> None:
    id_ = _ask(client, FIRST, remember=True)["conversation_id"]

    assert client.delete(f"/v1/conversations/{id_}").status_code == 204
    for response in (
        client.get(f"/v1/conversations/{id_}"),
        client.delete(f"/v1/conversations/{id_}"),
        client.post("/v1/ask", json={"question": "And then?", "remember": True, "conversation_id": id_}),
        client.post("/v1/feedback", json={"conversation_id": id_, "turn": 0, "verdict": "missing"}),
    ):
        assert response.status_code == 404
        assert response.json()["type"] == "urn:onrecord:problem:conversation-not-found"


def test_a_turn_that_was_reported_survives_the_end_of_the_process(own_library: Path) -> None:
    server = commands.start("serve", "--port", "0", "--library", own_library)
    try:
        address = commands.address(server)
        answer = httpx2.post(f"{address}/v1/ask", json={"question": FIRST, "remember": True}, timeout=30).json()
    finally:
        os.kill(server.pid, signal.SIGKILL)
        commands.finish(server)

    kept = Conversations(lambda: own_library)
    assert kept.read(answer["conversation_id"])["turns"][0]["result"] == answer
    assert stat.S_IMODE((own_library / FILE).stat().st_mode) == 0o600
    kept.close()


def test_two_hundred_turns_and_many_readers_at_once(tmp_path: Path) -> None:
    kept = Conversations(lambda: tmp_path)
    first, _ = kept.add(None, "q", "q", {}, RESULT)
    with ThreadPoolExecutor(8) as pool:
        turns = list(pool.map(lambda n: kept.add(first, f"q{n}", f"q{n}", {}, RESULT)[1], range(199)))

    assert sorted(turns) == list(range(1, 200))
    assert len(kept.read(first)["turns"]) == 200
    kept.close()


def test_old_conversations_are_forgotten_and_the_others_are_not(tmp_path: Path) -> None:
    kept = Conversations(lambda: tmp_path, days=30)
    old, _ = kept.add(None, "old", "old", {}, RESULT)
    with kept._db() as db:
        db.execute("UPDATE turns SET asked_at = '2020-01-01T00:00:00+00:00'")
    new, _ = kept.add(None, "new", "new", {}, RESULT)

    with pytest.raises(ConversationNotFoundError):
        kept.read(old)
    assert kept.read(new)["title"] == "new"
    kept.close()


def test_a_damaged_file_is_set_aside_and_answers_go_on(encoder: Encoder, own_library: Path) -> None:
    (own_library / FILE).write_bytes(b"no database" * 100)
    with PassageIndex.open(own_library) as index:
        app = create_app(index, encoder, Settings(_env_file=None))
        answer = _ask(TestClient(app, base_url="http://127.0.0.1:8000"), FIRST, remember=True)
        app.state.parts.conversations.close()

    assert answer["turn"] == 0
    assert len(list(own_library.glob("conversations.damaged-*"))) == 1


def test_a_file_that_is_damaged_while_it_is_used_is_set_aside_at_the_next_use(tmp_path: Path) -> None:
    kept = Conversations(lambda: tmp_path)
    kept.add(None, "q", "q", {}, RESULT)
    with (tmp_path / FILE).open("r+b") as file:
        file.write(b"\xff" * (tmp_path / FILE).stat().st_size)

    with pytest.raises(KeepingError):
        kept.listed(10, 0)
    assert kept.listed(10, 0)["total"] == 0
    assert len(list(tmp_path.glob("conversations.damaged-*"))) == 1
    kept.close()


def test_a_file_that_another_holds_is_not_taken_for_damaged_and_answers_go_on(
    client: TestClient, own_library: Path
) -> None:
    id_ = _ask(client, FIRST, remember=True)["conversation_id"]
    other = sqlite3.connect(own_library / FILE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    answer = _ask(client, "And what did Iraq say?", remember=True, conversation_id=id_)
    listing = client.get("/v1/conversations")
    other.execute("ROLLBACK")
    other.close()

    assert answer["claims"]
    assert (answer["turn"], answer["note"]) == (None, "This turn could not be kept.")
    assert (listing.status_code, listing.json()["type"]) == (503, "urn:onrecord:problem:conversations")
    assert client.get(f"/v1/conversations/{id_}").json()["turns"]
    assert not list(own_library.glob("conversations.damaged-*"))


def test_what_is_deleted_is_not_left_in_the_file(tmp_path: Path) -> None:
    kept = Conversations(lambda: tmp_path)
    id_, _ = kept.add(None, "Who is the informant Zebulon?", "q", {}, RESULT)
    kept.delete(id_)
    kept.close()

    assert b"Zebulon" not in (tmp_path / FILE).read_bytes()


def test_a_backup_has_the_conversations_and_a_restored_library_goes_on_with_them(
    own_library: Path, tmp_path: Path
) -> None:
    kept = Conversations(lambda: own_library)
    id_, _ = kept.add(None, "q", "q", {}, RESULT)
    with PassageIndex.open(own_library) as index:
        index.back_up(tmp_path / "backup")  # while the file is in use
    kept.close()
    restored(tmp_path / "backup", tmp_path / "again", lambda *_: None)

    again = Conversations(lambda: tmp_path / "again")
    assert again.add(id_, "q2", "q2", {}, RESULT) == (id_, 1)
    for folder in (tmp_path / "backup", tmp_path / "again"):
        assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    again.close()


def test_damaged_conversations_are_left_out_of_a_backup(own_library: Path, tmp_path: Path) -> None:
    (own_library / FILE).write_bytes(b"no database" * 1_000)
    with PassageIndex.open(own_library) as index:
        index.back_up(tmp_path / "backup")
    restored(tmp_path / "backup", tmp_path / "again", lambda *_: None)

    assert not (tmp_path / "backup" / FILE).exists()
    assert (tmp_path / "again/catalog.sqlite").exists()


def test_a_conversation_leaves_as_a_memo_with_footnotes(client: TestClient) -> None:
    id_ = _ask(client, FIRST, remember=True)["conversation_id"]
    _ask(client, "What did the mayor of Lagos say about flooding?", remember=True, conversation_id=id_)

    memo = client.get(f"/v1/conversations/{id_}/export")
    as_json = client.get(f"/v1/conversations/{id_}/export", params={"format": "json"})

    assert memo.headers["content-type"].startswith("text/markdown")
    assert memo.text.startswith(f"# {FIRST}\n")
    assert "[^1]" in memo.text
    assert "\n[^1]: " in memo.text
    assert "The articles do not say." in memo.text
    assert as_json.json() == client.get(f"/v1/conversations/{id_}").json()


# --- reported ------------------------------------------------------------------------------------------------------


def test_reports_are_kept_with_the_answer_and_leave_as_cases_for_the_evaluation(
    client: TestClient, tmp_path: Path
) -> None:
    answer = _ask(client, FIRST, remember=True)
    body = {"conversation_id": answer["conversation_id"], "turn": 0, "claim": 0, "verdict": "wrong_speaker"}

    made = client.post("/v1/feedback", json=body | {"comment": "It was her deputy."})
    listed = client.get("/v1/feedback").json()["feedback"]
    exported = client.get("/v1/feedback/export").text
    (tmp_path / "corpus.jsonl").write_text(
        "".join(
            json.dumps({"id": one, "text": client.get(f"/v1/documents/{one}").json()["text"]}) + "\n"
            for one in answer["cited"]
        )
    )
    (tmp_path / "questions.jsonl").write_text(exported)

    assert made.status_code == 201
    assert [(one["id"], one["verdict"], one["comment"]) for one in listed] == [
        (made.json()["id"], "wrong_speaker", "It was her deputy.")
    ]
    assert listed[0]["result"]["claims"] == answer["claims"]
    (case,) = read(tmp_path).questions
    assert case.question == FIRST
    assert case.fields["feedback"]["claim"] == answer["claims"][0]["text"]


@pytest.mark.parametrize("wrong", [{"verdict": "bad"}, {"turn": -1}, {"claim": "x"}, {"comment": "x" * 3000}])
def test_a_report_of_another_form_is_refused(client: TestClient, wrong: dict[str, Any]) -> None:
    body = {"conversation_id": "a", "turn": 0, "verdict": "missing"}

    assert client.post("/v1/feedback", json=body | wrong).status_code == 422


# --- follow-ups ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "query"),
    [
        ("And what did Iraq say?", "what did Iraq say? (State Department delegation)"),
        ("Why?", "Why? (State Department delegation)"),
        ("Who else said so?", "Who else said so? (State Department delegation)"),
        (
            "How many sailors were killed in the harbour of Vell?",
            "How many sailors were killed in the harbour of Vell?",
        ),
    ],
)
def test_a_follow_up_becomes_a_query_and_a_new_topic_stays_as_it_is(question: str, query: str) -> None:
    assert rewrite(question, [(FIRST, "")]).query == query


def test_he_is_whoever_was_named_last() -> None:
    earlier = [("Who leads the harbour board?", "It is led by Piet van Houten."), ("Thanks!", "")]

    assert rewrite("When did he resign?", earlier).query.startswith("When did Piet van Houten resign?")
    assert rewrite("What is his salary?", earlier).query.startswith("What is Piet van Houten’s salary?")


def test_what_it_is_may_stand_before_another_question_that_says_it() -> None:
    war, began = ("Does the war of Karsa have another name?", ""), ("When did it begin?", "")

    assert rewrite("How did it end?", [war, began]).query == "How did it end? (begin war Karsa name)"
    assert rewrite("Which towns?", [war, began]).query == "Which towns? (begin)"
    assert rewrite("How did it end?", [war, ("When did it begin? (Vell)", "")]).query == "How did it end? (begin Vell)"


@pytest.mark.parametrize("stream", [False, True])
def test_a_pronoun_that_two_people_may_be_gets_both_readings_and_one_of_them_is_then_answered(
    client: TestClient, stream: bool
) -> None:
    first = _ask(client, "What did Adel Abdul Mahdi tell Mike Pompeo?", remember=True)
    id_ = first["conversation_id"]
    body = {"question": "And what did he ask for?", "remember": True, "conversation_id": id_, "stream": stream}
    text = client.post("/v1/ask", json=body).text
    result = json.loads(text.partition("data: ")[2] if stream else text)

    assert (result["kind"], result["reason"], result["turn"]) == ("abstention", "ambiguous", 1)
    assert result["readings"] == ["what did Adel Abdul Mahdi ask for?", "what did Mike Pompeo ask for?"]
    assert _ask(client, result["readings"][0], remember=True, conversation_id=id_)["kind"] == "answer"
    assert "- what did Mike Pompeo ask for?" in client.get(f"/v1/conversations/{id_}/export").text


@pytest.mark.parametrize(
    ("earlier", "question"),
    [
        ("What did Mike Pompeo say in Saudi Arabia?", "What did he ask for?"),  # a country is nobody
        ("What did Mike Pompeo and the White House say?", "What did he ask for?"),
        ("What did Adel Abdul Mahdi tell Mike Pompeo?", "What did they ask for?"),
        ("What did Adel Abdul Mahdi tell Mike Pompeo?", "Why did the minister change his mind?"),
        ("What did Adel Abdul Mahdi tell Mike Pompeo?", "What did Ortagus say about her trip?"),
        ("Is Adel Abdul Mahdi the same as Adil Abdul-Mahdi?", "What did he ask for?"),
    ],
)
def test_a_question_that_is_clear_enough_gets_no_readings(client: TestClient, earlier: str, question: str) -> None:
    assert _ask(client, question, history=[{"question": earlier}]).get("reason") != "ambiguous"


def test_a_question_of_the_greatest_length_is_asked_as_it_stands() -> None:
    longest = "and why " + "so " * 1_330

    assert rewrite(longest, [(FIRST, "")]) == (longest, False, ())


@pytest.mark.parametrize(
    "wrong",
    [
        {"history": [{"question": "a\0b"}]},
        {"history": [{"question": "a", "answer": "x" * 100_000}]},
        {"history": [{"question": "a"}] * 51},
        {"history": "a"},
        {"history": [1]},
        {"remember": "soon"},
        {"remember": True, "filters": {"outlets": ["a\0b"]}},
    ],
)
def test_earlier_turns_of_another_form_are_refused(client: TestClient, wrong: dict[str, Any]) -> None:
    assert client.post("/v1/ask", json={"question": "And why?"} | wrong).status_code == 422


@pytest.mark.parametrize("field", ["question", "answer"])
def test_half_a_character_in_earlier_turns_is_refused(client: TestClient, field: str) -> None:
    turn = json.dumps({"question": "a", field: "\ud800"})

    response = client.post(
        "/v1/ask",
        content=f'{{"question": "Why?", "history": [{turn}]}}',
        headers={"Content-Type": "application/json"},
    )

    assert response.status_code == 422


def test_without_earlier_turns_nothing_is_rewritten() -> None:
    assert rewrite("And why?", []) == ("And why?", False, ())


def test_the_query_that_was_searched_is_shown_whoever_keeps_the_turns(client: TestClient) -> None:
    history = [{"question": FIRST, "answer": "No withdrawal."}]

    stateless = _ask(client, "And what did Iraq say?", history=history)
    first = _ask(client, FIRST, remember=True)
    kept = _ask(client, "And what did Iraq say?", remember=True, conversation_id=first["conversation_id"])

    assert stateless["question"] == kept["question"] == "And what did Iraq say?"
    assert stateless["query"] == kept["query"]
    assert "delegation" in kept["query"]
