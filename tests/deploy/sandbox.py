"""A process as a container runs it: number 1, file system read-only but for /tmp, not root, no privileges."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

USER = 10001
ROOT = Path(__file__).parents[2]
TMP = Path("/tmp")


def launch(command: Sequence[str | Path], environ: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            [*_enter(), *map(str, command)], env=dict(environ), stdout=output, stderr=subprocess.STDOUT
        )


def send(process: subprocess.Popen[bytes], sent: signal.Signals) -> None:
    """To the process itself, as an engine does. Number 1 hears only what it asked to hear."""
    (inside,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(inside), sent)


def end(process: subprocess.Popen[bytes]) -> None:
    """At once, with all that runs inside: who changes the user loses what --kill-child has asked of the kernel."""
    if process.poll() is None:
        with contextlib.suppress(ValueError, ProcessLookupError):  # It has not begun, or has ended.
            send(process, signal.SIGKILL)
        process.kill()
    process.wait()


def is_possible() -> bool:
    return shutil.which("unshare") is not None and subprocess.run([*_enter(), "true"], check=False).returncode == 0


def _enter() -> list[str]:
    inside = " && ".join([*_mounts(), 'exec "$@"'])
    own = ["--mount", "--pid", "--mount-proc", "--kill-child", "sh", "-c", inside, "sh"]
    if os.geteuid() != 0:
        return ["unshare", "--user", "--map-root-user", *own]
    # Only to read: a checkout may lie in a folder that is closed to others.
    read = "+dac_read_search"
    user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", f"--inh-caps=-all,{read}"]
    user += [f"--ambient-caps=-all,{read}", f"--bounding-set=-all,{read}", "--no-new-privs"]
    return ["unshare", *own, *user]


def _mounts() -> list[str]:
    """A checkout that lies below /tmp is kept in sight there, by what was opened before /tmp became another."""
    own_tmp = [f"mount -t tmpfs -o mode=1777 tmpfs {TMP}"]
    if ROOT.is_relative_to(TMP):
        there = shlex.quote(str(ROOT))
        keep = [f"mkdir -p {there}", f"mount --no-canonicalize --bind /proc/self/fd/9 {there}", "exec 9<&-"]
        own_tmp = [f"exec 9< {there}", *own_tmp, *keep]
    return ["mount --make-rprivate /", "mount -o remount,bind,ro /", *own_tmp, f"cd {TMP}"]
