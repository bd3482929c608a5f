"""What the operator asks `fairgate up` for, and whether that can be."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fairgate.runtime.errors import CannotStart

SCALABLE = ("web", "stock", "gate", "worker")
# What can be exchanged for a fresh one while it runs, in this order. The stores cannot without a pause.
RESTARTABLE = ("relay", "beat", "worker", "gate", "stock", "web", "door")
# As many as the primary's max_wal_senders lets follow while one more is copied.
MOST_REPLICAS = 8


@dataclass(frozen=True)
class Wish:
    port: int = 8000
    bind: str = "127.0.0.1"
    certificate: Path | None = None
    counts: Mapping[str, int] | None = None
    demo: bool = False
    replicas: int = 0
    synchronous: bool = False
    cache: str = "valkey"
    archive: Path | None = None
    prometheus: int | None = None

    @property
    def public_url(self) -> str:
        scheme = "https" if self.certificate else "http"
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(
            self.bind, f"[{self.bind}]" if ":" in self.bind else self.bind
        )
        usual = {"http": 80, "https": 443}[scheme]
        return f"{scheme}://{host}" if self.port == usual else f"{scheme}://{host}:{self.port}"

    def check(self) -> None:
        check_counts(self.counts or {})
        if self.certificate is not None and not os.access(self.certificate, os.R_OK):
            raise CannotStart(f"Cannot read {self.certificate}; --tls-cert wants a PEM file with certificate and key.")
        if not 0 <= self.replicas <= MOST_REPLICAS:
            raise CannotStart(f"--replicas {self.replicas} is out of range; give a number from 0 to {MOST_REPLICAS}.")
        if self.synchronous and not self.replicas:
            raise CannotStart("--synchronous waits for a standby and there is none; add --replicas 1 or more.")
        if self.replicas and os.environ.get("FAIRGATE_DATABASE_URL"):
            raise CannotStart(
                "--replicas follow the PostgreSQL that `fairgate up` runs; with FAIRGATE_DATABASE_URL, make the"
                " standbys of your own server there."
            )
        if self.cache == "memcached" and os.environ.get("FAIRGATE_CACHE_URL"):
            raise CannotStart("--cache memcached starts one, and FAIRGATE_CACHE_URL names another; use one of them.")
        if self.archive and os.environ.get("FAIRGATE_DATABASE_URL"):
            raise CannotStart(
                "--archive follows the PostgreSQL that `fairgate up` runs; with FAIRGATE_DATABASE_URL, archive the log"
                " of your own server there."
            )


def check_counts(counts: Mapping[str, int]) -> None:
    from fairgate.runtime.door.servers import SLOTS  # commands that count nothing do without the door

    for kind, count in counts.items():
        if kind not in SCALABLE:
            raise CannotStart(f"{kind} cannot be scaled; name one of {', '.join(SCALABLE)}.")
        least = 1 if kind == "web" else 0
        if not least <= count <= SLOTS:
            raise CannotStart(f"{kind}={count} is out of range; give a number from {least} to {SLOTS}.")


def check_kinds(kinds: Iterable[str]) -> None:
    for kind in kinds:
        if kind not in RESTARTABLE:
            raise CannotStart(f"{kind} cannot be restarted while it runs; name one of {', '.join(RESTARTABLE)}.")
