"""Makes void what caches keep of a change: at once when it commits, and by a row of the outbox, which cannot be lost.

The row comes a moment later and bumps again, which costs a rebuild and mends what the first one missed: a process
that was killed between its commit and its bump, or a cache server that was away.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from django.db import transaction

from fairgate.lib.cache import cache
from fairgate.lib.cache.far import Away
from fairgate.outbox import actions
from fairgate.outbox.handlers import handler
from fairgate.outbox.models import OutboxMessage

# It comes seven minutes after the first (outbox.actions): by then all is over that was kept before the change.
LAST_ATTEMPT = 5


def bump(*scopes: str) -> None:
    """In the transaction of the change. The scopes are those of `fairgate.lib.cache.scopes`."""
    actions.send("cache_bumped", scopes=list(scopes))
    transaction.on_commit(partial(_bump_now, scopes), robust=True)


@handler("cache_bumped")
def cache_bumped(message: OutboxMessage) -> None:
    """While the cache server is away this fails and is tried again, until nothing from before can be alive."""
    try:
        cache().bump(message.payload["scopes"])
    except Away:
        if message.attempts < LAST_ATTEMPT:
            raise


def _bump_now(scopes: tuple[str, ...]) -> None:
    with suppress(Away):
        cache().bump(scopes)
