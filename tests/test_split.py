"""Passages: whole sentences within a budget of tokens, and nothing of the text is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.records import Passage
from ingest.sentences import sentences
from ingest.split import PASSAGE_TOKENS, count_tokens, split
from tests.invented import document

SENTENCE = "The council of Vell voted on Tuesday to close the harbour road, and Mayor Mira Dolan said so. "
MIXED = st.lists(
    st.sampled_from(
        [
            *("The road is shut. ", "“We stay. We pay,” she said. ", "Gen. Ollin left.", "vell "),
            *("\n\n", "\n", "\n\n\n\n"),
            *("الطريق مفتوح. ", "漢字漢字。", "🎉", "x" * 70, "…", ", "),
            *("e\u0301" * 5, "1,234.5 ", "\u2028", "\u00a0", "!?! "),
        ]
    ),
    min_size=1,
    max_size=60,
).map("".join)  # fmt: skip


def check(text: str, passages: list[Passage], budget: int) -> None:
    at = 0
    for ordinal, passage in enumerate(passages):
        assert passage.ordinal == ordinal
        assert text[passage.start : passage.end] == passage.text
        assert text[at : passage.start].strip() == ""
        assert count_tokens(passage.text) <= budget
        at = passage.end
    assert text[at:].strip() == ""


def check_sentences(text: str, passages: list[Passage], budget: int, language: str) -> None:
    """Each sentence lies in one passage, except one that does not fit; passages know the sentences that they have."""
    inside = {(s.start, s.end) for passage in passages for s in passage.sentences}
    for start, end in sentences(text, language):
        assert (start, end) in inside or count_tokens(text[start:end]) > budget * 0.75
    for passage in passages:
        assert all(passage.start <= s.start < s.end <= passage.end for s in passage.sentences)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(min_size=1, max_size=300), MIXED), st.sampled_from([32, 64, PASSAGE_TOKENS]))
@example("🎉" * 200, PASSAGE_TOKENS)
@example("漢" * 200, PASSAGE_TOKENS)
def test_passages_are_slices_that_cover_the_text_within_the_budget(text: str, budget: int) -> None:
    text = text.strip() or "x"

    passages = split(document(text), budget)

    check(text, passages, budget)
    check_sentences(text, passages, budget, "en")


@pytest.mark.parametrize("language", [None, "en", "de", "ar", "xx"])
def test_sentences_stay_whole_in_any_language(language: str | None) -> None:
    text = "Am 5. Januar kam Dr. Lund nach Vell, z. B. am 3. März. Er ging. قال الوزير نعم. " * 30

    passages = split(document(text.strip(), language=language))

    check(text.strip(), passages, PASSAGE_TOKENS)
    check_sentences(text.strip(), passages, PASSAGE_TOKENS, language or "en")


def test_a_long_article_becomes_passages_of_about_the_same_length() -> None:
    text = (SENTENCE * 60).strip()

    passages = split(document(text))

    check(text, passages, PASSAGE_TOKENS)
    sizes = [count_tokens(passage.text) for passage in passages]
    assert min(sizes) >= max(sizes) / 2
    assert len(passages) <= 1.3 * count_tokens(text) / PASSAGE_TOKENS + 1


def test_the_sentences_of_a_passage_are_named_by_their_offsets_in_the_document() -> None:
    text = (SENTENCE * 20).strip()

    spans = [sentence for passage in split(document(text)) for sentence in passage.sentences]

    assert [text[start:end] for start, end in spans] == [SENTENCE.strip()] * 20


@pytest.mark.parametrize(
    "text",
    [
        "a" * 50_000,
        "vell " * 40_000,
        "x" * 200_000,
        " ".join(f"w{i}," for i in range(30_000)),
        "€" * 20_000,
        "🎉" * 10_000,
        "!" * 50_000,
        "“" + "We stay. " * 6_000,
        "Ab cd. Ef gh\n\n" * 3_000,
    ],
    ids=["line", "words", "run", "commas", "signs", "emoji", "marks", "open quotation", "paragraphs"],
)
def test_no_text_takes_long_or_gives_a_passage_over_the_budget(text: str) -> None:
    started = time.perf_counter()

    passages = split(document(text.strip()))

    assert time.perf_counter() - started < 15
    check(text.strip(), passages, PASSAGE_TOKENS)


def in_a_new_process(code: str) -> str:
    """What the code prints where nothing is imported yet, and where tiktoken cannot find a cache of its own."""
    environment = {name: value for name, value in os.environ.items() if name != "TIKTOKEN_CACHE_DIR"}
    environment |= {"HOME": "/nonexistent", "HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_short_document_does_not_wait_for_llama_index_and_counting_works_offline() -> None:
    code = (
        "import sys\n"
        "from ingest.split import count_tokens, split\n"
        "from tests.invented import document\n"
        "split(document('The road is shut. ' * 20))\n"
        "print(count_tokens('The road is shut.'), 'llama_index.core' in sys.modules, 'torch' in sys.modules)\n"
    )

    assert in_a_new_process(code) == "5 False False"


def test_a_long_document_does_not_wait_for_all_of_llama_index() -> None:
    code = (
        "import sys\n"
        "from ingest.split import split\n"
        "from tests.invented import document\n"
        "print(len(split(document('The road is shut. ' * 200))), 'llama_index.core' in sys.modules, "
        "'sqlalchemy' in sys.modules)\n"
        "from llama_index.core.node_parser import SentenceSplitter\n"
        "print(SentenceSplitter(chunk_size=50, chunk_overlap=0).split_text('The road is shut.'))\n"
    )

    assert in_a_new_process(code) == "6 False False\n['The road is shut.']"
