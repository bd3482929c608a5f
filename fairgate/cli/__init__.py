"""The command line. Each command imports what it needs when it runs, so that the supervisor and `run` stay small."""

from __future__ import annotations

import sys

import click

from fairgate.cli import keeping, running, seeing
from fairgate.runtime.errors import CannotStart


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


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    commands=[
        *(running.up, running.status, running.scale, running.restart, running.failover, running.down, running.run),
        *(keeping.demo, keeping.backup, keeping.restore, keeping.audit, keeping.manage),
        *(seeing.logs, seeing.doctor, seeing.rehearse, seeing.capacity),
    ],
)
def fairgate() -> None:
    """Sell tickets and run the door: one command starts everything, the others speak to it."""
