"""`fairgate rehearse`: what a rehearsal needs of the installation, and what it leaves: a report, and an exit code."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from fairgate.lib import env
from fairgate.rehearsal.wish import Wish
from fairgate.runtime import commands, environment
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation


def rehearse(installation: Installation, wish: Wish, folder: Path | None) -> dict[str, Any]:
    """Raises CannotStart with the sentence for whoever asked."""
    _set_up(installation)
    from fairgate.rehearsal.errors import CannotRehearse  # Django must be set up first
    from fairgate.rehearsal.run import rehearse
    from fairgate.rehearsal.site import Site

    if folder:
        _check_folder(folder)
    site = Site(lambda: commands.status(installation)["processes"], installation.logs / "door.log")
    try:
        result = rehearse(wish, site)
    except CannotRehearse as error:
        raise CannotStart(str(error)) from None
    if folder:
        _write(folder, result)
    return result


def _set_up(installation: Installation) -> None:
    os.environ.update(environment.recall(installation))
    os.environ["DJANGO_SETTINGS_MODULE"] = "fairgate.core.settings"
    import django  # the settings must be there first

    try:
        django.setup()
    except env.SettingsError as error:
        raise CannotStart(str(error)) from None


def _check_folder(folder: Path) -> None:
    """Before minutes have been spent on what cannot be kept."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(
            f"Cannot write to {folder} ({error.strerror}); choose another folder with --report."
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CannotStart(f"Cannot write to {folder} (Permission denied); choose another folder with --report.")


def _write(folder: Path, result: dict[str, Any]) -> None:
    from fairgate.rehearsal.page import render  # as above

    (folder / "report.json").write_text(json.dumps(result, indent=1))
    (folder / "report.html").write_text(render(result))
