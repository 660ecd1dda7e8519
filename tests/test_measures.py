"""Measures agree with fractions worked out by hand, count what was not found, and drop when answers are swapped."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval import trec
from eval.abstaining import aurc, auroc, calibration, risk_coverage
from eval.intervals import means
from eval.retrieval import MEASURES, retrieval
from eval.score import score
from eval.support import supports
from eval.wording import holds, normal, token_f1
from tests.runs import abstention, result, stored

if TYPE_CHECKING:
    from pathlib import Path

CITIES = ["ulm", "bonn", "kiel", "jena", "hof", "trier", "emden", "gera", "celle", "worms", "speyer", "plauen"]


def ranked(*passages: str) -> list[dict[str, Any]]:
    return [{"passage_id": id_, "document_id": id_.partition("#")[0], "rank": n} for n, id_ in enumerate(passages, 1)]


def value(scores: dict[str, Any], name: str) -> float:
    found = scores["measures"][name]["value"]
    assert found is not None, name
    return float(found)


def test_rankings_are_measured_as_by_hand() -> None:
    one = result("ulm", retrieved=ranked("x#0", "d-ulm#1", "d-ulm#0", "y#0"))
    one["question"]["relevant"] = ["d-ulm", "z"]
    one["gold"]["passages"] = ["d-ulm#0", "d-ulm#2"]

    found = retrieval([one])["ulm"]

    both = 1 + 1 / math.log2(3)
    assert found["document RR@10"] == 1 / 2
    assert found["document R@5"] == 1 / 2
    assert found["document Success@1"] == 0
    assert found["document nDCG@10"] == pytest.approx(1 / math.log2(3) / both)
    assert found["passage RR@10"] == pytest.approx(1 / 3)
    assert found["passage Success@5"] == 1
    assert found["passage nDCG@10"] == pytest.approx(1 / math.log2(4) / both)


def test_a_retriever_that_finds_nothing_scores_0_and_is_not_left_out(tmp_path: Path) -> None:
    half = [result(city) | ({"retrieved": []} if n % 2 else {}) for n, city in enumerate(CITIES)]

    scores = score(stored(tmp_path / "half", half))
    nothing = score(stored(tmp_path / "nothing", [result(city, retrieved=[]) for city in CITIES]))

    assert scores["measures"]["document nDCG@10"] | {"low": 0, "high": 0} == {
        "value": 0.5, "low": 0, "high": 0, "n": 12, "unscored": 0,
    }  # fmt: skip
    assert (value(nothing, "document nDCG@10"), nothing["measures"]["document nDCG@10"]["n"]) == (0, 12)


def test_the_trec_files_give_ir_measures_the_same_numbers(tmp_path: Path) -> None:
    results = [
        result(city, retrieved=ranked(*(f"d-{other}#0" for other in (*CITIES[n % 5 : n], city, *CITIES[:n]))))
        for n, city in enumerate(CITIES)
    ]
    trec.write(tmp_path, results)
    scores = score(stored(tmp_path / "run", results))

    for level, qrels in (("document", "qrels.txt"), ("passage", "qrels_passages.txt")):
        judged = list(ir_measures.read_trec_qrels(str(tmp_path / qrels)))  # type: ignore[no-untyped-call]
        run = list(ir_measures.read_trec_run(str(tmp_path / f"run_{level}s.txt")))  # type: ignore[no-untyped-call]
        theirs = ir_measures.calc_aggregate(MEASURES, judged, run)
        for measure in MEASURES:
            assert value(scores, f"{level} {measure}") == pytest.approx(theirs[measure], abs=1e-5)


@pytest.mark.parametrize(
    ("found", "wanted", "f1"),
    [
        ("The 5,200 U.S. troops!", "5200 US troops", 1),
        ("nine crowns", "nine", 2 / 3),
        ("nine nine crowns", "nine crowns", 4 / 5),
        ("ten", "nine", 0),
        ("", "nine", 0),
        ("ÉCLAIR", "éclair", 1),
        ("東京駅", "東京", 4 / 5),
    ],
)
def test_token_f1_is_squads_in_every_script(found: str, wanted: str, f1: float) -> None:
    assert token_f1(normal(found), normal(wanted)) == pytest.approx(f1)


@given(st.lists(st.text(min_size=1, max_size=3), max_size=6), st.lists(st.text(min_size=1, max_size=3), max_size=6))
def test_token_f1_is_symmetric_and_within_bounds(one: list[str], other: list[str]) -> None:
    assert token_f1(one, other) == token_f1(other, one)
    assert 0 <= token_f1(one, other) <= 1
    assert token_f1(one, one) == 1
    assert not one or holds([*other, *one, *other], one)


def test_answers_are_scored_against_gold_answers_facts_and_positions(tmp_path: Path) -> None:
    one = result("ulm")
    sides = [{"text": "nine", "evidence": one["question"]["evidence"]}, {"text": "ten", "evidence": ["It cost ten."]}]
    one["question"] |= {"key_facts": ["nine crowns", "ten years"], "positions": sides}
    late = result("bonn")
    late["answer"]["claims"] = [result("kiel")["answer"]["claims"][0], *late["answer"]["claims"]]
    late["cited"] = [*result("kiel")["cited"], *late["cited"]]
    silent = result("jena", answer=abstention())

    scores = score(stored(tmp_path / "run", [one, late, silent]))

    assert value(scores, "key facts") == 1 / 2
    assert value(scores, "positions") == 1 / 2
    assert value(scores, "gold in first claim") == pytest.approx(1 / 3, abs=1e-5)
    assert value(scores, "gold in first three claims") == pytest.approx(2 / 3, abs=1e-5)
    assert scores["questions"]["ulm"]["token F1"] == pytest.approx(2 * 2 / (2 + 7 - 1), abs=1e-5)  # "the" is no word
    assert value(scores, "answered, of answerable") == pytest.approx(2 / 3, abs=1e-5)
    assert scores["questions"]["jena"]["citation recall"] is None


def test_shuffled_answers_are_caught(tmp_path: Path) -> None:
    results = [result(city) for city in CITIES]
    answers = [one["answer"] for one in results]
    shuffled = [one | {"answer": answer} for one, answer in zip(results, answers[1:] + answers[:1], strict=True)]

    before, after = score(stored(tmp_path / "a", results)), score(stored(tmp_path / "b", shuffled))

    assert (value(before, "gold in first claim"), value(after, "gold in first claim")) == (1, 0)
    assert (value(before, "span validity"), value(after, "span validity")) == (1, 0)


def test_swapped_citations_are_caught(tmp_path: Path) -> None:
    """Two claims of an answer, each with the other's citation: all spans are true, and none supports its claim."""
    results = []
    for city, other in zip(CITIES, CITIES[1:] + CITIES[:1], strict=True):
        one, two = result(city), result(other)
        first, second = one["answer"]["claims"][0], two["answer"]["claims"][0]
        first["citations"], second["citations"] = second["citations"], first["citations"]
        one["answer"]["claims"] = [first, second]
        results.append(one | {"cited": [*two["cited"], *one["cited"]]})

    scores = score(stored(tmp_path / "run", results))

    assert value(scores, "span validity") == 1
    for name in ("citation recall", "citation precision", "claims fully supported"):
        assert value(scores, name) == 0


