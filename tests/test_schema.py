"""Requests drawn from the API's own description, as it allows them and as it does not: no response breaks its word.

Three checks of schemathesis do not apply. A description cannot say that a question needs a word or that an id is of a
document, so a request that it allows may be refused; 1 is read as true and a number as a day, although it says neither;
and 503 is how a library that is busy says so.
"""

from __future__ import annotations

import shutil
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from ingest.settings import Settings
from ingest.store import PassageIndex
from service.api.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schemathesis import APIOperation, BaseSchema, Case

    from ingest.embed import Encoder

_DO_NOT_APPLY = [not_a_server_error, positive_data_acceptance, negative_data_rejection]
_EXAMPLES = 8  # of each operation and mode


@pytest.fixture(scope="module")
def described(encoder: Encoder, seed_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BaseSchema]:
    """The API of a copy of the seeds, as it describes itself."""
    folder = shutil.copytree(seed_library, tmp_path_factory.mktemp("schema") / "library")
    with PassageIndex.open(folder) as index:
        app = create_app(index, encoder, Settings(_env_file=None, host="testserver"))
        yield schemathesis.openapi.from_asgi("/openapi.json", app)
        app.state.parts.conversations.close()


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_response_is_as_the_description_says(described: BaseSchema, mode: GenerationMode) -> None:
    operations = [result.ok() for result in described.get_all_operations() if isinstance(result, Ok)]
    tried = [operation.label for operation in operations if _holds(operation, mode)]
    assert {"POST /v1/ask", "POST /v1/documents", "GET /v1/timeline", "POST /v1/chat/completions"} <= {*tried}


def _holds(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode) -> bool:
    """Whether there was anything to try: a request without a parameter cannot be one that the description forbids."""

    @given(case=operation.as_strategy(mode))
    @settings(max_examples=_EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    def holds(case: Case[Any]) -> None:
        response = case.call()
        is_error = response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
        assert not is_error or response.status_code == HTTPStatus.SERVICE_UNAVAILABLE, case.as_curl_command()
        case.validate_response(response, excluded_checks=[*_DO_NOT_APPLY])

    try:
        holds()
    except Unsatisfiable:
        return False
    return True
