"""Faults of processes, of the machine and of the settings; each is what is named first."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fairgate.doctor.finding import Urgency
from fairgate.doctor.looks import copies, database, door, figures, machine, processes, programs, sessions
from fairgate.doctor.rules import judge, safety
from fairgate.doctor.scene import Scene
from fairgate.doctor.tests.named import named_first
from fairgate.runtime.archive_folder import ARCHIVE, Chapter
from fairgate.testing.waiting import wait_until


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("SELECT 1 FROM a2 WHERE b = 'o''Ben' AND c > -1.5", "SELECT … FROM a2 WHERE b = '…' AND c > …"),
        ("UPDATE t SET x = $1 WHERE y = $2", "UPDATE t SET x = … WHERE y = …"),
    ],
)
def test_statements_are_told_without_values(statement: str, told: str) -> None:
    assert sessions.shown(statement) == told.replace("'…'", "…")


def test_an_interpreter_that_does_all_it_can(quiet: Scene) -> None:
    """A real one, in the place of web."""
    spinning = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    status = {"name": "web", "index": 1, "pid": spinning.pid, "port": 1, "state": "ready", "restarts": 0}
    try:
        before = processes.take()
        wait_until(lambda: processes.tell([status], before, processes.take(), 1.0)[0].cores >= 0.1)
        (web,) = processes.tell([status], before, processes.take(), 0.1)
    finally:
        spinning.kill()
        spinning.wait()
    assert web.busiest >= 0.9

    seen = replace(
        quiet,
        settings=replace(quiet.settings, web_workers=1),
        machine=machine.Machine(4, 8000, 4000, 1.2),
        processes=(web,),
        door=door.Door(1000, ()),
    )
    first = named_first("interpreter-saturated", judge(seen))
    assert first.urgency is Urgency.HURTS
    assert first.levers == (f"fairgate scale --data {quiet.installation.root} web=2",)


def test_a_machine_that_others_use(quiet: Scene) -> None:
    """It hurts when somebody waits, and nobody is told to end something small."""
    greedy = processes.Part(4711, "mallory", "R", 1.6, 100, "mallory --all", "mallory")
    small = processes.Part(4712, "python", "R", 0.15, 100)
    waiting = door.Backend("web", 12, 8, 100, 0, 300, 90, ("web1",), ())
    full = replace(quiet, machine=machine.Machine(2, 8000, 4000, 1.95), door=door.Door(1000, (waiting,)))

    first = named_first("processor-full", judge(replace(full, others=(greedy, small))))
    assert first.title == "The processor is full: other programs use 1.8 of its 2 cores"
    assert first.evidence[1] == "Other: 1.6 of pid 4711, user mallory: mallory --all"
    assert first.levers[0].startswith("renice -n 19 -p 4711 ")
    assert [one.levers for one in judge(replace(full, others=(small,))) if one.id == "processor-full"] == [
        ("A larger machine, or a second one for the database.",)
    ]
    told = judge(replace(full, others=(greedy,), door=door.Door(1000, (replace(waiting, waits=0),))))
    assert [(one.id, one.urgency) for one in told] == [("processor-full", Urgency.ADVICE)]
    assert judge(replace(full, others=(greedy,), door=None, own_cores=1.2)) == []


def test_who_else_uses_the_processor() -> None:
    """Not Fairgate's own commands, by which others are told of."""
    busy = [sys.executable, "-c", "while True: pass", "--password", "hunter2", "postgres://ben:secret@db/x", "sale"]
    with subprocess.Popen(busy) as other, subprocess.Popen(["fairgate", *busy[1:]], executable=sys.executable) as ours:
        try:
            before = processes.take()
            spinning = (other.pid, ours.pid)
            wait_until(lambda: all(processes.take()[pid].cpu_s - before[pid].cpu_s >= 0.1 for pid in spinning))
            found = {part.pid: part for part in processes.others((), before, processes.take(), 1.0)}
        finally:
            other.kill()
            ours.kill()

    assert ours.pid not in found
    assert found[other.pid].command == f"{Path(sys.executable).name} -c … … … … sale"
    assert found[other.pid].user == Path(f"/proc/{os.getpid()}").owner()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["/usr/bin/curl", "-H", "Authorization: Bearer x", "-u", "ben:x", "http://a"], "curl -H … -u … http://a"),
        (["mysql", "-phunter2", "PGPASSWORD=x", "tickets"], "mysql … … tickets"),
        (["tar", "a" * 60, "b" * 60], f"tar {'a' * 60} …"),
    ],
)
def test_command_lines_are_short_and_without_secrets(words: list[str], told: str) -> None:
    assert programs.told(words) == told


def test_a_machine_without_memory(quiet: Scene) -> None:
    seen = replace(quiet, machine=machine.Machine(2, 8000, 100, 0.1))

    assert named_first("memory-short", judge(seen)).evidence == ("100 MB of 8.0 GB are left.",)


