"""Sentences: where they begin and end in the text of pasted news pages."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.sentences import sentences

NEWS = st.lists(
    st.sampled_from(
        [
            *"“”\"'’()[]…—\n\t ",
            *(". ", "? ", "! ", ".", "\n\n", "\r\n", "\u2028", "\u00a0", "\u200b", "\ufeff", "\x0b", "\x1c", "\x85"),
            *("Gen.", "U.S.", "p.m. Friday", "3.5", "Dr. Ollin", "e.g.", "No. 5", "www.vell.example", "word", "Vell"),
            *("المدينة آمنة.", "؟", "۔", "漢字。", "🎉", "👨\u200d👩\u200d👧", "e\u0301", "\u202e"),
        ]
    ),
    max_size=40,
).map("".join)


def texts_of(text: str, language: str = "en") -> list[str]:
    return [text[start:end] for start, end in sentences(text, language)]


@pytest.mark.parametrize(
    "expected",
    [
        ["Gen. Mark Ollin stayed.", "He left."],
        ["The U.S. Treasury said no.", "It paid."],
        ["Sen. Bo Ray met Dr. Lund on Jan. 5.", "He slept."],
        ["The talks ended at 5 p.m. Friday in Vell.", "They left at 9 a.m.", "The rest stayed."],
        ["“No,” says Ms. Ray, who met Atty. Gen. Lund at Ft. Vell.", "She left."],
        ["Prices rose by 3.5 percent in June.", "Wages fell."],
        ["He asked why.", "“Nobody knows!” she said.", "Did they?"],
        ["Great news 🎉!", "We won 🇫🇷.", "All of us 👨\u200d👩\u200d👧 did."],
        ["قال الوزير إن المدينة آمنة.", "وأضاف أن الطريق مفتوح؟", "نعم."],
    ],
)
def test_each_sentence_is_found_once_and_abbreviations_end_none(expected: list[str]) -> None:
    assert texts_of(" ".join(expected)) == expected


@pytest.mark.xfail(strict=True, reason="sentencex takes the last word for an abbreviation")
@pytest.mark.parametrize(
    "expected",
    [["Prices rose by a tenth in May.", "Wages fell."], ["The mayor said no.", "“We will stay,” she added."]],
)
def test_a_word_that_is_also_an_abbreviation_ends_a_sentence(expected: list[str]) -> None:
    assert texts_of(" ".join(expected)) == expected


@pytest.mark.parametrize("marks", ["“”", '""'])
def test_a_quotation_of_several_sentences_stays_whole(marks: str) -> None:
    quotation = f"He said: {marks[0]}We stay. We pay. We wait.{marks[1]}"

    assert texts_of(f"{quotation} Then he left.") == [quotation, "Then he left."]


def test_a_missing_space_after_a_full_stop_hides_no_sentence() -> None:
    assert texts_of("He left.She stayed.Nobody paid 3.5 million.") == [
        "He left.",
        "She stayed.",
        "Nobody paid 3.5 million.",
    ]


def test_what_goes_on_in_lower_case_is_the_same_sentence() -> None:
    assert texts_of("Jobs are at risk. to create more, he said. Then he left.") == [
        "Jobs are at risk. to create more, he said.",
        "Then he left.",
    ]


def test_a_sentence_goes_on_over_the_line_breaks_of_an_editor() -> None:
    text = (
        "The council of Vell voted on Tuesday to close the old harbour road for\n"
        "six months while engineers repair the wall that fell in March. Mayor\n"
        "Mira Dolan said the work would cost 12 million crowns and would begin\n"
        "at once."
    )

    assert [sentence.replace("\n", " ").split()[-1] for sentence in texts_of(text)] == ["March.", "once."]


def test_lines_that_nobody_wrapped_are_sentences_of_their_own() -> None:
    assert texts_of("Harbour closed\nMayor speaks\n\nThe road is shut.") == [
        "Harbour closed",
        "Mayor speaks",
        "The road is shut.",
    ]


@pytest.mark.parametrize("language", ["en", "en-US", "ar", "de", "xx", "", "English"])
def test_any_name_of_a_language_will_do(language: str) -> None:
    assert texts_of("Hello there. Good day.", language) == ["Hello there.", "Good day."]


@pytest.mark.parametrize("text", ["", " \n\t \n"])
def test_a_text_without_words_has_no_sentence(text: str) -> None:
    assert sentences(text) == []


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=200), NEWS), st.sampled_from(["en", "ar", "de", "xx"]))
@example("a\u2028b. C\x0bd", "en")
def test_spans_are_ordered_apart_stripped_and_only_white_space_is_between_them(text: str, language: str) -> None:
    at = 0
    for start, end in sentences(text, language):
        assert start >= at
        assert text[at:start].strip() == ""
        assert text[start:end] == text[start:end].strip() != ""
        at = end
    assert text[at:].strip() == ""
