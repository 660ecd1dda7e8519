"""The model alone, in a process of its own: what an ingest and a question are compared with.

Example: `python -m eval.scale.bare passages articles.jsonl` prints `{"n": 10000, "wall_s": 71.2, "processor_s": 139.6}`
for the passages that ingest would make of these articles, all at once and with the model warm; `python -m
eval.scale.bare questions questions.json` prints `{"n": 300, "p50_ms": 3.4,
"processor_ms": 6.3}`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 10_000  # passages embedded at once; the cost of one does not depend on how many there are
_WARMING = 16


def passages(path: Path) -> list[str]:
    """The texts of the first passages of the articles in a file, as ingest splits them."""
    from ingest.clean import clean
    from ingest.describe import describe
    from ingest.load import load
    from ingest.records import Failure
    from ingest.split import split

    texts: list[str] = []
    for article in load([path], max_bytes=20_000_000):
        if not isinstance(article, Failure):
            texts += [passage.text for passage in split(describe(article, clean(article), datetime.now(UTC)))]
        if len(texts) >= MOST:
            break
    return texts[:MOST]


def embed_passages(path: Path) -> dict[str, float]:
    """Time to embed them; beside it, the processor time that reading and splitting took."""
    from ingest.embed import Encoder

    reading = time.process_time()
    texts = passages(path)
    reading_s = time.process_time() - reading
    encoder = Encoder.load()
    encoder.encode(texts[:_WARMING])
    started, processor = time.perf_counter(), time.process_time()
    encoder.encode(texts)
    return {
        "n": len(texts),
        "wall_s": round(time.perf_counter() - started, 2),
        "processor_s": round(time.process_time() - processor, 2),
        "reading_processor_s": round(reading_s, 2),
    }


def embed_questions(questions: Sequence[str]) -> dict[str, float]:
    """Median time to embed one question, one after the other, and the mean of its processor time."""
    from ingest.embed import Encoder

    encoder = Encoder.load()
    for question in questions[:_WARMING]:
        encoder.encode_question(question)
    durations, processor = [], time.process_time()
    for question in questions:
        started = time.perf_counter()
        encoder.encode_question(question)
        durations.append(1000 * (time.perf_counter() - started))
    processor_ms = 1000 * (time.process_time() - processor) / len(questions)
    p50_ms = statistics.median(durations)
    return {"n": len(questions), "p50_ms": round(p50_ms, 3), "processor_ms": round(processor_ms, 3)}


def main() -> None:
    """Prints the time as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["passages", "questions"])
    parser.add_argument("path", type=Path)
    given = parser.parse_args()
    if given.what == "passages":
        print(json.dumps(embed_passages(given.path)))
    else:
        print(json.dumps(embed_questions(json.loads(given.path.read_text(encoding="utf-8")))))


if __name__ == "__main__":
    main()
