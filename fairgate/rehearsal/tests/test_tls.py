"""Doors that speak TLS: buyers go there as browsers do, and only if the door proves its name."""

from __future__ import annotations

import ipaddress
import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fairgate.lib import clock
from fairgate.rehearsal import door
from fairgate.rehearsal.door import WrongDoor
from fairgate.rehearsal.engine import Ask, Buyer, Engine, Note

BUYERS = 20
COPY = b'{"ticket_types": []}'


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(COPY)))
        self.end_headers()
        self.wfile.write(COPY)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Who does not trust it hangs up."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tickets")])
    its = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(clock.now()).not_valid_after(clock.now() + timedelta(days=1))
    signed = builder.add_extension(its, critical=False).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = tmp_path_factory.mktemp("tls") / "door.pem"
    file.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + private)
    return file


@pytest.fixture
def plain() -> Iterator[int]:
    yield from _serve(Server(("127.0.0.1", 0), Answers))


@pytest.fixture
def secured(certificate: Path) -> Iterator[int]:
    server = Server(("127.0.0.1", 0), Answers)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    yield from _serve(server)


def _serve(server: Server) -> Iterator[int]:
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_buyers_go_to_a_door_that_proves_its_name(
    secured: int, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    notes: list[Note] = []

    found = door.check(door.at(f"https://127.0.0.1:{secured}"), "rehearsal-1", "rush")
    engine = Engine(found, lambda note, _answer: notes.append(note), lambda *_pair: None)
    for number in range(BUYERS):
        engine.add(number, 0.0, _asks_twice(found.name))
    engine.run(lambda _now: True)

    assert [status for *_note, status in notes] == [200] * 2 * BUYERS


def test_a_door_that_proves_nothing_is_told_from_one_that_is_away(secured: int) -> None:
    with pytest.raises(WrongDoor, match=r"does not prove its name \(self-signed certificate\).* SSL_CERT_FILE"):
        door.check(door.at(f"https://127.0.0.1:{secured}"), "rehearsal-1", "rush")


def test_on_this_machine_nobody_stands_between(secured: int) -> None:
    found = door.on_this_machine(secured, "https://tickets.example.org")

    assert door.check(found, "rehearsal-1", "rush").origin == "https://tickets.example.org"
    assert found.headers == {"Host": "tickets.example.org", "User-Agent": "fairgate-rehearsal"}


def test_behind_a_proxy_that_speaks_tls_buyers_come_as_from_there(plain: int) -> None:
    found = door.on_this_machine(plain, "https://tickets.example.org")

    assert (found.is_tls, found.origin) == (False, "https://tickets.example.org")
    assert found.headers["X-Forwarded-Proto"] == "https"


def test_the_wrong_one_of_http_and_https_is_named(plain: int, secured: int) -> None:
    with pytest.raises(WrongDoor, match=f"is it http://127.0.0.1:{plain}"):
        door.check(door.at(f"https://127.0.0.1:{plain}"), "rehearsal-1", "rush")
    with pytest.raises(WrongDoor, match=f"is it https://127.0.0.1:{secured}"):
        door.check(door.at(f"http://127.0.0.1:{secured}"), "rehearsal-1", "rush")


def _asks_twice(name: str) -> Buyer:
    for _time in range(2):
        yield Ask(0, f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
