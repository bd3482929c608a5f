"""Who waits for an answer at this moment, and how many answers there were: seen from another process, at no cost."""

from __future__ import annotations

import mmap
import struct
from enum import IntEnum
from pathlib import Path

CLIENTS = 256
COUNTS = struct.Struct("qq")


class By(IntEnum):
    """Which process is to answer, behind the door if it came that way."""

    STOCK = 1
    WEB = 2


class Gauge:
    """One byte for each client, which tells by whom it waits to be answered, or zero."""

    def __init__(self, path: Path) -> None:
        with path.open("a+b") as file:
            file.truncate(CLIENTS + COUNTS.size)
            self.clients = mmap.mmap(file.fileno(), CLIENTS + COUNTS.size)

    def in_flight(self, *by: By) -> int:
        waiting = self.clients[:CLIENTS]
        return sum(waiting.count(one) for one in by or By)

    def publish(self, operations: int, done: int) -> None:
        COUNTS.pack_into(self.clients, CLIENTS, operations, done)

    @property
    def operations(self) -> int:
        return int(COUNTS.unpack_from(self.clients, CLIENTS)[0])

    @property
    def done(self) -> int:
        return int(COUNTS.unpack_from(self.clients, CLIENTS)[1])
