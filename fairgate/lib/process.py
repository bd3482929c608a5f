"""A process and its parent: ending with it, also when it is killed, and ending it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
# From a worker to the server that started it, which then ends with exit code 2.
REFUSAL = signal.SIGUSR1


def die_with_parent(sig: signal.Signals = signal.SIGKILL, parent_pid: int | None = None) -> None:
    """Ask Linux to signal this process when its parent ends (prctl(2)); elsewhere nothing is promised.

    The parent may have ended before the call: then this process ends itself.
    """
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid() if parent_pid is None else parent_pid
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, sig, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), sig)


def refuse_to_serve(sentence: str) -> None:
    """Said by a worker: its server must end, since starting another worker would help nobody."""
    print(f"fairgate: {sentence}", file=sys.stderr, flush=True)
    os.kill(os.getppid(), REFUSAL)
