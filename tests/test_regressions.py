"""The gate passes what is as good and refuses what is worse, as CI runs it; comparing says what changed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from eval.cli import commands
from eval.compare import compare, differences
from eval.gate import as_junit, baseline_from, gate, read_baseline, write_baseline
from eval.score import score
from eval.stored import RunError
from tests.runs import abstention, result, stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typer.testing import Result

ROOT = Path(__file__).parents[1]
CITIES = [f"city{n}" for n in range(30)]


def mixed(*, n_missed: int = 3, **more: Any) -> list[dict[str, Any]]:
    """Thirty questions, of which some are not answered, and ten that cannot be."""
    results = [result(city, **more) for city in CITIES]
    for one in results[:n_missed]:
        one["answer"] = abstention()
        one["cited"] = []
    return results + [result(f"none{n}", answerable=False, answer=abstention(0.01), cited=[]) for n in range(10)]


def failed(checks: Sequence[Any]) -> set[str]:
    return {check.name for check in checks if not check.holds}


def test_the_same_answers_pass_and_much_worse_ones_do_not(tmp_path: Path) -> None:
    held = baseline_from(stored(tmp_path / "a", mixed()))

    same, slightly, much = (
        gate(held, stored(tmp_path / str(n_missed), mixed(n_missed=n_missed))) for n_missed in (3, 4, 20)
    )

    assert same.is_passed
    assert slightly.is_passed, "one question in thirty may be chance"
    assert {"gold in first claim", "answered, of answerable"} <= failed(much.checks)


def test_one_quote_that_is_not_in_its_article_fails_the_gate(tmp_path: Path) -> None:
    held = baseline_from(stored(tmp_path / "a", mixed()))
    worse = mixed()
    worse[7]["answer"]["claims"][0]["citations"][0]["quote"] += "!"

    found = gate(held, stored(tmp_path / "b", worse))

    assert failed(found.checks) == {"span validity"}
    assert CITIES[7] in next(check.found for check in found.checks if not check.holds)


def test_a_question_that_fails_and_a_measure_that_is_gone_fail_the_gate(tmp_path: Path) -> None:
    held = baseline_from(stored(tmp_path / "a", mixed()))
    broken, silent = mixed(), [one | {"answer": abstention(), "cited": []} for one in mixed()]
    broken[9] |= {"answer": None, "error": "refused", "cited": []}

    assert failed(gate(held, stored(tmp_path / "b", broken)).checks) == {"questions that could be asked"}
    assert {"citation recall", "span validity"} <= failed(gate(held, stored(tmp_path / "c", silent)).checks)


def test_confidence_that_means_nothing_fails_the_gate(tmp_path: Path) -> None:
    held = baseline_from(stored(tmp_path / "a", mixed(n_missed=0)))
    worse = mixed(n_missed=0)
    for n, one in enumerate(worse):
        one["answer"]["confidence"] = n % 3 / 3

    assert failed(gate(held, stored(tmp_path / "b", worse)).checks) == {"AUROC"}


def test_wrong_counts_of_origins_fail_the_gate(tmp_path: Path) -> None:
    good, worse = mixed(n_missed=0), mixed(n_missed=0)
    for rows, counted in ((good, 2), (worse, 3)):
        for one in rows:
            one["question"]["origins"] = 2
            for claim in one["answer"].get("claims", []):
                claim["corroboration"] = {"outlets": ["The Ledger"], "documents": 3, "origins": counted}
    held = baseline_from(stored(tmp_path / "a", good))

    assert gate(held, stored(tmp_path / "b", good)).is_passed
    assert failed(gate(held, stored(tmp_path / "c", worse)).checks) == {"corroboration"}


def test_the_verdict_is_junit_xml(tmp_path: Path) -> None:
    held = baseline_from(stored(tmp_path / "a", mixed()))
    found = gate(held, stored(tmp_path / "b", mixed(n_missed=20)))

    suite = ET.fromstring(as_junit(found))  # noqa: S314  (it was written here)

    assert int(suite.attrib["tests"]) == len(found.checks) == len(suite)
    failures = [case.attrib["name"] for case in suite if case.find("failure") is not None]
    assert set(failures) == failed(found.checks)
    assert len(failures) == int(suite.attrib["failures"])


def test_a_baseline_is_the_same_after_it_was_written(tmp_path: Path) -> None:
    held = baseline_from(stored(tmp_path / "a", mixed()))
    write_baseline(tmp_path / "baseline.json", held)

    assert read_baseline(tmp_path / "baseline.json") == held


def test_runs_of_different_sets_are_not_compared(tmp_path: Path) -> None:
    one, other = stored(tmp_path / "a", mixed()), stored(tmp_path / "b", mixed(), dataset_hash="f" * 64)
    fewer = stored(tmp_path / "c", mixed()[:5])

    with pytest.raises(RunError, match="different sets"):
        compare(one, other)
    with pytest.raises(RunError, match="make a new baseline"):
        gate(baseline_from(one), other)
    with pytest.raises(RunError, match="other questions"):
        gate(baseline_from(one), fewer)


def test_comparing_lists_what_changed_both_ways_with_both_answers(tmp_path: Path) -> None:
    before, after = mixed(), mixed()
    before[10]["answer"], before[10]["cited"] = abstention(), []
    after[11]["answer"], after[11]["cited"] = abstention(), []

    found = compare(stored(tmp_path / "a", before), stored(tmp_path / "b", after))

    better, worse = found["changed"]["better"], found["changed"]["worse"]
    assert [one["id"] for one in better] == [CITIES[10]]
    assert [one["id"] for one in worse] == [CITIES[11]]
    assert (worse[0]["before"]["kind"], worse[0]["after"]["kind"]) == ("answer", "abstention")
    right = next(one for one in found["measures"] if one.measure == "right")
    assert (right.change, right.wins, right.losses, right.p) == (0, 1, 1, 1)


def test_p_is_that_of_the_exact_sign_test_and_holm_multiplies_the_least(tmp_path: Path) -> None:
    before, after = score(stored(tmp_path / "a", mixed(n_missed=8))), score(stored(tmp_path / "b", mixed(n_missed=0)))

    by_name = {one.measure: one for one in differences(before, after, ["gold in first claim", "citation recall"])}

    assert by_name["gold in first claim"].p == pytest.approx(2 / 2**8)
    assert by_name["gold in first claim"].adjusted == pytest.approx(2 * 2 / 2**8, abs=1e-5)
    assert by_name["citation recall"].p == 1


def test_a_cluster_counts_once_however_many_questions_it_has(tmp_path: Path) -> None:
    before, after = score(stored(tmp_path / "a", mixed(n_missed=8))), score(stored(tmp_path / "b", mixed(n_missed=0)))
    for scores in (before, after):
        scores["clusters"] |= {city: f"pair{n // 2}" for n, city in enumerate(CITIES)}

    [found] = differences(before, after, ["gold in first claim"])

    assert found.p == pytest.approx(2 / 2**4)


def command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(commands, list(map(str, arguments)))


def test_commands_end_with_0_1_and_2(tmp_path: Path) -> None:
    for name, n_missed in (("good", 3), ("bad", 20)):
        stored(tmp_path / name, mixed(n_missed=n_missed))
    held = tmp_path / "baseline.json"

    made = command("baseline", tmp_path / "good", "--out", held)
    passed = command("gate", "--baseline", held, "--run", tmp_path / "good")
    worse = command("gate", "--baseline", held, "--run", tmp_path / "bad", "--junit", tmp_path / "junit.xml")
    broken = command("gate", "--baseline", held, "--run", tmp_path / "nowhere")
    compared = command("compare", tmp_path / "good", tmp_path / "bad", "--json")
    changed = command("baseline", tmp_path / "bad", "--out", held)

    assert [done.exit_code for done in (made, passed, worse, broken, compared, changed)] == [0, 0, 1, 2, 0, 0]
    assert "passed" in passed.stdout
    assert "FAIL" in worse.stdout
    assert (tmp_path / "junit.xml").read_text().count("<failure") > 1
    assert broken.stderr.startswith("onrecord: ")
    assert len(json.loads(compared.stdout)["changed"]["worse"]) == 17
    assert "0 better, 17 worse" in changed.stdout


def test_a_deliberately_worsened_build_fails_the_gate_as_ci_runs_it(tmp_path: Path) -> None:
    for name in ("onrecord", "eval", "ingest", "prompts", "service", "seeds"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    ranking = tmp_path / "service" / "retrieve.py"
    good = ranking.read_text()
    worse = good.replace("np.argsort(-scores, kind", "np.argsort(scores, kind")
    assert worse != good

    ranking.write_text(worse)
    command = [sys.executable, "-m", "onrecord", "eval", "gate"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (1, "")
    verdicts = dict(line.split(maxsplit=1)[::-1] for line in done.stdout.splitlines()[:-1])
    assert {"FAIL", "ok"} == set(verdicts.values())
    assert any(name.startswith("document nDCG@10") for name, verdict in verdicts.items() if verdict == "FAIL")
    assert any(name.startswith("span validity") for name, verdict in verdicts.items() if verdict == "ok")
