"""What clients did and were told, as they saw it: the first half of a proof. `ledger.py` reads the other half.

    recorder = Recorder(path)                      # `with` closes the file; Recorder() keeps them in memory alone
    with recorder.asking("buyer 7", Kind.HOLD, key=hold_key(key), items={ticket_type: 2}) as asked:
        answer = ...                               # whatever asks: in process, by HTTP, by SQL
        asked.done(hold=answer["hold"])            # or asked.sold_out(), asked.refused("invalid"), asked.unknown()
    violations = check(recorder.operations, read_ledger(connection))

An operation that ends without an answer, with an exception or not, is `unknown`: it may have happened or not. It is
never "failed". Ask again under the same key, as an operation of its own.

What to say of each kind (the rest of the fields stays empty):

    HOLD     key, items, seats when asked for by name      done: hold, and the seats that were given
    RELEASE  hold                                          done also when it had ended before
    ORDER    hold, key                                     done: order (its code), tickets (their ids)
    CANCEL   order, tickets (those to cancel)              done
    RESIZE   quota, capacity                               done
    EXTEND   hold                                          done
    SWAP     order, tickets (one), items ({its new ticket type: 1}), seats (its new one)      done

Ids of holds, orders' codes and tickets are strings, as a client reads them; quotas and ticket types are numbers.

Times are of the wall clock (`time.time()`), since the database stamps its ledger with it: both must be of one machine.
Any number of threads may share a recorder, and any number of processes a file: a line is one write to its end.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from fairgate.stock.engine import digest


class Kind(StrEnum):
    HOLD = "hold"
    RELEASE = "release"
    ORDER = "order"
    CANCEL = "cancel"
    RESIZE = "resize"
    EXTEND = "extend"
    SWAP = "swap"


class Result(StrEnum):
    DONE = "done"
    SOLD_OUT = "sold-out"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Operation:
    client: str
    kind: Kind
    invoked_at: float
    returned_at: float
    result: Result
    key: str = ""
    items: Mapping[int, int] = field(default_factory=dict)
    seats: tuple[int, ...] = ()
    hold: str = ""
    order: str = ""
    tickets: tuple[str, ...] = ()
    quota: int = 0
    capacity: int = 0
    # Why it was refused or is unknown. For people.
    why: str = ""

    @property
    def is_done(self) -> bool:
        return self.result == Result.DONE

    @property
    def may_have_happened(self) -> bool:
        return self.result in (Result.DONE, Result.UNKNOWN)


class Asked:
    """An operation under way. The first answer counts."""

    def __init__(self, client: str, kind: Kind, facts: dict[str, Any]) -> None:
        self._facts: dict[str, Any] = {"client": client, "kind": kind, "invoked_at": time.time(), **facts}

    def done(self, **facts: Any) -> None:
        self._answer(Result.DONE, **facts)

    def sold_out(self) -> None:
        self._answer(Result.SOLD_OUT)

    def refused(self, why: str) -> None:
        self._answer(Result.REFUSED, why=why)

    def unknown(self, why: str = "") -> None:
        self._answer(Result.UNKNOWN, why=why)

    def operation(self) -> Operation:
        self._answer(Result.UNKNOWN, why="no answer")
        return Operation(**self._facts)

    def _answer(self, result: Result, **facts: Any) -> None:
        if "result" not in self._facts:
            self._facts |= {"returned_at": time.time(), "result": result, **facts}


class Recorder:
    """Gathers operations in memory and, where there is one, at the end of a file."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._file = None if path is None else os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._operations: list[Operation] = []
        self.in_flight = 0

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            os.close(self._file)

    @property
    def operations(self) -> list[Operation]:
        with self._lock:
            return list(self._operations)

    @contextmanager
    def asking(self, client: str, kind: Kind, **facts: Any) -> Iterator[Asked]:
        asked = Asked(client, kind, facts)
        with self._lock:
            self.in_flight += 1
        try:
            yield asked
        finally:
            self._record(asked.operation())

    def _record(self, operation: Operation) -> None:
        if self._file is not None:
            os.write(self._file, as_line(operation))
        with self._lock:
            self._operations.append(operation)
            self.in_flight -= 1


def as_line(operation: Operation) -> bytes:
    facts = {name: value for name, value in asdict(operation).items() if value}
    return json.dumps(facts, separators=(",", ":")).encode() + b"\n"


def read_history(lines: Iterable[str | bytes]) -> list[Operation]:
    """The operations of a file of lines, such as an open file."""
    return [_from_line(line) for line in lines]


def _from_line(line: str | bytes) -> Operation:
    facts = json.loads(line)
    facts["kind"], facts["result"] = Kind(facts["kind"]), Result(facts["result"])
    facts["items"] = {int(ticket_type): quantity for ticket_type, quantity in facts.get("items", {}).items()}
    for name in ("seats", "tickets"):
        facts[name] = tuple(facts.get(name, ()))
    return Operation(**facts)


def hold_key(idempotency_key: str) -> str:
    """The key of a hold as the database keeps it, from the one that went over the wire."""
    return str(digest("hold", idempotency_key))


def order_key(idempotency_key: str) -> str:
    return str(digest("order", idempotency_key))
