"""A model as a judge: a real client against a scripted endpoint, and its agreement with people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from eval import judging
from eval.gate import baseline_from, gate
from eval.score import score
from eval.stored import RunError, read_run
from service.errors import LlmError
from service.llm import Llm
from tests.fakes import Raw, Reply, ScriptedLlm
from tests.runs import abstention, result, stored

if TYPE_CHECKING:
    from pathlib import Path

    from eval.stored import StoredRun

_JSON = {"Content-Type": "application/json"}


def _run(folder: Path, n: int = 6) -> StoredRun:
    return stored(folder, [result(f"q{i}") for i in range(n)])


def _llm(url: str) -> Llm:
    return Llm(url, "grader", "none", 8192)


def _label(label: str) -> Reply:
    return Reply(json.dumps({"reason": "as expected", "label": label}))


def _labels_of(verdicts: list[dict[str, Any]]) -> list[str | None]:
    return [verdict["label"] for verdict in verdicts]


def test_a_judge_is_asked_once_for_each_answer_and_never_again(tmp_path: Path) -> None:
    run = _run(tmp_path / "run")
    with ScriptedLlm(lambda _: _label("right")) as llm:
        first = judging.judge(run, _llm(llm.url))
        again = judging.judge(run, _llm(llm.url))
        n_asked = len(llm.asked)

    assert _labels_of(first) == ["right"] * 6
    assert again == first
    assert n_asked == 6
    assert first[0]["tokens"]["in"] == 100
    assert score(run)["measures"][judging.NAME]["value"] == 1


def test_a_judge_sees_the_question_what_is_expected_and_the_answer(tmp_path: Path) -> None:
    run = stored(tmp_path / "run", [result("a"), result("b", answerable=False, answer=abstention())])
    with ScriptedLlm(lambda _: _label("right")) as llm:
        judging.judge(run, _llm(llm.url))
        of_answer, of_abstention = sorted(llm.prompts, key=lambda prompt: "do not say.\n" in prompt)

    assert "What did the bridge of a cost?" in of_answer
    assert "nine crowns" in of_answer
    assert "nothing" in of_abstention
    assert "The articles do not say." in of_abstention
    assert "$" not in of_answer


@pytest.mark.parametrize(
    "nonsense", ["", "I think it is good!", '{"label": "8/10"}', "[]", '{"label": ["right"]}', "{" * 500]
)
def test_a_judge_that_answers_nonsense_is_asked_once_more_and_then_unscored(tmp_path: Path, nonsense: str) -> None:
    run = _run(tmp_path / "run", 2)
    with ScriptedLlm(lambda _: Reply(nonsense)) as llm:
        verdicts = judging.judge(run, _llm(llm.url))
        n_asked = len(llm.asked)

    figure = score(run)["measures"][judging.NAME]
    assert _labels_of(verdicts) == [None, None]
    assert n_asked == 4
    assert (figure["value"], figure["n"]) == (None, 0)  # not wrong: not judged
    assert judging.agreement(verdicts, {"q0": "right"})["unscored"] == 2


def test_a_label_given_at_the_second_asking_counts(tmp_path: Path) -> None:
    run = _run(tmp_path / "run", 1)
    replies = iter(["hm", '{"reason": "r", "label": "partly"}'])
    with ScriptedLlm(lambda _: Reply(next(replies))) as llm:
        verdicts = judging.judge(run, _llm(llm.url))

    assert _labels_of(verdicts) == ["partly"]


def test_an_endpoint_without_json_schema_is_asked_without_it_and_that_is_remembered(tmp_path: Path) -> None:
    def script(body: dict[str, Any]) -> Reply | Raw:
        if "response_format" in body:
            return Raw(
                b'{"error": {"message": "unknown field response_format"}}', 400, {"Content-Type": "application/json"}
            )
        return _label("right")

    run = _run(tmp_path / "run", 5)
    with ScriptedLlm(script) as llm:
        verdicts = judging.judge(run, _llm(llm.url))
        refused = sum("response_format" in body for body in llm.asked)

    assert _labels_of(verdicts) == ["right"] * 5
    assert 1 <= refused <= 4  # those that were under way at once


def test_an_endpoint_that_cannot_be_used_is_named_and_what_was_judged_is_kept(tmp_path: Path) -> None:
    run = _run(tmp_path / "run", 6)
    with ScriptedLlm(lambda _: _label("wrong")) as llm:
        judging.judge(stored(tmp_path / "half", [result(f"q{i}") for i in range(3)]), _llm(llm.url))
        (tmp_path / "run" / "judged.jsonl").write_bytes(
            (tmp_path / "half" / "judged.jsonl").read_bytes() + b'{"id": "q3"'
        )
    refusal = Raw(b'{"error": {"message": "bad key sk-canary"}}', 401, _JSON)
    with ScriptedLlm(lambda _: refusal) as llm, pytest.raises(LlmError, match="ONRECORD_LLM_API_KEY") as caught:
        judging.judge(run, _llm(llm.url))
    with ScriptedLlm(lambda _: _label("right")) as llm:
        verdicts = judging.judge(run, _llm(llm.url))

    assert "canary" not in str(caught.value)
    assert _labels_of(verdicts) == ["wrong"] * 3 + ["right"] * 3


def test_kappa_is_what_it_is_by_hand() -> None:
    """50 answers: 20 both right, 15 both wrong, 5 and 10 on which they differ: Cohen's kappa is (0.7 - 0.5) / 0.5."""
    pairs = [("right", "right")] * 20 + [("right", "wrong")] * 5 + [("wrong", "right")] * 10 + [("wrong", "wrong")] * 15
    verdicts = [{"id": str(i), "label": label} for i, (label, _) in enumerate(pairs)]
    labels = {str(i): label for i, (_, label) in enumerate(pairs)}

    found = judging.agreement(verdicts, labels)

    assert found["kappa"]["value"] == pytest.approx(0.4)
    assert found["kappa"]["low"] < 0.4 < found["kappa"]["high"]
    assert found["base_rate"] == pytest.approx(30 / 50)
    assert found["accuracy"] == pytest.approx(35 / 50)
    assert not found["decides"]


