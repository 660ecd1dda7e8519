"""Results as a journalist reads them in a terminal, made from the same JSON that `--json` prints.

Example: an answer becomes its claims with their markers; under each claim the quotes, who printed them and when;
then the cited articles, apart from those that were only considered.

Article text is only ever shown as text: control characters are taken out, and no markup in it is interpreted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TextIO

    Json = dict[str, Any]

_SPACE = re.compile(r"\s+")
# Terminals act on C0 and C1 controls; marks that turn the direction of writing can show a text as another one.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]")
_WHY_NOT = {
    "no_evidence": "The articles do not answer this.",
    "unsupported": "What was found does not support an answer.",
    "empty_library": "There are no articles to answer from.",
    "ambiguous": "It is not clear who is meant. One of these?",
}
_NARROWEST = 20  # columns left for text, however deep it is indented
_EXCERPT = 240  # characters of a passage that does not answer
_WIDEST = 100  # columns; longer lines are hard to read


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leaves it to the command's own ending; rich would end the process with 1."""
        raise BrokenPipeError


def console(file: TextIO) -> Console:
    """A console that writes to a file: styled on a terminal, plain text elsewhere or when `NO_COLOR` is set."""
    return _Console(file=file, highlight=False, markup=False, emoji=False)


def show_result(
    out: Console, result: Json, n_documents: Callable[[], int] | None, *, filtered: bool = False, n_shown: int = 0
) -> None:
    """An answer, or why there is none.

    Args:
        n_shown: Claims of it that have been shown already, after the query.
        n_documents: Called when it matters how many articles were searched; `None` when that is no longer known.
        filtered: Whether the question was put to some of the articles only.
    """
    if not n_shown:
        show_query(out, result["query"], result["question"])
    if result["kind"] == "answer":
        _show_answer(out, result, n_shown)
    elif result["reason"] == "ambiguous":
        _show_abstention(out, result, "")
    elif filtered and result["reason"] != "empty_library" and not result["considered"]:
        _show_abstention(out, result, "No article passes these filters.")
    else:
        _show_abstention(out, result, f"Searched {_count(n_documents(), 'article')}." if n_documents else "")


def show_query(out: Console, query: str, question: str) -> None:
    """What was searched, where it is not the question as it was typed."""
    if query != question:
        _write(out, Text(f"Searched as: {printable(query)}", "dim"))


def show_conversations(out: Console, listing: Json) -> None:
    """Conversations, the one continued last first."""
    for one in listing["conversations"]:
        _write(out, Text(printable(one["title"]), "bold"))
        _write(out, Text(f"{one['id']}, {_count(one['turns'], 'turn')}, {one['updated_at'][:10]}", "dim"), "    ")
    shown, total = len(listing["conversations"]), listing["total"]
    if shown < total:
        _write(out, Text(f"{shown} of {total:,} conversations; --offset and --limit show others", "dim"))
    elif not total:
        _write(out, Text("There are no conversations.", "dim"))


def show_conversation(out: Console, conversation: Json) -> None:
    """Every question with what was answered to it."""
    for turn in conversation["turns"]:
        _write(out, Text(printable(turn["question"]), "bold"), "? ", "  ")
        show_result(out, turn["result"], None)
        _blank(out)


def show_passages(out: Console, result: Json) -> None:
    """The passages that a search found, best first."""
    if not result["passages"]:
        _write(out, Text("No passage was found."))
    for rank, passage in enumerate(result["passages"], start=1):
        _show_passage(out, passage, f"{rank:>2}  ")


def show_events(out: Console, timeline: Json) -> None:
    """Dated events, oldest first, with the quotes of each."""
    if not timeline["events"]:
        _write(out, Text("The articles report no dated event on this."))
    for event in timeline["events"]:
        days = event["first"] if event["first"] == event["last"] else f"{event['first']} to {event['last']}"
        _write(out, Text.assemble((days, "bold magenta"), "  ", (printable(event["text"]), "bold")), "", "  ")
        for citation in event["citations"]:
            _show_citation(out, citation, printable(event["text"]))
        _write(out, Text(_corroboration(event["corroboration"]), "dim"), "  ")
        _blank(out)
    if len(timeline["events"]) < timeline["total"]:
        shown = f"{len(timeline['events'])} of {timeline['total']:,} events; --limit, --from and --to show others"
        _write(out, Text(shown, "dim"))


def show_speakers(out: Console, listing: Json) -> None:
    """Who makes statements, most statements first."""
    for one in listing["speakers"]:
        others = ", ".join(printable(name) for name in one["names"] if name != one["name"])
        _write(out, Text.assemble((printable(one["name"]), "bold"), f"  {printable(one['role'] or '')}"))
        spelt = f"; also {others}" if others else ""
        counted = f"{_count(one['statements'], 'statement')}, {_count(one['documents'], 'article')}{spelt}"
        _write(out, Text(counted, "dim"), "    ")
    if len(listing["speakers"]) < listing["total"]:
        shown = f"{len(listing['speakers'])} of {listing['total']:,} speakers; --offset and --limit show others"
        _write(out, Text(shown, "dim"))


