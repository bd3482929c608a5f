"""The way out, by OpenTelemetry's SDK: it batches what is told, in a queue with an end, and sends it by OTLP.

Read by the SDK itself: OTEL_EXPORTER_OTLP_… (where to, headers, certificates), OTEL_BSP_… (queue and batches), and
OTEL_RESOURCE_ATTRIBUTES.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import version
from multiprocessing.util import Finalize

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from fairgate.lib import logs
from fairgate.lib.statements import LONGEST_TEXT
from fairgate.lib.traces.span import Place, Span, Told, new_id

# When everything is slow, what is slow is no longer worth its price.
SLOW_EVERY_S = 1.0
# A process that ends waits no longer for a receiver that does not answer.
STOP_S = 2.0
SAMPLED = TraceFlags(TraceFlags.SAMPLED)
VERB = re.compile(r"\s*(\w+)")
TARGET = re.compile(r'\b(?:FROM|INTO|UPDATE|JOIN)\s+"?([\w.]+)', re.IGNORECASE)
SCOPE = InstrumentationScope("fairgate", version("fairgate"))


class Export:
    def __init__(self, kind: str) -> None:
        name = os.environ.get("OTEL_SERVICE_NAME") or "fairgate"
        self._own, self._door = _resource(f"{name}-{kind}"), _resource(f"{name}-door")
        # It says the same again and again; we say it once.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL + 1)
        self.telling = Telling(OTLPSpanExporter())
        self._processor = BatchSpanProcessor(self.telling)
        self._next_slow = 0.0
        # Also where a server ends its workers without atexit, as multiprocessing does.
        self._at_exit = Finalize(self, self.stop, exitpriority=0)

    def take(self, span: Span, told: Told, is_slow: bool) -> bool:
        if not span.is_sampled and not (is_slow and self._has_room_for_slow()):
            return False
        for one in self._told(span, told):
            self._processor.on_end(one)
        return True

    def stop(self) -> None:
        ender = threading.Thread(target=self._processor.shutdown, name="last spans", daemon=True)
        with suppress(RuntimeError):  # An interpreter that is ending starts no threads.
            ender.start()
            ender.join(STOP_S)

    def _has_room_for_slow(self) -> bool:
        now = time.monotonic()
        if now < self._next_slow:
            return False
        self._next_slow = now + SLOW_EVERY_S
        return True

    def _told(self, span: Span, told: Told) -> Iterator[ReadableSpan]:
        parent = Place(span.place.trace_id, span.parent_id) if span.parent_id else None
        if heard_ns := span.heard_ns:
            # The door cannot tell it by itself: from when it heard of the request until it had the answer.
            door = Place(span.place.trace_id, new_id())
            yield _span(self._door, told, door, None, began_ns=heard_ns)
            parent = door
        for text, ended_ns, seconds in span.statements:
            yield _statement(self._own, span.place, text, ended_ns - int(seconds * 1e9), ended_ns)
        for name, began_ns, ended_ns in span.parts:
            yield _within(self._own, span.place, name, {}, began_ns=began_ns, ended_ns=ended_ns)
        yield _span(self._own, told, span.place, parent, began_ns=span.began_ns, links=span.links)


def _span(
    resource: Resource, told: Told, place: Place, parent: Place | None, *, began_ns: int, links: Sequence[Place] = ()
) -> ReadableSpan:
    return ReadableSpan(
        told.name,
        _context(place),
        _context(parent) if parent else None,
        resource,
        told.attributes,
        links=[Link(_context(one)) for one in links],
        kind=SpanKind[told.kind],
        status=Status(StatusCode.ERROR, told.error) if told.error else Status(),
        start_time=began_ns,
        end_time=told.ended_ns,
        instrumentation_scope=SCOPE,
    )


def _statement(resource: Resource, of: Place, text: str, began_ns: int, ended_ns: int) -> ReadableSpan:
    """Its text has placeholders only; see `lib.statements`."""
    name = _summary(text)
    attributes = {
        "db.system.name": "postgresql",
        "db.query.summary": name,
        "db.query.text": " ".join(text.split())[:LONGEST_TEXT],
    }
    return _within(resource, of, name, attributes, began_ns=began_ns, ended_ns=ended_ns)


def _within(
    resource: Resource, of: Place, name: str, attributes: Mapping[str, str], *, began_ns: int, ended_ns: int
) -> ReadableSpan:
    return ReadableSpan(
        name,
        _context(Place(of.trace_id, new_id())),
        _context(of),
        resource,
        attributes,
        kind=SpanKind.CLIENT,
        start_time=began_ns,
        end_time=ended_ns,
        instrumentation_scope=SCOPE,
    )


@lru_cache(1_000)
def _summary(text: str) -> str:
    """What it does and to which table or function first: SELECT orders_place."""
    found = VERB.match(text), TARGET.search(text)
    return " ".join(one[1] for one in found if one)


def _context(place: Place) -> SpanContext:
    return SpanContext(place.trace_id, place.span_id, is_remote=False, trace_flags=SAMPLED)


def _resource(name: str) -> Resource:
    return Resource.create({SERVICE_NAME: name, SERVICE_VERSION: version("fairgate")})


class Telling(SpanExporter):
    """Says once that nothing gets through, and once that it does again; what could not be sent meanwhile is lost."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self.lost = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            result = self._exporter.export(spans)
        except Exception as error:  # whatever it is, it is the receiver's and no request's
            self._lose(len(spans), type(error).__name__)
            return SpanExportResult.FAILURE
        if result is not SpanExportResult.SUCCESS:
            self._lose(len(spans), "the receiver does not take them")
        elif self.lost:
            logs.log.info("traces_go_out_again", lost=self.lost)
            self.lost = 0
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)

    def _lose(self, count: int, reason: str) -> None:
        if not self.lost:
            logs.log.warning("traces_are_lost", reason=reason)
        self.lost += count
