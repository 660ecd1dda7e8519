"""Runs: everything is kept, nothing is asked twice, a server is asked like an open library."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from eval.data import Dataset, read
from eval.door import OpenDoor, ServedDoor
from eval.opening import Place
from eval.run import Options
from eval.run import run as ask_all
from eval.score import score
from eval.show import overview
from eval.stored import RunError, read_run
from eval.threshold import choose
from tests.commands import address, finish, run, start, wait_for
from tests.conftest import SEEDS
from tests.runs import result, stored

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.embed import Encoder
    from ingest.store import PassageIndex

FEW = Options(limit=6)


@pytest.fixture
def place(index: PassageIndex, encoder: Encoder) -> Place:
    """The library of the seeds, with the session's model: one more for each test would fill the memory."""
    return Place(OpenDoor(index, encoder), encoder, is_served=False)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]]


def test_a_run_keeps_all_that_measures_and_reports_need(place: Place, tmp_path: Path) -> None:
    made = ask_all(read(SEEDS), tmp_path / "run", FEW, place=place)

    about = json.loads((tmp_path / "run" / "run.json").read_text())
    assert about["dataset"]["hash"] == read(SEEDS).content_hash()
    assert about["library"]["documents"] == about["dataset"]["documents"] == 5
    assert about["bare"]["embed_ms"]["n"] == 2
    assert about["memory_mb"]["peak"] > 50
    assert len(about["code"]["sources"]) == 12
    assert [one["id"] for one in made.results] == sorted(one["id"] for one in made.results)
    texts = {one["passage_id"]: one for one in lines(tmp_path / "run" / "passages.jsonl")}
    for one in made.results:
        assert [found["rank"] for found in one["retrieved"]] == list(range(1, 21))
        assert not one["cached"]
        for citation in [c for claim in one["answer"].get("claims", []) for c in claim["citations"]]:
            passage = texts[citation["passage_id"]]
            start = citation["start"] - passage["start"]
            assert passage["text"][start : start + len(citation["quote"])] == citation["quote"]
    scores = score(made)
    assert scores["measures"]["span validity"]["value"] == 1
    assert json.loads((tmp_path / "run" / "scores.json").read_text()) == json.loads(json.dumps(scores))


def test_the_same_run_again_asks_nothing_and_keeps_the_first_latencies(place: Place, tmp_path: Path) -> None:
    first = ask_all(read(SEEDS), tmp_path / "run", FEW, place=place)

    nobody = Place(ServedDoor("http://127.0.0.1:9"), None, is_served=True)
    again = ask_all(read(SEEDS), tmp_path / "run", FEW, place=nobody)

    assert again == first


def test_a_killed_run_goes_on_without_asking_again(tmp_path: Path) -> None:
    out = tmp_path / "run"
    process = start("eval", "run", "--data", SEEDS, "--out", out)
    wait_for(lambda: (out / "results.jsonl").exists() and len(lines(out / "results.jsonl")) > 10)
    process.send_signal(signal.SIGKILL)
    finish(process)
    before = {one["id"]: one for one in lines(out / "results.jsonl")}
    with (out / "results.jsonl").open("a") as file:
        file.write('{"id": "torn')

    code, stdout, _ = run("eval", "run", "--data", SEEDS, "--out", out, "--json")

    assert (code, len(before) < 102) == (0, True)
    after = {one["id"]: one for one in lines(out / "results.jsonl")}
    assert len(after) == 102
    assert {id_ for id_, one in after.items() if one["cached"]} == before.keys()
    assert all(after[id_] == one | {"cached": True} for id_, one in before.items())
    assert json.loads(stdout)["run"]["throughput"]["questions"] == 102 - len(before)
    assert not (out / "library").exists()


def test_other_settings_in_the_same_folder_are_refused_with_what_differs(place: Place, tmp_path: Path) -> None:
    ask_all(read(SEEDS), tmp_path / "run", FEW, place=place)

    with pytest.raises(RunError, match=r"limit: 6 then, 7 now; seed: 0 then, 1 now.*--out"):
        ask_all(read(SEEDS), tmp_path / "run", Options(limit=7, seed=1), place=place)


def test_a_run_that_was_not_finished_is_not_scored(tmp_path: Path) -> None:
    made = stored(tmp_path / "run", [result("ulm")])
    (made.folder / "run.json").write_text(json.dumps(made.about | {"complete": False}))

    with pytest.raises(RunError, match="was not finished"):
        read_run(tmp_path / "run")
    with pytest.raises(RunError, match="holds no run"):
        read_run(tmp_path / "nowhere")