def show_statements(out: Console, speaker: Json, listing: Json) -> None:
    """What somebody is reported to have said, latest first."""
    _write(out, Text.assemble((printable(speaker["name"]), "bold"), f"  {printable(speaker['role'] or '')}"))
    for one in listing["statements"]:
        _blank(out)
        _write(out, Text(printable(one["text"])), "  ", "  ")
        _write(
            out, Text.assemble((f"{one['form']}, {printable(one['cue'] or 'goes on')}  ", "dim"), _origin(one)), "    "
        )
    if len(listing["statements"]) < listing["total"]:
        shown = f"{len(listing['statements'])} of {listing['total']:,} statements; --offset and --limit show others"
        _write(out, Text(shown, "dim"))


def show_disagreements(out: Console, listing: Json) -> None:
    """What outlets differ on, each position with its quotes."""
    for one in listing["disagreements"]:
        _write(out, Text.assemble((printable(one["topic"]), "bold yellow"), (f"  {one['kind']}", "dim")))
        for position in one["positions"]:
            _write(out, Text(f"– {printable(position['text'])}", "bold"), "  ", "    ")
            for quote in position["quotes"]:
                _write(out, _origin(quote), "    ", "      ")
        _blank(out)
    if not listing["disagreements"]:
        _write(out, Text("No disagreement was found."))


def show_failures(out: Console, failed: Iterable[Json]) -> None:
    """Which articles were not stored, and why."""
    for failure in failed:
        _write(out, Text.assemble(("failed: ", "red"), printable(failure["uri"]), ": ", printable(failure["reason"])))


def show_status(out: Console, status: Json, folder: str) -> None:
    """What the library holds."""
    first, last = status["first_published"], status["last_published"]
    size = status["bytes"] / 1_000_000
    rows = {
        "library": folder,
        "articles": f"{status['documents']:,}" + (f" ({status['pending']:,} pending)" if status["pending"] else ""),
        "passages": f"{status['passages']:,}",
        "outlets": f"{status['outlets']:,}",
        "published": "no dates known" if first is None else first if first == last else f"{first} to {last}",
        "model": status["model"],
        "size": f"{size:,.1f} MB",
    }
    rows |= {"problem" if not number else "": problem for number, problem in enumerate(status["problems"])}
    for name, value in rows.items():
        _write(out, Text.assemble((f"{name:<10}", "dim"), printable(value)), rest=" " * 10)


def show_documents(out: Console, listing: Json) -> None:
    """Documents, newest first."""
    for document in listing["documents"]:
        _write(out, Text(printable(document["id"]), "bold"))
        _write(out, _origin(document), "    ")
    shown, total = len(listing["documents"]), listing["total"]
    if shown < total:
        _write(out, Text(f"{shown} of {total:,} articles; --offset and --limit show others", "dim"))
    elif not total:
        _write(out, Text("There are no articles.", "dim"))


def dated(words: Json) -> str:
    """Words of time with the days they name: `Friday (2020-01-10)`; empty when those are not known."""
    first, last = words["first"], words["last"]
    if not first:
        return ""
    return (
        f"{printable(words['text'])} ({first if first == last else f'{first} to {last}' if last else f'from {first}'})"
    )


def printable(text: str) -> str:
    """The text on one line, without what a terminal would act on."""
    return _CONTROL.sub("", _SPACE.sub(" ", text)).strip()


def _show_answer(out: Console, answer: Json, n_shown: int) -> None:
    for claim in answer["claims"][n_shown:]:
        show_claim(out, claim)
    if answer["disagreements"]:
        _write(out, Text("The articles disagree", "bold yellow"))
        for disagreement in answer["disagreements"]:
            _write(out, Text(printable(disagreement["topic"])), "  ")
            for position in disagreement["positions"]:
                said = f"– {printable(position['text'])} {_markers(position['citations'])}"
                _write(out, Text(said), "    ", "      ")
                known = {quote["marker"] for claim in answer["claims"] for quote in claim["citations"]}
                for quote in position["quotes"]:
                    if quote["marker"] not in known:
                        _write(
                            out, Text.assemble((f"[{quote['marker']}] ", "cyan"), _origin(quote)), "      ", "        "
                        )
        _blank(out)
    _show_sources(out, answer)
    _show_note(out, answer)


def _show_note(out: Console, result: Json) -> None:
    if result.get("note"):
        _blank(out)
        _write(out, Text(f"Note: {printable(result['note'])}", "yellow"))


