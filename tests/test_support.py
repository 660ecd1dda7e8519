"""Whether quotes support a claim: what must stand in them, and what is set against it there."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.supporting import Labelled, auroc, of_articles, of_claims
from service.support import Claimed, Evidence, check
from service.support_facts import Quote, missing, numbers, speakers
from tests.invented import document

if TYPE_CHECKING:
    from ingest.embed import Encoder

FRIDAY = date(2021, 5, 7)
QUOTE = (
    "Mayor Ada Quill said on Thursday that the repairs of the harbour bridge had cost 9 million crowns, and that "
    "lorries may not cross it before autumn."
)
QUOTED = "“We did not expect the bridge to hold,” Ada Quill told Bo Renn, who leads the Port Office, after the flood."


@pytest.mark.parametrize(
    "claim",
    [
        QUOTE,
        "Ada Quill said that the repairs of the harbour bridge cost nine million crowns.",
        "The repairs cost 9,000,000 crowns, Mayor Quill said.",
        "According to Ada Quill, lorries may not cross the bridge before autumn.",
        "On May 6 the mayor said that the repairs had cost 9 million crowns.",
        "Lorries mayn't cross the harbour bridge before autumn.",
    ],
)
def test_a_claim_that_stands_in_its_quote_misses_nothing(claim: str) -> None:
    assert missing(claim, [Quote(QUOTE, FRIDAY)]) is None


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("The repairs had cost 19 million crowns.", "number"),
        ("The repairs had cost nine thousand crowns.", "number"),
        ("Ada Quill said on Tuesday that the repairs had cost 9 million crowns.", "date"),
        ("On May 7 the mayor said that the repairs had cost 9 million crowns.", "date"),
        ("Bo Renn said that the repairs had cost 9 million crowns.", "name"),
        ("Lorries may cross the harbour bridge before autumn.", "denial"),
        ("The repairs of the harbour bridge had not cost 9 million crowns.", "denial"),
        ("Lorries may not cross the harbour bridge after autumn.", "opposite"),
        ("Ada Quill said “the repairs were far too dear”.", "quotation"),
        ("Ada Quill said it all at https://example.org/quill.", "address"),
        ("Ada Quill said that ![it](http://x.test/a.png) had cost 9 million crowns.", "address"),
    ],
)
def test_a_claim_that_says_something_else_is_told_what(claim: str, reason: str) -> None:
    assert missing(claim, [Quote(QUOTE, FRIDAY)]) == reason


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("Ada Quill said: “We did not expect the bridge to hold”.", None),
        ("Bo Renn said: “We did not expect the bridge to hold”.", "speaker"),
        ("The Port Office said that the bridge was not expected to hold.", "speaker"),
        ("Ada Quill said: “We did expect the bridge to hold”.", "quotation"),
        ("“We did not expect the bridge to hold,” Bo Renn told Ada Quill, who leads the Port Office.", "speaker"),
    ],
)
def test_words_stay_with_who_said_them(claim: str, reason: str | None) -> None:
    assert missing(claim, [Quote(QUOTED)]) == reason


def test_he_is_whom_the_sentence_before_lets_speak() -> None:
    quote = Quote("He added that the bridge would stay closed.", before="Bo Renn said that the flood had passed.")

    assert missing("Bo Renn said that the bridge would stay closed.", [quote, Quote(quote.before)]) is None
    assert missing("Ada Quill said that the bridge would stay closed.", [quote, Quote(QUOTE)]) == "speaker"


def test_who_called_whom_is_kept() -> None:
    quote = [Quote("Ada Quill telephoned Bo Renn on Monday about the bridge.")]

    assert missing("Ada Quill telephoned Bo Renn about the bridge on Monday.", quote) is None
    assert missing("Bo Renn telephoned Ada Quill on Monday about the bridge.", quote) == "order"


def test_an_office_is_that_of_its_holder() -> None:
    said = speakers("“It holds,” said Ada Quill, spokeswoman of the Port Office.")

    assert [speaker.name for speaker in said] == [("ada", "quill")]
    assert all(one.is_that(said[0]) for one in speakers("The Port Office said that it holds."))
    assert not any(one.is_that(said[0]) for one in speakers("The Harbour Board said that it holds."))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5,200 of 1.5 million", {5200, 1_500_000}),
        ("twenty-two missiles", {22}),
        ("two hundred men and a dozen cars", {200}),
        ("one of them", set()),
        ("one million", {1_000_000}),
        ("no number", set()),
    ],
)
def test_numbers_are_read_in_digits_and_in_words(text: str, expected: set[float]) -> None:
    assert numbers(text) == expected


@given(st.text(max_size=120))
def test_words_of_an_article_always_stand_in_it(text: str) -> None:
    assert missing(text, [Quote(text, FRIDAY)]) in {None, "speaker", "address"}  # "he" may be nobody


def _check(encoder: Encoder, claim: str, *quotes: str) -> tuple[bool, str | None]:
    shown = [Evidence(quote, FRIDAY, encoder.encode_question(quote).tokens.astype(np.float32)) for quote in quotes]
    verdict = check(Claimed.of(claim, encoder.encode_question(claim)), shown)
    assert 0 <= verdict.score <= 1
    return verdict.reason is None, verdict.reason


def test_a_claim_about_something_else_is_not_supported_though_nothing_in_it_is_missing(encoder: Encoder) -> None:
    assert _check(encoder, "repairs of the bridge were expensive", QUOTE) == (True, None)
    assert _check(encoder, "seagulls like to eat fried potatoes", QUOTE) == (False, "words")
    assert _check(encoder, "", QUOTE) == (False, "words")
    assert _check(encoder, "repairs of the bridge were expensive") == (False, "words")


# --- the measure ---------------------------------------------------------------------------------------------------


def test_auroc_counts_pairs() -> None:
    assert auroc([3, 2], [1, 1]) == 1
    assert auroc([3, 1], [2]) == 0.5
    assert auroc([1], [1]) == 0.5
    assert auroc([], [1]) is None


def test_true_and_false_claims_are_made_of_articles_and_measured(encoder: Encoder) -> None:
    text = (
        "Mayor Ada Quill said on Thursday that the harbour bridge had cost 9,100 crowns a day. "
        "The spokesman Bo Renn told reporters “we did not expect this bridge to hold at all”. "
        "Lorries will cross the bridge in autumn, when the northern road is closed for good. "
        "Ships have waited for eleven days at the mouth of the river, the Port Office said."
    )
    found = of_articles([document(text, published_on=FRIDAY)], encoder)

    assert found["false: changed figure"]["n"] >= 2
    assert {"false: swapped speaker", "false: negation", "false: invented quotation", "false: changed date"} <= set(
        found
    )
    assert found["true: verbatim"] == {"value": 1.0, "low": pytest.approx(0.5, abs=0.2), "high": 1.0, "n": 4}
    assert found["caught"]["value"] > 0.8


def test_labelled_claims_are_measured_against_others(encoder: Encoder) -> None:
    claims = [
        Labelled("The bridge opened in May.", "In May the bridge was opened.", "SUPPORT", "a"),
        Labelled("Bread became dearer.", "The price of bread rose.", "SUPPORT", "a"),
        Labelled("Bread became cheaper.", "The price of bread did not fall.", "CONTRADICT", "a"),
    ]
    found = of_claims(claims, encoder)

    assert found["n"] == {"SUPPORT": 2, "CONTRADICT": 1, "UNRELATED": 2}
    assert found["unrelated"] == 1
