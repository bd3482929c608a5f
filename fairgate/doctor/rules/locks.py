"""Who waits for whom in the database, and transactions that nobody ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fairgate.doctor.finding import Finding, Urgency
from fairgate.doctor.looks.figures import Figures
from fairgate.doctor.looks.sessions import Session
from fairgate.doctor.rules.door import refuses
from fairgate.doctor.rules.words import brief, count, names, seconds, sql
from fairgate.doctor.scene import Scene

# Less is usual for a row that many want.
LOCKED_S = 1.0
IDLE_S = 5.0
LONG_S = 60.0
# Of a statement that waits: shorter than what it waits for.
WAITING_LETTERS = 120
# They read for long and hold nobody up but the vacuum.
COPIES = ("pg_dump", "pg_basebackup")


def waits(scene: Scene) -> Iterator[Finding]:
    """Told of whom all others wait for, at the end of the chain."""
    sessions = _by_pid(scene)
    for pid, waiting in _blocked(sessions).items():
        yield _waits(scene, pid, sessions.get(pid), waiting)


def _by_pid(scene: Scene) -> dict[int, Session]:
    return {one.pid: one for one in scene.database.sessions.all} if scene.database.sessions else {}


def _blocked(sessions: dict[int, Session]) -> dict[int, list[Session]]:
    blocked: dict[int, list[Session]] = {}
    for one in sessions.values():
        if one.is_waiting_for_lock and one.statement_s >= LOCKED_S:
            for pid in _roots(one, sessions):
                blocked.setdefault(pid, []).append(one)
    return blocked


def _roots(session: Session, sessions: dict[int, Session]) -> set[int]:
    roots: set[int] = set()
    seen: set[int] = set()
    looking = list(session.blocked_by)
    while looking:
        pid = looking.pop()
        if pid in seen:
            continue
        seen.add(pid)
        above = sessions[pid].blocked_by if pid in sessions else ()
        looking += above
        if not above:
            roots.add(pid)
    return roots


def _waits(scene: Scene, pid: int, holder: Session | None, waiting: list[Session]) -> Finding:
    longest = max(waiting, key=lambda one: one.statement_s)
    who = holder.who if holder else f"database session {pid}" if pid else "a prepared transaction"
    whose = Counter(one.client or one.application or "an unnamed program" for one in waiting)
    hang = [one.process for one in scene.figures if one.process in whose and _is_full(one)]
    evidence = [
        f"{count(len(waiting), 'statement waits', 'statements wait')}"
        f" ({names(f'{number} of {name}' for name, number in whose.most_common())}),"
        f" one for {seconds(longest.statement_s)}: {brief(longest.statement, WAITING_LETTERS)}"
    ]
    if holder:
        evidence.insert(
            0,
            f"It does: {holder.statement} (in a transaction open for {seconds(holder.open_s)}, {holder.state} for"
            f" {seconds(holder.state_s)})",
        )
    if hang:
        evidence.append(f"All that {names(hang)} may work on at a time is taken: others get no answer.")
    if refuses(scene):
        evidence.append(f"{100 * scene.requests.share(503):.0f} % of visitors are told to come again (503).")
    return Finding(
        "lock-waits",
        Urgency.STOPS if hang or refuses(scene) else Urgency.HURTS,
        f"{who} holds a lock that {count(len(waiting), 'other waits', 'others wait')} for",
        tuple(evidence),
        (sql(scene, f"select pg_terminate_backend({pid})") + "   # its transaction is undone, theirs go on",)
        if pid
        else (sql(scene, "select gid, prepared, owner from pg_prepared_xacts") + "   # then: rollback prepared 'GID'",),
        cost=float(len(waiting)),
    )


def _is_full(figures: Figures) -> bool:
    limit = figures.total("fairgate_turns_limit")
    return bool(limit) and figures.total("fairgate_turns_at_work") >= limit


def idle(scene: Scene) -> Iterator[Finding]:
    """An open transaction in which nothing happens: its locks stay, and so does every row that others delete.
    One that others wait for is told of by that."""
    blocking = _blocked(_by_pid(scene))
    for one in _open(scene):
        if one.is_idle_in_transaction and one.state_s >= IDLE_S and one.pid not in blocking:
            yield Finding(
                "transaction-idle",
                Urgency.HURTS,
                f"{one.who} has left a transaction open",
                (
                    f"Open for {seconds(one.open_s)}, idle for {seconds(one.state_s)};"
                    f" its last statement: {one.statement}",
                ),
                (sql(scene, f"select pg_terminate_backend({one.pid})") + "   # the transaction is undone",),
                cost=0.5,
            )


def long(scene: Scene) -> Iterator[Finding]:
    for one in _open(scene):
        if not one.is_idle_in_transaction and one.open_s >= LONG_S and not one.is_waiting_for_lock:
            yield Finding(
                "transaction-long",
                Urgency.ADVICE,
                f"{one.who} works in one transaction for {seconds(one.open_s)}",
                (f"Meanwhile no deleted row can be tidied up. Its statement: {one.statement}",),
                (sql(scene, f"select pg_cancel_backend({one.pid})") + "   # ends the statement",),
            )


def _open(scene: Scene) -> list[Session]:
    sessions = scene.database.sessions
    return [one for one in sessions.all if one.application not in COPIES] if sessions else []


RULES = (waits, idle, long)
