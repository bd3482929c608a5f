"""A primary and its standby outside of `fairgate up`, for tests that take one of them away.

    with Pair() as pair:
        pair.migrate()
        …                       # clients use pair.url, which names both servers
        pair.kill_primary()
        pair.promote()          # and the same clients work on
        pair.follow_anew()      # as a pair again, the other way round

The control that a test of durability needs, where what was answered is lost: an asynchronous pair, pause_standby(),
some writes, kill_primary(), lose_what_is_on_the_way(), resume_standby(), promote().
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import psutil

from fairgate.runtime import binaries, replication
from fairgate.runtime.installation import Installation
from fairgate.runtime.postgres import Postgres
from fairgate.runtime.server import ADMIN, Server
from fairgate.runtime.standby import Standby
from fairgate.testing.waiting import free_port, wait_until

START_S = 60.0
MANAGE_S = 180.0

WAITING = """
SELECT pid, query_start FROM pg_stat_activity WHERE backend_type = 'client backend' AND wait_event = 'SyncRep'
"""

Result = TypeVar("Result")

# The schema as SQL, once there is one.
_migrated: list[bytes] = []


class Pair:
    def __init__(self, *, is_synchronous: bool = True) -> None:
        self.is_synchronous = is_synchronous
        self._standbys = 0
        self._folder = Path(tempfile.mkdtemp(prefix="fairgate-pair-"))
        # PostgreSQL may run as another user and must be able to walk to its part.
        self._folder.chmod(0o755)
        installation = Installation(self._folder)
        installation.create_folders()
        programs = binaries.postgres_folder(os.environ)
        password = secrets.token_hex(16)
        passwords = (password, password, password)
        first = Postgres(installation, programs, free_port(), *passwords)
        first.prepare()
        self.primary: Server = first
        self.standby = self._standby_of(self.primary, free_port())
        # Names both, in whatever roles they are.
        self.url = _join(self.primary.url, self.standby.url)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        # The kernel ends a child with the thread that started it, and a test's own threads come and go.
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="pair")

    def __enter__(self) -> Pair:
        try:
            self._by_hand(self._start)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def admin_url(self) -> str:
        return _as_admin(self.primary, self.url)

    @property
    def primary_pids(self) -> list[int]:
        """The first process and all below it."""
        return _tree(self._processes[self.primary.name].pid)

    @property
    def standby_pids(self) -> list[int]:
        return _tree(self._processes[self.standby.name].pid)

    def migrate(self) -> None:
        """Give it the schema. The first pair of a test run runs the migrations, the others load what came of them."""
        if _migrated:
            self._tool("psql", "--quiet", "--set", "ON_ERROR_STOP=1", given=_migrated[0])
            return
        self.manage("migrate", "--skip-checks", "--verbosity", "0")
        _migrated.append(self._tool("pg_dump", "--no-owner", "--no-privileges"))

    def _tool(self, name: str, *words: str, given: bytes = b"") -> bytes:
        """One of PostgreSQL's own programs, on the primary."""
        command: list[str | Path] = [self.primary.binaries / name, *words, self.primary.url]
        done = subprocess.run(command, input=given, stdout=subprocess.PIPE, timeout=MANAGE_S, check=True)
        return done.stdout

    def manage(self, *words: str) -> str:
        """What a management command of Django's says, such as `shell --command CODE`."""
        done = subprocess.run(
            [sys.executable, "-m", "fairgate", "manage", *words],
            env={**os.environ, "FAIRGATE_DATABASE_URL": self.url},
            stdout=subprocess.PIPE,
            timeout=MANAGE_S,
            check=True,
            text=True,
        )
        return done.stdout

    def kill_primary(self) -> None:
        """As the loss of its machine: every process at once, without a word to anyone."""
        _kill(self._processes[self.primary.name])

    def crash_primary(self) -> None:
        """Kill it and start it again on the same files, as after a loss of power. Returns when it answers again."""
        self.kill_primary()
        self.start_primary()

    def start_primary(self) -> None:
        assert self.standby_follows(), "after a promotion the old primary would be a second one"
        self._by_hand(lambda: self._launch(self.primary))

    def kill_standby(self) -> None:
        _kill(self._processes[self.standby.name])

    def start_standby(self) -> None:
        """Again on its files. Returns when it follows."""
        self._by_hand(self._start_standby)

    def pause_primary(self) -> None:
        _signal(self._processes[self.primary.name].pid, signal.SIGSTOP)

    def resume_primary(self) -> None:
        _signal(self._processes[self.primary.name].pid, signal.SIGCONT)

    def pause_standby(self) -> None:
        _signal(self._processes[self.standby.name].pid, signal.SIGSTOP)

    def lose_what_is_on_the_way(self) -> None:
        """What was sent to a paused standby waits in this kernel; with the primary's machine it would be gone."""
        for pid in self.standby_pids:
            if "walreceiver" in " ".join(psutil.Process(pid).cmdline()):
                os.kill(pid, signal.SIGKILL)

    def resume_standby(self) -> None:
        _signal(self._processes[self.standby.name].pid, signal.SIGCONT)

    def promote(self) -> None:
        """Make the standby, which must be running, the primary. Nobody may start the old one after that."""
        wait_until(lambda: self.standby.ask("SELECT 1") == "1", START_S)
        self.standby.ask_as_admin("SELECT pg_promote(true, 60)", timeout_s=70)
        wait_until(lambda: self.standby.ask("SELECT pg_is_in_recovery()") == "f")

    def follow_anew(self) -> None:
        """After a promotion: the lost primary's folder goes, and a standby of the new primary takes its port."""
        assert not self.standby_follows(), "nothing was promoted"
        lost, self.primary = self.primary, self._as_primary(self.standby)
        shutil.rmtree(lost.data)
        self.standby = self._standby_of(self.primary, lost.port)
        self._by_hand(self._start_standby)
        self._wait_for_standby()

    def standby_follows(self) -> bool:
        return self.standby.ask("SELECT pg_is_in_recovery()") != "f"

    def cancel_commit(self) -> None:
        """Cancel a commit that waits for the standby, as an operator may who wonders why it hangs."""
        self.wait_for_commit()
        pid, began = self._waiting_commits()[0]
        self.primary.ask_as_admin(f"SELECT pg_cancel_backend({pid})")
        wait_until(lambda: [pid, began] not in self._waiting_commits())

    def wait_for_commit(self) -> None:
        wait_until(self._waiting_commits, why="no commit waits for the standby")

    def _waiting_commits(self) -> list[list[str]]:
        return self.primary.ask_as_admin(WAITING)

    def wait_until_caught_up(self) -> None:
        """Until the standby has replayed all that the primary has written by now."""
        wait_until(lambda: {f.lag_bytes for f in replication.followers(self.primary).values()} == {0}, START_S)

    def close(self) -> None:
        for process in self._processes.values():
            _kill(process)
        self._hand.shutdown()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> None:
        self._launch(self.primary)
        replication.admit_standbys(self.primary)
        self._start_standby()
        self._wait_for_standby()

    def _standby_of(self, primary: Server, port: int) -> Standby:
        self._standbys += 1
        return Standby.of(primary, self._standbys, port)

    def _as_primary(self, promoted: Server) -> Postgres:
        passwords = (promoted.password, promoted.admin_password, promoted.replication_password)
        return Postgres(promoted.installation, promoted.binaries, promoted.port, *passwords, promoted.name)

    def _wait_for_standby(self) -> None:
        if self.is_synchronous:
            replication.wait_for_any(self.primary, [self.standby.slot])

    def _start_standby(self) -> None:
        asyncio.run(self.standby.get_ready())
        self._launch(self.standby)
        wait_until(lambda: asyncio.run(self.standby.streams()), START_S, "the standby does not follow")

    def _launch(self, server: Server) -> None:
        """Processes of one that was killed may hold its folder for a moment more: then it is tried again."""

        def answers() -> bool:
            if server.name not in self._processes or self._processes[server.name].poll() is not None:
                self._processes[server.name] = server.launch()
            return server.ask("SELECT 1") == "1"

        wait_until(answers, START_S, f"{server.name} does not start")

    def _by_hand(self, work: Callable[[], Result]) -> Result:
        return self._hand.submit(work).result()


def _join(one: str, other: str) -> str:
    parts = urlsplit(one)
    hosts = f"{parts.netloc},{urlsplit(other).netloc.rpartition('@')[2]}"
    return parts._replace(netloc=hosts, query="target_session_attrs=primary").geturl()


def _as_admin(server: Server, url: str) -> str:
    parts = urlsplit(url)
    hosts = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{ADMIN}:{server.admin_password}@{hosts}", path=f"/{ADMIN}").geturl()


def _tree(pid: int) -> list[int]:
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def _signal(pid: int, number: signal.Signals) -> None:
    """To the whole tree. Its root comes first: while it stands still, nothing is added below."""
    os.kill(pid, number)
    for below in _tree(pid)[1:]:
        with suppress(ProcessLookupError):  # A connection's process ends with its client.
            os.kill(below, number)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGSTOP)
    for pid in reversed(_tree(process.pid)):
        os.kill(pid, signal.SIGKILL)
    process.wait()
