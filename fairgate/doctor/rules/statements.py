"""Statements that take long, come too often, or read whole tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fairgate.doctor.finding import Finding, Urgency
from fairgate.doctor.looks.database import BUSY_MS, SLOW_MS
from fairgate.doctor.looks.requests import MINUTES
from fairgate.doctor.looks.statements import Scan, Statement, is_of_a_page
from fairgate.doctor.rules.words import brief, count, names, seconds, sql
from fairgate.doctor.scene import Scene

# One at work for so long is slow, however seldom it comes; or one of which so many are at work at any moment.
LONG_S, OFTEN_AT_WORK = 1.0, 0.5
LARGE_TABLE = 10_000
# What is longer ago is over.
LATELY_S = 600.0
# Of one page, on average.
MANY, PAGES = 40, 5
REPEATED = 10


@dataclass
class Slow:
    text: str
    evidence: list[str]
    cost: float = 0.0


def slow(scene: Scene) -> Iterator[Finding]:
    """Seen at work, or counted by pg_stat_statements; with the missing index where PostgreSQL's plan shows one."""
    for seen in _all_slow(scene):
        large = large_scans(scene, seen.text)
        yield _missing_index(scene, seen, large[0]) if large else _slow(scene, seen)


def _all_slow(scene: Scene) -> list[Slow]:
    found: dict[str, Slow] = {}
    _note_running(scene, found)
    for one in scene.database.statements or ():
        _note_counted(scene, found, one)
    return list(found.values())


def large_scans(scene: Scene, text: str) -> list[Scan]:
    return [scan for scan in scene.database.scans.get(text, ()) if scan.rows >= LARGE_TABLE and scan.columns]


def scanned_now(scene: Scene) -> set[str]:
    """The large tables that are read whole, by what plans say and PostgreSQL counts."""
    tables = scene.database.tables.tables if scene.database.tables else ()
    planned = {scan.table for text in scene.database.scans for scan in large_scans(scene, text)}
    return planned | {one.name for one in tables if one.scanned_now >= 10 * LARGE_TABLE}


def _note_running(scene: Scene, found: dict[str, Slow]) -> None:
    sessions = scene.database.sessions
    if sessions is None:
        return
    looks = max(1, sessions.samples)
    for text, one in sessions.running.items():
        is_slow = one.longest_s >= LONG_S or _fills(one.seen / looks, one.longest_s)
        if is_slow and is_of_a_page(one.raw):
            line = f"Seen at work in {one.seen} of {looks} looks, for {seconds(one.longest_s)} at the longest."
            whose = sorted({session.who for session in sessions.all if session.pid in one.pids})
            found[text] = Slow(text, [line, *([f"Run by {names(whose[:3])}."] if whose else [])], one.seen / looks)


def _fills(at_work: float, longest_s: float) -> bool:
    return at_work >= OFTEN_AT_WORK and longest_s * 1000 >= SLOW_MS


def _note_counted(scene: Scene, found: dict[str, Slow], one: Statement) -> None:
    """What was slow and is over is nobody's concern any more, and its table may be gone. What is not slow by itself may
    keep a processor busy all the same: no page needs a whole table so often."""
    is_now = one.each_now_ms >= SLOW_MS or (one.now_ms >= BUSY_MS and bool(large_scans(scene, one.text)))
    if not is_now and one.text not in found:
        return
    noted = found.setdefault(one.text, Slow(one.text, []))
    if is_now:
        noted.evidence.append(
            f"{count(one.calls_now, 'time')} in the last {seconds(scene.between_s)},"
            f" {seconds(one.each_now_ms / 1000)} each."
        )
        noted.cost = max(noted.cost, one.now_ms / 1000 / scene.between_s)
    noted.evidence.append(
        f"Since the statistics began {count(one.calls, 'time')}, {seconds(one.each_ms / 1000)} each,"
        f" {seconds(one.total_ms / 1000)} in all."
    )


