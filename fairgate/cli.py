"""The command line. Each command imports what it needs when it runs, so that the supervisor and `run` stay small."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import click

from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation, installation

DATA = click.option(
    "--data",
    default="var",
    metavar="DIR",
    show_default="./var",
    callback=lambda _context, _option, value: installation(value),
    help="The installation's folder.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
ARCHIVE = click.option(
    "--archive",
    envvar="FAIRGATE_ARCHIVE",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where the database's log is kept, for `restore --at`; on another disk.",
)
# What follows belongs to Django's command, its --help included.
PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []}


def main() -> None:
    """Exit codes: 0 done, 1 a check failed, 2 wrong use or cannot start, with one sentence on stderr."""
    try:
        code = fairgate.main(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(2)
    except click.ClickException as error:
        sys.exit(_refuse(_one_line(error.format_message()) + _see_help(error)))
    except CannotStart as error:
        sys.exit(_refuse(_one_line(str(error))))
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _refuse(sentence: str) -> int:
    click.echo(f"fairgate: {sentence}", err=True)
    return 2


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _see_help(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f" See `{context.command_path} --help`." if context else ""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def fairgate() -> None:
    """Sell tickets and run the door: one command starts everything, the others speak to it."""


@fairgate.command()
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
    """Start PostgreSQL, Valkey, all services and the door; Ctrl-C stops them."""
    from fairgate.runtime.up import up, up_detached
    from fairgate.runtime.wish import Wish

    certificate, folder = tls_cert.absolute() if tls_cert else None, archive.absolute() if archive else None
    wish = Wish(port, bind, certificate, counts, demo, replicas, synchronous, cache, folder, prometheus)
    if detach:
        up_detached(data, wish)
    else:
        up(data, wish)


@fairgate.command()
@DATA
@JSON
def status(data: Installation, as_json: bool) -> int:
    """Each process and its state; exit code 1 if anything is down."""
    from fairgate.runtime import commands
    from fairgate.runtime.status import is_well

    found = commands.status(data)
    if as_json:
        click.echo(json.dumps(found))
    else:
        _show_status(data, found)
    return 0 if is_well(found) else 1


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
    if database["lag_bytes"] is None:
        return " does not follow"
    return f" {database['lag_bytes']} bytes behind{', synchronous' if database['synchronous'] else ''}"


@fairgate.command()
@DATA
@click.argument("counts", nargs=-1, metavar="KIND=NUMBER...")
def scale(data: Installation, counts: tuple[str, ...]) -> None:
    """Change how many processes of a kind run: web, stock, gate, worker."""
    from fairgate.runtime import commands

    now = commands.scale(data, counts)
    click.echo("Running now: " + ", ".join(f"{kind}={number}" for kind, number in now.items()))


@fairgate.command()
@DATA
@click.argument("kinds", nargs=-1, metavar="[KIND]...")
def restart(data: Installation, kinds: tuple[str, ...]) -> None:
    """Exchange each process for a fresh one, without a failed request: all kinds, or those named."""
    from fairgate.runtime import commands

    click.echo("Restarted: " + ", ".join(commands.restart(data, kinds)))


@fairgate.command()
@DATA
def failover(data: Installation) -> None:
    """Make a standby the primary, and the primary its standby."""
    from fairgate.runtime import commands

    click.echo(f"{commands.failover(data)} is the primary now, and the others follow it.")


@fairgate.command()
@DATA
def down(data: Installation) -> None:
    """Stop everything and wait until it has ended."""
    from fairgate.runtime import commands

    commands.down(data)


@fairgate.command()
@click.argument("kind")
@click.option("--listen", required=True, metavar="HOST:PORT", help="Where it answers; health checks too.")
def run(kind: str, listen: str) -> None:
    """One process of a KIND, configured by the environment alone: web, stock, gate, worker, beat or relay."""
    from fairgate.runtime.kinds import run_kind

    run_kind(kind, listen)


@fairgate.command()
@DATA
def demo(data: Installation) -> None:
    """Load the demo events and sign-ins; again and again without harm."""
    from fairgate.runtime import commands

    commands.manage(data, ["load_demo"])


@fairgate.command()
@DATA
@click.argument("file", type=click.Path(path_type=Path))
def backup(data: Installation, file: Path) -> None:
    """Save everything that an installation needs in one FILE, while it runs or not."""
    from fairgate.runtime.backup import backup

    saved = backup(data, file)
    click.echo(f"Saved in {file}, {file.stat().st_size / 1e6:.1f} MB: all that was answered before {saved.taken_at}.")


@fairgate.command()
@DATA
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--at", metavar="TIME", help="Out of the archive: a time with its zone, or `latest`.")
@ARCHIVE
def restore(data: Installation, file: Path | None, at: str | None, archive: Path | None) -> None:
    """Put what `backup` saved in FILE, or an archive at a TIME, into an empty folder; then `fairgate up` starts it."""
    if (file is None) == (at is None):
        raise click.UsageError("Name either a FILE by `fairgate backup`, or a time with --at.")
    if file is not None:
        from fairgate.runtime.restore import restore

        until = restore(data, file).taken_at
    elif archive is None:
        raise click.UsageError("Say where the archive is with --archive.")
    else:
        from fairgate.runtime.archive_restore import restore_at

        until = restore_at(data, archive, at or "")
    click.echo(f"Restored into {data.root}: all that was answered before {until}.")


@fairgate.command()
@DATA
@JSON
@click.option("--request", default="", metavar="ID", help="One request's story, through all processes.")
@click.option("--service", default="", metavar="NAME", help="Of one kind of process, such as web, or of one, web-2.")
@click.option("--since", default="", metavar="TIME", help="Not older than 90s, 5m, 2h, 1d, or since a time.")
@click.option(
    "--level",
    default="debug",
    type=click.Choice(["debug", "info", "warning", "error", "critical"]),
    metavar="LEVEL",
    help="At least so bad: debug, info, warning, error or critical.",
)
@click.option("--follow", is_flag=True, help="What is written from now on, until Ctrl-C; with --json a line each.")
def logs(data: Installation, as_json: bool, **wish: Any) -> int:
    """What all processes wrote, in order of time; exit code 1 if no line knows the request."""
    from rich.console import Console

    from fairgate.runtime.logs import Wish, show

    return show(data, Wish(**wish), as_json=as_json, console=Console(highlight=False))


@fairgate.command()
@DATA
@JSON
def audit(data: Installation, as_json: bool) -> None:
    """Recompute every invariant; exit code 1 and what differs, if anything does."""
    from fairgate.runtime import commands

    commands.manage(data, ["audit_stock", *(["--json"] if as_json else [])])


@fairgate.command()
@DATA
@JSON
def doctor(data: Installation, as_json: bool) -> int:
    """What is the bottleneck, by which evidence, and what to do; exit code 1 if anything hurts now."""
    from rich.console import Console

    from fairgate.doctor import report, rules, scene
    from fairgate.doctor.finding import is_well

    seen = scene.gather(data)
    findings = rules.judge(seen)
    if as_json:
        click.echo(json.dumps(report.as_json(seen, findings)))
    else:
        report.show(seen, findings, Console(highlight=False))
    return 0 if is_well(findings) else 1


@fairgate.command()
@DATA
@JSON
@click.argument("event", metavar="ORGANIZER/EVENT")
@click.option("--buyers", required=True, type=click.IntRange(1, 1_000_000), help="How many come.")
@click.option(
    "--seconds", default=180.0, show_default=True, type=click.FloatRange(1, 6 * 3600), help="Within which they come."
)
@click.option("--rate", type=click.FloatRange(0, min_open=True), metavar="R", help="At most so many come in a second.")
@click.option("--faults", is_flag=True, help="Kill a web, a stock and a worker process meanwhile.")
@click.option("--url", default="", metavar="URL", help="The door that buyers use, if it is not on this machine.")
@click.option(
    "--report", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Where report.html and .json go."
)
def rehearse(*, data: Installation, as_json: bool, report: Path | None, **wanted: Any) -> int:
    """Sell a copy of an event to buyers who do not exist, and remove it; exit code 1 if it was not sold exactly."""
    from fairgate.rehearsal.wish import Wish
    from fairgate.rehearsal.words import summary
    from fairgate.runtime.rehearse import rehearse

    result = rehearse(data, Wish(**wanted), report)
    if as_json:
        click.echo(json.dumps(result))
    else:
        click.echo("\n".join(summary(result)))
        if report:
            click.echo(f"The report: {report / 'report.html'}")
    return 0 if result["exact"] else 1


@fairgate.command()
@DATA
@JSON
@click.option("--buyers", required=True, type=click.IntRange(1, 100_000_000), help="How many buy.")
@click.option(
    "--minutes", required=True, type=click.FloatRange(0, 60 * 24, min_open=True), help="Within which they come."
)
@click.option("--cores", type=click.IntRange(1, 1024), help="Of each machine; this one's unless given.")
@click.option("--measure", is_flag=True, help="Compare this machine's speed first; takes two seconds.")
def capacity(
    *, data: Installation, as_json: bool, buyers: int, minutes: float, cores: int | None, measure: bool
) -> int:
    """How many processes and machines so many buyers need; exit code 1 if no installation serves them in time."""
    from rich.console import Console

    from fairgate.capacity import command, report
    from fairgate.capacity.costs import reference

    if math.isnan(minutes):
        raise click.BadParameter("nan is no number of minutes.", param_hint="--minutes")

    told = command.answer(data, buyers, minutes, cores, measure)
    if as_json:
        click.echo(json.dumps(told))
    else:
        report.show(Console(highlight=False), told, reference())
    return 1 if told["plans"][0]["beyond"] else 0


@fairgate.command(context_settings=PASS_ON)
@DATA
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(data: Installation, arguments: tuple[str, ...]) -> None:
    """Django's management commands, such as `fairgate manage createsuperuser`."""
    from fairgate.runtime import commands

    commands.manage(data, arguments)
