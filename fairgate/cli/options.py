"""What several commands take."""

from __future__ import annotations

from pathlib import Path

import click

from fairgate.runtime.installation import installation

DATA = click.option(
    "--data",
    default="var",
    metavar="DIR",
    show_default="./var",
    callback=lambda _context, _option, value: installation(value),
    help="The installation's folder.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
ARCHIVE = click.option(
    "--archive",
    envvar="FAIRGATE_ARCHIVE",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where the database's log is kept, for `restore --at`; on another disk.",
)
