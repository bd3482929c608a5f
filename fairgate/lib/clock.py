"""The time, read in one place so that a test can set it. Holds end by the database's clock, not by this one."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
