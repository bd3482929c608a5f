"""What is seen: everything looked at once, at the same time, within a few seconds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from fairgate.doctor.looks import copies, database, door, figures, machine, mail, processes, requests, stores
from fairgate.doctor.looks.machine import Disk
from fairgate.doctor.looks.processes import Part, Process
from fairgate.doctor.looks.sessions import Session
from fairgate.lib import env
from fairgate.lib.env import Settings
from fairgate.runtime import control, environment
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation

# Long enough for a share of the processor to mean something, short enough to wait for.
BETWEEN_S = 3.0
# The supervisor asks each process for up to a second, and the primary for three.
STATUS_S = 6.0


@dataclass(frozen=True)
class Scene:
    """What was not looked at, or did not answer, is None or empty, and no rule says a word about it."""

    installation: Installation
    settings: Settings
    seen_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    between_s: float = BETWEEN_S
    is_supervised: bool = True
    supervisor_error: str = ""
    machine: machine.Machine = field(default_factory=lambda: machine.Machine(1, 1024, 1024, 0.0))
    disks: tuple[Disk, ...] = ()
    processes: tuple[Process, ...] = ()
    others: tuple[Part, ...] = ()
    own_cores: float = 0.0
    figures: tuple[figures.Figures, ...] = ()
    door: door.Door | None = None
    requests: requests.Requests = field(default_factory=requests.Requests)
    database: database.Database = field(default_factory=database.Database)
    stores: stores.Stores = field(default_factory=stores.Stores)
    mail_error: str = ""
    copies: copies.Copies = field(default_factory=copies.Copies)

    def of_kind(self, kind: str) -> list[Process]:
        return [process for process in self.processes if process.kind == kind]

    @property
    def is_busy(self) -> bool:
        """Whether anyone asks the door for anything."""
        return bool(self.door and self.door.requests > self.between_s)

    def command(self, words: str) -> str:
        """As the operator would type it."""
        name, _, rest = words.partition(" ")
        return f"fairgate {name} --data {self.installation.root}{' ' if rest else ''}{rest}"


def gather(installation: Installation, between_s: float = BETWEEN_S) -> Scene:
    """Raises CannotStart when there is nothing to look at."""
    recalled = environment.recall(installation)
    settings = _settings(recalled)
    until_s = time.monotonic() + between_s

    def pause() -> None:
        time.sleep(max(0.0, until_s - time.monotonic()))

    is_supervised = installation.is_held()
    began, before = time.monotonic(), processes.take()
    with ThreadPoolExecutor(8) as hands:
        told = hands.submit(_status, installation, is_supervised)
        seen_figures = hands.submit(figures.look, lambda: told.result()[0], pause)
        seen_database = hands.submit(database.look, installation, settings, until_s)
        seen_door = hands.submit(door.look, installation, pause)
        seen_stores = hands.submit(stores.look, settings, pause)
        seen_machine = hands.submit(machine.look, pause, between_s)
        seen_mail = hands.submit(mail.error, settings)
        said = requests.look(installation.logs)
        pause()
        after, between_s = processes.take(), time.monotonic() - began
        status, error = told.result()
        ours = processes.tell(status, before, after, between_s)
        saved = copies.look(installation, recalled)
        return Scene(
            installation=installation,
            settings=settings,
            between_s=between_s,
            is_supervised=is_supervised,
            supervisor_error=error,
            machine=seen_machine.result(),
            disks=machine.disks(_places(installation, settings, saved)),
            processes=ours,
            others=processes.others(ours, before, after, between_s),
            own_cores=processes.own_cores(before, after, between_s),
            figures=seen_figures.result(),
            door=seen_door.result(),
            requests=said,
            database=named(seen_database.result(), ours, after),
            stores=seen_stores.result(),
            mail_error=seen_mail.result(),
            copies=saved,
        )


def _settings(recalled: Mapping[str, str]) -> Settings:
    try:
        return env.from_environment(recalled) if recalled else env.settings()
    except env.SettingsError as error:
        raise CannotStart(str(error)) from None


def _status(installation: Installation, is_supervised: bool) -> tuple[list[dict[str, Any]], str]:
    if not is_supervised:
        return [], ""
    try:
        return list(control.ask(installation, {"do": "status"}, timeout_s=STATUS_S)["processes"]), ""
    except CannotStart as error:
        return [], str(error)


def _places(installation: Installation, settings: Settings, saved: copies.Copies) -> dict[str, Path]:
    places = {"the installation": installation.root}
    if saved.archive:
        places["the archive"] = saved.archive
    for what, url in (("pictures", settings.storage_url), ("mail", settings.email_url)):
        parts = urlsplit(url)
        if parts.scheme == "file":
            places[what] = Path(unquote(parts.path))
    return places


def named(
    seen: database.Database, ours: tuple[processes.Process, ...], after: Mapping[int, processes.Taken]
) -> database.Database:
    """Sessions by the names of the processes that hold them."""
    names = {pid: f"{one.name}, pid {pid}" for pid, one in after.items()}
    names |= {part.pid: process.name for process in ours for part in process.parts}

    def by_name(one: Session) -> Session:
        return replace(one, client=names.get(one.client_pid or 0, ""))

    replicas = tuple(
        replace(one, holder=by_name(one.holder)) if one.holder else one for one in seen.replication.replicas
    )
    seen = replace(seen, replication=replace(seen.replication, replicas=replicas))
    if seen.sessions is None:
        return seen
    return replace(seen, sessions=replace(seen.sessions, all=tuple(map(by_name, seen.sessions.all))))
