"""A sweep chooses on one half, reports on the other, and leaves the settings as they were."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from eval.data import DataError, in_split, read
from eval.run import Options
from eval.stored import read_run
from eval.sweep import applied, read_grid, sweep, table
from service import verify
from tests.conftest import SEEDS

if TYPE_CHECKING:
    from pathlib import Path


def grid(folder: Path, settings: object, **more: object) -> Path:
    path = folder / "grid.json"
    path.write_text(json.dumps({"settings": settings} | more))
    return path


def test_a_sweep_chooses_on_one_half_and_reports_on_the_other(own_library: Path, tmp_path: Path) -> None:
    """Above any confidence nothing is answered, which cannot be the best."""
    usual = verify.THRESHOLD
    wanted = read_grid(grid(tmp_path, {"service.verify.THRESHOLD": [1.1, usual]}))

    found = sweep(
        wanted, read(SEEDS), tmp_path / "out", Options(limit=12), library=own_library, on_progress=None
    )  # fmt: skip

    assert usual == verify.THRESHOLD
    assert found["chosen"] == {"service.verify.THRESHOLD": usual}
    never = next(row for row in found["tune"] if row["settings"]["service.verify.THRESHOLD"] == 1.1)
    assert never["value"] < found["tune"][0]["value"]
    for row in found["tune"]:
        made = read_run(tmp_path / "out" / row["run"])
        assert all(in_split(one["id"], "tune") for one in made.results)
        assert made.about["settings"]["service.verify.THRESHOLD"] == row["settings"]["service.verify.THRESHOLD"]
    assert all(in_split(one["id"], "report") for one in read_run(tmp_path / "out" / "report-chosen").results)
    assert json.loads((tmp_path / "out" / "sweep.json").read_text()) == json.loads(json.dumps(found))
    assert sum("verify.THRESHOLD" in line for line in table(found)) == 4


def test_settings_are_as_they_were_after_an_error() -> None:
    before = verify._MOST_CLAIMS

    def fail() -> None:
        with applied({"service.verify._MOST_CLAIMS": 2.0}):
            assert (verify._MOST_CLAIMS, type(verify._MOST_CLAIMS)) == (2, int)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert before == verify._MOST_CLAIMS


@pytest.mark.parametrize(
    ("settings", "more", "words"),
    [
        ({"service.verify.NOTHING": [1]}, {}, "no setting 'service.verify.NOTHING'"),
        ({"os.path.sep": [1]}, {}, "no setting 'os.path.sep'"),
        ({"service.nowhere.THRESHOLD": [1]}, {}, "no setting"),
        ({"service.verify.THRESHOLD": "low"}, {}, "is no grid"),
        ([], {}, "is no grid"),
        ({"service.verify.THRESHOLD": [0.1]}, {"objective": "beauty"}, "no measure 'beauty'"),
        ({"service.verify.THRESHOLD": [n / 100 for n in range(70)]}, {}, "more than 64"),
    ],
)
def test_a_grid_that_cannot_be_tried_is_told(
    tmp_path: Path, settings: object, more: dict[str, str], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        read_grid(grid(tmp_path, settings, **more))
