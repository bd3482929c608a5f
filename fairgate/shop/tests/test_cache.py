"""Public pages and the cache behind them: true soon after a change, cheap under a crowd, and nobody's secret in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

import fairgate
from fairgate.accounts.models import User
from fairgate.events import actions
from fairgate.events.details import SessionDetails
from fairgate.events.models import Event
from fairgate.lib import clock
from fairgate.lib.cache import Cache, connect
from fairgate.orders.queries import order_secret
from fairgate.organizers.actions import edit_organizer
from fairgate.organizers.models import Organizer
from fairgate.outbox import generations
from fairgate.outbox.models import OutboxMessage
from fairgate.stock import offers, seating, shown
from fairgate.stock.actions import resize_quota
from fairgate.testing.cache_servers import CacheServer, serve
from fairgate.testing.cast import Concert, buy, hold

pytestmark = pytest.mark.django_db
# What is bumped at a commit needs one.
commits = pytest.mark.django_db(transaction=True)

PAGES = ("/riverside/concert/", "/api/v1/shop/riverside/concert", "/riverside/", "/")


@pytest.fixture(scope="module")
def valkey() -> Iterator[CacheServer]:
    yield from serve("valkey")


@pytest.fixture
def cache(valkey: CacheServer, monkeypatch: pytest.MonkeyPatch) -> Cache:
    """This process's, in the places that ask for it."""
    redis.Redis(port=valkey.port).flushall()
    its = connect(valkey.url, settings.SECRET_KEY)
    for module in (
        "fairgate.stock.shown",
        "fairgate.shop.queries",
        "fairgate.shop.rendered",
        "fairgate.outbox.generations",
    ):
        monkeypatch.setattr(f"{module}.cache", lambda: its)
    return its


@dataclass
class World:
    concert: Concert
    organizer: Organizer
    olga: User


@pytest.fixture
def world(concert: Concert, olga: User) -> World:
    return World(concert, concert.event.organizer, olga)


