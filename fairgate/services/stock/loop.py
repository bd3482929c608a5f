"""What the stock process answers in its event loop: both addresses that make holds, while everyone is at them.

All who wait in a lane then share one thread. Whatever needs a page or the database by itself (refusals in HTML, seats
by name, buyers who have a hold already, holds given back) is Flask's, in threads.
"""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException

from fairgate.lib import asgi, health, logs
from fairgate.lib.asgi import Disconnected, Header, Receive, Scope, Send
from fairgate.lib.bodies import MAX_BODY
from fairgate.lib.ids import short
from fairgate.lib.metrics import WithRequests, requests
from fairgate.lib.overload.arrivals import Arrivals
from fairgate.lib.problems import Problem
from fairgate.services import answers
from fairgate.services.stock import forms, front, paths
from fairgate.services.stock.front import Told
from fairgate.services.stock.pages import TOLD
from fairgate.services.stock.waiting import Busy
from fairgate.stock.engine import Answer, HoldRequest

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

THREADS = 128


class WithLoop:
    """An ASGI app around the Flask app."""

    def __init__(self, app: Flask, is_ready: Callable[[], bool] = lambda: True) -> None:
        self._config: Mapping[str, Any] = app.config
        self._is_ready = is_ready
        self._lines = logs.Gathered()
        self._arrivals = Arrivals()
        self._threads: Executor = ThreadPoolExecutor(THREADS, "flask")
        self._most: int = app.config["MAX_CONTENT_LENGTH"]
        self._flask = asgi.WsgiInThreads(logs.RequestLog(WithRequests(app), "stock"), self._threads, self._most)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(Disconnected):
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if address := paths.NEW_HOLD.match(path):
            await self._sell_to_program(address[1], address[2], scope, receive, send)
        elif scope["method"] == "POST" and (address := paths.FORM.match(path)):
            await self._sell_to_person(address[1], address[2], scope, receive, send)
        elif health.is_ours(path):
            # Figures take some ms to tell.
            answer = self._in_thread if path == health.METRICS else _at_once
            status, kind, body = await answer(health.answer, path, self._is_ready)
            await asgi.respond(send, int(status[:3]), [(b"content-type", kind.encode())], body)
        else:
            await self._flask(scope, receive, send)

    async def _sell_to_program(self, organizer: str, event: str, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        heard = asgi.header(scope, b"x-request-start")
        line = logs.RequestLine(
            "stock", asgi.header(scope, b"x-request-id"), scope["method"], paths.NEW_HOLD_ROUTE, heard
        )
        try:
            told = await self._told(organizer, event, scope, receive, line)
        except Disconnected:
            raise
        except Exception as error:
            logs.request_id.set(line.request_id)
            told = front.refuse(error)
        own = [*told.headers.items(), ("Content-Length", str(len(told.body)))]
        await self._respond(send, line, told.status, own, told.body)
        requests.note(paths.NEW_HOLD_ROUTE, scope["method"], told.status, time.perf_counter() - began)

    async def _told(self, organizer: str, event: str, scope: Scope, receive: Receive, line: logs.RequestLine) -> Told:
        """Raises whatever `front.refuse` makes words of."""
        front.check_method(scope["method"])
        waited_s = self._arrivals.waited_s(asgi.header(scope, b"x-request-start"))
        raw = await asgi.read_body(scope, receive, MAX_BODY)
        config = self._config
        wanted = front.read(await self._event_id(organizer, event), raw, asgi.header(scope, b"idempotency-key"))
        answer = await config["SELLER"].ask(wanted, waited_s, line.request_id, line.span)
        if answer.is_held:
            line.facts["purchase"] = short(answer.hold)
        if front.has_seats(answer):
            told: Told = await self._in_thread(front.tell, config, wanted, answer)
            return told
        return front.tell(config, wanted, answer)

    async def _sell_to_person(self, organizer: str, event: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Straight on to the checkout; or Flask makes the page, with the refusal that was told here."""
        began = time.perf_counter()
        raw = await asgi.read_body(scope, receive, self._most)
        environ = asgi.environ_of(scope, raw)
        heard = environ.get("HTTP_X_REQUEST_START")
        line = logs.RequestLine("stock", environ.get("HTTP_X_REQUEST_ID"), scope["method"], paths.FORM_ROUTE, heard)
        request = _Form(environ)
        told = await self._ask(request, organizer, event, self._arrivals.waited_s(heard), line)
        if isinstance(told, Answer) and told.is_held:
            line.facts["purchase"] = short(told.hold)
            response = forms.go_to_checkout(self._config, request, organizer, event, told)
            await self._respond(send, line, *_parts(response, environ))
            requests.note(paths.FORM_ROUTE, scope["method"], response.status_code, time.perf_counter() - began)
            return
        environ[TOLD], environ[logs.LINE] = told, line
        environ["wsgi.input"] = io.BytesIO(raw)
        await self._flask.answer(environ, send)

    async def _ask(
        self, request: Request, organizer: str, event: str, waited_s: float, line: logs.RequestLine
    ) -> Answer | Busy | None:
        """None: it takes more than to ask the lane."""
        try:
            event_id = await self._event_id(organizer, event)
            wanted = self._wanted(request, event_id) if event_id else None
            if wanted is None:
                return None
            answer: Answer = await self._config["SELLER"].ask(wanted, waited_s, line.request_id, line.span)
        except Busy as busy:
            return busy
        return answer

    def _wanted(self, request: Request, event_id: int) -> HoldRequest | None:
        try:
            forms.check_origin(request)
            if forms.kept_hold(self._config, request):
                return None
            return forms.read(request, event_id, _ask_flask)
        except (Problem, HTTPException, _NeedsDatabase):
            return None

    async def _event_id(self, organizer: str, event: str) -> int | None:
        """Raises Busy."""
        store = self._config["STORE"]
        known: int | None = store.known_event(organizer, event)
        return known or await self._in_thread(store.event_id, organizer, event)

    async def _respond(
        self, send: Send, line: logs.RequestLine, status: int, own: Sequence[tuple[str, str]], body: bytes
    ) -> None:
        names = frozenset(name for name, _value in own) & answers.COMMON
        general = _general(self._config["SETTINGS"].is_secure, names)
        request_id = (b"x-request-id", line.request_id.encode("latin-1"))
        await asgi.respond(send, status, [*general, *asgi.encoded(own), request_id], body)
        line.end(self._lines.add, status=status)

    async def _in_thread(self, work: Callable[..., Any], *arguments: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)


async def _at_once(work: Callable[..., Any], *arguments: object) -> Any:
    return work(*arguments)


class _Form(Request):
    """No larger than the small form is: what is larger is Flask's."""

    max_content_length = MAX_BODY


class _NeedsDatabase(Exception):
    pass


def _ask_flask(_seats: Sequence[int]) -> Sequence[Any]:
    raise _NeedsDatabase


def _parts(response: Response, environ: WSGIEnvironment) -> tuple[int, list[tuple[str, str]], bytes]:
    body = response.get_data()
    return response.status_code, response.get_wsgi_headers(environ).to_wsgi_list(), body


@cache
def _general(is_secure: bool, besides: frozenset[str]) -> list[Header]:
    """The headers that every answer has."""
    return asgi.encoded([pair for pair in answers.common(is_secure) if pair[0] not in besides])
