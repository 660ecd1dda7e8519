"""The optional second look at a model's claims: it can take claims away, and add none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from ingest.settings import Settings
from service.api.app import create_app
from service.review import read_labels
from tests.fakes import Raw, Reply, ScriptedLlm
from tests.serving import asked, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from ingest.embed import Encoder
    from ingest.store import PassageIndex

    Json = dict[str, Any]
    Serve = Callable[..., AbstractContextManager[str]]

QUESTION = "How many American soldiers are in Iraq?"
TRUE: Json = {"text": "About 5,200 American soldiers are in Iraq.", "passages": [1]}
FALSE: Json = {"text": "About 9,900 American soldiers are in Iraq.", "passages": [1]}
FIGHT: Json = {"text": "American troops are in Iraq to fight ISIS.", "passages": [1, 2, 3, 4, 5]}  # two articles say so


@pytest.fixture
def serve(index: PassageIndex, encoder: Encoder) -> Serve:
    """Serves the seeds with a model that writes and checks."""

    def serve(url: str, **more: Any) -> AbstractContextManager[str]:
        settings = Settings(_env_file=None, llm_url=url, llm_model="scripted", **{"llm_verify": True} | more)
        return serving(create_app(index, encoder, settings))

    return serve


def _script(*labels: Reply | Raw | str, claims: list[Json]) -> Callable[[Json], Reply | Raw]:
    """Writes those claims, and gives the labels one request after the other."""
    left = [one if isinstance(one, Reply | Raw) else _labels(*one.split()) for one in labels]
    return lambda body: left.pop(0) if _is_check(body) else Reply(json.dumps({"claims": claims}))


def _labels(*labels: str) -> Reply:
    return Reply(json.dumps({"verdicts": [{"claim": n, "label": label} for n, label in enumerate(labels, start=1)]}))


def _is_check(body: Json) -> bool:
    return str(body["messages"][0]["content"]).startswith("You check claims")


def _checks(llm: ScriptedLlm) -> list[str]:
    return [body["messages"][0]["content"] for body in llm.asked if _is_check(body)]


def _ask(address: str) -> Json:
    response = httpx2.post(f"{address}/v1/ask", json={"question": QUESTION}, timeout=60)
    assert response.status_code == 200, response.text
    answer: Json = response.json()
    return answer


def _texts(answer: Json) -> list[str]:
    return [claim["text"] for claim in answer.get("claims", ())]


def test_nobody_is_asked_twice_unless_that_is_set(serve: Serve) -> None:
    with ScriptedLlm(_script(claims=[TRUE])) as llm, serve(llm.url, llm_verify=False) as address:
        answer = _ask(address)

        assert _checks(llm) == []
    assert (_texts(answer), answer["usage"]["verifying"]) == ([TRUE["text"]], None)


def test_claims_that_pass_are_read_once_more_with_their_quotes_in_one_request(serve: Serve) -> None:
    with ScriptedLlm(_script("supported", claims=[TRUE, FALSE])) as llm, serve(llm.url) as address:
        answer = _ask(address)
        (prompt,) = _checks(llm)
        schema = llm.asked[-1]["response_format"]["json_schema"]

    assert _texts(answer) == [TRUE["text"]]
    assert answer["usage"]["dropped"] == {"number": 1}  # what failed before is not put to it
    assert FALSE["text"] not in prompt
    assert answer["claims"][0]["citations"][0]["quote"] in prompt
    fence = prompt.split("Claim 1:\n")[1].split("\n")[0]
    assert prompt.split("Claim 1:\n")[1].count(fence) == 2
    assert schema["strict"] is True
    cost, part = answer["usage"], answer["usage"]["verifying"]
    assert (part["requests"], part["tokens_in"]) == (1, 100)
    assert (cost["requests"], cost["tokens_in"]) == (2, 200)
    assert len(part["prompt_version"]) == 12


@pytest.mark.parametrize(("label", "reason"), [("not_supported", "review"), ("contradicted", "contradicted")])
def test_a_claim_that_it_does_not_find_is_dropped_or_flagged(serve: Serve, label: str, reason: str) -> None:
    told = []
    for more in ({}, {"unsupported": "flag"}):
        script = _script(f"supported {label}", label, claims=[FIGHT, TRUE])
        with ScriptedLlm(script) as llm, serve(llm.url, **more) as address:
            told.append(_ask(address))
    dropped, flagged = told

    assert _texts(dropped) == [FIGHT["text"]]
    assert dropped["usage"]["dropped"] == {reason: 1}
    assert [one["support"]["reason"] for one in flagged["claims"]] == [None, reason]
    assert TRUE["text"] not in flagged["text"]


def test_it_may_find_the_claim_in_other_sentences_and_then_those_are_cited(serve: Serve) -> None:
    with ScriptedLlm(_script("supported", claims=[FIGHT])) as llm, serve(llm.url) as address:
        first = _ask(address)
    with ScriptedLlm(_script("not_supported", "supported", claims=[FIGHT])) as llm, serve(llm.url) as address:
        second = _ask(address)
        checks = _checks(llm)

    assert len(checks) == 2
    assert _texts(second) == [FIGHT["text"]]
    quotes = [[one["quote"] for one in answer["claims"][0]["citations"]] for answer in (first, second)]
    assert not set(quotes[0]) & set(quotes[1])
    assert quotes[1][0] in checks[1]


def test_events_come_after_it_and_are_the_plain_answer(serve: Serve) -> None:
    script = _script(*["supported not_supported", "not_supported"] * 2, claims=[FIGHT, TRUE])
    with ScriptedLlm(script) as llm, serve(llm.url) as address:
        plain, events = _ask(address), asked(address, QUESTION)

    assert [name for name, _ in events if name != "disagreement"] == ["retrieved", "claim", "done"]
    assert events[-1][1]["claims"] == plain["claims"]
    assert events[1][1]["claim"] == plain["claims"][0]


@pytest.mark.parametrize(
    ("replies", "told"),
    [
        ([Raw(b"oh", 401, {"Content-Type": "application/json"})], "refuses the key"),
        ([Reply("I think so."), Reply("Still.")], "form"),
        ([_labels()] * 2, "form"),
        ([Reply('{"verdicts": [{"claim": 7, "label": "contradicted"}]}')], "passed over 1"),
    ],
)
def test_when_it_fails_the_checks_before_it_stand_and_a_note_says_so(
    serve: Serve, replies: list[Reply | Raw], told: str
) -> None:
    with ScriptedLlm(_script(*replies, claims=[TRUE, FALSE])) as llm, serve(llm.url) as address:
        answer = _ask(address)

    assert (answer["mode"], _texts(answer)) == ("model", [TRUE["text"]])
    assert "The second check of the claims" in answer["note"]
    assert told in answer["note"]


def test_where_schemas_are_refused_it_replies_in_lines(serve: Serve) -> None:
    lines = _script(Reply("1: not supported"), Reply("1: not supported"), claims=[])

    def script(body: Json) -> Reply | Raw:
        if "response_format" in body:
            return Raw(b'{"error": {"message": "response_format is not supported"}}', 400)
        return lines(body) if _is_check(body) else Reply(f"- {TRUE['text']} [1]")

    with ScriptedLlm(script) as llm, serve(llm.url) as address:
        answer = _ask(address)
        last = _checks(llm)[-1]

    assert (answer["kind"], answer["reason"]) == ("abstention", "unsupported")
    assert "JSON" not in last


def test_claims_that_do_not_fit_at_once_are_put_in_several_requests(serve: Serve) -> None:
    replies = [Reply("\n".join(f"{n}: supported" for n in range(1, 9)))] * 2
    with ScriptedLlm(_script(*replies, claims=[TRUE] * 8)) as llm:
        with serve(llm.url, llm_context=1_024) as address:
            answer = _ask(address)
        checks = _checks(llm)

    assert len(_texts(answer)) == 8
    assert len(checks) == 2
    assert sum(prompt.count("\nClaim ") for prompt in checks) == 8


@pytest.mark.parametrize(
    ("reply", "labels"),
    [
        ('{"verdicts": [{"claim": 2, "label": "supported"}]}', {2: "supported"}),
        ('```json\n[{"claim": 1, "label": "contradicted"}]\n```', {1: "contradicted"}),
        ("<think>1: contradicted</think>1: Supported\n- Claim 2: not supported.", {1: "supported", 2: "not_supported"}),
        ("1: supported\n1: contradicted\n1: supported", {1: "contradicted"}),
        ('{"verdicts": [{"claim": "1", "label": "supported"}, {"claim": 2, "label": "yes"}, 3]}', {}),
        ('{"verdicts": [{"claim": 1, "label": "contradicted"}, {"claim": 2, "label": "supp', {1: "contradicted"}),
        ("", {}),
    ],
)
def test_labels_are_read_and_of_two_the_one_that_takes_away_counts(reply: str, labels: dict[int, str]) -> None:
    assert read_labels(reply) == labels
