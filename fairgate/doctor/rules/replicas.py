"""Standbys and read replicas that do not follow, and log that is kept for somebody who is away."""

from __future__ import annotations

from collections.abc import Iterator

from fairgate.doctor.finding import Finding, Urgency
from fairgate.doctor.looks.asking import own_ports
from fairgate.doctor.looks.replicas import Replica
from fairgate.doctor.rules.words import admin_sql, count, seconds, size
from fairgate.doctor.scene import Scene

# Either is more than a busy moment.
LAG_BYTES, LAG_S = 16_000_000, 10.0
KEPT_BYTES = 1_000_000_000
READS = "What the console reads, it reads from the primary meanwhile."


def paused(scene: Scene) -> Iterator[Finding]:
    for one in scene.database.replication.replicas:
        if one.is_paused:
            yield Finding(
                "replica-paused",
                Urgency.HURTS,
                f"{_name(scene, one)} is told not to replay: what it shows grows old",
                (f"Replay is paused; {_lag(one)}.", READS),
                (_tell(scene, one, "select pg_wal_replay_resume()"),),
                cost=2,
            )


def lagging(scene: Scene) -> Iterator[Finding]:
    for one in scene.database.replication.replicas:
        if one.error or one.is_paused or (one.lag_bytes < LAG_BYTES and one.lag_s < LAG_S) or not one.lag_bytes:
            continue
        yield Finding(
            "replica-lags",
            Urgency.HURTS,
            _behind(scene, one),
            (*_why(scene, one), READS),
            (_lever(scene, one),),
            cost=1 + one.lag_s / 60,
            is_symptom=any(process.stopped or process.state != "ready" for process in scene.of_kind("standby")),
        )


def _behind(scene: Scene, one: Replica) -> str:
    who, lag = _name(scene, one), f"{size(one.lag_bytes)} and {seconds(one.lag_s)}"
    if one.holder:
        return f"A session on {who} holds it up, {lag} behind: {one.holder.who}"
    return f"{who} stands still, {lag} behind" if one.stands_still else f"{who} is behind: {lag}"


def _why(scene: Scene, one: Replica) -> list[str]:
    if one.holder is None and not _is_sent(one):
        return [f"{size(one.unsent_bytes)} have not reached it: it is away, stands still, or its way is narrow."]
    told = "everything" if not one.unsent_bytes else f"all but {size(one.unsent_bytes)}"
    moved = f"did not move within {seconds(scene.between_s)}" if one.stands_still else "goes on"
    ended = f"{count(one.ended, 'query was', 'queries were')} ended there for it before."
    lines = [f"It has received {told}; replay {moved}.{f' {ended}' if one.ended else ''}"]
    if one.holder is None and not one.sees_all:
        return [*lines, "It replays slowly, or a session holds it up that our role may not see (grant pg_monitor)."]
    if one.holder is None:
        return [*lines, "Nobody there holds it up: it replays slowly (its disk, its processor)."]
    holder = one.holder
    return [
        f"Its transaction is open for {seconds(holder.open_s)}, {holder.state} for {seconds(holder.state_s)};"
        f" its last statement: {holder.statement}",
        *lines,
    ]


def _lever(scene: Scene, one: Replica) -> str:
    if one.holder:
        return _tell(scene, one, f"select pg_terminate_backend({one.holder.pid})") + "   # what it reads is lost to it"
    if _is_sent(one):
        return "Look at its machine: top, iostat -x 1."
    return f"tail -50 {scene.installation.logs}/{_name(scene, one)}.log   # if it is of this installation"


def _is_sent(one: Replica) -> bool:
    return one.unsent_bytes < one.lag_bytes / 2


def away(scene: Scene) -> Iterator[Finding]:
    for one in scene.database.replication.replicas:
        if one.error or one.is_primary:
            yield Finding(
                "replica-away",
                Urgency.HURTS if one.error else Urgency.ADVICE,
                f"{_name(scene, one)} cannot be read from" if one.error else f"{one.url} is no replica, but a primary",
                (one.error or "pg_is_in_recovery() is false there.", READS),
                (
                    "docs/runbooks/standby.md"
                    if one.error
                    else "Name in FAIRGATE_REPLICA_URLS what follows, then `fairgate restart web`.",
                ),
                cost=2,
                is_symptom=any(process.stopped or process.state != "ready" for process in scene.of_kind("standby")),
            )


def kept(scene: Scene) -> Iterator[Finding]:
    """A slot keeps the log for its reader, and a reader who never comes fills the disk."""
    for one in scene.database.replication.slots:
        if one.status == "lost" or (not one.active and one.kept_bytes >= KEPT_BYTES):
            yield Finding(
                "log-kept",
                Urgency.HURTS,
                f"The database keeps {size(one.kept_bytes)} of its log for {one.name}, who is away"
                if one.status != "lost"
                else f"{one.name} has been away for too long: the log it needs is gone",
                (f"Slot {one.name}: active {one.active}, wal_status {one.status}.",),
                (
                    "Start its reader again; or, when nobody will: "
                    + _sql(scene, f"select pg_drop_replication_slot('{one.name}')"),
                ),
                cost=1,
            )


def waited_for(scene: Scene) -> Iterator[Finding]:
    """Commits that wait for a synchronous standby."""
    replication = scene.database.replication
    sessions = scene.database.sessions
    waiting = [one for one in sessions.all if one.wait_event == "SyncRep" and one.statement_s >= 1] if sessions else []
    if waiting:
        yield Finding(
            "standby-awaited",
            Urgency.STOPS,
            "All that is bought waits for a standby",
            (
                f"{count(len(waiting), 'commit waits', 'commits wait')},"
                f" one for {seconds(max(one.statement_s for one in waiting))};"
                f" synchronous_standby_names is {replication.waits_for}.",
            ),
            (
                "Get a standby back: docs/runbooks/standby.md; or stop waiting: "
                + _sql(scene, "alter system reset synchronous_standby_names"),
                _sql(scene, "select pg_reload_conf()"),
            ),
            cost=len(waiting),
            is_symptom=any(process.stopped or process.state != "ready" for process in scene.of_kind("standby")),
        )


RULES = (paused, lagging, away, kept, waited_for)


def _name(scene: Scene, replica: Replica) -> str:
    """As in `fairgate status`, where it is ours."""
    ours = {port: name for name, port in own_ports(scene.installation).items()}
    return ours.get(replica.port) or replica.url


def _lag(replica: Replica) -> str:
    return (
        f"{size(replica.lag_bytes)} and {seconds(replica.lag_s)} behind" if replica.lag_bytes else "nothing behind yet"
    )


def _tell(scene: Scene, replica: Replica, statement: str) -> str:
    if replica.port in own_ports(scene.installation).values():
        return admin_sql(scene, statement, replica.port)
    return f'psql {replica.url} -c "{statement}"'


def _sql(scene: Scene, statement: str) -> str:
    if scene.database.is_own:
        return admin_sql(scene, statement, scene.database.port)
    return f'psql -c "{statement}", as a superuser of that server'
