"""What this interpreter tells, and how an answer is written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

from prometheus_client import ProcessCollector, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from fairgate.lib import env
from fairgate.lib.metrics import names, workers
from fairgate.lib.metrics.figure import Read, Sample

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_process = ProcessCollector(registry=None)
_told: list[Collector] = []


def expose(*collectors: Collector) -> None:
    """Tell these from now on."""
    _told.extend(collector for collector in collectors if collector not in _told)


def renew() -> None:
    """In a child that was forked: what its parent tells is not the child's to tell."""
    _told.clear()


def text() -> bytes:
    """The figures of all interpreters of this server."""
    told = workers.gather(_own())
    server = Read((names.BUILD, names.INTERPRETERS, names.INTERPRETERS_WANTED), lambda: _server(told.interpreters))
    return generate_latest(_Families([*server.collect(), *_disk.collect(), *told.families]))


def _own() -> list[Metric]:
    return [family for collector in (_process, *_told) for family in collector.collect()]


def _server(interpreters: int) -> Iterator[Sample]:
    yield names.BUILD, (_version(),), 1
    yield names.INTERPRETERS, (), interpreters
    yield names.INTERPRETERS_WANTED, (), workers.wanted()


def _read_disk() -> Iterator[Sample]:
    """On other machines than the first there may be no such folder: the file system is where it would be."""
    place = env.settings().data_dir
    while not place.exists():
        place = place.parent
    found = os.statvfs(place)
    yield names.DISK_FREE, (), found.f_bavail * found.f_frsize
    yield names.DISK_SIZE, (), found.f_blocks * found.f_frsize


_disk = Read((names.DISK_FREE, names.DISK_SIZE), _read_disk)


@cache
def _version() -> str:
    return version("fairgate")


@dataclass(frozen=True)
class _Families(Collector):
    families: Sequence[Metric]

    def collect(self) -> Iterator[Metric]:
        return iter(self.families)


workers.answer_with(_own)
