"""What a buyer would wait for if mail and tickets were made while the order is placed, instead of afterwards.

    python bench/background.py                   300 orders each way, in turns
    python bench/background.py --markdown        its table for the documentation

The same code places the order, composes the mail with its PDF and hands it to a mail server; "within" it does so
before it answers, as a shop without background work must, "afterwards" a worker does. The mail server is a program
here that takes its time, as one on the net does.
"""

from __future__ import annotations

import argparse
import json
import socketserver
import subprocess
import sys
import threading
import time

import report
from stock_server import serving

ORDERS = 300
# What a mail server on the net takes to accept a mail, and one that has a bad day.
DELAYS_S = (0.0, 0.1, 1.0)
FEWER_WHEN_SLOW = 20
WORK = """
import json, sys, time
from statistics import median, quantiles
from fairgate.messages import handlers
from fairgate.outbox.models import OutboxMessage
from fairgate.testing.cast import buy, make_concert, make_organizer

concert = make_concert(make_organizer("bench"), capacity=1_000_000)

def place(with_mail):
    began, cpu = time.perf_counter(), time.process_time()
    buy((concert.free, 1))
    if with_mail:
        handlers.order_placed(OutboxMessage.objects.latest("pk"))
    return (time.perf_counter() - began) * 1000, (time.process_time() - cpu) * 1000

for _ in range(20):
    place(False), place(True)
found = {"afterwards": [], "within": []}
for _ in range(ORDERS):
    found["afterwards"].append(place(False))
    found["within"].append(place(True))
print(json.dumps({
    name: [median(ms for ms, _ in took), quantiles([ms for ms, _ in took], n=100)[98], median(cpu for _, cpu in took)]
    for name, took in found.items()
}))
"""


class SlowMail(socketserver.StreamRequestHandler):
    """Speaks as much SMTP (RFC 5321) as is needed to take a mail, after a while."""

    delay_s = 0.0

    def handle(self) -> None:
        self._say("220 bench")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self._say("354 go on")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                time.sleep(self.delay_s)
            self._say("221 bye" if word == b"QUIT" else "250 ok")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


def main() -> None:
    parser = argparse.ArgumentParser(prog="background", description="Orders with their mail, and before it.")
    parser.add_argument("--orders", type=int, default=ORDERS)
    parser.add_argument("--markdown", action="store_true")
    wish = parser.parse_args()
    rows: list[tuple[object, ...]] = []
    with serving() as server, socketserver.ThreadingTCPServer(("127.0.0.1", 0), SlowMail) as mail:
        threading.Thread(target=mail.serve_forever, daemon=True).start()
        for number, delay_s in enumerate(DELAYS_S):
            SlowMail.delay_s = delay_s
            database = server.create_with_schema(f"orders{number}")
            orders = wish.orders if not delay_s else min(wish.orders, FEWER_WHEN_SLOW)
            environment = database.environment() | {"FAIRGATE_EMAIL_URL": f"smtp://127.0.0.1:{mail.server_address[1]}"}
            command = database.command("shell", "--no-imports", "--command", WORK.replace("ORDERS", str(orders)))
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
            if done.returncode:
                raise SystemExit(done.stderr)
            found = json.loads(done.stdout.splitlines()[-1])
            for name in ("within", "afterwards"):
                rows.append((f"mail {name}, server takes {delay_s:g} s", *found[name]))
        mail.shutdown()
    print(report.machine())
    head = ("an order, one ticket", "p50 ms", "p99 ms", "CPU-ms before the answer")
    print((report.markdown if wish.markdown else report.table)(head, rows))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
