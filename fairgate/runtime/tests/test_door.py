"""What the door lets in, what it refuses, and where it sends the rest."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fairgate.lib import clock
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.tests.asking import Answer, ask
from fairgate.runtime.tests.open_door import OpenDoor
from fairgate.testing.waiting import wait_until

OpenFreshDoor = Callable[..., OpenDoor]
MEGABYTE = 1024 * 1024
# There nothing may be skipped.
CI = bool(os.environ.get("CI"))


@pytest.mark.parametrize(
    ("method", "path", "server"),
    [
        ("GET", "/", "web"),
        ("GET", "/riverside/rush/", "web"),
        ("GET", "/static/ui/base.css", "web"),
        ("GET", "/console/", "web"),
        ("GET", "/gatecrashers/rush/", "web"),
        ("GET", "/gate/", "gate"),
        ("POST", "/api/v1/gate/scans", "gate"),
        ("POST", "/riverside/rush/holds/", "stock"),
        ("GET", "/riverside/rush/holds/", "web"),
        ("POST", "/api/v1/shop/riverside/rush/holds", "stock"),
        ("GET", "/api/v1/shop/holds/9f", "stock"),
        ("DELETE", "/api/v1/shop/holds/9f", "stock"),
        ("POST", "/api/v1/shop/holds/9f/order", "web"),
        ("GET", "/api/v1/shop/riverside/rush", "web"),
        ("POST", "/console/rush/holds/", "web"),
    ],
)
def test_each_place_has_its_server(door: OpenDoor, method: str, path: str, server: str) -> None:
    assert door.ask(path, method).json["server"] == server


def test_the_bare_gate_leads_to_the_gate(door: OpenDoor) -> None:
    assert door.ask("/gate").headers["location"] == "/gate/"


def test_health_is_the_doors_own(door: OpenDoor) -> None:
    assert [door.ask(path).status for path in ("/health/live", "/health/ready")] == [200, 200]


@pytest.mark.parametrize(
    "path", ["/health/", "/health/live/", "/health/other", "/metrics", "/metrics/x", "//metrics", "/./metrics"]
)
def test_figures_and_health_of_those_behind_stay_inside(door: OpenDoor, path: str) -> None:
    assert door.ask(path).status == 404


def test_the_doors_own_figures_have_an_address_of_their_own(door: OpenDoor) -> None:
    port = door.door.metrics_port
    assert port
    door.ask("/console/")

    figures = ask(port, "/metrics")

    assert figures.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = figures.body.decode().splitlines()
    assert 'haproxy_server_status{proxy="web",server="web1",state="UP"} 1' in lines
    # Of the places that are not taken there is nothing to tell.
    assert [line for line in lines if 'server="web2"' in line] == []
    assert (ask(port, "/").status, ask(port, "/console/").status) == (404, 404)


def test_a_door_without_web_is_not_ready(fresh_door: OpenFreshDoor) -> None:
    door = fresh_door()

    door.servers["web"].stop()

    wait_until(lambda: door.ask("/health/ready").status == 503)
    assert door.ask("/health/live").status == 200
    page, problem = door.ask("/console/"), door.ask("/api/v1/shop/riverside/rush")
    assert (page.status, page.headers["retry-after"], page.headers["content-type"]) == (
        503,
        "2",
        "text/html; charset=utf-8",
    )
    assert (problem.status, problem.headers["content-type"]) == (503, "application/problem+json")
    assert problem.json["type"].endswith("/busy")


def test_web_answers_for_stock_from_the_first_refused_connection(fresh_door: OpenFreshDoor) -> None:
    door = fresh_door()
    path = "/api/v1/shop/riverside/rush/holds"
    assert door.ask(path, "POST", b"{}").json["server"] == "stock"

    door.servers["stock"].stop()

    assert [door.ask(path, "POST", b"{}").json["server"] for _ in range(5)] == ["web"] * 5
    assert door.ask("/riverside/rush/holds/", "POST", b"").json["server"] == "web"


@pytest.mark.parametrize(
    ("method", "path", "times"),
    [
        ("GET", "/console/", 3),
        ("POST", "/console/", 1),
        ("PUT", "/console/", 1),
        ("DELETE", "/console/", 1),
        ("POST", "/api/v1/shop/holds/9f/order", 1),
    ],
)
def test_what_may_have_been_heard_is_asked_again_only_if_it_reads(
    door: OpenDoor, method: str, path: str, times: int
) -> None:
    web = door.servers["web"]
    before = len(web.seen)

    answer = door.ask(path, method, b"" if method == "POST" else None, X_Answer='{"hangs_up": true}')

    assert (answer.status, len(web.seen) - before) == (502, times)


def test_the_request_id_is_the_doors(door: OpenDoor) -> None:
    answer = door.ask("/console/", X_Request_Id="chosen by mallory")

    assert answer.json["headers"]["x-request-id"] == answer.headers["x-request-id"]
    assert answer.headers["x-request-id"] != "chosen by mallory"


def test_a_visitor_cannot_have_a_request_traced(door: OpenDoor) -> None:
    wishes = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "Tracestate": "a=b", "Baggage": "who=mallory"}

    got = door.ask("/console/", **wishes).json["headers"]

    assert not {"traceparent", "tracestate", "baggage"} & set(got)


def test_a_visitor_cannot_pretend_to_come_from_elsewhere(door: OpenDoor) -> None:
    lies = {
        "X_Forwarded_For": "203.0.113.9",
        "X_Forwarded_Proto": "https",
        "X_Forwarded_Host": "evil.example",
        "Forwarded": "for=1",
    }

    got = door.ask("/console/", **lies).json["headers"]

    assert (got["x-forwarded-for"], got["x-forwarded-proto"]) == ("127.0.0.1", "http")
    assert not {"x-forwarded-host", "forwarded"} & set(got)


def test_a_header_with_an_underscore_does_not_get_in(door: OpenDoor) -> None:
    """WSGI would take it for the one with a hyphen."""
    got = raw(
        door.port, b"GET /console/ HTTP/1.1\r\nHost: x\r\nX_Forwarded_For: 203.0.113.9\r\nConnection: close\r\n\r\n"
    )

    assert "x_forwarded_for" not in got.json["headers"]


def test_a_trusted_proxy_speaks_for_its_visitors(fresh_door: OpenFreshDoor) -> None:
    door = fresh_door(trusted_proxies=("127.0.0.1", "10.0.0.0/8"))

    got = door.ask("/console/", X_Forwarded_For="198.51.100.1, 203.0.113.9, 10.1.2.3", X_Forwarded_Proto="https").json[
        "headers"
    ]

    assert (got["x-forwarded-for"], got["x-forwarded-proto"]) == ("203.0.113.9", "https")


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ("//riverside///rush/", "/riverside/rush/"),
        ("/riverside/./rush/", "/riverside/rush/"),
        ("/riverside/x/../rush/", "/riverside/rush/"),
        ("/%72iverside/rush/", "/riverside/rush/"),
        ("/riverside/%2e%2e/console/", "/console/"),
        ("/../../console/", "/console/"),
    ],
)
def test_a_path_has_one_spelling(door: OpenDoor, asked: str, seen: str) -> None:
    assert door.ask(asked).json["path"] == seen


@pytest.mark.parametrize("path", ["/riverside/%00/", "/a%2fb/", "/a%2Fb/", "/a%5cb/", "/a%0d%0ab/"])
def test_a_path_with_hidden_characters_is_refused(door: OpenDoor, path: str) -> None:
    page, problem = door.ask(path), door.ask("/api" + path)

    assert (page.status, problem.status) == (400, 400)
    assert b"<h1>" in page.body
    assert problem.json["type"].endswith("/bad-request")


def test_trace_is_refused(door: OpenDoor) -> None:
    assert door.ask("/", "TRACE").status == 405


def test_a_body_of_a_megabyte_gets_in(door: OpenDoor) -> None:
    assert door.ask("/console/", "POST", b"x" * MEGABYTE).json["size"] == MEGABYTE


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/console/", "text/html; charset=utf-8"), ("/api/v1/shop/a/b/holds", "application/problem+json")],
)
@pytest.mark.parametrize("size", [MEGABYTE + 1, 10 * MEGABYTE])
def test_who_sends_a_larger_body_hears_why_it_is_refused(door: OpenDoor, path: str, kind: str, size: int) -> None:
    answer = door.ask(path, "POST", b"x" * size)

    assert (answer.status, answer.headers["content-type"]) == (413, kind)
    assert answer.headers["cache-control"] == "private, no-store"
    assert "x-request-id" in answer.headers
    assert door.servers["web"].seen[-1]["size"] <= MEGABYTE


UPLOAD = "/console/riverside/events/rush/picture/"


@pytest.mark.parametrize("cookie", ["fairgate_session=9f", "__Host-fairgate_session=9f"])
def test_who_has_signed_in_may_send_a_larger_picture(door: OpenDoor, cookie: str) -> None:
    most = 10 * MEGABYTE

    assert door.ask(UPLOAD, "POST", b"x" * most, Cookie=cookie).json["size"] == most
    assert door.ask(UPLOAD, "POST", b"x" * (most + 1), Cookie=cookie).status == 413


@pytest.mark.parametrize(
    ("path", "cookie"),
    [
        (UPLOAD, "fairgate_csrf=9f"),
        (UPLOAD + "removal/", "fairgate_session=9f"),
        (UPLOAD.replace("/picture", "/../picture"), "fairgate_session=9f"),
        ("/console/riverside/events/rush/details/", "fairgate_session=9f"),
        ("/riverside/rush/picture/", "fairgate_session=9f"),
        ("/api/v1/shop/riverside/rush/holds", "fairgate_session=9f"),
    ],
)
def test_nobody_else_and_nowhere_else(door: OpenDoor, path: str, cookie: str) -> None:
    assert door.ask(path, "POST", b"x" * (MEGABYTE + 1), Cookie=cookie).status == 413


def test_a_connection_serves_on_after_a_refused_body(door: OpenDoor) -> None:
    with closing(HTTPConnection("127.0.0.1", door.port, timeout=15)) as connection:
        statuses = []
        for size in (2 * MEGABYTE, 10):
            connection.request("POST", "/console/", b"x" * size)
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)

    assert statuses == [413, 200]


def test_a_small_body_without_a_length_gets_in(door: OpenDoor) -> None:
    head = b"POST /api/v1/shop/a/b/holds HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"

    assert raw(door.port, head + b"5\r\nhello\r\n0\r\n\r\n").status == 200


def test_a_large_body_without_a_length_is_refused(door: OpenDoor) -> None:
    head = b"POST /api/v1/shop/a/b/holds HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"

    assert raw(door.port, head + 3 * (b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n") + b"0\r\n\r\n").status == 413


def test_a_body_without_a_length_that_comes_too_slowly_is_refused(door: OpenDoor) -> None:
    head = b"POST /api/v1/shop/a/b/holds HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"

    assert raw(door.port, head).status == 408


def test_signing_in_is_limited_for_each_client(fresh_door: OpenFreshDoor) -> None:
    door = fresh_door(trusted_proxies=("127.0.0.1",))

    def attempts(client: str, times: int) -> list[int]:
        return [door.ask("/accounts/login/", "POST", b"x=1", X_Forwarded_For=client).status for _ in range(times)]

    assert attempts("203.0.113.9", 12) == [200] * 10 + [429] * 2
    assert attempts("203.0.113.10", 1) == [200]
    refused = door.ask("/accounts/login/", "POST", b"x=1", X_Forwarded_For="203.0.113.9")
    assert refused.headers["retry-after"] == "10"
    assert door.ask("/accounts/login/", X_Forwarded_For="203.0.113.9").status == 200


def test_asking_for_mail_is_limited_too(fresh_door: OpenFreshDoor) -> None:
    door = fresh_door(trusted_proxies=("127.0.0.1",))
    places = ["/tickets/", "/riverside/concert/confirm/"] * 6

    answers = [door.ask(place, "POST", b"email=x", X_Forwarded_For="203.0.113.9").status for place in places]

    assert answers == [200] * 10 + [429] * 2
    assert door.ask("/riverside/concert/confirm/", X_Forwarded_For="203.0.113.9").status == 200


def test_a_flood_from_one_client_is_slowed_down(fresh_door: OpenFreshDoor) -> None:
    door = fresh_door(trusted_proxies=("127.0.0.1",))

    answers = [door.ask("/api/v1/x", X_Forwarded_For="2001:db8::1") for _ in range(1010)]

    assert answers[-1].status == 429
    assert answers[-1].json["type"].endswith("/slow-down")
    # The rest of its /64 is the same subscriber, the next one is somebody else.
    assert door.ask("/api/v1/x", X_Forwarded_For="2001:db8::2").status == 429
    assert door.ask("/api/v1/x", X_Forwarded_For="2001:db8:0:1::1").status == 200


def test_loopback_is_not_limited(door: OpenDoor) -> None:
    assert {door.ask("/accounts/login/", "POST", b"x=1").status for _ in range(30)} == {200}


def test_the_doors_own_pages_let_in_their_style_and_nothing_else(door: OpenDoor) -> None:
    headers = door.ask("/%00").headers

    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert headers["cache-control"] == "private, no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_the_log_names_the_kind_of_place_and_no_secret(door: OpenDoor) -> None:
    answer = door.ask("/orders/ABCDE/verysecret/?token=verysecret", Fairgate_Secret="verysecret")

    wait_until(lambda: answer.headers["x-request-id"] in door.log)
    line = next(json.loads(line) for line in door.log.splitlines() if answer.headers["x-request-id"] in line)
    assert (line["route"], line["status"], line["backend"], line["server"]) == ("order", 200, "web", "web1")
    assert "verysecret" not in door.log
    assert "127.0.0.1" not in door.log


def test_tls_is_said_and_remembered(fresh_door: OpenFreshDoor, tmp_path: Path) -> None:
    door = fresh_door(certificate=certificate(tmp_path / 'it\'s a "certificate".pem'))

    answer = tls_answer(door, b"GET /console/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert answer.json["headers"]["x-forwarded-proto"] == "https"


@pytest.mark.skipif(not CI and shutil.which("curl") is None, reason="speaks HTTP/2 with curl, which is not installed")
def test_http_2_is_spoken_and_kept_alike(fresh_door: OpenFreshDoor, tmp_path: Path) -> None:
    door = fresh_door(certificate=certificate(tmp_path / "certificate.pem"))
    words = ["curl", "--silent", "--insecure", "--http2", "--noproxy", "*", "--write-out", "%{stderr}%{http_version} "]
    shown = f"https://127.0.0.1:{door.port}/riverside/rush/?fbclid="
    wish = ["--header", f"X-Answer: {json.dumps({'Cache-Control': 'public, max-age=1'})}"]

    got = subprocess.run(
        [*words, *wish, *(f"{shown}{n}" for n in range(4))], capture_output=True, text=True, check=True
    )

    assert got.stderr.split() == ["2"] * 4
    seen = [json.loads(line) for line in got.stdout.replace("}{", "}\n{").splitlines()]
    assert {one["path"] for one in seen} == {"/riverside/rush/"}
    assert len({one["number"] for one in seen}) <= 2


@pytest.mark.parametrize("wrong", ["", "-----BEGIN NOTHING-----\n", "the certificate alone", "another's key"])
def test_a_renewed_certificate_that_cannot_be_used_changes_nothing(
    fresh_door: OpenFreshDoor, tmp_path: Path, wrong: str
) -> None:
    file = certificate(tmp_path / "certificate.pem")
    door = fresh_door(certificate=file)
    asking = b"GET /console/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert tls_answer(door, asking).status == 200
    signed, begin, _ = file.read_text().partition("-----BEGIN PRIVATE KEY")
    other = certificate(tmp_path / "other.pem").read_text().partition(begin)[2]
    file.write_text({"the certificate alone": signed, "another's key": signed + begin + other}.get(wrong, wrong))

    with pytest.raises(CannotStart, match=r"^HAProxy cannot use .*certificate.pem; --tls-cert wants a PEM file"):
        door.door.check()

    assert tls_answer(door, asking).status == 200


def tls_answer(door: OpenDoor, request: bytes) -> Answer:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(socket.create_connection(("127.0.0.1", door.port), 10)) as connection:
        return raw_on(connection, request)


def raw(port: int, request: bytes) -> Answer:
    """What no well-behaved client sends."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        return raw_on(connection, request)


def raw_on(connection: socket.socket, request: bytes) -> Answer:
    connection.sendall(request)
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return Answer(int(first.split()[1]), {name.lower(): value for name, value in headers.items()}, body)


def certificate(file: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(clock.now()).not_valid_after(clock.now() + timedelta(days=1))
    signed = builder.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + private)
    return file
