"""What other programs reach the library by, each with its real client: OpenAI's, MCP's, LlamaIndex'."""

from __future__ import annotations

import json
import re
import shutil
import sys
from typing import TYPE_CHECKING, Any

import anyio
import httpx2
import openai
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from ingest.store import PassageIndex
from service.api.completions import Reply
from service.records import Answer, Citation, Claim, Corroboration, Support
from tests import commands

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcp_types import CallToolResult

QUESTION = "What did the State Department say about a delegation?"
UNANSWERED = "What did the mayor of Lagos say about flooding?"


@pytest.fixture(scope="module")
def served(seed_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server of the seeds."""
    folder = shutil.copytree(seed_library, tmp_path_factory.mktemp("doors") / "library")
    server = commands.start("serve", "--port", "0", "--library", folder)
    try:
        yield commands.address(server)
    finally:
        server.terminate()
        code, _, stderr = commands.finish(server)
    assert (code, stderr) == (0, "")


@pytest.fixture
def client(served: str) -> Iterator[openai.OpenAI]:
    """OpenAI's own client with a changed base URL."""
    with openai.OpenAI(base_url=f"{served}/v1", api_key="none", max_retries=0) as client:
        yield client


def _said(question: str) -> list[Any]:
    return [{"role": "user", "content": question}]


# --- OpenAI-compatible -----------------------------------------------------------------------------------------------


def test_openais_client_finds_the_models(client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]

    assert names[0] == "onrecord"
    assert client.models.retrieve(names[0]).owned_by == "onrecord"


def test_openais_client_reads_an_answer_with_its_sources_in_every_form(client: openai.OpenAI, served: str) -> None:
    completion = client.chat.completions.create(model="onrecord", messages=_said(QUESTION))

    message = completion.choices[0].message
    assert completion.choices[0].finish_reason == "stop"
    assert message.content is not None
    assert "delegation" in message.content
    more: dict[str, Any] = completion.model_extra or {}
    assert [source["marker"] for source in more["sources"]] == list(range(1, 1 + len(more["sources"])))
    assert set(more["citations"]) == {source["url"] for source in more["sources"]}
    assert {result["url"] for result in more["search_results"]} == set(more["citations"])
    for source in more["sources"]:
        document = httpx2.get(f"{served}/v1/documents/{source['document_id']}").json()
        assert document["text"][source["start"] : source["end"]] == source["quote"]
        assert httpx2.get(source["url"]).status_code == 200
    for annotation in message.annotations or []:
        cited = annotation.url_citation
        assert message.content[cited.start_index : cited.end_index].startswith("[")
        assert cited.url in more["citations"]
    assert len(message.annotations or []) == 2 * len(more["sources"])  # in a sentence, and at its footnote


def test_a_stream_says_what_the_whole_says(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model="onrecord", messages=_said(QUESTION))
    options = {"include_usage": True}

    chunks = list(
        client.chat.completions.create(
            model="onrecord",
            messages=_said(QUESTION),
            stream=True,
            stream_options=options,  # type: ignore[call-overload]  # a dict is one
        )
    )

    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == (
        whole.choices[0].message.content
    )
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage is not None
    assert (chunks[-2].model_extra or {})["sources"] == (whole.model_extra or {})["sources"]


def test_an_abstention_has_empty_sources_and_says_so(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(model="onrecord", messages=_said(UNANSWERED))

    assert (completion.choices[0].message.content or "").startswith("The articles do not say.")
    more = completion.model_extra or {}
    assert (more["citations"], more["search_results"], more["sources"]) == ([], [], [])


def test_requests_as_open_webui_sends_them_are_answered(served: str) -> None:
    """A chat with text parts and many fields of its own; then what it asks for itself, which is no question."""
    chat = {
        "stream": True,
        "model": "onrecord",
        "messages": [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": [{"type": "text", "text": QUESTION}]},
        ],
        "stream_options": {"include_usage": True},
        "temperature": 0.7,
        "metadata": {"chat_id": "c"},
        "user": {"name": "Ann", "id": "1"},
    }
    title = {
        "model": "onrecord",
        "messages": _said("### Task:\nGenerate a concise, 3-5 word title.\n### Chat History:\nUSER: x"),
        "stream": False,
        "max_completion_tokens": 1000,
    }

    answered = httpx2.post(f"{served}/v1/chat/completions", json=chat)
    titled = httpx2.post(f"{served}/v1/chat/completions", json=title)

    lines = [line for line in answered.text.split("\n\n") if line]
    assert lines[-1] == "data: [DONE]"
    assert "delegation" in "".join(lines)
    assert all(json.loads(line.removeprefix("data: "))["object"] == "chat.completion.chunk" for line in lines[:-1])
    assert titled.json()["choices"][0]["message"]["content"] == "{}"


@pytest.mark.parametrize(
    ("model", "messages", "status"),
    [
        ("gpt-4o", _said(QUESTION), 404),
        ("onrecord", _said(""), 422),
        ("onrecord", _said("x" * 5000), 422),
        ("onrecord", [{"role": "system", "content": "Be brief."}], 422),
    ],
)
def test_openais_client_is_told_what_is_wrong(
    client: openai.OpenAI, model: str, messages: list[Any], status: int
) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model=model, messages=messages)

    assert caught.value.status_code == status
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["message"]


def test_an_article_cannot_put_a_link_or_an_image_into_a_reply() -> None:
    quote = "See ![x](http://canary.test/a.png) and [1](http://canary.test) and <img src=x> now."
    citation = Citation(1, "a", "a#0", 0, len(quote), quote, "The *Daily*", "<b>News</b>", None, "javascript:alert(1)")
    claim = Claim(quote, None, Support(1.0, "supported"), Corroboration((), 1, 1), (citation,))
    answer = Answer("q", "q", "extractive", "", (claim,), (), ("a",), (), {}, 1.0)

    reply = Reply.of(answer, "http://127.0.0.1:8000")

    unescaped = re.findall(r"(?<!\\)[\[\]<>]", reply.content.replace("[1]", ""))
    assert unescaped == []
    assert [one["url_citation"]["url"] for one in reply.annotations()] == ["http://127.0.0.1:8000/v1/documents/a"] * 2
    assert reply.sources()["sources"][0]["quote"] == quote


# --- MCP -------------------------------------------------------------------------------------------------------------


def _content(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, result
    content: dict[str, Any] = result.structured_content or {}
    return content


async def _use(client: Client) -> None:
    """Every tool once, as a program would."""
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {"ask", "search", "read_document", "list_speakers"}
    assert tools["ask"].input_schema["required"] == ["question"]
    answer = _content(await client.call_tool("ask", {"question": QUESTION}))
    citation = answer["claims"][0]["citations"][0]
    document = _content(await client.call_tool("read_document", {"document_id": citation["document_id"]}))
    assert document["text"][citation["start"] : citation["end"]] == citation["quote"]
    found = _content(await client.call_tool("search", {"query": "delegation", "k": 2}))
    assert len(found["passages"]) == 2
    speakers = _content(await client.call_tool("list_speakers", {"name": "Ortagus"}))["speakers"]
    said = _content(await client.call_tool("list_speakers", {"speaker_id": speakers[0]["id"]}))
    assert said["total"] == speakers[0]["statements"]
    none = _content(await client.call_tool("ask", {"question": QUESTION, "published_to": "1999-01-01"}))
    assert none["kind"] == "abstention"
    missing = await client.call_tool("read_document", {"document_id": "no-such"})
    assert missing.is_error
    assert "no-such" in missing.content[0].text  # type: ignore[union-attr]  # an error's content is text


def test_mcps_client_uses_every_tool_over_http(served: str) -> None:
    async def use() -> None:
        async with Client(streamable_http_client(f"{served}/mcp")) as client:
            await _use(client)

    anyio.run(use)


def test_mcps_older_clients_are_answered_too(served: str) -> None:
    async def use() -> None:
        async with Client(streamable_http_client(f"{served}/mcp"), mode="legacy") as client:
            await _use(client)

    anyio.run(use)


def test_mcps_client_uses_every_tool_over_pipes(seed_library: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(seed_library, tmp_path / "library")
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "onrecord", "mcp", "--library", str(folder)], cwd=tmp_path
    )

    async def use() -> None:
        async with Client(stdio_client(command)) as client:
            await _use(client)

    anyio.run(use)


def test_pages_of_other_sites_cannot_use_the_tools(served: str) -> None:
    response = httpx2.post(f"{served}/mcp", json={}, headers={"Origin": "http://evil.test"})

    assert response.status_code == 403


# --- LlamaIndex ------------------------------------------------------------------------------------------------------


def test_a_query_engine_of_llamaindex_reads_the_library(seed_library: Path, tmp_path: Path) -> None:
    from llama_index.core.llms import MockLLM
    from llama_index.core.query_engine import RetrieverQueryEngine

    from onrecord.llamaindex import OnrecordRetriever

    folder = shutil.copytree(seed_library, tmp_path / "library")
    with OnrecordRetriever(folder, k=3) as retriever:
        response = RetrieverQueryEngine.from_args(retriever, llm=MockLLM()).query(QUESTION)

    assert len(response.source_nodes) == 3
    assert "delegation" in response.source_nodes[0].text
    with PassageIndex.open(folder) as index:
        for found in response.source_nodes:
            text = index.document(found.metadata["document_id"]).text
            assert text[found.node.start_char_idx : found.node.end_char_idx] == found.text  # type: ignore[attr-defined]  # a TextNode