def statements(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        client.get(address)
    return len(asked)


@pytest.mark.parametrize("address", PAGES)
def test_the_second_reader_costs_the_database_nothing(
    client: Client, cache: Cache, world: World, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy machine may take longer than a moment between two pages.
    monkeypatch.setattr(shown, "TICKET_TYPES", replace(shown.TICKET_TYPES, fresh_s=60))
    first = client.get(address)

    assert statements(client, address) == 0
    assert client.get(address).content == first.content


def test_a_process_that_starts_finds_what_others_read(client: Client, cache: Cache, world: World) -> None:
    client.get("/riverside/concert/")

    cache.forget_near()

    # The ticket types, with what is left of each: they are near alone.
    assert statements(client, "/riverside/concert/") == 1


@pytest.mark.parametrize("address", ["/riverside/no-such-event/", "/nobody/", "/api/v1/shop/nobody/nothing"])
def test_what_does_not_exist_is_asked_for_once(client: Client, cache: Cache, world: World, address: str) -> None:
    assert client.get(address).status_code == 404

    assert statements(client, address) == 0


def test_a_page_anybody_can_invent_is_not_kept(client: Client, cache: Cache, world: World) -> None:
    client.get("/?after=2031-01-01T00:00~7")

    assert cache.counts == {}


def rename(world: World) -> str:
    details = {name: getattr(world.concert.event, name) for name in actions.EventDetails.__dataclass_fields__}
    actions.edit_event(
        world.concert.event, details=actions.EventDetails(**{**details, "title": "The Renamed"}), by=world.olga
    )
    return "The Renamed"


def close(world: World) -> str:
    actions.close_event(world.concert.event, by=world.olga)
    return "closed"


def add_date(world: World) -> str:
    begins = clock.now() + timedelta(days=60)
    details = SessionDetails(name="A second night", starts_at=begins, ends_at=begins + timedelta(hours=2))
    actions.add_session(world.concert.event, details=details, by=world.olga)
    return "A second night"


def rename_organizer(world: World) -> str:
    edit_organizer(world.organizer, by=world.olga, name="The New Hall")
    return "The New Hall"


@commits
@pytest.mark.parametrize("change", [rename, add_date, rename_organizer])
def test_a_change_is_on_the_next_page(
    client: Client, cache: Cache, world: World, change: Callable[[World], str]
) -> None:
    before = client.get("/riverside/concert/").content.decode()

    word = change(world)

    assert word not in before
    assert word in client.get("/riverside/concert/").content.decode()


@commits
def test_another_process_shows_it_when_its_second_is_over(client: Client, cache: Cache, world: World) -> None:
    # The near part of this process is dropped by hand: what is left is what every other process would find.
    client.get("/riverside/concert/")

    cache.forget_near()
    rename(world)
    cache.forget_near()

    assert b"The Renamed" in client.get("/riverside/concert/").content


EVENT = "/console/riverside/events/concert/"


@commits
def test_what_is_changed_in_the_console_is_on_the_next_page(client: Client, cache: Cache, world: World) -> None:
    client.force_login(world.olga)
    details = {"title": "Anew", "slug": "concert", "time_zone": "Asia/Kolkata", "currency": "INR", "payment_days": "7"}
    ticket = {"name": "Cheap", "price": "12", "tax_rate": "0", "min_per_order": "1", "max_per_order": "9"}
    organizer = {"name": "The New Hall", "email": "hello@example.org", "accent": "#0f766e", "bank_details": ""}
    quota = {"name": "Hall", "capacity": "3"}
    said = {
        f"{EVENT}details/": (details, "/riverside/", "Anew"),
        f"{EVENT}ticket-types/{world.concert.standard.pk}/": (
            {**ticket, "quotas": [world.concert.quota.pk]},
            "/riverside/concert/",
            "Cheap",
        ),
        "/console/riverside/settings/": (
            {**organizer, "time_zone": "Asia/Kolkata", "currency": "INR"},
            "/riverside/concert/",
            "The New Hall",
        ),
        f"{EVENT}quotas/{world.concert.quota.pk}/": (quota, "/riverside/concert/", "Few left"),
        f"{EVENT}closure/": ({}, "/riverside/concert/", "closed"),
    }

    for form, (fields, page, word) in said.items():
        assert word not in client.get(page).content.decode(), word
        assert client.post(form, fields).status_code == 302, form
        assert word in client.get(page).content.decode(), word


@commits
def test_a_page_that_was_missing_is_there_once_it_is_published(client: Client, cache: Cache, world: World) -> None:
    event = Event.objects.get(slug="concert")
    Event.objects.update(state="draft")
    event.refresh_from_db()
    assert client.get("/riverside/concert/").status_code == 404
    edit_organizer(event.organizer, by=world.olga, bank_details="IBAN")
    # By that the organizer's scope was bumped: the page is asked for anew, and is missing still.
    assert client.get("/riverside/concert/").status_code == 404

    actions.publish_event(event, by=world.olga)

    assert client.get("/riverside/concert/").status_code == 200


def resize(world: World) -> None:
    resize_quota(world.concert.quota, capacity=50, by=world.olga)


def take_off_sale(world: World) -> None:
    offers.set_on_sale(world.concert.free, False, by=world.olga)


def add_stalls(world: World) -> None:
    seating.add_seated_quota(world.concert.session, name="Stalls", layout="Stalls; A; 1-3", by=world.olga)


@pytest.mark.parametrize("change", [rename, close, add_date, resize, take_off_sale, add_stalls, rename_organizer])
def test_every_change_leaves_a_row_in_the_outbox(cache: Cache, world: World, change: Callable[[World], object]) -> None:
    OutboxMessage.objects.all().delete()

    change(world)

    rows = OutboxMessage.objects.filter(topic="cache_bumped")
    assert rows
    assert all("listings" in row.payload["scopes"] for row in rows)


def test_no_trace_of_an_event_is_left_without_a_bump() -> None:
    """Whoever records a change of an event does so by events.trace; the gate's lists are on no public page."""
    package = Path(fairgate.__file__).parent
    direct = {
        path.relative_to(package).as_posix()
        for app in ("events", "stock", "console")
        for path in (package / app).rglob("*.py")
        if "audit.record(" in path.read_text() and "tests" not in path.parts
    }

    assert direct == {"events/trace.py", "console/views/home.py"}


@commits
def test_the_row_mends_what_the_bump_at_the_commit_missed(
    client: Client, cache: Cache, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "_bump_now", lambda _scopes: None)  # Killed between the two.
    client.get("/riverside/concert/")
    rename(world)
    assert b"The Renamed" not in client.get("/riverside/concert/").content

    for row in OutboxMessage.objects.filter(topic="cache_bumped"):
        generations.cache_bumped(row)

    assert b"The Renamed" in client.get("/riverside/concert/").content


def test_what_is_left_is_asked_for_by_its_own_clock(client: Client, cache: Cache, world: World) -> None:
    client.get("/api/v1/shop/riverside/concert")
    for _ in range(10):
        hold((world.concert.free, 10))

    cache.forget_near()
    api = client.get("/api/v1/shop/riverside/concert").json()

    assert {one["available"] for one in api["ticket_types"]} == {"none"}


@commits
def test_pages_come_without_the_cache_server(client: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = connect("valkey://127.0.0.1:1/0", settings.SECRET_KEY)
    for module in ("fairgate.stock.shown", "fairgate.shop.queries", "fairgate.outbox.generations"):
        monkeypatch.setattr(f"{module}.cache", lambda: lost)

    assert [client.get(address).status_code for address in PAGES] == [200] * len(PAGES)
    assert rename(world) in client.get("/riverside/concert/").content.decode()


def test_nothing_private_ever_enters(client: Client, cache: Cache, world: World, valkey: CacheServer) -> None:
    """Everyone walks about, signed in and with secrets; then we look at every byte that the server keeps."""
    order = buy((world.concert.free, 1), email="ben@example.org", name="Ben Buyer")
    draft = Event.objects.create(
        organizer=world.organizer, slug="hush", title="Hush Hush", time_zone="Europe/Berlin", currency="EUR"
    )
    client.force_login(world.olga)
    private = [
        "/console/",
        "/console/riverside/events/hush/",
        f"/riverside/{draft.slug}/",
        f"/orders/{order.code}/{order_secret(order)}/",
    ]

    for address in (*PAGES, *private):
        client.get(address, headers={"Authorization": "Bearer token-of-olga"})

    kept = everything_in(valkey)
    assert b"The Concert" in kept
    session = client.cookies["fairgate_session"].value
    secrets = ["Hush Hush", "ben@example.org", "Ben Buyer", order.code, order_secret(order), session, "token-of-olga"]
    assert [secret for secret in [*secrets, world.olga.email, SESSION_KEY, "cookie"] if secret.encode() in kept] == []


def everything_in(server: CacheServer) -> bytes:
    client = redis.Redis(port=server.port)
    keys = list(client.scan_iter())
    return b"\n".join([*keys, *(value or b"" for value in client.mget(keys))])


def test_a_public_page_sets_no_cookie_whoever_asks(client: Client, cache: Cache, world: World) -> None:
    client.force_login(world.olga)

    for address in PAGES:
        for _ in range(2):
            page = client.get(address)
            assert (page["Cache-Control"], bool(page.cookies)) == ("public, max-age=1", False)
