"""The API over ASGI with the real model and real stores; over a real socket it is in `test_cli.py`."""

from __future__ import annotations

import gzip
import json
import logging
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from ingest.errors import LibraryError
from ingest.settings import Settings
from ingest.store import PassageIndex
from service.api.app import create_app
from service.api.parts import Json
from service.api.problem_types import PREFIX, PROBLEM_TYPES, error_from, problem_type_of
from service.api.schemas import (
    AbstentionResponse,
    AnswerResponse,
    DocumentResponse,
    DocumentsResponse,
    HealthResponse,
    IngestResponse,
    LibraryResponse,
    SearchResponse,
)
from service.api.timeline import TimelineResponse
from service.errors import CitationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response

    from ingest.embed import Encoder

ROOT = Path(__file__).parents[1]
BASE = "http://127.0.0.1:8000"
ARTICLE = {
    "id": "harbour",
    "title": "Harbour bridge reopens",
    "outlet": "Fairwater Courier",
    "published_on": "2021-05-04",
    "text": "The harbour bridge reopened on Tuesday after repairs that took eleven weeks. The mayor, Ada Quill, said "
    "that the work had cost nine million crowns. Lorries may not cross it before autumn.",
}


@pytest.fixture(scope="module")
def client(encoder: Encoder, seed_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The API of a copy of the seeds, which these tests only read."""
    folder = shutil.copytree(seed_library, tmp_path_factory.mktemp("api") / "library")
    with PassageIndex.open(folder) as index:
        yield _client(index, encoder, Settings(_env_file=None))


@pytest.fixture
def empty(encoder: Encoder, tmp_path: Path) -> Iterator[TestClient]:
    """The API of an empty library, with limits of 1 MB an article and 3 MB a request."""
    with PassageIndex.open(tmp_path / "library", create=True) as index:
        yield _client(index, encoder, Settings(_env_file=None, max_article_mb=1, max_upload_mb=3))


def _client(index: PassageIndex, encoder: Encoder, settings: Settings) -> TestClient:
    return TestClient(create_app(index, encoder, settings), base_url=BASE, raise_server_exceptions=False)


def _seed_questions() -> list[str]:
    """Some of the questions on the seeds, of every kind; all of them are `eval`'s work."""
    lines = (ROOT / "seeds" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines[::6]]


def _ask(client: TestClient, question: str, **more: Any) -> dict[str, Any]:
    response = client.post("/v1/ask", json={"question": question, **more})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def _problem(response: Response, status: int, name: str = "") -> dict[str, Any]:
    """The problem in a response, once it has been seen to be one."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["type"] == (PREFIX + name if name else "about:blank")
    assert problem["status"] == status
    assert {"title", "detail", "instance"} <= problem.keys()
    return problem


# --- questions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", _seed_questions())
def test_every_quote_of_an_answer_stands_in_its_document(client: TestClient, question: str) -> None:
    answer = _ask(client, question)

    for citation in [citation for claim in answer.get("claims", ()) for citation in claim["citations"]]:
        document = client.get(f"/v1/documents/{quote(citation['document_id'], safe='')}").json()
        assert document["text"][citation["start"] : citation["end"]] == citation["quote"]


def test_an_answer_has_the_documented_form(client: TestClient) -> None:
    answers = [_ask(client, question) for question in _seed_questions()]

    kinds = {answer["kind"] for answer in answers}
    assert "answer" in kinds
    for answer in answers:
        model = AnswerResponse if answer["kind"] == "answer" else AbstentionResponse
        assert model.model_validate(answer).model_fields_set == set(model.model_fields)


def test_a_claim_is_never_without_a_citation_and_cites_what_is_listed_as_cited(client: TestClient) -> None:
    for question in _seed_questions():
        answer = _ask(client, question)
        for claim in answer.get("claims", ()):
            assert claim["citations"]
            assert {citation["document_id"] for citation in claim["citations"]} <= set(answer["cited"])


def test_an_empty_library_abstains_and_says_why(empty: TestClient) -> None:
    answer = _ask(empty, "Who telephoned whom?")

    AbstentionResponse.model_validate(answer)
    assert (answer["kind"], answer["reason"], answer["closest"]) == ("abstention", "empty_library", [])


def test_a_conversation_id_comes_back(client: TestClient) -> None:
    assert _ask(client, "Who telephoned whom?", conversation_id="c-1")["conversation_id"] == "c-1"


def test_search_returns_passages_best_first_that_stand_in_their_documents(client: TestClient) -> None:
    response = client.post("/v1/search", json={"query": "troops leave Iraq", "k": 3})

    found = SearchResponse.model_validate(response.json())
    assert 1 <= len(found.passages) <= 3
    assert [one.score for one in found.passages] == sorted((one.score for one in found.passages), reverse=True)
    for passage in found.passages:
        text = client.get(f"/v1/documents/{quote(passage.document_id, safe='')}").json()["text"]
        assert text[passage.start : passage.end] == passage.text


def test_a_timeline_has_the_documented_form(client: TestClient) -> None:
    response = client.get("/v1/timeline", params={"query": "Soleimani", "from": "2020-01-01", "to": "2020-01-05"})

    assert response.status_code == 200
    found = TimelineResponse.model_validate_json(response.content)
    assert {str(event.first) for event in found.events} == {"2020-01-03"}
    for event in found.events:
        for citation in event.citations:
            text = client.get(f"/v1/documents/{citation.document_id}").json()["text"]
            assert text[citation.start : citation.end] == citation.quote


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, "request"),
        ({"query": "?"}, "question"),
        ({"query": "Iraq", "limit": 0}, "request"),
        ({"query": "Iraq", "from": "yesterday"}, "request"),
        ({"query": "Iraq", "from": "2020-01-02", "to": "2020-01-01"}, "question"),
        ({"query": "a\0b"}, "request"),
    ],
)
def test_a_timeline_that_cannot_be_made_is_refused(client: TestClient, given: dict[str, Any], name: str) -> None:
    _problem(client.get("/v1/timeline", params=given), 422, name)


def test_filters_keep_to_an_outlet_and_to_dates(client: TestClient) -> None:
    listed = client.get("/v1/documents").json()["documents"]
    outlet, day = listed[-1]["outlet"], listed[-1]["published_on"]

    by_outlet = client.post("/v1/search", json={"query": "Iraq", "filters": {"outlets": [outlet]}}).json()
    by_date = client.post(
        "/v1/search", json={"query": "Iraq", "filters": {"published_from": day, "published_to": day}}
    ).json()
    nowhere = client.post("/v1/search", json={"query": "Iraq", "filters": {"outlets": ["No Such Paper"]}}).json()

    assert {passage["outlet"] for passage in by_outlet["passages"]} == {outlet}
    assert {passage["published_on"] for passage in by_date["passages"]} == {day}
    assert nowhere["passages"] == []


@pytest.mark.parametrize(
    "question",
    [
        '"',
        '" OR 1=1 --',
        "* NEAR -",
        "NOT",
        "Iraq AND (",
        "title:Iraq^3 ~2 [a TO b]",
        "what\x00is\x1b[31mthis\x07",
        "\u202eIraq\u202c",
        "Qui a téléphoné à qui ?",
        "من الذي اتصل بمن؟",
        "谁给谁打了电话？",
        "👩‍👩‍👧‍👦",
        "the of and",
        "iraq " * 790,
        "e" + "\u0301" * 3000,
        "<script>alert(1)</script>",
        "../../etc/passwd",
        "\ud800",
        "   \n\t ",
        "",
        "?!…",
        "x" * 4001,
    ],
    ids=lambda question: ascii(question)[:24],
)
def test_a_hostile_question_is_answered_or_refused_but_breaks_nothing(client: TestClient, question: str) -> None:
    body = json.dumps({"question": question})
    for path, content in (("/v1/ask", body), ("/v1/search", body.replace('"question"', '"query"', 1))):
        response = client.post(path, content=content, headers={"content-type": "application/json"})

        assert response.status_code in {200, 422}, response.text
        if response.status_code == 422:
            _problem(response, 422, "question")


@pytest.mark.parametrize("question", ["", "  ", "?!", "x" * 4001, "word " * 801])
@pytest.mark.parametrize(("path", "field"), [("/v1/ask", "question"), ("/v1/search", "query")])
def test_a_question_that_is_none_is_refused(client: TestClient, path: str, field: str, question: str) -> None:
    _problem(client.post(path, json={field: question}), 422, "question")


# --- requests of a wrong form --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "at"),
    [
        ("/v1/ask", {}, ["body", "question"]),
        ("/v1/ask", {"question": 7}, ["body", "question"]),
        ("/v1/ask", {"question": "who?", "stream": "sometimes"}, ["body", "stream"]),
        ("/v1/ask", {"question": "who?", "mode": "guess"}, ["body", "mode"]),
        ("/v1/ask", {"question": "who?", "surprise": 1}, ["body", "surprise"]),
        ("/v1/ask", {"question": "who?", "filters": {"outlet": "x"}}, ["body", "filters", "outlet"]),
        ("/v1/ask", {"question": "who?", "filters": {"published_from": "soon"}}, ["body", "filters", "published_from"]),
        (
            "/v1/ask",
            {"question": "who?", "filters": {"published_from": "2020-02-01", "published_to": "2020-01-01"}},
            ["body", "filters"],
        ),
        ("/v1/search", {"query": "x", "k": 0}, ["body", "k"]),
        ("/v1/search", {"query": "x", "k": 101}, ["body", "k"]),
        ("/v1/search", {"query": "x", "k": "many"}, ["body", "k"]),
        ("/v1/documents", {"text": "no id"}, ["body", "id"]),
        ("/v1/documents", {"id": "a", "text": "x", "score": 1}, ["body", "score"]),
        ("/v1/documents", {"id": "a", "text": ["x"]}, ["body", "text"]),
    ],
)
def test_a_request_of_a_wrong_form_is_told_where(client: TestClient, path: str, body: object, at: list[str]) -> None:
    problem = _problem(client.post(path, json=body), 422, "request")

    assert at in [error["at"] for error in problem["errors"]]


def test_a_refused_request_is_not_echoed(client: TestClient) -> None:
    canary = "canary-7f3a"
    body = {"question": [canary], "mode": canary, "filters": {"published_from": canary}, "k" * 5000: canary}

    response = client.post("/v1/ask", json=body)

    _problem(response, 422, "request")
    assert canary not in response.text
    assert len(response.content) < 2000


def test_an_answer_by_a_model_needs_one(client: TestClient) -> None:
    _problem(client.post("/v1/ask", json={"question": "who called?", "mode": "model"}), 422, "model-not-configured")


@pytest.mark.parametrize("content", [b"{", b'{"question": "\xff"}', b"[" * 50_000, b"null", b""])
def test_what_is_not_json_is_a_problem(client: TestClient, content: bytes) -> None:
    for path in ("/v1/ask", "/v1/search", "/v1/documents"):
        response = client.post(path, content=content, headers={"content-type": "application/json"})
        assert response.status_code in {400, 422}
        assert response.headers["content-type"] == "application/problem+json"


def test_a_body_that_does_not_say_it_is_json_is_not_read_as_such(client: TestClient) -> None:
    body = json.dumps({"question": "Who telephoned whom?"}).encode()

    _problem(client.post("/v1/ask", content=body), 422, "request")
    _problem(client.post("/v1/ask", content=body, headers={"content-type": "text/plain"}), 422, "request")
    _problem(client.post("/v1/documents", content=body, headers={"content-type": "text/plain"}), 415)


def test_unknown_addresses_and_methods_are_problems(client: TestClient) -> None:
    _problem(client.get("/v1/nothing"), 404)
    _problem(client.get("/v1/ask/"), 404)
    problem = client.put("/v1/ask", json={})
    _problem(problem, 405)
    assert problem.headers["allow"] == "POST"


def test_a_body_beyond_the_limit_is_refused_whether_or_not_it_says_its_length(empty: TestClient) -> None:
    _problem(empty.post("/v1/ask", content=b"x" * 300_000), 413)
    pieces = (b" " * 100_000 for _ in range(5))
    _problem(empty.post("/v1/ask", content=pieces, headers={"content-type": "application/json"}), 413)
    _problem(empty.post("/v1/documents", files=[("files", ("a.txt", b"x" * 3_100_000))]), 413)
    pieces = (b" " * 100_000 for _ in range(40))
    _problem(empty.post("/v1/documents", content=pieces, headers={"content-type": "application/json"}), 413)


# --- documents -----------------------------------------------------------------------------------------------------


def test_documents_are_listed_newest_first_page_by_page(client: TestClient) -> None:
    whole = DocumentsResponse.model_validate(client.get("/v1/documents").json())
    pages = [client.get("/v1/documents", params={"limit": 2, "offset": at}).json() for at in (0, 2, 4, 6)]

    days = [document.published_on for document in whole.documents]
    assert days == sorted(days, key=str, reverse=True)
    assert whole.total == 5
    assert [len(page["documents"]) for page in pages] == [2, 2, 1, 0]
    assert [one["id"] for page in pages for one in page["documents"]] == [one.id for one in whole.documents]


def test_documents_of_one_outlet_are_listed(client: TestClient) -> None:
    outlet = client.get("/v1/documents").json()["documents"][0]["outlet"]

    page = client.get("/v1/documents", params={"outlet": outlet}).json()

    assert {document["outlet"] for document in page["documents"]} == {outlet}
    assert page["total"] == len(page["documents"])
    assert client.get("/v1/documents", params={"outlet": ""}).json()["total"] == 0


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 1001}, {"offset": -1}, {"limit": "x"}])
def test_a_page_that_cannot_be_is_refused(client: TestClient, params: dict[str, str]) -> None:
    _problem(client.get("/v1/documents", params=params), 422, "request")


def test_a_document_is_read_with_its_text_and_what_was_set_aside(client: TestClient) -> None:
    for listed in client.get("/v1/documents").json()["documents"]:
        body = client.get(f"/v1/documents/{quote(listed['id'], safe='')}").json()

        document = DocumentResponse.model_validate(body)
        assert len(document.text) == listed["characters"]
        for piece in document.set_aside:
            assert 0 <= piece.at <= len(document.text)


def test_a_document_that_is_not_there_is_a_problem(client: TestClient) -> None:
    for document_id in ("nothing", "", "a/b", "../../etc/passwd", "\u202e"):
        _problem(client.get(f"/v1/documents/{quote(document_id, safe='')}"), 404, "document-not-found")
        _problem(client.delete(f"/v1/documents/{quote(document_id, safe='')}"), 404, "document-not-found")


@pytest.mark.parametrize(
    "document_id",
    [
        "plain",
        "2020/01/10/harbour bridge.html",
        "https://courier.example/a?b=c&d=e#f",
        "نص عربي/日本語 ü",
        "/absolute/",
        "a//b",
        "..",
        "100% + more; <b>",
        "emoji 👩‍👩‍👧‍👦",
    ],
)
def test_a_document_is_added_read_and_removed_under_any_id(empty: TestClient, document_id: str) -> None:
    address = f"/v1/documents/{quote(document_id, safe='').replace('.', '%2E')}"

    added = empty.post("/v1/documents", json={**ARTICLE, "id": document_id})
    read = empty.get(address)
    removed = empty.delete(address)

    assert (added.status_code, read.status_code, removed.status_code) == (201, 200, 204)
    assert read.json()["id"] == document_id
    assert removed.content == b""
    _problem(empty.get(address), 404, "document-not-found")
    assert empty.get("/v1/library").json()["documents"] == 0


def test_an_article_is_added_then_unchanged_then_updated(empty: TestClient) -> None:
    added = empty.post("/v1/documents", json=ARTICLE)
    unchanged = empty.post("/v1/documents", json=ARTICLE)
    updated = empty.post("/v1/documents", json={**ARTICLE, "text": ARTICLE["text"] + " It has four lanes."})

    assert [response.status_code for response in (added, unchanged, updated)] == [201, 200, 201]
    reports = [IngestResponse.model_validate(response.json()) for response in (added, unchanged, updated)]
    assert [(one.added, one.unchanged, one.updated) for one in reports] == [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    document = empty.get("/v1/documents/harbour").json()
    assert document["text"].endswith("four lanes.")
    assert {key: document[key] for key in ("title", "outlet", "published_on")} == {
        key: ARTICLE[key] for key in ("title", "outlet", "published_on")
    }


def test_a_new_article_can_be_found_at_once(empty: TestClient) -> None:
    empty.post("/v1/documents", json=ARTICLE)

    found = empty.post("/v1/search", json={"query": "cost of the harbour bridge"}).json()

    assert [passage["document_id"] for passage in found["passages"]] == ["harbour"]


@pytest.mark.parametrize(
    "article",
    [
        {"id": "a"},
        {"id": "a", "text": ""},
        {"id": "a", "text": " \n "},
        {"id": "", "text": "Some text that is long enough to be one."},
        {"id": "a\x00b", "text": "Some text that is long enough to be one."},
        {"id": "i" * 600, "text": "Some text that is long enough to be one."},
        {"id": "a", "text": "word " * 220_000},
    ],
    ids=["no text", "empty", "blank", "empty id", "control character", "long id", "too large"],
)
def test_an_article_that_cannot_be_used_is_a_problem_that_says_why(empty: TestClient, article: dict[str, str]) -> None:
    problem = _problem(empty.post("/v1/documents", json=article), 422, "articles")

    assert len(problem["failed"]) == 1
    assert problem["failed"][0]["reason"]
    assert "line 1" not in problem["failed"][0]["reason"]
    assert empty.get("/v1/library").json()["documents"] == 0


def test_files_of_every_kind_can_be_uploaded(empty: TestClient) -> None:
    line = json.dumps(ARTICLE).encode()
    other = json.dumps({**ARTICLE, "id": "harbour-2", "text": ARTICLE["text"] + " Buses may."}).encode()
    page = f"<html><body><article><p>{ARTICLE['text']}</p></article></body></html>".encode()
    front = b"---\ntitle: Another title\nid: own-id\n---\n\n" + ARTICLE["text"].encode()
    files = [
        ("files", ("note.txt", ARTICLE["text"].encode())),
        ("files", ("note.md", front)),
        ("files", ("page.HTML", page)),
        ("files", ("lines.jsonl", line + b"\n")),
        ("files", ("lines.jsonl.gz", gzip.compress(other))),
    ]

    response = empty.post("/v1/documents", files=files)

    assert response.status_code == 201
    assert IngestResponse.model_validate(response.json()).added == 5
    listed = {document["id"] for document in empty.get("/v1/documents").json()["documents"]}
    assert listed == {"note.txt", "own-id", "page.HTML", "harbour", "harbour-2"}


def test_of_an_upload_the_good_files_are_stored_and_the_others_are_listed(empty: TestClient) -> None:
    files = [
        ("files", ("good.txt", ARTICLE["text"].encode())),
        ("files", ("good.txt", b"Another article that was given the same name by its sender.")),
        ("files", ("photo.jpg", b"\xff\xd8\xff")),
        ("files", ("empty.md", b"")),
        ("files", ("binary.txt", b"\x00\x01\x02")),
        ("files", ("bad.jsonl", b"{}\nnot json\n")),
        ("files", ("bomb.jsonl.gz", gzip.compress(b" " * 150_000_000))),
        ("files", ("torn.jsonl.gz", gzip.compress(json.dumps(ARTICLE).encode())[:-20])),
    ]

    response = empty.post("/v1/documents", files=files)

    report = IngestResponse.model_validate(response.json())
    assert (response.status_code, report.added) == (201, 1)
    assert [failure.uri for failure in report.failed] == [
        "good.txt", "photo.jpg", "empty.md", "binary.txt", "bad.jsonl:1", "bad.jsonl:2", "bomb.jsonl.gz",
        "torn.jsonl.gz",
    ]  # fmt: skip


def test_of_two_uploads_with_one_id_the_second_is_a_failure(empty: TestClient) -> None:
    files = [
        ("files", ("one.jsonl", json.dumps(ARTICLE).encode())),
        ("files", ("two.jsonl", json.dumps({**ARTICLE, "text": ARTICLE["text"] + " Buses may."}).encode())),
        ("files", ("own.md", b"---\nid: name.txt\n---\n\n" + ARTICLE["text"].encode())),
        ("files", ("name.txt", b"Another article, and its name is the id that one before it chose.")),
    ]

    report = IngestResponse.model_validate(empty.post("/v1/documents", files=files).json())

    assert (report.added, report.updated) == (2, 0)
    assert [failure.uri for failure in report.failed] == ["two.jsonl:1", "name.txt"]
    assert "'harbour' is taken by another article at one.jsonl:1" in report.failed[0].reason
    assert "'name.txt' is taken by another article at own.md" in report.failed[1].reason


@pytest.mark.parametrize("source", ["/etc/passwd", "relative", "\x00", "/" + "x" * 5000, "\ud800"])
def test_the_source_of_an_article_is_not_heeded_from_elsewhere(empty: TestClient, source: str) -> None:
    here = TestClient(empty.app, base_url=BASE, client=("127.0.0.1", 1), raise_server_exceptions=False)
    body = json.dumps({**ARTICLE, "id": "passwd", "source": source, "root": "/etc"})
    for client in (empty, here) if source != "/etc/passwd" else (empty,):
        response = client.post("/v1/documents", content=body, headers={"content-type": "application/json"})
        assert response.status_code in {200, 201, 422}, response.text
    second = empty.post("/v1/documents", json={**ARTICLE, "id": "passwd", "source": "/x/passwd", "root": "/x"})

    assert second.status_code in {200, 201}


def test_who_waits_long_for_others_to_write_is_told_to_try_again(
    empty: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.api.parts._PATIENCE_S", 0.01)
    with empty.app.state.parts.alone():  # type: ignore[attr-defined]
        adding = empty.post("/v1/documents", json=ARTICLE)
        removing = empty.delete("/v1/documents/harbour")

    for response in (adding, removing):
        assert "is being written, checked or made anew" in _problem(response, 503, "library-busy")["detail"]
        assert response.headers["retry-after"] == "5"
    assert empty.post("/v1/documents", json=ARTICLE).status_code == 201


def test_an_article_that_is_replaced_while_it_is_quoted_is_to_be_asked_for_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replaced(*_arguments: object) -> None:
        message = "the article was replaced at this moment; ask again"
        raise CitationError(message)

    monkeypatch.setattr("service.pipeline.cite", replaced)
    response = client.post("/v1/ask", json={"question": "Who telephoned whom?"})

    assert "ask again" in _problem(response, 503, "citation")["detail"]
    assert response.headers["retry-after"] == "1"


def test_an_outlet_that_is_half_a_character_is_refused(client: TestClient) -> None:
    for path, field in (("/v1/ask", "question"), ("/v1/search", "query")):
        body = json.dumps({field: "who called?", "filters": {"outlets": ["\ud800"]}})
        response = client.post(path, content=body, headers={"content-type": "application/json"})
        _problem(response, 422, "request")


def test_the_name_of_an_upload_leads_nowhere(empty: TestClient) -> None:
    files = [("files", ("../../../etc/cron.d/evil.txt", ARTICLE["text"].encode()))]

    assert empty.post("/v1/documents", files=files).status_code == 201
    assert [document["id"] for document in empty.get("/v1/documents").json()["documents"]] == ["evil.txt"]


def test_an_upload_without_files_is_refused(empty: TestClient) -> None:
    _problem(empty.post("/v1/documents", files=[("note", (None, b"just a field"))]), 422, "request")
    torn = {"content-type": "multipart/form-data; boundary=y"}
    _problem(empty.post("/v1/documents", content=b"--x", headers=torn), 400)


def test_an_upload_in_which_nothing_can_be_used_is_a_problem(empty: TestClient) -> None:
    problem = _problem(empty.post("/v1/documents", files=[("files", ("photo.jpg", b"\xff"))]), 422, "articles")

    assert [failure["uri"] for failure in problem["failed"]] == ["photo.jpg"]


def test_questions_are_answered_while_articles_arrive_from_several_sides(empty: TestClient) -> None:
    """Writers wait for one another, readers for nobody, and nothing is lost."""
    statuses: list[int] = []

    def write(writer: int) -> None:
        for number in range(3):
            text = f"Report {writer}-{number} of the harbour. {ARTICLE['text']}"
            response = empty.post("/v1/documents", json={**ARTICLE, "id": f"{writer}/{number}", "text": text})
            statuses.append(response.status_code)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        statuses.append(empty.post("/v1/search", json={"query": "harbour"}).status_code)
    for thread in threads:
        thread.join()

    assert set(statuses) == {200, 201}
    assert empty.get("/v1/library").json()["documents"] == 9


# --- the server itself ---------------------------------------------------------------------------------------------


def test_the_state_of_the_library_and_of_the_server(client: TestClient) -> None:
    assert LibraryResponse.model_validate(client.get("/v1/library").json()).documents == 5
    for path in ("/healthz", "/readyz"):
        HealthResponse.model_validate(client.get(path).json())


class _Unusable:
    """Stands for a library or model that breaks while it is used, with a secret in the error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, _name: str) -> Any:
        raise self._error


