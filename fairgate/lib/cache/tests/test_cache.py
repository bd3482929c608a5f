"""What is kept, for how long, and what makes it void; the same on Valkey and on Memcached."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from fairgate.lib.cache import Cache, Kept, connect, entries, near, scopes
from fairgate.lib.cache.entries import Entry
from fairgate.lib.cache.kept import key_of
from fairgate.lib.cache.tests.conftest import SECRET
from fairgate.lib.cache.tests.things import AT, BRIEF, THING, SlowSource, Source, Thing
from fairgate.testing.cache_servers import CacheServer

NewCache = Callable[[], Cache]
EVENT = scopes.event("riverside", "concert")


def test_what_one_process_built_another_finds(new_cache: NewCache) -> None:
    source = Source()

    found = [new_cache().fetch(THING, ("a",), source) for _ in range(3)]

    assert (found, source.asked) == ([Thing("first", AT)] * 3, 1)


def test_near_costs_no_question(new_cache: NewCache) -> None:
    cache, source = new_cache(), Source()

    for _ in range(3):
        cache.fetch(THING, ("a",), source)

    assert cache.counts == {"built": 1, "near": 2}


def test_parts_are_kept_apart(new_cache: NewCache) -> None:
    cache, one, other = new_cache(), Source("one"), Source("other")

    found = [cache.fetch(THING, parts, source) for parts, source in ((("a", "b"), one), (("ab", ""), other))]

    assert found == [Thing("one", AT), Thing("other", AT)]


def test_a_bump_makes_it_void_here_at_once_and_elsewhere_when_near_ends(new_cache: NewCache) -> None:
    here, elsewhere, source = new_cache(), new_cache(), Source("before")
    for cache in (here, elsewhere):
        cache.fetch(THING, ("a",), source, [EVENT])
    source.name = "after"

    here.bump([EVENT])

    assert here.fetch(THING, ("a",), source, [EVENT]) == Thing("after", AT)
    elsewhere.forget_near()
    assert elsewhere.fetch(THING, ("a",), source, [EVENT]) == Thing("after", AT)
    assert source.asked == 2


def test_a_bump_leaves_other_scopes_alone(new_cache: NewCache) -> None:
    cache, source = new_cache(), Source()
    cache.fetch(THING, ("a",), source, [EVENT])

    cache.bump([scopes.event("riverside", "theatre"), scopes.listing("riverside")])

    cache.fetch(THING, ("a",), source, [EVENT])
    assert source.asked == 1


def test_what_was_read_before_a_bump_and_arrives_after_it_is_kept_nowhere(new_cache: NewCache) -> None:
    cache, elsewhere = new_cache(), new_cache()

    def read_while_it_changes() -> Thing:
        elsewhere.bump([EVENT])
        return Thing("before", AT)

    cache.fetch(THING, ("a",), read_while_it_changes, [EVENT])

    assert cache.counts["late"] == 1
    for late in (cache, new_cache()):
        assert late.fetch(THING, ("a",), Source("after"), [EVENT]) == Thing("after", AT)


def test_a_late_value_does_not_replace_what_was_built_after_the_bump(new_cache: NewCache) -> None:
    slow, quick = new_cache(), new_cache()

    def change_and_let_another_build() -> Thing:
        quick.bump([EVENT])
        # Its own process would wait for our lease, which is long: as if it had ended.
        quick._far.delete(f"{THING.key(('a',))}:lease")  # type: ignore[union-attr]
        quick.fetch(THING, ("a",), Source("after"), [EVENT])
        return Thing("before", AT)

    slow.fetch(THING, ("a",), change_and_let_another_build, [EVENT])

    source = Source("nobody asks")
    assert new_cache().fetch(THING, ("a",), source, [EVENT]) == Thing("after", AT)
    assert source.asked == 0


def test_that_there_is_none_is_kept_too_until_there_is_one(new_cache: NewCache) -> None:
    cache, source = new_cache(), Source(None)

    assert [new_cache().fetch(THING, ("a",), source, [EVENT]) for _ in range(3)] == [None] * 3
    assert source.asked == 1
    source.name = "published"
    cache.bump([EVENT])
    assert cache.fetch(THING, ("a",), source, [EVENT]) == Thing("published", AT)


def test_there_is_none_is_not_believed_for_long() -> None:
    lives = {THING.lifetime_s(None) for _ in range(100)}

    assert max(lives) <= THING.missing_s


def test_what_expired_is_not_shown_when_nobody_rebuilds(new_cache: NewCache) -> None:
    source = Source("old")
    new_cache().fetch(BRIEF, ("a",), source)
    time.sleep(BRIEF.fresh_s)
    source.name = "new"

    assert new_cache().fetch(BRIEF, ("a",), source) == Thing("new", AT)


def test_nothing_large_goes_to_the_server(server: CacheServer, new_cache: NewCache) -> None:
    source = Source("x" * entries.MOST_BYTES)
    cache = new_cache()

    for _ in range(2):
        cache.fetch(THING, ("a",), source)

    assert (source.asked, server.store.read([THING.key(("a",))])) == (1, [None])


@pytest.mark.parametrize("name", ["a" * 5_000, "with space", "new\r\nflush_all\r\n", "ünïcode", "\0"])
def test_any_name_is_a_key(new_cache: NewCache, name: str) -> None:
    source = Source()

    for _ in range(2):
        new_cache().fetch(THING, (name,), source)

    assert source.asked == 1


def test_what_mallory_writes_to_the_server_is_never_shown(server: CacheServer, new_cache: NewCache) -> None:
    new_cache().fetch(THING, ("hers",), Source("for her own event"))
    mine, hers = THING.key(("mine",)), THING.key(("hers",))
    (sealed,) = server.store.read([hers])
    assert sealed is not None
    forged = [b"", b"x", sealed, sealed[:-3] + b'!"}', connect_elsewhere(server)]

    for value in forged:
        server.store.write({mine: value}, 60)
        assert new_cache().fetch(THING, ("mine",), Source("true")) == Thing("true", AT)


def connect_elsewhere(server: CacheServer) -> bytes:
    """Sealed by an installation with another secret key, for the same key."""
    connect(server.url, "another secret" * 5).fetch(THING, ("mine",), Source("theirs"))
    (sealed,) = server.store.read([THING.key(("mine",))])
    return sealed or b""


@dataclass(frozen=True)
class ThingOfTomorrow:
    name: str
    place: str


def test_what_another_version_wrote_is_built_anew(new_cache: NewCache) -> None:
    tomorrow: Kept[ThingOfTomorrow] = Kept("thing", ThingOfTomorrow, fresh_s=60)
    new_cache().fetch(tomorrow, ("a",), lambda: ThingOfTomorrow("new", "hall"))

    assert new_cache().fetch(THING, ("a",), Source("old")) == Thing("old", AT)


def test_an_error_is_the_readers_and_is_not_kept(new_cache: NewCache) -> None:
    cache = new_cache()

    def fail() -> Thing:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        cache.fetch(THING, ("a",), fail)

    assert new_cache().fetch(THING, ("a",), Source("next")) == Thing("next", AT)


def test_near_is_limited_and_forgets_what_was_not_read() -> None:
    shelf = near.Near(most=3)
    forever = near.NearEntry("value", frozenset(), time.monotonic() + 60, time.monotonic() + 60)
    for key in ("a", "b", "c"):
        shelf.put(key, forever, bumps=0)
    shelf.get("a")

    shelf.put("d", forever, bumps=0)

    assert (len(shelf), [key for key in "abcd" if shelf.get(key)]) == (3, ["a", "c", "d"])


def test_near_alone_keeps_for_a_moment() -> None:
    cache, source = connect("local://", SECRET), Source()

    for _ in range(3):
        cache.fetch(THING, ("a",), source)

    assert source.asked == 1
    assert THING.near_s == 1.0


def test_off_keeps_nothing() -> None:
    cache, source = connect("off://", SECRET), Source()

    for _ in range(3):
        cache.fetch(THING, ("a",), source)

    assert source.asked == 3


def test_what_is_not_shared_stays_near(server: CacheServer, new_cache: NewCache) -> None:
    own = replace(THING, is_shared=False)
    cache, source = new_cache(), Source()

    for _ in range(2):
        cache.fetch(own, ("a",), source)

    assert (source.asked, server.store.read([own.key(("a",))])) == (1, [None])


def test_lifetimes_differ_and_never_exceed_what_is_promised() -> None:
    lives = [THING.lifetime_s(Thing("a", AT)) for _ in range(200)]

    assert len(set(lives)) > 100
    assert 0.9 * THING.fresh_s <= min(lives) <= max(lives) <= THING.fresh_s


@pytest.mark.parametrize(("drawn", "is_due"), [(0.0, False), (0.5, False), (0.999, True)])
def test_one_who_draws_a_long_straw_refreshes_early(
    monkeypatch: pytest.MonkeyPatch, drawn: float, is_due: bool
) -> None:
    """-ln(1 - 0.999) is 6.9: with a second between two reads, six seconds before the end."""
    monkeypatch.setattr("random.random", lambda: drawn)
    now = time.time()

    assert Entry(None, [], now + 5, now + 10, cost_s=0.01).is_due(THING) is is_due
    assert Entry(None, [], now - 0.01, now + 10, cost_s=0.01).is_due(THING) is True


def test_keys_of_different_things_differ() -> None:
    assert len({key_of(*of) for of in (("a", ("b", "c")), ("a", ("b,c",)), ("b", ("b", "c")), ("a", ()))}) == 4


def test_a_bump_parts_those_who_ask_after_it_from_those_before(valkey: CacheServer) -> None:
    cache, slow = connect(valkey.url, SECRET), SlowSource("before")
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        before = pool.submit(cache.fetch, replace(THING, is_shared=False), ("a",), slow, [EVENT])
        assert slow.is_asked.wait(20)
        cache.bump([EVENT])
        after = cache.fetch(replace(THING, is_shared=False), ("a",), Source("after"), [EVENT])
        slow.may_answer.set()

        assert (before.result(20), after) == (Thing("before", AT), Thing("after", AT))
    assert cache.fetch(replace(THING, is_shared=False), ("a",), Source("x"), [EVENT]) == Thing("after", AT)
