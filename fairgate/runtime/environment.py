"""What the processes of one installation are told, and what later commands read back."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from fairgate.lib import env
from fairgate.runtime.errors import CannotStart, NotRunning
from fairgate.runtime.installation import Installation, read_json, write_private


def build(environ: Mapping[str, str], **ours: str | Path) -> dict[str, str]:
    """The caller's environment, completed: what the operator has set wins over what we would choose."""
    complete = dict(environ)
    for name, value in ours.items():
        setting = f"FAIRGATE_{name.upper()}"
        if not complete.get(setting):
            complete[setting] = str(value)
    complete.setdefault("PYTHONUNBUFFERED", "1")
    try:
        env.from_environment(complete)
    except env.SettingsError as error:
        raise CannotStart(str(error)) from None
    return complete


def remember(installation: Installation, complete: Mapping[str, str]) -> None:
    settings = {name: value for name, value in complete.items() if name.startswith("FAIRGATE_")}
    write_private(_file(installation), json.dumps(settings))


def recall(installation: Installation) -> dict[str, str]:
    """The running installation's settings; without one, the environment's own, if it names a database."""
    if installation.is_held():
        settings = read_json(_file(installation), {})
        if settings:
            return {str(name): str(value) for name, value in settings.items()}
    if os.environ.get("FAIRGATE_DATABASE_URL"):
        return {}
    raise NotRunning(
        f"No Fairgate runs in {installation.root}; start it with `fairgate up --data {installation.root}`."
    )


def forget(installation: Installation) -> None:
    _file(installation).unlink(missing_ok=True)


def _file(installation: Installation) -> Path:
    return installation.run / "environment"