def test_a_quote_that_is_not_what_stands_there_is_not_valid_and_supports_nothing(tmp_path: Path) -> None:
    one = result("ulm")
    one["answer"]["claims"][0]["citations"][0]["start"] += 1

    scores = score(stored(tmp_path / "run", [one, result("bonn")]))

    assert value(scores, "span validity") == 1 / 2
    assert value(scores, "citation recall") == 1 / 2


def test_a_needless_citation_costs_precision_and_not_recall(tmp_path: Path) -> None:
    one, two = result("ulm"), result("bonn")
    one["answer"]["claims"][0]["citations"] += two["answer"]["claims"][0]["citations"]
    one["cited"] += two["cited"]

    own = score(stored(tmp_path / "run", [one]))["questions"]["ulm"]

    assert (own["citation recall"], own["citation precision"], own["claims fully supported"]) == (1, 1 / 2, 0)


@pytest.mark.parametrize(
    ("quotes", "claim", "is_supported"),
    [
        (["About 5,200 soldiers are in Iraq."], "5,200 soldiers are in Iraq.", True),
        (["About 5,200 soldiers are in Iraq."], "5,300 soldiers are in Iraq.", False),
        (["About 5,200 soldiers are in Iraq."], "About 5,200 soldiers are in Oman.", False),
        (
            ["The mayor opened it.", "The bridge cost nine crowns."],
            "The mayor opened the bridge for nine crowns.",
            True,
        ),
        ([], "The mayor opened it.", False),
        (["Iraq’s premier spoke."], "The premier of Iraq spoke.", True),
    ],
)
def test_support_asks_for_words_names_and_numbers(quotes: list[str], claim: str, is_supported: bool) -> None:
    assert supports(quotes, claim) is is_supported


def test_areas_are_as_by_hand() -> None:
    confidence, right = np.array([0.9, 0.8, 0.7, 0.6]), np.array([1.0, 0.0, 1.0, 0.0])

    assert risk_coverage(confidence, right) == [
        [0.25, 0, 0.9], [0.5, 0.5, 0.8], [0.75, pytest.approx(1 / 3, abs=1e-5), 0.7], [1, 0.5, 0.6],
    ]  # fmt: skip
    assert aurc(confidence, right) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    assert auroc(confidence, right) == 3 / 4
    assert auroc(np.array([0.5, 0.5]), np.array([1.0, 0.0])) == 1 / 2
    assert auroc(confidence, np.ones(4)) is None
    assert calibration(confidence, right)[-1] == [0.9, 1, 1]


