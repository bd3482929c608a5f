"""Which of several standbys becomes the primary, and when none does."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from fairgate.lib.lsn import lsn
from fairgate.replicas.token import Token
from fairgate.replicas.watch import Watch
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import installation
from fairgate.runtime.process import Process
from fairgate.runtime.supervisor import Supervisor
from fairgate.runtime.tests.running import clean_environment
from fairgate.runtime.wish import Wish
from fairgate.testing.waiting import free_port


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of the suite's own database."""
    for name in set(os.environ) - set(clean_environment()):
        monkeypatch.delenv(name)


def with_two_standbys(folder: Path, story: Callable[[Supervisor], Coroutine[Any, Any, None]]) -> None:
    """The databases alone, started by the supervisor as in any installation."""

    async def tell() -> None:
        made = installation(folder / "data")
        made.create_folders()
        lock = made.take_lock()
        supervisor = Supervisor(made, Wish(port=free_port(), replicas=2), lambda _process: None)
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, supervisor._reap)
        try:
            supervisor._claim_everything()
            await supervisor._start_stores()
            assert supervisor.postgres
            await supervisor._start_standbys(supervisor.postgres)
            supervisor.postgres.ask("CREATE TABLE word (word text)")
            await story(supervisor)
        finally:
            await supervisor.stop()
            os.close(lock)

    asyncio.run(tell())


def process(supervisor: Supervisor, name: str) -> Process:
    return next(process for process in supervisor.processes if process.program.log.stem == name)


async def kill(one: Process) -> None:
    """And it does not come back."""
    assert one.pid
    os.kill(one.pid, signal.SIGKILL)
    await one.stop()


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not is_so():
            await asyncio.sleep(0.05)


def test_the_one_that_has_most_is_promoted(tmp_path: Path) -> None:
    async def story(supervisor: Supervisor) -> None:
        assert supervisor.cluster
        assert supervisor.failover
        behind, ahead = supervisor.standbys
        await until(lambda: behind.ask("SELECT count(*) FROM word") == "0")
        with standing_still(receiver(process(supervisor, "standby-1"))):
            supervisor.cluster.primary.ask("INSERT INTO word VALUES ('for one of them')")
            await until(lambda: ahead.ask("SELECT word FROM word"))
            await kill(process(supervisor, "postgres"))
            assert (behind.ask("SELECT count(*) FROM word"), ahead.ask("SELECT count(*) FROM word")) == ("0", "1")

            following = await supervisor.failover._fail_over(is_wanted=False)

        await asyncio.gather(*following)
        assert supervisor.cluster.primary.name == "standby-2"
        assert [standby.name for standby in supervisor.standbys] == ["postgres", "standby-1"]
        for standby in supervisor.standbys:
            await until(lambda standby=standby: standby.ask("SELECT word FROM word") == "for one of them")
        written = Token(2, lsn(supervisor.cluster.primary.ask("SELECT pg_current_wal_flush_lsn()")))
        for standby in supervisor.standbys:
            watch = Watch(standby.name, standby.url)
            await until(lambda watch=watch: watch.covering(written, 0))

    with_two_standbys(tmp_path, story)


def test_one_that_stands_still_is_replaced_when_an_operator_says_so(tmp_path: Path) -> None:
    async def story(supervisor: Supervisor) -> None:
        assert supervisor.cluster
        assert supervisor.failover
        old = process(supervisor, "postgres").pid
        await until(lambda: supervisor.standbys[0].ask("SELECT count(*) FROM word") == "0")
        psutil.Process(old).suspend()

        following = await supervisor.failover._fail_over(is_wanted=True)
        is_gone = not psutil.pid_exists(old or 0)
        await asyncio.gather(*following)

        assert (is_gone, supervisor.cluster.primary.name) == (True, "standby-1")
        assert supervisor.cluster.primary.ask("INSERT INTO word VALUES ('new') RETURNING word") == "new"
        for standby in supervisor.standbys:
            await until(lambda standby=standby: standby.ask("SELECT word FROM word") == "new")

    with_two_standbys(tmp_path, story)


def test_none_is_promoted_while_another_may_have_more(tmp_path: Path) -> None:
    """Each answer waits for one of them; the one that is silent may be the only one that has it."""

    async def story(supervisor: Supervisor) -> None:
        assert supervisor.failover
        supervisor.wish = replace(supervisor.wish, synchronous=True)
        absent, primary = process(supervisor, "standby-1"), process(supervisor, "postgres")
        await absent.stop()
        await kill(primary)

        with pytest.raises(CannotStart, match="standby-1 does not answer and may have orders that the others lack"):
            await supervisor.failover._fail_over(is_wanted=True)

        assert not (supervisor.installation.root / "primary").exists()
        coming_back = asyncio.create_task(absent.start())
        await until(lambda: supervisor.standbys[0].ask("SELECT 1"))
        following = await supervisor.failover._fail_over(is_wanted=True)
        await asyncio.gather(*following)
        await asyncio.gather(coming_back, return_exceptions=True)
        assert supervisor.postgres
        assert supervisor.postgres.ask("SHOW synchronous_standby_names") != ""

    with_two_standbys(tmp_path, story)


def receiver(standby: Process) -> psutil.Process:
    """What brings the primary's log to it."""
    below = psutil.Process(standby.pid).children()
    return next(one for one in below if "walreceiver" in " ".join(one.cmdline()))


@contextmanager
def standing_still(one: psutil.Process) -> Iterator[None]:
    one.suspend()
    yield
    one.resume()
