"""Connections to the database, the pools that hold them, and who waits for a turn or a lane."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fairgate.doctor.finding import Finding, Urgency
from fairgate.doctor.looks.figures import Figures
from fairgate.doctor.looks.requests import MINUTES
from fairgate.doctor.looks.sessions import Session
from fairgate.doctor.rules.words import brief, count, seconds, sql
from fairgate.doctor.scene import Scene
from fairgate.runtime.connections import of_one

NEARLY = 0.9
# Of its time, that a lane is in a transaction; more is all it can.
LANE_FULL = 0.9


def server(scene: Scene) -> Iterator[Finding]:
    """The database's own limit."""
    sessions, is_full = scene.database.sessions, scene.database.is_full
    if sessions is None:
        if is_full:
            said = scene.database.error.rpartition("FATAL:")[2].strip()
            yield _server(scene, "The database has no connection left", f"PostgreSQL says: {said}.", ())
        return
    if not is_full and (not sessions.most or sessions.used < NEARLY * sessions.most):
        return
    holders = Counter((_holder(one), one.state or "unknown") for one in sessions.all)
    told = "; ".join(f"{number} of {who}, {state}" for (who, state), number in holders.most_common(5))
    # PostgreSQL keeps a few for its administrators, of which one is looking.
    is_over = sessions.used >= sessions.most
    taken = f"All {sessions.most}" if is_over else f"{sessions.used} of {sessions.most}"
    yield _server(
        scene,
        f"The database has {'no' if is_full else 'hardly any'} connection left",
        f"{taken} connections for applications are taken: {told}.",
        sessions.all,
    )


def _server(scene: Scene, title: str, evidence: str, sessions: tuple[Session, ...]) -> Finding:
    urgency = Urgency.STOPS if scene.database.is_full else Urgency.HURTS
    levers = _of_a_stranger(scene, sessions) or (
        f"Fewer processes: `fairgate scale`; each web process may take {of_one(scene.settings)['web']}.",
        "PgBouncer before the database, or a server of your own with a larger max_connections.",
    )
    return Finding("connections-full", urgency, title, (evidence,), levers, cost=float(len(sessions)))


def _of_a_stranger(scene: Scene, sessions: tuple[Session, ...]) -> tuple[str, ...]:
    """Of one that holds most: against it, nothing of Fairgate's is to be made smaller or larger."""
    ours = {process.name for process in scene.processes}
    strangers = Counter(one.client_pid for one in sessions if one.client_pid and one.client not in ours)
    if not ours or not strangers:
        return ()
    pid, number = strangers.most_common(1)[0]
    if number <= len(sessions) / 4:
        return ()
    name = next(one.client for one in sessions if one.client_pid == pid)
    return (f"kill {pid}   # {name} is none of Fairgate's processes and holds {number} of them",)


def _holder(session: Session) -> str:
    return session.client or session.application or "an unnamed program"


def pools(scene: Scene) -> Iterator[Finding]:
    for figures in scene.figures:
        for labels, in_use in figures.each("fairgate_pool_connections_in_use"):
            most = _one(figures, "fairgate_pool_connections_most", labels)
            waiting = _one(figures, "fairgate_pool_requests_waiting", labels)
            refused = figures.more("fairgate_pool_requests_refused_total", pool=labels["pool"])
            if not most or not (in_use >= most or waiting or refused):
                continue
            yield Finding(
                "pool-full",
                Urgency.HURTS,
                f"{figures.process} has all connections of its pool in use",
                (
                    f"Pool {labels['pool']}: {in_use:.0f} of {most:.0f} in use,"
                    f" {count(waiting, 'waits', 'wait')} for one,"
                    f" {refused:.0f} got none in {seconds(scene.between_s)}.",
                    *_doing(scene, figures.process),
                ),
                (
                    "What its sessions do or wait for is the cause: see the other findings.",
                    *_more_of(scene, figures.process),
                ),
                cost=in_use + waiting + refused,
                is_symptom=True,
            )


def timeouts(scene: Scene) -> Iterator[Finding]:
    """What the logs say of pools, where no figure does."""
    for process, number in scene.requests.pool_timeouts.items():
        yield Finding(
            "pool-timeouts",
            Urgency.HURTS,
            f"Requests of {process} got no connection from its pool",
            (
                f"{count(number, 'request was', 'requests were')} told to come again within {MINUTES} min.",
                *_doing(scene, process),
            ),
            ("What its sessions do or wait for is the cause: see the other findings.", *_more_of(scene, process)),
            cost=number,
            is_symptom=True,
        )


