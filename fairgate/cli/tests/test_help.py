"""What `fairgate --help` says to who sees it for the first time."""

from __future__ import annotations

from click.testing import CliRunner

from fairgate import cli


def test_every_command_is_told_in_a_whole_sentence() -> None:
    told = CliRunner().invoke(cli.fairgate, ["--help"]).output.partition("Commands:\n")[2].splitlines()

    assert len(told) == len(cli.fairgate.commands)
    assert [line for line in told if line.endswith("...") or not line.endswith(".")] == []
