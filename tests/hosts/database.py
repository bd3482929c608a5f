"""The database's host, made as docs/operations tells an operator to: PostgreSQL and Valkey, for their network."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from fairgate.runtime import binaries, spawn
from fairgate.runtime.installation import Installation, write_private
from fairgate.runtime.postgres import Postgres
from fairgate.runtime.server import DATABASE, ROLE
from fairgate.runtime.valkey import CONFIGURATION

DEPLOY = Path(__file__).parents[2] / "deploy/hosts"
# A host that was cut off learns that its connection is gone.
KEEPALIVE = "keepalives_idle=5&keepalives_interval=2&keepalives_count=3"
VALKEY_PORT = 6379


@dataclass(frozen=True)
class NetworkPostgres(Postgres):
    address: str = ""

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}:{quote(self.password)}@{self.address}:{self.port}/{DATABASE}?{KEEPALIVE}"

    def prepare(self) -> None:
        super().prepare()
        folder = self.data / "conf.d"
        folder.mkdir(mode=0o700)
        (folder / "fairgate.conf").write_text((DEPLOY / "postgresql.conf").read_text())
        (folder / "local.conf").write_text(f"listen_addresses = 'localhost,{self.address}'\n")
        with (self.data / "postgresql.conf").open("a") as file:
            file.write("include_dir 'conf.d'\n")
        with (self.data / "pg_hba.conf").open("a") as file:
            file.write((DEPLOY / "pg_hba.conf").read_text())
        if (identity := self.identity()).uid is not None and identity.gid is not None:
            for path in (folder, *folder.iterdir()):
                os.chown(path, identity.uid, identity.gid)

    def settings(self) -> dict[str, str]:
        """Everything else is in its files, as with Debian's. This machine's /tmp is shared by all hosts."""
        return {"unix_socket_directories": ""}


def launch_valkey(installation: Installation, address: str, password: str) -> subprocess.Popen[bytes]:
    configuration = CONFIGURATION.format(port=VALKEY_PORT, folder=installation.valkey, password=password)
    path = installation.run / "valkey.conf"
    write_private(path, configuration.replace("bind 127.0.0.1", f"bind 127.0.0.1 {address}"))
    return spawn.spawn(
        [binaries.valkey(os.environ), path],
        env={"LC_ALL": "C", "TZ": "UTC"},
        cwd=installation.valkey,
        log=installation.logs / "valkey.log",
        on_parent_death=signal.SIGTERM,
    )
