"""How fast, as ratios to the model's own time on the same machine: `python -m eval.speed ../shared/data/squad2_dev`.

Each figure is the median of a few whole processes, or of all questions; what is compared is run in turn, since a
machine's speed drifts. The output is a Markdown table, which `docs/benchmarks.md` keeps.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import embed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ONRECORD = [sys.executable, "-m", "onrecord"]
_SERVE = "`onrecord serve`, until ready"
_QUESTIONS = 1000
_ORT_BATCH = 8  # the fastest of those measured for onnxruntime


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with corpus.jsonl and questions.jsonl")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bare", choices=["openvino", "cold", "onnxruntime"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare:
        print(_embed_all(given.bare, _texts(given.data)))
        return
    rows = [*_ingesting(given.data, given.rounds), *_starting(given.rounds), *_searching(given.data)]
    print("| what | seconds, or ms | ratio | to |\n|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


def _ingesting(data: Path, rounds: int) -> list[tuple[str, str, str, str]]:
    bare, cold, ort, first, again = [], [], [], [], []
    for _ in range(rounds):
        bare.append(_bare(data, "openvino"))
        cold.append(_seconds(_bare_command(data, "cold")))
        with tempfile.TemporaryDirectory() as library:
            command = [*_ONRECORD, "ingest", str(data / "corpus.jsonl"), "--library", library]
            first.append(_seconds(command))
            again.append(_seconds(command))
        ort.append(_bare(data, "onnxruntime"))
    openvino, loading, onnxruntime, once, twice = map(statistics.median, (bare, cold, ort, first, again))
    return [
        ("embedding the texts alone, OpenVINO", f"{openvino:.2f}", "1", ""),
        ("embedding the texts alone, onnxruntime", f"{onnxruntime:.2f}", f"{onnxruntime / openvino:.2f}", "OpenVINO"),
        ("a process that loads the model and embeds them", f"{loading:.2f}", f"{loading / openvino:.2f}", "OpenVINO"),
        ("`onrecord ingest`, the whole process", f"{once:.2f}", f"{once / openvino:.2f}", "OpenVINO"),
        ("the same", f"{once:.2f}", f"{once / loading:.2f}", "a process that loads and embeds"),
        ("`onrecord ingest` again, unchanged", f"{twice:.2f}", f"{twice / once:.3f}", "the first time"),
    ]


def _starting(rounds: int) -> list[tuple[str, str, str, str]]:
    with tempfile.TemporaryDirectory() as library:
        at = ["--library", library]
        _seconds([*_ONRECORD, "ingest", "seeds", *at])
        commands = {
            "`python -c 'import chromadb, onnxruntime'`": [sys.executable, "-c", "import chromadb, onnxruntime"],
            "`onrecord --help`": [*_ONRECORD, "--help"],
            "`onrecord ask`, from a cold process": [*_ONRECORD, "ask", "What did the State Department say?", *at],
        }
        times: dict[str, list[float]] = {name: [] for name in (*commands, _SERVE)}
        for _ in range(rounds + 2):
            for name, command in commands.items():
                times[name].append(_seconds(command))
            times[_SERVE].append(_serving(library, lambda _, started: _now() - started))
    medians = {name: statistics.median(of_name) for name, of_name in times.items()}
    imports = next(iter(medians.values()))
    return [(name, f"{median:.2f}", f"{median / imports:.2f}", "the imports") for name, median in medians.items()]


def _searching(data: Path) -> list[tuple[str, str, str, str]]:
    lines = (data / "questions.jsonl").read_text(encoding="utf-8").splitlines()[:_QUESTIONS]
    questions = [json.loads(line)["question"] for line in lines]
    encoder = embed.Encoder.load()
    with tempfile.TemporaryDirectory() as library:
        _seconds([*_ONRECORD, "ingest", str(data / "corpus.jsonl"), "--library", library])
        embedding = _p50(encoder.encode_question, questions)
        served = _serving(library, lambda address, _: _p50_of_searches(address, questions))
    return [
        ("embedding a question, p50 ms", f"{embedding:.2f}", "1", ""),
        ("`POST /v1/search`, p50 ms", f"{served:.2f}", f"{served / embedding:.2f}", "embedding a question"),
    ]


def _p50_of_searches(address: str, questions: Sequence[str]) -> float:
    import httpx

    with httpx.Client(base_url=address) as client:

        def ask(question: str) -> None:
            client.post("/v1/search", json={"query": question, "k": 10}).raise_for_status()

        for question in questions[:20]:
            ask(question)
        return _p50(ask, questions)


def _serving(library: str, measured: Callable[[str, float], float]) -> float:
    """Starts a server on the library, measures with its address and when it was started, and stops it."""
    started = _now()
    command = [*_ONRECORD, "serve", "--port", "0", "--library", library]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            line = next((line for line in server.stderr or () if "http://" in line), "")
            return measured("http://" + line.partition("http://")[2].split()[0].rstrip("/.,"), started)
        finally:
            server.send_signal(signal.SIGTERM)


def _bare(data: Path, runtime: str) -> float:
    """Seconds of embedding in a process of its own, the model being loaded and warm."""
    command = _bare_command(data, runtime)
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _bare_command(data: Path, runtime: str) -> list[str]:
    return [sys.executable, "-m", "eval.speed", str(data), "--bare", runtime]


def _embed_all(runtime: str, texts: list[str]) -> float:
    """Seconds to embed the texts with the model loaded, and warm unless `cold`, in batches sorted by length."""
    if runtime == "onnxruntime":
        return _embed_all_in_onnxruntime(texts)
    encoder = embed.Encoder.load()
    if runtime != "cold":
        encoder.encode(texts[:8])
    started = _now()
    encoder.encode(texts)
    return _now() - started


def _embed_all_in_onnxruntime(texts: list[str]) -> float:
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = len(os.sched_getaffinity(0))
    session = onnxruntime.InferenceSession(str(embed._packaged(*embed.WEIGHTS)), options)
    tokenizer = Tokenizer.from_file(str(embed._packaged(*embed.VOCABULARY)))
    started = _now()
    encodings = tokenizer.encode_batch(texts, add_special_tokens=False)
    windows = sorted(embed._windows(encodings), key=lambda window: window.start - window.stop)
    for first in range(0, len(windows), _ORT_BATCH):
        batch = windows[first : first + _ORT_BATCH]
        session.run(None, embed._inputs([encodings[window.text] for window in batch], batch))
    return _now() - started


def _texts(data: Path) -> list[str]:
    lines = (data / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


def _seconds(command: list[str]) -> float:
    started = _now()
    subprocess.run(command, check=True, capture_output=True)
    return _now() - started


def _p50(call: Callable[[str], object], questions: Sequence[str]) -> float:
    """Median duration in milliseconds."""
    durations = []
    for question in questions:
        started = _now()
        call(question)
        durations.append(1000 * (_now() - started))
    return statistics.median(durations)


def _now() -> float:
    return time.perf_counter()


if __name__ == "__main__":
    main()
