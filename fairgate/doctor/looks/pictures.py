"""Whether the pictures that pages show are where this host's settings say that they lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fairgate.doctor.looks.asking import Asked
from fairgate.lib import storage_url
from fairgate.lib.env import Settings

# The newest: what was put somewhere else most likely came after the last change.
MOST = 200
SHOWN = f"""
SELECT DISTINCT s.created_at, s.key, s.widths[1] AS width
  FROM files_storedpicture s JOIN events_eventpicture e ON e.stored_id = s.key
 ORDER BY s.created_at DESC LIMIT {MOST}
"""
HOSTS = """
SELECT DISTINCT host(client_addr) AS host FROM pg_stat_activity
 WHERE datname = current_database() AND usename = current_user AND client_addr IS NOT NULL ORDER BY 1
"""


@dataclass(frozen=True)
class Pictures:
    """`folder`: where they should lie; `hosts`: the addresses from which processes of Fairgate reach the database."""

    folder: Path
    shown: int
    missing: int
    hosts: tuple[str, ...] = ()


def look(asked: Asked, settings: Settings) -> Pictures | None:
    """None where they lie in a bucket, which is the same for all."""
    place = storage_url.parse(settings.storage_url)
    if not isinstance(place, storage_url.Folder):
        return None
    files = [f"pictures/{row['key']}/{row['width']}.webp" for row in asked.rows("the pictures", SHOWN)]
    try:
        missing = sum(not (place.path / file).is_file() for file in files)
    except OSError as error:
        asked.not_seen.append(f"the pictures ({type(error).__name__})")
        return None
    hosts = tuple(row["host"] for row in asked.rows("the pictures", HOSTS)) if missing else ()
    return Pictures(place.path, len(files), missing, hosts)
