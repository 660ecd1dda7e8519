"""Odd texts, dates, addresses and questions: stored or refused with a reason, and quotes that stand where they say."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest

from ingest.clean import clean
from ingest.describe import describe
from ingest.load import load
from ingest.pipeline import ingest
from ingest.split import split
from ingest.store import PassageIndex
from service.pipeline import ask, search
from service.records import Answer, Filters
from tests.invented import article
from tests.timing import processor_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ingest.embed import Encoder
    from ingest.records import Passage, RawArticle

    Make = Callable[..., PassageIndex]

LEAD = "The harbour bridge of Vell reopened on Tuesday after repairs that took eleven weeks."
COST = "The mayor, Ada Quill, said that the work had cost nine million crowns."
QUESTION = "What did the mayor say that the work on the bridge had cost?"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[PassageIndex]:
    with PassageIndex.open(tmp_path / "library", create=True) as index:
        yield index


def answer_of(index: PassageIndex, encoder: Encoder, question: str = QUESTION, **filters: date) -> Answer:
    result = ask(index, encoder, question, filters=Filters(**filters))  # type: ignore[arg-type]
    assert isinstance(result, Answer), result
    return result


# --- characters ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", f"أعيد فتح الجسر يوم الثلاثاء. {LEAD} {COST} قال العمدة."),
        ("a.txt", f"\u202eegdirb\u202c \u2066x\u2069 {LEAD} \u200f{COST}"),
        ("a.txt", f"E\u0301te\u0301 a\u0323\u0307 n\u0303. {LEAD} {COST}"),
        ("a.txt", f"👩\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈 🇩🇪. {LEAD} {COST}"),
        ("a.txt", f"港口大桥周二重新开放。{LEAD} {COST} 市长说。"),
        ("a.jsonl", json.dumps({"id": "a", "text": f"Nul\0 and \ufeff mark. {LEAD} {COST}"})),
        ("a.txt", b"\xef\xbb\xbf" + f"{LEAD}\r\n{COST}\r\n".encode()),
        ("a.txt", f"{LEAD} {COST}".encode("utf-16")),
        ("a.html", "<meta charset=utf-8><p>Caf\xe9 \x93quoted\x94 ".encode("latin-1") + f"{LEAD} {COST}</p>".encode()),
        ("a.txt", f"ﬁ ﷺ ½ Å \u2028 {LEAD}\u0085{COST}"),
        ("a.txt", f"{'🎉' * 3000}\n\n{LEAD} {COST}"),
    ],
    ids=["rtl", "bidi", "combining", "zwj", "cjk", "nul", "bom", "utf-16", "cp1252 as utf-8", "compat", "astral"],
)
def test_a_quote_stands_in_its_article_where_it_says(
    empty: PassageIndex, encoder: Encoder, tmp_path: Path, name: str, data: str | bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    assert ingest(load([path], max_bytes=100_000), empty, lambda: encoder).failed == ()

    answer = answer_of(empty, encoder)

    for citation in (citation for claim in answer.claims for citation in claim.citations):
        text = empty.document(citation.document_id).text
        assert text[citation.start : citation.end] == citation.quote
        assert "\0" not in text
        assert "\r" not in text
    assert any(COST in claim.text for claim in answer.claims)


def test_half_a_character_is_refused_and_the_line_below_it_is_stored(
    empty: PassageIndex, encoder: Encoder, tmp_path: Path
) -> None:
    path = tmp_path / "a.jsonl"
    whole = f"{LEAD} 🎉"
    path.write_text('{"id": "half", "text": "\\ud83d gone"}\n' + json.dumps({"id": "whole", "text": whole}))

    report = ingest(load([path], max_bytes=100_000), empty, lambda: encoder)

    assert [failure.uri for failure in report.failed] == [f"{path}:1"]
    assert empty.texts(["half", "whole"]) == {"whole": whole}


# --- lengths -------------------------------------------------------------------------------------------------------


def _passages(text: str) -> list[Passage]:
    raw = article("a", text)
    return split(describe(raw, clean(raw), datetime(2026, 1, 1, tzinfo=UTC)))


@pytest.mark.parametrize(
    "unit",
    ["word ", "x", "1.2.3.", "AB-CD ", "🎉", f"{LEAD}\n\n", f"{LEAD}\n"],
    ids=["words without a full stop", "one word", "digits", "capitals", "emoji", "paragraphs", "lines"],
)
def test_twice_the_text_takes_about_twice_the_time(unit: str) -> None:
    once = unit * (15_000 // len(unit))
    _passages(once[:2_000])  # the splitter is imported here

    times = [processor_s(partial(_passages, once * factor)) for factor in (1, 2, 4)]

    assert times[2] < 8 * times[0] + 0.1, times  # a square would be sixteen times as much


# --- addresses -----------------------------------------------------------------------------------------------------


def test_an_address_names_one_article_whose_text_may_change(empty: PassageIndex, encoder: Encoder) -> None:
    url = "https://vell.example/bridge"

    def take(*articles: RawArticle) -> tuple[int, int, int]:
        report = ingest(articles, empty, lambda: encoder)
        assert report.failed == ()
        return report.added, report.updated, report.unchanged

    assert take(article(url, LEAD)) == (1, 0, 0)
    assert take(article(url, LEAD)) == (0, 0, 1)
    assert take(article(url, f"{LEAD} {COST}")) == (0, 1, 0)
    assert empty.n_documents == empty.n_passages == 1
    assert empty.document(url).text == f"{LEAD} {COST}"


def test_one_text_at_several_addresses_is_several_documents_found_once_and_of_one_origin(
    empty: PassageIndex, encoder: Encoder
) -> None:
    places = [
        f"https://vell.example/bridge{tail}" for tail in ("", "?utm_source=x", "?utm_source=y&fbclid=z", "/amp", "#top")
    ]
    articles = [article(url, f"{LEAD} {COST}", url=url, outlet="The Vell Post") for url in places]
    report = ingest(articles, empty, lambda: encoder)

    claim = next(claim for claim in answer_of(empty, encoder).claims if COST in claim.text)

    assert (report.added, empty.n_documents) == (5, 5)
    assert len(search(empty, encoder, QUESTION, k=10).passages) == 1
    assert (claim.corroboration.documents, claim.corroboration.origins) == (5, 1)
    assert claim.corroboration.outlets == ("The Vell Post",)


# --- dates ---------------------------------------------------------------------------------------------------------


def test_a_date_that_is_stated_is_kept_however_odd_and_none_is_made_up(make: Make, encoder: Encoder) -> None:
    index = make(
        article("none", f"{LEAD} {COST} None."),
        article("yesterday", f"{LEAD} {COST} Yesterday.", published_on="yesterday"),
        article("ambiguous", f"{LEAD} {COST} Ambiguous.", published_on="03/04/2020"),
        article("old", f"{LEAD} {COST} Old.", published_on="1899-12-31"),
        article("future", f"{LEAD} {COST} Future.", published_on="2999-01-01T00:30:00"),
        article("german", f"{LEAD} {COST} German.", published_on="10. März 2020, 23:30 Uhr"),
        article("zone", f"{LEAD} {COST} Zone.", published_on="2020-03-10T23:30:00-11:00"),
        article("backwards", f"{LEAD} {COST} Backwards.", published_on="2020-03-11", updated_on="2020-03-01"),
    )

    stated = {one.id: (one.published_on, one.updated_on) for one in index.documents(limit=10, offset=0)[0]}
    before_1900 = answer_of(index, encoder, published_to=date(1900, 1, 1))
    in_march = answer_of(index, encoder, published_from=date(2020, 3, 1), published_to=date(2020, 3, 31))

    assert stated == {
        **dict.fromkeys(("none", "yesterday", "ambiguous"), (None, None)),
        "old": (date(1899, 12, 31), None),
        "future": (date(2999, 1, 1), None),
        "german": (date(2020, 3, 10), None),
        "zone": (date(2020, 3, 10), None),
        "backwards": (date(2020, 3, 11), date(2020, 3, 1)),
    }
    assert before_1900.cited == ("old",)
    assert {*in_march.cited, *in_march.considered} == {"german", "zone", "backwards"}


# --- questions -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def disputed(make: Make) -> PassageIndex:
    return make(
        article("post", f"{LEAD} {COST}", outlet="The Vell Post", published_on="2021-03-02"),
        article(
            "times",
            "Work on the bridge had cost twelve million crowns, not nine, the auditor of Torv said on Friday.",
            outlet="The Torv Times",
            published_on="2021-03-05",
        ),
    )


@pytest.mark.parametrize(
    "operators",
    ['"{}', "{}*", "NEAR({}, 2)", "-{}", "(({}", "title:{}", "{}^9", "{}~2", "\\{}\\", "/.*{}.*/", "[{} TO *]", "+{}|"],
)
def test_an_operator_in_a_question_is_no_operator(disputed: PassageIndex, encoder: Encoder, operators: str) -> None:
    plain = disputed.terms("bridge")

    assert set(plain) <= set(disputed.terms(operators.format("bridge")))
    found = search(disputed, encoder, operators.format("bridge"), k=5).passages
    assert {passage.document_id for passage in found} == {"post", "times"}


def test_articles_that_contradict_each_other_are_both_cited_with_outlet_and_date(
    disputed: PassageIndex, encoder: Encoder
) -> None:
    answer = answer_of(disputed, encoder, "How much did the work on the bridge cost?")

    cited = [
        (citation.document_id, citation.outlet, citation.published_on, figure)
        for claim in answer.claims
        for citation in claim.citations
        for figure in ("nine million", "twelve million")
        if figure in claim.text
    ]
    assert sorted(cited) == [
        ("post", "The Vell Post", date(2021, 3, 2), "nine million"),
        ("times", "The Torv Times", date(2021, 3, 5), "twelve million"),
    ]
