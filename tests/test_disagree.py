"""Where outlets differ: in an answer, over HTTP and on the command line; and what only looks like a difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from ingest.pipeline import ingest
from ingest.records import RawArticle
from ingest.settings import Settings
from ingest.store import PassageIndex
from service.api.app import create_app
from service.asked_about import is_asked_about
from service.beginnings import beginnings
from service.facts import Deed, Figure, deeds, figures, negated, statuses
from service.pipeline import ask
from service.records import Answer
from tests import commands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ingest.embed import Encoder
    from service.disagree import Kind

    Make = Callable[..., PassageIndex]

BLAST = (
    "An explosion in the harbour of Vell killed {} sailors on Tuesday, the coast guard said. The blast broke windows "
    "across the old town. {}"
)
MORE = (
    "Divers began to look for the wreck of the ferry Ombria at dawn, and the mayor closed the schools of the old town.",
    "Fuel had leaked into the hold for days, a shipyard worker told the paper, and nobody had warned the captain.",
)


@pytest.fixture
def answered(encoder: Encoder, tmp_path: Path) -> Iterator[Callable[..., Answer]]:
    """Asks a question of articles that are given as text, each of an outlet of its own."""
    opened: list[PassageIndex] = []

    def answer(question: str, *texts: str) -> Answer:
        index = PassageIndex.open(tmp_path / f"library{len(opened)}", create=True)
        opened.append(index)
        articles = [
            RawArticle(
                id=f"a{i}", uri=f"a{i}", body=text, given={"outlet": f"Outlet {i}", "published_on": "2022-03-04"}
            )
            for i, text in enumerate(texts)
        ]
        ingest(articles, index, lambda: encoder)
        result = ask(index, encoder, question)
        assert isinstance(result, Answer), result
        return result

    yield answer
    for index in opened:
        index.close()


def test_another_figure_of_the_same_thing_is_a_disagreement_with_its_quotes(answered: Callable[..., Answer]) -> None:
    answer = answered(
        "How many sailors were killed in the explosion in the harbour of Vell?",
        BLAST.format("12", MORE[0]),
        BLAST.format("15", MORE[1]),
    )

    (found,) = answer.disagreements
    assert found.kind == "figure"
    assert {position.outlets for position in found.positions} == {("Outlet 0",), ("Outlet 1",)}
    assert {position.text.split(" killed ")[1][:2] for position in found.positions} == {"12", "15"}
    assert all(position.origins == 1 for position in found.positions)
    markers = {one.marker: one for claim in answer.claims for one in claim.citations}
    for position in found.positions:
        assert position.citations == tuple(quote.marker for quote in position.quotes)
        for quote in position.quotes:
            assert markers.setdefault(quote.marker, quote) == quote


@pytest.mark.parametrize(
    ("one", "other"),
    [("12", "twelve"), ("12", "12 young"), ("at least 12", "15"), ("about 12", "13"), ("12", "several")],
)
def test_a_bound_and_other_wording_are_none(answered: Callable[..., Answer], one: str, other: str) -> None:
    answer = answered(
        "How many sailors were killed in the explosion in the harbour of Vell?",
        BLAST.format(one, MORE[0]),
        BLAST.format(other, MORE[1]),
    )

    assert answer.disagreements == ()


def test_one_story_does_not_disagree_with_its_own_copy(answered: Callable[..., Answer]) -> None:
    text = BLAST.format("12", " ".join(MORE) * 3)

    answer = answered(
        "How many sailors were killed in the explosion in the harbour of Vell?", text, text.replace("12", "15")
    )

    assert answer.disagreements == ()


def test_who_called_whom_is_a_disagreement(answered: Callable[..., Answer]) -> None:
    answer = answered(
        "Who called whom, Berg or Holm?",
        "Prime Minister Astrid Berg called President Erik Holm on Monday night, her office said. Snow fell.",
        "It was Holm who called the prime minister, the palace said. Erik Holm had been in Rome. Ferries were late.",
    )

    assert [found.kind for found in answer.disagreements] == ["actor"]


def test_a_denial_is_a_disagreement(answered: Callable[..., Answer]) -> None:
    answer = answered(
        "Does the council plan an immediate closure of the bridge?",
        "The council wants an immediate closure of the bridge at Vell, the harbour master said. Ferries are ready.",
        "The council does not plan an immediate closure of the bridge at Vell. Cracks were found in May by divers.",
    )

    assert [found.kind for found in answer.disagreements] == ["denial"]


def test_another_beginning_of_one_thing_is_a_disagreement(answered: Callable[..., Answer]) -> None:
    fire = "The riots in the old town of Vell began after a baker was shot by a policeman at the market."
    bus = "What set off the riots in the old town of Vell was a rise in the price of bus tickets, shopkeepers said."
    same = "The riots in the old town of Vell were sparked when a policeman shot a baker."

    (found,) = answered("What started the riots in the old town of Vell?", fire, bus, same).disagreements

    assert (found.kind, found.topic) == ("cause", "what the riot began with")
    assert sorted(len(position.citations) for position in found.positions) == [1, 2]
    assert {position.quotes[0].quote for position in found.positions} <= {fire, bus, same}


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("The latest flare-up began on May 3, when a drone hit the mill.", [("conflict", "dron")]),
        ("A burst pipe caused a panic in the hall.", [("panic", "burst")]),
        ("The war began in 2003.", []),
        ("The army launched a series of strikes.", []),
        ("Talks began on Monday in Geneva.", []),
    ],
)
def test_beginnings_are_read(sentence: str, found: list[tuple[str, str]]) -> None:
    assert [(one.what, one.first) for one in beginnings(sentence)] == found


def test_more_and_fewer_details_are_no_disagreement(answered: Callable[..., Answer]) -> None:
    answer = answered(
        "Who was killed in the strike at Vell?",
        "A strike at Vell killed General Ivo Brandt and nine soldiers on Monday. The army closed the road.",
        "General Ivo Brandt was killed in a strike at Vell. Markets were open again on the next day.",
    )

    assert answer.disagreements == ()


SANK = "The ferry Ombria sank {} off the coast of Vell. {}"


def test_another_day_of_one_event_is_a_disagreement(answered: Callable[..., Answer]) -> None:
    question = "When did the ferry Ombria sink off Vell?"
    days = ("on March 1", "on Wednesday", "on March 1, 2022")

    answer = answered(
        question, *(SANK.format(day, more) for day, more in zip(days, (*MORE, "Snow fell."), strict=True))
    )

    (found,) = answer.disagreements
    assert found.kind == "date"
    assert found.topic.startswith("when: ferry Ombria sank")
    assert sorted(len(position.quotes) for position in found.positions) == [1, 2]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("on Wednesday", "on March 2"),  # of the article of 4 March, a Friday
        ("on March 2", "two days ago"),
        ("in March", "on March 2"),
        ("this week", "on Tuesday"),
        ("on Tuesday", "one day"),
    ],
)
def test_other_words_for_a_day_and_a_wider_period_are_none(
    answered: Callable[..., Answer], one: str, other: str
) -> None:
    answer = answered(
        "When did the ferry Ombria sink off Vell?", SANK.format(one, MORE[0]), SANK.format(other, MORE[1])
    )

    assert answer.disagreements == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The ferry Ombria sank off Vell, its captain said on Tuesday.", "The ferry Ombria sank off Vell on Monday."),
        ("The ferry Ombria sank off Vell on Monday.", "On Tuesday the harbour master said the ferry Ombria sank."),
        ("The ferry Ombria will sail to Vell on Monday.", "The ferry Ombria sailed to Vell on Wednesday."),
        ("Divers found the hull on Tuesday after the ferry Ombria sank.", "The ferry Ombria sank on Monday."),
        ("The ferry Ombria sank off Vell on Monday.", "Another ferry sank off Vell on Tuesday like the Ombria."),
    ],
)
def test_the_day_of_a_statement_of_a_plan_or_of_another_event_is_none(
    answered: Callable[..., Answer], one: str, other: str
) -> None:
    answer = answered("When did the ferry Ombria sink off Vell?", f"{one} {MORE[0]}", f"{other} {MORE[1]}")

    assert answer.disagreements == ()


@pytest.mark.parametrize(
    ("question", "kind", "topic", "expected"),
    [
        ("How many troops are in Norland?", "status", "what became of the request", False),
        ("How many troops are in Norland?", "figure", "how many: troop", True),
        ("When did Berg and Holm speak?", "actor", "who calls whom", False),
        ("When did Berg and Holm speak?", "date", "when: Berg spoke", True),
        ("Where did Holm speak?", "status", "what became of the request", False),
        ("Who phoned whom?", "actor", "who calls whom", True),
        ("Who made the call, Berg or Holm?", "actor", "who calls whom", True),
        ("Who accused Berg?", "actor", "who calls whom", False),
        ("How was the request answered?", "status", "what became of the request", True),
        ("Talks of Berg and Holm", "actor", "who calls whom", True),
        ("", "date", "when: ferry sank", True),
    ],
)
def test_only_what_can_matter_to_the_question_is_shown(
    question: str, kind: Kind, topic: str, *, expected: bool
) -> None:
    assert is_asked_about(question, kind, topic) is expected


def test_a_request_that_was_refused_is_no_answer_to_how_many(answered: Callable[..., Answer]) -> None:
    texts = (
        "Norway refused a request by Chad on Friday to pull out its 5,200 troops. Ferries were late in Vell.",
        "The ministry of Norway made no mention of the troops in Chad in its reading of the call. Snow fell.",
    )

    assert answered("How many troops does Norway have in Chad?", *texts).disagreements == ()
    (found,) = answered("What became of the request of Chad about the troops?", *texts).disagreements
    assert found.kind == "status"


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("The blast killed at least 12 sailors.", [Figure("sailor", 12, is_rough=True)]),
        (
            "Some 1,200 people fled, and 3.5 million dollars were lost.",
            [Figure("people", 1200, is_rough=True), Figure("dollar", 3.5e6, is_rough=False)],
        ),
        ("Turnout was 54 per cent in 2019.", [Figure("%", 54, is_rough=False)]),
        ("On 3 May 2019 the bridge opened.", []),
        ("Two of them left.", []),
    ],
)  # fmt: skip
def test_figures_are_read_with_what_they_count(sentence: str, found: list[Figure]) -> None:
    assert figures(sentence) == found


def test_deeds_statuses_and_denials_are_read() -> None:
    assert deeds("Mara Quill called the Iraqi premier.") == [Deed("Mara Quill", "call", "the Iraqi premier")]
    assert deeds("Mara Quill called for calm.") == []
    assert statuses("It rebuffed the request.") == {"refused"}
    assert statuses("The readout made no mention of troops.") == {"not mentioned"}
    assert negated("It does not force an immediate withdrawal.", "immediate withdrawal")
    assert not negated("It did not rain, and an immediate withdrawal followed.", "immediate withdrawal")


def test_disagreements_of_a_library_over_http_and_on_the_command_line(encoder: Encoder, tmp_path: Path) -> None:
    folder = tmp_path / "library"
    articles = [
        RawArticle(id=str(n), uri=str(n), body=BLAST.format(n, more), given={"title": "Blast in the harbour of Vell"})
        for n, more in zip((12, 15), MORE, strict=True)
    ]
    with PassageIndex.open(folder, create=True) as index:
        ingest(articles, index, lambda: encoder)
        client = TestClient(create_app(index, encoder, Settings(_env_file=None)), base_url="http://127.0.0.1:8000")
        everywhere = client.get("/v1/disagreements").json()
        on_topic = client.get("/v1/disagreements", params={"query": "sailors killed in the harbour of Vell"}).json()
        filtered = client.get("/v1/disagreements", params={"outlet": "nobody"}).json()
        wrong = client.get("/v1/disagreements", params={"query": "?!"})
    code, shown, _ = commands.run("disagreements", "--library", folder)

    assert everywhere["total"] == on_topic["total"] == 1
    (found,) = everywhere["disagreements"]
    assert found["query"] == "Blast in the harbour of Vell"
    assert {quote["document_id"] for side in found["positions"] for quote in side["quotes"]} == {"12", "15"}
    assert filtered["total"] == 0
    assert wrong.status_code == 422
    assert code == 0
    assert shown.startswith("how many: sailor")
