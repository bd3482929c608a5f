"""The servers behind a running door: added, taken away and exchanged by its runtime socket, without a reload."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

# How many of one kind can stand behind the door without a reload of it.
SLOTS = 16
BACKENDS = {
    "web": ("web", "web_api", "web_pays", "web_pays_api", "web_works", "web_large", "stock", "stock_api"),
    "stock": ("stock", "stock_api"),
    "gate": ("gate", "gate_api", "gate_large"),
}
# Where a replacement works until its predecessor's requests are answered.
SPARE = SLOTS
# The door itself gives up on an answer after 30 seconds (`timeout server`).
DRAIN_S = 35.0
LOOK_S = 0.1


def server_name(kind: str, place: int) -> str:
    return f"{kind}next" if place == SPARE else f"{kind}{place + 1}"


@dataclass
class Servers:
    """The port in each place, by kind. The same lines that tell the running door say how the next one is rendered."""

    folder: Path
    ports: dict[str, list[int | None]] = field(
        default_factory=lambda: {kind: [None] * (SLOTS + 1) for kind in BACKENDS}
    )

    async def open(self, kind: str, place: int, port: int) -> None:
        """Send requests to one more server, from now on."""
        self.ports[kind][place] = port
        name = server_name(kind, place)
        addresses = [f"set server {backend}/{name} addr 127.0.0.1 port {port}" for backend in BACKENDS[kind]]
        server = f"set server {kind}/{name}"
        await self.tell([*addresses, f"{server} health up", f"{server} state ready"])

    async def close(self, kind: str, place: int) -> None:
        """Send it nothing new and wait until what it has is answered."""
        self.ports[kind][place] = None
        await self.tell([f"set server {kind}/{server_name(kind, place)} state drain"])
        await self._are_answered(kind, place)
        await self._forget(kind, place)

    async def exchange(self, kind: str, place: int, port: int) -> None:
        """Send what comes to another port; return when nothing that the former one has is left to be answered.

        An address is changed only while nobody uses it, so the newcomer has a place of its own until then.
        """
        await self.open(kind, SPARE, port)
        await self.close(kind, place)
        await self.open(kind, place, port)
        # What it has in the spare place it goes on with: this only ends what is new.
        self.ports[kind][SPARE] = None
        await self._forget(kind, SPARE)

    async def _forget(self, kind: str, place: int) -> None:
        await self.tell([f"set server {kind}/{server_name(kind, place)} state maint"])

    async def _are_answered(self, kind: str, place: int) -> None:
        """Twice none: a request that found its server just before the drain is counted only when it connects."""
        deadline = asyncio.get_running_loop().time() + DRAIN_S
        looks_without = 0
        while looks_without < 2 and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(LOOK_S)
            looks_without = 0 if await self._requests_at(kind, place) else looks_without + 1

    async def _requests_at(self, kind: str, place: int) -> int:
        table = await self.tell(["show stat"])
        names, *rows = [line.split(",") for line in table.splitlines() if "," in line] or [[]]
        column = {name.lstrip("# "): place for place, name in enumerate(names)}
        return sum(
            int(row[column["scur"]] or 0)
            for row in rows
            if row[column["svname"]] == server_name(kind, place) and row[0] in BACKENDS[kind]
        )

    async def pid(self) -> int:
        """Which door answers here; 0 if none does."""
        lines = dict(line.partition(": ")[::2] for line in (await self.tell(["show info"])).splitlines())
        return int(lines.get("Pid", "0"))

    async def tell(self, commands: Sequence[str]) -> str:
        """A door that is down just now needs no word: it will be rendered with the servers of that moment."""
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            # By way of /proc, since a Unix socket's address may have no more than 107 characters.
            reader, writer = await asyncio.open_unix_connection(f"/proc/self/fd/{folder}/door.sock")
            try:
                writer.write((";".join(commands) + "\n").encode())
                return (await asyncio.wait_for(reader.read(), 5)).decode()
            finally:
                writer.close()
        except (OSError, TimeoutError):
            return ""
        finally:
            os.close(folder)
