"""Traces for an OpenTelemetry collector that the user names; without one, nothing is imported and nothing recorded.

Example: `Traces.to("http://127.0.0.1:4318")` sends a span for each request, with one for each stage of a question and
one for the configured model's work in it. No span has a word of a question, an article or an answer.
Source: HTTP spans are FastAPI's; the model's has the names of OpenTelemetry's conventions for generative AI.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import Span, TracerProvider

    from service.records import Abstention, Answer

_NS_A_MS = 1_000_000
_PATIENCE_S = 3  # of an end, too: a collector that does not answer holds nobody up for longer
_WORDS = ("url.query", "url.path")  # of a request: what was searched for, and ids; its route stays
_WITHHELD = "withheld"
_WRITE = "write"  # the stage in which a model works


@dataclass(frozen=True, slots=True)
class Traces:
    """Where spans go; `provider` is what FastAPI makes those of requests with."""

    provider: TracerProvider

    @classmethod
    def to(cls, url: str) -> Self:
        """Sends spans to a collector, by OTLP over HTTP, in batches and from a thread of their own.

        Args:
            url: Of the collector, without `/v1/traces`.
        """
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        class Withholding(SpanProcessor):
            """Takes a request's own words from its span."""

            def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002
                for name in _WORDS:
                    if name in (span.attributes or {}):
                        span.set_attribute(name, _WITHHELD)

        resource = Resource.create({"service.name": "onrecord", "service.version": version("onrecord")})
        provider = TracerProvider(resource=resource)
        provider.add_span_processor(Withholding())
        exporter = OTLPSpanExporter(endpoint=f"{url.rstrip('/')}/v1/traces", timeout=_PATIENCE_S)
        provider.add_span_processor(BatchSpanProcessor(exporter))
        return cls(provider)

    def asked(self, result: Answer | Abstention) -> None:
        """Records the stages of a question that has just been answered, within the span of its request.

        The stages come one after the other and are timed where they happen; here they are laid end to end until now.
        """
        from opentelemetry.trace import SpanKind

        tracer = self.provider.get_tracer("onrecord")
        stages = [(name, ms) for name, ms in result.timings_ms.items() if name != "total"]
        at = time.time_ns() - int(sum(ms for _, ms in stages) * _NS_A_MS)
        for name, ms in stages:
            end = at + int(ms * _NS_A_MS)
            tracer.start_span(f"onrecord.{name}", start_time=at).end(end)
            usage, model = result.usage, getattr(result, "model", None)
            if name == _WRITE and usage is not None:
                attributes = {
                    "gen_ai.operation.name": "chat",
                    "gen_ai.provider.name": "openai",  # whose interface it has
                    "gen_ai.request.model": model or "",
                    "gen_ai.usage.input_tokens": usage.tokens_in or 0,
                    "gen_ai.usage.output_tokens": usage.tokens_out or 0,
                    "onrecord.llm.requests": usage.requests,
                }
                span = tracer.start_span(
                    f"chat {model or ''}".rstrip(), kind=SpanKind.CLIENT, start_time=at, attributes=attributes
                )
                span.end(min(end, at + int(usage.total_ms * _NS_A_MS)))
            at = end

    def close(self) -> None:
        """Sends what is left."""
        self.provider.shutdown()
