"""A model's reply as it is read: claims and markers, whole or in pieces, in either form, or in none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.write_reply import MOST_CLAIMS, Reading, Written, without_markers


def _read(text: str, n_passages: int = 5, size: int = 7) -> list[Written]:
    reading = Reading(n_passages)
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    return [claim for piece in pieces for claim in reading.feed(piece)] + reading.end()


def _json(*claims: Any) -> str:
    return json.dumps({"claims": list(claims)})


@pytest.mark.parametrize(
    ("text", "plain", "passages", "unknown"),
    [
        ("It rose [1].", "It rose.", (1,), 0),
        ("It rose [7].", "It rose.", (), 1),
        ("It rose [0][-1].", "It rose.", (), 2),
        ("It rose [1,9].", "It rose.", (1,), 1),
        ("It rose [^2].", "It rose.", (2,), 0),
        ("It rose [\uff11].", "It rose.", (1,), 0),
        ("It rose 【3†source】.", "It rose.", (3,), 0),
        ("It rose [2-4].", "It rose.", (2, 3, 4), 0),
        ("It [3] rose [1] [3].", "It rose.", (3, 1), 0),
        ("Write `a[1]` to read it [2].", "Write `a[1]` to read it.", (2,), 0),
        ("He said [sic] that [1].", "He said [sic] that.", (1,), 0),
        ("A\u200b [1]\u202e", "A", (1,), 0),
    ],
)
def test_markers_are_taken_out_and_those_that_name_nothing_are_counted(
    text: str, plain: str, passages: tuple[int, ...], unknown: int
) -> None:
    assert without_markers(text, 5) == Written(plain, passages, unknown)


@given(st.text(st.sampled_from("ab [],-0123459^`\uff11"), max_size=40), st.integers(0, 5))
def test_no_marker_leads_beyond_the_passages(text: str, n_passages: int) -> None:
    found = without_markers(text, n_passages)

    assert all(1 <= number <= n_passages for number in found.passages)
    assert found.unknown >= 0


@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
def test_a_reply_says_the_same_in_whatever_pieces_it_comes(size: int) -> None:
    reply = _json({"text": "Það hækkaði [2].", "passages": [1]}, {"text": "It “fell”.", "passages": [3, 9]})

    assert _read(reply, size=size) == [Written("Það hækkaði.", (1, 2), 0), Written("It “fell”.", (3,), 1)]
    assert _read("- It rose. [1]\n- It fell. [2][9]", size=size) == [
        Written("It rose.", (1,), 0),
        Written("It fell.", (2,), 1),
    ]


def test_a_claim_is_known_as_soon_as_the_next_begins() -> None:
    reading = Reading(5)

    assert reading.feed('{"claims": [{"text": "It rose.", "passages": [1]}') == []
    assert reading.feed(', {"te') == [Written("It rose.", (1,), 0)]
    assert reading.end() == []


@pytest.mark.parametrize(
    "reply",
    [
        "```json\n" + _json({"text": "It rose.", "passages": [1]}) + "\n```",
        "<think>Passage 2 says [2] so.</think>\n" + _json({"text": "It rose.", "passages": [1]}),
        json.dumps([{"text": "It rose.", "passages": [1]}]),
        "Here is the answer:\n\n- It rose. [1]\n\nI hope that this helps!",
        "1. It rose. [1]",
    ],
)
def test_what_models_put_around_their_claims_is_passed_over(reply: str) -> None:
    assert _read(reply) == [Written("It rose.", (1,), 0)]


@pytest.mark.parametrize("reply", ['{"claims": []}', "NONE", "None.", "[]", "<think>hm</think> NONE"])
def test_a_reply_may_say_that_nothing_answers(reply: str) -> None:
    reading = Reading(5)

    assert reading.feed(reply) + reading.end() == []
    assert reading.says_none


@pytest.mark.parametrize(
    "reply",
    ["", "It rose.", "{", '{"claims"', '{"claims": "none"}', '{"claims": [7, {"text": 3}]}', "- It rose.", "[" * 900],
)
def test_a_malformed_reply_has_no_claims_and_does_not_say_that_nothing_answers(reply: str) -> None:
    reading = Reading(5)

    assert reading.feed(reply) + reading.end() == []
    assert not reading.says_none


def test_a_claim_that_was_cut_off_is_none() -> None:
    reply = _json({"text": "It rose.", "passages": [1]}, {"text": "It fell.", "passages": [12]})

    assert _read(reply[:-5]) == [Written("It rose.", (1,), 0)]


def test_endless_claims_are_cut() -> None:
    many = [{"text": f"It rose {n} times.", "passages": [1]} for n in range(50)]
    long = {"text": "very " * 500, "passages": [1]}

    assert len(_read(_json(*many))) == MOST_CLAIMS
    assert _read(_json(long)) == []


@given(st.text(max_size=200))
def test_no_reply_breaks_the_reading(text: str) -> None:
    for claim in _read(text):
        assert claim.text
