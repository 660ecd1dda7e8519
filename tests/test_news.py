"""The invented news: what is asked stands there word for word, and what is left out does not."""

from __future__ import annotations

from eval.news.write import kinds, stories


def test_every_question_names_its_evidence_and_a_near_miss_has_none() -> None:
    for story in stories(seed=3, each=2):
        for question in story.questions:
            assert "{" not in question["question"] + story.article["text"]
            assert all(piece in story.article["text"] for piece in question["evidence"])
            assert question["answerable"] == bool(question["evidence"]) == bool(question["relevant"])


def test_the_same_seed_gives_the_same_stories() -> None:
    assert stories(seed=1, each=2) == stories(seed=1, each=2) != stories(seed=2, each=2)


def test_a_fact_is_never_told_without_its_question() -> None:
    assert all(question.endswith("?") for kind in kinds() for _, question in kind.facts)
