"""The folder of an installation is lost in the middle of a sale. What was answered before the copy is in the copy."""

from __future__ import annotations

import json
import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairgate.runtime import backup_database as database
from fairgate.runtime.backup_file import read_manifest
from fairgate.runtime.installation import installation
from fairgate.runtime.tests.running import Running, clean_environment, fairgate, is_alive
from fairgate.testing.waiting import wait_until
from tests.asking import Client
from tests.ben import LOST, hold, order
from tests.installed import NO_DIFFERENCES, Installed
from tests.olga import OnSale

BUYERS = 4
ORDERS = "SELECT code FROM orders_order"


class Sale:
    """Orders, and when each was answered."""

    def __init__(self, port: int) -> None:
        self.port = port
        with Client(port) as client:
            (kind, *_) = client.get("/api/v1/shop/riverside/rush").json["ticket_types"]
        self.event = OnSale("rush", kind["id"])
        self.answered: dict[str, datetime] = {}
        self.is_over = threading.Event()

    def buy(self, number: int) -> None:
        with Client(self.port) as client:
            for turn in range(1000):
                if self.is_over.is_set():
                    return
                try:
                    held = hold(client, self.event)
                    # Every third leaves the checkout, so that holds are under way, too.
                    if held.status == 201 and turn % 3:
                        placed = order(client, held.json, email=f"ben{number}-{turn}@example.org")
                        if placed.status == 201:
                            self.answered[placed.json["code"]] = datetime.now(UTC)
                except LOST:
                    continue

    def answered_before(self, moment: datetime) -> set[str]:
        return {code for code, at in self.answered.items() if at < moment}

    def wait_for_more(self, orders: int) -> None:
        wanted = len(self.answered) + orders
        wait_until(lambda: len(self.answered) >= wanted)


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sale]:
    """The folder that held the installation, its backup and its archive; the first is gone."""
    folder = tmp_path_factory.mktemp("disaster")
    running = Running(folder / "data", "--demo", "--archive", str(folder / "archive")).start()
    sale = Sale(running.port)
    with ThreadPoolExecutor(BUYERS) as crowd:
        wait_until(lambda: running.status()["archive-1"]["state"] == "ready")
        selling = [crowd.submit(sale.buy, number) for number in range(BUYERS)]
        try:
            sale.wait_for_more(20)
            saved = running.command("backup", str(folder / "saved"))
            assert saved.returncode == 0, saved.stderr
            sale.wait_for_more(20)
            destroy(running)
        finally:
            sale.is_over.set()
            running.stop()
    for buyer in selling:
        buyer.result()
    return folder, sale


def destroy(running: Running) -> None:
    pids = running.pids()
    running.supervisor.kill()
    running.supervisor.wait()
    shutil.rmtree(running.data, ignore_errors=True)
    wait_until(lambda: not any(is_alive(pid) for pid in pids))
    shutil.rmtree(running.data, ignore_errors=True)
    assert not running.data.exists()


def test_a_backup_has_all_that_was_answered_before_it(lost: tuple[Path, Sale]) -> None:
    folder, sale = lost
    taken_at = datetime.fromisoformat(read_manifest(folder / "saved").taken_at)
    before = sale.answered_before(taken_at)

    restored = fairgate("restore", str(folder / "saved"), "--data", str(folder / "from-backup"))
    assert restored.returncode == 0, restored.stderr
    running = Running(folder / "from-backup").start()
    try:
        installed = Installed(running)
        there = {code for (code,) in installed.rows(ORDERS)}
        assert (len(before) >= 20, before - there) == (True, set())
        # It is a copy of that moment, not of the last.
        assert sale.answered.keys() - there != set()
        assert installed.audit() == NO_DIFFERENCES
        with Client(running.port) as ben:
            assert hold(ben, sale.event).status == 201
    finally:
        running.stop()


def test_an_archive_has_all_that_was_answered_before_its_end(lost: tuple[Path, Sale]) -> None:
    folder, sale = lost
    back = installation(folder / "from-archive")

    restored = fairgate("restore", "--at", "latest", "--archive", str(folder / "archive"), "--data", str(back.root))
    assert restored.returncode == 0, restored.stderr
    end = datetime.fromisoformat(restored.stdout.split()[-1].rstrip("."))
    before = sale.answered_before(end)

    with pytest.MonkeyPatch.context() as settings:
        for name in set(os.environ) - set(clean_environment()):
            settings.delenv(name)
        with database.of(back) as url:
            there = set(database.ask(database.programs(), url, ORDERS))
            audit = fairgate("audit", "--json", **environment(back.root, url))
    assert before - there == set()
    assert (audit.returncode, json.loads(audit.stdout)) == NO_DIFFERENCES
    # It goes on after the backup.
    taken_at = datetime.fromisoformat(read_manifest(folder / "saved").taken_at)
    assert len(before) > len(sale.answered_before(taken_at)) >= 20


def environment(root: Path, url: str) -> dict[str, str]:
    secret = (root / "secrets/secret_key").read_text().strip()
    nowhere = {"VALKEY_URL": "redis://127.0.0.1:1/0", "PUBLIC_URL": "http://127.0.0.1"}
    told = {"DATABASE_URL": url, "SECRET_KEY": secret, **nowhere}
    return {f"FAIRGATE_{name}": value for name, value in told.items()}
