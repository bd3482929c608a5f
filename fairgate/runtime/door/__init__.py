"""HAProxy, the only door: rendered configuration, one listening socket, servers changed while it runs."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import resource
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fairgate.runtime import probes, spawn
from fairgate.runtime.door.answers import PAGES, write_answers
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation, write_private
from fairgate.runtime.kinds import AT_A_TIME

HERE = Path(__file__).parent
# How many of one kind can stand behind the door without a reload of it.
SLOTS = 16
BACKENDS = {
    "web": ("web", "web_api", "web_large", "stock", "stock_api"),
    "stock": ("stock", "stock_api"),
    "gate": ("gate", "gate_api", "gate_large"),
}
# Below HAProxy's buffer of 16 kB less what it keeps for rewriting headers.
UNSIZED_BODY = 14000
# How many larger bodies one server takes at a time.
LARGE_BODIES = 2
# What is read of a body that is refused, so that its sender gets to hear so.
DRAINED_BODY = 32 * 1024 * 1024


@dataclass
class Door:
    installation: Installation
    binary: Path
    listener: socket.socket
    certificate: Path | None
    trusted_proxies: Sequence[str]
    servers: dict[str, list[int | None]] = field(default_factory=lambda: {kind: [None] * SLOTS for kind in BACKENDS})

    @property
    def configuration(self) -> Path:
        return self.installation.run / "haproxy.cfg"

    def launch(self) -> subprocess.Popen[bytes]:
        """Rendered anew each time, so that a door that died comes back with the servers of this moment."""
        self.render()
        return spawn.spawn(
            [self.binary, "-db", "-f", self.configuration.name],
            env={"LC_ALL": "C", "TZ": "UTC"},
            cwd=self.installation.run,
            log=self.installation.logs / "door.log",
            pass_fds=[self.listener.fileno()],
        )

    def check(self) -> None:
        """Before anything starts: a certificate that cannot be used should not cost a minute of waiting."""
        self.render()
        checked = subprocess.run(
            [self.binary, "-c", "-f", self.configuration.name],
            cwd=self.installation.run,
            capture_output=True,
            text=True,
            pass_fds=[self.listener.fileno()],
            timeout=20,
            check=False,
        )
        if checked.returncode == 0:
            return
        alerts = [line.partition(" : ")[2] for line in checked.stderr.splitlines() if "ALERT" in line]
        reason = alerts[0].removeprefix(f"[{self.configuration.name}:") if alerts else checked.stderr.strip()
        if self.certificate is not None and str(self.certificate) in checked.stderr:
            raise CannotStart(
                f"HAProxy cannot use {self.certificate}; --tls-cert wants a PEM file with certificate and key."
            )
        raise CannotStart(
            f"HAProxy refuses its configuration {self.configuration}: {reason};"
            " is FAIRGATE_HAPROXY_BIN 2.8 or newer, with Lua?"
        )

    def render(self) -> None:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined  # the commands that start nothing do without

        answers = self.installation.run / "answers"
        write_answers(answers)
        environment = Environment(  # noqa: S701 (no HTML, and quotes are escaped for HAProxy)
            loader=FileSystemLoader(HERE),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        write_private(
            self.configuration,
            environment.get_template("haproxy.cfg.j2").render(
                answers=_quoted(answers),
                certificate=_quoted(self.certificate) if self.certificate else None,
                connections=_most_connections(),
                drained_body=DRAINED_BODY,
                lua=_quoted(HERE / "too_large.lua"),
                listener=self.listener.fileno(),
                routes=_quoted(HERE / "routes.map"),
                servers_by_kind=self.servers,
                statuses=list(PAGES),
                threads=min(len(os.sched_getaffinity(0)), 4),
                most_by_kind=AT_A_TIME,
                trusted_proxies=" ".join(self.trusted_proxies),
                unsized_body=UNSIZED_BODY,
                large_bodies=LARGE_BODIES,
            ),
        )

    async def answers(self) -> bool:
        host, port = self.listener.getsockname()[:2]
        address = ipaddress.ip_address(host)
        if address.is_unspecified:
            host = "127.0.0.1" if address.version == 4 else "::1"
        return await probes.http_ready(port, host, tls=self.certificate is not None)

    async def open_to(self, kind: str, index: int, port: int) -> None:
        """Send requests to one more server, from now on."""
        self.servers[kind][index - 1] = port
        lines = [f"set server {name}/{kind}{index} addr 127.0.0.1 port {port}" for name in BACKENDS[kind]]
        await self._tell(
            [*lines, f"set server {kind}/{kind}{index} health up", f"set server {kind}/{kind}{index} state ready"]
        )

    async def close_to(self, kind: str, index: int) -> None:
        """Send it nothing new and wait until what it has is answered."""
        self.servers[kind][index - 1] = None
        server = f"{kind}/{kind}{index}"
        await self._tell([f"set server {server} state drain"])
        for _ in range(100):
            if not await self._requests_at(kind, index):
                break
            await asyncio.sleep(0.1)
        await self._tell([f"set server {server} state maint"])

    async def _requests_at(self, kind: str, index: int) -> int:
        table = await self._tell(["show stat"])
        names, *rows = [line.split(",") for line in table.splitlines() if "," in line]
        column = {name.lstrip("# "): place for place, name in enumerate(names)}
        return sum(
            int(row[column["scur"]] or 0)
            for row in rows
            if row[column["svname"]] == f"{kind}{index}" and row[0] in BACKENDS[kind]
        )

    async def _tell(self, commands: Sequence[str]) -> str:
        """A door that is down just now needs no word: it will be rendered with the servers of that moment."""
        folder = os.open(self.installation.run, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            # By way of /proc, since a Unix socket's address may have no more than 107 characters.
            reader, writer = await asyncio.open_unix_connection(f"/proc/self/fd/{folder}/door.sock")
            writer.write((";".join(commands) + "\n").encode())
            answer = (await asyncio.wait_for(reader.read(), 5)).decode()
            writer.close()
            return answer
        except (OSError, TimeoutError):
            return ""
        finally:
            os.close(folder)


def listen(host: str, port: int) -> socket.socket:
    """The supervisor holds the door's address: it is taken or refused before anything starts, and it outlives HAProxy,
    so that while a door is replaced its visitors wait a moment instead of being turned away."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError:
        raise CannotStart(
            f"{host} is no address of this machine; use --bind with one of its addresses or names."
        ) from None
    listener = socket.socket(family[0], socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(family[4])
        listener.listen(1024)
    except PermissionError:
        raise CannotStart(f"Port {port} is kept for root; choose one above 1023 with --port.") from None
    except OSError as error:
        if error.errno == 98:
            raise CannotStart(
                f"Port {port} on {host} is taken; stop what uses it or choose another with --port."
            ) from None
        raise CannotStart(
            f"Cannot listen on {host}, port {port} ({error.strerror}); use --bind with an address of this machine."
        ) from None
    return listener


def trusted_proxies(environ: Mapping[str, str]) -> list[str]:
    return environ.get("FAIRGATE_TRUSTED_PROXIES", "").replace(",", " ").split()


def _most_connections() -> int:
    """Each request holds two files: one to the client, one to a server."""
    _, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 10000 if allowed == resource.RLIM_INFINITY else max(100, min(10000, (allowed - 400) // 2))


def _quoted(path: Path) -> str:
    """For use between double quotes in haproxy.cfg, where a backslash, a quote and a dollar have a meaning."""
    return str(path).replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
