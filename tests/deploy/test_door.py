"""The door of containers and clusters: real HAProxy, real DNS answers, servers that say who they are."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from fairgate.testing.waiting import free_port, wait_until
from tests.deploy.names import Names

DOOR = Path(__file__).parents[2] / "deploy/door.py"
HERE, THERE = "127.0.0.2", "127.0.0.3"


class Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """HAProxy ends its health checks with a reset."""


class SaysItsAddress(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = str(self.server.server_address[0]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def web_port() -> Iterator[int]:
    port = free_port()
    servers = [Server((address, port), SaysItsAddress) for address in (HERE, THERE)]
    for server in servers:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield port
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def names() -> Iterator[Names]:
    names = Names(web=[HERE, THERE])
    yield names
    names.close()


@pytest.fixture
def port(names: Names, web_port: int, tmp_path: Path) -> Iterator[int]:
    port = free_port()
    options = ["--data", tmp_path, "--listen", f"127.0.0.1:{port}", "--resolver", names.address]
    servers = ["--server", f"web=web:{web_port}", "--server", "gate=nowhere:8003"]
    process = subprocess.Popen([sys.executable, DOOR, *options, *servers], stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: status(port, "/health/ready") == 200)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def test_requests_are_spread_over_the_addresses_of_a_name(port: int) -> None:
    wait_until(lambda: asked(port) == {HERE, THERE})


def test_an_address_that_left_the_name_is_not_asked_any_more(port: int, names: Names) -> None:
    wait_until(lambda: asked(port) == {HERE, THERE})

    names.addresses["web"] = [THERE]

    wait_until(lambda: asked(port) == {THERE})


def test_a_name_without_address_has_the_page_of_the_door(port: int) -> None:
    assert status(port, "/gate/") == 503


def test_each_backend_asks_for_itself(port: int, tmp_path: Path) -> None:
    """A name's addresses come in any order, so a server of one backend is not the one of the same name in another."""
    lines = (tmp_path / "run/haproxy.cfg").read_text().splitlines()
    servers = [line for line in lines if re.match(r" +server (web|stock|gate)", line)]

    assert servers
    assert [line for line in servers if "127.0.0.1" in line or "track" in line or " check" not in line] == []


def test_without_dns_each_server_is_named_by_its_address(web_port: int, tmp_path: Path) -> None:
    port = free_port()
    servers = [f"--server=web={address}:{web_port}" for address in (HERE, THERE)]
    command = [sys.executable, DOOR, "--data", tmp_path, "--listen", f"127.0.0.1:{port}", *servers]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: asked(port) == {HERE, THERE})
    finally:
        process.terminate()
        process.wait(10)


def test_figures_are_told_where_the_operator_says_and_not_to_visitors(web_port: int, tmp_path: Path) -> None:
    port, figures = free_port(), free_port()
    options = ["--data", tmp_path, f"--listen=127.0.0.1:{port}", f"--metrics={HERE}:{figures}"]
    process = subprocess.Popen(
        [sys.executable, DOOR, *options, f"--server=web={HERE}:{web_port}"], stdout=subprocess.DEVNULL
    )
    try:
        wait_until(lambda: status(port, "/health/ready") == 200)

        with urllib.request.urlopen(f"http://{HERE}:{figures}/metrics", timeout=5) as answer:
            assert b'haproxy_backend_active_servers{proxy="web"} 1\n' in answer.read()
        assert status(port, "/metrics") == 404
    finally:
        process.terminate()
        process.wait(10)


def test_an_address_for_figures_that_is_none_is_refused() -> None:
    command = [sys.executable, DOOR, "--listen", "127.0.0.1:1", "--server", "web=web:8001", "--metrics", "8404"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)

    assert asked.returncode == 2
    assert "HOST:PORT" in asked.stderr


@pytest.mark.parametrize(
    ("servers", "reason"),
    [
        (["web=web"], "KIND=NAME:PORT"),
        (["web=one:8001", "web=two:8001"], "takes one name"),
        (["web=one:8001", "web=10.0.0.1:8001"], "takes one name"),
        ([f"web=10.0.0.{number}:8001" for number in range(17)], "up to 16 addresses"),
    ],
)
def test_servers_that_cannot_be_found_are_refused(servers: list[str], reason: str) -> None:
    command = [sys.executable, DOOR, "--listen", "127.0.0.1:1", *(f"--server={server}" for server in servers)]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)

    assert asked.returncode == 2
    assert reason in asked.stderr


def asked(port: int) -> set[str]:
    """Addresses that no cache answers."""
    return {get(port, "/console/")[1] for _ in range(12)}


def status(port: int, path: str) -> int:
    return get(port, path)[0]


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""
    except OSError:
        return 0, ""
