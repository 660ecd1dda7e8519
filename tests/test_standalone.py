"""A claim can be read alone: one that begins with a pronoun brings the sentence before it, cited too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.pipeline import ask
from service.records import Answer
from service.standalone import leans
from tests.invented import article

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.embed import Encoder
    from ingest.store import PassageIndex
    from service.records import Claim

    Make = Callable[..., PassageIndex]

COURT = "Jamal Zeller was found guilty of fraud by a court in Vell on Monday."


def _claims(index: PassageIndex, encoder: Encoder, question: str) -> tuple[Claim, ...]:
    result = ask(index, encoder, question)
    assert isinstance(result, Answer), result
    return result.claims


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He was seized at the airport.", True),
        ("But they left.", True),
        ("However, its owner denies that.", True),
        ("Their latest quarrel began in May.", True),
        ("These ships sank.", True),
        ("It was built in 1830.", True),
        ("It was not until 1895 that the bridge was built.", False),
        ("It is the residents who pay.", False),
        ("It’s unclear how many came.", False),
        ("This week the bridge opened.", False),
        ("The mayor said he would come.", False),
        ("Hers is the only boat.", False),
        ("“He left,” said the mayor.", False),
    ],
)
def test_which_sentences_lean_on_what_was_named_before(text: str, expected: bool) -> None:
    assert leans(text) is expected


def test_the_sentence_before_is_brought_and_both_are_cited(make: Make, encoder: Encoder) -> None:
    index = make(article("trial", f"{COURT}\n\nHe was seized at the airport of Karsa in May, said the police."))

    claim = _claims(index, encoder, "At which airport was Jamal Zeller seized?")[0]

    assert claim.text == f"{COURT} He was seized at the airport of Karsa in May, said the police."
    text = index.document("trial").text
    assert [text[one.start : one.end] for one in claim.citations] == [one.quote for one in claim.citations]
    assert [one.quote for one in claim.citations] == [claim.text.removeprefix(COURT).strip(), COURT]
    assert [one.marker for one in claim.citations] == [1, 2]


def test_two_are_brought_where_the_one_before_leans_too(make: Make, encoder: Encoder) -> None:
    text = f"{COURT} He had fled in April. He was seized at the airport of Karsa in May, said the police."
    index = make(article("trial", text))

    claim = _claims(index, encoder, "At which airport was Jamal Zeller seized?")[0]

    assert claim.text == text
    assert claim.citations[-1].quote == f"{COURT} He had fled in April."


def test_nothing_is_brought_that_would_not_help(make: Make, encoder: Encoder) -> None:
    leaning = "He was seized at the airport of Karsa, said the police."
    first = make(article("trial", leaning))
    after_leaning = make(article("trial", f"He is Jamal Zeller. He fled. They followed. {leaning}"))

    for index in (first, after_leaning):
        assert _claims(index, encoder, "At which airport was he seized by the police?")[0].text == leaning


def test_the_end_of_the_passage_before_is_brought(make: Make, encoder: Encoder) -> None:
    apart = []
    for n in range(6, 14):  # sentences, of which some number fills a passage
        filler = " ".join(f"The clerk read page {page} of the long indictment aloud to the room." for page in range(n))
        index = make(article("trial", f"{filler} {COURT} He was seized at the airport of Karsa in May, police said."))
        own, brought = _claims(index, encoder, "At which airport was he seized in May?")[0].citations
        assert brought.quote == COURT
        apart.append(own.passage_id != brought.passage_id)

    assert any(apart)


def test_no_claim_repeats_what_another_brings(make: Make, encoder: Encoder) -> None:
    index = make(article("trial", f"{COURT} He was seized at the airport of Karsa in May, said the police."))

    for question in ("At which airport was Jamal Zeller seized?", "Who was found guilty of fraud in Vell?"):
        texts = [claim.text for claim in _claims(index, encoder, question)]
        assert sum(COURT in text for text in texts) == 1, texts
