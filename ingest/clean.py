r"""The article's own text, and everything else that stood in the source with the reason why it was set aside.

Second stage of ingest. Nothing is lost: `restore` puts the pieces back and gives the source exactly. `noise` knows
what a line is by itself; this stage weighs where it stands. A line that may be a paragraph of the article stays.

Example:
    `"Troops to stay\\n\\nBAGHDAD – Iraq said so.\\nAgencies"` becomes the text `"Iraq said so."` with the pieces
    `(0, "Troops to stay\\n\\n", "headline")`, `(0, "BAGHDAD – ", "dateline")`, `(13, "\\nAgencies", "source")`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from ingest import noise
from ingest.dateline import dateline_in
from ingest.errors import ArticleError
from ingest.load import normalise
from ingest.newspages import agencies_in
from ingest.records import SetAside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.records import RawArticle

REASONS = noise.REASONS

_PARAGRAPH = 60  # characters from which a sentence is a paragraph of the article
_LONG = 140  # characters from which a line is one even without a full stop
_MAX_HEADLINE = 180
_MAX_UNSEPARATED = 120  # characters of a headline without a blank line below it
_MAX_HEAD_LINES = 5
_MAX_CROSSHEAD = 80
_MAX_LINES = 1_000_000
_MAX_LABEL_WORDS = 4
_MAX_ALT_WORDS = 8


@dataclass(frozen=True, slots=True)
class Cleaned:
    """An article's canonical text and what was set aside, in the order in which it stood.

    Args:
        given: What the source states about itself: its own fields, then those of the page.
    """

    text: str
    set_aside: tuple[SetAside, ...]
    given: dict[str, str]


@dataclass(slots=True)
class _Line:
    """A line of the source, or several that are one hard-wrapped paragraph, up to the next one."""

    start: int
    end: int
    text: str
    blank_after: bool = False
    reason: str | None = None
    is_paragraph: bool = False


class _Span(NamedTuple):
    """A stretch of the source; a reason of `None` means that it stays."""

    start: int
    end: int
    reason: str | None


def clean(raw: RawArticle) -> Cleaned:
    """The article's own text with all else set aside.

    Raises:
        ArticleError: Nothing in it is an article, or its page cannot be read.
    """
    body, given = raw.body, raw.given
    left_out: list[tuple[int, str]] = []
    if raw.is_html:
        from ingest.page import read_page

        paragraphs, left_out, stated = read_page(raw.body, raw.given.get("url"))
        body, given = "\n\n".join(paragraphs), {**stated, **raw.given}
    source = normalise(body)
    spans = _spans(source, given.get("title", ""))
    text, set_aside = _cut(source, spans)
    if not text:
        message = "nothing in it is an article: every line is a headline, a caption or a notice; check what was saved"
        raise ArticleError(message)
    return Cleaned(text, _with_left_out(source, set_aside, left_out), given)


def restore(text: str, set_aside: Sequence[SetAside]) -> str:
    """The source as it came in: the text with every piece back in its place."""
    parts: list[str] = []
    read_up_to = 0
    for piece in set_aside:
        parts.extend((text[read_up_to : piece.at], piece.text))
        read_up_to = piece.at
    return "".join((*parts, text[read_up_to:]))


def _with_left_out(
    source: str, set_aside: tuple[SetAside, ...], left_out: Sequence[tuple[int, str]]
) -> tuple[SetAside, ...]:
    """The pieces of the article with those of its page put between them."""
    starts = [0, *(match.end() for match in re.finditer("\n\n", source))]  # of the paragraphs
    merged: list[SetAside] = []
    pieces = list(reversed(set_aside))
    taken = 0  # characters of the source in the pieces so far
    for paragraph, block in left_out:
        is_below = paragraph >= len(starts)
        start = len(source) if is_below else starts[paragraph]
        while pieces and pieces[-1].at + taken < start:
            merged.append(pieces.pop())
            taken += len(merged[-1].text)
        at = max(start - taken, merged[-1].at if merged else 0)
        merged.append(SetAside(at, f"\n\n{block}" if is_below else f"{block}\n\n", "page"))
    return (*merged, *reversed(pieces))


# --- from lines to spans -------------------------------------------------------------------------------------------


def _spans(source: str, title: str) -> list[_Span]:
    """The source from start to end, as stretches that stay or are set aside.

    Raises:
        ArticleError: It has more lines than any article.
    """
    lines = _lines(source)
    for line in lines:
        line.reason = noise.reason_of(line.text)
        line.is_paragraph = line.reason is None and _is_paragraph(line.text)
    if len(lines) > 1:
        _mark_lists_of_links(lines)
        _mark_captions(lines)
        _mark_headline(lines, title)
        _mark_head(lines)
        _mark_alternative_texts(lines)
        _mark_crossheads(lines)
        _mark_tail(lines)
    spans = _with_blank_lines(source, lines)
    return _with_datelines(source, spans)


def _lines(source: str) -> list[_Line]:
    """The lines that are not blank; where a text is hard-wrapped, its paragraphs.

    Raises:
        ArticleError: There are more than in any article.
    """
    lines: list[_Line] = []
    position = 0
    for raw_line in source.split("\n"):
        text = raw_line.strip()
        if text:
            lines.append(_Line(position, min(position + len(raw_line) + 1, len(source)), text))
            if len(lines) > _MAX_LINES:
                message = f"it has more than {_MAX_LINES:,} lines, so it is a table or a log and no article: split it"
                raise ArticleError(message)
        elif lines:
            lines[-1].blank_after = True
        position += len(raw_line) + 1
    return _unwrapped(lines)


def _unwrapped(lines: list[_Line]) -> list[_Line]:
    """The lines, joined into paragraphs if most of them break off in mid-sentence."""
    pairs = [(a, b) for a, b in pairwise(lines) if not a.blank_after]
    widths = sorted(len(a.text) for a, _ in pairs)
    if len(pairs) < 3 or widths[-1] > 120 or widths[len(widths) // 2] < 45:
        return lines
    n_broken = sum(1 for a, b in pairs if b.text[0].islower() and not noise.ends_a_sentence(a.text))
    if n_broken * 4 < len(pairs):
        return lines
    joined: list[_Line] = []
    parts: list[str] = []
    for line in lines:
        if joined and not joined[-1].blank_after and len(parts[-1]) * 2 > widths[-1]:
            parts.append(line.text)
            joined[-1].end, joined[-1].blank_after = line.end, line.blank_after
            joined[-1].text = " ".join(parts) if line.blank_after else joined[-1].text
        else:
            _close(joined, parts)
            parts = [line.text]
            joined.append(line)
    _close(joined, parts)
    return joined


def _close(joined: list[_Line], parts: list[str]) -> None:
    if joined and len(parts) > 1:
        joined[-1].text = " ".join(parts)


def _is_paragraph(text: str) -> bool:
    return len(text) >= _LONG or (len(text) >= _PARAGRAPH and noise.ends_a_sentence(text))


# --- where a line stands -------------------------------------------------------------------------------------------


def _mark_lists_of_links(lines: list[_Line]) -> None:
    """What stands between the marks that some pages put around a list of links, `list 1 of 3` to `end of list`."""
    inside = 0
    for line in lines:
        if line.reason == "loading" and _LIST_MARKS.match(line.text):
            inside = 0 if line.text.lower().startswith("end") else 8
        elif inside and line.reason is None and len(line.text) <= 200:
            line.reason, line.is_paragraph = "related", False
            inside -= 1


_LIST_MARKS = re.compile(r"(?:list (?:of )?\d+|end of list)", re.IGNORECASE)
_BY_ALONE = frozenset({"by", "by:", "written by", "story by", "von", "par", "por", "author", "author:"})


def _mark_captions(lines: list[_Line]) -> None:
    """Lines known by the one beside them: text under `Image caption`, a name under `By`, an agency beside a caption."""
    for index, line in enumerate(lines):
        below = lines[index + 1] if index + 1 < len(lines) else None
        if line.text.lower() in _BY_ALONE and below and below.reason is None and _may_be_author(below.text):
            line.reason = below.reason = "byline"
            if below.text.endswith((" and", ",")) and index + 2 < len(lines) and _may_be_author(lines[index + 2].text):
                lines[index + 2].reason = "byline"
        is_mark = line.reason == "caption" and _BARE_MARK.match(line.text) is not None and not line.blank_after
        if is_mark and below and below.reason is None and len(below.text) <= 300:
            below.reason, below.is_paragraph = "caption", False
        if line.reason == "source" and len(line.text) < 40 and _touches_caption(lines, index):
            line.reason = "caption"


def _may_be_author(text: str) -> bool:
    """Whether a line below `By` can be the author: names, or a few words with a capital such as `XYZ staff`."""
    return noise.are_names(text) or (len(text.split()) <= 5 and text[0].isupper() and not noise.ends_a_sentence(text))


_BARE_MARK = re.compile(
    r"(?:image|media|video|photo)\s(?:caption|description)[,:]?\Z|(?:caption|image|photo|picture)[,:]?\Z", re.IGNORECASE
)


def _touches_caption(lines: list[_Line], index: int) -> bool:
    """Whether a caption stands right above or below."""
    above = index > 0 and lines[index - 1].reason == "caption" and not lines[index - 1].blank_after
    below = index + 1 < len(lines) and lines[index + 1].reason == "caption" and not lines[index].blank_after
    return above or below


def _mark_headline(lines: list[_Line], title: str) -> None:
    """The headline where it is printed above the article, also twice, and wherever it is repeated word for word."""
    head = _head(lines)
    headline = _given_headline(head, title) or _repeated(head) or _first_headline(lines, head)
    keys = {_key(title), _key(headline.text) if headline else ""} - {""}
    n_left = sum(1 for line in lines if line.reason is None)
    for line in lines:
        if line.reason is None and len(line.text) <= _MAX_HEADLINE and n_left > 1 and _key(line.text) in keys:
            line.reason, line.is_paragraph = "headline", False
            n_left -= 1
    for line in head:
        if line.reason is None and n_left > 1 and any(_is_nearly(line.text, key) for key in keys):
            line.reason, line.is_paragraph = "headline", False
            n_left -= 1


def _head(lines: list[_Line]) -> list[_Line]:
    """The lines that are not yet explained, down to and with the first two paragraphs of the article."""
    head: list[_Line] = []
    n_paragraphs = 0
    for line in lines:
        if line.reason is None:
            head.append(line)
            n_paragraphs += line.is_paragraph
        if n_paragraphs == 2 or len(head) == 12:
            break
    return head


def _given_headline(head: list[_Line], title: str) -> _Line | None:
    key = _key(title)
    return next((line for line in head if key and len(line.text) <= _MAX_HEADLINE and _is_nearly(line.text, key)), None)


def _repeated(head: list[_Line]) -> _Line | None:
    """A line that is printed twice above the article."""
    seen: set[str] = set()
    for line in head[:_MAX_HEAD_LINES]:
        key = _key(line.text) if len(line.text) <= _MAX_HEADLINE else ""
        if key.count(" ") > 1 and key in seen:
            return line
        seen.add(key)
    return None


def _first_headline(lines: list[_Line], head: list[_Line]) -> _Line | None:
    """The first line above the first paragraph that reads like a headline; `None` if the article starts without one."""
    if not any(line.is_paragraph for line in lines):
        return None
    above: list[_Line] = []
    for line in head:
        if line.is_paragraph:
            break
        above.append(line)
    if len(above) > _most_head_lines(lines):  # a table or a list
        return None
    candidates = [line for line in above if _reads_like_a_headline(line.text) and not _goes_on(lines, line)]
    long_enough = [line for line in candidates if len(line.text.split()) > 3 or not line.text.isascii()]
    if long_enough:
        return long_enough[0]
    return candidates[0] if candidates and candidates[0] is above[0] else None


def _most_head_lines(lines: list[_Line]) -> int:
    """How many unexplained lines may stand above an article: more on what is certainly a page than on a bare text."""
    is_page = sum(1 for line in lines[:20] if line.reason in {"date", "byline", "share", "reading time"}) > 1
    return 2 * _MAX_HEAD_LINES if is_page else _MAX_HEAD_LINES


def _goes_on(lines: list[_Line], line: _Line) -> bool:
    """Whether the next line continues this one, as where a sentence is broken by a subscript or a narrow page."""
    index = next(index for index, other in enumerate(lines) if other is line) + 1
    if line.blank_after or index == len(lines) or lines[index].reason is not None:
        return False
    return len(line.text) > _MAX_UNSEPARATED or not (
        lines[index].text[0].isupper() or lines[index].text[0] in "\"“‘'«(["
    )


def _reads_like_a_headline(text: str) -> bool:
    if len(text) > _MAX_HEADLINE or text[0].islower() or text.endswith((".", ":", ",", ";", ".”", '."')):
        return False
    return not _is_listed(text)


_LIST_MARK = re.compile(r"\s{0,3}(?:[-*+•·▪◦–—>|]|\d{1,3}[.)]|[a-z][.)])\s|\|")


def _is_listed(text: str) -> bool:
    """Whether a line is an item of a list or a row of a table."""
    return _LIST_MARK.match(text) is not None or text.count("|") > 1 or "\t" in text


def _key(text: str) -> str:
    """The letters and digits of a line in lower case, by which two printings of a headline are equal."""
    return " ".join(re.findall(r"\w+", text[:400].casefold()))


def _is_nearly(text: str, key: str) -> bool:
    """Whether a line prints the headline with a few other words, or with the outlet's name behind it."""
    if len(text) > _MAX_HEADLINE:
        return False
    own = _key(text)
    if own == key:
        return True
    words, others = set(own.split()), set(key.split())
    if min(len(words), len(others)) < 4 or {w for w in words if w.isdigit()} != {w for w in others if w.isdigit()}:
        return False
    return len(words & others) >= 0.75 * len(words | others)


