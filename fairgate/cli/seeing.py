"""What tells how a sale goes, went or will go."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import click

from fairgate.cli.options import DATA, JSON
from fairgate.runtime.installation import Installation


@click.command()
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
    """What all processes wrote, in order of time. Exit code 1 if no line knows the request."""
    from rich.console import Console

    from fairgate.runtime.logs import Wish, show

    return show(data, Wish(**wish), as_json=as_json, console=Console(highlight=False))


@click.command()
@DATA
@JSON
def doctor(data: Installation, as_json: bool) -> int:
    """What is the bottleneck, by which evidence, and what to do. Exit code 1 if anything hurts now.

    Each finding has one of three urgencies, and causes come before what they cause:

    \b
      stops the sale   nothing, or nothing of a kind, can be sold
      hurts now        somebody waits, is refused, or an effect such as mail does not happen
      advice           nobody is hurt yet

    Exit code 0: nothing hurts, though there may be advice. 1: something stops the sale or hurts. 2: nothing runs here.
    """
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


@click.command()
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
    """Sell a copy of an event to buyers who do not exist. Exit code 1 if it was not sold exactly."""
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


@click.command()
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
    """How many processes and machines so many buyers need. Exit code 1 if no installation serves them in time."""
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
