"""Whether the mail server can be spoken to."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from fairgate.lib.env import Settings

REACH_S = 2.0


def error(settings: Settings) -> str:
    """Why it cannot be reached; empty when it can, or when mail goes into a folder."""
    parts = urlsplit(settings.email_url)
    if parts.scheme == "file":
        return ""
    usual = 465 if parts.scheme == "smtps" else 587 if parts.username else 25
    host, port = parts.hostname or "localhost", parts.port or usual
    try:
        socket.create_connection((host, port), timeout=REACH_S).close()
    except OSError as refusal:
        return f"{host}:{port}: {refusal.strerror or refusal}"
    return ""
