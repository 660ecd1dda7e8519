"""The API as one FastAPI app, made of parts that are already open and loaded.

Example: `create_app(index, encoder, Settings())` answers `POST /v1/ask {"question": "Who telephoned whom?"}`.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.routing import Route

from service.api import (
    compatible,
    conversations,
    disagreements,
    documents,
    library,
    metrics,
    page,
    problems,
    questions,
    reference,
    speakers,
    statements,
    timeline,
    upkeep,
)
from service.api.admission import Admission
from service.api.counts import Metered
from service.api.guard import Guard
from service.api.logged import Logged
from service.api.mcp import McpEndpoint
from service.api.parts import Parts
from service.api.schemas import ProblemResponse
from service.stream import Writer
from service.telemetry import Traces

if TYPE_CHECKING:
    from ingest.embed import Encoder
    from ingest.settings import Settings
    from ingest.store import PassageIndex
    from service.access import KeyRing

_QUESTION_BYTES = 256_000  # a question of 4,000 characters and its filters, however they are escaped


def create_app(
    index: PassageIndex, encoder: Encoder, settings: Settings, *, keys: KeyRing | None = None, own_secret: str = ""
) -> FastAPI:
    """The app; it neither opens nor closes what it is given.

    Args:
        keys: Those that requests need one of; `None` when nobody is asked.
        own_secret: By which this machine's command lines are let in, where keys are needed.
        settings: `host` decides which names requests may use, and `max_article_mb` and `max_upload_mb` what fits in.
    """
    traces = Traces.to(settings.otlp_url) if settings.otlp_url else None
    app = FastAPI(
        title="Onrecord",
        summary="Answers from news articles; every sentence carries the exact quote that supports it.",
        version=version("onrecord"),
        openapi_url=None,  # `reference` has it; FastAPI's own pages load their scripts from a CDN
        redirect_slashes=False,  # a document's id may end in a slash
        responses={"default": {"model": ProblemResponse, "description": "RFC 9457 problem details"}},
        # Nothing is recorded or sent on but to the collector that our own setting names, whatever the environment says.
        telemetry={
            "tracing": traces is not None,
            "tracer_provider": traces.provider if traces else None,
            "operation_spans": False,
            "metrics": False,
            "logs": False,
            "auto_configure": False,
        },
    )
    app.state.parts = Parts(index, encoder, settings, writer=Writer.of(settings), traces=traces)
    for routes in (
        questions,
        conversations,
        speakers,
        statements,
        disagreements,
        timeline,
        documents,
        library,
        upkeep,
        compatible,
        page,
        metrics,
        reference,
    ):
        app.include_router(routes.router)
    app.router.routes.append(Route("/mcp", McpEndpoint(app.state.parts)))
    problems.install(app)
    app.add_middleware(
        Admission,
        keys=keys,
        own_secret=own_secret,
        rate_per_minute=settings.rate_per_minute if keys else None,
        most_at_once=settings.questions_at_once,
    )
    # Not FastAPI's `max_body_size`: its 413 is plain text where the request says its length.
    uploads = settings.max_upload_mb * 1_000_000
    body_limits = {"/v1/documents": uploads, "/v1/library/prune": uploads}
    app.add_middleware(Metered, metrics=app.state.parts.metrics)
    app.add_middleware(Guard, host=settings.host, body_limit=_QUESTION_BYTES, body_limits=body_limits)
    app.add_middleware(Logged)
    return app
