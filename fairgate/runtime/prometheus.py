"""Prometheus, where an operator wants it: it asks what runs here for its figures and keeps them for a while."""

from __future__ import annotations

import glob
import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fairgate import monitoring
from fairgate.runtime import ports, probes, spawn
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation, read_json, write_private
from fairgate.runtime.kinds import KINDS

if TYPE_CHECKING:
    from fairgate.runtime.door import Door
    from fairgate.runtime.process import Process

# Whichever is reached first. The figures of one machine take some tens of megabytes a day.
KEPT_FOR, KEPT_AT_MOST = "15d", "1GB"


@dataclass(frozen=True)
class Prometheus:
    installation: Installation
    binary: Path
    port: int

    def check(self) -> None:
        if ports.FIRST <= self.port <= ports.LAST:
            raise CannotStart(
                f"--prometheus {self.port} is one of the ports that Fairgate's processes get; give one outside of"
                f" {ports.FIRST} to {ports.LAST}."
            )
        if not ports.is_free(self.port):
            raise CannotStart(f"Port {self.port} is taken; give Prometheus another one, as --prometheus PORT.")

    def launch(self) -> subprocess.Popen[bytes]:
        self._configuration.parent.mkdir(mode=0o700, exist_ok=True)
        self.installation.prometheus.mkdir(mode=0o700, exist_ok=True)
        write_private(self._configuration, json.dumps(self._configured(), indent=1, ensure_ascii=False))
        return spawn.spawn(
            [
                self.binary,
                f"--config.file={self._configuration}",
                f"--storage.tsdb.path={self.installation.prometheus}",
                f"--storage.tsdb.retention.time={KEPT_FOR}",
                f"--storage.tsdb.retention.size={KEPT_AT_MOST}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--log.level=warn",
            ],
            # One thread's worth of work: it must not take part in the rush that it looks at.
            env={"LC_ALL": "C", "TZ": "UTC", "GOMAXPROCS": "1"},
            cwd=self.installation.prometheus,
            log=self.installation.logs / "prometheus.log",
        )

    async def answers(self) -> bool:
        return await probes.http_ready(self.port, path="/-/ready")

    def look_at(self, processes: Iterable[Process], door: Door | None) -> None:
        """Told whenever one starts or ends; Prometheus sees by itself that the file is another."""
        programs = [process.program for process in processes if process.program.kind in KINDS]
        served = [(program.kind, program.name, program.port) for program in programs]
        if door and door.metrics_port:
            served.append(("door", "door-1", door.metrics_port))
        told = [
            {"targets": [f"127.0.0.1:{port}"], "labels": {"job": kind, "process": name}} for kind, name, port in served
        ]
        if told != read_json(self._targets, None):
            self._targets.parent.mkdir(mode=0o700, exist_ok=True)
            write_private(self._targets, json.dumps(told, indent=1))

    def _configured(self) -> dict[str, object]:
        """JSON is YAML, too."""
        return {
            "global": {"scrape_interval": "10s", "scrape_timeout": "5s", "evaluation_interval": "15s"},
            "rule_files": [glob.escape(str(file)) for file in monitoring.rules()],
            "scrape_configs": [
                {
                    "job_name": "fairgate",
                    "file_sd_configs": [{"files": [glob.escape(str(self._targets))], "refresh_interval": "1m"}],
                    "metric_relabel_configs": [monitoring.DROPPED],
                }
            ],
        }

    @property
    def _configuration(self) -> Path:
        return self.installation.run / "prometheus" / "prometheus.yml"

    @property
    def _targets(self) -> Path:
        return self.installation.run / "prometheus" / "targets.json"
