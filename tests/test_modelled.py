"""Answers that a model writes: what reaches a reader, and what becomes of an endpoint's faults (rows L1 to L14)."""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from ingest.settings import Settings
from ingest.store import PassageIndex
from service import llm as llm_module
from service.api.app import create_app
from tests import commands
from tests.commands import wait_for
from tests.fakes import Raw, Reply, ScriptedLlm
from tests.serving import asked, parsed, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ingest.embed import Encoder

    Json = dict[str, Any]
    Serve = Callable[..., AbstractContextManager[str]]

QUESTION = "How many American soldiers are in Iraq?"
TRUE = {"text": "About 5,200 American soldiers are in Iraq.", "passages": [1]}
FALSE = {"text": "About 9,900 American soldiers are in Iraq.", "passages": [1]}
KEY = "sk-canary-0f3c"


@pytest.fixture(scope="module")
def opened(seed_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PassageIndex]:
    """A copy of the library of the seeds."""
    with PassageIndex.open(shutil.copytree(seed_library, tmp_path_factory.mktemp("modelled") / "library")) as index:
        yield index


@pytest.fixture
def serve(opened: PassageIndex, encoder: Encoder) -> Serve:
    """Serves the seeds with the model at an address."""

    def serve(url: str, **more: Any) -> AbstractContextManager[str]:
        settings = Settings(_env_file=None, llm_url=url, llm_model="scripted", llm_api_key=KEY, **more)
        return serving(create_app(opened, encoder, settings))

    return serve


def _reply(*claims: Json) -> Reply:
    return Reply(json.dumps({"claims": list(claims)}))


def _ask(address: str, question: str = QUESTION, **more: Any) -> Json:
    response = httpx2.post(f"{address}/v1/ask", json={"question": question, **more}, timeout=60)
    assert response.status_code == 200, response.text
    assert KEY not in response.text
    answer: Json = response.json()
    return answer


def _texts(answer: Json) -> list[str]:
    return [claim["text"] for claim in answer["claims"]]


def _stands(answer: Json, address: str) -> bool:
    cited = [one for claim in answer["claims"] for one in claim["citations"]]
    texts = {one["document_id"]: "" for one in cited}
    for id_ in texts:
        texts[id_] = httpx2.get(f"{address}/v1/documents/{id_}").json()["text"]
    return bool(cited) and all(texts[one["document_id"]][one["start"] : one["end"]] == one["quote"] for one in cited)


# --- what is written -----------------------------------------------------------------------------------------------


def test_a_claim_of_the_model_is_shown_with_the_sentence_that_says_it(serve: Serve) -> None:
    with ScriptedLlm(lambda _: _reply(TRUE)) as llm, serve(llm.url) as address:
        answer = _ask(address)

        assert (answer["kind"], answer["mode"], answer["model"]) == ("answer", "model", "scripted")
        assert _texts(answer) == [TRUE["text"]]
        assert "5,200" in answer["claims"][0]["citations"][0]["quote"]
        assert _stands(answer, address)
    assert len(answer["prompt_version"]) == 12
    assert answer["usage"]["tokens_in"] == 100
    assert 0 < answer["usage"]["first_claim_ms"] <= answer["usage"]["total_ms"]


def test_the_model_is_given_the_passages_between_lines_that_nobody_could_foresee(serve: Serve) -> None:
    with ScriptedLlm(lambda _: _reply(TRUE)) as llm, serve(llm.url) as address:
        _ask(address)
        _ask(address)
        first, second = llm.prompts

    fence = first.split("Question:\n")[1].split("\n")[0]
    assert first.count(fence) >= 2 + 2 * first.count("\nPassage ")
    assert fence not in second
    assert KEY not in first
    assert "Outlet: " in first.split("Passage 1:")[1]


def test_a_claim_that_its_quotes_do_not_support_is_dropped_and_counted(serve: Serve) -> None:
    with ScriptedLlm(lambda _: _reply(FALSE, TRUE)) as llm, serve(llm.url) as address:
        answer = _ask(address)

    assert _texts(answer) == [TRUE["text"]]
    assert answer["usage"]["dropped"] == {"number": 1}


def test_or_flagged_with_its_reason_where_that_is_set(serve: Serve) -> None:
    with ScriptedLlm(lambda _: _reply(FALSE, TRUE)) as llm, serve(llm.url, unsupported="flag") as address:
        answer = _ask(address)

    told = [(claim["support"]["verdict"], claim["support"]["reason"]) for claim in answer["claims"]]
    assert told == [("unsupported", "number"), ("supported", None)]
    assert FALSE["text"] not in answer["text"]


