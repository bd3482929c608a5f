"""What every test of real processes needs: a port to put one on, and patience until it is there."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from fairgate.runtime.ports import is_free

# Below the ephemeral range, where a test's own connections come from, and below the ports that `fairgate up` takes.
PORTS = range(15000, 20000)
PATIENCE_S = 30.0


def free_port() -> int:
    """Any of them, so that suites that run at once seldom look at the same."""
    return next(port for port in random.sample(PORTS, len(PORTS)) if is_free(port))


def wait_until(is_so: Callable[[], object], seconds: float = PATIENCE_S, why: str = "") -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, why or "it did not happen in time"
        time.sleep(0.05)