def test_a_server_whose_library_cannot_be_used_is_alive_but_not_ready() -> None:
    broken: Any = _Unusable(LibraryError("the catalog cannot be read; restore it"))
    client = _client(broken, broken, Settings(_env_file=None))

    problem = _problem(client.get("/readyz"), 503, "library")
    assert problem["detail"] == "the catalog cannot be read; restore it"
    assert client.get("/healthz").status_code == 200


def test_a_full_disk_is_said_to_be_one() -> None:
    broken: Any = _Unusable(OSError(28, "No space left on device"))

    _problem(_client(broken, broken, Settings(_env_file=None)).get("/v1/library"), 507, "storage")


def test_an_unexpected_error_is_a_number_to_the_caller_and_a_place_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken: Any = _Unusable(RuntimeError("secret=sk-123"))

    with caplog.at_level(logging.ERROR):
        response = _client(broken, broken, Settings(_env_file=None)).get("/v1/library")

    problem = _problem(response, 500, "internal")
    occurrence = problem["instance"].removeprefix("urn:uuid:")
    assert occurrence in caplog.text
    assert "RuntimeError" in caplog.text
    assert "sk-123" not in caplog.text + response.text


def test_every_response_carries_the_headers_of_safety(client: TestClient) -> None:
    responses = [
        client.get("/v1/library"),
        client.get("/nothing"),
        client.post("/v1/ask", json={}),
        client.get("/healthz", headers={"host": "evil.example"}),
    ]

    for response in responses:
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "localhost:1", "[::1]:8000", "[::1]", "LOCALHOST"])
def test_the_names_of_this_machine_are_served(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "localhost:evil"])
def test_other_names_are_refused_on_loopback(client: TestClient, host: str) -> None:
    _problem(client.get("/healthz", headers={"host": host}), 403, "host")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "https://localhost"])
