"""Libraries of any size for measuring speed: `python -m eval.generate --passages 100000 articles.jsonl`.

Runs of two to four sentences of public texts, which stay in order, are put together to articles of the length of news.
The same seed gives the same articles, and a larger library begins with the articles of a smaller one. Only the source
texts are held in memory, however many articles are made of them.

Example: `{"id": "generated-0000017", "title": "Rollo, Aceh and Denver", "text": "…", "outlet": "The Morning Ledger",
"published_on": "2019-03-02"}`, of which one half and one hundredth can be asked for by outlet or by date (`FILTERS`),
whatever they are about.
"""

from __future__ import annotations

import argparse
import html
import itertools
import json
import random
import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from eval.data import DataError
from ingest.sentences import sentences
from ingest.split import count_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

DATA = Path("../shared/data")
SETS = ("squad2_dev", "clapnq_dev", "scifact", "ramdocs", "mtrag_un", "xquad_en")
ASKED = ("squad2_dev", "xquad_en")

# How many of a hundred articles each outlet has.
OUTLETS = {
    "The Morning Ledger": 50,
    "Northern Courier": 9,
    "City Post": 9,
    "The Valley Observer": 9,
    "Harbour Times": 8,
    "The Weekly Standardbearer": 7,
    "Plains Tribune": 7,
    "Lighthouse Gazette": 1,
}
_BLOCK = 100  # articles in which the shares of outlets and dates hold exactly
_FIRST_DAY = date(2016, 1, 1)
_DAYS = 36  # in each hundredth of the dates
_HUNDREDTH = 37  # of the dates, the one that is asked for

