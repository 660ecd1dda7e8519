"""A report says of a stored run what is in it, and nothing that is not; what it looks like is in test_report_page."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from hypothesis import example, given
from hypothesis import strategies as st
from typer.testing import CliRunner

from eval.data import DataError
from eval.report.command import report
from eval.report.figures import Figure
from eval.report.judge import judge
from eval.report.markdown import markdown
from eval.report.markup import element
from eval.report.pack import as_script, pack
from eval.report.page import page
from eval.report.plot import plots, wilson
from eval.report.read import Run, read
from eval.report.summarise import group_of, less_is_better, summarise
from eval.report.words import figure, number
from tests import stored_runs

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer()
app.command()(report)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return read(stored_runs.write(tmp_path / "before"))


@pytest.fixture
def worse(tmp_path: Path) -> Run:
    """Of the same questions, with one that was right abstained from."""
    lines = stored_runs.results()
    lines[0]["answer"] = stored_runs.abstention()
    return read(stored_runs.write(tmp_path / "after", lines, stored_runs.RIGHT | {"q1": 0.0}))


def test_every_question_has_the_outcome_that_its_answer_deserves(run: Run) -> None:
    outcomes = {result.id: judge(run, result, "right")[0] for result in run.results}

    assert outcomes == {
        "q1": "right",
        "q2": "wrong",
        "q3": "abstained rightly",
        "q4": "should have abstained",
        "q5": "abstained wrongly",
        "q6": "unscored",
    }


def test_what_failed_is_unscored_with_its_reason_and_not_wrong(run: Run) -> None:
    assert judge(run, run.results[5], "right") == ("unscored", f"the server did not answer {stored_runs.IMAGE}")
    assert summarise([run]).outcomes[0]["wrong"] == 1


def test_an_answer_that_no_measure_judged_is_unscored(run: Run) -> None:
    assert judge(run, run.results[0], "exact match") == ("unscored", "exact match could not be computed")
    assert judge(run, run.results[0], None) == ("unscored", "no measure decides")


def test_a_change_is_counted_from_outcome_to_outcome(run: Run, worse: Run) -> None:
    assert summarise([run, worse]).changed == ({("right", "abstained wrongly"): 1},)


def test_a_difference_has_the_interval_of_paired_questions(run: Run, worse: Run) -> None:
    row = next(row for row in summarise([run, worse]).groups[0].rows if row.measure == "right")
    (difference,) = row.differences

    # One of five questions fell by 1; q1, q2, q4 and q5 share an article, q3 is by itself: the mean is -1/5, and the
    # sums of what is left over from it are -1 + 4/5 and 1/5.
    error = (0.2**2 + 0.2**2) ** 0.5 / 5
    assert difference is not None
    assert difference.value == pytest.approx(-0.2)
    assert (difference.low, difference.high) == pytest.approx((-0.2 - 1.959964 * error, -0.2 + 1.959964 * error))
    assert difference.better is False


def test_runs_that_scored_different_questions_have_a_difference_without_interval(run: Run, worse: Run) -> None:
    worse.scores["questions"]["q5"]["right"] = None
    row = next(row for row in summarise([run, worse]).groups[0].rows if row.measure == "right")

    assert [(one.low, one.better) for one in row.differences if one] == [(None, None)]


def test_more_answers_are_neither_better_nor_worse(run: Run, worse: Run) -> None:
    for one, value in ((run, 1.0), (worse, 0.0)):
        one.scores["measures"]["coverage"] = stored_runs.figure(value)
        for of_question in one.scores["questions"].values():
            of_question["coverage"] = value
    rows = [row for group in summarise([run, worse]).groups for row in group.rows if row.measure == "coverage"]

    assert [difference and difference.better for difference in rows[0].differences] == [None]


def test_runs_of_one_name_are_told_apart(run: Run) -> None:
    first, second = summarise([run, run]).names

    assert second == f"{first} (2)"


@pytest.mark.parametrize(
    ("measure", "group"),
    [
        ("document nDCG@10", "Retrieval"),
        ("passage R@5", "Retrieval"),
        ("document RR@10", "Retrieval"),
        ("Success@1", "Retrieval"),
        ("right", "Answers"),
        ("gold span covered", "Answers"),
        ("answer in first claim", "Answers"),
        ("token F1", "Answers"),
        ("key facts", "Answers"),
        ("span validity", "Citations"),
        ("citation precision", "Citations"),
        ("claims fully supported", "Citations"),
        ("coverage", "Abstention"),
        ("selective risk", "Abstention"),
        ("answered, of answerable", "Abstention"),
        ("AUROC", "Abstention"),
        ("attribution", "Attribution and disagreement"),
        ("disagreement F1", "Attribution and disagreement"),
        ("latency_ms", "Cost"),
    ],
)
def test_a_measure_stands_among_its_like(measure: str, group: str) -> None:
    assert group_of(measure) == group


def test_less_is_better_for_risk_and_time_only() -> None:
    names = ["AURC", "selective risk", "latency ms", "AUROC", "right", "nDCG@10"]

    assert [less_is_better(name) for name in names] == [True, True, True, False, False, False]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1, "1"),
        (0.99999, "> 0.999"),
        (0.00001, "< 0.001"),
        (0.5, "0.500"),
        (-0.25, "−0.250"),
        (1234.5, "1,234"),
        (None, "–"),
    ],
)
def test_a_number_never_looks_like_more_than_it_is(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_a_figure_says_of_how_many_and_how_many_were_not_scored() -> None:
    assert figure(Figure(0.5, 0.25, 0.75, 10, 2)) == "0.500 [0.250, 0.750] n=10, 2 unscored"
    assert figure(Figure(None, n=0, reason="no speaker")) == "– (no speaker)"


def test_wilsons_interval_is_that_of_the_paper() -> None:
    assert wilson(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(0.5, 0) == (0, 1)


@given(st.text())
@example("🗞 </script>\u2028")
def test_text_in_an_element_stays_text(text: str) -> None:
    inside = element("p", text, title=text)

    assert re.fullmatch(r'<p title="[^"<>]*">[^<>]*</p>', inside, re.DOTALL)


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example(stored_runs.SCRIPT)
@example("<!--<script>")
def test_json_in_a_script_ends_no_script_and_says_the_same(text: str) -> None:
    script = as_script({"text": text})

    assert not set(script) & set("<>&\u2028\u2029")
    assert json.loads(script) == {"text": text}


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(min_size=1), st.text())
@example("🗞", "a🗞b", "🗞")
def test_a_span_counts_as_javascript_does(before: str, quote: str, after: str) -> None:
    before, quote, after = (text.encode("utf-8", "ignore").decode() for text in (before, quote, after))
    if not quote:
        return
    whole = before + quote + after
    line = {"passage_id": "p", "document_id": "d", "start": 50, "text": whole}
    start = 50 + len(before)
    cited = {
        "marker": 1,
        "document_id": "d",
        "passage_id": "p",
        "start": start,
        "end": start + len(quote),
        "quote": quote,
    }
    lines = [stored_runs.result("q", "?", {"kind": "answer", "claims": [{"text": quote, "citations": [cited]}]})]

    data = _packed(lines, {"p": line})

    span = data["questions"][0]["results"][0]["claims"][0]["citations"][0]
    units = data["passages"][span["passage"]]["text"].encode("utf-16-le")
    assert units[2 * span["start"] : 2 * span["end"]].decode("utf-16-le") == quote


def test_a_quote_that_is_not_in_its_passage_is_shown_by_itself_and_said_to_be_false(run: Run) -> None:
    line = stored_runs.result("q", "?", stored_runs.answer(stored_runs.QUOTE))
    line["answer"]["claims"][0]["citations"][0]["quote"] = "Made up."
    line["cited"] = [{"document_id": "lagos.md", "text": stored_runs.QUOTE}]

    (citation,) = _packed([line], run.passages)["questions"][0]["results"][0]["claims"][0]["citations"]

    assert citation["quote"] == "Made up."
    assert citation["false"] is True


def test_gold_is_marked_where_the_run_says_it_stands(run: Run) -> None:
    line = stored_runs.result("q", "?", stored_runs.answer(stored_runs.SECOND))
    start = stored_runs.START + stored_runs.PASSAGE.index("3 m")
    line["gold"] = {"spans": [["lagos.md", start, start + 3], ["other.md", start, start + 3]]}

    data = _packed([line], run.passages)

    (place, first, last), *others = data["questions"][0]["results"][0]["gold"]
    units = data["passages"][place]["text"].encode("utf-16-le")
    assert others == []
    assert units[2 * first : 2 * last].decode("utf-16-le") == "3 m"


def test_a_passage_and_a_quote_that_is_the_claim_are_packed_once(run: Run) -> None:
    script = as_script(pack([run, run], "right"))

    assert script.count("Rivers rose by 3 m in Lagos. \\u003c") == 1
    assert '"text":"Rivers rose by 3 m in Lagos."' not in script


def test_a_page_asks_for_nothing_and_runs_only_what_it_brought(run: Run) -> None:
    made = page([run], summarise([run]))
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', made)
    (style,) = re.findall(r"<style>(.*?)</style>", made, re.DOTALL)
    (script,) = re.findall(r'<script type="module">(.*?)</script>', made, re.DOTALL)

    assert policy == (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    assert re.findall(r'\s(?:src|srcset|action|on\w+|style)="', made.partition("<script")[0]) == []
    assert set(re.findall(r'href="([^"#]+)', made)) == set(re.findall(r'href="(data:image/svg\+xml[^"]*)', made))
    assert "url(" not in style
    assert "@import" not in style
    assert "innerHTML" not in script


def test_plots_say_in_words_what_they_show(run: Run) -> None:
    for plot in plots([run]):
        assert f'<title id="{plot.id}-title">{plot.title}</title>' in plot.drawn
        assert 'role="img"' in plot.drawn
        assert len(plot.table) > 1


def test_a_run_with_nothing_but_questions_makes_a_report(tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    folder.mkdir()
    for name, text in {"run.json": "{}", "scores.json": "{}", "results.jsonl": '{"id": "q1"}\n'}.items():
        (folder / name).write_text(text, encoding="utf-8")

    run = read(folder)

    assert "unscored" in page([run], summarise([run]))
    assert markdown(summarise([run])).startswith("# Evaluation: bare")


def test_what_is_no_number_is_unknown(tmp_path: Path) -> None:
    folder = stored_runs.write(tmp_path / "nan")
    stored = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    stored["measures"]["right"]["value"] = float("nan")
    stored["questions"]["q1"]["right"] = float("inf")
    (folder / "scores.json").write_text(json.dumps(stored), encoding="utf-8")

    run = read(folder)

    made = page([run], summarise([run]))
    assert run.scores["measures"]["right"]["value"] is None
    assert "NaN" not in made.rpartition('id="data">')[2].partition("</script>")[0]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("run.json", "[]", "run.json is no JSON object"),
        ("run.json", '{"format": 2}', "format 2"),
        ("results.jsonl", "{", "results.jsonl is not JSON"),
        ("results.jsonl", '{"question": {}}\n', "a line that is no result"),
        ("scores.json", None, "scores.json cannot be read"),
    ],
)
def test_what_is_no_run_is_refused_in_one_line(tmp_path: Path, name: str, text: str | None, said: str) -> None:
    folder = stored_runs.write(tmp_path / "run")
    (folder / name).unlink() if text is None else (folder / name).write_text(text, encoding="utf-8")

    with pytest.raises(DataError, match=re.escape(said)):
        read(folder)
    ended = CliRunner().invoke(app, [str(folder)])
    assert ended.exit_code == 2
    assert ended.stderr.startswith("onrecord: ")
    assert ended.stderr.count("\n") == 1


def test_the_command_writes_the_page_into_the_run_unless_told_otherwise(tmp_path: Path) -> None:
    folder = stored_runs.write(tmp_path / "run")

    assert CliRunner().invoke(app, [str(folder)]).exit_code == 0
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")

    out = tmp_path / "new" / "page.html"
    assert CliRunner().invoke(app, [str(folder), "--out", str(out)]).exit_code == 0
    assert out.exists()


def test_markdown_and_json_say_the_same_as_the_page(tmp_path: Path) -> None:
    runs = [str(stored_runs.write(tmp_path / "before")), str(stored_runs.write(tmp_path / "after"))]
    as_json, as_markdown = tmp_path / "report.json", tmp_path / "report.md"

    ended = CliRunner().invoke(app, [*runs, "--json", str(as_json), "--markdown", str(as_markdown)])

    assert ended.exit_code == 0
    summary = json.loads(as_json.read_text(encoding="utf-8"))
    assert summary["outcomes"][0]["right"] == 1
    assert next(one["outcomes"] for one in summary["questions"]) == ["right", "right"]
    assert {row["measure"] for group in summary["groups"] for row in group["rows"]} > {"right", "AURC"}
    shown = as_markdown.read_text(encoding="utf-8")
    assert "| right | 0.400 \\[0.200, 0.480] n=5, 1 unscored |" in shown
    assert "| embed | before" in shown
    assert "<img" not in shown.replace("\\<img", "")


def test_markdown_and_json_name_the_questions_that_changed(run: Run, worse: Run) -> None:
    summary = summarise([run, worse])

    assert [one.id for one in summary.questions if len(set(one.outcomes)) > 1] == ["q1"]
    assert re.search(r"^\| q1 \| How far did .* \| right \| abstained wrongly \|$", markdown(summary), re.MULTILINE)


def test_half_a_character_from_a_model_does_not_stop_a_report(tmp_path: Path) -> None:
    given_answer = stored_runs.answer(stored_runs.QUOTE)
    given_answer["claims"][0]["text"] = "half \ud83d"
    folder = stored_runs.write(tmp_path / "run", [stored_runs.result("q1", "What?", given_answer)], {"q1": 1.0})

    assert CliRunner().invoke(app, [str(folder)]).exit_code == 0
    assert "half ?" in (folder / "report.html").read_text(encoding="utf-8")


def _packed(lines: Sequence[stored_runs.Json], passages: dict[str, stored_runs.Json]) -> stored_runs.Json:
    with tempfile.TemporaryDirectory() as folder:
        run = read(stored_runs.write(Path(folder) / "run", list(lines), {"q": 1.0}))
    known = Run(run.name, run.about, run.results, run.scores, passages)
    packed: stored_runs.Json = json.loads(as_script(pack([known], "right")))
    return packed


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
