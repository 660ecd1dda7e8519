"""Whether answers say what they should: against accepted answers, gold sentences, and key facts.

Example: `answer_scores(result)` is `{"exact match": 0.0, "token F1": 0.21, "gold in first claim": 1.0, …}`.
For a question that can be answered, an abstention scores 0 everywhere.
Source: exact match and token F1 of SQuAD (Rajpurkar and others 2016), of the first claim with the best accepted answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eval.wording import holds, normal, token_f1

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Json = dict[str, Any]
    Span = Sequence[Any]

FIRST = {"first claim": 1, "first three claims": 3}
NAMES = (
    "right",
    "gold in first claim",
    "gold in first three claims",
    "answer in first claim",
    "answer in first three claims",
    "exact match",
    "token F1",
    "key facts",
    "positions",
    "answered, of answerable",
    "abstained, of unanswerable",
)


def answer_scores(result: Json) -> dict[str, float]:
    """What can be scored of the answer to a question; what does not apply is left out.

    `right` is: gold within the first three claims, or an abstention where the articles do not say.
    """
    question, answer = result["question"], result["answer"]
    abstained = answer["kind"] == "abstention"
    if not question["answerable"]:
        return {"abstained, of unanswerable": float(abstained), "right": float(abstained)}
    scores = {"answered, of answerable": float(not abstained)}
    claims = answer.get("claims", [])
    if has_gold(result):
        scores |= {f"gold in {name}": float(any(map(_holder(result), claims[:n]))) for name, n in FIRST.items()}
        scores["right"] = scores["gold in first three claims"]
    if question.get("answers"):
        scores |= _wordings([normal(answer) for answer in question["answers"]], claims)
    said = normal(" ".join(claim["text"] for claim in claims))
    if facts := question.get("key_facts"):
        scores["key facts"] = sum(holds(said, normal(fact)) for fact in facts) / len(facts)
    if positions := question.get("disagreements") or question.get("positions"):
        taken = [any(_carries(claim, position["evidence"]) for claim in claims) for position in positions]
        scores["positions"] = sum(taken) / len(taken)
    return scores


def has_gold(result: Json) -> bool:
    """Whether it is known what an answer should cite."""
    return bool(result["gold"]["spans"] or result["question"].get("evidence"))


def _wordings(accepted: list[list[str]], claims: list[Json]) -> dict[str, float]:
    said = [normal(claim["text"]) for claim in claims]
    first = said[0] if said else []
    scores = {
        f"answer in {name}": float(any(holds(claim, wanted) for claim in said[:n] for wanted in accepted))
        for name, n in FIRST.items()
    }
    scores["exact match"] = float(bool(said) and any(first == wanted for wanted in accepted))
    scores["token F1"] = max(token_f1(first, wanted) for wanted in accepted) if said else 0.0
    return scores


def _holder(result: Json) -> Any:
    """Tells whether a claim cites gold: a span that overlaps a gold span as far as one of them goes, or its words.

    Words are looked at too: an article and its copies carry the same sentence, and a set may name only one of them.
    """
    spans: list[Span] = result["gold"]["spans"]
    evidence = result["question"].get("evidence") or []

    def cites_gold(claim: Json) -> bool:
        return any(_within(one, span) for one in claim["citations"] for span in spans) or _carries(claim, evidence)

    return cites_gold


def _within(citation: Json, span: Span) -> bool:
    document_id, start, end = span
    if citation["document_id"] != document_id:
        return False
    outer, inner = (citation["start"], citation["end"]), (start, end)
    return _contains(outer, inner) or _contains(inner, outer)


def _contains(outer: tuple[int, int], inner: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _carries(claim: Json, evidence: Iterable[str]) -> bool:
    quotes = [normal(citation["quote"]) for citation in claim["citations"]]
    wanted = [normal(piece) for piece in evidence]
    return any(holds(quote, piece) or holds(piece, quote) for quote in quotes for piece in wanted)
