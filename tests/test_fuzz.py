"""What others write, drawn at random: articles, calls of tools, bodies for the compatible endpoint, a model's stream.

Whatever comes is read or refused with an error of ours. `test_load.py` does the same with bytes and JSON values,
`test_reply.py` with the words of a reply, `test_schema.py` with requests drawn from the API's description.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from ingest.attribute import attribute
from ingest.clean import clean
from ingest.describe import describe
from ingest.errors import ArticleError
from ingest.load import load
from ingest.records import Failure
from ingest.settings import Settings
from ingest.split import split
from ingest.store import PassageIndex
from service.api.app import create_app
from service.errors import LlmError
from service.llm import Llm, Usage
from tests.fakes import Raw, ScriptedLlm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.embed import Encoder

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda part: st.lists(part, max_size=4) | st.dictionaries(st.text(max_size=10), part, max_size=4),
    max_leaves=8,
)
FIELDS = ["id", "title", "outlet", "byline", "published_on", "updated_on", "language", "url", "text", "html", "agency"]
VALUES = st.sampled_from(
    [
        "2020-02-30",
        "yesterday",
        "[",
        "{a: ",
        "!!python/object:os.system {}",
        "&a [*a]",
        "*a",
        "1e999",
        "0o17",
        "- x",
        '"',
    ]
) | st.text(max_size=30)
FRONT_MATTER = st.lists(st.tuples(st.sampled_from(FIELDS) | st.text(max_size=8), VALUES), max_size=6).map(
    lambda pairs: "---\n" + "\n".join(f"{name}: {value}" for name, value in pairs) + "\n---\n"
)
SENTENCES = st.lists(
    st.sampled_from(["The harbour reopened on Tuesday, the mayor said.", "“It is done,” she said.", "BAGHDAD (AP) —"])
    | st.text(max_size=40),
    max_size=5,
).map("\n\n".join)
TAGS = st.sampled_from(
    [
        "<article>", "</article>", "<p>", "</p>", "<h1>", "<time datetime='2020-13-40'>", "<time datetime=''>", "<div",
        "<script type='application/ld+json'>", '{"@type": "NewsArticle", "datePublished": 7, "author": [{}]}',
        '{"@graph": [[{"@type": ["NewsArticle"]}]]}', "</script>",
        "<meta property='article:published_time' content='0'>", "<meta name='author' content>",
        "<!--", "-->", "<![CDATA[", "&#0;", "&#xD800;", "<a href='javascript:x'>",
        "</html>",
        "<template>", "<svg><style>", "<table><tr>", "<base href='//x'>", "<plaintext>",
    ]
)  # fmt: skip
PAGE = st.lists(TAGS | SENTENCES, max_size=14).map("".join)


def _prepared(path: Path, body: str) -> None:
    """The stages of ingest before the model: each article is made, or refused with a reason."""
    path.write_text(body, encoding="utf-8", errors="surrogatepass")
    for raw in load([path], max_bytes=10_000):
        if isinstance(raw, Failure):
            assert raw.reason
            continue
        try:
            document = describe(raw, clean(raw), datetime.now(UTC))
        except ArticleError:
            continue
        passages = split(document)
        assert all(document.text[one.start : one.end] == one.text for one in passages)
        attribute(document.text, [sentence for passage in passages for sentence in passage.sentences])


@given(head=FRONT_MATTER, body=SENTENCES)
@example(head="---\n\x80: x\n---\n", body="It rained.")  # ended an ingest
@example(head="---\nid: &a [*a]\n---\n", body="It rained.")
@example(head="---\n? {a: b}\n: c\n---\n", body="It rained.")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_front_matter_breaks_an_ingest(tmp_path: Path, head: str, body: str) -> None:
    _prepared(tmp_path / "article.md", head + body)


@given(page=PAGE)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_page_breaks_an_ingest(tmp_path: Path, page: str) -> None:
    _prepared(tmp_path / "page.html", page)


@pytest.fixture(scope="module")
def client(encoder: Encoder, seed_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The API of a copy of the seeds, which is only read; one event loop for all requests, as a server has."""
    folder = shutil.copytree(seed_library, tmp_path_factory.mktemp("fuzz") / "library")
    with PassageIndex.open(folder) as index:
        app = create_app(index, encoder, Settings(_env_file=None))
        with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
            yield client


