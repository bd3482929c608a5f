"""A whole rehearsal, as every night: a few hundred buyers while processes are killed, and nothing is left of it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from fairgate.runtime.tests.running import clean_environment
from fairgate.testing.waiting import free_port, wait_until
from tests.asking import Client
from tests.installed import NO_DIFFERENCES, Installed

BUYERS = 300
# What a sale writes, and what would show that the real one was touched.
TABLES = (
    "events_event", "events_session", "events_tickettype", "organizers_organizer", "organizers_auditentry",
    "stock_quota", "stock_draw", "stock_seat", "stock_hold", "stock_holditem", "stock_move", "stock_seattaken",
    "orders_order", "orders_ticket", "payments_payment", "rehearsal_rehearsal", "outbox_message",
)  # fmt: skip


@pytest.fixture
def untouched(installed: Installed) -> Iterator[None]:
    """Whatever the test does: every row is as it was, and no mail has left."""
    installed.drain()
    before = _rows(installed), len(installed.mails())
    yield
    assert (_rows(installed), len(installed.mails())) == before
    counts = "SELECT count(*) FROM stock_minutecount WHERE event_id NOT IN (SELECT id FROM events_event)"
    assert installed.value(counts) == 0


# The installation starts for it, too, when it is the first.
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("untouched")
def test_a_sale_is_rehearsed_while_processes_are_killed(installed: Installed, tmp_path: Path) -> None:
    command = ("rehearse", "riverside/rush", "--buyers", str(BUYERS), "--seconds", "8", "--faults", "--json")

    done = installed.running.command(*command, "--report", str(tmp_path / "report"))

    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert [check["rule"] for check in result["checks"] if not check["is_right"]] == []
    assert sum(result["outcomes"].values()) == BUYERS
    assert result["outcomes"]["bought"] > BUYERS / 2
    assert result["sold"]["tickets"] == result["sold"]["sold"] > BUYERS / 2
    assert sum(result["mails"].values()) == result["sold"]["orders"]
    assert len(result["faults"]) == 3
    assert all("was killed" in fault and "ready again" in fault for fault in result["faults"])
    assert result["generator"]["unexpected_answers"] == []
    assert json.loads((tmp_path / "report" / "report.json").read_text()) == result
    assert "Midnight rush" in (tmp_path / "report" / "report.html").read_text()


@pytest.mark.usefixtures("untouched")
def test_seats_are_chosen_and_none_is_sold_twice(installed: Installed) -> None:
    done = installed.running.command("rehearse", "riverside/theatre", "--buyers", "220", "--seconds", "3", "--json")

    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["exact"]
    assert result["outcomes"]["sold out"] > 0
    assert [step["name"] for step in result["fast"]["steps"]][:2] == ["event page", "seat plan"]


@pytest.mark.usefixtures("untouched")
def test_a_copy_is_in_no_list_while_it_is_sold_and_gone_when_it_is_stopped(installed: Installed) -> None:
    stopped = _begin(installed)
    slug = installed.value(
        "SELECT slug FROM organizers_organizer o JOIN rehearsal_rehearsal r ON r.organizer_id = o.id"
    )
    with Client(installed.port) as mallory:
        pages = [mallory.get(path).text for path in ("/", "/riverside/", "/riverside/rush/")]

    stopped.send_signal(signal.SIGTERM)

    assert stopped.wait(60) == 130
    assert slug.startswith("rehearsal-")
    assert [slug in page for page in pages] == [False, False, False]


@pytest.mark.usefixtures("untouched")
def test_what_a_killed_one_leaves_is_removed_by_the_next(installed: Installed) -> None:
    killed = _begin(installed)
    crowd = psutil.Process(killed.pid).children()
    busy = installed.running.command("rehearse", "riverside/rush", "--buyers", "5", "--seconds", "1")

    killed.kill()
    killed.wait()

    assert (busy.returncode, busy.stderr) == (
        2,
        "fairgate: Another rehearsal runs here; wait until it has ended, or stop it.\n",
    )
    assert crowd
    _gone, alive = psutil.wait_procs(crowd, 30)
    assert not alive
    assert installed.value("SELECT count(*) FROM rehearsal_rehearsal") == 1
    after = installed.running.command("rehearse", "riverside/rush", "--buyers", "5", "--seconds", "1")
    assert after.returncode == 0, after.stderr
    assert installed.audit() == NO_DIFFERENCES


def test_without_an_installation_nobody_can_rehearse(tmp_path: Path) -> None:
    """Mallory has an account and a shell of her own, but not the installation's folder."""
    command = [sys.executable, "-m", "fairgate", "rehearse", "riverside/rush", "--buyers", "5", "--data", tmp_path]
    done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr.startswith("fairgate: No Fairgate runs in")) == (2, True)


@pytest.mark.usefixtures("untouched")
def test_another_door_is_asked_once_and_left_alone(installed: Installed, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    port = free_port()
    server = (
        "import http.server, sys\n"
        "class Handler(http.server.SimpleHTTPRequestHandler):\n"
        "    def log_request(self, *_): open(sys.argv[1], 'a').write(self.path + chr(10))\n"
        "http.server.HTTPServer(('127.0.0.1', int(sys.argv[2])), Handler).serve_forever()\n"
    )
    other = subprocess.Popen([sys.executable, "-c", server, asked, str(port)], cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _listens(port))
        done = installed.running.command(
            "rehearse", "riverside/rush", "--buyers", "5", "--url", f"http://127.0.0.1:{port}"
        )
    finally:
        other.kill()
        other.wait()

    unknown = installed.running.command("rehearse", "riverside/nothing", "--buyers", "5")

    assert (unknown.returncode, unknown.stderr.count("\n")) == (2, 1)
    assert "There is no event riverside/nothing;" in unknown.stderr
    assert done.returncode == 2
    assert "so it is no door of this installation" in done.stderr
    assert len(asked.read_text().splitlines()) == 1


def _begin(installed: Installed) -> subprocess.Popen[str]:
    """A long one, in which somebody has bought something."""
    command = [sys.executable, "-m", "fairgate", "rehearse", "riverside/rush", "--buyers", "400", "--seconds", "20"]
    running = subprocess.Popen(
        [*command, "--data", installed.data],
        # Killed, it leaves a file, which goes with the installation.
        env=clean_environment() | {"TMPDIR": str(installed.data)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    bought = "SELECT count(*) FROM orders_order o JOIN rehearsal_rehearsal r ON r.organizer_id = o.organizer_id"
    wait_until(lambda: installed.value(bought) > 0, 60, "nobody bought anything")
    return running


def _rows(installed: Installed) -> dict[str, Any]:
    return {
        table: installed.rows(f"SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t")
        for table in TABLES
    }


def _listens(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0