def test_pages_of_other_sites_cannot_write(client: TestClient, origin: str) -> None:
    headers = {"origin": origin}

    _problem(client.post("/v1/documents", json=ARTICLE, headers=headers), 403, "origin")
    _problem(client.post("/v1/documents", files=[("files", ("a.txt", b"x"))], headers=headers), 403, "origin")
    _problem(client.delete("/v1/documents/harbour", headers=headers), 403, "origin")


def test_pages_of_this_server_can_ask(client: TestClient) -> None:
    response = client.post("/v1/search", json={"query": "Iraq"}, headers={"origin": BASE})

    assert response.status_code == 200


def test_any_name_is_served_beyond_loopback(encoder: Encoder) -> None:
    unused: Any = _Unusable(AssertionError())
    client = _client(unused, encoder, Settings(_env_file=None, host="192.0.2.1"))

    assert client.get("/healthz", headers={"host": "news.example"}).status_code == 200


def test_the_documentation_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs")
    assets = [client.get(path) for path in ("/docs/docs.js", "/docs/docs.css")]

    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    for response in (page, *assets):
        assert response.status_code == 200
        assert "http://" not in response.text
        assert "https://" not in response.text
        assert "innerHTML" not in response.text


def test_the_description_lists_every_route_with_its_problems(client: TestClient) -> None:
    described = client.get("/openapi.json").json()

    assert {"/v1/ask", "/v1/search", "/v1/documents", "/v1/library/rebuild", "/readyz"} <= described["paths"].keys()
    assert all(path.startswith(("/v1/", "/healthz", "/readyz")) for path in described["paths"])
    for operations in described["paths"].values():
        for operation in operations.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"]


@pytest.mark.parametrize("kind", PROBLEM_TYPES)
def test_an_error_survives_the_way_over_http(kind: type) -> None:
    there = kind("what to do")

    back = error_from(PREFIX + problem_type_of(there).name, str(there))

    assert type(back) is kind
    assert str(back) == "what to do"


def test_json_is_sent_as_it_is_and_half_characters_escaped() -> None:
    assert bytes(Json({"a": "é"}).body) == '{"a":"é"}'.encode()
    assert json.loads(bytes(Json({"a": "\ud800"}).body)) == {"a": "\ud800"}


def test_the_web_framework_is_not_loaded_before_the_model_is() -> None:
    code = "import sys, service.server; sys.exit('fastapi' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
