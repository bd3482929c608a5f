"""What starts and stops processes, and says how they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from fairgate.cli.options import ARCHIVE, DATA, JSON
from fairgate.runtime.installation import Installation


@click.command()
@DATA
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="The door's port.")
@click.option("--bind", default="127.0.0.1", show_default=True, metavar="HOST", help="The door's address.")
@click.option(
    "--tls-cert", type=click.Path(path_type=Path), metavar="FILE", help="PEM file with certificate and key: HTTPS."
)
@click.option("--web", default=1, show_default=True, help="How many web processes.")
@click.option("--stock", default=1, show_default=True, help="How many stock processes.")
@click.option("--gate", default=1, show_default=True, help="How many gate processes.")
@click.option("--worker", default=1, show_default=True, help="How many workers.")
@click.option("--replicas", default=0, show_default=True, help="How many standbys follow the database.")
@click.option(
    "--cache",
    default="valkey",
    show_default=True,
    type=click.Choice(["valkey", "memcached"]),
    help="Who keeps public pages' data for all processes.",
)
@click.option("--synchronous", is_flag=True, help="Answer when one of the standbys has it too.")
@ARCHIVE
@click.option(
    "--prometheus",
    type=click.IntRange(1, 65535),
    is_flag=False,
    flag_value=9090,
    metavar="[PORT]",
    help="Run Prometheus too, with rules and alerts, on this machine alone; PORT is 9090 unless given.",
)
@click.option("--demo", is_flag=True, help="Load the demo events and sign-ins.")
@click.option("--detach", is_flag=True, help="Return when the door answers; `fairgate down` stops it.")
def up(
    *,
    data: Installation,
    port: int,
    bind: str,
    tls_cert: Path | None,
    replicas: int,
    synchronous: bool,
    cache: str,
    archive: Path | None,
    prometheus: int | None,
    demo: bool,
    detach: bool,
    **counts: int,
) -> None:
    """Start PostgreSQL, Valkey, all services and the door. Ctrl-C stops them."""
    from fairgate.runtime.up import up, up_detached
    from fairgate.runtime.wish import Wish

    certificate, folder = tls_cert.absolute() if tls_cert else None, archive.absolute() if archive else None
    wish = Wish(port, bind, certificate, counts, demo, replicas, synchronous, cache, folder, prometheus)
    if detach:
        up_detached(data, wish)
    else:
        up(data, wish)


@click.command()
@DATA
@JSON
def status(data: Installation, as_json: bool) -> int:
    """Each process and its state. Exit code 1 if anything is down."""
    from fairgate.runtime import commands

    found = commands.status(data)
    if as_json:
        click.echo(json.dumps(found))
    else:
        _show_status(data, found)
    return 0 if commands.is_well(found) else 1


def _show_status(data: Installation, found: dict[str, Any]) -> None:
    if not found["processes"]:
        click.echo(f"No Fairgate runs in {data.root}; start it with `fairgate up --data {data.root}`.", err=True)
    for process in found["processes"]:
        name = f"{process['name']}-{process['index']}"
        port, pid, restarts = process["port"], process["pid"] or "-", process["restarts"]
        figures = f" metrics on port {process['metrics_port']}" if "metrics_port" in process else ""
        click.echo(f"{name:<12} {process['state']:<9} port {port:<6} pid {pid:<8} restarts {restarts}{figures}")
    for database in found["databases"]:
        click.echo(f"{database['role']:<12} {database['url']}{_how_it_follows(database)}")


def _how_it_follows(database: dict[str, Any]) -> str:
    if database["role"] == "primary":
        return ""
    if database.get("error"):
        return f" cannot be asked about: {database['error']}"
    if database["lag_bytes"] is None:
        return " does not follow"
    return f" {database['lag_bytes']} bytes behind{', synchronous' if database['synchronous'] else ''}"


@click.command()
@DATA
@click.argument("counts", nargs=-1, metavar="KIND=NUMBER...")
def scale(data: Installation, counts: tuple[str, ...]) -> None:
    """Change how many processes of a kind run. Kinds: web, stock, gate, worker."""
    from fairgate.runtime import commands

    now = commands.scale(data, counts)
    click.echo("Running now: " + ", ".join(f"{kind}={number}" for kind, number in now.items()))


@click.command()
@DATA
@click.argument("kinds", nargs=-1, metavar="[KIND]...")
def restart(data: Installation, kinds: tuple[str, ...]) -> None:
    """Exchange each process for a fresh one, without a failed request. All kinds, or those named."""
    from fairgate.runtime import commands

    click.echo("Restarted: " + ", ".join(commands.restart(data, kinds)))


@click.command()
@DATA
def failover(data: Installation) -> None:
    """Make a standby the primary, and the primary its standby."""
    from fairgate.runtime import commands

    click.echo(f"{commands.failover(data)} is the primary now, and the others follow it.")


@click.command()
@DATA
def down(data: Installation) -> None:
    """Stop everything and wait until it has ended."""
    from fairgate.runtime import commands

    commands.down(data)


@click.command()
@click.argument("kind")
@click.option("--listen", required=True, metavar="HOST:PORT", help="Where it answers; health checks too.")
def run(kind: str, listen: str) -> None:
    """One process of a KIND, configured by the environment alone. Kinds: web, stock, gate, worker, beat, relay."""
    from fairgate.runtime.run import run_kind

    run_kind(kind, listen)
