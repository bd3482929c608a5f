"""What the operator's page knows of an installation at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fairgate.console.supervisor import ProcessNow


@dataclass(frozen=True)
class Database:
    version: str
    size: int
    started_at: datetime
    most_connections: int
    connections: int
    # Sessions that wait for a lock that another holds.
    waiting: int
    longest_s: float
    hits: int
    reads: int
    deadlocks: int

    @property
    def hit_share(self) -> int:
        """In percent; of a database that was asked nothing yet, everything."""
        return round(100 * self.hits / (self.hits + self.reads)) if self.hits + self.reads else 100


@dataclass(frozen=True)
class Replica:
    name: str
    state: str
    sync: str
    lag_bytes: int | None
    lag_s: float | None


@dataclass(frozen=True)
class Outbox:
    waiting: int
    oldest_at: datetime | None
    # A minute old, and never tried.
    untried: int
    mails: int
    oldest_mail_at: datetime | None
    done_at: datetime | None
    mail_done_at: datetime | None
    parked: int


@dataclass(frozen=True)
class Parked:
    topic: str
    at: datetime
    error: str
    request_id: str


@dataclass(frozen=True)
class Pool:
    """Connections of this web process. Its threads wait for one when all are out."""

    size: int
    idle: int
    waiting: int
    most: int


@dataclass(frozen=True)
class Server:
    """A server beside the database; ms: how long it took to answer, None when it did not."""

    name: str
    ms: float | None
    # What it says of itself: messages that wait, or bytes in use.
    figure: int | None


@dataclass(frozen=True)
class Operations:
    at: datetime
    processes: Sequence[ProcessNow] | None
    database: Database
    replicas: Sequence[Replica]
    outbox: Outbox
    parked: Sequence[Parked]
    broker: Server
    valkey: Server
