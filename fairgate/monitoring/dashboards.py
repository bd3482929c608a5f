"""The dashboards. `python -m fairgate.monitoring.dashboards FOLDER` writes each into a file of its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from fairgate.monitoring.boards import database, on_sale, processes, queues

ALL = {
    "on-sale": on_sale.BOARD,
    "processes": processes.BOARD,
    "database": database.BOARD,
    "queues-and-mail": queues.BOARD,
}


def written(name: str) -> str:
    return json.dumps(ALL[name].as_json(), indent=1, ensure_ascii=False) + "\n"


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ALL:
        (folder / f"{name}.json").write_text(written(name))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "deploy/grafana"))
