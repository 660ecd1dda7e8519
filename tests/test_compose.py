"""`docker-compose.yml` and `Dockerfile`, as far as they can be tried without Docker: confined, commands that work."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import yaml

from tests import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str, str]]:
    """The folder of the volume, the address, and a key: `api` with its own command, on another port."""
    library = tmp_path / "library"
    library.mkdir(mode=0o700)
    code, key, _ = commands.run("key", "create", "me", "--scope", "write", "--library", library)
    assert code == 0
    command = [part if part != "8000" else "0" for part in COMPOSE["services"]["api"]["command"]]
    server = commands.start(*command, env=commands.environment({"ONRECORD_LIBRARY": str(library)}))
    try:
        port = commands.address(server).rpartition(":")[2]
        yield library, f"http://127.0.0.1:{port}", key.strip()
    finally:
        server.terminate()
        commands.finish(server)


def test_the_services_commands_serve_and_ingest(served: tuple[Path, str, str], tmp_path: Path) -> None:
    library, address, key = served
    articles = shutil.copytree(ROOT / "seeds", tmp_path / "articles")
    command = [part.replace("/articles", str(articles)) for part in COMPOSE["services"]["ingest"]["command"]]

    code, _, stderr = commands.run(*command, env=commands.environment({"ONRECORD_LIBRARY": str(library)}))
    question = {"question": "What did the State Department say about a delegation?"}
    refused = httpx2.post(f"{address}/v1/ask", json=question)
    answered = httpx2.post(f"{address}/v1/ask", json=question, headers={"Authorization": f"Bearer {key}"})
    health = COMPOSE["services"]["api"]["healthcheck"]["test"]

    assert (code, stderr) == (0, "")
    assert refused.status_code == 401
    assert answered.json()["kind"] == "answer"
    assert httpx2.get(f"{address}/readyz").status_code == 200
    assert "/readyz" in health[-1]


def test_every_service_is_confined_and_no_secret_stands_in_the_file() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")

    for name, service in COMPOSE["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not service.get("privileged"), name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
    for name in ("api", "ingest"):
        service = COMPOSE["services"][name]
        assert service["read_only"], name
        assert service["mem_limit"], name
        assert service["pids_limit"], name
    assert not re.search(r"(?i)(key|secret|password|token)\w*:\s*[\"']?(?!\$\{)[a-z0-9]{8,}", text)
    declared = {volume.split(":")[0] for service in COMPOSE["services"].values() for volume in service["volumes"]}
    assert {volume for volume in declared if not volume.startswith(".")} == set(COMPOSE["volumes"])


def test_the_image_runs_without_rights_and_copies_every_package() -> None:
    assert re.search(r"^USER onrecord$", DOCKERFILE, re.MULTILINE)
    assert "--locked" in DOCKERFILE
    assert "UV_LINK_MODE=copy" in DOCKERFILE
    for package in ("onrecord", "ingest", "prompts", "service", "eval"):
        assert f"COPY {package} {package}" in DOCKERFILE
        assert f"!{package}\n" in (ROOT / ".dockerignore").read_text(encoding="utf-8")