def test_where_nothing_is_supported_it_abstains_with_the_closest_passages(serve: Serve) -> None:
    with ScriptedLlm(lambda _: _reply(FALSE)) as llm, serve(llm.url) as address:
        answer = _ask(address)

    assert (answer["kind"], answer["reason"], answer["mode"]) == ("abstention", "unsupported", "model")
    assert answer["closest"]


def test_the_model_may_say_that_nothing_answers(serve: Serve) -> None:
    with ScriptedLlm(lambda _: _reply()) as llm, serve(llm.url) as address:
        answer = _ask(address)

    assert (answer["kind"], answer["reason"]) == ("abstention", "no_evidence")


def test_a_claim_that_names_a_wrong_passage_is_cited_where_it_stands(serve: Serve) -> None:
    with ScriptedLlm(lambda _: _reply({**TRUE, "passages": [4, 77]})) as llm, serve(llm.url) as address:
        answer = _ask(address)

        assert _stands(answer, address)
    assert "5,200" in answer["claims"][0]["citations"][0]["quote"]
    assert (answer["usage"]["markers"], answer["usage"]["unknown_markers"]) == (2, 1)


def test_markers_count_from_one_and_a_sentence_has_one(serve: Serve) -> None:
    again = {"text": "In Iraq there are about 5,200 American soldiers [3] [99].", "passages": [1]}
    with ScriptedLlm(lambda _: _reply(TRUE, again)) as llm, serve(llm.url) as address:
        answer = _ask(address)

    of_sentence = {(one["document_id"], one["start"]): set[int]() for c in answer["claims"] for one in c["citations"]}
    for claim in answer["claims"]:
        for one in claim["citations"]:
            of_sentence[one["document_id"], one["start"]].add(one["marker"])
    markers = [marker for markers in of_sentence.values() for marker in markers]
    assert sorted(markers) == list(range(1, len(of_sentence) + 1))
    assert "99" not in answer["text"]


def test_without_a_model_or_without_wanting_one_the_articles_word_the_answer(serve: Serve) -> None:
    with ScriptedLlm(lambda _: _reply(TRUE)) as llm, serve(llm.url) as address:
        answer = _ask(address, mode="extractive")
        n_asked = len(llm.asked)

    assert n_asked == 0
    assert (answer["mode"], answer["model"], answer["usage"], answer["note"]) == ("extractive", None, None, None)


def test_the_events_of_a_models_answer_are_the_plain_answer(serve: Serve) -> None:
    with ScriptedLlm(lambda _: _reply(TRUE, FALSE)) as llm, serve(llm.url) as address:
        plain, events = _ask(address), asked(address, QUESTION)

    assert [name for name, _ in events] == ["retrieved", "claim", "done"]
    assert events[1][1]["claim"] == plain["claims"][0]
    assert events[-1][1]["claims"] == plain["claims"]


def test_a_claim_is_sent_before_the_next_is_written(serve: Serve) -> None:
    slow = Reply(_reply(TRUE, FALSE, FALSE, FALSE).text, between_s=0.02)
    with ScriptedLlm(lambda _: slow) as llm, serve(llm.url) as address:
        started, times = time.monotonic(), []
        body = {"question": QUESTION, "stream": True}
        with httpx2.stream("POST", f"{address}/v1/ask", json=body, timeout=60) as response:
            for text in response.iter_text():
                times += [(name, time.monotonic() - started) for name, _ in parsed(text)]

    of = dict(times)
    assert of["retrieved"] < of["claim"] < of["done"] - 0.3


# --- what goes wrong -------------------------------------------------------------------------------------------------


def _is_extractive(answer: Json) -> bool:
    return answer["mode"] == "extractive" and bool(answer["note"]) and bool(answer["claims"])


def test_an_endpoint_that_cannot_be_reached_leaves_an_extractive_answer_that_says_so(serve: Serve) -> None:  # L1
    with socket.create_server(("127.0.0.1", 0)) as free:
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with serve(nowhere) as address:
        _ask(address)  # imports the client
        started = time.monotonic()
        answer = _ask(address)

    assert _is_extractive(answer)
    assert "ONRECORD_LLM_URL" in answer["note"]
    assert time.monotonic() - started < 4
    with serve("http://no-such-host.invalid/v1") as address:
        assert _is_extractive(_ask(address))


