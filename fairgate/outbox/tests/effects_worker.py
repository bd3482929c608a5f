"""A worker for the tests of survival: its one topic leaves a file, after as long as it is told to take."""

from __future__ import annotations

import os
import time
from pathlib import Path

import django

from fairgate.core.celery import app

FOLDER = Path(os.environ["EFFECTS_DIR"])


def main() -> None:
    django.setup()
    from fairgate.outbox.handlers import handler  # Django must be set up first.

    handler("effect")(effect)
    app.worker_main(["worker", "--queues", "effects", "--concurrency", "2", "--without-gossip", "--without-mingle"])


def effect(message: object) -> None:
    (FOLDER / f"{message.pk}.begun").touch()  # type: ignore[attr-defined]
    time.sleep(message.payload.get("takes_s", 0))  # type: ignore[attr-defined]
    (FOLDER / f"{message.pk}.effect").touch()  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
