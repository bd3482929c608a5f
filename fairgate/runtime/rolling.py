"""Changes while Fairgate runs: how many of a kind, and each process for a fresh one. No request fails by them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fairgate.runtime.door.servers import BACKENDS, DRAIN_S
from fairgate.runtime.errors import CannotStart

if TYPE_CHECKING:
    from fairgate.runtime.process import Process
    from fairgate.runtime.supervisor import Supervisor


async def scale(supervisor: Supervisor, counts: Mapping[str, int]) -> None:
    """All that is new starts before anything is opened or ended: if one does not start, all stays as it was."""
    running = {kind: _of(supervisor, kind) for kind in counts}
    missing = [
        (kind, index)
        for kind, count in counts.items()
        for index in range(1, count + 1)
        if index not in {process.program.index for process in running[kind]}
    ]
    added = [supervisor.service(kind, index) for kind, index in missing]
    await _start(supervisor, added)
    for process in added:
        await _open_to(supervisor, process)
    surplus = [p for kind, count in counts.items() for p in running[kind] if p.program.index > count]
    await asyncio.gather(*(_remove(supervisor, process) for process in surplus))


async def restart(supervisor: Supervisor, kinds: Sequence[str]) -> list[str]:
    """One process after the other, each beside its successor until that one answers. Returns their names."""
    done: list[str] = []
    for process in [process for kind in kinds for process in _of(supervisor, kind)]:
        try:
            await (_replace_door if process.program.kind == "door" else _replace)(supervisor, process)
        except CannotStart as error:
            so_far = f"{', '.join(done)} had been restarted before" if done else "nothing was restarted"
            raise CannotStart(f"{str(error).rstrip('.')}; the one that runs goes on, and {so_far}.") from None
        done.append(process.program.name)
    return done


async def _replace(supervisor: Supervisor, old: Process) -> None:
    new = supervisor.service(old.program.kind, old.program.index)
    await _start(supervisor, [new], instead_of=old)
    kind, place = new.program.kind, new.program.index - 1
    if kind in BACKENDS and supervisor.door:
        await supervisor.door.servers.exchange(kind, place, new.program.port)
    await _end(supervisor, old)


async def _replace_door(supervisor: Supervisor, old: Process) -> None:
    """Both listen at the same socket for a moment; the former then ends when its visitors have their answers."""
    assert supervisor.door is not None
    supervisor.door.check()
    await _start(supervisor, [supervisor.door_process()], instead_of=old)
    await _end(supervisor, old, grace_s=DRAIN_S)


async def _start(supervisor: Supervisor, added: Sequence[Process], instead_of: Process | None = None) -> None:
    """All of them, or none. Until it is ready, whoever asks for the status is told of the one that still works."""
    supervisor.others += added
    starting = [asyncio.create_task(process.start()) for process in added]
    try:
        await asyncio.gather(*starting)
    except (CannotStart, OSError) as error:
        await asyncio.gather(*starting, return_exceptions=True)
        await asyncio.gather(*(process.stop() for process in added))
        supervisor.others = [process for process in supervisor.others if process not in added]
        raise CannotStart(str(error)) from None
    for process in added:
        supervisor.others.remove(process)
        supervisor.processes.append(process)
        if instead_of:
            supervisor.processes.remove(instead_of)
            supervisor.others.append(instead_of)
        supervisor.note(process)


async def _open_to(supervisor: Supervisor, process: Process) -> None:
    kind, place = process.program.kind, process.program.index - 1
    if kind in BACKENDS and supervisor.door:
        await supervisor.door.servers.open(kind, place, process.program.port)


async def _remove(supervisor: Supervisor, process: Process) -> None:
    """Requests first find another server; only then does this one end."""
    kind, place = process.program.kind, process.program.index - 1
    if kind in BACKENDS and supervisor.door:
        await supervisor.door.servers.close(kind, place)
    await process.stop()
    supervisor.processes.remove(process)
    supervisor.note(process)


async def _end(supervisor: Supervisor, old: Process, grace_s: float | None = None) -> None:
    await old.stop(grace_s)
    supervisor.others.remove(old)


def _of(supervisor: Supervisor, kind: str) -> list[Process]:
    return sorted((p for p in supervisor.processes if p.program.kind == kind), key=lambda p: p.program.index)