def test_a_process_that_is_down(quiet: Scene) -> None:
    processes_then = (
        processes.Process("web", 1, None, 20001, "waiting", 4),
        processes.Process("worker", 1, None, 20002, "waiting", 4),
    )

    found = judge(replace(quiet, processes=processes_then))
    named_first("process-down", found)
    assert [(one.title, one.urgency) for one in found] == [
        ("web-1 is down", Urgency.STOPS),
        ("worker-1 is down", Urgency.HURTS),
    ]


def test_a_process_that_takes_requests_and_answers_none(quiet: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """This one, in the place of a gate."""
    monkeypatch.setattr(figures, "TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        status = {"name": "gate", "index": 1, "pid": os.getpid(), "port": mute.getsockname()[1], "restarts": 0}
        told = [{**status, "state": "silent"}]
        taken = processes.take()
        seen = replace(
            quiet,
            processes=processes.tell(told, taken, taken, 1.0),
            figures=figures.look(lambda: told, lambda: None),
        )

    first = named_first("process-silent", judge(seen))
    assert first.title == "gate-1 runs but does not answer"


def test_a_process_that_dies_again_and_again(quiet: Scene) -> None:
    part = processes.Part(77, "python", "S", 0.0, 12.0)
    seen = replace(quiet, processes=(processes.Process("worker", 1, 77, 20002, "ready", 9, (part,)),))

    named_first("process-restarts", judge(seen))


def test_a_disk_that_fills_up(quiet: Scene) -> None:
    def disk(free_mb: int) -> Scene:
        return replace(quiet, disks=(machine.Disk("the installation", Path("/srv"), free_mb, 100_000, 1),))

    assert [named_first("disk-full", judge(disk(free))).urgency for free in (100, 900, 4_000)] == list(Urgency)
    assert judge(disk(50_000)) == []
    assert machine.disks({"this": Path(__file__).parent, "that": Path(__file__)})[0].total_mb > 0


@pytest.fixture
def public(quiet: Scene) -> Scene:
    """All is well with it, but that it was never saved."""
    settings = replace(quiet.settings, public_url="https://tickets.example.org", email_url="smtp://127.0.0.1:25")
    return replace(quiet, settings=settings, database=database.Database(is_own=True))


def test_a_public_installation_without_tls(public: Scene) -> None:
    named_first("no-tls", judge(saved(public, settings=replace(public.settings, public_url="http://8.8.8.8"))))


def test_a_public_installation_that_sends_no_mail(public: Scene) -> None:
    named_first("mail-to-folder", judge(saved(public, settings=replace(public.settings, email_url="file:///mail"))))


def test_a_public_installation_that_was_saved_never_or_long_ago(public: Scene) -> None:
    named_first("backup-missing", judge(public))
    first = named_first("backup-old", judge(saved(public, days_ago=9)))
    assert first.evidence == ("The last copy of everything is 9 days old.",)
    assert judge(saved(public)) == []


def saved(scene: Scene, days_ago: int = 0, **changes: object) -> Scene:
    """As `fairgate backup` notes it."""
    scene.installation.run.mkdir(exist_ok=True)
    taken_at = (scene.seen_at - timedelta(days=days_ago)).isoformat()
    (scene.installation.run / "backup.json").write_text(json.dumps({"taken_at": taken_at}))
    return replace(scene, copies=copies.look(scene.installation, {}), **changes)  # type: ignore[arg-type]


def test_an_archive_into_which_nothing_comes(quiet: Scene, tmp_path: Path) -> None:
    part = tmp_path / "archive/20261122T100000Z/wal/000000010000000000000001.partial"
    part.parent.mkdir(parents=True)
    part.touch()
    Chapter(part.parents[1], quiet.seen_at, quiet.seen_at, 1, 18).write()
    recalled = {ARCHIVE: str(tmp_path / "archive")}

    assert judge(replace(quiet, copies=copies.look(quiet.installation, recalled))) == []
    old_s = (quiet.seen_at - timedelta(minutes=20)).timestamp()
    os.utime(part, (old_s, old_s))
    first = named_first("archive-behind", judge(replace(quiet, copies=copies.look(quiet.installation, recalled))))
    assert first.title == "The archive has nothing of the last 20 min"


@pytest.mark.parametrize(
    ("host", "is_public"),
    [("127.0.0.1", False), ("10.0.0.7", False), ("localhost", False), ("box.lan", False), ("8.8.8.8", True)],
)
def test_who_is_public(host: str, is_public: bool) -> None:
    assert safety.is_public(host) is is_public


def test_more_interpreters_than_cores(quiet: Scene) -> None:
    web = tuple(processes.Process("web", index, None, 1, "ready", 0) for index in range(1, 7))
    seen = replace(
        quiet,
        processes=web,
        machine=machine.Machine(2, 8000, 4000, 0.1),
        settings=replace(quiet.settings, web_workers=1),
    )

    named_first("interpreters-many", judge(seen))


def test_more_requests_than_an_interpreter_does_well(quiet: Scene) -> None:
    named_first("threads-many", judge(replace(quiet, settings=replace(quiet.settings, web_threads=64))))
