"""The buyers' own process: `python -m fairgate.rehearsal.crowd`, a plan on stdin, a line a second on stdout. No Django.

It ends when everybody has left, or when stdin ends: whoever asked for the crowd is gone then.
"""

from __future__ import annotations

import json
import resource
import select
import sys
import time
from bisect import bisect
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fairgate.rehearsal.arrivals import arrivals
from fairgate.rehearsal.buyers import buyer
from fairgate.rehearsal.engine import Engine, Note
from fairgate.rehearsal.fates import AGAIN, EXPECTED, OUTCOMES, STEPS, TAKEN, TOLD_TO_WAIT, Fate
from fairgate.rehearsal.figures import percentile
from fairgate.rehearsal.habits import HABITS, Offer
from fairgate.rehearsal.visitor import Shop
from fairgate.rehearsal.wire import Address, Answer

# Answers that nobody expected, of which the request's id is kept, so that its story can be read.
MOST_ODD = 20


@dataclass(frozen=True)
class Plan:
    """Who comes when, and where to. `within_s`: when everybody is sent home, whatever they wait for."""

    address: Mapping[str, Any]
    organizer: str
    event: str
    offers: list[Mapping[str, Any]]
    buyers: int
    seconds: float
    rate: float | None
    seed: int
    within_s: float
    results: str

    def shop(self) -> Shop:
        offers = [Offer(**{**offer, "rows": _rows(offer["rows"])}) for offer in self.offers]
        return Shop(Address(**self.address), self.organizer, self.event, offers)


def _rows(rows: list[list[list[int]]]) -> list[list[tuple[int, int]]]:
    return [[(seat, place) for seat, place in row] for row in rows]


class Crowd:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        shop = plan.shop()
        self._times = arrivals(plan.buyers, plan.seconds, plan.rate, plan.seed)
        self._engine = Engine(shop.address, self._note, self._compare)
        self._fates = [Fate(came) for came in self._times]
        habits = HABITS.at_pace(plan.seconds)
        for number, fate in enumerate(self._fates):
            script = buyer(shop, habits, number, fate=fate, now=self._engine.now, seed=plan.seed)
            self._engine.add(number, fate.came, script)
        self._notes: list[Note] = []
        self._lately: list[float] = []
        self._counts: Counter[str] = Counter()
        self._odd: list[tuple[str, int, str]] = []
        self._seconds: list[dict[str, float | None]] = []
        self._is_cut = False

    def come(self) -> None:
        opened_at, before = time.time(), _cpu_s()
        self._engine.opened = time.perf_counter()
        self._engine.run(self._each_second)
        self._save(opened_at, _cpu_s() - before)

    def _note(self, note: Note, answer: Answer) -> None:
        self._notes.append(note)
        self._lately.append(note[3])
        _buyer, step, _began, _ms, status = note
        if status in TOLD_TO_WAIT:
            self._counts["told_to_wait"] += 1
        elif status not in EXPECTED[step]:
            self._counts["errors"] += 1
            if status not in AGAIN and len(self._odd) < MOST_ODD:
                self._odd.append((STEPS[step], status, answer.header(b"x-request-id")))
        elif status == TAKEN:
            self._counts["refused"] += 1

    def _compare(self, buyer: int, first: Answer, second: Answer) -> None:
        """Of a double click: two answers that are both a yes must be the same yes."""
        if first.status == second.status and first.status in (201, 302, 303):
            self._counts["double_clicks"] += 1
            self._fates[buyer].contradictions += _place(first) != _place(second)

    def _each_second(self, now: float) -> bool:
        times, self._lately = sorted(self._lately), []
        late_s, self._engine.late_s = self._engine.late_s, 0.0
        came = bisect(self._times, now)
        told = {
            "at": now,
            "came": came,
            "in_shop": self._engine.in_shop,
            "orders": sum(bool(fate.order) for fate in self._fates[:came]),
            "places": sum(fate.places for fate in self._fates[:came] if fate.order),
            "requests": len(self._notes),
            "told_to_wait": self._counts["told_to_wait"],
            "refused": self._counts["refused"],
            "errors": self._counts["errors"],
            "median_ms": percentile(times, 0.5),
            "p95_ms": percentile(times, 0.95),
            "late_ms": late_s * 1000,
        }
        self._seconds.append(told)
        try:
            print(json.dumps(told), flush=True)
        except BrokenPipeError:
            return False
        is_wanted = not select.select([sys.stdin], [], [], 0)[0]
        self._is_cut = not is_wanted or now > self._plan.within_s
        return not self._is_cut

    def _save(self, opened_at: float, cpu_s: float) -> None:
        result = {
            "opened_at": opened_at,
            "seconds": self._engine.now(),
            "cpu_s": cpu_s,
            "is_cut": self._is_cut,
            "most_in_shop": self._engine.most_in_shop,
            "most_connections": self._engine.most_connections,
            "double_clicks": self._counts["double_clicks"],
            "odd": self._odd,
            "steps": STEPS,
            "outcomes": OUTCOMES,
            "each_second": self._seconds,
            "notes": self._notes,
            "fates": [asdict(fate) for fate in self._fates],
        }
        Path(self._plan.results).write_text(json.dumps(result))


def _place(answer: Answer) -> object:
    """Where a form leads; what a program was given."""
    return answer.header(b"location") or answer.body


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    Crowd(Plan(**json.loads(sys.stdin.readline()))).come()


if __name__ == "__main__":
    main()
