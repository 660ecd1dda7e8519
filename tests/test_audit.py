"""`./run audit` calls only an audit that took place one, and the lock pins each file that is installed."""

from __future__ import annotations

import os
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_UV = """#!/bin/sh
case "$1 $2" in
    "tool run") while [ $# -gt 1 ]; do shift; done; {audit} ;;
esac
"""


@pytest.mark.parametrize(
    ("audit", "code", "said"),
    [
        ("exit 0", 0, "audited: no known weakness"),
        ('echo "jinja2 1.0 PYSEC-1" >"$1"; exit 1', 1, "audited: the packages above have known weaknesses"),
        ("exit 1", 75, "not audited"),
        ("exit 127", 75, "not audited"),
    ],
)
def test_only_an_audit_that_took_place_is_called_one(tmp_path: Path, audit: str, code: int, said: str) -> None:
    uv = tmp_path / "uv"
    uv.write_text(_UV.replace("{audit}", audit))
    uv.chmod(0o700)
    environment = {**os.environ, "UV": str(uv), "TMPDIR": str(tmp_path)}

    ended = subprocess.run([ROOT / "run", "audit"], env=environment, capture_output=True, text=True, check=False)

    assert ended.returncode == code, ended.stderr
    assert said in ended.stderr
    assert ("PYSEC-1" in ended.stdout) == (code == 1)
    assert ("no known weakness" in ended.stderr) == (code == 0)
    assert list(tmp_path.iterdir()) == [uv]  # nothing is left behind


def test_every_file_of_the_lock_has_its_hash() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    outside = [one for one in lock["package"] if one["name"] != "onrecord"]
    files = [file for one in outside for file in (*one.get("wheels", ()), *([one["sdist"]] if "sdist" in one else ()))]

    assert [file for file in files if not file.get("hash", "").startswith("sha256:")] == []
    assert len(files) > len(outside) > 100