def _mark_head(lines: list[_Line]) -> None:
    """Section names above the headline, and the author's name below it."""
    first = next((index for index, line in enumerate(lines) if line.is_paragraph), 0)
    has_headline = any(line.reason == "headline" for line in lines[:first])
    if sum(1 for line in lines[:first] if line.reason is None) > _most_head_lines(lines):
        return
    for index in range(first):
        line = lines[index]
        if line.reason is not None or _is_listed(line.text) or noise.ends_a_sentence(line.text):
            continue
        words = line.text.split()
        is_job = noise.is_job_line(line.text) and (index == 0 or lines[index - 1].reason is None)
        if is_job and index and noise.are_names(lines[index - 1].text):
            line.reason = lines[index - 1].reason = "byline"
        elif _is_name_beside_a_date(lines, index):
            line.reason = "byline"
        elif (
            has_headline
            and len(words) <= _MAX_LABEL_WORDS
            and len(line.text) <= 40
            and not _is_above_caption(lines, index)
        ):
            line.reason = "label"


def _is_name_beside_a_date(lines: list[_Line], index: int) -> bool:
    """Whether a line of two to four capitalised words, or `Name in Place`, stands near a date or a reading time."""
    name = re.sub(r"\s(?:in|for)\s[A-Z][\w ,.]{2,40}\Z", "", lines[index].text)
    if not 2 <= len(name.split()) <= 4 or not noise.are_names(name) or name.isupper():
        return False
    beside = lines[max(0, index - 1) : index + 3]
    return any(line.reason in {"date", "byline", "reading time"} for line in beside)


