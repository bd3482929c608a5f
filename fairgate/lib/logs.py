"""One JSON line for each request and task, with an id that travels from the door to the last effect.

A line never holds a secret or a person: it names the route's template, not the path, and never the query.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
import secrets
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from fairgate.lib import statements, traces
from fairgate.lib.statements import Statements
from fairgate.lib.traces import Span
from fairgate.lib.wsgi import Ending

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

request_id: ContextVar[str] = ContextVar("request_id", default="")
# What the code inside a request adds to its line: the route's template, the number of queries.
facts: ContextVar[dict[str, Any] | None] = ContextVar("facts", default=None)

log = structlog.stdlib.get_logger("fairgate")
_writing = threading.Lock()
GATHER_S = 0.05
# Who this process is, and from how many milliseconds on something is slow, once it has been told.
_own: dict[str, Any] = {"service": "", "slow_ms": math.inf}
# Of the requests that were in a slow batch, so that each of them is found, and the line stays short.
MOST_IDS = 20
# The line of a request that was begun before it came to a WSGI app.
LINE = "fairgate.line"
CANNOT_READ = "22"
ADDRESS = re.compile(r"[^\s@'\"<>(),;:]+@[^\s@'\"<>(),;:]+")
_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


def configure(service: str, level: str = "INFO", slow_ms: float = math.inf) -> None:
    """Send this process's lines, those of libraries included, to stdout as JSON."""
    _own.update(service=service, slow_ms=slow_ms)
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_service(service),
        _format_exception,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    handler.addFilter(_leave_out_addresses)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _add_service(service: str) -> structlog.typing.Processor:
    def add(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["service"] = service
        if current := request_id.get():
            event.setdefault("request_id", current)
        return event

    return add


def add_fact(**values: Any) -> None:
    """Put a fact on the line of the request that runs now."""
    current = facts.get()
    if current is not None:
        current.update(values)


def _leave_out_addresses(record: logging.LogRecord) -> bool:
    """Django and Flask name the address of a failed request, and an address can be a secret. Our line has the route."""
    if record.name.startswith("fairgate.services") and str(record.msg).startswith("Exception on "):
        record.msg, record.args = "request_failed", ()
    if not record.name.startswith("django."):
        return True
    if hasattr(record, "request"):
        del record.request
        record.msg, record.args = "request_failed", ()
    return record.levelno >= logging.ERROR


def _format_exception(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Where and why, without values: of a database error the further lines would quote the row."""
    exc_info = event.pop("exc_info", None)
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["error"] = described(error)
        event["where"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
        ]
    return event


def described(error: BaseException) -> str:
    """What it is and its first line. What the database could not read, as a number, a date or JSON, it would quote."""
    state = getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None) or ""
    if state.startswith(CANNOT_READ):
        return f"{type(error).__name__}: SQLSTATE {state}"
    first_line, _newline, _more = str(error).partition("\n")
    return f"{type(error).__name__}: {ADDRESS.sub('(address)', first_line)}"


class RequestLine:
    """The line of one request, from its beginning until it is answered."""

    def __init__(
        self, service: str, given_id: str | None, method: str, route: str = "", heard: str | None = None
    ) -> None:
        """`heard` is the door's word in X-Request-Start."""
        self.request_id = given_id or secrets.token_hex(8)
        self.facts: dict[str, Any] = {
            "service": service,
            "request_id": self.request_id,
            "method": method,
            "route": route,
            "status": 0,
        }
        self.span = traces.begin(self.request_id, heard)
        self.statements: Statements | None = None
        self._started = time.perf_counter()

    def end(self, write: Callable[[str], None], **more: Any) -> None:
        """Hand the line over to `write`, unless nobody wants lines of requests; and one more if it was slow."""
        ms = round((time.perf_counter() - self._started) * 1000, 1)
        self.facts.update(more, ms=ms)
        if self.statements is not None:
            self.facts["queries"] = self.statements.count
        is_slow = ms >= _own["slow_ms"]
        if self.span is not None and traces.end_request(self.span, self.facts, is_slow=is_slow):
            self.facts["trace_id"] = self.span.trace_id
        if logging.getLogger("fairgate").isEnabledFor(logging.INFO):
            write(_composed("request", self.facts))
        if is_slow and logging.getLogger("fairgate").isEnabledFor(logging.WARNING):
            write(_composed("slow_request", {**self.facts, **what_took_long(self.statements)}, "warning"))


class RequestLog:
    """A WSGI app that logs a line for each request of the app inside and gives the answer its request id."""

    def __init__(self, app: WSGIApplication, service: str) -> None:
        self._app = app
        self._service = service

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        heard = environ.get("HTTP_X_REQUEST_START")
        line = environ.get(LINE) or RequestLine(
            self._service, environ.get("HTTP_X_REQUEST_ID"), environ["REQUEST_METHOD"], heard=heard
        )
        line.span = line.span or traces.in_case(line.request_id, heard)
        request_id.set(line.request_id)
        facts.set(line.facts)
        line.statements = Statements(line.span)
        statements.current.set(line.statements)

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            line.facts["status"] = int(status[:3])
            headers.append(("X-Request-Id", line.request_id))
            return start_response(status, headers, exc_info)

        return Ending(self._app(environ, start), partial(line.end, write))


@contextmanager
def watch(event: str, span: Span | None = None, **known: Any) -> Iterator[Statements]:
    """Log what takes too long outside of requests, such as a transaction that many of them share."""
    own = Statements(span)
    token = statements.current.set(own)
    started = time.perf_counter()
    try:
        yield own
    finally:
        statements.current.reset(token)
        ms = round((time.perf_counter() - started) * 1000, 1)
        if ms >= _own["slow_ms"]:
            log.warning(event, **known, ms=ms, queries=own.count, **what_took_long(own))


def tell_each(event: str, lines: Iterable[dict[str, Any]]) -> None:
    """One info line for each, in one write: what a batch did for whom."""
    if logging.getLogger("fairgate").isEnabledFor(logging.INFO):
        write("".join(_composed(event, {"service": _own["service"], **line}) for line in lines))


def is_slow(seconds: float) -> bool:
    return bool(seconds * 1000 >= _own["slow_ms"])


def what_took_long(own: Statements | None) -> dict[str, Any]:
    if own is None or not own.count:
        return {}
    return {"sql_ms": round(own.seconds * 1000, 1), "statements": own.told()}


def _composed(event: str, line: dict[str, Any], level: str = "info") -> str:
    """A line as `log.info` composes it: every request has one, and by way of logging and structlog it takes a
    third of what Flask takes to answer."""
    # To the microsecond always, which isoformat() leaves out when it is zero.
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return _encode({**line, "event": event, "level": level, "timestamp": now}) + "\n"


def write(lines: str) -> None:
    """Straight out."""
    with _writing:
        sys.stdout.write(lines)
        sys.stdout.flush()


class Gathered:
    """Lines of an event loop, written out together: to write each by itself costs as much as to answer, since other
    threads take the interpreter meanwhile. What was gathered when a process is killed is lost."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, line: str) -> None:
        if not self._lines:
            asyncio.get_running_loop().call_later(GATHER_S, self._write)
        self._lines.append(line)

    def _write(self) -> None:
        write("".join(self._lines))
        self._lines.clear()
