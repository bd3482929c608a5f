"""Hosts of their own on one machine: network namespaces, each with one cable to a switch and no other way out.

The switch stands in a namespace of its own, the street, where visitors come from.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

CLONE_NEWNET = 0x40000000
NEEDED = "hosts of their own need root and `ip netns` (Debian: iproute2)"
STREET = "10.77.0.1"


@dataclass(frozen=True)
class Host:
    name: str
    address: str

    @property
    def namespace(self) -> str:
        return f"fairgate-{os.getpid()}-{self.name}"

    @contextmanager
    def entered(self) -> Iterator[None]:
        """This thread is on the host, and so are the threads and programs that it starts."""
        with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{self.namespace}") as there:
            _set_namespace(there.fileno())
            try:
                yield
            finally:
                _set_namespace(home.fileno())

    def processes(self) -> list[int]:
        return [int(pid) for pid in _ip("netns", "pids", self.namespace).split()]


class Network:
    def __init__(self, *hosts: Host) -> None:
        self.street = Host("street", STREET)
        self.hosts = (self.street, *hosts)

    def __enter__(self) -> Network:
        try:
            for host in self.hosts:
                _ip("netns", "add", host.namespace)
                self._on(host, "link", "set", "lo", "up")
            self._on(self.street, "link", "add", "switch", "type", "bridge")
            self._plug_in(self.street, "switch")
            for host in self.hosts[1:]:
                cable = ("link", "add", host.name, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
                self._on(self.street, *cable)
                self._on(self.street, "link", "set", host.name, "master", "switch")
                self._plug_in(host, "eth0")
                self.heal(host)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Whatever state it is in: what still runs there is ended, too."""
        there = namespaces()
        for host in self.hosts:
            if host.namespace in there:
                for pid in host.processes():
                    os.kill(pid, signal.SIGKILL)
                _ip("netns", "delete", host.namespace)

    def cut_off(self, host: Host) -> None:
        """Without a word to anyone: what is sent to it and by it is lost."""
        self._on(self.street, "link", "set", host.name, "down")

    def heal(self, host: Host) -> None:
        self._on(self.street, "link", "set", host.name, "up")

    def _plug_in(self, host: Host, card: str) -> None:
        self._on(host, "address", "add", f"{host.address}/24", "dev", card)
        self._on(host, "link", "set", card, "up")

    def _on(self, host: Host, *words: str) -> None:
        _ip("-netns", host.namespace, *words)


def namespaces() -> set[str]:
    """Those of this process."""
    folder = Path("/run/netns")
    return {path.name for path in folder.glob(f"fairgate-{os.getpid()}-*")}


def is_possible() -> bool:
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    probe = Host("probe", "")
    if subprocess.run(["ip", "netns", "add", probe.namespace], capture_output=True, check=False).returncode != 0:
        return False
    _ip("netns", "delete", probe.namespace)
    return True


def _ip(*words: str) -> str:
    return subprocess.run(["ip", *words], capture_output=True, check=True, text=True).stdout


def _set_namespace(file: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(file, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot enter the namespace")
