"""The questions of a report as the browser gets them: every text once, and spans in the units of JavaScript.

Example: `{"questions": [{"id": "seed-001", "results": [{"outcome": 0, "claims": [{"citations": [{"passage": 3,
"start": 0, "end": 141}]}]}]}], "passages": [{"document": 0, "text": "…"}]}`. A claim without `text` is its first quote.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from eval.report.judge import OUTCOMES, judge
from eval.report.read import relevant
from eval.report.summarise import kind_of, names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.report.read import Result, Run

_NOT_LOOKED: dict[str, Any] = {}  # what stood where a citation says is not known
_DOCUMENT = ("outlet", "title", "published_on", "url")
# What would end the element, or a line of JavaScript, is written as JSON's own escape.
_ESCAPES = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}


def pack(runs: Sequence[Run], deciding: str | None) -> dict[str, Any]:
    """All questions, in the order of the first run, then those that only later runs have.

    Args:
        runs: As read.
        deciding: The measure that tells right from wrong.
    """
    texts = _Texts(runs)
    ids = dict.fromkeys(result.id for run in runs for result in run.results)
    by_run = [{result.id: result for result in run.results} for run in runs]
    measures = list(dict.fromkeys(name for run in runs for name in run.scores.get("measures") or {}))
    questions = []
    for id_ in ids:
        found = [of_run.get(id_) for of_run in by_run]
        first = next(result for result in found if result)
        results = [
            result and _result(run, result, texts, measures, deciding) for run, result in zip(runs, found, strict=True)
        ]
        questions.append({**_question(first, texts), "results": results})
    return {
        "runs": names(runs),
        "outcomes": OUTCOMES,
        "measures": measures,
        "questions": questions,
        "passages": texts.passages,
        "documents": texts.documents,
    }


def as_script(data: dict[str, Any]) -> str:
    """JSON that may stand inside `<script type="application/json">`."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)


