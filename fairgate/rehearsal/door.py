"""Finding the door, and making sure that it is this installation's own. No Django."""

from __future__ import annotations

import http.client
import json
import ssl
from urllib.parse import urlsplit

from fairgate.rehearsal.errors import CannotRehearse
from fairgate.rehearsal.wire import Address

TIMEOUT_S = 10
OWN = "127.0.0.1"


class WrongDoor(CannotRehearse):
    pass


def on_this_machine(port: int, public_url: str) -> Address:
    """Buyers ask for the public name, wherever that leads: they go to the door itself."""
    name = urlsplit(public_url).netloc
    return Address(OWN, port, name, is_tls=_speaks_tls(port))


def at(url: str) -> Address:
    """Raises WrongDoor for what is no address."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or parts.path.strip("/"):
        raise WrongDoor(f"{url} is no address of a door; write --url https://tickets.example.org.")
    is_tls = parts.scheme == "https"
    return Address(parts.hostname, port or (443 if is_tls else 80), parts.netloc, is_tls, is_own=False)


def check(address: Address, organizer: str, event: str) -> None:
    """One question, that only the installation can answer whose database has the copy: its name cannot be guessed. So
    nobody else's door is ever asked more than this. Raises WrongDoor."""
    where = address.origin
    try:
        status, body, location = _ask(address, f"/api/v1/shop/{organizer}/{event}")
    except (OSError, http.client.HTTPException) as error:
        raise WrongDoor(
            f"Nobody answers at {address.host}, port {address.port} ({_why(error)}); name the door with --url."
        ) from None
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


def _ask(address: Address, path: str) -> tuple[int, bytes, str]:
    connection: http.client.HTTPConnection
    if context := address.context():
        connection = http.client.HTTPSConnection(address.host, address.port, timeout=TIMEOUT_S, context=context)
    else:
        connection = http.client.HTTPConnection(address.host, address.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", path, headers={"Host": address.name, "User-Agent": "fairgate-rehearsal"})
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


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or getattr(error, "verify_message", None) or type(error).__name__
