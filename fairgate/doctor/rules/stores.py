"""Valkey, Redis and Memcached."""

from __future__ import annotations

from collections.abc import Iterator

from fairgate.doctor.finding import Finding, Urgency
from fairgate.doctor.looks.stores import Store
from fairgate.doctor.rules.words import count, names, seconds, size
from fairgate.doctor.scene import Scene

FULL = 0.9
HITS, LOOKUPS_LEAST = 0.5, 5_000


def away(scene: Scene) -> Iterator[Finding]:
    for store in scene.stores.stores:
        if store.error:
            yield Finding(
                "store-away",
                Urgency.HURTS,
                f"The {names(store.uses)} at {store.address} does not answer",
                (
                    store.error,
                    "Mail and other effects wait in the outbox."
                    if "broker" in store.uses
                    else "Every page is built anew from the database.",
                ),
                (f"`fairgate status`, then tail -50 {scene.installation.logs}/valkey.log; it may come back empty.",),
                cost=3,
                is_symptom=any(
                    one.state != "ready" or one.stopped
                    for kind in ("valkey", "memcached")
                    for one in scene.of_kind(kind)
                    if store.address.endswith(f":{one.port}")
                ),
            )


def evicting(scene: Scene) -> Iterator[Finding]:
    for store in scene.stores.stores:
        gone_now = max(store.more.get("evicted_keys", 0), store.more.get("evictions", 0))
        gone = max(store.number("evicted_keys"), store.number("evictions"))
        if gone:
            is_broker = "broker" in store.uses
            yield Finding(
                "store-evicts",
                Urgency.HURTS if gone_now else Urgency.ADVICE,
                f"{store.address} throws out values for want of memory",
                (
                    f"{gone_now:,} in the last {seconds(scene.between_s)}, {gone:,} since its start;"
                    f" it uses {_used(store)}.",
                    *(
                        ("It is the broker too: hints to the workers are lost, and mail comes later.",)
                        if is_broker
                        else ()
                    ),
                ),
                (
                    "config set maxmemory-policy noeviction, and more maxmemory; or another cache: FAIRGATE_CACHE_URL."
                    if is_broker
                    else "More memory for it (maxmemory; memcached -m).",
                ),
                cost=1,
            )


def full(scene: Scene) -> Iterator[Finding]:
    """What never throws anything out, refuses when it is full."""
    for store in scene.stores.stores:
        used, most = store.number("used_memory"), store.number("maxmemory")
        if most and used >= FULL * most and store.said.get("maxmemory_policy") == "noeviction":
            yield Finding(
                "store-full",
                Urgency.HURTS,
                f"{store.address} is full and soon takes nothing more",
                (f"It uses {_used(store)}; maxmemory_policy noeviction.",),
                ("config set maxmemory …, as far as its machine has memory.",),
                cost=2,
            )


def missing(scene: Scene) -> Iterator[Finding]:
    for store in scene.stores.stores:
        hits = max(store.more.get("keyspace_hits", 0), store.more.get("get_hits", 0))
        misses = max(store.more.get("keyspace_misses", 0), store.more.get("get_misses", 0))
        if store.uses == ("cache",) and hits + misses >= LOOKUPS_LEAST and hits < HITS * (hits + misses):
            yield Finding(
                "cache-misses",
                Urgency.ADVICE,
                f"The cache at {store.address} seldom has what is asked for",
                (f"{hits:,} of {hits + misses:,} lookups in {seconds(scene.between_s)} found something.",),
                ("More memory for it, if it evicts; else it has just been started, and gets better by itself.",),
            )


def clients(scene: Scene) -> Iterator[Finding]:
    for store in scene.stores.stores:
        if refused := store.more.get("rejected_connections", 0):
            yield Finding(
                "store-refuses",
                Urgency.HURTS,
                f"{store.address} refuses connections",
                (
                    f"{count(refused, 'connection')} in {seconds(scene.between_s)};"
                    f" maxclients {store.said.get('maxclients')}.",
                ),
                ("config set maxclients …",),
                cost=refused,
            )


RULES = (away, evicting, full, missing, clients)


def _used(store: Store) -> str:
    used = store.number("used_memory") or store.number("bytes")
    most = store.number("maxmemory") or store.number("limit_maxbytes")
    return f"{size(used)} of {size(most)}" if most else size(used)
