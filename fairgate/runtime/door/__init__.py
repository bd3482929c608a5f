"""HAProxy, the only door: rendered configuration, one listening socket, servers changed while it runs."""

from __future__ import annotations

import ipaddress
import os
import resource
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from fairgate.runtime import probes, spawn
from fairgate.runtime.door.answers import PAGES, write_answers
from fairgate.runtime.door.servers import Servers, server_name
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation, write_private

HERE = Path(__file__).parent
# Below HAProxy's buffer of 16 kB less what it keeps for rewriting headers.
UNSIZED_BODY = 14000
# How many larger bodies one server takes at a time.
LARGE_BODIES = 2
# What is read of a body that is refused, so that its sender gets to hear so.
DRAINED_BODY = 32 * 1024 * 1024
# How long the door keeps who finds all busy, by kind; and how many of them in one line, which take its memory.
QUEUES = {"web": "500ms", "stock": "500ms", "gate": "500ms"}
MOST_IN_LINE = 1000
# What networks, search engines and newsletters add to the links that they lead to.
TRACKING = (
    *("utm_[a-z_]+", "fbclid", "igshid", "igsh", "ttclid", "twclid", "li_fat_id", "epik", "sccid", "rdt_cid"),
    *("gclid", "gclsrc", "dclid", "gbraid", "wbraid", "srsltid", "_ga", "_gl", "msclkid", "yclid"),
    *("mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi"),
)


@dataclass
class Door:
    installation: Installation
    binary: Path
    listener: socket.socket
    certificate: Path | None
    trusted_proxies: Sequence[str]
    # Requests that one process of each kind works on.
    at_a_time: Mapping[str, int]
    # Where it tells its figures; nowhere without.
    metrics_port: int | None = None
    # At once; as many as there can be unless given.
    connections: int = 0
    queues: Mapping[str, str] = field(default_factory=lambda: QUEUES)
    most_in_line: int = MOST_IN_LINE

    @cached_property
    def servers(self) -> Servers:
        return Servers(self.installation.run)

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
            " is FAIRGATE_HAPROXY_BIN 2.8 or newer, with Lua and the Prometheus exporter?"
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
                connections=self.connections or _most_connections(),
                drained_body=DRAINED_BODY,
                lua=_quoted(HERE / "too_large.lua"),
                listener=self.listener.fileno(),
                routes=_quoted(HERE / "routes.map"),
                server_name=server_name,
                servers_by_kind=self.servers.ports,
                statuses=list(PAGES),
                tracking="|".join(TRACKING),
                threads=min(len(os.sched_getaffinity(0)), 4),
                metrics_port=self.metrics_port,
                most_by_kind=self.at_a_time,
                most_in_line=self.most_in_line,
                queues=self.queues,
                trusted_proxies=" ".join(self.trusted_proxies),
                unsized_body=UNSIZED_BODY,
                large_bodies=LARGE_BODIES,
            ),
        )

    async def answers(self, pid: int | None) -> bool:
        """Whether this very one does: while it is replaced, the former listens at the same address."""
        return await self.servers.pid() == pid and await self._is_open()

    async def _is_open(self) -> bool:
        host, port = self.listener.getsockname()[:2]
        address = ipaddress.ip_address(host)
        if address.is_unspecified:
            host = "127.0.0.1" if address.version == 4 else "::1"
        return await probes.http_ready(port, host, tls=self.certificate is not None)


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
