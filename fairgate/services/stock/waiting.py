"""The two ways to wait for a lane's answer: a thread that sleeps, and a request of the event loop that does not."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any

from fairgate.lib import logs, traces
from fairgate.lib.traces import Span
from fairgate.stock.engine import Answer, HoldRequest

PATIENCE_S = 5.0


class Busy(Exception):
    """Too many wait, or the database does not answer. Whatever was taken, the same key may ask again."""


class Waiting:
    """One request in line. It is told when it has an answer or an error."""

    __slots__ = ("answer", "deadline", "error", "request", "request_id", "span")

    def __init__(
        self, request: HoldRequest, waited_s: float = 0.0, request_id: str = "", span: Span | None = None
    ) -> None:
        self.request = request
        self.request_id = request_id
        self.span = span
        self.deadline = time.monotonic() + PATIENCE_S - waited_s
        self.answer: Answer | None = None
        self.error: Exception | None = None

    def result(self) -> Answer:
        """Raises Busy, or whatever went wrong."""
        if self.error is not None:
            raise self.error
        assert self.answer is not None
        return self.answer


class InThread(Waiting):
    __slots__ = ("_gate", "has_left", "is_woken", "next")

    def __init__(self, request: HoldRequest) -> None:
        super().__init__(request, request_id=logs.request_id.get(), span=traces.current())
        self.is_woken = False
        self.has_left = False
        # Who was answered with it and is woken by it.
        self.next: InThread | None = None
        # A bare lock, taken until it is woken: a threading.Event makes three objects and costs several times as much.
        self._gate = threading.Lock()
        self._gate.acquire()

    def wake(self) -> None:
        if not self.is_woken:
            self.is_woken = True
            with suppress(RuntimeError):  # Two may wake the next of one that leaves; once is enough.
                self._gate.release()
        if self.has_left:
            self.wake_next()

    def wake_next(self) -> None:
        """One wakes the other: woken all at once, they would only queue up for the interpreter, at twice the price."""
        if self.next is not None:
            self.next.wake()

    def wait(self, timeout_s: float) -> bool:
        return self._gate.acquire(timeout=max(timeout_s, 0))

    def leave(self) -> bool:
        """Stop waiting. False: it has just been woken."""
        self.has_left = True
        return not self._gate.acquire(blocking=False)


class InLoop(Waiting):
    """Made and settled in the loop; told from any thread."""

    __slots__ = ("future",)

    def __init__(self, request: HoldRequest, *more: Any) -> None:
        super().__init__(request, *more)
        self.future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(self) -> None:
        if not self.future.done():  # It is when its request has ended meanwhile.
            self.future.set_result(None)

    def give_up(self) -> None:
        if not self.future.done():
            self.error = Busy()
            self.settle()


def tell(told: Sequence[Waiting]) -> None:
    """To all who were answered together, as cheaply as each kind can be told: by the first, and by one call a loop."""
    sleepers = [waiting for waiting in told if isinstance(waiting, InThread)]
    for one, following in pairwise(sleepers):
        one.next = following
    if sleepers:
        sleepers[0].wake()
    by_loop: dict[asyncio.AbstractEventLoop, list[InLoop]] = {}
    for waiting in told:
        if isinstance(waiting, InLoop):
            by_loop.setdefault(waiting.future.get_loop(), []).append(waiting)
    for loop, its in by_loop.items():
        with suppress(RuntimeError):  # A loop that has been closed has nobody left who waits.
            loop.call_soon_threadsafe(_settle, its)


def _settle(answered: Sequence[InLoop]) -> None:
    for waiting in answered:
        waiting.settle()
