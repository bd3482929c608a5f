"""Starting a program so that it cannot outlive the one that started it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fairgate.lib.process import die_with_parent
from fairgate.runtime.errors import CannotStart

CLONE_NEWUSER = 0x10000000
UNPRIVILEGED = 65534


@dataclass(frozen=True)
class Identity:
    """Whom a child runs as: ourselves, ourselves under an unprivileged mask, or another user."""

    masked: bool = False
    uid: int | None = None
    gid: int | None = None


OURSELVES = Identity()
# In a user namespace root is seen as `nobody` and has no power, yet still owns its files: no new user, no chown.
MASKED = Identity(masked=True)


def spawn(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log: Path,
    on_parent_death: signal.Signals = signal.SIGKILL,
    identity: Identity = OURSELVES,
    pass_fds: Sequence[int] = (),
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own: Ctrl-C reaches only the supervisor, which then ends all in order."""
    supervisor = os.getpid()

    def prepare_child() -> None:
        # A shell that starts us in the background leaves SIGINT ignored, and programs inherit that.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        take_identity(identity)
        # Only now: the kernel forgets the death signal when the user changes.
        die_with_parent(on_parent_death, parent_pid=supervisor)

    with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "ab") as output:
        try:
            return subprocess.Popen(
                [str(word) for word in command],
                env=dict(env),
                cwd=cwd,
                stdin=stdin,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=prepare_child,  # noqa: PLW1509 (the supervisor has one thread)
                start_new_session=True,
                pass_fds=pass_fds,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise CannotStart(
                f"Cannot start {command[0]}: {error}; see that it is a program for this machine."
            ) from None


def take_identity(identity: Identity) -> None:
    if identity.masked:
        enter_user_namespace()
    elif identity.uid is not None and identity.gid is not None:
        os.setgroups([])
        os.setgid(identity.gid)
        os.setuid(identity.uid)


def enter_user_namespace() -> None:
    uid, gid = os.geteuid(), os.getegid()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are refused")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{UNPRIVILEGED} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{UNPRIVILEGED} {gid} 1")


def can_mask() -> bool:
    """Whether this machine allows user namespaces; hardened containers refuse them."""
    return _succeeds_in_child(enter_user_namespace)


def can_reach(identity: Identity, *paths: Path) -> bool:
    """Whether this user gets through all folders above: a private home stops it."""

    def look() -> None:
        take_identity(identity)
        for path in paths:
            if not os.access(path, os.X_OK):
                raise PermissionError(path)

    return _succeeds_in_child(look)


def _succeeds_in_child(action: Callable[[], None]) -> bool:
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            action()
            os._exit(0)
        os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