FILTERS: dict[str, dict[str, object]] = {
    "none": {},
    "outlet, half": {"outlets": ["The Morning Ledger"]},
    "outlet, 1 %": {"outlets": ["Lighthouse Gazette"]},
    "dates, half": {"published_from": (_FIRST_DAY + timedelta(_BLOCK // 2 * _DAYS)).isoformat()},
    "dates, 1 %": {
        "published_from": (_FIRST_DAY + timedelta(_HUNDREDTH * _DAYS)).isoformat(),
        "published_to": (_FIRST_DAY + timedelta((_HUNDREDTH + 1) * _DAYS - 1)).isoformat(),
    },
}

_SHORTEST, _LONGEST = 600, 1150  # tokens of an article, at most: three to six passages and a few more
_PASSAGE = 172  # tokens, on average, of the passages into which ingest splits these articles (600 articles)
_SENTENCE = range(25, 401)  # characters; what is shorter or longer is mostly a table or a list
_ENDS = re.compile(r"[.!?][\"”’')]*\Z")
_STARTS = re.compile(r"[\"“‘'(]?[A-Z0-9]")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+){0,2}")
_N_NAMES = 3

Article = dict[str, str]


@dataclass(frozen=True, slots=True)
class Run:
    """Two to four sentences that follow each other in one source text."""

    text: str
    n_tokens: int


@dataclass(frozen=True, slots=True)
class Written:
    """How much was written; passages are reckoned from tokens, and ingest makes about as many."""

    n_articles: int
    n_passages: int


def read_runs(data: Path = DATA, seed: int = 0) -> list[Run]:
    """The source texts cut into runs, each wording once, in an order that depends on the seed.

    Raises:
        DataError: A set is not in the folder.
    """
    numbers = random.Random(seed)
    texts = dict.fromkeys(run for name in SETS for text in _texts(data, name) for run in _cut(text, numbers))
    runs = [Run(text, count_tokens(text)) for text in texts]
    numbers.shuffle(runs)
    return runs


def questions(data: Path = DATA, seed: int = 0) -> list[str]:
    """What may be asked of the library, each question once, in an order that depends on the seed.

    Raises:
        DataError: A set is not in the folder.
    """
    asked = list(dict.fromkeys(line["question"] for name in ASKED for line in _lines(data, name, "questions.jsonl")))
    random.Random(seed).shuffle(asked)
    return asked


def articles(runs: Sequence[Run], seed: int = 0) -> Iterator[Article]:
    """As many articles as differ in their first two runs, about as many as the square of the number of runs."""
    n = len(runs)
    for number in range(n * (n - 1)):
        # Each pair comes once, so that no two articles are equal and nothing has to be remembered.
        first, second = runs[number % n], runs[(number + 1 + number // n) % n]
        yield _article(number, [first, second], runs, seed)


def write(path: Path, made: Iterable[Article], n_passages: int) -> Written:
    """Writes so many of the articles that they have about `n_passages`."""
    written = n_tokens = 0
    with path.open("w", encoding="utf-8") as file:
        for article in made:
            file.write(json.dumps(article, ensure_ascii=False) + "\n")
            written += 1
            n_tokens += count_tokens(article["text"])
            if n_tokens >= n_passages * _PASSAGE:
                break
    return Written(written, n_tokens // _PASSAGE)


def _article(number: int, chosen: list[Run], runs: Sequence[Run], seed: int) -> Article:
    numbers = random.Random(f"{seed} {number}")
    room = numbers.randint(_SHORTEST, _LONGEST) - sum(run.n_tokens for run in chosen)
    while (run := numbers.choice(runs)).n_tokens < room:
        if run not in chosen:
            chosen.append(run)
        room -= run.n_tokens + 1
    text = "\n\n".join(run.text for run in chosen)
    outlet, hundredth = _outlet(number, seed), _place(number, seed, "dates")
    return {
        "id": f"generated-{number:07}",
        "title": _title(text),
        "text": text,
        "outlet": outlet,
        "published_on": (_FIRST_DAY + timedelta(hundredth * _DAYS + numbers.randrange(_DAYS))).isoformat(),
    }


def _outlet(number: int, seed: int) -> str:
    place = _place(number, seed, "outlets")
    ends = itertools.accumulate(OUTLETS.values())
    return next(name for name, end in zip(OUTLETS, ends, strict=True) if place < end)


def _place(number: int, seed: int, what: str) -> int:
    """Which of the hundred places in its block an article has; each is taken once in a block."""
    block, at = divmod(number, _BLOCK)
    return random.Random(f"{seed} {what} {block}").sample(range(_BLOCK), _BLOCK)[at]


def _title(text: str) -> str:
    """Up to three names of the text, or its first words where it names nobody."""
    names = list(dict.fromkeys(_NAME.findall(text)))[:_N_NAMES]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else " ".join(text.split()[:6])


def _cut(text: str, numbers: random.Random) -> Iterator[str]:
    """Runs of sentences that read like prose; one that does not ends the run before it."""
    prose: list[str] = []
    for sentence in (*(" ".join(text[span.start : span.end].split()) for span in sentences(text)), ""):
        if len(sentence) in _SENTENCE and _STARTS.match(sentence) and _ENDS.search(sentence):
            prose.append(sentence)
            continue
        while len(prose) > 1:
            size = numbers.randint(2, 4)
            if len(prose) - size == 1:  # none is left alone
                size += 1 if size == 2 else -1
            yield " ".join(prose[:size])
            del prose[:size]
        prose.clear()


def _texts(data: Path, name: str) -> Iterator[str]:
    for line in _lines(data, name, "corpus.jsonl"):
        yield _untokenised(html.unescape(line["text"]))


def _untokenised(text: str) -> str:
    """The text without the blanks that some sets have around punctuation."""
    text = re.sub(r"``\s?", "“", text)
    text = re.sub(r"\s?''", "”", text)
    text = re.sub(r"\s+([,.;:!?%)])", r"\1", text)
    return re.sub(r"(\()\s+|(?<=\w)\s(?='s\b)", r"\1", text)


def _lines(data: Path, name: str, file: str) -> Iterator[Article]:
    path = data / name / file
    try:
        with path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}): name the folder that has {', '.join(SETS)} with --data"
        raise DataError(message) from error


def main() -> None:
    """Writes the articles, and prints how many."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, help="JSONL file to write")
    parser.add_argument("--passages", type=int, default=10_000, help="about so many")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, default=DATA, help=f"folder with {', '.join(SETS)}")
    given = parser.parse_args()
    try:
        runs = read_runs(given.data, given.seed)
    except DataError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    written = write(given.path, articles(runs, given.seed), given.passages)
    print(f"{written.n_articles:,} articles of about {written.n_passages:,} passages in {given.path}")


if __name__ == "__main__":
    main()