def test_a_server_gives_the_same_answers_as_an_open_library(place: Place, own_library: Path, tmp_path: Path) -> None:
    here = ask_all(read(SEEDS), tmp_path / "here", FEW, place=place)
    server = start("serve", "--library", own_library, "--port", "0")
    try:
        url = address(server)
        there = ask_all(read(SEEDS), tmp_path / "there", Options(limit=6, concurrency=3), url=url)
        owned = ask_all(read(SEEDS), tmp_path / "owned", FEW, library=own_library)
    finally:
        server.terminate()
        finish(server)

    for served in (there, owned):
        for one, other in zip(here.results, served.results, strict=True):
            for name in ("question", "retrieved", "gold", "cited", "error"):
                assert other[name] == one[name]
            for name in ("kind", "confidence", "text"):
                assert other["answer"][name] == one["answer"][name]
    assert there.about["served"]
    assert there.about["memory_mb"]["peak"] is None


def test_a_server_that_lacks_the_articles_or_is_not_there_is_an_error_in_one_line(
    own_library: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "corpus.jsonl").write_text('{"id": "elsewhere", "text": "The bridge cost nine crowns."}\n')
    asked = {"id": "q", "question": "Cost?", "answerable": True, "relevant": ["elsewhere"]}
    (other / "questions.jsonl").write_text(json.dumps(asked) + "\n")
    server = start("serve", "--library", own_library, "--port", "0")
    try:
        lacking = run("eval", "run", "--data", other, "--url", address(server))
    finally:
        server.terminate()
        finish(server)
    absent = run("eval", "run", "--data", other, "--url", "http://127.0.0.1:9")

    assert [code for code, *_ in (lacking, absent)] == [2, 2]
    assert "lacks 1 of 1 documents" in lacking[2]
    assert "is the server running?" in absent[2]
    assert lacking[2].count("\n") == absent[2].count("\n") == 1


def test_a_question_that_is_refused_is_kept_with_its_reason_and_the_others_are_asked(
    place: Place, tmp_path: Path
) -> None:
    seeds = read(SEEDS)
    broken = {"id": "zz", "question": "???", "answerable": False}
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps(broken) + "\n" + json.dumps(seeds.questions[0].fields) + "\n")

    made = ask_all(read(SEEDS, path), tmp_path / "run", Options(), place=place)

    assert made.results[0]["answer"] is None
    assert "has no word in it" in made.results[0]["error"]
    assert score(made)["unscored"].keys() == {"zz"}
    assert made.results[1]["answer"]["kind"] == "answer"


def test_documents_that_answer_questions_and_are_not_there_are_told(place: Place, tmp_path: Path) -> None:
    lost = {"id": "q", "question": "Who paid?", "answerable": True, "relevant": ["lost.md"], "evidence": ["He paid."]}
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps(lost) + "\n")

    made = ask_all(read(SEEDS, path), tmp_path / "run", Options(), place=place)

    assert made.about["missing_documents"] == ["lost.md"]
    assert made.results[0]["gold"] == {"spans": [], "passages": [], "missing": 1}
    scores = score(made)
    assert scores["measures"]["document nDCG@10"]["value"] == 0
    assert any("lost.md" in line for line in overview(made.about, scores))


def test_a_split_asks_its_own_half(place: Place, tmp_path: Path) -> None:
    seeds = read(SEEDS)
    small = Dataset(seeds.path, seeds.questions[:8], seeds.source)
    halves = [
        {one["id"] for one in ask_all(small, tmp_path / name, Options(split=name), place=place).results}
        for name in ("tune", "report")
    ]

    assert halves[0] | halves[1] == {one.id for one in small.questions}
    assert not halves[0] & halves[1]


def test_a_threshold_says_what_it_was_chosen_on_and_what_it_gives_on_the_other_half(tmp_path: Path) -> None:
    """Below 0.5 answers are wrong; half of the questions are in each split."""
    results = [result(f"q{n}", confidence=0.6 + n / 1000) for n in range(40)]
    results += [result(f"q{n}", answerable=False, confidence=0.4 - n / 1000) for n in range(40, 80)]

    found = choose(stored(tmp_path / "run", results), "tune")

    assert 0.6 <= found["threshold"] < 0.61
    assert found["chosen_on"]["right"] == 1
    assert found["chosen_on"]["split"] == "tune"
    assert found["reported_on"]["split"] == "report"
    assert found["chosen_on"]["questions"] + found["reported_on"]["questions"] == 80
