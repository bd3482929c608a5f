"""Every finding is explained, and named first when its fault is there; and how they are told."""

from __future__ import annotations

import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

import psycopg
from click.testing import CliRunner
from rich.console import Console

from fairgate.cli.seeing import doctor
from fairgate.doctor import report
from fairgate.doctor.finding import Finding, Urgency, ranked
from fairgate.doctor.looks import asking
from fairgate.doctor.looks.database import Database
from fairgate.doctor.looks.sessions import Sessions
from fairgate.doctor.looks.tables import Index, Tables
from fairgate.doctor.rules import judge
from fairgate.doctor.rules.words import brief
from fairgate.doctor.scene import Scene
from fairgate.doctor.tests.named import findings, planted

RUNBOOK = Path(__file__).parents[3] / "docs/runbooks/doctor.md"


def test_every_finding_is_in_the_runbook_and_none_else() -> None:
    assert set(re.findall(r"^### ([a-z-]+)$", RUNBOOK.read_text(), re.MULTILINE)) == findings()


def test_every_finding_has_a_test_that_plants_it() -> None:
    assert planted() == findings()


def test_nothing_seen_is_nothing_found(quiet: Scene) -> None:
    assert judge(quiet) == []


def test_the_commands_help_tells_the_urgencies() -> None:
    told = CliRunner().invoke(doctor, ["--help"]).output

    assert [said for said in report.SAID.values() if f"  {said} " not in told] == []


def test_what_could_not_be_read_is_not_told_as_nothing(quiet: Scene) -> None:
    locked = Tables((), (Index("pages", "pages_n", 0, 0, is_promise=True, is_valid=True),), 0, 0, 0)
    seen = replace(quiet, database=Database(sessions=Sessions((), 250, 247), tables=locked))

    assert [one for one in report.looked_at(seen) if "tables" in one or "connections" in one] == [
        "the database (247 of 247 connections)"
    ]
    assert asking.why(psycopg.errors.LockNotAvailable()) == "somebody holds a lock on them"


def test_a_long_statement_is_cut_between_words() -> None:
    assert brief("SELECT email FROM crowd", 16) == "SELECT email …"
    assert brief("SELECT email FROM crowd", 23) == "SELECT email FROM crowd"


def test_causes_come_before_symptoms_and_the_dearest_first() -> None:
    def found(name: str, urgency: Urgency, cost: float, *, is_symptom: bool = False) -> Finding:
        return Finding(name, urgency, name, (), (), cost, is_symptom)

    order = ranked(
        [
            found("later", Urgency.ADVICE, 99),
            found("symptom", Urgency.HURTS, 50, is_symptom=True),
            found("cheap", Urgency.HURTS, 1),
            found("dear", Urgency.HURTS, 2),
            found("end", Urgency.STOPS, 0),
        ]
    )

    assert [one.id for one in order] == ["end", "dear", "cheap", "symptom", "later"]


def test_the_report_leaves_commands_whole(quiet: Scene) -> None:
    lever = "fairgate scale --data " + "/very-long" * 20 + " web=2"
    printed = StringIO()

    report.show(
        quiet, [Finding("x", Urgency.HURTS, "It hurts", ("Since 7 s.",), (lever,))], Console(file=printed, width=60)
    )
    report.show(quiet, [], Console(file=printed, width=60))

    assert f"   → {lever}" in printed.getvalue().splitlines()
    assert f"What each means, by its last word (x): {RUNBOOK}." in printed.getvalue()
    assert "1. It hurts  [hurts now]  x" in printed.getvalue()
    assert "All is well: nothing was found that is slow, full, down or behind." in printed.getvalue()
