"""Another HAProxy before the servers of a running installation, which chooses among them in another way."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
from collections.abc import Iterator

import cap
from installation import Target

from fairgate.runtime import binaries
from fairgate.runtime.ports import is_free
from fairgate.testing.waiting import free_port

NO_LIMIT = ", no limit"
# How one is chosen, and whether a server gets no more requests at once than it works on; the last is the door's own.
WAYS = (f"roundrobin{NO_LIMIT}", f"random(2){NO_LIMIT}", f"leastconn{NO_LIMIT}", "roundrobin", "leastconn", "random(2)")


@contextlib.contextmanager
def opened(target: Target, how: str) -> Iterator[int]:
    """The door's own configuration as it was rendered, but for the address and the choice; on the door's core."""
    port, run = free_port(), target.data / "run"
    target.command("restart", "door")
    lines = (run / "haproxy.cfg").read_text().splitlines()
    lines = [f"    bind 127.0.0.1:{port}" if "bind fd@" in line else line for line in lines]
    text = "\n".join(line for line in lines if "stats socket" not in line)
    text = text.replace("balance random(2)", f"balance {how.removesuffix(NO_LIMIT)}")
    if how.endswith(NO_LIMIT):
        text = re.sub(r"(    server .*) maxconn \d+", r"\1", text)
    (run / "second.cfg").write_text(text + "\n")
    door = subprocess.Popen(
        [binaries.haproxy(os.environ), "-db", "-f", "second.cfg"],
        cwd=run,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        cap.pin([door.pid], 1)
        deadline = time.monotonic() + 10
        while is_free(port):
            if time.monotonic() > deadline or door.poll() is not None:
                raise SystemExit("The second door does not open.")
            time.sleep(0.05)
        yield port
    finally:
        door.kill()
        door.wait()
        (run / "second.cfg").unlink()