@given(st.permutations(range(6)))
def test_equal_confidences_give_the_same_area_in_any_order(order: list[int]) -> None:
    confidence, right = np.array([0.9, 0.5, 0.5, 0.5, 0.5, 0.1]), np.array([1.0, 0, 1, 0, 0, 1])

    assert aurc(confidence[order], right[order]) == pytest.approx(aurc(confidence, right))


def test_confidence_that_means_nothing_is_seen_in_the_areas(tmp_path: Path) -> None:
    good = [result(city, confidence=0.9) for city in CITIES[:6]]
    good += [result(city, answerable=False, answer=abstention(0.05)) for city in CITIES[6:]]
    bad = [one | {"answer": one["answer"] | {"confidence": n % 2 / 2}} for n, one in enumerate(good)]

    before, after = score(stored(tmp_path / "a", good)), score(stored(tmp_path / "b", bad))

    assert (value(before, "AUROC"), value(after, "AUROC")) == (1, 0.5)
    assert value(before, "AURC") < value(after, "AURC")
    assert value(before, "selective risk") == 0


def test_what_could_not_be_asked_is_unscored_with_its_reason_and_in_no_mean(tmp_path: Path) -> None:
    broken = result("ulm", answer=None, error="the question has no word in it", retrieved=[], cited=[])

    scores = score(stored(tmp_path / "run", [broken, result("bonn")]))

    assert scores["unscored"] == {"ulm": "the question has no word in it"}
    assert scores["measures"]["gold in first claim"] | {"low": 0, "high": 0} == {
        "value": 1, "low": 0, "high": 0, "n": 1, "unscored": 1,
    }  # fmt: skip
    assert value(scores, "document nDCG@10") == 1 / 2


def test_what_the_answers_do_not_say_is_unscored_until_they_do(tmp_path: Path) -> None:
    one, two = result("ulm"), result("bonn")
    for question in (one["question"], two["question"]):
        question |= {"speakers": ["Ada Brandt"], "positions": [{"text": "x", "evidence": ["x"]}]}
    silent = score(stored(tmp_path / "a", [one, two]))
    one["answer"]["claims"][0]["speaker"] = {"name": "Brandt", "affiliation": None, "verb": "said", "direct": True}
    one["answer"]["disagreements"] = [{"topic": "cost", "positions": []}]
    spoken = score(stored(tmp_path / "b", [one, two]))

    assert silent["measures"]["attribution"]["value"] is None
    assert "names a speaker" in silent["measures"]["attribution"]["reason"]
    assert value(spoken, "attribution") == 1 / 2
    assert (value(spoken, "disagreement recall"), value(spoken, "disagreement precision")) == (1 / 2, 1)
    assert value(spoken, "disagreement F1") == pytest.approx(2 / 3)


def test_questions_of_one_cluster_make_an_interval_wider_not_narrower() -> None:
    values = [float(n % 20 < 10) for n in range(200)]
    alone = means({"m": values}, [str(n) for n in range(200)])["m"]
    together = means({"m": values}, [str(n % 20) for n in range(200)])["m"]

    assert alone.value == together.value == 0.5
    assert None not in (alone.low, alone.high, together.low, together.high)
    assert together.high - together.low > 2 * (alone.high - alone.low)  # type: ignore[operator]
    assert alone.high - alone.low == pytest.approx(2 * 1.96 * math.sqrt(0.25 / 200), rel=0.1)  # type: ignore[operator]


def test_a_figure_that_never_varies_has_wilsons_interval() -> None:
    always = means({"m": [1.0] * 60}, [str(n) for n in range(60)])["m"]

    assert (always.value, always.high) == (1, 1)
    assert always.low == pytest.approx(0.9398, abs=1e-4)


def test_near_misses_have_figures_of_their_own(tmp_path: Path) -> None:
    results = [result(city) for city in CITIES[:6]]
    results += [result(city, answerable=False, kind="near-miss") for city in CITIES[6:9]]
    results += [result(city, answerable=False, kind="other", answer=abstention()) for city in CITIES[9:]]

    groups = score(stored(tmp_path / "run", results))["groups"]["type"]

    assert groups["near-miss"]["abstained, of unanswerable"]["value"] == 0
    assert groups["other"]["abstained, of unanswerable"]["value"] == 1
    assert groups["near-miss"]["AUROC"]["value"] == 0.5
    assert groups["other"]["AUROC"]["value"] == 1
