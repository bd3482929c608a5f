"""What Prometheus is told to look for, and what Grafana shows of it.

rules/    recording rules and alerts, the same for every size of installation. Severity `page`: somebody must act now,
          whatever the hour; `ticket`: on the next working day, or before the next sale
boards/   dashboards as data, written out to deploy/grafana by `python -m fairgate.monitoring.dashboards`
"""

from __future__ import annotations

from pathlib import Path

# HAProxy tells two dozen figures of every place that a server may take, in each of ten ways. Those of the ways do.
DROPPED = {"source_labels": ["__name__"], "regex": "haproxy_(server|sticktable)_.*", "action": "drop"}


def rules() -> list[Path]:
    return sorted((Path(__file__).parent / "rules").glob("*.yaml"))
