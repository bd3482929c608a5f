"""Spans of OpenTelemetry: from the door to a request, its statements, the outbox, and the task that came of it.

Off unless an endpoint is named, and then `opentelemetry` is not even imported. While it is on, every request notes when
its statements ran; told are those that are sampled and, a few at a time, those that were slow. Nothing that a visitor
sends decides which: the door drops `traceparent`, and nobody reads it. See docs/tracing.md.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from fairgate.lib import statements
from fairgate.lib.traces import span as spans
from fairgate.lib.traces.span import CONSUMER, INTERNAL, PRODUCER, SERVER, Span, Told

__all__ = ["CONSUMER", "INTERNAL", "PRODUCER", "SERVER", "Span"]

# A method may be whatever a visitor thinks of.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Sink(Protocol):
    def take(self, span: Span, told: Told, is_slow: bool) -> bool: ...

    def stop(self) -> None: ...


_sink: Sink | None = None
_threshold = 0


def configure(kind: str, share: float) -> None:
    """In a process that works, and not before it was forked: a thread of it sends what is told."""
    if share > 0:
        from fairgate.lib.traces.export import Export  # an extra, and slow to import

        use(Export(kind), share)


def use(sink: Sink | None, share: float) -> None:
    global _sink, _threshold
    _sink, _threshold = sink, spans.threshold(share)


def stop() -> None:
    """Send what waits, for a moment, and tell nothing more."""
    sink = _sink
    use(None, 0.0)
    if sink is not None:
        sink.stop()


def begin(request_id: str = "", heard: str | None = None) -> Span | None:
    """Of what comes from outside or by itself, if it is sampled; `heard` is the door's word in X-Request-Start."""
    if _sink is None:
        return None
    trace_id = spans.trace_id_of(request_id)
    if spans.randomness(trace_id) < _threshold:
        return None
    return Span(_sink.take, trace_id, heard, is_sampled=True)


def in_case(request_id: str = "", heard: str | None = None) -> Span | None:
    """Of what is not sampled: told if it turns out to be slow."""
    return None if _sink is None else Span(_sink.take, spans.trace_id_of(request_id), heard)


def resume(traceparent: str) -> Span | None:
    """Of what another process has asked for, if that is sampled: part of its trace."""
    parent = spans.read(traceparent)
    return None if _sink is None or parent is None else _child(_sink, parent)


def linked(traceparent: str) -> Span | None:
    """Of what may come hours later: a trace of its own, with a link to the span that wants it, if that is sampled."""
    origin = spans.read(traceparent)
    if _sink is None or origin is None:
        return None
    span = Span(_sink.take, spans.new_trace_id(), is_sampled=True)
    span.links.append(origin)
    return span


def shared(by: Iterable[Span | None]) -> Span | None:
    """Of work that several requests share, if any is sampled: a part of the first one's trace, linked to the others."""
    if _sink is None:
        return None
    sampled = [span.place for span in by if span and span.is_sampled]
    if not sampled:
        return None
    span = _child(_sink, sampled[0])
    span.links.extend(sampled[1:])
    return span


def current() -> Span | None:
    own = statements.current.get()
    return own.span if own is not None else None


def traceparent() -> str:
    """Of what runs now, for whatever it wants done later; nothing if it is not sampled."""
    span = current()
    return span.traceparent if span is not None else ""


@contextmanager
def part(name: str) -> Iterator[None]:
    """Somebody outside is waited for, such as a mail server. The name is one of a few."""
    span = current()
    began_ns = time.time_ns()
    try:
        yield
    finally:
        if span is not None:
            span.parts.append((name, began_ns, time.time_ns()))


def link(traceparent: str) -> None:
    """What runs now happens because of that."""
    span, origin = current(), spans.read(traceparent)
    if span is not None and origin is not None:
        span.links.append(origin)


def end_request(span: Span, facts: Mapping[str, Any], *, is_slow: bool) -> bool:
    """Whether it is told. Of the facts on its line only those that are known to name nobody."""
    if not (span.is_sampled or is_slow):
        return False
    method = facts["method"] if facts["method"] in METHODS else "_OTHER"
    attributes: dict[str, spans.Value] = {
        "http.request.method": method,
        "http.response.status_code": facts["status"],
        "fairgate.request_id": facts["request_id"],
    }
    if route := facts["route"]:
        attributes["http.route"] = route
    error = str(facts["status"]) if facts["status"] >= 500 else ""
    return span.end(f"{method} {route}".strip(), SERVER, attributes, error=error, is_slow=is_slow)


def _child(sink: Sink, parent: spans.Place) -> Span:
    span = Span(sink.take, parent.trace_id, is_sampled=True)
    span.parent_id = parent.span_id
    return span