def _is_above_caption(lines: list[_Line], index: int) -> bool:
    return index + 1 < len(lines) and not lines[index].blank_after and lines[index + 1].reason == "caption"


def _mark_alternative_texts(lines: list[_Line]) -> None:
    """The few words for those who cannot see a photo, which many pages print right above its caption."""
    paragraphs = [line for line in lines if line.is_paragraph]
    is_spaced = sum(1 for line in paragraphs if line.blank_after) * 2 > len(paragraphs)
    for index in range(len(lines) - 2, -1, -1):
        line, below = lines[index], lines[index + 1]
        if line.reason is not None or below.reason != "caption" or not any(letter.isalpha() for letter in line.text):
            continue
        if noise.ends_a_sentence(line.text):  # where paragraphs stand apart, one that touches a credit is its caption
            if is_spaced and not line.blank_after and len(below.text) <= 40 and len(line.text) <= 250:
                line.reason, line.is_paragraph = "caption", False
            continue
        is_below_headline = index > 0 and lines[index - 1].reason == "headline" and not lines[index - 1].blank_after
        most_words = _MAX_ALT_WORDS // 2 if line.blank_after or is_below_headline else _MAX_ALT_WORDS
        is_short = len(line.text.split()) <= most_words and len(line.text) <= 100
        is_above_credit = not line.blank_after and len(lines[index + 1].text) <= 40 and len(line.text) <= 300
        if (is_short or is_above_credit) and not _is_listed(line.text):
            line.reason, line.is_paragraph = "caption", False


