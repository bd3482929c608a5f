"""What looks after the data."""

from __future__ import annotations

from pathlib import Path

import click

from fairgate.cli.options import ARCHIVE, DATA, JSON
from fairgate.runtime.installation import Installation

# What follows belongs to Django's command, its --help included.
PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []}


@click.command()
@DATA
def demo(data: Installation) -> None:
    """Load the demo events and sign-ins. Again and again without harm."""
    from fairgate.runtime import commands

    commands.manage(data, ["load_demo"])


@click.command()
@DATA
@click.argument("file", type=click.Path(path_type=Path))
def backup(data: Installation, file: Path) -> None:
    """Save everything that an installation needs in one FILE. It may run meanwhile."""
    from fairgate.runtime.backup import backup

    saved = backup(data, file)
    click.echo(f"Saved in {file}, {file.stat().st_size / 1e6:.1f} MB: all that was answered before {saved.taken_at}.")


@click.command()
@DATA
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--at", metavar="TIME", help="Out of the archive: a time with its zone, or `latest`.")
@ARCHIVE
def restore(data: Installation, file: Path | None, at: str | None, archive: Path | None) -> None:
    """Put a backup or an archive into an empty folder.

    Either what `backup` saved in FILE, or an archive as it was at a TIME; then `fairgate up` starts it.
    """
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


@click.command()
@DATA
@JSON
def audit(data: Installation, as_json: bool) -> None:
    """Recompute every invariant. Exit code 1 and what differs, if anything does."""
    from fairgate.runtime import commands

    commands.manage(data, ["audit_stock", *(["--json"] if as_json else [])])


@click.command(context_settings=PASS_ON)
@DATA
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(data: Installation, arguments: tuple[str, ...]) -> None:
    """Django's management commands. One is `fairgate manage createsuperuser`."""
    from fairgate.runtime import commands

    commands.manage(data, arguments)
