"""The commands that speak to a running installation."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from fairgate.runtime import control
from fairgate.runtime.errors import CannotStart, NotRunning
from fairgate.runtime.installation import Installation
from fairgate.runtime.wish import RESTARTABLE, check_counts, check_kinds

STOP_TIMEOUT_S = 60.0
# Up to 16 of a kind, one after the other, of which each may have a long answer to finish.
RESTART_TIMEOUT_S = 3600.0


def status(installation: Installation) -> dict[str, Any]:
    try:
        return control.ask(installation, {"do": "status"}, timeout_s=20)
    except NotRunning:
        return {"processes": [], "databases": []}


def is_well(status: dict[str, Any]) -> bool:
    return bool(status["processes"]) and all(process["state"] == "ready" for process in status["processes"])


def scale(installation: Installation, words: Sequence[str]) -> dict[str, int]:
    named = [_count(word) for word in words]
    counts = dict(named)
    if len(counts) < len(named):
        raise CannotStart("Name each kind once, such as `fairgate scale web=2 stock=2`.")
    if not counts:
        raise CannotStart("Say what to scale, such as `fairgate scale web=2 stock=2`.")
    check_counts(counts)
    _check_connections(installation, counts)
    control.ask(installation, {"do": "scale", "counts": counts}, timeout_s=300)
    return counts


def _check_connections(installation: Installation, counts: dict[str, int]) -> None:
    """Less of everything is always possible."""
    from fairgate.lib import env  # the other commands do without
    from fairgate.runtime import connections, environment  # as above

    running = Counter(process["name"] for process in status(installation)["processes"])
    if any(count > running[kind] for kind, count in counts.items()):
        settings = env.from_environment(environment.recall(installation))
        connections.check(running | counts, settings, connections.allowed_by(settings.database_url))


def _count(word: str) -> tuple[str, int]:
    kind, _, number = word.partition("=")
    if not kind or not number.isascii() or not number.isdigit():
        raise CannotStart(f"{word} is no count; write KIND=NUMBER, such as web=2.")
    return kind, int(number)


def restart(installation: Installation, kinds: Sequence[str]) -> list[str]:
    """The named kinds, or all; in the order that suits them, each once."""
    check_kinds(kinds)
    wanted = [kind for kind in RESTARTABLE if kind in kinds or not kinds]
    answer = control.ask(installation, {"do": "restart", "kinds": wanted}, timeout_s=RESTART_TIMEOUT_S)
    if not answer["restarted"]:
        raise CannotStart(f"No {' and no '.join(wanted)} runs, so there is nothing to restart; see `fairgate scale`.")
    return list(answer["restarted"])


def failover(installation: Installation) -> str:
    """Returns who is the primary when all others follow it; a copy of the database may take long."""
    return str(control.ask(installation, {"do": "failover"}, timeout_s=3600)["primary"])


def down(installation: Installation) -> None:
    """Returns when everything has ended, so that the next `up` finds its ports and its folder free."""
    control.ask(installation, {"do": "down"}, timeout_s=20)
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while installation.is_held():
        if time.monotonic() > deadline:
            raise CannotStart(f"Fairgate in {installation.root} does not stop; see {installation.logs}.")
        time.sleep(0.05)


def manage(installation: Installation, arguments: Sequence[str]) -> None:
    """Django's management commands, with the settings of the running installation."""
    from fairgate.runtime import environment  # the other commands do without

    os.environ.update(environment.recall(installation))
    os.environ["DJANGO_SETTINGS_MODULE"] = "fairgate.core.settings"
    from django.core.management import execute_from_command_line  # the settings must be there first

    sys.argv = ["fairgate manage", *arguments]
    execute_from_command_line(["fairgate manage", *arguments])