ARGUMENTS = st.dictionaries(
    st.sampled_from(
        ["question", "query", "k", "outlets", "published_from", "document_id", "name", "speaker_id", "limit"]
    )
    | st.text(max_size=6),
    JSON,
    max_size=5,
)
TOOLS = st.sampled_from(["ask", "search", "read_document", "list_speakers"]) | st.text(max_size=6)
MCP_HEADERS = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


def _sent(client: TestClient, path: str, body: Any) -> Any:
    """The response to what may hold half characters and infinities, which no reader of ours has to like."""
    return client.post(path, content=json.dumps(body), headers=MCP_HEADERS)


@given(tool=TOOLS, arguments=ARGUMENTS | JSON)
@settings(deadline=None, max_examples=60)
def test_no_arguments_break_a_tool(client: TestClient, tool: str, arguments: object) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    response = _sent(client, "/mcp", call)

    assert response.status_code < 500, response.text
    assert {"result", "error"} & response.json().keys()


@given(body=JSON)
@settings(deadline=None, max_examples=30)
def test_nothing_sent_to_the_tools_is_a_server_error(client: TestClient, body: object) -> None:
    assert _sent(client, "/mcp", body).status_code < 500


MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "system", "assistant", "tool", ""]), "content": JSON}, optional={"name": JSON}
)
COMPLETION = st.fixed_dictionaries(
    {"messages": st.lists(MESSAGE, max_size=4) | JSON, "model": st.just("onrecord") | JSON},
    optional={"stream": st.booleans() | JSON, "stream_options": JSON, "n": JSON, "temperature": JSON, "tools": JSON},
)


@given(body=COMPLETION | JSON)
@settings(deadline=None, max_examples=60)
def test_no_body_breaks_the_compatible_endpoint(client: TestClient, body: object) -> None:
    assert _sent(client, "/v1/chat/completions", body).status_code < 500


DELTA = st.fixed_dictionaries({"delta": JSON | st.just({"content": "It rose."})})
CHUNK = st.fixed_dictionaries({"choices": st.lists(DELTA)}) | st.fixed_dictionaries(
    {}, optional={"choices": JSON, "usage": JSON, "error": JSON, "id": JSON, "object": JSON, "model": JSON}
)
EVENTS = st.lists(
    CHUNK.map(lambda chunk: f"data: {json.dumps(chunk)}\n\n")
    | st.sampled_from(
        ["data: [DONE]\n\n", ": ping\n\n", "event: x\n", "data:\n\n", "retry: -1\n\n", "\r\n\r\n", "\x00"]
    )
    | st.text(max_size=20),
    max_size=5,
).map(lambda events: "".join(events).encode("utf-8", "replace"))


@given(stream=EVENTS | st.binary(max_size=60))
@example(stream=b'data: {"choices": [null]}\n\n')  # each of these was a server error
@example(stream=b'data: {"choices": [{"delta": [null]}]}\n\n')
@example(stream=b'data: {"usage": []}\n\n')
@settings(deadline=None, max_examples=60)
def test_no_stream_of_a_model_is_more_than_an_error_of_ours(stream: bytes) -> None:
    async def asked(url: str) -> str:
        llm = Llm(url, "scripted", "key", context_tokens=4_000, patience_s=5)
        try:
            return await llm.complete("Who called?", Usage())
        except LlmError as error:
            return str(error)
        finally:
            await llm.aclose()

    with ScriptedLlm(lambda _: Raw(stream)) as llm:
        assert asyncio.run(asked(llm.url))
