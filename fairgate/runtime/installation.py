"""One folder is one installation: where its parts lie, and who holds it."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairgate.runtime.errors import CannotStart


@dataclass(frozen=True)
class Installation:
    root: Path

    @property
    def run(self) -> Path:
        """What belongs to the running installation: lock, control socket, ports, rendered configuration."""
        return self.root / "run"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def mail(self) -> Path:
        return self.root / "mail"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        return self.root / "valkey"

    @property
    def prometheus(self) -> Path:
        return self.root / "prometheus"

    def create_folders(self) -> None:
        """The folder itself may be walked through, since PostgreSQL may run as another user; its parts are private."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            for folder in (self.run, self.logs, self.mail, self.secrets, self.valkey):
                folder.mkdir(mode=0o700, exist_ok=True)
                if not os.access(folder, os.W_OK | os.X_OK):
                    raise PermissionError(13, "Permission denied", str(folder))
        except OSError as error:
            raise CannotStart(
                f"Cannot write to {error.filename or self.root} ({error.strerror});"
                " choose a folder of your own with --data DIR."
            ) from None

    def take_lock(self) -> int:
        """Hold the folder until this process ends, however it does: the kernel frees a flock even after SIGKILL."""
        try:
            lock = os.open(self.run / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise CannotStart(
                f"Cannot write to {self.run} ({error.strerror}); choose another folder with --data DIR."
            ) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(
                f"{self.root} is in use by a running Fairgate; stop it with `fairgate down --data {self.root}`"
                " or choose another --data DIR."
            ) from None
        return lock

    def is_held(self) -> bool:
        try:
            lock = os.open(self.run / "lock", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(lock)
        return False


def installation(data: str | os.PathLike[str]) -> Installation:
    return Installation(Path(data).absolute())


def write_private(path: Path, content: str) -> None:
    """Whole or not at all, and readable by its owner alone from the first byte."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def sync_folder(folder: Path) -> None:
    """What was renamed in it stays so after a power cut."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def read_json(path: Path, default: Any) -> Any:
    """What we remembered, or the default when it is missing or broken: nothing in run/ is worth refusing to start."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return default