_QUESTION = re.compile(
    r"(?:what|who|whom|whose|why|how|when|where|which|is|are|was|were|will|would|can|could|does|do|did|has|have|should)\b[^.!?]{3,70}\?\Z",
    re.IGNORECASE,
)


def _mark_crossheads(lines: list[_Line]) -> None:
    """Short lines that stand alone between two paragraphs."""
    below: list[_Line | None] = [None] * len(lines)
    following: _Line | None = None
    for index in range(len(lines) - 1, -1, -1):
        below[index] = following
        if lines[index].reason is None:
            following = lines[index]
    above: _Line | None = None
    for index, line in enumerate(lines):
        if line.reason is not None:
            continue
        after = below[index]
        if above and after and above.is_paragraph and after.is_paragraph and _reads_like_a_crosshead(line):
            line.reason = "crosshead"
            continue
        above = line


def _reads_like_a_crosshead(line: _Line) -> bool:
    text = line.text
    if text.startswith("#"):
        return True
    if line.is_paragraph or len(text) > _MAX_CROSSHEAD or len(text.split()) > 12 or _is_listed(text):
        return False
    if text[0].islower() or text.endswith((":", ",", ";", "-", "–", "—")):
        return False
    if text.endswith("?"):
        return _QUESTION.match(text) is not None
    return not noise.ends_a_sentence(text) and any(character.isalpha() for character in text)


