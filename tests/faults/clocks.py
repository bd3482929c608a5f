"""Another clock for one process of an installation, by libfaketime (Debian's package faketime)."""

from __future__ import annotations

import os
from pathlib import Path

LIBRARY = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
OTHER_CLOCK = Path(__file__).with_name("other_clock")


def are_available() -> bool:
    """In CI everything must be there, so that nothing goes untried unnoticed."""
    if LIBRARY is None and os.environ.get("CI") == "true":
        raise FileNotFoundError("Install Debian's package faketime.")
    return LIBRARY is not None


def environment(folder: Path) -> dict[str, str]:
    """What each process of the installation has to know."""
    if not are_available():
        return {}
    folder.mkdir(exist_ok=True)
    return {
        "PYTHONPATH": os.pathsep.join(filter(None, (str(OTHER_CLOCK), os.environ.get("PYTHONPATH")))),
        "OTHER_CLOCKS": str(folder),
        "OTHER_CLOCKS_LIBRARY": str(LIBRARY),
    }


def shift(folder: Path, port: int, seconds: int) -> None:
    """At its next start; zero: the true time again."""
    if seconds:
        (folder / str(port)).write_text(f"{seconds:+}")
    else:
        (folder / str(port)).unlink()


def is_shifted(pid: int) -> bool:
    return "libfaketime" in Path(f"/proc/{pid}/maps").read_text()
