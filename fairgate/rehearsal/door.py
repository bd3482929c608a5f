"""Finding the door, and making sure that it is this installation's own. No Django."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
from dataclasses import replace
from urllib.parse import urlsplit

from fairgate.rehearsal.errors import CannotRehearse
from fairgate.rehearsal.wire import Address

TIMEOUT_S = 10
OWN = "127.0.0.1"
HOST = re.compile(r"[0-9A-Za-z.:_-]{1,253}")


class WrongDoor(CannotRehearse):
    pass


def on_this_machine(port: int, public_url: str) -> Address:
    """Buyers ask for the public name, wherever that leads: they go to the door itself."""
    public, is_tls = urlsplit(public_url), _speaks_tls(port)
    return Address(OWN, port, public.netloc, is_tls, is_behind_tls=public.scheme == "https" and not is_tls)


def at(url: str) -> Address:
    """Raises WrongDoor for what is no address."""
    try:
        parts = urlsplit(url)
        host, port = _ascii(parts.hostname or ""), parts.port
    except ValueError:
        host, port, parts = "", 0, urlsplit("")
    is_bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if parts.scheme not in ("http", "https") or not HOST.fullmatch(host) or port == 0 or not is_bare:
        raise WrongDoor(f"{url} is no address of a door; write --url https://tickets.example.org.")
    is_tls = parts.scheme == "https"
    shown = f"[{host}]" if ":" in host else host
    name = f"{shown}:{port}" if port else shown
    return Address(host, port or (443 if is_tls else 80), name, is_tls, is_own=False)


def _ascii(host: str) -> str:
    """A name as it goes over the wire; an IPv6 address stays as it is."""
    return host if ":" in host else host.encode("idna").decode()


def check(address: Address, organizer: str, event: str) -> Address:
    """One question, that only the installation can answer whose database has the copy: its name cannot be guessed. So
    nobody else's door is ever asked more than this. Where it was answered is where all go. Raises WrongDoor."""
    where, address = address.origin, _reached(address)
    try:
        status, body, location = _ask(address, f"/api/v1/shop/{organizer}/{event}")
    except ssl.SSLCertVerificationError as error:
        raise WrongDoor(
            f"{where} does not prove its name ({error.verify_message}); if its issuer can be trusted, name the file of"
            " the issuer's certificate in SSL_CERT_FILE."
        ) from None
    except (OSError, http.client.HTTPException) as error:
        other = "http" if address.is_tls else "https"
        raise WrongDoor(f"{where} does not answer as a door ({_why(error)}); is it {other}://{address.name}?") from None
    if status in (301, 302, 307, 308):
        raise WrongDoor(f"{where} sends buyers elsewhere ({location}); name the address they use with --url.")
    try:
        is_ours = status == 200 and "ticket_types" in json.loads(body)
    except ValueError:
        is_ours = False
    if not is_ours:
        raise WrongDoor(
            f"{where} does not know the copy of the event (it answered {status}), so it is no door of this"
            " installation; nothing more was asked of it."
        )
    return address


def _reached(address: Address) -> Address:
    """Names are looked up once, here: a buyers' process that looked one up for each connection would stand still
    meanwhile. Of several addresses the first that takes a connection."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise WrongDoor(f"{address.host} has no address ({_why(error)}); name the door with --url.") from None
    last: Exception | None = None
    for *_kind, place in found:
        try:
            socket.create_connection((str(place[0]), address.port), TIMEOUT_S).close()
        except OSError as error:
            last = error
        else:
            return replace(address, host=str(place[0]))
    raise WrongDoor(f"Nobody answers at {address.host}, port {address.port} ({_why(last)}); name the door with --url.")


def _ask(address: Address, path: str) -> tuple[int, bytes, str]:
    connection = http.client.HTTPConnection(address.host, address.port)
    try:
        connection.sock = socket.create_connection((address.host, address.port), TIMEOUT_S)
        if context := address.context():
            connection.sock = context.wrap_socket(connection.sock, server_hostname=address.hostname)
        connection.request("GET", path, headers=address.headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), (answer.getheader("Location") or "").partition("/api/")[0]
    finally:
        connection.close()


def _speaks_tls(port: int) -> bool:
    try:
        _ask(Address(OWN, port, f"{OWN}:{port}", is_tls=True), "/health/live")
    except ssl.SSLError:
        return False
    except (OSError, http.client.HTTPException):
        return False
    return True


def _why(error: Exception | None) -> str:
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
