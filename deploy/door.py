"""The door where servers come and go by DNS: the configuration of `fairgate up`, with names in place of ports.

    python door.py --listen 0.0.0.0:8000 --server web=web:8001 --server stock=stock:8002 --server gate=gate:8003

Each name stands for all servers of a kind; HAProxy asks for it every second and spreads requests over what it hears.
Without DNS each server is named by its address: `--server web=10.77.0.3:8001 --server web=10.77.0.4:8001`.
A kind that is not named has no servers. Who is trusted and how much a server takes at a time come from the settings, as
everywhere; all others may be missing.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import sys
from pathlib import Path

from fairgate.lib import env
from fairgate.runtime import binaries, door
from fairgate.runtime.door.servers import SLOTS
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation
from fairgate.runtime.kinds import at_a_time

# The door needs none of these, and others are refused without them.
NOT_NEEDED = {
    "FAIRGATE_SECRET_KEY": "-" * env.KEY_LENGTH,
    "FAIRGATE_DATABASE_URL": "postgresql:///",
    "FAIRGATE_VALKEY_URL": "valkey://",
    "FAIRGATE_PUBLIC_URL": "http://localhost",
}
# An address that is gone from the answer leaves; while nobody answers, the addresses that were known stay.
RESOLVERS = """
resolvers names
    {source}
    accepted_payload_size 8192
    resolve_retries 3
    timeout resolve 1s
    timeout retry 1s
    hold valid 1s
    hold obsolete 1s
    hold nx 5s
    hold timeout 1h
    hold refused 1h
    hold other 1h
"""
SERVER = re.compile(
    r"^ +server (?P<name>(?P<kind>web|stock|gate)(?P<place>\w+)) 127\.0\.0\.1:\d+ (?P<more>.*)$", re.MULTILINE
)
ADDRESS = re.compile(r"[0-9.]+:[0-9]+")
PLACES = re.compile(r"^    default-server (inter .*)$", re.MULTILINE)
# A host that was cut off says nothing, unlike a process that is slow, whose host still answers for it. What it was
# asked is then given up after these 3 s instead of `timeout server`, and what only reads is asked elsewhere. It stands
# with each server, since HAProxy 2.8 forgets it in `default-server`.
GONE = "tcp-ut 3s"
HEALTH = """defaults
    option srvtcpka
    srvtcpka-idle 1s
    srvtcpka-intvl 1s
    option httpchk
    http-check send meth GET uri /health/ready hdr Host localhost
    default-server {places} resolvers names resolve-prefer ipv4 init-addr none
"""


def main() -> None:
    options = _options()
    try:
        host, _, port = options.listen.rpartition(":")
        listener = door.listen(host.strip("[]"), int(port))
        figures_host, _, figures_port = (options.metrics or "").rpartition(":")
        ours = _door(options.data, listener, options.tls_cert, int(figures_port or 0))
        ours.render()
        elsewhere = by_name(ours.configuration.read_text(), options.server, options.resolver)
        elsewhere = elsewhere.replace(f"bind 127.0.0.1:{figures_port}\n", f"bind {figures_host}:{figures_port}\n")
        ours.configuration.write_text(elsewhere)
    except (CannotStart, env.SettingsError) as error:
        sys.exit(f"door: {error}")
    os.set_inheritable(listener.fileno(), True)
    os.chdir(ours.configuration.parent)
    # HAProxy takes this process's place, and so the signals that are meant for it.
    command = [str(ours.binary), "-db", "-f", ours.configuration.name]
    os.execve(ours.binary, command, {"LC_ALL": "C", "TZ": "UTC"})  # noqa: S606


def _door(data: Path, listener: socket.socket, certificate: Path | None, metrics_port: int) -> door.Door:
    installation = Installation(data.absolute())
    installation.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = env.from_environment(NOT_NEEDED | os.environ)
    proxies = [str(network) for network in settings.trusted_proxies]
    ours = door.Door(
        installation, binaries.haproxy(os.environ), listener, certificate, proxies, at_a_time(settings), metrics_port
    )
    for places in ours.servers.ports.values():
        places[:] = [9] * len(places)
    return ours


def by_name(configuration: str, names: dict[str, list[str]], resolver: str | None = None) -> str:
    """Every server by its kind's name. Each backend asks for itself who is well: DNS may give the same name another
    address in each of them, so none can rely on what another one found."""
    places = PLACES.search(configuration)
    if places is None or "\ndefaults\n" not in configuration:
        raise CannotStart("the configuration of `fairgate up` is not as it was when this was written.")

    def name(server: re.Match[str]) -> str:
        place = SLOTS if server["place"] == "next" else int(server["place"]) - 1
        if place >= len(names.get(server["kind"], ())):
            return ""
        more = re.sub(r"track \S+", "check", server["more"]).replace(" disabled", "")
        return f"    server {server['name']} {names[server['kind']][place]} {more} {GONE}"

    source = f"nameserver ours {resolver}" if resolver else "parse-resolv-conf"
    health = HEALTH.format(places=places[1])
    return SERVER.sub(name, configuration).replace("defaults\n", health, 1) + RESOLVERS.format(source=source)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="door")
    parser.add_argument("--listen", required=True, metavar="HOST:PORT")
    parser.add_argument("--server", required=True, action="append", type=_server, metavar="KIND=NAME:PORT")
    parser.add_argument("--data", default=Path("/tmp/door"), type=Path, help="where the configuration is written")  # noqa: S108
    parser.add_argument("--tls-cert", type=Path, help="PEM file with certificate and key")
    parser.add_argument("--metrics", type=_address, metavar="HOST:PORT", help="figures for Prometheus")
    parser.add_argument("--resolver", metavar="HOST:PORT", help="instead of those in /etc/resolv.conf")
    options = parser.parse_args()
    options.server = _by_kind(options.server, parser)
    return options


def _server(word: str) -> tuple[str, str]:
    if not re.fullmatch(r"(web|stock|gate)=[A-Za-z0-9.-]+:[0-9]+", word):
        raise argparse.ArgumentTypeError(f"{word}: give it as KIND=NAME:PORT, such as web=web.example.org:8001")
    kind, _, name = word.partition("=")
    return kind, name


def _address(word: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F.:\[\]*]+:[0-9]+", word):
        raise argparse.ArgumentTypeError(f"{word}: give it as HOST:PORT, such as 10.77.0.2:8404")
    return word


def _by_kind(servers: list[tuple[str, str]], parser: argparse.ArgumentParser) -> dict[str, list[str]]:
    """A name fills all places with what DNS says, an address fills one."""
    named: dict[str, list[str]] = {}
    for kind, server in servers:
        named.setdefault(kind, []).append(server)
    for kind, found in named.items():
        if len(found) == 1 and not _is_address(found[0]):
            named[kind] = found * (SLOTS + 1)
        elif len(found) > SLOTS or not all(map(_is_address, found)):
            parser.error(f"--server {kind}= takes one name, or up to {SLOTS} addresses such as 10.77.0.3:8001")
    return named


def _is_address(server: str) -> bool:
    return ADDRESS.fullmatch(server) is not None


if __name__ == "__main__":
    main()
