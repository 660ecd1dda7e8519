"""Who is reported to have said what: in one article, across articles, in answers and in lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from eval import attribution
from ingest.attribute import attribute
from ingest.names import countries, name_key, person_key, same_person
from ingest.pipeline import ingest
from ingest.records import RawArticle
from ingest.sentences import sentences
from ingest.settings import Settings
from ingest.store import PassageIndex
from service.api.app import create_app
from service.pipeline import ask
from service.records import Answer
from service.speakers import Asked, people
from tests import commands
from tests.timing import processor_s

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.embed import Encoder

ARTICLES = {
    "quarry": (
        "Hillside Post",
        "The quarry at Stonewick will close in March, the county said on Monday. "
        "County spokeswoman Mara Devlin said the dust had become a danger to children.\n"
        "“We measured it for two years, and it never fell below the limit,” she said.\n"
        "Quarry owner Piet van Houten rejected the figures. “Our own instruments show half of that,” van Houten said.",
    ),
    "school": (
        "Valley Times",
        "Parents at Stonewick school welcomed the closing of the quarry. “My son has coughed since he was four,” said "
        "Mara Lindqvist, a nurse. According to Devlin, three schools were measured.",
    ),
}


def _said(text: str) -> list[tuple[str, str | None, str]]:
    return [(text[one.start : one.end], one.speaker, one.form) for one in attribute(text, sentences(text, "en"))]


@pytest.fixture(scope="module")
def library(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PassageIndex]:
    """Two articles on a quarry, in which two women are called Mara."""
    folder = tmp_path_factory.mktemp("speakers") / "library"
    articles = [
        RawArticle(id=id_, uri=id_, body=text, given={"outlet": outlet, "published_on": "2022-01-10"})
        for id_, (outlet, text) in ARTICLES.items()
    ]
    with PassageIndex.open(folder, create=True) as index:
        ingest(articles, index, lambda: encoder)
        yield index


# --- in one article ------------------------------------------------------------------------------------------------


def test_the_labelled_constructions_are_attributed() -> None:
    """The quality itself is for `eval` to say; this is what the labelled texts must not fall below."""
    found = attribution.measure(attribution.cases())

    assert found["quotes found"] >= 0.95
    assert found["quotes right"] >= 0.95
    assert found["indirect F1"] >= 0.9


def test_the_constructions_written_after_the_rules_are_attributed() -> None:
    found = attribution.measure(attribution.cases("statements_unseen"))

    assert found["quotes found"] >= 0.95
    assert found["quotes right"] >= 0.9
    assert found["indirect F1"] >= 0.9


def test_whole_articles_are_attributed() -> None:
    found = attribution.measure(attribution.cases("statements_articles"))

    assert found["quotes found"] >= 0.98
    assert found["quotes right"] >= 0.95
    assert found["indirect F1"] >= 0.9


_ALL = [case for name in attribution.SETS for case in attribution.cases(name)]


@pytest.mark.parametrize("case", _ALL, ids=lambda case: str(case["text"])[:40])
def test_every_span_stands_in_the_text_and_every_speaker_too(case: dict[str, Any]) -> None:
    text = case["text"]

    for one in attribute(text, sentences(text, "en")):
        assert text[one.start : one.end].strip() == text[one.start : one.end] != ""
        assert text[one.cue_start : one.cue_end] == one.cue
        if one.named is not None:
            assert text[slice(*one.named)].strip()
        if one.speaker:
            known = name_key(text.replace("’s", " "))
            assert name_key(one.speaker.replace("’s", " ")) <= known | name_key("office spokesman")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("“Is it safe?” asked Senator Dale Whitmore.", [("“Is it safe?”", "Dale Whitmore")]),
        ("Minister Leo Brandt’s announcement that taxes would rise shocked them.", "Leo Brandt"),
        ("The announcement that taxes would rise shocked them.", []),
        ("The party rules the north and laughs at its rivals.", []),
    ],
)
def test_cues_that_are_verbs_and_nouns_count_only_where_speech_follows(text: str, said: object) -> None:
    found = [(text[one.start : one.end], one.speaker) for one in attribute(text, sentences(text, "en"))]

    assert ([speaker for _, speaker in found] == [said]) if isinstance(said, str) else found == said


def test_a_denial_is_not_what_was_denied() -> None:
    assert _said("The minister did not say that taxes would rise. She refused to say whether he knew.") == []


def test_an_account_of_what_somebody_was_told_is_theirs_who_told() -> None:
    ((_, speaker, _),) = _said("Villagers were told by Captain Rune Dahl that the pass was closed.")

    assert speaker == "Rune Dahl"


@settings(deadline=None)  # a busy machine is no slow rule
@given(st.text(alphabet="“”\"' .,\nAaBb’‘:—said toldhe,", max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    spans = sentences(text, "en") if text.strip() else []

    for one in attribute(text, spans):
        assert 0 <= one.start < one.end <= len(text)
        assert one.named is None or 0 <= one.named[0] < one.named[1] <= len(text)


@pytest.mark.parametrize(
    "piece", ["said ", "A said ", "A called ", "the a a a called ", "A, who b, said ", "“a ", "A. "]
)
def test_a_sentence_without_an_end_takes_no_longer_than_its_length(piece: str) -> None:
    def seconds(n: int) -> float:
        text = piece * n
        spans = sentences(text, "en")
        return processor_s(lambda: attribute(text, spans))

    assert seconds(20_000) < 100 * max(seconds(2_000), 0.01)  # the square of ten, at most


def test_a_long_text_takes_time_in_proportion_to_its_length() -> None:
    text = ARTICLES["quarry"][1] + "\n"

    assert len(attribute(text * 200, sentences(text * 200, "en"))) >= 200 * 4


# --- names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Adel Abdul-Mahdi", "Adil Abd al-Mahdi"),
        ("Adel Abdul Mahdi", "Adel Abdel-Mahdi"),
        ("Hezbollah", "Hizbullah"),
        ("Mohammed Sudani", "Muhammad al-Sudani"),
        ("Ali al-Sistani", "Ali Sistani"),
        ("Qassem Soleimani", "Qasem Suleimani"),
        ("José Álvarez", "Jose Alvarez"),
    ],
)
def test_spellings_of_a_name_are_one(one: str, other: str) -> None:
    assert person_key(one) == person_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Mara Devlin", "Mara Lindqvist"), ("Dan Brown", "Dean Brown"), ("Devlin", "Mara Devlin"), ("Li Wei", "Li Na")],
)
def test_two_people_are_never_one_by_a_surname_or_a_first_name(one: str, other: str) -> None:
    assert not same_person(one, other)


def test_words_for_a_country_are_that_country() -> None:
    assert countries("the Iraqi premier") == countries("Iraq’s prime minister") == countries("Baghdad") == {"iraq"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "General Oren Vask died on Friday.\n\nVask fell because of a plot on an embassy, Lund suggested on "
            "Thursday. The mayor showed no proof.\n\n“Vask was planning attacks,” he said at a rally.",
            ["Lund", "Lund"],
        ),
        ("The bridge had cracked before, the Herald reported.", ["Herald"]),
        ("Facing a vote on Monday, Lund predicted a long night.", []),
        (
            "Grand Ayatollah Said Amari said the war must end.\n\nA Muslim leader told worshippers that bases "
            "were at risk.",
            ["Said Amari", "Muslim leader"],
        ),
        (
            "Prime Minister Adel Noor made the request.\n\nIraq’s top Shia leader condemned the fighting on Friday, "
            "saying it risked a wider war.\n\nGrand Ayatollah Said Amari said Iraqis would suffer.",
            ["Said Amari", "Said Amari"],
        ),
    ],
    ids=["suggested at the end", "reported at the end", "no report", "a new leader", "a leader of the faith"],
)
def test_whose_words_they_are_where_others_are_named_beside_them(text: str, said: list[str]) -> None:
    found = attribute(text, sentences(text, "en"))

    assert [one.speaker for one in found] == said


# --- in answers and lists ------------------------------------------------------------------------------------------


def test_what_somebody_said_is_answered_by_their_words_only(library: PassageIndex, encoder: Encoder) -> None:
    result = ask(library, encoder, "What did Piet van Houten say about the dust?")

    assert isinstance(result, Answer)
    assert {claim.speaker.name for claim in result.claims if claim.speaker} == {"Piet van Houten"}
    assert "half of that" in result.claims[0].text


def test_an_organisation_speaks_through_its_people(library: PassageIndex, encoder: Encoder) -> None:
    result = ask(library, encoder, "What did the county say about the dust?")

    assert isinstance(result, Answer)
    speakers = {claim.speaker.name for claim in result.claims if claim.speaker}
    assert "Mara Devlin" in speakers
    assert not speakers & {"Piet van Houten", "Mara Lindqvist"}


def test_a_claim_that_nobody_is_said_to_say_has_no_speaker(library: PassageIndex, encoder: Encoder) -> None:
    result = ask(library, encoder, "Which parents welcomed the closing of the quarry at Stonewick?")

    assert isinstance(result, Answer)
    assert "welcomed the closing" in result.claims[0].text
    assert result.claims[0].speaker is None


def test_speakers_are_listed_with_their_spellings_and_never_merged_by_a_first_name(library: PassageIndex) -> None:
    found = {one.name: one for one in people(library)}

    assert {"Mara Devlin", "Mara Lindqvist", "Piet van Houten"} <= found.keys()
    assert found["Mara Devlin"].role == "County spokeswoman"
    assert [one.name for one in people(library, "lindqvist")] == ["Mara Lindqvist"]


def test_a_question_names_a_speaker_by_name_office_or_country() -> None:
    (statement,) = attribute(
        text := "Norwegian Prime Minister Astrid Berg said the ports would stay open.", sentences(text, "en")
    )

    def is_hers(phrase: str) -> bool:
        return Asked.of(phrase).is_said_by(statement)

    assert all(
        map(is_hers, ["Astrid Berg", "Berg", "Norway", "the prime minister of Norway", "the Norwegian prime minister"])
    )
    assert not any(map(is_hers, ["Sweden", "Astrid Holm", "the Swedish prime minister", "officials", ""]))


def test_speakers_and_statements_over_http(library: PassageIndex, encoder: Encoder) -> None:
    client = TestClient(create_app(library, encoder, Settings(_env_file=None)), base_url="http://127.0.0.1:8000")

    listed = client.get("/v1/speakers", params={"name": "devlin", "limit": 5}).json()
    (one,) = [speaker for speaker in listed["speakers"] if speaker["name"] == "Mara Devlin"]
    said = client.get(f"/v1/speakers/{one['id']}/statements").json()
    texts = {id_: client.get(f"/v1/documents/{id_}").json()["text"] for id_ in ARTICLES}
    page = client.get(f"/v1/speakers/{one['id']}/statements", params={"limit": 1, "offset": 1}).json()

    assert said["total"] == one["statements"] == len(said["statements"]) >= 2
    assert all(texts[s["document_id"]][s["start"] : s["end"]] == s["text"] for s in said["statements"])
    assert page["statements"] == said["statements"][1:2]
    assert client.get("/v1/speakers/nobody/statements").json()["total"] == 0


def test_speakers_on_the_command_line(seed_library: Path) -> None:
    code, listed, _ = commands.run("speakers", "--library", seed_library)
    _, said, _ = commands.run("speakers", "Ortagus", "--library", seed_library)
    missing = commands.run("speakers", "Nobody Known", "--library", seed_library)

    assert code == 0
    assert "Morgan Ortagus" in listed
    assert "statements" in listed
    assert said.startswith("Morgan Ortagus")
    assert "“" in said
    assert missing[0] == 1
    commands.assert_one_line(f"onrecord: {missing[2]}", "Nobody Known")


def test_statements_go_with_their_document(encoder: Encoder, tmp_path: Path) -> None:
    def speakers(index: PassageIndex) -> set[str]:
        return {one.name for one in people(index)}

    first = RawArticle(
        id="a", uri="a", body="The dam will hold, said Governor Tomas Reyes. Nobody has to leave the valley."
    )
    second = RawArticle(
        id="a", uri="a", body="The dam will not hold, said engineer Rita Voss. All have to leave the valley."
    )
    with PassageIndex.open(tmp_path / "library", create=True) as index:
        ingest([first], index, lambda: encoder)
        before = speakers(index)
        ingest([second], index, lambda: encoder)
        after = speakers(index)
        index.remove("a")
        removed = speakers(index)

    assert (before, after, removed) == ({"Tomas Reyes"}, {"Rita Voss"}, set())
