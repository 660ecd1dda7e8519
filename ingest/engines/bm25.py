"""BM25 over passages and the titles of their documents, in tantivy.

Terms are lower-cased, folded to ASCII, stemmed as English, without stop words; a query is the set of its terms, so
that no character of a question is ever an operator. Scores are of the passage's body, plus the title's at a weight.
"""

from __future__ import annotations

import json
import shutil
import struct
import threading
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import tantivy

from ingest.errors import LibraryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from ingest.engines.journal import Pending

_ANALYSER = "onrecord_en"
_HEAP_BYTES = 64_000_000
_TITLE_WEIGHT = 0.4
_LONGEST_TERM = 64  # bytes
_META = "meta.json"
_KINDS = {".term", ".idx", ".pos", ".fieldnorm", ".fast", ".store"}  # files of a segment
_FOOTER, _MAGIC = struct.Struct("<II"), 1337


class Bm25:
    """The index in one folder; one process writes it.

    Args:
        is_reader: Whether this process is another one, which makes nothing.
    """

    def __init__(self, folder: Path, *, is_reader: bool = False) -> None:
        self._folder = folder
        self.is_reader = is_reader
        self._schema = _schema()
        self._analyser = _analyser()
        self._opening = threading.Lock()
        self._index: tantivy.Index | None = None
        self._writer: tantivy.IndexWriter | None = None
        self._seen: tantivy.Searcher | None = None

    def open(self) -> tantivy.Index:
        """The index, opened or made when that has not been done.

        Raises:
            LibraryError: It is damaged.
        """
        with self._opening:
            if self._index is None:
                self._index, self._seen = self._opened()
            return self._index

    def _opened(self) -> tuple[tantivy.Index, tantivy.Searcher]:
        try:
            index = self._on_disk() or tantivy.Index(self._schema)
        except ValueError as error:
            message = f"the word index in {self._folder} cannot be opened: {error}"
            raise LibraryError(message) from error
        index.register_tokenizer(_ANALYSER, self._analyser)
        index.config_reader("manual")  # `commit` reloads; else a thread watches the folder
        return index, index.searcher()

    def _on_disk(self) -> tantivy.Index | None:
        """The index in the folder; `None` for a reader where the process that writes has not made one yet."""
        if self.is_reader:
            return tantivy.Index.open(str(self._folder)) if (self._folder / _META).exists() else None
        self._folder.mkdir(parents=True, exist_ok=True)
        return tantivy.Index(self._schema, path=str(self._folder))

    def reopen(self) -> None:
        """Sees what another process has written; searches under way go on with what they began with.

        Raises:
            LibraryError: It is damaged.
        """
        with self._opening:
            self._index, self._seen = self._opened()

    @property
    def _searcher(self) -> tantivy.Searcher:
        while (seen := self._seen) is None:  # another thread may close it again
            self.open()
        return seen

    def close(self) -> None:
        """Waits for merges and lets go of the files."""
        self.settle()
        with self._opening:
            self._index = self._seen = None

    def settle(self) -> None:
        """Returns when no file changes any more, until the next write."""
        writer, self._writer = self._writer, None
        if writer:
            with suppress(ValueError):  # what a full disk kept from being written was not committed
                writer.wait_merging_threads()

    def empty(self) -> None:
        """Forgets everything."""
        self.close()
        if self._folder.exists():
            shutil.rmtree(self._folder)

    def count(self) -> int:
        """How many passages there are."""
        return int(self._searcher.num_docs)

    def terms(self, text: str) -> list[str]:
        """The stemmed terms of a text, in order, as the index sees them."""
        return self._analyser.analyze(text)

    def rarity(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many passages each term occurs."""
        return {term: self._searcher.doc_freq("body", term) for term in set(terms)}

    def add(self, passages: Sequence[Pending]) -> None:
        """Adds passages; they are found after `commit`."""
        writer = self._open_writer()
        for passage in passages:
            document = tantivy.Document()
            document.add_unsigned("key", passage.key)
            document.add_text("body", passage.text)
            if passage.title:
                document.add_text("title", passage.title)
            if passage.outlet_name:
                document.add_text("outlet", passage.outlet_name)
            if passage.published_on:
                document.add_unsigned("published_on", passage.published_on.toordinal())
            writer.add_document(document)

    def remove(self, keys: Sequence[int]) -> None:
        """Removes passages; they are gone after `commit`."""
        # `delete_documents_by_term` takes a Python integer for a signed one, and then silently matches nothing.
        query = tantivy.Query.term_set_query(self._schema, "key", list(keys))
        self._open_writer().delete_documents_by_query(query)

    def commit(self) -> None:
        """Makes what was added and removed durable, and visible to searches."""
        self._open_writer().commit()
        index = self.open()
        index.reload()
        self._seen = index.searcher()

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
        found = [(int(key or 0), float(score)) for key, (score, _) in zip(keys, hits, strict=True)]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))  # of equals, not the one in whichever file comes first

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
            self._forget_uncommitted()
            self._writer = self.open().writer(heap_size=_HEAP_BYTES, num_threads=1)
        return self._writer

    def _forget_uncommitted(self) -> None:
        """Removes lists of deletions that a crash kept from being committed.

        They are named by segment and operation, and so is the list of the same deletions that follows: tantivy
        then finds the file there already, and cannot write.
        """
        if any(self._folder.glob("*.del")):
            for path in _uncommitted(self._folder, json.loads((self._folder / _META).read_bytes())):
                path.unlink(missing_ok=True)


def _schema() -> tantivy.Schema:
    schema = tantivy.SchemaBuilder()
    schema.add_unsigned_field("key", indexed=True, fast=True)
    schema.add_text_field("body", tokenizer_name=_ANALYSER, index_option="freq")
    schema.add_text_field("title", tokenizer_name=_ANALYSER, index_option="freq")
    schema.add_text_field("outlet", tokenizer_name="raw", index_option="basic")
    schema.add_unsigned_field("published_on", indexed=True, fast=True)
    return schema.build()


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


def file_problems(folder: Path) -> Iterator[tuple[str, str]]:
    """Files of the index that are missing or not what tantivy wrote, each with what is wrong.

    Source: tantivy's footer, JSON with the CRC-32 of all before it, its length and a magic number.
    """
    try:
        meta = json.loads((folder / _META).read_bytes())
        segments = {segment["segment_id"].replace("-", "") for segment in meta["segments"]}
        uncommitted = _uncommitted(folder, meta)  # a crash may leave one half written, and nothing reads it
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield _META, f"cannot be read: {error}"
        return
    for segment in sorted(segments):
        files = sorted(set(folder.glob(f"{segment}.*")) - uncommitted)
        missing = _KINDS - {file.suffixes[-1] for file in files}
        yield from ((segment + kind, "is missing") for kind in sorted(missing))
        yield from ((file.name, "is damaged") for file in files if not _is_whole(file))


def _uncommitted(folder: Path, meta: dict[str, Any]) -> set[Path]:
    """The lists of deletions that no commit names."""
    committed = {
        folder / f"{segment['segment_id'].replace('-', '')}.{deletes['opstamp']}.del"
        for segment in meta["segments"]
        if (deletes := segment["deletes"])
    }
    return set(folder.glob("*.del")) - committed


def _is_whole(file: Path) -> bool:
    data = file.read_bytes()
    try:
        size, magic = _FOOTER.unpack(data[-_FOOTER.size :])
        footer = json.loads(data[-_FOOTER.size - size : -_FOOTER.size])
        return bool(magic == _MAGIC and footer["crc"] == zlib.crc32(memoryview(data)[: -_FOOTER.size - size]))
    except (struct.error, ValueError, KeyError, TypeError):
        return False
