"""Runs many buyers in one thread: each is a generator that asks, waits and hears. No Django.

A generator yields `Ask` and gets an `Answer`, or yields a number of seconds and gets None. All connections are watched
by one epoll and all waiting by one heap, so that a buyer costs nothing while she thinks and a request some tenths of a
millisecond. Nobody waits for anybody else: a door that is slow does not slow the coming of others (the mistake that Gil
Tene calls coordinated omission).
"""

from __future__ import annotations

import heapq
import select
import ssl
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from fairgate.rehearsal.wire import Address, Answer, Wire, connect

PATIENCE_S = 30.0
LOOK_EVERY_S = 0.5
MOST_EVENTS = 1024
YES = (200, 201, 204, 302, 303)
NO_ANSWER = Answer(0)


@dataclass(slots=True)
class Ask:
    """`is_twice`: clicked again before the answer is there."""

    step: int
    request: bytes
    is_twice: bool = False


Buyer = Generator[Ask | float, Answer | None, None]
# Buyer, step, when it began after the opening, how many milliseconds it took, status.
Note = tuple[int, int, float, float, int]


@dataclass(slots=True)
class _Talk:
    """What one buyer does now."""

    number: int
    script: Buyer
    is_in: bool = False
    wire: Wire | None = None
    second: Wire | None = None
    ask: Ask | None = None
    began: float = 0.0
    waits_for: int = 0
    first: Answer | None = None


