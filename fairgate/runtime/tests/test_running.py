"""A whole installation: started in order, watched, scaled, and ended without a trace."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from fairgate.runtime.tests.asking import ask
from fairgate.runtime.tests.running import Running, clean_environment, descendants, is_alive
from fairgate.testing.waiting import free_port, wait_until

EVERY_PROCESS = ["beat-1", "door-1", "gate-1", "postgres-1", "relay-1", "stock-1", "valkey-1", "web-1", "worker-1"]


def test_everything_starts_after_what_it_needs(running: Running) -> None:
    lines = [line.split(" ", 1)[1] for line in running.output.read_text().splitlines() if line[:2].isdigit()]

    def when(words: str) -> int:
        return next(number for number, line in enumerate(lines) if line.startswith(words))

    assert when("postgres-1 is ready") < when("web-1 starts")
    assert when("valkey-1 is ready") < when("worker-1 starts")
    assert max(when(f"{name}-1 is ready") for name in ("web", "stock", "gate", "worker", "beat", "relay")) < when(
        "door-1 starts"
    )


def test_status_tells_each_process_and_no_password(running: Running) -> None:
    asked = running.command("status", "--json")

    found = json.loads(asked.stdout)
    assert asked.returncode == 0
    assert [f"{process['name']}-{process['index']}" for process in found["processes"]] == EVERY_PROCESS
    assert {process["state"] for process in found["processes"]} == {"ready"}
    assert set(found["processes"][0]) == {"name", "index", "pid", "port", "state", "restarts"}
    metrics_port = running.status()["door-1"]["metrics_port"]
    assert b"haproxy_process_uptime_seconds" in ask(metrics_port, "/metrics").body
    port = running.status()["postgres-1"]["port"]
    assert found["databases"] == [
        {
            "role": "primary",
            "url": f"postgresql://fairgate@127.0.0.1:{port}/fairgate",
            "lag_bytes": 0,
            "synchronous": False,
        }
    ]


def test_inner_ports_are_below_those_of_outgoing_connections(running: Running) -> None:
    assert all(process["port"] < 32768 for process in running.status().values())


def test_secrets_are_for_their_owner_alone(running: Running) -> None:
    private = [
        *(running.data / "secrets").iterdir(),
        running.data / "run/environment",
        running.data / "run/valkey.conf",
    ]

    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    assert {
        stat.S_IMODE((running.data / name).stat().st_mode) for name in ("run", "secrets", "mail", "logs", "postgres")
    } == {0o700}


def test_no_log_holds_a_secret(running: Running) -> None:
    secrets = [path.read_text() for path in (running.data / "secrets").iterdir()]

    logs = "".join(path.read_text() for path in (running.data / "logs").iterdir())

    assert [secret for secret in secrets if secret in logs] == []


def test_no_command_line_holds_a_secret(running: Running) -> None:
    secrets = [path.read_text() for path in (running.data / "secrets").iterdir()]

    lines = " ".join(Path(f"/proc/{pid}/cmdline").read_text() for pid in running.pids())

    assert [secret for secret in secrets if secret in lines] == []


@pytest.mark.parametrize("name", EVERY_PROCESS)
def test_what_is_killed_is_started_again(running: Running, name: str) -> None:
    before = running.status()[name]
    below = descendants(before["pid"])

    os.kill(before["pid"], signal.SIGKILL)

    wait_until(lambda: running.status()[name]["restarts"] > before["restarts"], why=f"{name} was not missed")
    wait_until(running.is_well, why=f"{name} did not come back")
    assert running.status()[name]["pid"] != before["pid"]
    assert [pid for pid in below if is_alive(pid)] == []
    assert ask(running.port, "/health/ready").status == 200


@pytest.mark.parametrize("name", ["web-1", "stock-1", "gate-1", "worker-1"])
def test_a_killed_grandchild_is_replaced_by_its_parent(running: Running, name: str) -> None:
    parent = running.status()[name]["pid"]
    before = descendants(parent)  # As many as the machine has use for.

    os.kill(before[0], signal.SIGKILL)

    wait_until(lambda: {*descendants(parent)} - {*before}, why="no new one")
    wait_until(running.is_well)
    assert running.status()[name]["pid"] == parent


def test_a_process_that_hangs_is_told(running: Running) -> None:
    hanging = running.status()["gate-1"]["pid"]
    stopped = [hanging, *descendants(hanging)]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)

    asked = running.command("status", "--json")

    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    states = {process["name"]: process["state"] for process in json.loads(asked.stdout)["processes"]}
    assert (asked.returncode, states["gate"], states["web"]) == (1, "silent", "ready")


def test_scaling_loses_no_request(running: Running) -> None:
    statuses: list[int] = []
    is_over = threading.Event()

    def keep_asking() -> None:
        while not is_over.is_set():
            statuses.append(ask(running.port, "/api/v1/shop/nobody/nothing?x=1").status)

    asking = threading.Thread(target=keep_asking)
    asking.start()
    up = running.command("scale", "web=3", "stock=2")
    grown = running.status()
    down = running.command("scale", "web=1", "stock=1")
    is_over.set()
    asking.join()

    assert (up.returncode, down.returncode) == (0, 0), up.stderr + down.stderr
    assert {"web-2", "web-3", "stock-2"} <= set(grown)
    assert sorted(running.status()) == EVERY_PROCESS
    assert set(statuses) == {404}
    assert len(statuses) > 20


def test_the_door_sends_requests_to_all_of_a_kind(running: Running) -> None:
    running.command("scale", "web=2")
    log = running.data / "logs/door.log"
    before = len(log.read_text())

    for _ in range(40):
        ask(running.port, "/console/")

    said = log.read_text()[before:]
    running.command("scale", "web=1")
    assert '"server":"web2"' in said


def test_without_stock_its_addresses_are_answered_by_web(running: Running) -> None:
    path = "/api/v1/shop/nobody/nothing/holds"
    log = running.data / "logs/door.log"
    with_stock = ask(running.port, path, "POST", b"{}", Content_Type="application/json").status

    running.command("scale", "stock=0")
    before = len(log.read_text())
    without = ask(running.port, path, "POST", b"{}", Content_Type="application/json").status
    running.command("scale", "stock=1")

    assert with_stock == without
    assert '"backend":"stock_api","server":"web1"' in log.read_text()[before:]


def test_a_cookie_of_the_real_sign_in_is_handed_to_nobody_else(running: Running) -> None:
    answers = [ask(running.port, "/accounts/login/") for _ in range(3)]

    assert len({answer.headers["set-cookie"] for answer in answers}) == 3


def test_the_real_home_page_is_answered_from_the_doors_cache(running: Running) -> None:
    ids = [ask(running.port, "/").headers["x-request-id"] for _ in range(4)]

    log = (running.data / "logs/door.log").read_text()
    # Between its requests HAProxy also tells, in its own words, which servers came and went.
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert any(line["cache_hit"] for line in lines if line.get("request_id") in ids)


@pytest.mark.parametrize("words", [["web=0"], ["web=17"], ["beat=2"], ["web"], ["web=two"], ["web=-1"], []])
def test_what_cannot_be_scaled_is_said(running: Running, words: list[str]) -> None:
    asked = running.command("scale", *words)

    assert asked.returncode == 2
    assert len(asked.stderr.strip().splitlines()) == 1
    assert sorted(running.status()) == EVERY_PROCESS


def test_management_commands_use_the_running_database(running: Running) -> None:
    asked = running.command("manage", "showmigrations", "--plan")

    assert (asked.returncode, "[ ]" in asked.stdout) == (0, False), asked.stderr


def test_audit_finds_nothing_wrong(running: Running) -> None:
    asked = running.command("audit", "--json")

    assert (asked.returncode, json.loads(asked.stdout)["differences"]) == (0, 0), asked.stderr


def test_a_second_start_in_the_same_folder_is_refused(running: Running) -> None:
    asked = running.command("up", "--port", "15")

    assert asked.returncode == 2
    assert "in use" in asked.stderr
    assert running.is_well()


def test_memory_of_the_supervisor_stays_small(running: Running) -> None:
    assert psutil.Process(running.supervisor.pid).memory_full_info().pss < 40 * 1024 * 1024


@pytest.fixture
def second(other: Running) -> Running:
    """Another one, which its tests may end in any way: it is started if the last of them has ended it."""
    return other if other.is_well() else other.start()


def test_killing_the_supervisor_leaves_nothing_and_the_next_start_works(second: Running) -> None:
    everything = second.pids()

    os.kill(second.supervisor.pid, signal.SIGKILL)
    second.supervisor.wait()
    second.start()

    assert [pid for pid in everything if is_alive(pid)] == []
    assert second.is_well()


def test_the_next_start_works_when_everything_was_killed(second: Running) -> None:
    for pid in second.pids():
        with suppress(ProcessLookupError):  # A connection's process of PostgreSQL's may just have ended.
            os.kill(pid, signal.SIGKILL)
    second.supervisor.wait()
    # As after a crash of the machine: the number in the lock file is another living process's by now.
    lock = second.data / "postgres/postmaster.pid"
    lock.write_text(lock.read_text().replace(lock.read_text().split("\n")[0], str(os.getpid()), 1))

    assert second.start().is_well()


def test_two_installations_run_side_by_side(running: Running, second: Running) -> None:
    ports = [process["port"] for one in (running, second) for process in one.status().values()]
    code = second.stop(signal.SIGTERM)

    assert len(ports) == len(set(ports))
    assert code == 0
    assert running.is_well()


def test_ctrl_c_ends_everything(second: Running) -> None:
    everything = second.pids()

    # The terminal sends it to all in the group.
    os.killpg(second.supervisor.pid, signal.SIGINT)

    assert second.supervisor.wait(30) == 0
    assert [pid for pid in everything if is_alive(pid)] == []
    assert "Traceback" not in second.output.read_text()
    assert second.command("status").returncode == 1


def test_a_detached_start_returns_when_the_door_answers(other: Running) -> None:
    started = other.command("up", "--detach", "--port", str(other.port))

    assert started.returncode == 0, started.stderr
    assert f"http://127.0.0.1:{other.port}/" in started.stdout
    assert ask(other.port, "/health/ready").status == 200
    assert other.command("down").returncode == 0
    assert other.command("down").returncode == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_ending_while_starting_ends_everything(other: Running, number: signal.Signals) -> None:
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "fairgate", "up", "--data", other.data, "--port", str(free_port())],
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert supervisor.stdout is not None
    with supervisor.stdout as output:
        for line in output:
            if "web-1 starts" in line:
                break
        started = descendants(supervisor.pid)
        supervisor.send_signal(number)
        rest = output.read()

    assert supervisor.wait(30) == (0 if number == signal.SIGINT else -number), rest
    assert "Traceback" not in rest
    wait_until(lambda: [pid for pid in started if is_alive(pid)] == [])


# Who says nothing of itself is Django.
CUT_DJANGO = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'fairgate' AND application_name = ''
"""


def test_connections_that_were_cut_cost_no_reader_the_page(running: Running) -> None:
    """As after a crash or a promotion: those that wait in the pools are gone as well, and nobody knows it yet."""

    def look(number: int) -> int:
        """At an organizer whom no cache knows yet."""
        return ask(running.port, f"/nobody-{number}/").status

    with ThreadPoolExecutor(8) as readers:
        before = [*readers.map(look, range(40))]

    cut = sql(running, CUT_DJANGO)
    after = [look(number) for number in range(100, 120)]

    assert cut > 1
    assert {*before, *after} == {404}


def sql(running: Running, statement: str) -> int:
    port = running.status()["postgres-1"]["port"]
    password = (running.data / "secrets/database_admin_password").read_text().strip()
    with psycopg.connect(f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres") as conn:
        row = conn.execute(statement).fetchone()
    assert row
    return int(row[0])
