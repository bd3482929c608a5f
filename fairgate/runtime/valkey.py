"""Valkey: the broker's hints and short-lived counters. It may vanish at any moment without one wrong sale."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from fairgate.runtime import probes, spawn
from fairgate.runtime.installation import Installation, write_private

# Appended to a file, so that a restart costs no waiting task; never evicts, since a hint that is dropped is a delay.
CONFIGURATION = """\
bind 127.0.0.1
port {port}
dir "{folder}"
requirepass {password}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


@dataclass(frozen=True)
class Valkey:
    installation: Installation
    binary: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        return f"redis://:{quote(self.password, safe='')}@127.0.0.1:{self.port}/0"

    def launch(self) -> subprocess.Popen[bytes]:
        """The password goes by a private file: a command line is for everyone to read."""
        configuration = self.installation.run / "valkey.conf"
        folder = str(self.installation.valkey).replace("\\", "\\\\").replace('"', '\\"')
        write_private(configuration, CONFIGURATION.format(port=self.port, folder=folder, password=self.password))
        return spawn.spawn(
            [self.binary, configuration],
            env={"LC_ALL": "C", "TZ": "UTC"},
            cwd=self.installation.valkey,
            log=self.installation.logs / "valkey.log",
            on_parent_death=signal.SIGTERM,
        )

    async def answers(self) -> bool:
        return await probes.valkey_ready(self.port, self.password)
