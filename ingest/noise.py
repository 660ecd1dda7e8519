"""What the lines of a news page are when they are not the article; the knowledge that `clean` works with.

Each function looks at one line alone. Where a line stands, and what stands around it, is for `clean` to weigh.

Example:
    `reason_of("Follow us on Twitter and Instagram")` is `"share"`; `reason_of("Troops will stay, he said.")` is `None`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ingest.dates import is_date_line
from ingest.newspages import agencies_in, patterns, words

REASONS: dict[str, str] = {
    "headline": "The headline, printed in the body.",
    "label": "A section name, a breadcrumb or a stray label of the page.",
    "crosshead": "A subheading between paragraphs.",
    "byline": "Who wrote, edited or contributed.",
    "source": "The agency or source that is credited for the whole article.",
    "date": "When the page was published or updated.",
    "dateline": "The place, date and agency in front of the first sentence.",
    "reading time": "How long it takes to read or to hear.",
    "caption": "A photo's caption, credit or alternative text.",
    "share": "A line that asks to share, to follow or to get in touch.",
    "promotion": "A line that asks to subscribe, to join, to donate, or to install an app.",
    "advert": "A mark of advertising.",
    "related": "A link to other articles.",
    "tags": "Topics and tags.",
    "comments": "The counter or the form of comments.",
    "copyright": "A copyright or terms line.",
    "notice": "A notice about cookies, consent, sign-in, or the browser.",
    "loading": "What the page shows while it loads, and the labels of its player and menus.",
    "page": "What else stands on a web page: menus, tables, captions, links.",
    "layout": "Blank space at the edges of the text.",
}

_MAX_NOISE = 300

_SPEECH = re.compile(r"\b(?:said|says|told|added|announced|according to|reported that|warned|confirmed)\b")
_REPUBLISHING = re.compile(
    r"\b(?:to learn more|for (?:more )?information) (?:about|on) (?:republishing|licensing)\b", re.IGNORECASE
)
_REPRODUCED = re.compile(r"\bnot be (?:published|reproduced|copied|broadcast|rewritten)\b", re.IGNORECASE)
_ENDS_SENTENCE = (".", "!", "?", "…", "。", "！", "？", "؟", "۔", "।")
_CLOSERS = "\"”’'»›)]*_"


@lru_cache(maxsize=4096)
def reason_of(line: str) -> str | None:
    """Why a line, without white space around it, is certainly not the article; `None` when it may be."""
    if len(line) > _MAX_NOISE:
        return "caption" if is_caption(line) else _long_notice(line)
    lowered = line.lower()
    for reason, pattern in patterns():
        if pattern.match(lowered) is not None and not _is_prose(line, lowered, reason):
            return reason
    if lowered.startswith(("©", "copyright")) and _REPRODUCED.search(line):
        return "copyright"
    if is_agency_line(line):
        return "source"
    if is_byline(line):
        return "byline"
    if lowered.endswith(("loading...", "loading…", "loading")) and is_date_line(_without_loading(line)):
        return "loading"
    if is_date_line(line):
        return "date"
    return "caption" if is_caption(line) else None


def _without_loading(line: str) -> str:
    return re.sub(r"(?:please wait,?\s)?loading\s?[.…]*\Z", "", line, flags=re.IGNORECASE)


def _is_prose(line: str, lowered: str, reason: str) -> bool:
    """Whether a line that begins like noise reads like a sentence in which somebody reports something."""
    if reason in {"byline", "source", "caption", "copyright"} or len(line) < 60:
        return False
    return line.endswith((".", ".”", '."')) and _SPEECH.search(lowered) is not None


def _long_notice(line: str) -> str | None:
    """The reason of a long legal notice."""
    if len(line) > 1200:
        return None
    start = line[:40].lower()
    if start.startswith(("©", "copyright")) and _REPRODUCED.search(line):
        return "copyright"
    if len(line) <= 600 and _REPUBLISHING.search(line):
        return "copyright"
    if start.startswith(("this site uses cookies", "this website uses cookies", "we use cookies", "we and our ")):
        return "notice"
    return None


def ends_a_sentence(line: str) -> bool:
    """Whether the line ends as a sentence does, closing quotes and brackets aside."""
    return line.rstrip(_CLOSERS).endswith(_ENDS_SENTENCE)


# --- agencies ------------------------------------------------------------------------------------------------------

_INITIALS = re.compile(r"\A[a-z]{2,5}(?:/[a-z]{2,5})*\s*\((.{2,40})\)\Z")


def is_agency_line(line: str) -> bool:
    """Whether a line is an agency credit and nothing else: `Agencies`, `(Reuters)`, `- AFP`, `rt/msh (AP, dpa)`."""
    if len(line) > 80 or line.endswith(("?", "!")):
        return False
    signed = _INITIALS.match(line)
    if signed is not None:
        return bool(agencies_in(signed[1]))
    return bool(agencies_in(line)) or (line.lower().endswith(" and news agencies") and len(line) < 60)


# --- bylines -------------------------------------------------------------------------------------------------------

_BY = re.compile(
    r"\A(?:by|von|par|por|written by|story by|words by|from|text by|author|reporter)\s*[:：]?\s+", re.IGNORECASE
)
_ROLE = re.compile(
    r"\A(?P<names>[^\W\d_][^,|–—()]{2,60}?),?\s(?:[\w&’' -]{0,40}\s)?"
    r"(?:correspondent|editor|reporter|writer|staff writer|bureau chief|columnist|contributor|staff)"
    r"(?:,? (?:in |for |at )?[A-Z][\w ,.]{1,40})?(?:\s@\w+)?\Z"
)
_REPORTED = re.compile(
    r"\A(?P<names>[A-Z][\w.’'-]+(?:\s[A-Z][\w.’'-]+){0,3}(?:(?:,|,? and) [A-Z][\w.’'-]+(?:\s[A-Z][\w.’'-]+){0,3}){0,3})"
    r" (?:reported|reports|is reporting|was reporting)(?: from| in)"
    r" [A-Z][\w.’'-]+(?:,? (?:and|[A-Z][\w.’'-]+|in|from|reported)){0,12}\.?\Z"
)


def is_byline(line: str) -> bool:
    """Whether a line names who wrote the article and says nothing else."""
    if len(line) > 160:
        return False
    if _REPORTED.match(line):
        return True
    return bool(byline_names(line)) or (not ends_a_sentence(line) and is_role_line(line))


_JOB_ALONE = re.compile(
    r"(?:[A-Z][\w&’'-]*\s)(?:[\w&’'-]+\s){0,4}"
    r"(?:correspondent|editor|reporter|writer|bureau chief|columnist)(?:\s@\w+)?\Z"
)


def is_job_line(line: str) -> bool:
    """Whether a line is the job of a journalist and no name: `International affairs editor @janedoe`."""
    return _JOB_ALONE.match(line) is not None


def is_role_line(line: str) -> bool:
    """Whether a line is a name with the job of a journalist: `Jane Doe, Middle East correspondent`."""
    match = _ROLE.match(line)
    return match is not None and are_names(match["names"])


def byline_names(line: str) -> str:
    """What stands after `By` in a byline; empty if the line is none."""
    start = _BY.match(line)
    if start is None or len(line) > 160 or line.endswith(("?", "!", ":", ";", ",")):
        return ""
    rest = line[start.end() :].strip()
    is_from = line[:4].lower() == "from"
    if (
        (ends_a_sentence(rest) and not rest.endswith(("Jr.", "Sr.")))
        or is_from
        or not are_names(re.split(r"[|•·]", rest)[0])
    ):
        return ""
    return rest


def are_names(text: str) -> bool:
    """Whether the text is made of capitalised words as names are, of at most fourteen words."""
    parts = text.replace(",", " , ").split()
    if not 1 <= len(parts) <= 14 or parts[0].strip(",").lower() in words("no_first_names") - {"the"}:
        return False
    if len(parts) == 1:
        return bool(agencies_in(text)) or (parts[0][0].isupper() and "-" in parts[0])
    if parts[0].lower() == "the":
        return bool(agencies_in(text)) or (
            len(parts) > 2 and parts[-1].lower() in {"staff", "desk", "team", "press", "reporter"}
        )
    if any(character.isdigit() for character in text):
        return False
    return all(word.lower() in words("name_glue") or not word[0].islower() for word in parts) and any(
        word[0].isalpha() for word in parts
    )


# --- captions ------------------------------------------------------------------------------------------------------

_PHOTO_WORDS = (
    r"getty|handout|files?|photos?|photograph|images?|picture|courtesy|screengrab|screenshot|shutterstock|alamy|istock|"
    r"nurphoto|pool|wikimedia commons|via (?:ap|reuters|afp|getty)|epa-efe|credit|provided by|supplied"
)
_PHOTO_WORD = re.compile(rf"\b(?:{_PHOTO_WORDS})\b", re.IGNORECASE)
_CREDIT_WORD = re.compile(
    rf"\b(?:{_PHOTO_WORDS}|reuters|ap|afp|epa|anadolu|xinhua|bloomberg|army|navy|air force|marine corps|marines|"
    r"provided|dpa|zuma|sipa|wikimedia|creative commons|illustration|graphic|instagram|twitter|facebook|youtube|"
    r"al jazeera|tass|"
    r"upi|archive|department of defense|dod|white house|nasa)\b",
    re.IGNORECASE,
)
_PERSON_SLASH = re.compile(r"\A[A-Z][\w.’'-]*(?:\s[\w.’'-]+){1,5}\s?/\s?[A-Z]")
_TAIL_CREDIT = re.compile(
    r"(?:\b(?:Photographs?|Photos?|Pictures?|Pic|Images?|Credit|Composite|Illustration|Foto|Bild)\s?"
    r"(?::|\.{3}|by|©)\s?[A-Z©][^.!?]{1,90}"
    r"|\bREUTERS/[^.!?]{2,50}|\bAP Photo(?:/[^!?]{2,50})?"
    r"|\S/(?:AFP|AP|Reuters|REUTERS|EPA|Getty|Anadolu|Bloomberg|Shutterstock|NurPhoto|Xinhua|ZUMA|Alamy)"
    r"(?:[ /-][^.!?]{1,50})?"
    r"|\b(?:via|/) ?(?:Getty Images|AP|AFP|Reuters|REUTERS)|\bGetty Images"
    r"|\b(?:hide|toggle) caption)\s*\Z"
)
_SENTENCE_BREAK = re.compile(r"[.!?][\"”’)]* +[\"“‘A-Z]")
_MAX_CAPTION = 700
_MAX_CREDIT = 130


def is_caption(line: str) -> bool:
    """Whether a line ends in the credit of a photo, so that what stands before it is the photo's caption."""
    if len(line) > _MAX_CAPTION or line.endswith(("[]", "()")):
        return False
    if line.endswith("]"):
        before, credit = _split_credit(line, "[")
        return bool(credit) and _is_square_credit(before, credit)
    if line.endswith((")", ").")) and not line.endswith("))."):
        before, credit = _split_credit(line.removesuffix("."), "(")
        return bool(credit) and _is_round_credit(before, credit)
    if _TAIL_CREDIT.search(line, max(0, len(line) - _MAX_CREDIT)) is None:
        return False
    return len(_SENTENCE_BREAK.findall(line)) <= 4


def _split_credit(line: str, opening: str) -> tuple[str, str]:
    """What stands before the last bracket, and in it; the second is empty if that cannot be a credit."""
    at = line.rfind(opening, max(0, len(line) - _MAX_CREDIT))
    if at < 0:
        return line, ""
    return line[:at].rstrip(), line[at + 1 : -1].strip()


def _is_square_credit(before: str, credit: str) -> bool:
    if not _CREDIT_WORD.search(credit) and not _PERSON_SLASH.match(credit):
        return False
    is_bare_agency = bool(agencies_in(credit))
    return len(_SENTENCE_BREAK.findall(before)) <= (1 if is_bare_agency else 4)


def _is_round_credit(before: str, credit: str) -> bool:
    """Round brackets are common in prose, so the credit must name a photo, or a person and an organisation."""
    if len(_SENTENCE_BREAK.findall(before)) > 3 or not credit[:1].isupper():
        return False
    if _PERSON_SLASH.match(credit):
        return True
    if agencies_in(credit) and not ends_a_sentence(before):  # a paragraph would have its full stop before the credit
        return before.count(" ") >= 4 and len(before) <= 250
    return len(credit) <= 100 and _PHOTO_WORD.search(credit) is not None and not ends_a_sentence(credit)