def _slow(scene: Scene, one: Slow) -> Finding:
    return Finding(
        "slow-statement",
        Urgency.HURTS,
        f"A statement is slow: {brief(one.text, 80)}",
        (*one.evidence, f"The statement: {one.text}"),
        (
            f"See what it does: {sql(scene, 'explain (analyze, buffers) …')} with values of yours in the place of …",
            *_ending(scene, one),
        ),
        cost=one.cost,
    )


def _ending(scene: Scene, one: Slow) -> list[str]:
    sessions = scene.database.sessions
    pids = [s.pid for s in sessions.all if s.statement == one.text and s.state == "active"] if sessions else []
    return [f"{sql(scene, f'select pg_cancel_backend({pids[0]})')}   # ends the one at work now"] if pids else []


def _missing_index(scene: Scene, one: Slow, scan: Scan) -> Finding:
    columns = ", ".join(scan.columns)
    return Finding(
        "missing-index",
        Urgency.HURTS,
        f"A statement reads all of {scan.table}, which has no index for it: {brief(one.text, 60)}",
        (
            f"PostgreSQL reads all {scan.rows:,} rows of {scan.table} and sorts them out by {columns}.",
            *one.evidence,
            f"The statement: {one.text}",
        ),
        (sql(scene, f"create index concurrently on {scan.table} ({columns})"), *_ending(scene, one)),
        cost=one.cost,
    )


def repeated(scene: Scene) -> Iterator[Finding]:
    """One page, many statements: by the logs; and which they are, by pg_stat_statements."""
    for route in scene.requests.routes.values():
        if route.count >= PAGES and route.statements_each >= MANY:
            often = [
                f"{count(one.calls_now, 'time')} in {seconds(scene.between_s)}: {one.text}"
                for one in sorted(scene.database.statements or (), key=lambda one: -one.calls_now)[:1]
                if one.calls_now >= REPEATED * route.count * scene.between_s / (60 * MINUTES)
            ]
            yield Finding(
                "statements-repeated",
                Urgency.ADVICE,
                f"{route.route} of {route.service} asks the database {route.statements_each:.0f} times for one page",
                (
                    f"{count(route.count, 'request')} in {MINUTES} min, {seconds(route.each_ms / 1000)} each.",
                    *often,
                ),
                (
                    "Read what belongs together at once (select_related, prefetch_related);"
                    " the statements of a slow request are in its log line (FAIRGATE_SLOW_MS).",
                ),
                cost=route.statements,
            )


def scanned(scene: Scene) -> Iterator[Finding]:
    """Tables read whole again and again, unless by what is told of itself; the copies that a backup makes are few."""
    tables = scene.database.tables
    slow_texts = [found.text for found in _all_slow(scene)]
    for one in tables.tables if tables else ():
        if any(re.search(rf"\b{re.escape(one.name)}\b", text) for text in slow_texts):
            continue
        is_now = one.scanned_now >= 10 * LARGE_TABLE
        is_late = 0 <= one.last_scan_s < LATELY_S and one.scans >= 200 and one.scanned >= 200 * one.rows / 2
        if one.rows < LARGE_TABLE or not (is_now or is_late):
            continue
        last = f", the last {seconds(max(0.0, one.last_scan_s))} ago" if one.last_scan_s >= 0 else ""
        reading = [s.text for s in scene.database.statements or () if s.calls_now and one.name in s.text]
        yield Finding(
            "sequential-scans",
            Urgency.HURTS if is_now else Urgency.ADVICE,
            f"The whole table {one.name} is read again and again",
            (
                f"{one.rows:,} rows; {one.scanned_now:,} read by scans in the last {seconds(scene.between_s)},"
                f" {one.scanned:,} in {count(one.scans, 'scan')} since the statistics began{last}.",
                *(f"A statement that names it: {text}" for text in reading[:1]),
            ),
            (f"An index for what the statements on {one.name} compare; see missing-index and slow-statement.",),
            cost=0.5,
            is_symptom=True,
        )


RULES = (slow, repeated, scanned)