def test_an_endpoint_that_says_nothing_is_given_up(serve: Serve) -> None:  # L2
    with ScriptedLlm(lambda _: Raw(hangs_s=30)) as llm, serve(llm.url, llm_patience_s=0.5) as address:
        answer = _ask(address)
        wait_for(lambda: llm.left == 1, seconds=2)

    assert _is_extractive(answer)


def test_what_stood_before_a_stall_is_kept(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:  # L3
    monkeypatch.setattr(llm_module, "IDLE_S", 0.5)
    begun = b"".join(_reply(TRUE, TRUE).lines()[:-6])
    with ScriptedLlm(lambda _: Raw(begun, hangs_s=30)) as llm, serve(llm.url) as address:
        events = asked(address, QUESTION)

    (name, answer) = events[-1]
    assert (name, answer["mode"], _texts(answer)) == ("done", "model", [TRUE["text"]])
    assert "takes too long" in answer["note"]


@pytest.mark.parametrize("wait", ["0.1", "86400", None])
def test_who_is_told_to_wait_asks_again_a_little_and_then_answers_without(serve: Serve, wait: str | None) -> None:  # L4
    headers = {"Content-Type": "application/json"} | ({"Retry-After": wait} if wait else {})
    with ScriptedLlm(lambda _: Raw(b"{}", 429, headers)) as llm, serve(llm.url) as address:
        started = time.monotonic()
        answer = _ask(address)
        n_asked, took_s = len(llm.asked), time.monotonic() - started

    assert _is_extractive(answer)
    assert "quota" in answer["note"]
    assert n_asked == (1 if wait == "86400" else 3)
    assert took_s < 6


def test_many_readers_make_no_storm(serve: Serve) -> None:  # L4
    headers = {"Content-Type": "application/json", "Retry-After": "0.1"}
    with ScriptedLlm(lambda _: Raw(b"{}", 429, headers)) as llm, serve(llm.url) as address:
        threads = [threading.Thread(target=_ask, args=(address,)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(llm.asked) <= 60


@pytest.mark.parametrize("status", [500, 503])
def test_one_failure_is_not_seen(serve: Serve, status: int) -> None:  # L5
    answers: Iterator[Reply | Raw] = iter([Raw(b"oh", status), _reply(TRUE)])
    with ScriptedLlm(lambda _: next(answers)) as llm, serve(llm.url) as address:
        answer = _ask(address)

    assert _texts(answer) == [TRUE["text"]]
    assert answer["mode"] == "model"


@pytest.mark.parametrize(
    ("status", "setting"),
    [(401, "ONRECORD_LLM_API_KEY"), (403, "ONRECORD_LLM_API_KEY"), (404, "ONRECORD_LLM_MODEL")],
)
def test_a_refusal_names_the_setting_and_never_the_key(serve: Serve, status: int, setting: str) -> None:  # L6
    said = json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}"}}).encode()
    raw = Raw(said, status, {"Content-Type": "application/json"})
    with ScriptedLlm(lambda _: raw) as llm, serve(llm.url) as address:
        answer = _ask(address)
        n_asked = len(llm.asked)

    assert _is_extractive(answer)
    assert setting in answer["note"]
    assert n_asked == 1


def _streamed(change: Callable[[list[bytes]], list[bytes]]) -> Raw:
    return Raw(b"".join(change(_reply(TRUE).lines())))


def _choice(delta: Json | None, **more: Any) -> bytes:
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    return f"data: {json.dumps(chunk | {'choices': [{'index': 0, 'delta': delta, **more}]})}\n\n".encode()


_EMPTY = b'data: {"id":"c","object":"chat.completion.chunk","created":0,"model":"m","choices":[]}\n\n'


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [line.replace(b"\n", b"\r\n") for line in lines],
        lambda lines: [b"\xef\xbb\xbf", *lines],
        lambda lines: [b": hello\n\n", lines[0], b": still here\n\n", *lines[1:]],
        lambda lines: lines[:-1],  # no [DONE]
        lambda lines: [lines[0], _EMPTY, *lines[1:4], _EMPTY, *lines[4:]],  # L8
        lambda lines: [_choice({"role": "assistant"}), _choice({"content": None}), *lines],
        lambda lines: [_choice({"reasoning_content": "hm", "reasoning": "hm"}), *lines],
        lambda lines: [lines[0], _choice(None), *lines[1:]],
        lambda lines: [lines[0], _choice({"content": " " * 30_000}), *lines[1:]],
    ],
    ids=["crlf", "bom", "comments", "no-done", "no-choices", "no-content", "reasoning", "no-delta", "large"],
)
def test_odd_streams_are_read(serve: Serve, change: Callable[[list[bytes]], list[bytes]]) -> None:  # L7, L8
    with ScriptedLlm(lambda _: _streamed(change)) as llm, serve(llm.url) as address:
        answer = _ask(address)

    assert _texts(answer) == [TRUE["text"]], answer["note"]


