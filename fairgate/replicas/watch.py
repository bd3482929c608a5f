"""What one replica has, looked at from a thread of its own, so that no request ever waits for a server that is away.

While requests wait for a write to arrive it is looked at every few milliseconds, else twice a second.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator

import psycopg

from fairgate.lib import logs
from fairgate.lib.lsn import lsn
from fairgate.replicas.token import Token

IDLE_S = 0.5
PAUSE_S = 0.005
# Who has not been seen for so long is away, and who is further behind is of no use to anyone.
STALE_S = 1.5
MAX_LAG_S = 10.0
CONNECT_TIMEOUT_S = 2
# A standby without receiver is cut off and cannot know that it lags.
PROBE = """
SELECT (SELECT timeline_id FROM pg_control_checkpoint()),
       pg_last_wal_replay_lsn()::text,
       CASE WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END::float,
       EXISTS (SELECT FROM pg_stat_wal_receiver),
       NOT pg_is_in_recovery()
"""


class Watch:
    def __init__(self, alias: str, url: str, when_promoted: Callable[[], None] = lambda: None) -> None:
        """`when_promoted` is called when it has become the primary, in the thread that looks."""
        self.alias = alias
        self._when_promoted = when_promoted
        self._url = url
        self._has: Token | None = None
        self._seen_at = 0.0
        self._lag_s: float | None = None
        # As it said itself when it answered last.
        self.is_primary = False
        self._changed = threading.Condition()
        self._wanted = threading.Event()
        self._reading: set[int] = set()
        self._thread: threading.Thread | None = None

    def covering(self, token: Token | None, wait_s: float) -> Token | None:
        """What the replica has, once that is all of `token`; None if it is away or does not get there in time."""
        self._begin()
        deadline = time.monotonic() + wait_s
        with self._changed:
            while True:
                has = self._has if time.monotonic() - self._seen_at < STALE_S else None
                if has is None or token is None or token.is_in(has):
                    return has
                if token.timeline != has.timeline or time.monotonic() >= deadline:
                    return None
                self._wanted.set()
                self._changed.wait(deadline - time.monotonic())

    def look(self) -> tuple[bool, float | None]:
        """Whether it could be read from when it was last looked at, and how far behind it said that it is."""
        self._begin()
        with self._changed:
            is_seen = time.monotonic() - self._seen_at < STALE_S
            return is_seen and self._has is not None, self._lag_s if is_seen else None

    def forget(self) -> None:
        """A statement has failed there: until it has been looked at anew, it is away."""
        with self._changed:
            self._has = None
        self._wanted.set()

    @contextlib.contextmanager
    def reading(self, number: int) -> Iterator[None]:
        """While this socket is read from. It is shut when the server stands still, so that its reader can go on."""
        self._reading.add(number)
        try:
            yield
        finally:
            self._reading.discard(number)

    def _begin(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            with self._changed:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._watch, name=f"watch {self.alias}", daemon=True)
                    threading.Thread(target=self._guard, name=f"guard {self.alias}", daemon=True).start()
                    self._thread.start()

    def _watch(self) -> None:
        while True:
            with (
                contextlib.suppress(psycopg.Error),
                psycopg.connect(
                    self._url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S, application_name="fairgate-watch"
                ) as conn,
            ):
                while True:
                    self._note(conn.execute(PROBE).fetchone())
                    time.sleep(PAUSE_S)
                    self._wanted.wait(IDLE_S)
                    self._wanted.clear()
            self._note(None)
            time.sleep(IDLE_S)

    def _note(self, row: tuple[int, str | None, float | None, bool, bool] | None) -> None:
        timeline, position, lag_s, is_connected, is_primary = row or (0, None, None, False, self.is_primary)
        # One that was promoted still knows where it stopped to replay.
        is_good = position is not None and is_connected and not is_primary and (lag_s or 0) <= MAX_LAG_S
        if is_primary and not self.is_primary:
            self._when_promoted()
        with self._changed:
            self.is_primary = is_primary
            self._lag_s = lag_s if position is not None else None
            self._has = Token(timeline, lsn(position)) if is_good and position else None
            self._seen_at = time.monotonic()
            self._changed.notify_all()

    def _guard(self) -> None:
        """A server that stands still answers neither us nor the requests that read from it now."""
        while True:
            time.sleep(IDLE_S)
            if self._reading and time.monotonic() - self._seen_at > STALE_S:
                logs.log.warning("replica_stands_still", replica=self.alias, readers=len(self._reading))
                for number in list(self._reading):
                    _shut(number)


def _shut(number: int) -> None:
    with contextlib.suppress(OSError):
        duplicate = socket.socket(fileno=os.dup(number))
        with duplicate:
            duplicate.shutdown(socket.SHUT_RDWR)
