"""`docker-compose.yml` and `Dockerfile`, as far as they can be tried without Docker: confined, commands that work."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import yaml

from tests import commands
from tests.chroma_server import ChromaProcess
from tests.conftest import SEEDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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


def is_healthy(service: str, address: str) -> bool:
    """Whether the service's own check, run where it listens here, calls it healthy."""
    kind, program, *arguments = COMPOSE["services"][service]["healthcheck"]["test"]
    assert (kind, program) == ("CMD", "python")
    here = [part.replace("http://127.0.0.1:8000", address) for part in arguments]
    return subprocess.run([sys.executable, *here], check=False, stderr=subprocess.DEVNULL).returncode == 0


def ask(address: str, key: str, question: str) -> Mapping[str, Any]:
    headers = {"Authorization": f"Bearer {key}"}
    answer: Mapping[str, Any] = httpx2.post(
        f"{address}/v1/ask", json={"question": question}, headers=headers, timeout=60
    ).json()
    for citation in [one for claim in answer.get("claims", ()) for one in claim["citations"]]:
        document = httpx2.get(f"{address}/v1/documents/{citation['document_id']}", headers=headers).json()
        assert document["text"][citation["start"] : citation["end"]] == citation["quote"]
    return answer


def test_two_processes_beside_a_chroma_server_answer_the_questions_of_the_seeds_alike(tmp_path: Path) -> None:
    services = COMPOSE["services"]
    library = tmp_path / "library"
    library.mkdir(mode=0o700)
    _, key, _ = commands.run("key", "create", "me", "--scope", "write", "--library", library)
    with ExitStack() as stack:
        chroma = stack.enter_context(ChromaProcess(tmp_path / "vectors", services["chroma"]["command"]))
        env = commands.environment({"ONRECORD_LIBRARY": str(library), "ONRECORD_CHROMA_URL": chroma.url})
        addresses = {}
        for name in ("api", "reader"):
            command = [part if part != "8000" else "0" for part in services[name]["command"]]
            server = stack.enter_context(commands.start(*command, env=env))
            stack.callback(server.kill)
            assert server.stderr is not None
            found = re.search(r":(\d+)(?:,|$)", server.stderr.readline().strip())
            assert found
            addresses[name] = f"http://127.0.0.1:{found[1]}"
        articles = [part.replace("/articles", str(SEEDS)) for part in services["ingest"]["command"]]
        assert commands.run(*articles, env=env)[0] == 0
        assert is_healthy("chroma", chroma.url)
        assert all(is_healthy(name, address) for name, address in addresses.items())
        lines = (SEEDS / "questions.jsonl").read_text(encoding="utf-8").splitlines()
        kinds = set()
        for question in [json.loads(line)["question"] for line in lines]:
            by_api, by_reader = (ask(address, key.strip(), question) for address in addresses.values())
            assert [by_api["kind"], by_api.get("claims")] == [by_reader["kind"], by_reader.get("claims")]
            kinds.add(by_api["kind"])
        chroma.kill()
        assert not is_healthy("chroma", chroma.url)
        assert not any(is_healthy(name, address) for name, address in addresses.items())
    assert kinds == {"answer", "abstention"}
    assert not (library / "chroma").exists()


def test_the_file_is_what_compose_reads() -> None:
    """By the schema that `check-jsonschema` carries, as there is no Docker here to ask."""
    command = [
        str(Path(sys.executable).with_name("check-jsonschema")),
        "--builtin-schema",
        "vendor.compose-spec",
        str(ROOT / "docker-compose.yml"),
    ]
    outcome = subprocess.run(command, check=False, capture_output=True, text=True)

    assert outcome.returncode == 0, outcome.stdout


def test_every_service_is_confined_and_no_secret_stands_in_the_file() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")

    for name, service in COMPOSE["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not service.get("privileged"), name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
        for limit in ("read_only", "mem_limit", "cpus", "pids_limit"):
            assert service[limit], name
        assert name == "ingest" or service["healthcheck"]["test"][0] == "CMD", name
    assert not re.search(r"(?i)(key|secret|password|token)\w*:\s*[\"']?(?!\$\{)[a-z0-9]{8,}", text)
    declared = {volume.split(":")[0] for service in COMPOSE["services"].values() for volume in service["volumes"]}
    assert {volume for volume in declared if not volume.startswith(".")} == set(COMPOSE["volumes"])


def test_the_image_runs_without_rights_and_copies_every_package() -> None:
    assert re.search(r"^USER onrecord$", DOCKERFILE, re.MULTILINE)
    assert "--locked" in DOCKERFILE
    assert "UV_LINK_MODE=copy" in DOCKERFILE
    owned = re.search(r"install -d -o onrecord (.+)", DOCKERFILE)  # a new volume takes over who owns its folder
    assert owned
    assert owned[1].split() == ["/library", "/articles", "/data"]
    for package in ("onrecord", "ingest", "prompts", "service", "eval"):
        assert f"COPY {package} {package}" in DOCKERFILE
        assert f"!{package}\n" in (ROOT / ".dockerignore").read_text(encoding="utf-8")