def show_claim(out: Console, claim: Json) -> None:
    """A claim with its quotes."""
    markers = _markers([citation["marker"] for citation in claim["citations"]])
    stands = claim["support"]["verdict"] == "supported"
    _write(out, Text.assemble((printable(claim["text"]), "bold" if stands else "strike"), (f" {markers}", "cyan")))
    days = [day for words in claim.get("dates", ()) if (day := dated(words))]
    if days:
        _write(out, Text("; ".join(days), "magenta"), "  ")
    revision = claim.get("superseded_by")
    if revision:
        _write(out, Text("A later report corrects this:", "bold yellow"), "  ")
        _show_citation(out, revision, "")
    if claim["speaker"]:
        _write(out, Text(_speaker(claim["speaker"]), "italic"), "  ")
    for citation in claim["citations"]:
        _show_citation(out, citation, printable(claim["text"]))
    notes = [_corroboration(claim["corroboration"])]
    if not stands:
        reason = claim["support"].get("reason")
        notes.append(f"the quotes do not carry this{f' ({reason})' if reason else ''}")
    _write(out, Text("; ".join(filter(None, notes)), "dim"), "  ")
    _blank(out)


def _show_citation(out: Console, citation: Json, claim: str) -> None:
    label = f"[{citation['marker']}]"
    quote = printable(citation["quote"])
    inner = " " * (len(label) + 3)
    if quote == claim:
        _write(out, Text.assemble((label, "cyan"), " word for word in ", _origin(citation)), "  ", inner)
    else:
        _write(out, Text.assemble((label, "cyan"), f" “{quote}”"), "  ", inner)
        _write(out, _origin(citation), inner)


def _show_sources(out: Console, answer: Json) -> None:
    citations = {
        citation["document_id"]: citation
        for claim in reversed(answer["claims"])
        for citation in claim["citations"][::-1]
    }
    markers: dict[str, list[int]] = {}
    for claim in answer["claims"]:
        for citation in claim["citations"]:
            markers.setdefault(citation["document_id"], []).append(citation["marker"])
    _write(out, Text("Cited", "bold"))
    for document_id in answer["cited"]:
        label = _markers(sorted(set(markers.get(document_id, []))))
        where = citations.get(document_id, {}).get("url") or document_id
        _write(out, Text.assemble((label, "cyan"), " ", printable(where)), "  ", "      ")
    rest = [document_id for document_id in answer["considered"] if document_id not in answer["cited"]]
    if rest:
        _write(out, Text("Also considered, not cited", "bold dim"))
        for document_id in rest:
            _write(out, Text(printable(document_id), "dim"), "  ", "      ")


def _show_abstention(out: Console, abstention: Json, extent: str) -> None:
    _write(out, Text.assemble(("No answer. ", "bold yellow"), (_WHY_NOT[abstention["reason"]], "yellow")))
    for reading in abstention.get("readings", ()):
        _write(out, Text(printable(reading)), "  · ")
    if extent:
        _write(out, Text(extent, "dim"))
    if abstention["closest"]:
        _blank(out)
        _write(out, Text("The closest passages, none of which answers the question:", "dim"))
        for passage in abstention["closest"]:
            _show_passage(out, {**passage, "text": _shortened(printable(passage["text"]))}, "  · ")
    _show_note(out, abstention)


def _show_passage(out: Console, passage: Json, label: str) -> None:
    inner = " " * len(label)
    _write(out, Text(printable(passage["text"])), label, inner)
    _write(out, Text.assemble(_origin(passage), (f"  {printable(passage['passage_id'])}", "dim")), inner)
    _blank(out)


def _shortened(text: str) -> str:
    """The text up to the last whole word that fits, and three dots in place of the rest."""
    return text if len(text) <= _EXCERPT else text[:_EXCERPT].rsplit(" ", 1)[0] + " …"


def _origin(record: Json) -> Text:
    """Who printed it, when, under which title; what is not known is left out."""
    outlet, day, title = (record.get(name) for name in ("outlet", "published_on", "title"))
    known = [
        (printable(outlet or "unknown outlet"), "green"),
        (printable(day or "no date"), ""),
        (printable(title or ""), "italic"),
    ]
    return Text(", ").join(Text(*part) for part in known if part[0])


def _speaker(speaker: Json) -> str:
    who = ", ".join(printable(part) for part in (speaker["name"], speaker["affiliation"]) if part)
    return f"{who} {printable(speaker['verb'])}"


def _corroboration(corroboration: Json) -> str:
    documents, outlets, origins = corroboration["documents"], corroboration["outlets"], corroboration["origins"]
    parts = [_count(documents, "article")]
    if outlets:
        parts.append(_count(len(outlets), "outlet"))
    if origins < documents:
        parts.append(f"{_count(origins, 'origin')} (the others print the same story)")
    return ", ".join(parts)


def _markers(numbers: Iterable[int]) -> str:
    return "".join(f"[{number}]" for number in numbers)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _write(out: Console, text: Text, first: str = "", rest: str | None = None) -> None:
    """The text, wrapped to the console's width.

    Args:
        first: What stands before the first line.
        rest: What stands before every other line; `first` unless said.
    """
    rest = first if rest is None else rest
    width = max(min(out.width, _WIDEST) - len(rest), _NARROWEST)
    for number, line in enumerate(text.wrap(out, width)):
        line.rstrip()
        out.print(Text(first if number == 0 else rest) + line, soft_wrap=True)


def _blank(out: Console) -> None:
    out.print()