def turns(scene: Scene) -> Iterator[Finding]:
    """Requests that a process has and does not work on yet."""
    for figures in scene.figures:
        limit, waiting = figures.total("fairgate_turns_limit"), figures.total("fairgate_turns_waiting")
        at_work = figures.total("fairgate_turns_at_work")
        refused = figures.more("fairgate_turns_refused_total")
        if not limit or at_work < limit or not (waiting or refused or at_work >= figures.total("fairgate_turns_most")):
            continue
        yield Finding(
            "turns-taken",
            Urgency.HURTS,
            f"{figures.process} works on all requests that it may",
            (
                f"{at_work:.0f} at work of {limit:.0f} ({figures.total('fairgate_turns_most'):.0f} at most),"
                f" {count(waiting, 'waits', 'wait')},"
                f" {count(refused, 'was', 'were')} sent away in {seconds(scene.between_s)}.",
                *_doing(scene, figures.process),
            ),
            ("What they wait for is the cause: see the other findings.", *_more_of(scene, figures.process)),
            cost=waiting + refused,
            is_symptom=True,
        )


def lanes(scene: Scene) -> Iterator[Finding]:
    for figures in scene.figures:
        running, most = figures.total("fairgate_lanes_running"), figures.total("fairgate_lanes_at_a_time")
        busy = figures.more("fairgate_lane_busy_seconds_total") / scene.between_s
        waiting, refused = figures.total("fairgate_lane_requests_waiting"), figures.more("fairgate_lane_refused_total")
        if not (most and running >= most) and not (waiting and busy >= LANE_FULL) and not refused:
            continue
        yield Finding(
            "lanes-saturated",
            Urgency.HURTS,
            f"The lanes of {figures.process} do all they can",
            (
                f"{running:.0f} of {most:.0f} lanes at work, for {busy:.2f} s of each second;"
                f" {count(waiting, 'request waits', 'requests wait')},"
                f" {count(refused, 'was', 'were')} sent away in {seconds(scene.between_s)}.",
                *_doing(scene, figures.process),
            ),
            (
                "Where one event is on sale, its row is the limit, not the number of processes:"
                " a faster disk for the database (docs/performance.md), or the waiting room.",
                *(_more_of(scene, figures.process) if running >= most else ()),
            ),
            cost=waiting + refused,
            is_symptom=True,
        )


def near(scene: Scene) -> Iterator[Finding]:
    """Idle sessions of a program that somebody forgot."""
    sessions = scene.database.sessions
    ours = {process.name for process in scene.processes}
    if sessions is None or not ours or not sessions.most:
        return
    idle = Counter(_holder(one) for one in sessions.all if one.client not in ours and one.state == "idle")
    for who, number in idle.items():
        if number > 0.25 * sessions.most and sessions.used < NEARLY * sessions.most:
            pids = [one.pid for one in sessions.all if _holder(one) == who]
            yield Finding(
                "connections-idle",
                Urgency.ADVICE,
                f"{who} holds {number} idle connections to the database",
                (f"{sessions.used} of {sessions.most} connections are taken.",),
                (sql(scene, f"select pg_terminate_backend({pids[0]})") + "   # one of them",),
            )


RULES = (server, pools, timeouts, turns, lanes, near)


def _one(figures: Figures, name: str, labels: dict[str, str]) -> float:
    return figures.total(name, **labels)


def _doing(scene: Scene, process: str) -> list[str]:
    """What the sessions of this process do."""
    sessions = scene.database.sessions
    busy = [one for one in sessions.all if one.client == process and one.state != "idle"] if sessions else []
    if not busy:
        return []
    does = Counter("waiting for a lock" if one.is_waiting_for_lock else one.state for one in busy)
    told = ", ".join(f"{number} {what}" for what, number in does.most_common())
    oldest = max(busy, key=lambda one: one.statement_s)
    statement = brief(oldest.statement, 120)
    return [f"Its sessions in the database: {told}; one for {seconds(oldest.statement_s)} with: {statement}"]


def _more_of(scene: Scene, process: str) -> list[str]:
    kind = process.rpartition("-")[0]
    return [scene.command(f"scale {kind}={len(scene.of_kind(kind)) + 1}")] if scene.of_kind(kind) else []
