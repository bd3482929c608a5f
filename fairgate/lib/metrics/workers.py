"""The figures of several interpreters behind one port: whoever is asked asks the others, each by a socket of its own.

Each keeps its figures apart from the others' by the label `worker`, the number of its place. So when one ends, its
counters end with it and those of its successor begin at 0, which Prometheus understands; a sum over all of them would
fall by what one had counted, and Prometheus would take that for a restart of all. prometheus_client's own way is a file
for each interpreter that ever ran: the files of the dead are read at every scrape until the server is started anew,
nothing that is read at the moment can be told (pools, lines), and every count takes a lock and writes to a file.

A place is a name in Linux's abstract namespace for Unix sockets: nothing lies on a disk, and it is free again when its
holder ends, however it ends. Elsewhere an interpreter tells of itself alone.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from prometheus_client.core import Metric

# One that stands still is left out of the answer rather than keep the others back.
PATIENCE_S = 2.0
LABEL = "worker"
# Of the process that starts the others and works itself at nothing.
PARENT = 0


@dataclass
class _Server:
    name: str
    most: int
    wanted: int
    place: int


@dataclass(frozen=True)
class Told:
    families: list[Metric]
    interpreters: int


_read: Callable[[], Sequence[Metric]] = list
_server: _Server | None = None


def answer_with(read: Callable[[], Sequence[Metric]]) -> None:
    """What each interpreter tells of itself."""
    global _read  # noqa: PLW0603 (one for each interpreter)
    _read = read


def join(name: str, interpreters: int, *, is_parent: bool = False) -> None:
    """Take a place among a server's interpreters. While they are exchanged there are up to twice as many."""
    global _server  # noqa: PLW0603 (one for each interpreter)
    if is_parent:
        _server = _Server(name, 2 * interpreters, interpreters + 1, PARENT)
        return
    wanted = _server.wanted if _server else interpreters
    listening, place = _take_place(name, 2 * interpreters)
    _server = _Server(name, 2 * interpreters, wanted, place)
    if listening:
        threading.Thread(target=_answer_all, args=(listening,), name="figures", daemon=True).start()


def wanted() -> int:
    return _server.wanted if _server else 1


def gather(own: Sequence[Metric]) -> Told:
    if _server is None:
        return Told(list(own), 1)
    told = {_server.place: own}
    deadline = time.monotonic() + PATIENCE_S
    for place in range(1, _server.most + 1):
        if place != _server.place and (others := _ask(_server.name, place, deadline)) is not None:
            told[place] = others
    return Told(list(_together(told)), len(told))


def _together(told: dict[int, Sequence[Metric]]) -> Iterator[Metric]:
    families: dict[str, Metric] = {}
    for place, its in sorted(told.items()):
        for family in its:
            one = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            for sample in family.samples:
                one.add_sample(sample.name, {**sample.labels, LABEL: str(place)}, sample.value)
    yield from families.values()


def _take_place(name: str, most: int) -> tuple[socket.socket | None, int]:
    if not sys.platform.startswith("linux"):
        return None, 1
    for place in range(1, most + 1):
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with suppress(OSError):
            listening.bind(_address(name, place))
            listening.listen()
            return listening, place
        listening.close()
    raise OSError(f"All {most} places of {name} are taken.")


def _address(name: str, place: int) -> str:
    return f"\0fairgate/{name}/{place}"


def _answer_all(listening: socket.socket) -> None:
    while True:
        asking, _address = listening.accept()
        with asking, suppress(OSError):
            asking.settimeout(PATIENCE_S)
            asking.sendall(_written(_read()))


def _ask(name: str, place: int, deadline: float) -> list[Metric] | None:
    """None: nobody is there, or nobody who answers in time, or it is another user's."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking, suppress(OSError, ValueError):
        asking.settimeout(max(deadline - time.monotonic(), 0.01))
        asking.connect(_address(name, place))
        if _user_of(asking) != os.geteuid():
            return None
        parts = []
        while part := asking.recv(65536):
            parts.append(part)
            asking.settimeout(max(deadline - time.monotonic(), 0.01))
        return list(_families(b"".join(parts)))
    return None


def _user_of(connected: socket.socket) -> int:
    _pid, user, _group = struct.unpack("3i", connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return int(user)


def _written(families: Iterable[Metric]) -> bytes:
    return json.dumps(
        [
            [family.name, family.documentation, family.type, [sample[:3] for sample in family.samples]]
            for family in families
        ]
    ).encode()


def _families(written: bytes) -> Iterator[Metric]:
    for name, about, kind, samples in json.loads(written):
        family = Metric(name, about, kind)
        for sample in samples:
            family.add_sample(*sample)
        yield family
