"""Which of an installation's databases is the primary: written down before a promotion, and asked before each start.

Whatever is killed in between, the next start makes a primary of this one and a standby of every other.
"""

from __future__ import annotations

import re

from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation, sync_folder, write_private

FIRST = "postgres"
NAME = re.compile(r"postgres|standby-[1-9]")


def primary_name(installation: Installation) -> str:
    """The name of its folder; until there was a failover, `postgres`."""
    record = installation.root / "primary"
    try:
        name = record.read_text().strip()
    except FileNotFoundError:
        return FIRST
    except OSError as error:
        raise CannotStart(f"Cannot read {record} ({error.strerror}); give it back to the user who runs it.") from None
    if not NAME.fullmatch(name):
        raise CannotStart(f"{record} names no database of ours; write the name of the primary's folder into it.")
    if not (installation.root / name).is_dir():
        raise CannotStart(
            f"{installation.root / name}, which {record} names as the database, is not there; put it back, write the"
            " name of another folder into that file, or restore a backup."
        )
    return name


def record_primary(installation: Installation, name: str) -> None:
    write_private(installation.root / "primary", f"{name}\n")
    sync_folder(installation.root)
