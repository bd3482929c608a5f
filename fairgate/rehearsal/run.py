"""A rehearsal from its beginning to its end: copy, crowd, count, remove. Whatever happens, the copy is removed."""

from __future__ import annotations

import json
import queue
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.db import connection

from fairgate.core.audit import find_differences
from fairgate.rehearsal import copies, counting, door, door_log, removal, told, waits
from fairgate.rehearsal.copies import Copy
from fairgate.rehearsal.crowd import Plan
from fairgate.rehearsal.errors import CannotRehearse
from fairgate.rehearsal.faults import Faults
from fairgate.rehearsal.limits import BUYERS
from fairgate.rehearsal.machine import Meter
from fairgate.rehearsal.progress import Progress
from fairgate.rehearsal.result import Asked, Measured, assemble
from fairgate.rehearsal.site import Site
from fairgate.rehearsal.turn import turn
from fairgate.rehearsal.wire import Address
from fairgate.rehearsal.wish import Wish

# After the last buyer has come: time to be told to wait some times, to type, and to be answered.
LINGER_S = 240.0
# How long nothing may happen to the mails that are still to be made.
MAILS_S = 8.0
SETTLE_S = 1.5
ASK_EVERY_S = 10.0
# How long the buyers' process may take to go.
GO_S = 10.0
TELLS = ("web", "stock", "gate")


def rehearse(wish: Wish, site: Site) -> dict[str, Any]:
    """What report.json has. Raises CannotRehearse."""
    wish.check()
    try:
        with _ends_on_sigterm(), turn(settings.SETTINGS.database_url):
            removal.remove_all()
            event = copies.find_event(wish.event)
            if wish.faults and not site.is_here:
                raise CannotRehearse("--faults kills processes of `fairgate up`, and none runs here; leave it out.")
            address = _address(wish, site)
            copy = copies.make_copy(event)
            try:
                return _rehearse(wish, site, copy, door.check(address, copy.organizer.slug, copy.event.slug))
            finally:
                removal.remove(copy.organizer.pk, SETTLE_S)
    finally:
        _close_pool()


def _close_pool() -> None:
    """Else its threads would outlive the command."""
    connection.close_pool()  # type: ignore[attr-defined]  # The stubs do not know it yet.


def _address(wish: Wish, site: Site) -> Address:
    if wish.url:
        return door.at(wish.url)
    ports = site.by_kind("port").get("door")
    if not ports:
        raise CannotRehearse("No door runs on this machine; name the one that buyers use with --url.")
    return door.on_this_machine(ports[0], settings.SETTINGS.public_url)


def _rehearse(wish: Wish, site: Site, copy: Copy, address: Address) -> dict[str, Any]:
    measured = Measured(processes=Counter(process["name"] for process in site.processes()))
    log_size, ports = door_log.size(site.door_log), _telling(site)
    before = waits.read(ports)
    faults = Faults(site, wish.seconds)
    with (
        tempfile.TemporaryDirectory(prefix="fairgate-rehearsal-") as folder,
        Progress(f"Rehearsing {copy.event.title}", wish.buyers, copy.places) as progress,
    ):
        results = Path(folder) / "results.json"
        meter = _watch(_plan(wish, copy, address, results), site, faults if wish.faults else None, progress)
        seen = told.read(results)
        progress.say("Everybody has left; counting.")
        _wait_for_mails(copy)
    measured.faults = faults.told
    measured.door = door_log.read(
        site.door_log, from_byte=log_size, began=seen.opened_at, ended=seen.opened_at + seen.seconds
    )
    measured.waits = waits.between(before, waits.read(_telling(site)))
    if site.is_here:
        measured.samples, measured.cores = meter.samples, meter.cores
    facts = counting.count(copy)
    differences = [str(difference) for difference in find_differences()]
    asked = Asked(
        event=wish.event.strip("/"),
        title=copy.event.title,
        organizer=copy.organizer.name,
        buyers=wish.buyers,
        seconds=wish.seconds,
        rate=wish.rate,
        url=address.origin,
    )
    return assemble(asked, seen, facts, measured, differences)


def _plan(wish: Wish, copy: Copy, address: Address, results: Path) -> Plan:
    return Plan(
        address=asdict(address),
        organizer=copy.organizer.slug,
        event=copy.event.slug,
        offers=[asdict(offer) for offer in copy.offers],
        buyers=wish.buyers,
        seconds=wish.seconds,
        rate=wish.rate,
        seed=secrets.randbits(32),
        within_s=wish.longest_s + LINGER_S,
        results=str(results),
    )


def _watch(plan: Plan, site: Site, faults: Faults | None, progress: Progress) -> Meter:
    """Let the crowd come, in a process of its own that ends with this one."""
    crowd = subprocess.Popen(
        [sys.executable, "-m", "fairgate.rehearsal.crowd"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert crowd.stdin is not None
    assert crowd.stdout is not None
    meter = Meter({**site.by_kind("pid"), BUYERS: [crowd.pid]})
    try:
        meter.begin()
        crowd.stdin.write(json.dumps(asdict(plan)) + "\n")
        crowd.stdin.flush()
        if faults:
            faults.begin()
        _show(crowd, meter, site, progress)
    finally:
        # The end of its input tells it to go; what is buffered may fail to be written when it has gone already.
        crowd.stdin.close()
        try:
            crowd.wait(GO_S)
        except subprocess.TimeoutExpired:
            crowd.kill()
            crowd.wait()
        # Not before: while a line is waited for, whoever closes this waits too.
        crowd.stdout.close()
        if faults:
            faults.end()
    if crowd.returncode:
        raise CannotRehearse(f"The buyers' process failed (exit code {crowd.returncode}); see its error above.")
    return meter


def _show(crowd: subprocess.Popen[str], meter: Meter, site: Site, progress: Progress) -> None:
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(crowd, lines), daemon=True)
    reader.start()
    next_ask = ASK_EVERY_S
    while True:
        try:
            line = lines.get(timeout=1)
        except queue.Empty:
            meter.look()
            continue
        if not line:
            reader.join()
            return
        now = json.loads(line)
        if now["at"] >= next_ask:
            # The supervisor asks each process how it is, so it is not asked every second.
            next_ask = now["at"] + ASK_EVERY_S
            meter.roots = {**meter.roots, **site.by_kind("pid")}
        meter.look()
        progress.show(now)


def _read(crowd: subprocess.Popen[str], lines: queue.SimpleQueue[str]) -> None:
    assert crowd.stdout
    try:
        for line in crowd.stdout:
            lines.put(line)
    except ValueError:
        # Closed by who gave up waiting.
        pass
    lines.put("")


def _wait_for_mails(copy: Copy) -> None:
    """The workers make them at their own pace. What a killed one had begun comes much later: that is not waited for."""
    waiting, ends = -1, time.monotonic() + MAILS_S
    while time.monotonic() < ends:
        left = counting.mails_of(copy)[1]
        if not left:
            return
        if left != waiting:
            waiting, ends = left, time.monotonic() + MAILS_S
        time.sleep(0.5)


def _telling(site: Site) -> dict[str, list[int]]:
    return {kind: ports for kind, ports in site.by_kind("port").items() if kind in TELLS}


@contextmanager
def _ends_on_sigterm() -> Iterator[None]:
    """As Ctrl-C does: what was begun is taken away first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