@pytest.mark.parametrize(
    "raw",
    [
        Raw(b"data: {broken\n\ndata: [DONE]\n\n"),
        Raw(b"{}"),
        Raw(b"<html><h1>Welcome</h1></html>", 200, {"Content-Type": "text/html"}),
        Raw(b""),
        Raw(b"data: [DONE]\n\n"),
        Raw(b'data: {"error": {"message": "overloaded sk-canary-0f3c"}}\n\n'),
        Raw(b"data: " + b"x" * 1_000_000 + b"\n\n"),
        Raw(b"".join(Reply("", finish_reason="content_filter").lines())),
    ],
    ids=["broken", "json", "html", "nothing", "done", "error", "large", "filtered"],
)
def test_what_is_no_stream_leaves_an_extractive_answer(serve: Serve, raw: Raw) -> None:  # L7, L9
    with ScriptedLlm(lambda _: raw) as llm, serve(llm.url) as address:
        answer = _ask(address)

    assert _is_extractive(answer)


def test_a_reply_that_was_cut_keeps_its_whole_claims(serve: Serve) -> None:  # L9
    cut = Reply(_reply(TRUE, FALSE).text[:-20], finish_reason="length")
    with ScriptedLlm(lambda _: cut) as llm, serve(llm.url) as address:
        answer = _ask(address)

    assert _texts(answer) == [TRUE["text"]]


def test_an_endless_reply_is_cut(serve: Serve) -> None:  # L10
    endless = Reply(_reply(TRUE).text[:-2] + ", " + '"' * 10 + "abcdefg" * 400_000)
    with ScriptedLlm(lambda _: endless) as llm, serve(llm.url) as address:
        answer = _ask(address)
        wait_for(lambda: llm.left == 1, seconds=100)

    assert "did not stop" in answer["note"]


def test_a_malformed_reply_is_asked_for_once_more_and_in_lines(serve: Serve) -> None:
    replies = iter([Reply("I would say about 5,200."), Reply(f"- {TRUE['text']} [1]")])
    with ScriptedLlm(lambda _: next(replies)) as llm, serve(llm.url) as address:
        answer = _ask(address)
        first, second = llm.prompts

    assert _texts(answer) == [TRUE["text"]]
    assert "JSON" in first
    assert "JSON" not in second
    assert answer["usage"]["requests"] == 2


def test_after_two_malformed_replies_the_answer_is_extractive_with_a_note(serve: Serve) -> None:
    with ScriptedLlm(lambda _: Reply("I would say about 5,200.")) as llm, serve(llm.url) as address:
        answer = _ask(address)
        n_asked = len(llm.asked)

    assert n_asked == 2
    assert _is_extractive(answer)
    assert "form" in answer["note"]


def test_an_endpoint_without_schemas_is_found_out_once(serve: Serve) -> None:
    def script(body: Json) -> Reply | Raw:
        if "response_format" in body:
            return Raw(b'{"error": {"message": "response_format is not supported"}}', 400)
        return Reply(f"- {TRUE['text']} [1]")

    with ScriptedLlm(script) as llm, serve(llm.url) as address:
        answers = [_ask(address), _ask(address)]
        with_schema = ["response_format" in body for body in llm.asked]

    assert [_texts(answer) for answer in answers] == [[TRUE["text"]]] * 2
    assert with_schema == [True, False, False]