_FOOTER = frozenset({"share", "related", "tags", "comments", "promotion", "copyright", "advert", "notice", "loading"})


def _mark_tail(lines: list[_Line]) -> None:
    """Links and labels after the article: short lines below the first one that is certainly the page's footer."""
    last = max((index for index, line in enumerate(lines) if line.is_paragraph), default=None)
    if last is None:
        return
    in_footer = False
    has_footer = any(line.reason in _FOOTER for line in lines[last + 1 :])
    for line in lines[last + 1 :]:
        if line.reason is not None:
            in_footer = in_footer or line.reason in _FOOTER
        elif in_footer and len(line.text) <= _LONG and not noise.ends_a_sentence(line.text):
            line.reason = "related"
        elif has_footer and len(line.text.split()) <= _MAX_LABEL_WORDS and not noise.ends_a_sentence(line.text):
            line.reason = "label"


# --- from spans to text --------------------------------------------------------------------------------------------


def _with_blank_lines(source: str, lines: list[_Line]) -> list[_Span]:
    """Spans for the lines and the blank lines between them; the text keeps one gap where a piece is taken out."""
    spans: list[_Span] = []
    position, has_gap = 0, True  # has_gap: what stays so far is empty or ends in a blank line
    for index, line in enumerate(lines):
        if line.start > position:  # blank lines above the first line
            spans.append(_Span(position, line.start, "layout"))
        next_start = lines[index + 1].start if index + 1 < len(lines) else len(source)
        if line.reason is None:
            spans.append(_Span(line.start, next_start, None))
            has_gap = line.blank_after
        elif has_gap or not line.blank_after:
            spans.append(_Span(line.start, next_start, line.reason))
        else:
            spans.extend((_Span(line.start, line.end, line.reason), _Span(line.end, next_start, None)))
            has_gap = True
        position = next_start
    if position < len(source):
        spans.append(_Span(position, len(source), "layout"))
    return spans


