"""What must not be guessed, made once for each installation."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation, write_private

NAMES = (
    "secret_key",
    "database_password",
    "database_admin_password",
    "database_replication_password",
    "valkey_password",
)


def load_secrets(installation: Installation) -> dict[str, str]:
    return {name: _load(installation.secrets / name) for name in NAMES}


def _load(path: Path) -> str:
    try:
        if not path.exists():
            write_private(path, secrets.token_urlsafe(48))
        # A copy or an unpacked backup may have widened it.
        os.chmod(path, 0o600)
        value = path.read_text().strip()
    except OSError as error:
        raise CannotStart(
            f"Cannot read the secret {path} ({error.strerror}); give it back to the user who runs Fairgate."
        ) from None
    if len(value) < 32:
        raise CannotStart(
            f"The secret {path} is empty or cut short; put it back from a backup, or remove it if there is no data yet."
        )
    return value