@pytest.mark.parametrize(("n", "n_wrong", "decides"), [(100, 0, True), (99, 0, False), (100, 30, False)])
def test_a_judge_gates_only_when_people_agree_with_it_on_enough_answers(
    tmp_path: Path, n: int, n_wrong: int, decides: bool
) -> None:
    run = _run(tmp_path / "run", n)
    good = stored(tmp_path / "good", [result(f"q{i}") for i in range(n)])
    labels = {f"q{i}": "right" if i % 2 else "wrong" for i in range(n)}
    said = {
        id_: ("wrong" if label == "right" else "right") if i < n_wrong else label
        for i, (id_, label) in enumerate(labels.items())
    }
    verdicts = [{"id": id_, "label": label, "prompt": "p", "model": "m"} for id_, label in said.items()]
    everything = [verdict | {"label": "right"} for verdict in verdicts]
    (run.folder / "judged.jsonl").write_text("".join(json.dumps(one) + "\n" for one in verdicts))
    (good.folder / "judged.jsonl").write_text("".join(json.dumps(one) + "\n" for one in everything))
    for one in (run, good):
        judging.keep(one, judging.agreement(verdicts, labels))

    verdict = gate(baseline_from(good), run)

    assert verdict.is_passed is not decides
    assert any(check.name == judging.NAME for check in verdict.checks) is decides


def test_a_file_of_labels_is_checked(tmp_path: Path) -> None:
    (tmp_path / "labels.jsonl").write_text('{"id": "a", "label": "right"}\n{"id": "b", "label": "great"}\n')

    with pytest.raises(RunError, match=r"line 2.*right, partly, wrong"):
        judging.read_labels(tmp_path / "labels.jsonl")


def test_a_run_without_a_judge_says_so(tmp_path: Path) -> None:
    run = read_run(_run(tmp_path / "run").folder)

    assert "no judge was asked" in score(run)["measures"][judging.NAME]["reason"]
