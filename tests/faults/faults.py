"""Doing to a site what the schedule says. Each returns when the site is whole again; what it sells is up to others."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil
import redis

from fairgate.testing.waiting import wait_until
from tests.faults import clocks
from tests.faults.schedule import DATABASES, Act, Fault
from tests.faults.site import Site

WELL_S = 90.0
CUT = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
 WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""

# Called at the very moment before something breaks.
Note = Callable[[], object]


def inflict(fault: Fault, site: Site, count: Callable[[], int]) -> int:
    """What was counted at that moment; the least when it breaks more than once."""
    counted: list[int] = []
    _inflict(fault, site, lambda: counted.append(count()))
    wait_until(site.is_well, WELL_S, f"not all is well after: {fault}")
    return min(counted)


def _inflict(fault: Fault, site: Site, note: Note) -> None:
    if fault.target in DATABASES and fault.act in (Act.KILL, Act.STOP):
        ON_DATABASES[fault.act, fault.target](fault, site, note)
    else:
        ON_PROCESSES[fault.act](fault, site, note)


def _kill(fault: Fault, site: Site, note: Note) -> None:
    _kill_processes(site.processes_of(fault.target), note)
    time.sleep(fault.lasting_s)


def _stop(fault: Fault, site: Site, note: Note) -> None:
    first = site.processes_of(fault.target)
    try:
        note()
        for process in first:
            _signal_tree(process, signal.SIGSTOP)
        time.sleep(fault.lasting_s)
    finally:
        for process in first:
            _signal_tree(process, signal.SIGCONT)


def _crash_primary(fault: Fault, site: Site, note: Note) -> None:
    """Recovery follows, from what is on its disk."""
    note()
    site.pair.kill_primary()
    time.sleep(fault.lasting_s)
    site.pair.start_primary()


def _kill_standby(fault: Fault, site: Site, note: Note) -> None:
    note()
    site.pair.kill_standby()
    time.sleep(fault.lasting_s)
    site.pair.start_standby()


def _stop_primary(fault: Fault, site: Site, note: Note) -> None:
    with _standing_still(site.pair.pause_primary, site.pair.resume_primary, note):
        time.sleep(fault.lasting_s)


def _stop_standby(fault: Fault, site: Site, note: Note) -> None:
    with _standing_still(site.pair.pause_standby, site.pair.resume_standby, note):
        time.sleep(fault.lasting_s)


def _promote(fault: Fault, site: Site, note: Note) -> None:
    if fault.target == "primary":
        note()
        site.pair.kill_primary()
        time.sleep(fault.lasting_s)
    else:
        with _standing_still(site.pair.pause_standby, site.pair.resume_standby):
            time.sleep(fault.lasting_s)
            note()
            site.pair.kill_primary()
            site.pair.lose_what_is_on_the_way()
    site.pair.promote()
    site.pair.follow_anew()


def _flush(_fault: Fault, site: Site, note: Note) -> None:
    with redis.Redis.from_url(site.environment["FAIRGATE_VALKEY_URL"].replace("valkey://", "redis://", 1)) as valkey:
        note()
        valkey.flushall()


def _cut(_fault: Fault, site: Site, note: Note) -> None:
    note()
    site.pair.primary.ask_as_admin(CUT)


def _shift_clock(fault: Fault, site: Site, note: Note) -> None:
    port, folder = site.processes()[fault.target]["port"], site.folder / "clocks"
    clocks.shift(folder, port, fault.shift_s)
    _kill_processes(site.processes_of(fault.target), note)
    wait_until(site.is_well, WELL_S, f"{fault.target} does not start with another clock")
    assert clocks.is_shifted(site.processes()[fault.target]["pid"])
    time.sleep(fault.lasting_s)
    clocks.shift(folder, port, 0)
    _kill_processes(site.processes_of(fault.target), note)


def _kill_processes(first: list[psutil.Process], note: Note) -> None:
    note()
    for process in first:
        _signal_tree(process, signal.SIGSTOP)
        _signal_tree(process, signal.SIGKILL)


def _signal_tree(first: psutil.Process, number: signal.Signals) -> None:
    """Itself first when it is stopped, so that nothing is added below; last when it is killed, so that all is found."""
    with suppress(psutil.NoSuchProcess):
        below = first.children(recursive=True)
        if number == signal.SIGSTOP:
            first.send_signal(number)
            below = first.children(recursive=True)
        for process in below:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        first.send_signal(number)


@contextmanager
def _standing_still(pause: Callable[[], None], resume: Callable[[], None], note: Note = lambda: None) -> Iterator[None]:
    note()
    pause()
    try:
        yield
    finally:
        resume()


ON_PROCESSES = {
    Act.KILL: _kill,
    Act.STOP: _stop,
    Act.PROMOTE: _promote,
    Act.FLUSH: _flush,
    Act.CUT: _cut,
    Act.CLOCK: _shift_clock,
}
ON_DATABASES = {
    (Act.KILL, "primary"): _crash_primary,
    (Act.KILL, "standby"): _kill_standby,
    (Act.STOP, "primary"): _stop_primary,
    (Act.STOP, "standby"): _stop_standby,
}
