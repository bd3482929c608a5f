"""How long nothing is sold when the primary goes, and whether anything that was answered is lost.

    python bench/failover.py                 three rounds of each, with a synchronous standby and with one that is not
    python bench/failover.py --rounds 1 --markdown

Buyers hold a place and order it by the API, again and again, and note what was answered. In the middle the primary is

- replaced by `fairgate failover`,
- killed, and comes back by itself,
- killed, and cannot come back, since something else has taken its port: a standby takes over.

`no order for` is the longest time between two orders that were answered, over all buyers, around the event. Lost are
orders that were answered and are not in the database afterwards: with an asynchronous standby and a kill, some may be.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import pairwise
from pathlib import Path

import installation
import psycopg
import report
from installation import FAIRGATE, Target
from sale import Sale, open_sale

from fairgate.testing.waiting import free_port, wait_until

HEAD = ("event", "standby", "orders answered", "no order for s", "standby again after s", "lost", "differences")
GOAL_S = 15
BEFORE_S, AFTER_S, PATIENCE_S = 3.0, 3.0, 120.0


@dataclass
class Orders:
    target: Target
    sale: Sale
    answered: dict[str, float] = field(default_factory=dict)
    is_over: threading.Event = field(default_factory=threading.Event)

    def buy(self) -> None:
        while not self.is_over.is_set():
            with contextlib.suppress(HTTPException, OSError), contextlib.closing(self._connect()) as connection:
                while not self.is_over.is_set():
                    items = [{"ticket_type": self.sale.ticket_types[0], "quantity": 1}]
                    held = _post(connection, f"/api/v1/shop{self.sale.page}holds", {"items": items})
                    if held:
                        buyer = {"name": "Ben", "email": f"{uuid.uuid4().hex}@example.org", "payment": "free"}
                        address = f"/api/v1/shop/holds/{held['hold']}/order"
                        if placed := _post(connection, address, buyer, **{"Fairgate-Secret": held["secret"]}):
                            self.answered[placed["code"]] = time.monotonic()

    def _connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.target.port, timeout=30)

    def longest_pause_after(self, moment: float) -> float:
        times = sorted(at for at in self.answered.values() if at > moment - 1)
        return max((later - earlier for earlier, later in pairwise(times)), default=PATIENCE_S)

    def wait_for_one_after(self, moment: float) -> None:
        wait_until(lambda: max(self.answered.values(), default=0.0) > moment, PATIENCE_S, "nothing is sold any more")


def main() -> None:
    parser = argparse.ArgumentParser(description="How long nothing is sold when the primary goes.")
    parser.add_argument("--rounds", type=int, default=3, help="of each event (3)")
    parser.add_argument("--buyers", type=int, default=8, help="at a time (8)")
    parser.add_argument("--markdown", action="store_true", help="as a table for the documentation")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    wish = parser.parse_args()
    rows = []
    for flags in (["--replicas", "1", "--synchronous"], ["--replicas", "1"]):
        with _running(flags) as target:
            for name, event in EVENTS.items():
                for _ in range(wish.rounds):
                    rows.append(
                        (
                            name,
                            "synchronous" if "--synchronous" in flags else "asynchronous",
                            *_round(target, wish, event),
                        )
                    )
    if wish.json:
        print(json.dumps({"machine": report.machine(), "rounds": [dict(zip(HEAD, row, strict=True)) for row in rows]}))
        return
    print(report.machine())
    print((report.markdown if wish.markdown else report.table)(HEAD, rows))
    slow = [row for row in rows if float(row[3]) > GOAL_S]
    lost = [row for row in rows if row[1] == "synchronous" and row[5]]
    verdict = "missed" if slow or lost else "reached"
    print(f"Goal: selling again within {GOAL_S} s, and nothing lost when synchronous: {verdict}.")


def _round(
    target: Target, wish: argparse.Namespace, event: Callable[[Target], None]
) -> tuple[int, float, float, int, int]:
    wait_until(lambda: _is_followed(target), PATIENCE_S, "no standby follows")
    orders = Orders(target, open_sale(target))
    with ThreadPoolExecutor(wish.buyers) as crowd:
        buyers = [crowd.submit(orders.buy) for _ in range(wish.buyers)]
        try:
            time.sleep(BEFORE_S)
            began = time.monotonic()
            event(target)
            wait_until(lambda: _is_followed(target), PATIENCE_S, "no standby follows")
            followed = time.monotonic()
            time.sleep(AFTER_S)
            orders.wait_for_one_after(followed)
        finally:
            orders.is_over.set()
    for buyer in buyers:
        buyer.result()
    with psycopg.connect(target.database_url()) as db:
        there = {code for (code,) in db.execute("SELECT code FROM orders_order")}
    lost = len(orders.answered.keys() - there)
    return len(orders.answered), orders.longest_pause_after(began), followed - began, lost, _differences(target)


def _post(connection: HTTPConnection, path: str, body: object, **headers: str) -> dict[str, str] | None:
    key = {"Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json"}
    connection.request("POST", path, json.dumps(body), {**key, **headers})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 201:
        time.sleep(0.1)
        return None
    return dict(json.loads(content))


def _ask_for_it(target: Target) -> None:
    subprocess.run([*FAIRGATE, "failover", "--data", target.data], check=True, capture_output=True, timeout=PATIENCE_S)


def _kill(target: Target) -> None:
    os.kill(_primary(target)[0], signal.SIGKILL)


def _kill_for_good(target: Target) -> None:
    """Its port is taken before it is started again, and given back once another is the primary."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        pid, port = _primary(target)
        os.kill(pid, signal.SIGKILL)
        while True:
            try:
                holder.bind(("127.0.0.1", port))
                break
            except OSError:
                continue
        # Whoever connects is refused at once, and whoever wants the port does not get it.
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        wait_until(lambda: _primary(target)[1] != port, PATIENCE_S, "no other takes over")


EVENTS = {"fairgate failover": _ask_for_it, "killed, comes back": _kill, "killed for good": _kill_for_good}


def _primary(target: Target) -> tuple[int, int]:
    status = target.status()
    port = int(status["databases"][0]["url"].rpartition(":")[2].partition("/")[0])
    return next(int(one["pid"] or 0) for one in status["processes"] if one["port"] == port), port


def _is_followed(target: Target) -> bool:
    _, *standbys = target.status()["databases"]
    return all(standby["lag_bytes"] is not None for standby in standbys)


def _differences(target: Target) -> int:
    said = subprocess.run([*FAIRGATE, "audit", "--json", "--data", target.data], capture_output=True, check=False)
    return int(json.loads(said.stdout)["differences"])


@contextlib.contextmanager
def _running(flags: list[str]) -> Iterator[Target]:
    folder = Path(tempfile.mkdtemp(prefix="fairgate-bench-"))
    folder.chmod(0o755)
    target = Target(folder, free_port())
    command = [*FAIRGATE, "up", "--data", target.data, "--port", str(target.port), "--detach", *flags]
    try:
        subprocess.run(command, env=installation._environment(), check=True, capture_output=True, timeout=180)
        yield target
    finally:
        target.down()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
