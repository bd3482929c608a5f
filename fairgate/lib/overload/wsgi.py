"""A WSGI app that works on as many requests at a time as its process does well, the rest in line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from fairgate.lib import logs
from fairgate.lib.metrics.names import TURN_WAIT, TURNS_REFUSED
from fairgate.lib.overload.arrivals import Arrivals
from fairgate.lib.overload.limit import Limit
from fairgate.lib.overload.turns import Rank, Turns
from fairgate.lib.wsgi import Ending

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# The door tells it, from the address; see haproxy.cfg.j2.
RANKS = {
    "pays": Rank.PAYS,
    "holds": Rank.HOLDS,
    "has-bought": Rank.HAS_BOUGHT,
    "works": Rank.WORKS,
    "looks": Rank.LOOKS,
}

# Found once, as to find them takes longer than to count.
_observe_wait = {rank: TURN_WAIT.labels(word).observe for word, rank in RANKS.items()}
_count_refused = {rank: TURNS_REFUSED.labels(word).inc for word, rank in RANKS.items()}

Refuse = Callable[["WSGIEnvironment", "StartResponse"], Iterable[bytes]]


class WithTurns:
    """`refuse` answers who got no turn in time."""

    def __init__(self, app: WSGIApplication, most: int, refuse: Refuse) -> None:
        self._app = app
        self._refuse = refuse
        self._arrivals = Arrivals()
        self.turns = Turns(Limit(most))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        rank = RANKS.get(environ.get("HTTP_X_REQUEST_RANK", ""), Rank.LOOKS)
        waited_s = self._arrivals.waited_s(environ.get("HTTP_X_REQUEST_START"))
        came = time.perf_counter()
        at_a_time = self.turns.take(rank, waited_s)
        turn = _Turn(self.turns, rank, at_a_time)
        waited_s += turn.began - came
        _observe_wait[rank](waited_s)
        logs.add_fact(waited_ms=round(waited_s * 1000, 1))
        if not at_a_time:
            _count_refused[rank]()
            return self._refuse(environ, start_response)
        try:
            return _InTurn(self._app(environ, start_response), turn.end)
        except BaseException:
            turn.end()
            raise


class _Turn:
    def __init__(self, turns: Turns, rank: Rank, at_a_time: int) -> None:
        self._turns = turns
        self._rank = rank
        self._at_a_time = at_a_time
        self.began = time.perf_counter()

    def end(self) -> None:
        """Once; a second end is none."""
        if self._at_a_time:
            route = str((logs.facts.get() or {}).get("route", ""))
            at_a_time, self._at_a_time = self._at_a_time, 0
            self._turns.give(self._rank, route, time.perf_counter() - self.began, at_a_time)


class _InTurn(Ending):
    """An answer, whose turn ends when it has been read or given up: what is streamed takes the database until then."""

    def __del__(self) -> None:
        """A server that forgets to close must not cost a turn for ever."""
        self._end()