@dataclass
class Engine:
    address: Address
    tell: Callable[[Note, Answer], None]
    # When both answers to a double click are there.
    compare: Callable[[int, Answer, Answer], None]
    opened: float = field(default_factory=time.perf_counter)
    in_shop: int = 0
    most_in_shop: int = 0
    most_connections: int = 0
    # By how much buyers did something later than they wanted, because this process had no processor: the most since it
    # was asked last.
    late_s: float = 0.0
    _context: ssl.SSLContext | None = None
    _poll: select.epoll = field(default_factory=select.epoll)
    _due: list[tuple[float, int, _Talk]] = field(default_factory=list)
    _talks: dict[int, tuple[_Talk, Wire]] = field(default_factory=dict)
    _ended: list[Wire] = field(default_factory=list)
    _turn: count[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self._context = self.address.context()

    def add(self, number: int, at: float, script: Buyer) -> None:
        """A buyer who comes so many seconds after the opening."""
        heapq.heappush(self._due, (at, next(self._turn), _Talk(number, script)))

    def run(self, each_second: Callable[[float], bool]) -> None:
        """Until everybody has left, or `each_second` says that it is enough."""
        next_look = next_second = 0.0
        while self._due or self.in_shop:
            now = self.now()
            while self._due and self._due[0][0] <= now:
                due, _turn, talk = heapq.heappop(self._due)
                self.late_s = max(self.late_s, self.now() - due)
                self._go_on(talk, None)
            if now >= next_second:
                if not each_second(now):
                    return
                next_second = now + 1
            if now >= next_look:
                self._give_up_waiting(now)
                next_look = now + LOOK_EVERY_S
            until = min(self._due[0][0] if self._due else now + 1, next_look, next_second)
            for number, events in self._poll.poll(max(0.0, until - self.now()), MOST_EVENTS):
                found = self._talks.get(number)
                if found:
                    self._hear(*found, events)
            self._close_ended()

    def now(self) -> float:
        return time.perf_counter() - self.opened

    def _go_on(self, talk: _Talk, answer: Answer | None) -> None:
        """Let the buyer do what comes next."""
        if not talk.is_in:
            talk.is_in = True
            self.in_shop += 1
            self.most_in_shop = max(self.most_in_shop, self.in_shop)
        try:
            wish = talk.script.send(answer)
        except StopIteration:
            self.in_shop -= 1
            self._end(talk.wire)
            return
        if isinstance(wish, Ask):
            self._ask(talk, wish)
        else:
            heapq.heappush(self._due, (self.now() + wish, next(self._turn), talk))

    def _ask(self, talk: _Talk, ask: Ask) -> None:
        talk.ask, talk.began, talk.first = ask, self.now(), None
        talk.waits_for = 2 if ask.is_twice else 1
        try:
            if ask.is_twice:
                talk.second = self._connect(talk)
            if talk.wire is None:
                talk.wire = self._connect(talk)
                return
        except OSError:
            # This process may open no more files.
            self._end(talk.second)
            self._heard(talk, NO_ANSWER)
            return
        try:
            talk.wire.send(ask.request)
        except OSError:
            self._lost(talk, talk.wire)

    def _connect(self, talk: _Talk) -> Wire:
        """One that is refused says so at its first event."""
        wire = connect(self.address)
        self._talks[wire.number] = talk, wire
        self.most_connections = max(self.most_connections, len(self._talks))
        self._poll.register(wire.number, select.EPOLLOUT)
        return wire

    def _hear(self, talk: _Talk, wire: Wire, events: int) -> None:
        try:
            if not wire.is_open:
                self._open(talk, wire, events)
                return
            if talk.ask is None:
                # The door ends a connection that has said nothing for a while.
                self._end(wire)
                talk.wire = None
                return
            answer = wire.read()
        except OSError:
            self._lost(talk, wire)
            return
        if answer is not None:
            self._answered(talk, wire, answer)

    def _open(self, talk: _Talk, wire: Wire, events: int) -> None:
        if events & (select.EPOLLERR | select.EPOLLHUP):
            raise ConnectionRefusedError
        if self._context:
            if not isinstance(wire.socket, ssl.SSLSocket):
                wire.secure(self.address, self._context)
            try:
                assert isinstance(wire.socket, ssl.SSLSocket)
                wire.socket.do_handshake()
            except ssl.SSLWantReadError:
                self._poll.modify(wire.number, select.EPOLLIN)
                return
            except ssl.SSLWantWriteError:
                self._poll.modify(wire.number, select.EPOLLOUT)
                return
        wire.is_open = True
        self._poll.modify(wire.number, select.EPOLLIN)
        if talk.ask:
            wire.send(talk.ask.request)

    def _lost(self, talk: _Talk, wire: Wire) -> None:
        """A kept connection may have ended while the request was on its way: then it goes out anew, as in browsers."""
        was_kept = wire is talk.wire and wire.is_used
        has_answered = wire is talk.wire and talk.first is not None and talk.second is not None
        self._end(wire)
        if wire is talk.wire:
            talk.wire = None
        if has_answered:
            return
        if was_kept and talk.ask:
            with suppress(OSError):
                talk.wire = self._connect(talk)
                return
        if talk.ask:
            self._answered(talk, wire, NO_ANSWER)

    def _answered(self, talk: _Talk, wire: Wire, answer: Answer) -> None:
        if wire is talk.second:
            self._end(wire)
            talk.second = None
        elif answer.header(b"connection").lower() == "close":
            self._end(talk.wire)
            talk.wire = None
        talk.waits_for -= 1
        if talk.waits_for:
            talk.first = answer
            return
        if talk.first is not None:
            self.compare(talk.number, talk.first, answer)
            answer = answer if answer.status in YES else talk.first
        self._heard(talk, answer)

    def _heard(self, talk: _Talk, answer: Answer) -> None:
        ask, talk.ask = talk.ask, None
        assert ask is not None
        self.tell((talk.number, ask.step, talk.began, (self.now() - talk.began) * 1000, answer.status), answer)
        self._go_on(talk, answer)

    def _give_up_waiting(self, now: float) -> None:
        """Nobody looks at an empty page for ever."""
        late = {id(talk): talk for talk, _wire in self._talks.values() if talk.ask and now - talk.began > PATIENCE_S}
        for talk in late.values():
            self._end(talk.second)
            self._end(talk.wire)
            talk.second = talk.wire = None
            self._heard(talk, talk.first or NO_ANSWER)

    def _end(self, wire: Wire | None) -> None:
        """Closed only after this round of events, in which another could get its number and hear its last words."""
        if wire is not None and wire.number in self._talks:
            del self._talks[wire.number]
            self._poll.unregister(wire.number)
            self._ended.append(wire)

    def _close_ended(self) -> None:
        for wire in self._ended:
            wire.socket.close()
        self._ended.clear()
