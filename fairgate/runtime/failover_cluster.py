"""The databases of an installation, each with a folder and a port for good, and a role that may change."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from fairgate.runtime.failover_record import FIRST, primary_name, record_primary
from fairgate.runtime.installation import Installation
from fairgate.runtime.ports import Ports
from fairgate.runtime.postgres import Postgres
from fairgate.runtime.server import Server
from fairgate.runtime.standby import Standby


class Cluster:
    def __init__(
        self, installation: Installation, binaries: Path, secrets: Mapping[str, str], ports: Ports, replicas: int
    ) -> None:
        self._installation, self._binaries, self._secrets = installation, binaries, secrets
        first = primary_name(installation)
        others = [name for name in (FIRST, *(f"standby-{index}" for index in range(1, 9))) if name != first]
        self._ports = {name: ports.of(name) for name in (first, *others[:replicas])}
        self._take_roles(first)

    def _take_roles(self, first: str) -> None:
        port = self._ports[first]
        self.primary = Postgres.with_secrets(self._installation, self._binaries, port, self._secrets, first)
        self.standbys = [Standby.named(name, self.primary, port) for name, port in self._ports.items() if name != first]

    def turn_to(self, name: str) -> None:
        """From now on, and after every kind of end, this one is the primary and no other."""
        record_primary(self._installation, name)
        self._take_roles(name)

    @property
    def names(self) -> list[str]:
        return [self.primary.name, *(standby.name for standby in self.standbys)]

    def server(self, name: str) -> Server:
        return self.primary if name == self.primary.name else self.standby(name)

    def standby(self, name: str) -> Standby:
        return next(standby for standby in self.standbys if standby.name == name)

    @property
    def url(self) -> str:
        """Of all, the primary first: whoever uses it finds the next one without being told."""
        parts = urlsplit(self.primary.url)
        if not self.standbys:
            return self.primary.url
        hosts = ",".join(f"127.0.0.1:{self.server(name).port}" for name in self.names)
        user = parts.netloc.rpartition("@")[0]
        return parts._replace(netloc=f"{user}@{hosts}", query="target_session_attrs=primary").geturl()

    @property
    def replica_urls(self) -> str:
        return ",".join(standby.url for standby in self.standbys)


class Member:
    """One of them as the supervisor sees it: a program whose role is looked up each time."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self._cluster, self.name = cluster, name
        kind, _, index = name.partition("-")
        self.kind, self.index = kind, int(index or 1)
        self.port = cluster.server(name).port
        self.launch = lambda: cluster.server(name).launch()

    async def answers(self) -> bool:
        if self._cluster.primary.name == self.name:
            return await self._cluster.primary.answers()
        return await self._cluster.standby(self.name).streams()

    async def get_ready(self) -> None:
        if self._cluster.primary.name != self.name:
            await self._cluster.standby(self.name).get_ready()


def processes_in(folder: Path) -> list[int]:
    """PostgreSQL's work in their data folder; after the first has been killed, others may live for a moment."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                if os.path.samefile(process / "cwd", folder):
                    found.append(int(process.name))
            except OSError:
                continue  # It has ended, or is none of ours.
    return found