def test_what_an_endpoint_silently_cut_is_told(serve: Serve) -> None:  # L13
    with ScriptedLlm(lambda _: _reply(TRUE)) as llm, serve(llm.url) as address:
        cut = _ask(address)
        n_characters = len(llm.prompts[0])
    whole_reply = Reply(_reply(TRUE).text, prompt_tokens=n_characters // 4)
    with ScriptedLlm(lambda _: whole_reply) as llm, serve(llm.url) as address:
        whole = _ask(address)

    assert "ONRECORD_LLM_CONTEXT" in cut["note"]
    assert whole["note"] is None


def test_the_prompt_fits_the_context_with_whole_passages(serve: Serve) -> None:
    with ScriptedLlm(lambda _: _reply(TRUE)) as llm, serve(llm.url, llm_context=1500) as address:
        _ask(address)
        small = llm.prompts[0]
    with ScriptedLlm(lambda _: _reply(TRUE)) as llm, serve(llm.url) as address:
        _ask(address)
        large = llm.prompts[0]

    assert 1 <= small.count("\nPassage ") < large.count("\nPassage ")
    assert len(small) / 4 < 1500
    passage = small.split("Passage 1:\n")[1].split("\n\n")[0].split("\n", 1)[1]
    assert passage.split("\n", 3)[3] in large


def test_the_endpoint_is_left_alone_as_soon_as_the_reader_leaves(serve: Serve) -> None:  # L14
    slow = Reply(_reply(TRUE, TRUE).text, before_s=30)
    with ScriptedLlm(lambda _: slow) as llm, serve(llm.url) as address:
        for n, stream in enumerate([True, False] * 5, start=1):
            body = {"question": QUESTION, "stream": stream}
            with httpx2.Client() as client, pytest.raises(httpx2.ReadTimeout):
                client.post(f"{address}/v1/ask", json=body, timeout=0.4)
            wait_for(lambda n=n: llm.left == n, seconds=3)  # type: ignore[misc]  # a default binds it


def test_the_tokens_of_a_day_can_be_limited(serve: Serve) -> None:
    with ScriptedLlm(lambda _: _reply(TRUE)) as llm, serve(llm.url, llm_tokens_per_day=150) as address:
        answers = [_ask(address) for _ in range(4)]
        n_asked = len(llm.asked)

    assert [answer["mode"] for answer in answers] == ["model", "model", "extractive", "extractive"]
    assert "ONRECORD_LLM_TOKENS_PER_DAY" in answers[-1]["note"]
    assert n_asked == 2


# --- other doors ----------------------------------------------------------------------------------------------------


def test_openais_clients_get_the_supported_claims_and_what_they_cost(serve: Serve) -> None:
    with ScriptedLlm(lambda _: _reply(FALSE, TRUE)) as llm, serve(llm.url, unsupported="flag") as address:
        body = {"model": "onrecord", "messages": [{"role": "user", "content": QUESTION}]}
        completion = httpx2.post(f"{address}/v1/chat/completions", json=body, timeout=60).json()

    content = completion["choices"][0]["message"]["content"]
    assert content.startswith(TRUE["text"])
    assert "9,900" not in content
    assert completion["usage"]["prompt_tokens"] == 100


def test_the_command_line_asks_the_model_too(own_library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedLlm(lambda _: _reply(FALSE, TRUE)) as llm:
        monkeypatch.setenv("ONRECORD_LLM_URL", llm.url)
        monkeypatch.setenv("ONRECORD_LLM_MODEL", "scripted")
        monkeypatch.setenv("ONRECORD_UNSUPPORTED", "flag")
        told = commands.run("ask", QUESTION, "--library", own_library)
        extractive = commands.run("ask", QUESTION, "--library", own_library, "--mode", "extractive")
        n_asked = len(llm.asked)
    monkeypatch.setenv("ONRECORD_LLM_URL", "http://127.0.0.1:9/v1")
    degraded = commands.run("ask", QUESTION, "--library", own_library, "--mode", "model")

    assert told[0] == extractive[0] == degraded[0] == 0, told
    assert str(TRUE["text"]) in told[1]
    assert "the quotes do not carry this (number)" in told[1]
    assert str(TRUE["text"]) not in extractive[1]
    assert n_asked == 1
    assert "Note: " in degraded[1]


def test_a_server_that_stops_says_so_to_who_waits_for_the_model(
    own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # L15
    with ScriptedLlm(lambda _: Reply("", before_s=60)) as llm:
        monkeypatch.setenv("ONRECORD_LLM_URL", llm.url)
        monkeypatch.setenv("ONRECORD_LLM_MODEL", "scripted")
        with commands.start("serve", "--port", "0", "--library", own_library) as server:
            address = commands.address(server)
            body = {"question": QUESTION, "stream": True}
            with httpx2.stream("POST", f"{address}/v1/ask", json=body, timeout=60) as response:
                pieces = response.iter_text()
                text = next(pieces)
                wait_for(lambda: len(llm.asked) == 1)
                server.terminate()
                started = time.monotonic()
                text += "".join(pieces)
            code, _, stderr = commands.finish(server)

    assert [name for name, _ in parsed(text)] == ["retrieved", "error"]
    assert (code, stderr) == (0, "")
    assert time.monotonic() - started < 5
