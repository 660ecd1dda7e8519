"""What `load` finds under paths, and that nothing that lies there makes it raise."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.load import load, n_articles
from ingest.records import Failure, RawArticle

MAX_BYTES = 10_000
SENTENCE = "The ministry said that it would close three of its offices."


def articles(*paths: Path, max_bytes: int = MAX_BYTES) -> list[RawArticle]:
    found = list(load(paths, max_bytes=max_bytes))
    assert [item for item in found if isinstance(item, Failure)] == []
    return [item for item in found if isinstance(item, RawArticle)]


def failures(*paths: Path, max_bytes: int = MAX_BYTES) -> list[Failure]:
    return [item for item in load(paths, max_bytes=max_bytes) if isinstance(item, Failure)]


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def test_a_folder_is_read_recursively_in_sorted_order_and_ids_are_paths_within_it(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.md", "a/b/c.html", "c.htm"):
        write(tmp_path / name, SENTENCE)

    found = articles(tmp_path)

    assert [article.id for article in found] == ["a/b/c.html", "a/z.md", "b.txt", "c.htm"]
    assert [article.is_html for article in found] == [True, False, False, True]
    assert found[2].source == str(tmp_path / "b.txt")
    assert {article.root for article in found} == {str(tmp_path)}


def test_a_file_named_directly_is_known_by_its_name(tmp_path: Path) -> None:
    (article,) = articles(write(tmp_path / "a" / "x.txt", SENTENCE))

    assert (article.id, article.root) == ("x.txt", article.source)


def test_readmes_dot_files_other_extensions_and_evaluation_files_are_passed_over_in_a_folder(tmp_path: Path) -> None:
    for name in ("README.md", "readme.md", ".hidden.txt", ".git/x.txt", "x.pdf", "questions.jsonl", "qrels.jsonl"):
        write(tmp_path / name, SENTENCE)

    assert list(load([tmp_path], max_bytes=MAX_BYTES)) == []


def test_a_questions_file_named_directly_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "questions.jsonl", lines({"id": "q1", "question": "Why?"}))

    (failure,) = failures(path)

    assert failure.uri.endswith("questions.jsonl:1")
    assert "no text" in failure.reason


@pytest.mark.parametrize(
    ("name", "expected"),
    [("x.pdf", ".jsonl.gz"), ("missing.txt", "no such file")],
    ids=["another extension", "missing"],
)
def test_a_path_that_cannot_be_read_is_a_failure_that_says_what_to_do(tmp_path: Path, name: str, expected: str) -> None:
    if name == "x.pdf":
        write(tmp_path / name, SENTENCE)

    (failure,) = failures(tmp_path / name)

    assert expected in failure.reason


def test_front_matter_gives_fields_under_their_own_names_as_printed(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.md",
        "---\nid: 007\ntitle: 'A: B'\ndate: 2020-13-45\nupdated: 2020-01-11\nauthor: [Jane Doe, John Roe]\n"
        "language: null\nmood: grim\n---\n\nBody.\n",
    )

    (article,) = articles(path)

    assert article.id == "007"
    assert article.body == "Body.\n"
    assert article.given == {
        "title": "A: B",
        "published_on": "2020-13-45",
        "updated_on": "2020-01-11",
        "byline": "Jane Doe and John Roe",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("---\ntitle: [\n---\nBody.", "line 3"),
        ("---\njust words\n---\nBody.", "key: value"),
        ("---\ntitle: never closed\n\nBody.", "not closed"),
        ("---\n" + "[" * 5000 + "\n---\nBody.", "front matter"),
        ("---\ntitle: x\n---\n \n", "empty"),
        ("", "empty"),
        (" \n\n", "empty"),
        (b"\x89PNG\x00\x00", "binary"),
        (b"\x01\x02\x03\x04\x05" * 20, "binary"),
        ("x" * (MAX_BYTES + 1), "larger than"),
        ("a" + "\u0301\u0323" * 2000, "combining marks"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_failure(tmp_path: Path, text: str | bytes, expected: str) -> None:
    (failure,) = failures(write(tmp_path / "x.md", text))

    assert expected in failure.reason
    assert "\n" not in failure.reason


def test_a_plain_text_may_begin_with_a_rule(tmp_path: Path) -> None:
    (article,) = articles(write(tmp_path / "x.txt", "---\nA text below a rule.\n"))

    assert article.body.startswith("---\n")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.txt", "\ufeffCafé“ \u200d".encode()),
        ("x.txt", "Café“ \u200d".encode("utf-16")),
        ("x.html", b"<meta charset='iso-8859-1'>" + "Café“ ".encode("cp1252")),
        (
            "x.html",
            b"<meta charset=utf-8>" + ("Das Café in München öffnet später. " * 9 + "“").encode("cp1252"),
        ),
        ("x.txt", "Cafe\u0301“\r\n".encode()),
    ],
    ids=["utf-8 with a mark", "utf-16", "declared latin-1 read as browsers do", "declared wrongly", "decomposed"],
)
def test_characters_survive_every_encoding(tmp_path: Path, name: str, data: bytes) -> None:
    (article,) = articles(write(tmp_path / name, data))

    assert "Café" in article.body
    assert "\r" not in article.body
    assert not article.body.startswith("\ufeff")


def test_json_lines_are_articles_and_bad_ones_do_not_stop_the_others(tmp_path: Path) -> None:
    good = {"id": 1, "title": "T", "text": SENTENCE, "outlet": "The Daily", "published_on": "2020-01-10", "score": {}}
    path = write(
        tmp_path / "x.jsonl",
        lines(good)
        + "{not json\n\n"
        + lines(["a"], {"id": "2"}, {"id": "", "text": "x"}, {"text": "x"}, {"id": True, "text": "x"})
        + lines({"id": "3", "text": 5}, {"id": "4", "text": " "}, {"id": "5", "text": "x", "title": 1})
        + lines({"id": "\ud800", "text": "x"}, {"id": "6", "text": "\ud800"}, {"id": "7" * 513, "text": "x"})
        + '{"id": "8", "text": "x", "n": ' + "[" * 100_0 + "\n"
        + lines({"id": "9", "html": "<p>x</p>"}),
    )  # fmt: skip

    found = list(load([path], max_bytes=MAX_BYTES))

    read = [item for item in found if isinstance(item, RawArticle)]
    assert [(item.id, item.is_html) for item in read] == [("1", False), ("9", True)]
    assert read[0].uri == f"{path}:1"
    assert read[0].given == {"title": "T", "outlet": "The Daily", "published_on": "2020-01-10"}
    assert len(found) == 15
    assert all(f"line {item.uri.rsplit(':', 1)[1]}: " in item.reason for item in found if isinstance(item, Failure))


def test_a_line_that_is_too_large_is_skipped_without_the_rest(tmp_path: Path) -> None:
    big = json.dumps({"id": "big", "text": "x" * (MAX_BYTES * 400)})
    path = write(tmp_path / "x.jsonl", big + "\n" + lines({"id": "ok", "text": SENTENCE}))

    found = list(load([path], max_bytes=MAX_BYTES))

    assert isinstance(found[0], Failure)
    assert "larger than" in found[0].reason
    assert isinstance(found[1], RawArticle)
    assert found[1].id == "ok"


def test_a_packed_file_is_read_and_a_damaged_one_keeps_what_came_before(tmp_path: Path) -> None:
    packed = gzip.compress(lines({"id": "1", "text": SENTENCE}).encode() * 1 + os.urandom(4000).hex().encode())
    whole = write(tmp_path / "a.jsonl.gz", gzip.compress(lines({"id": "1", "text": SENTENCE}).encode()))
    broken = write(tmp_path / "b.jsonl.gz", packed[:-20])
    no_gzip = write(tmp_path / "c.jsonl.gz", "{}")

    assert [article.id for article in articles(whole)] == ["1"]
    assert "damaged" in failures(broken)[-1].reason
    assert "damaged" in failures(no_gzip)[-1].reason


def test_a_gzip_bomb_ends_at_the_limit(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl.gz", gzip.compress(b"x" * (MAX_BYTES * 200)))

    (failure,) = failures(path)

    assert "unpacks to more than" in failure.reason


def test_an_id_used_twice_is_a_failure_that_names_the_first_place_unless_nothing_differs(tmp_path: Path) -> None:
    first, other = {"id": "1", "text": SENTENCE}, {"id": "1", "text": "Another."}
    path = write(tmp_path / "x.jsonl", lines(first, first, other))

    found = list(load([path], max_bytes=MAX_BYTES))

    assert len(found) == 2
    assert isinstance(found[1], Failure)
    assert f"{path}:1" in found[1].reason


def test_failures_of_one_file_beyond_a_thousand_are_one_that_counts_them(tmp_path: Path) -> None:
    bad, good = "{\n" * 3_000, lines({"id": "1", "text": SENTENCE})
    path = write(tmp_path / "a.jsonl", bad + good + "[]\n")
    write(tmp_path / "b.jsonl", "{\n")

    found = list(load([tmp_path], max_bytes=MAX_BYTES))

    assert [item.id for item in found if isinstance(item, RawArticle)] == ["1"]
    failed = [item for item in found if isinstance(item, Failure)]
    assert [item.uri for item in failed] == [
        *(f"{path}:{n}" for n in range(1, 1_001)),
        str(path),
        f"{tmp_path / 'b.jsonl'}:1",
    ]
    assert failed[1_000].reason.startswith("2,001 more lines of it cannot be used, the last one because: line 3002: ")
    assert "nothing after it was read" not in failed[1_000].reason


def test_a_file_in_which_no_line_can_be_used_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", "{\n" * 100_000 + lines({"id": "1", "text": SENTENCE}))
    write(tmp_path / "b.txt", SENTENCE)

    found = list(load([tmp_path], max_bytes=MAX_BYTES))

    assert [item.id for item in found if isinstance(item, RawArticle)] == ["b.txt"]
    summary = found[-2]
    assert isinstance(summary, Failure)
    assert summary.uri == str(path)
    assert summary.reason.startswith("99,000 more lines of it")
    assert summary.reason.endswith("nothing after it was read")


def test_as_many_articles_are_counted_as_are_read(tmp_path: Path) -> None:
    for name in ("a.txt", "b/c.MD", "README.md", ".hidden.txt", ".git/x.txt", "qrels.jsonl", "x.pdf", "bad.txt"):
        write(tmp_path / "root" / name, SENTENCE)
    write(tmp_path / "root" / "lines.jsonl", lines({"id": "1", "text": SENTENCE}, {}) + "{}")
    write(tmp_path / "root" / "bad.txt", b"\0")
    (tmp_path / "root" / "out.txt").symlink_to(write(tmp_path / "outside.txt", SENTENCE))
    os.mkfifo(tmp_path / "root" / "pipe.txt")
    paths = [tmp_path / "root", tmp_path / "root" / "x.pdf", tmp_path / "nothing"]

    assert n_articles(paths) == len(list(load(paths, max_bytes=MAX_BYTES))) == 10


def test_what_would_have_to_be_unpacked_is_not_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl.gz", gzip.compress(lines({"id": "1", "text": SENTENCE}).encode()))

    assert n_articles([path]) is None


def test_links_out_of_the_folder_are_refused_and_links_within_it_are_not_followed_in_circles(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside" / "secret.txt", SENTENCE)
    root = tmp_path / "root"
    write(root / "a.txt", SENTENCE)
    (root / "link.txt").symlink_to(outside)
    (root / "folder").symlink_to(outside.parent)
    (root / "circle").symlink_to(root)
    (root / "self.txt").symlink_to(root / "self.txt")
    (root / "nowhere.txt").symlink_to(root / "gone.txt")

    found = list(load([root], max_bytes=MAX_BYTES))

    assert [item.id for item in found if isinstance(item, RawArticle)] == ["a.txt"]
    reasons = {Path(item.uri).name: item.reason for item in found if isinstance(item, Failure)}
    assert sorted(reasons) == ["folder", "link.txt", "nowhere.txt", "self.txt"]
    assert "link out of the folder" in reasons["link.txt"]
    assert "link out of the folder" in reasons["folder"]


@pytest.mark.timeout(10)
def test_pipes_and_devices_are_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")

    assert "not a regular file" in failures(tmp_path)[0].reason
    assert len(failures(tmp_path / "pipe.txt", Path("/dev/zero"))) == 2


def test_file_names_that_cannot_be_ids_are_failures(tmp_path: Path) -> None:
    write(tmp_path / "a\nb.txt", SENTENCE)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt")).write_text(SENTENCE)

    found = failures(tmp_path)

    assert len(found) == 2
    assert all(failure.uri.encode() and "\n" not in failure.uri for failure in found)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400), name=st.sampled_from(["x.txt", "x.md", "x.html", "x.jsonl", "x.jsonl.gz"]))
def test_no_bytes_make_load_raise(tmp_path: Path, data: bytes, name: str) -> None:
    found = list(load([write(tmp_path / name, data)], max_bytes=300))

    assert all(isinstance(item, RawArticle | Failure) for item in found)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda part: st.lists(part), max_leaves=5)
)
def test_no_json_value_in_any_field_makes_load_raise(tmp_path: Path, value: object) -> None:
    records = [{"id": "1", "text": "x", name: value} for name in ("id", "text", "html", "title", "language")]

    for item in load([write(tmp_path / "x.jsonl", lines(*records))], max_bytes=MAX_BYTES):
        if isinstance(item, RawArticle):
            item.body.encode()
            assert 0 < len(item.id) <= 512
            assert all(isinstance(text, str) for text in item.given.values())
