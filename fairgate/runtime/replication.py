"""What a primary is told about its standbys, and what it knows of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairgate.runtime.server import PATIENCE_S, REPLICATION_ROLE, Server, literal

ADMIT = f"""
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {literal(REPLICATION_ROLE)}) THEN
        CREATE ROLE {REPLICATION_ROLE} LOGIN REPLICATION;
    END IF;
END $$;
ALTER ROLE {REPLICATION_ROLE} PASSWORD %s;
"""
# A slot keeps the log for its standby; one that nobody reads from would keep it for ever.
DROP_SLOTS = r"""
SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
 WHERE slot_name LIKE 'standby\_%%' AND NOT active AND slot_name <> ALL (ARRAY[%s]::text[])
"""
FOLLOWERS = """
SELECT application_name, sync_state IN ('sync', 'quorum'), pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint
  FROM pg_stat_replication WHERE state = 'streaming' AND replay_lsn IS NOT NULL
"""


@dataclass(frozen=True)
class Follower:
    is_synchronous: bool
    lag_bytes: int


def admit_standbys(primary: Server) -> None:
    primary.ask_as_admin(ADMIT % literal(primary.replication_password))


def drop_slots_except(primary: Server, slots: Sequence[str]) -> None:
    primary.ask_as_admin(DROP_SLOTS % ", ".join(map(literal, slots)))


def wait_for_any(primary: Server, slots: Sequence[str]) -> None:
    """From now on a commit is answered when one of these standbys has it on disk; with none named, at once."""
    wanted = f"ANY 1 ({', '.join(slots)})" if slots else ""
    if waits_for(primary) != wanted:
        change = f"SET synchronous_standby_names = {literal(wanted)}" if wanted else "RESET synchronous_standby_names"
        primary.ask_as_admin(f"ALTER SYSTEM {change};\nSELECT pg_reload_conf();")


def waits_for(primary: Server, timeout_s: float = PATIENCE_S) -> str:
    ((names,),) = primary.ask_as_admin("SHOW synchronous_standby_names", timeout_s)
    return names


def followers(primary: Server, timeout_s: float = PATIENCE_S) -> dict[str, Follower]:
    """The standbys that stream, by their slots' names."""
    rows = primary.ask_as_admin(FOLLOWERS, timeout_s)
    return {slot: Follower(is_synchronous == "t", int(lag)) for slot, is_synchronous, lag in rows}
