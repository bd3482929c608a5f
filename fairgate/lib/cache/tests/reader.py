"""A process of its own that reads one thing: `python -m fairgate.lib.cache.tests.reader URL KEY LOG [hang]`.

Waits for a line, reads with several threads at once, writes a line to LOG for each build, and says what it got.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fairgate.lib.cache import connect, memcached, valkey
from fairgate.lib.cache.tests.things import AT, THING, Thing
from fairgate.testing.waiting import PATIENCE_S

SECRET = "s" * 64
THREADS = 20


def main(url: str, name: str, log: str, *how: str) -> None:
    # A machine that is busy with tests is no cache that went away.
    memcached.ANSWER_S = valkey.ANSWER_S = PATIENCE_S
    cache = connect(url, SECRET)

    def build() -> Thing:
        with Path(log).open("a") as output:
            output.write("built\n")
        if "hang" in how:
            time.sleep(60)
        time.sleep(0.1)
        return Thing("new", AT)

    def read(_number: int) -> str:
        found = cache.fetch(THING, (name,), build)
        return found.name if found else ""

    with ThreadPoolExecutor(THREADS) as pool:
        print("ready", flush=True)
        sys.stdin.readline()
        print(" ".join(sorted(set(pool.map(read, range(THREADS))))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
