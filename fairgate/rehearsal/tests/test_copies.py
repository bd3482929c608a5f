"""The copy is like the event, stands in no list, and leaves nothing behind."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from fairgate.accounts.models import User
from fairgate.checkin.actions import ensure_default_list
from fairgate.events.models import Event, EventState, TicketType
from fairgate.lib import clock, rehearsed
from fairgate.orders.actions import cancel_order
from fairgate.outbox import tasks
from fairgate.outbox.models import OutboxMessage
from fairgate.rehearsal.copies import Copy, find_event, make_copy
from fairgate.rehearsal.errors import NothingOnSale, UnknownEvent
from fairgate.rehearsal.models import Rehearsal
from fairgate.rehearsal.removal import remove, remove_all
from fairgate.rehearsal.tests.conftest import rows_of_all_tables
from fairgate.stock.models import Quota, Seat
from fairgate.testing.cast import PASSWORD, Concert, buy, hold

SEATS = ("block", "row", "number", "rank", "place", "is_blocked")


def test_it_sells_the_same_tickets_and_places(concert: Concert, stalls: TicketType) -> None:
    copy = make_copy(concert.event)

    assert _offered(copy.event) == _offered(concert.event)
    assert [offer.places for offer in copy.offers] == [100, 100, 30]
    assert [len(row) for row in copy.offers[2].rows] == [10, 10, 10]
    seats = Seat.objects.order_by("rank", "place").values_list(*SEATS)
    assert list(seats.filter(quota__event=copy.event)) == list(seats.filter(quota__event=concert.event))
    assert copy.places == 130


def test_what_the_event_has_sold_already_is_free_in_it(concert: Concert) -> None:
    buy((concert.free, 3))

    copy = make_copy(concert.event)

    assert list(copy.event.quotas.values_list("capacity", "taken")) == [(100, 0)]


def test_a_draft_can_be_rehearsed_and_an_event_that_is_over(concert: Concert) -> None:
    Event.objects.update(state=EventState.DRAFT)
    concert.event.sessions.update(
        starts_at=clock.now() - timedelta(days=3), ends_at=clock.now() - timedelta(days=3, hours=-2)
    )
    concert.event.ticket_types.update(sale_ends_at=clock.now() - timedelta(days=4))

    copy = make_copy(find_event("riverside/concert"))

    assert hold((TicketType.objects.get(pk=copy.offers[0].ticket_type), 1)).is_held


@pytest.mark.parametrize(
    "name", ["riverside/nothing", "nobody/concert", "riverside", "", "/", "riverside/concert/more"]
)
def test_an_event_that_is_not_there_is_named(concert: Concert, name: str) -> None:
    with pytest.raises(UnknownEvent):
        find_event(name)


def test_a_copy_is_no_event_to_rehearse(copy: Copy) -> None:
    with pytest.raises(UnknownEvent):
        find_event(f"{copy.organizer.slug}/concert")


def test_without_places_there_is_nothing_to_rehearse(concert: Concert) -> None:
    before = rows_of_all_tables()
    concert.event.ticket_types.update(is_active=False)

    with pytest.raises(NothingOnSale):
        make_copy(concert.event)

    concert.event.ticket_types.update(is_active=True)
    assert rows_of_all_tables() == before


def test_it_stands_in_no_list(concert: Concert, client: Client) -> None:
    def lists() -> list[bytes]:
        return [client.get(path).content for path in ("/", "/riverside/")]

    before = lists()
    copy = make_copy(concert.event)

    assert lists() == before
    assert b"/riverside/concert/" in before[0]
    assert copy.organizer.slug.encode() not in client.get(f"/{copy.organizer.slug}/").content.partition(b"<main")[2]
    assert client.get(f"/{copy.organizer.slug}/concert/").status_code == 200


def test_mallory_sees_nothing_of_it(copy: Copy, mallory: User, client: Client) -> None:
    client.login(username=mallory.email, password=PASSWORD)

    pages = [client.get(path) for path in ("/console/", "/console/elsewhere/", f"/console/{copy.organizer.slug}/")]

    assert [page.status_code for page in pages[1:]] == [200, 404]
    assert all(copy.organizer.slug.encode() not in page.content for page in pages)


def test_nobody_can_guess_its_name(concert: Concert) -> None:
    one, other = make_copy(concert.event), make_copy(concert.event)

    assert len(one.organizer.slug) == len("rehearsal-") + 32
    assert one.organizer.slug != other.organizer.slug


def test_it_leaves_nothing_behind(concert: Concert, stalls: TicketType, olga: User) -> None:
    buy((concert.free, 2))
    before = rows_of_all_tables()
    copy = make_copy(concert.event)
    standard, free, seats = (TicketType.objects.get(pk=offer.ticket_type) for offer in copy.offers)
    hold((standard, 3))
    buy((free, 4), email=rehearsed.address(1))
    cancel_order(buy((seats, 5), email=rehearsed.address(2)), by=olga, reason="")
    ensure_default_list(copy.event)

    remove(copy.organizer.pk)

    assert _without_sequence(rows_of_all_tables()) == _without_sequence(before)


def test_what_a_killed_rehearsal_left_is_removed_and_nothing_else(concert: Concert) -> None:
    before = rows_of_all_tables()
    for _rehearsal in range(2):
        make_copy(concert.event)

    assert remove_all() == 2
    assert rows_of_all_tables() == before


def test_no_other_organizer_is_removed(concert: Concert) -> None:
    before = rows_of_all_tables()

    remove(concert.event.organizer_id)

    assert rows_of_all_tables() == before
    assert not Rehearsal.objects.exists()


def test_its_mails_are_made_and_not_sent(copy: Copy) -> None:
    free = TicketType.objects.get(pk=copy.offers[1].ticket_type)
    buy((free, 1), email=rehearsed.address(7))
    buy((free, 1), email="ben@example.org")

    for message in OutboxMessage.objects.filter(topic="order_placed"):
        tasks.run(message.pk, message.attempts)

    assert [sent.to for sent in mail.outbox] == [["ben@example.org"]]


def test_an_address_that_only_looks_so_is_a_buyers() -> None:
    real = ["ben@example.org", "ben@rehearsal.invalid.example.org", "rehearsal.invalid@example.org", ""]

    assert not any(rehearsed.is_rehearsed(email) for email in real)
    assert rehearsed.is_rehearsed("Ben+1@Rehearsal.Invalid")


def _offered(event: Event) -> list[tuple[object, ...]]:
    """Everything that a buyer can tell of it."""
    found: list[tuple[object, ...]] = [(event.title, event.place, event.currency, event.zone, event.max_per_buyer)]
    for kind in event.ticket_types.order_by("position"):
        quotas = [quota.name for quota in Quota.objects.filter(draws__ticket_type=kind)]
        found.append((kind.name, kind.price, kind.tax_rate_bp, kind.max_per_order, kind.session.starts_at, quotas))
    return found


def _without_sequence(rows: dict[str, object]) -> dict[str, object]:
    """What Django remembers of its own is no business of ours."""
    return {table: told for table, told in rows.items() if table not in {"django_session", "core_cache"}}