def _with_datelines(source: str, spans: list[_Span]) -> list[_Span]:
    """The same spans with the dateline of the first paragraphs and the credit behind the last one set aside."""
    kept = [index for index, span in enumerate(spans) if _stays(source, span)]
    for index in kept[:3]:
        span = spans[index]
        start = span.start + _indent(source, span)
        line = source[start : min(start + 200, span.end)]
        match = dateline_in(line)
        if match is not None and len(line) > match.end():
            cut = start + match.end()
            spans[index : index + 1] = [_Span(span.start, cut, "dateline"), _Span(cut, span.end, None)]
            break
    last = max(
        (index for index, span in enumerate(spans) if _stays(source, span)),
        default=-1,
    )
    if last >= 0:
        spans[last : last + 1] = _without_credit(source, spans[last])
    return spans


def _stays(source: str, span: _Span) -> bool:
    """Whether something that can be read stays in the span."""
    return span.reason is None and bool(source[span.start : span.end].strip())


def _indent(source: str, span: _Span) -> int:
    line = source[span.start : span.end]
    return len(line) - len(line.lstrip())


_END_CREDIT = re.compile(
    r"(?<=[.!?\"”’])\s*(?:[(\[](?P<agency>[A-Z][\w .,/&-]{1,40})[)\]]|[-–—]{1,2}\s?(?P<signed>[A-Z][\w .,/&-]{1,30})"
    r"|\((?P<names>(?:Additional )?(?:[Rr]eporting|[Ww]riting|[Ee]diting) by [^()]{3,250})\))\s*\Z"
)


def _without_credit(source: str, span: _Span) -> list[_Span]:
    """The last paragraph, with `(Reuters)` or `(Reporting by …)` behind its last sentence set aside."""
    end = span.start + len(source[span.start : span.end].rstrip())
    tail_start = max(span.start, end - 300)
    match = _END_CREDIT.search(source[tail_start:end])
    if match is None or tail_start + match.start() <= span.start:
        return [span]
    credit = match["agency"] or match["signed"]
    if credit and not agencies_in(credit):
        return [span]
    cut = tail_start + match.start()
    return [_Span(span.start, cut, None), _Span(cut, span.end, "byline" if match["names"] else "source")]


def _cut(source: str, spans: list[_Span]) -> tuple[str, tuple[SetAside, ...]]:
    """The text that stays, without white space at its ends, and the pieces."""
    kept = [index for index, span in enumerate(spans) if _stays(source, span)]
    if not kept:
        return "", ()
    spans = _trimmed(source, spans, kept[0], kept[-1])
    parts: list[str] = []
    pieces: list[SetAside] = []
    at = 0
    for span in spans:
        piece = source[span.start : span.end]
        if span.reason is None:
            parts.append(piece)
            at += len(piece)
        elif piece:
            pieces.append(SetAside(at, piece, span.reason))
    return "".join(parts), tuple(pieces)


def _trimmed(source: str, spans: list[_Span], first: int, last: int) -> list[_Span]:
    """The spans with the white space at both ends of what stays given to the pieces beside it."""
    before = [span if span.reason else span._replace(reason="layout") for span in spans[:first]]
    after = [span if span.reason else span._replace(reason="layout") for span in spans[last + 1 :]]
    start = spans[first].start + _indent(source, spans[first])
    end = spans[last].start + len(source[spans[last].start : spans[last].end].rstrip())
    if start > spans[first].start:
        before.append(_Span(spans[first].start, start, "layout"))
    if end < spans[last].end:
        if after:
            after[0] = after[0]._replace(start=end)
        else:
            after.append(_Span(end, spans[last].end, "layout"))
    middle = spans[first : last + 1]
    middle[0] = middle[0]._replace(start=start)
    middle[-1] = middle[-1]._replace(end=end)
    return [*before, *middle, *after]
