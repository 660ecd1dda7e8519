"""BM25 over passages and the titles of their documents, in tantivy.

Terms are lower-cased, folded to ASCII, stemmed as English, without stop words; a query is the set of its terms, so
that no character of a question is ever an operator. Scores are of the passage's body, plus the title's at a weight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import tantivy

from ingest.errors import LibraryError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

_ANALYSER = "onrecord_en"
_HEAP_BYTES = 64_000_000
_TITLE_WEIGHT = 0.4
_LONGEST_TERM = 64  # bytes


class Bm25:
    """The index in one folder; one process writes it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        schema = tantivy.SchemaBuilder()
        schema.add_unsigned_field("key", indexed=True, fast=True)
        schema.add_text_field("body", tokenizer_name=_ANALYSER, index_option="freq")
        schema.add_text_field("title", tokenizer_name=_ANALYSER, index_option="freq")
        schema.add_text_field("outlet", tokenizer_name="raw", index_option="basic")
        schema.add_unsigned_field("published_on", indexed=True, fast=True)
        self._schema = schema.build()
        self._analyser = _analyser()
        try:
            self._index = tantivy.Index(self._schema, path=str(folder))
        except ValueError as error:
            message = f"the word index in {folder} cannot be opened: {error}"
            raise LibraryError(message) from error
        self._index.register_tokenizer(_ANALYSER, self._analyser)
        self._writer: tantivy.IndexWriter | None = None
        self._searcher = self._index.searcher()

    def close(self) -> None:
        """Waits for merges and lets go of the files."""
        if self._writer:
            self._writer.wait_merging_threads()
            self._writer = None

    def terms(self, text: str) -> list[str]:
        """The stemmed terms of a text, in order, as the index sees them."""
        return self._analyser.analyze(text)

    def rarity(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many passages each term occurs."""
        return {term: self._searcher.doc_freq("body", term) for term in set(terms)}

    def add(self, rows: Sequence[tuple[int, str, str | None, str | None, date | None]]) -> None:
        """Adds passages; they are found after `commit`.

        Args:
            rows: Key, text, title, outlet, publication date.
        """
        writer = self._open_writer()
        for key, text, title, outlet, published_on in rows:
            document = tantivy.Document()
            document.add_unsigned("key", key)
            document.add_text("body", text)
            if title:
                document.add_text("title", title)
            if outlet:
                document.add_text("outlet", outlet)
            if published_on:
                document.add_unsigned("published_on", published_on.toordinal())
            writer.add_document(document)

    def remove(self, keys: Sequence[int]) -> None:
        """Removes passages; they are gone after `commit`."""
        # `delete_documents_by_term` takes a Python integer for a signed one, and then silently matches nothing.
        query = tantivy.Query.term_set_query(self._schema, "key", list(keys))
        self._open_writer().delete_documents_by_query(query)

    def commit(self) -> None:
        """Makes what was added and removed durable, and visible to searches."""
        self._open_writer().commit()
        self._index.reload()
        self._searcher = self._index.searcher()

    def rollback(self) -> None:
        """Forgets what was added or removed since the last commit."""
        if self._writer:
            self._writer.rollback()

    def search(
        self,
        terms: Sequence[str],
        k: int,
        outlets: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
    ) -> list[tuple[int, float]]:
        """Keys and scores of the best passages, best first."""
        clauses = [(tantivy.Occur.Should, query) for term in dict.fromkeys(terms) for query in self._term_queries(term)]
        if not clauses:
            return []
        query = tantivy.Query.boolean_query(clauses)
        if limits := self._limits(outlets, first, last):
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, part) for part in (query, *limits)])
        searcher = self._searcher  # a commit meanwhile makes another one, where the addresses mean other passages
        hits = searcher.search(query, k, count=False).hits
        keys = searcher.fast_field_values("key", [address for _, address in hits])
        return [(int(key or 0), float(score)) for key, (score, _) in zip(keys, hits, strict=True)]

    def _term_queries(self, term: str) -> tuple[tantivy.Query, tantivy.Query]:
        title = tantivy.Query.term_query(self._schema, "title", term, "freq")
        return (
            tantivy.Query.term_query(self._schema, "body", term, "freq"),
            tantivy.Query.boost_query(title, _TITLE_WEIGHT),
        )

    def _limits(self, outlets: Sequence[str], first: date | None, last: date | None) -> list[tantivy.Query]:
        limits = []
        if outlets:
            limits.append(tantivy.Query.term_set_query(self._schema, "outlet", list(outlets)))
        if first or last:
            limits.append(
                tantivy.Query.range_query(
                    self._schema,
                    "published_on",
                    tantivy.FieldType.Unsigned,
                    first.toordinal() if first else None,
                    last.toordinal() if last else None,
                )
            )
        return [tantivy.Query.const_score_query(limit, 0.0) for limit in limits]

    def _open_writer(self) -> tantivy.IndexWriter:
        if not self._writer:
            self._writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        return self._writer


def _analyser() -> tantivy.TextAnalyzer:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(_LONGEST_TERM))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stopword("english"))
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )
