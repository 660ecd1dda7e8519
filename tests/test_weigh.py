"""The score of a passage: what counts, and that an article is read together."""

from __future__ import annotations

import numpy as np
import pytest

from service.weigh import Asked, rarity_weights, weigh

ASKED = Asked.of(np.eye(2, 96, dtype=np.float32), ("dolan", "arrest"), {"dolan": 6.0, "arrest": 2.0})
NONE = np.zeros(3, np.float32)


def test_a_passage_that_says_he_gains_by_the_one_that_says_who() -> None:
    best = np.array([[1.0, 0.2], [0.1, 1.0], [0.1, 1.0]], np.float32)  # the lead, what follows it, another article

    scores, interaction = weigh(ASKED, NONE, NONE, best, [1, 1, 2])

    assert interaction[1] == interaction[2]
    assert scores[1] > scores[2]


def test_a_rarer_word_counts_more() -> None:
    best = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)

    assert weigh(ASKED, NONE[:2], NONE[:2], best, [1, 2])[1].tolist() == pytest.approx([8 / 12, 4 / 12])


def test_the_second_best_of_an_article_comes_after_an_equal_one_of_another() -> None:
    scores, _ = weigh(ASKED, NONE, NONE, np.ones((3, 2), np.float32), [1, 1, 2])

    assert scores[0] == scores[2] > scores[1]


def test_a_question_without_words_gets_numbers_all_the_same() -> None:
    nothing = Asked.of(np.zeros((0, 96), np.float32), (), {})

    scores, interaction = weigh(nothing, NONE, NONE, np.zeros((3, 0), np.float32), [1, 2, 3])

    assert scores.tolist() == interaction.tolist() == [0.0, 0.0, 0.0]


def test_a_word_that_no_passage_has_says_the_most() -> None:
    weights = rarity_weights({"iraq": 24, "iraak": 0}, 24)

    assert 0 < weights["iraq"] < weights["iraak"]
