"""Third stage of ingest: a document into passages of whole sentences, each within a token budget.

Example: an article of 900 tokens becomes five `Passage`s, where `document.text[p.start:p.end] == p.text`.
LlamaIndex's `SentenceSplitter` does the splitting, with our sentences; a document within the budget is one passage
and does not wait for LlamaIndex to be imported.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import itertools
import os
import sys
from bisect import bisect_left, bisect_right
from contextlib import nullcontext
from operator import itemgetter
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, cast

from ingest.errors import ModelFilesError
from ingest.records import Passage, Sentence
from ingest.sentences import sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from llama_index.core.callbacks import CallbackManager
    from llama_index.core.node_parser import SentenceSplitter

    from ingest.records import Document

PASSAGE_TOKENS = 220  # tiktoken's; nearly always fits the 254 of the encoder, which windows the rest
VERSION = "sentencex-2"  # part of a library's fingerprint: change it when the same text would split differently


def split(document: Document, budget: int = PASSAGE_TOKENS) -> list[Passage]:
    """Passages of the document in order, at most `budget` tokens each and about equally long.

    A single sentence over the budget is cut at clauses, then words.

    Args:
        document: Its text must not be empty.
        budget: In tokens of `cl100k_base`.
    """
    text = document.text
    spans = sentences(text, document.language or "en")
    return [
        Passage(document.id, ordinal, start, end, text[start:end], _between(spans, start, end))
        for ordinal, (start, end) in enumerate(_slices(text, spans, budget, document.language or "en"))
    ]


def _between(spans: list[Sentence], start: int, end: int) -> tuple[Sentence, ...]:
    """The sentences between two offsets; of those that reach beyond, the part between."""
    first = bisect_right(spans, start, key=itemgetter(1))  # the spans are in order and apart
    last = bisect_left(spans, end, key=itemgetter(0))
    return tuple(Sentence(max(span.start, start), min(span.end, end)) for span in spans[first:last])


def _slices(text: str, spans: list[Sentence], budget: int, language: str) -> list[tuple[int, int]]:
    # A token is at least a byte, and an emoji is up to six tokens.
    if len(text.encode()) <= budget or (n_tokens := count_tokens(text)) <= budget:
        return [(0, len(text))]
    parts = _Parts(text, spans, language, n_tokens)
    n_slices = -(-n_tokens // budget)
    balanced = n_tokens * 11 // (n_slices * 10)  # a tenth of slack, else a crumb is left over
    slices, cursor = [], 0
    for chunk in parts.merged(min(budget, max(balanced, parts.longest))):
        start = text.index(chunk, cursor)
        cursor = start + len(chunk)
        slices.append((start, cursor))
    return slices


class _Parts:
    """A text for LlamaIndex to split, with its sentences and their tokens, which it would ask for again and again."""

    def __init__(self, text: str, spans: list[Sentence], language: str, n_tokens: int) -> None:
        self._text = text
        self._language = language
        self._pieces = _cut(text, spans)
        self._sizes = {piece: count_tokens(piece) for piece in self._pieces}
        self.longest = max(self._sizes.values())
        self._sizes[text] = n_tokens

    def merged(self, size: int) -> list[str]:
        """The text in slices of at most that many tokens."""
        splitter = _splitter_class()(
            chunk_size=size,
            chunk_overlap=0,
            tokenizer=self._tokens,
            paragraph_separator="\0",  # stands in no article: only our sentences say where to cut
            chunking_tokenizer_fn=self._sentences,
            callback_manager=cast("CallbackManager", _Unwatched()),
        )
        return splitter.split_text(self._text)

    def _tokens(self, part: str) -> Sequence[int]:
        """As many numbers as the part has tokens; that is all that the splitter asks."""
        return range(self._sizes[part]) if part in self._sizes else _tokenizer()(part)

    def _sentences(self, part: str) -> list[str]:
        return self._pieces if part == self._text else _cut(part, sentences(part, self._language))


def _cut(text: str, spans: list[Sentence]) -> list[str]:
    """The text cut before each sentence; joined again it is the text."""
    cuts = [0, *(span.start for span in spans[1:]), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(cuts)]


class _Unwatched:
    """In place of a `CallbackManager`, which imports all of LlamaIndex and keeps a note of every text it saw."""

    def event(self, *_: object, **__: object) -> AbstractContextManager[_Unwatched]:
        """What the splitter works within."""
        return nullcontext(self)

    def on_end(self, **_: object) -> None:
        """Nobody is told."""


@functools.cache
def _splitter_class() -> type[SentenceSplitter]:
    """LlamaIndex's splitter, without all else that its package imports: 0.35 s of processor time instead of 1.3 s.

    The package and the two inside it stand in empty while the splitter's own module is imported, and everything is
    forgotten again, so that who imports LlamaIndex later in this process gets the whole of it.
    """
    package = "llama_index.core"
    spec = importlib.util.find_spec("llama_index")
    if package not in sys.modules and spec and spec.submodule_search_locations:
        for name in (package, f"{package}.node_parser", f"{package}.node_parser.text"):
            sys.modules[name] = stand_in = ModuleType(name)
            stand_in.__path__ = [str(Path(*spec.submodule_search_locations, *name.split(".")[1:]))]
        try:
            return importlib.import_module(f"{package}.node_parser.text.sentence").SentenceSplitter  # type: ignore[no-any-return]
        except ImportError:
            pass  # another version of LlamaIndex is laid out otherwise: then all of it
        finally:
            for name in [name for name in sys.modules if name.split(".")[:2] == package.split(".")]:
                del sys.modules[name]
    from llama_index.core.node_parser import SentenceSplitter

    return SentenceSplitter


def count_tokens(text: str) -> int:
    """How many `cl100k_base` tokens the text has."""
    return len(_tokenizer()(text))


@functools.cache
def _tokenizer() -> Callable[[str], list[int]]:
    spec = importlib.util.find_spec("llama_index")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        cache = Path(folder) / "core" / "_static" / "tiktoken_cache"
        if cache.is_dir():  # the vocabulary lies in LlamaIndex; tiktoken alone would download it
            import tiktoken

            users = os.environ.get("TIKTOKEN_CACHE_DIR")
            os.environ["TIKTOKEN_CACHE_DIR"] = str(cache)
            try:
                return tiktoken.get_encoding("cl100k_base").encode_ordinary
            finally:
                os.environ.pop("TIKTOKEN_CACHE_DIR")
                if users is not None:
                    os.environ["TIKTOKEN_CACHE_DIR"] = users
    message = "tiktoken's vocabulary is not in the installed llama-index-core; reinstall with `./run setup`"
    raise ModelFilesError(message)
