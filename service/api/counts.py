"""What the server has done, in Prometheus' form: counts and times, and no word of a question or an article.

Example: `onrecord_requests_total{method="POST",route="/v1/ask",status="200"} 12.0`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from service.records import Abstention, Answer

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)
_NO_ROUTE = "none"  # what is at no address: its path is a caller's own words


class Metrics:
    """The counts of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "onrecord_requests", "Requests by route.", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "onrecord_request_seconds",
            "Time until a response is whole.",
            ["route"],
            registry=self.registry,
            buckets=_SECONDS,
        )
        self._stages = Histogram(
            "onrecord_stage_seconds",
            "Time of a stage of a question.",
            ["stage"],
            registry=self.registry,
            buckets=(0.0005, 0.001, 0.0025, *_SECONDS),
        )
        self._answers = Counter("onrecord_answers", "Questions by what came of them.", ["kind"], registry=self.registry)
        self._tokens = Counter("onrecord_llm_tokens", "Tokens of the model.", ["direction"], registry=self.registry)
        self._first = Histogram(
            "onrecord_llm_first_claim_seconds",
            "Time from a question to the first claim of the model.",
            registry=self.registry,
            buckets=_SECONDS,
        )
        self._documents = Gauge("onrecord_documents", "Documents that can be found.", registry=self.registry)
        self._passages = Gauge("onrecord_passages", "Passages that can be found.", registry=self.registry)

    def requested(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts a request that has been answered."""
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(route).observe(seconds)

    def asked(self, result: Answer | Abstention) -> None:
        """Counts a question, with the time of its stages and what the model read and wrote."""
        self._answers.labels(result.kind).inc()
        for stage, milliseconds in result.timings_ms.items():
            self._stages.labels(stage).observe(milliseconds / 1000)
        if result.usage is not None:
            self._tokens.labels("in").inc(result.usage.tokens_in or 0)
            self._tokens.labels("out").inc(result.usage.tokens_out or 0)
            if result.usage.first_claim_ms is not None:
                self._first.observe(result.usage.first_claim_ms / 1000)

    def written(self, documents: int, passages: int) -> bytes:
        """Everything, as Prometheus reads it."""
        self._documents.set(documents)
        self._passages.set(passages)
        return generate_latest(self.registry)


class Metered:
    """ASGI middleware that counts requests.

    Args:
        metrics: Where they are counted.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        async def watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", _NO_ROUTE)
            self._metrics.requested(scope["method"], route, status, time.perf_counter() - started)