class _Texts:
    """Passages and documents, each once, by their place in a list."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.passages: list[dict[str, Any]] = []
        self.documents: list[dict[str, Any]] = []
        self._known = {id_: line for run in runs for id_, line in run.passages.items()}
        self._places: dict[tuple[str, str], int] = {}

    def document(self, id_: str, said: dict[str, Any]) -> int:
        place = self._places.setdefault(("document", id_), len(self.documents))
        if place == len(self.documents):
            self.documents.append({"id": id_})
        known = self.documents[place]
        known.update({name: said[name] for name in _DOCUMENT if said.get(name) and name not in known})
        return place

    def passage(self, id_: str, said: dict[str, Any]) -> int:
        place = self._places.setdefault(("passage", id_), len(self.passages))
        line = self._known.get(id_) or said
        document = self.document(str(line.get("document_id") or said.get("document_id") or ""), {**said, **line})
        if place == len(self.passages):
            text = line.get("text")
            self.passages.append({"document": document} | ({"text": text} if text else {}))
        return place

    def span(self, citation: dict[str, Any]) -> dict[str, Any]:
        """Where the quote stands in its passage, in UTF-16 code units; the quote itself where that is not known."""
        place = self.passage(str(citation.get("passage_id") or citation.get("document_id") or ""), citation)
        text = self.passages[place].get("text") or ""
        line = self._known.get(str(citation.get("passage_id"))) or {}
        quote = citation.get("quote") or ""
        start = (citation.get("start") or 0) - (line.get("start") or 0)
        if start < 0 or not quote or text[start : start + len(quote)] != quote:
            return {"passage": place, "quote": quote}
        before = _units(text[:start])
        return {"passage": place, "start": before, "end": before + _units(quote)}

    def gold(self, result: Result) -> list[list[int]] | None:
        """Where the gold stands in the passages that are shown: `[passage, start, end]`; `None` when not known."""
        if not result.gold_spans:
            return None
        claims = (result.answer or {}).get("claims") or ()
        shown = [*result.best, *(citation for claim in claims for citation in claim.get("citations") or ())]
        ids = dict.fromkeys(str(one.get("passage_id")) for one in shown)
        found = (self._within(id_, *gold) for id_ in ids for gold in result.gold_spans)
        return [span for span in found if span]

    def _within(self, id_: str, document: str, start: int, end: int) -> list[int] | None:
        line = self._known.get(id_) or {}
        text, first = line.get("text") or "", line.get("start") or 0
        low, high = max(start - first, 0), min(end - first, len(text))
        if line.get("document_id") != document or low >= high:
            return None
        before = _units(text[:low])
        return [self.passage(id_, line), before, before + _units(text[low:high])]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _question(result: Result, texts: _Texts) -> dict[str, Any]:
    asked = result.question
    return {
        "id": result.id,
        "question": str(asked.get("question") or ""),
        "type": kind_of(result),
        "answerable": bool(asked.get("answerable", True)),
        **_known(
            answers=[str(answer) for answer in asked.get("answers") or ()],
            evidence=[_evidence(one) for one in asked.get("evidence") or ()],
            relevant=[texts.document(id_, {}) for id_ in relevant(asked)],
            history=[_turn(turn) for turn in asked.get("history") or ()],
        ),
    }


def _evidence(one: Any) -> str:
    return str(one.get("text") or one.get("quote") or "") if isinstance(one, dict) else str(one)


def _turn(turn: Any) -> str:
    return (
        str(turn.get("question") or turn.get("content") or turn.get("text") or turn)
        if isinstance(turn, dict)
        else str(turn)
    )


def _result(run: Run, result: Result, texts: _Texts, measures: Sequence[str], deciding: str | None) -> dict[str, Any]:
    outcome, reason = judge(run, result, deciding)
    answer = result.answer or {}
    scored = _scored(run).get(result.id) or {}
    kind = answer.get("kind")
    return {
        "outcome": OUTCOMES.index(outcome),
        "best": [_best(passage, texts) for passage in result.best],
        "scores": [scored.get(measure) for measure in measures],
        **_known(
            unscored=reason,
            abstained=(answer.get("text") or answer.get("reason") or "") if kind == "abstention" else None,
            claims=_claims(answer.get("claims") or (), result.cited, texts),
            gold=texts.gold(result),
            disagreements=answer.get("disagreements"),
            confidence=answer.get("confidence"),
            rank=result.gold_rank,
            latency=result.latency_ms,
            timings=answer.get("timings_ms"),
            tokens=result.tokens,
            cost=result.cost,
        ),
    }


def _best(passage: dict[str, Any], texts: _Texts) -> dict[str, Any]:
    place = texts.passage(str(passage.get("passage_id") or ""), passage)
    return {"passage": place, "score": passage.get("score")}


def _claims(
    claims: Sequence[dict[str, Any]], cited: Sequence[dict[str, Any] | None], texts: _Texts
) -> list[dict[str, Any]]:
    stood = iter(cited)
    packed = []
    for claim in claims:
        citations = [_citation(one, next(stood, _NOT_LOOKED), texts) for one in claim.get("citations") or ()]
        packed.append(_claim(claim, citations))
    return packed


def _citation(citation: dict[str, Any], stood: dict[str, Any] | None, texts: _Texts) -> dict[str, Any]:
    """A citation, and whether its quote did not stand in the article."""
    is_false = stood is not _NOT_LOOKED and (stood is None or stood.get("text") != citation.get("quote"))
    return {"marker": citation.get("marker")} | texts.span(citation) | ({"false": True} if is_false else {})


def _claim(claim: dict[str, Any], packed: Sequence[dict[str, Any]]) -> dict[str, Any]:
    citations: Sequence[dict[str, Any]] = claim.get("citations") or []
    same = bool(citations) and citations[0].get("quote") == claim.get("text")
    counted = claim.get("corroboration") or {}
    return _known(
        text=None if same else str(claim.get("text") or ""),
        speaker=claim.get("speaker"),
        support=(claim.get("support") or {}).get("score"),
        verdict=(claim.get("support") or {}).get("verdict"),
        outlets=counted.get("outlets"),
        documents=counted.get("documents"),
        origins=counted.get("origins"),
    ) | {"citations": packed}


def _scored(run: Run) -> dict[str, dict[str, Any]]:
    return run.scores.get("questions") or {}


def _known(**fields: Any) -> dict[str, Any]:
    """What is there; nothing is written for what is not."""
    return {name: value for name, value in fields.items() if value is not None and value not in ([], {})}
