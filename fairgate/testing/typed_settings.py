"""Django's settings for the type checker, which reads them without any environment."""

from __future__ import annotations

import os

os.environ.setdefault("FAIRGATE_SECRET_KEY", "no secret, since nothing ever runs with it")
os.environ.setdefault("FAIRGATE_DATABASE_URL", "postgresql://127.0.0.1/types")
os.environ.setdefault("FAIRGATE_VALKEY_URL", "valkey://127.0.0.1/0")
os.environ.setdefault("FAIRGATE_PUBLIC_URL", "http://localhost")

from fairgate.core.settings import *  # noqa: F403
