"""Another database becomes the primary: asked for by `fairgate failover`, or because the primary does not come back.

1. The old primary is made to end, and it is seen that none of its processes is left: there are never two.
2. It is written down who is the primary now. Whatever is killed from here on, the next start goes on with that.
3. The standby that has most is promoted. Clients name all databases and find it by themselves.
4. The others follow it; the old primary is brought back to where it parted, or copied anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Collection, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from fairgate.runtime import environment, replication
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.failover_cluster import Cluster, processes_in
from fairgate.runtime.server import GLANCE_S, Server
from fairgate.runtime.standby import Standby
from fairgate.runtime.view import say

if TYPE_CHECKING:
    from fairgate.runtime.process import Process
    from fairgate.runtime.supervisor import Supervisor

# A primary that was killed is there again within a second or two, unless it cannot be.
PATIENCE_S = 4.0
LOOK_S = 0.2
AGAIN_S = 5.0
IN_ORDER = "ended with code 0"
HAS = """
SELECT pg_wal_lsn_diff(greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), '0/0')::bigint
 WHERE pg_is_in_recovery()
"""


class Failover:
    def __init__(self, supervisor: Supervisor, cluster: Cluster) -> None:
        self._supervisor, self._cluster = supervisor, cluster
        self._one_at_a_time = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._starting: dict[str, asyncio.Task[None]] = {}

    def watch(self) -> None:
        self._in_background(self._watch())

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _watch(self) -> None:
        """When the primary has been away for some seconds, whatever it was that killed it."""
        loop, away_since = asyncio.get_running_loop(), None
        while True:
            await asyncio.sleep(LOOK_S)
            if self._process(self._cluster.primary.name).state == "ready":
                away_since = None
                continue
            away_since = away_since or loop.time()
            if self._cluster.standbys and loop.time() - away_since > PATIENCE_S:
                try:
                    await self._fail_over(is_wanted=False)
                except (CannotStart, OSError) as error:
                    say(f"The primary does not come back, and no other takes its place: {error}")
                    await asyncio.sleep(AGAIN_S)
                away_since = None

    async def wanted(self) -> str:
        """By an operator. Returns when all of them follow the new one."""
        await asyncio.wait(await self._fail_over(is_wanted=True))
        return self._cluster.primary.name

    async def _fail_over(self, *, is_wanted: bool) -> Sequence[asyncio.Task[None]]:
        async with self._one_at_a_time:
            old, process = self._cluster.primary, self._process(self._cluster.primary.name)
            if process.state == "ready" and not is_wanted:
                return []
            followers = await self._followers() if process.state == "ready" else None
            candidates = await self._candidates(followers)
            say(f"{old.name} ends as the primary.")
            await self._fence(process, old, in_order=followers is not None)
            try:
                chosen = await self._furthest(candidates)
                self._cluster.turn_to(chosen.name)
            except (CannotStart, OSError):
                self._start_again(old.name)
                raise
            has_all = followers is not None and process.last_exit == IN_ORDER
            await self._promote(self._cluster.primary)
            say(f"{chosen.name} is the primary now.{'' if has_all else self._what_may_be_lost()}")
            self._tell_others()
            return [self._in_background(self._follow(standby)) for standby in self._cluster.standbys]

    async def _followers(self) -> Collection[str] | None:
        """None when it does not answer: one that stands still is replaced as one that is gone."""
        try:
            return await asyncio.to_thread(replication.followers, self._cluster.primary, GLANCE_S)
        except CannotStart:
            return None

    async def _candidates(self, followers: Collection[str] | None) -> list[Standby]:
        """Those that have all, or at least all that was answered."""
        standbys = self._cluster.standbys
        if not standbys:
            raise CannotStart("There is no standby that could take over; start with --replicas 1 or more.")
        if followers is not None:
            # A primary that ends in order waits until those that follow have all of it.
            if found := [standby for standby in standbys if standby.slot in followers]:
                return found
            raise CannotStart("No standby follows at this moment, so something would be lost; see `fairgate status`.")
        found = [standby for standby in standbys if await _position(standby) is not None]
        absent = [standby.name for standby in standbys if standby not in found]
        if not found:
            raise CannotStart(f"No standby answers ({', '.join(absent)}); see {self._supervisor.installation.logs}.")
        if absent and self._supervisor.wish.synchronous:
            raise CannotStart(f"{', '.join(absent)} does not answer and may have orders that the others lack.")
        return found

    async def _fence(self, process: Process, old: Server, *, in_order: bool) -> None:
        """Its keeper ends first, so that it is not started again meanwhile; then whatever is left of it."""
        if not in_order:
            _kill_all_in(old)
        await process.stop()
        while _kill_all_in(old):
            await asyncio.sleep(0.02)

    async def _furthest(self, candidates: Sequence[Standby]) -> Standby:
        """Nothing is added any more, so this can be compared."""
        positions = {standby.name: await _position(standby) for standby in candidates}
        has = {name: position for name, position in positions.items() if position is not None}
        if not has or (self._supervisor.wish.synchronous and len(has) < len(candidates)):
            raise CannotStart("A standby that may have what others lack went away; the primary is started again.")
        best = max(has, key=lambda name: has[name])
        return self._cluster.standby(best)

    async def _promote(self, chosen: Server) -> None:
        """Until it is one. If it dies meanwhile, it is started again, and by its new role as a primary."""
        while await asyncio.to_thread(chosen.ask, "SELECT pg_is_in_recovery()") != "f":
            with contextlib.suppress(CannotStart):
                await asyncio.to_thread(chosen.ask_as_admin, "SELECT pg_promote(true, 5)")
            await asyncio.sleep(0.05)

    def _what_may_be_lost(self) -> str:
        if self._supervisor.wish.synchronous:
            return ""
        return " What was answered in the old one's last moments, and had not reached a standby, is lost."

    def _tell_others(self) -> None:
        """Running processes find it by themselves; those that start later, and commands, need not search."""
        told = self._supervisor.environment
        if told.get("FAIRGATE_REPLICA_URLS"):
            told["FAIRGATE_REPLICA_URLS"] = self._cluster.replica_urls
        told["FAIRGATE_DATABASE_URL"] = self._cluster.url
        with contextlib.suppress(OSError):  # A full disk must not keep anybody from following.
            environment.remember(self._supervisor.installation, told)
        self._in_background(self._supervisor.move_archive())

    async def _follow(self, standby: Standby) -> None:
        """However long it takes and however often it fails: without it there is only one copy."""
        primary = self._cluster.primary
        # Who is to follow looks there for the new timeline.
        with contextlib.suppress(CannotStart):
            await asyncio.to_thread(primary.ask_as_admin, "CHECKPOINT", 300)
        await self._start_again(standby.name)
        # Only a checkpoint of its own tells who would read from it that it is on that timeline, too.
        with contextlib.suppress(CannotStart):
            await asyncio.to_thread(standby.ask_as_admin, "CHECKPOINT", 300)
        while self._supervisor.wish.synchronous:
            try:
                return replication.wait_for_any(primary, [one.slot for one in self._cluster.standbys])
            except CannotStart as error:
                say(f"{primary.name} still answers alone: {error}")
                await asyncio.sleep(AGAIN_S)

    def _start_again(self, name: str) -> asyncio.Task[None]:
        """By one at a time: of an earlier change of roles, somebody may still be trying."""
        if name in self._starting:
            self._starting[name].cancel()
        self._starting[name] = self._in_background(self._keep_starting(name))
        return self._starting[name]

    async def _keep_starting(self, name: str) -> None:
        process = self._process(name)
        await process.stop()
        while True:
            try:
                return await process.start()
            except (CannotStart, OSError) as error:
                say(f"{name} does not start: {error}")
                await asyncio.sleep(AGAIN_S)

    def _process(self, name: str) -> Process:
        return next(p for p in self._supervisor.processes if p.program.log.stem == name)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _kill_all_in(old: Server) -> bool:
    """Whether there was any."""
    left = processes_in(old.data)
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return bool(left)


async def _position(standby: Standby) -> int | None:
    try:
        rows = await asyncio.to_thread(standby.ask_as_admin, HAS, GLANCE_S)
    except CannotStart:
        return None
    return int(rows[0][0]) if rows and rows[0][0] else None
