"""The topology: what is started in which order, what changes while it runs, how it ends.

One event loop in one thread. Children are started from that thread only, because the kernel's promise to end a child
with its parent (PR_SET_PDEATHSIG) is bound to the thread that started it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from fairgate.lib import env
from fairgate.runtime import (
    archive,
    archive_folder,
    binaries,
    connections,
    environment,
    logfiles,
    migrations,
    probes,
    remnants,
    replication,
    server_statements,
    spawn,
)
from fairgate.runtime.door import Door, listen, trusted_proxies
from fairgate.runtime.door.servers import BACKENDS
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.failover import Failover
from fairgate.runtime.failover_cluster import Cluster, Member
from fairgate.runtime.installation import Installation
from fairgate.runtime.kinds import at_a_time
from fairgate.runtime.memcached import Memcached, check_reachable
from fairgate.runtime.ports import Ports
from fairgate.runtime.postgres import Postgres
from fairgate.runtime.process import Process, Program, last_line
from fairgate.runtime.prometheus import Prometheus
from fairgate.runtime.secrets import load_secrets
from fairgate.runtime.standby import Standby
from fairgate.runtime.valkey import Valkey
from fairgate.runtime.wish import Wish

SERVICES = ("beat", "relay", "gate", "stock", "web", "worker")
NUMBERED = (*SERVICES, "standby")
GRACE_S = {"worker": 25.0}
HOUSEKEEPING_S = 10.0
# A copy of the whole database, however large.
COPY_S = 24 * 3600.0

T = TypeVar("T")


class Supervisor:
    def __init__(self, installation: Installation, wish: Wish, on_change: Callable[[Process], None]) -> None:
        self.installation = installation
        self.wish = wish
        self.processes: list[Process] = []
        self.environment: dict[str, str] = {}
        self.cluster: Cluster | None = None
        self.failover: Failover | None = None
        self._valkey: Valkey | None = None
        self._memcached: Memcached | None = None
        self._prometheus: Prometheus | None = None
        self.door: Door | None = None
        # Started to stand in for one of the processes, or about to end since another stands in for it.
        self.others: list[Process] = []
        self._ports: Ports | None = None
        self._report = on_change
        self._changing = asyncio.Lock()
        self._change: asyncio.Task[Any] | None = None
        self._archiving: asyncio.Task[None] | None = None
        self.stop_requested = asyncio.Event()

    async def start(self) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self._reap)
        self._claim_everything()
        await self._start_stores()
        if self.postgres:
            await self._start_standbys(self.postgres)
        await self._migrate()
        started = asyncio.gather(*(self._start_service(kind, index) for kind, index in self._wanted()))
        try:
            await asyncio.gather(started, self._load_demo())
        finally:
            started.cancel()
        environment.remember(self.installation, self.environment)
        await self._start_door()
        await self._start_prometheus()
        self._start_archive()
        if self.failover:
            self.failover.watch()

    @property
    def postgres(self) -> Postgres | None:
        return self.cluster.primary if self.cluster else None

    @property
    def standbys(self) -> list[Standby]:
        return self.cluster.standbys if self.cluster else []

    def _claim_everything(self) -> None:
        """Whatever can refuse, refuses here, before a single process has been started."""
        wish, environ = self.wish, os.environ
        secrets = load_secrets(self.installation)
        self._ports = ports = Ports(self.installation)
        if not environ.get("FAIRGATE_DATABASE_URL"):
            folder = binaries.postgres_folder(environ)
            self.cluster = Cluster(self.installation, folder, secrets, ports, wish.replicas)
            self.failover = Failover(self, self.cluster)
        if wish.archive:
            archive_folder.check(wish.archive, self.installation)
        if not (environ.get("FAIRGATE_VALKEY_URL")):
            self._valkey = Valkey(
                self.installation, binaries.valkey(environ), ports.of("valkey"), secrets["valkey_password"]
            )
        if wish.cache == "memcached":
            self._memcached = Memcached(self.installation, binaries.memcached(environ), ports.of("memcached"))
        self.environment = environment.build(
            environ,
            secret_key=secrets["secret_key"],
            database_url=self.cluster.url if self.cluster else "",
            replica_urls=self.cluster.replica_urls if self.cluster else "",
            valkey_url=self._valkey.url if self._valkey else "",
            cache_url=self._memcached.url if self._memcached else "",
            public_url=wish.public_url,
            data_dir=self.installation.root,
        )
        self.environment["FAIRGATE_DATA_DIR"] = str(self.installation.root)
        # Also where --archive said so.
        self.environment[archive_folder.ARCHIVE] = str(wish.archive or "")
        if environ.get("FAIRGATE_CACHE_URL"):
            check_reachable(environ["FAIRGATE_CACHE_URL"])
        settings = env.from_environment(self.environment)
        if self.postgres:
            connections.check(wish.counts or {}, settings, connections.of_our_own())
        self.door = Door(
            self.installation,
            binaries.haproxy(environ),
            listen(wish.bind, wish.port),
            wish.certificate,
            trusted_proxies(environ),
            at_a_time(settings),
            ports.of("door-metrics"),
        )
        self.door.check()
        if wish.prometheus:
            self._prometheus = Prometheus(self.installation, binaries.prometheus(environ), wish.prometheus)
            self._prometheus.check()
        logfiles.rotate(self.installation.logs)
        remnants.wait_until_gone(self.installation)
        if self.postgres:
            self.postgres.prepare()
        for standby in self.standbys:
            standby.check()

    async def _start_stores(self) -> None:
        starting = []
        if self.postgres:
            starting.append(self._start_database(self.postgres.name))
        if self._valkey:
            starting.append(
                self._start("valkey", port=self._valkey.port, launch=self._valkey.launch, answers=self._valkey.answers)
            )
        if cache := self._memcached:
            starting.append(self._start("memcached", port=cache.port, launch=cache.launch, answers=cache.answers))
        await asyncio.gather(*starting)

    async def _start_database(self, name: str) -> None:
        assert self.cluster is not None
        member = Member(self.cluster, name)
        await self._start(
            member.kind,
            member.index,
            port=member.port,
            launch=member.launch,
            answers=member.answers,
            get_ready=member.get_ready,
            stop_signal=signal.SIGINT,
            # Recovery after a crash may read minutes of log; nothing is won by interrupting it.
            start_timeout_s=600,
            grace_s=15,
        )

    async def _start_standbys(self, primary: Postgres) -> None:
        """One after another, as each may be copied first. The primary waits for them only once they follow."""
        if not self.wish.synchronous:
            replication.wait_for_any(primary, [])
        if self.standbys or self.wish.archive:
            replication.admit_standbys(primary)
        if not self.wish.archive:
            archive.drop_slots_except(primary)
        for standby in self.standbys:
            await self._start_database(standby.name)
        slots = [standby.slot for standby in self.standbys]
        replication.drop_slots_except(primary, slots)
        if self.wish.synchronous:
            replication.wait_for_any(primary, slots)

    async def _migrate(self) -> None:
        if not self.postgres or not migrations.are_applied(self.installation, self.postgres):
            if self.postgres:
                server_statements.create(self.postgres)
            await self._run_prepare(*(["--counts", json.dumps(self.wish.counts or {})] if not self.postgres else []))
            if self.postgres:
                migrations.remember(self.installation, self.postgres, demo=False)

    async def _load_demo(self) -> None:
        if not self.wish.demo or (self.postgres and migrations.is_demo_loaded(self.installation)):
            return
        await self._run_prepare("--demo")
        if self.postgres:
            migrations.remember(self.installation, self.postgres, demo=True)

    async def _run_prepare(self, *arguments: str) -> None:
        log = self.installation.logs / "prepare.log"
        child = self._spawn([sys.executable, "-m", "fairgate.runtime.prepare", *arguments], log)
        try:
            while child.poll() is None:
                await asyncio.sleep(0.02)
        finally:
            child.kill()
        if child.returncode != 0:
            sentence = last_line(log)
            raise CannotStart(
                sentence if child.returncode == 2 else f'The database cannot be prepared: "{sentence}"; see {log}.'
            )

    def _wanted(self) -> list[tuple[str, int]]:
        counts = dict.fromkeys(SERVICES, 1) | dict(self.wish.counts or {})
        return [(kind, index) for kind in SERVICES for index in range(1, counts[kind] + 1)]

    async def _start_service(self, kind: str, index: int) -> None:
        assert self.door is not None
        process = self.service(kind, index)
        self.processes.append(process)
        await process.start()
        if kind in BACKENDS:
            self.door.servers.ports[kind][index - 1] = process.program.port

    def service(self, kind: str, index: int) -> Process:
        """One to be started; beside the one of the same name, if that runs."""
        assert self._ports is not None
        taken = {p.program.port for p in self.processes if (p.program.kind, p.program.index) == (kind, index)}
        names = (f"{kind}-{index}", f"{kind}-{index}-next")
        port = next(port for port in map(self._ports.of, names) if port not in taken)
        command = [sys.executable, "-m", "fairgate", "run", kind, "--listen", f"127.0.0.1:{port}"]
        log = self.installation.logs / f"{kind}-{index}.log"
        return self._process(
            kind,
            index,
            port=port,
            launch=partial(self._spawn, command, log),
            answers=partial(probes.http_ready, port),
            grace_s=GRACE_S.get(kind, 10.0),
        )

    async def _start_door(self) -> None:
        process = self.door_process()
        self.processes.append(process)
        await process.start()

    def door_process(self) -> Process:
        assert self.door is not None
        door = self.door

        async def answers() -> bool:
            return await door.answers(process.pid)

        process = self._process(
            "door",
            port=self.wish.port,
            launch=door.launch,
            answers=answers,
            stop_signal=signal.SIGUSR1,
            # A visitor's connection that says nothing need not be waited for any longer.
            grace_s=5.0,
        )
        return process

    async def _start_prometheus(self) -> None:
        if watch := self._prometheus:
            await self._start("prometheus", port=watch.port, launch=watch.launch, answers=watch.answers)

    def _start_archive(self) -> None:
        """Not waited for: its first copy may take long, and nobody sells less meanwhile."""
        if self.postgres and self.wish.archive:
            command = archive.launch_command(self.installation, self.wish.archive, self.postgres)
            self._archiving = asyncio.create_task(
                self._start(
                    "archive",
                    port=self.postgres.port,
                    launch=partial(self._spawn, command, self.installation.logs / "archive.log"),
                    answers=partial(archive.follows, self.postgres),
                    start_timeout_s=COPY_S,
                )
            )

    async def move_archive(self) -> None:
        """To the primary that is now."""
        for process in [p for p in self.processes if p.program.kind == "archive"]:
            await process.stop()
            self.processes.remove(process)
            self._start_archive()

    async def _start(self, kind: str, index: int = 1, **how: Any) -> None:
        process = self._process(kind, index, **how)
        self.processes.append(process)
        await process.start()

    def _process(
        self,
        kind: str,
        index: int = 1,
        *,
        port: int,
        launch: Callable[[], subprocess.Popen[bytes]],
        answers: Callable[[], Awaitable[bool]],
        stop_signal: signal.Signals = signal.SIGTERM,
        start_timeout_s: float = 60.0,
        grace_s: float = 10.0,
        get_ready: Callable[[], Awaitable[None]] | None = None,
    ) -> Process:
        log = self.installation.logs / (f"{kind}-{index}.log" if kind in NUMBERED else f"{kind}.log")
        program = Program(kind, index, port, log, launch, answers, stop_signal, start_timeout_s, grace_s, get_ready)
        return Process(program, self.note)

    def _spawn(self, command: list[str], log: Path) -> subprocess.Popen[bytes]:
        return spawn.spawn(command, env=self.environment, cwd=self.installation.run, log=log)

    async def serve(self) -> None:
        """Until somebody asks for the end."""
        while not self.stop_requested.is_set():
            logfiles.rotate(self.installation.logs)
            try:
                await asyncio.wait_for(self.stop_requested.wait(), HOUSEKEEPING_S)
            except TimeoutError:
                continue

    async def change(self, steps: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """One change after another, and none once somebody asked for the end."""
        try:
            async with self._changing:
                if self.stop_requested.is_set():
                    raise asyncio.CancelledError
                self._change = task = asyncio.create_task(steps())
                return await task
        except asyncio.CancelledError:
            if not self.stop_requested.is_set():
                raise
            raise CannotStart("Fairgate is being stopped; nothing more is changed.") from None

    def _reap(self) -> None:
        for process in (*self.processes, *self.others):
            process.reap()

    def note(self, process: Process) -> None:
        """Of two with the same name, the operator hears of the one that works."""
        with contextlib.suppress(OSError):  # A full disk must not keep anything from being started again.
            pids = [p.pid for p in (*self.processes, *self.others) if p.pid is not None]
            remnants.record(self.installation, pids)
            if self._prometheus:
                self._prometheus.look_at(self.processes, self.door)
        if process not in self.others:
            self._report(process)

    async def stop(self) -> None:
        """The door first, so that what was accepted is still answered; the stores last.

        A primary that ends in order waits until its standbys have all of its log, so they end after it.
        """
        if self._change:
            self._change.cancel()
        if self.door:
            self.door.listener.close()
        if self.failover:
            await self.failover.stop()
        primary = self.postgres.name if self.postgres else ""
        stores = (("valkey", "memcached", primary), ("postgres", "standby", "archive"))
        for kinds in (("door", "prometheus"), SERVICES, *stores):
            running = (*self.processes, *self.others)
            await asyncio.gather(*(p.stop() for p in running if {p.program.kind, p.program.log.stem} & {*kinds}))
        environment.forget(self.installation)
        if self._ports:
            self._ports.release()
