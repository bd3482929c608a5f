from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from fairgate.events.models import Event, EventState, Session, TicketType
from fairgate.lib import clock
from fairgate.orders import verification
from fairgate.orders.contact import buyer
from fairgate.orders.errors import NotVerified, TooLateToVerify
from fairgate.orders.models import Order, VerifiedAddress
from fairgate.outbox.models import OutboxMessage
from fairgate.testing.cast import Concert, buy, make_concert

pytestmark = pytest.mark.django_db

BEN = "ben@example.org"


@pytest.fixture
def presale(concert: Concert) -> Concert:
    """Both kinds of ticket go on sale in two days, to confirmed addresses."""
    concert.event.verified_only = True
    concert.event.save()
    starts(concert.standard, days=2)
    starts(concert.free, days=2)
    return concert


def starts(ticket_type: TicketType, *, days: float | None) -> datetime | None:
    at = None if days is None else clock.now() + timedelta(days=days)
    TicketType.objects.filter(pk=ticket_type.pk).update(sale_starts_at=at)
    return at


def confirm(concert: Concert, email: str = BEN) -> None:
    who = verification.buyer_of(concert.event, verification.token(concert.event, email))
    assert who is not None
    verification.verify(concert.event, who)


def begin(concert: Concert) -> None:
    """Two days pass: everything that was before lies as much further back."""
    VerifiedAddress.objects.update(verified_at=clock.now() - timedelta(days=2))
    for ticket_type in (concert.standard, concert.free):
        starts(ticket_type, days=-1)


def test_who_confirmed_before_the_sale_can_order(presale: Concert) -> None:
    confirm(presale)
    begin(presale)

    assert buy((presale.free, 1), email="Ben+tickets@EXAMPLE.org").email == "Ben+tickets@EXAMPLE.org"
    with pytest.raises(NotVerified):
        buy((presale.free, 1), email="gail@example.org")


def test_confirming_is_over_when_the_sale_begins(presale: Concert) -> None:
    begin(presale)

    assert not verification.is_open(presale.event)
    with pytest.raises(TooLateToVerify):
        confirm(presale)
    with pytest.raises(NotVerified):
        buy((presale.free, 1))
    assert not VerifiedAddress.objects.exists()


def test_confirming_twice_counts_the_first_time(presale: Concert) -> None:
    confirm(presale)
    first = VerifiedAddress.objects.get().verified_at

    confirm(presale, "b.e.n@example.org".replace(".", "", 2))

    assert VerifiedAddress.objects.get().verified_at == first
    begin(presale)
    confirm(presale)  # Pressed again in mid-sale: it is confirmed, and that is what it says.


def test_the_first_sale_decides_for_all_kinds(presale: Concert) -> None:
    """Who confirmed after others could buy came late, also for what goes on sale later."""
    VerifiedAddress.objects.create(event=presale.event, buyer=buyer(BEN), verified_at=clock.now() - timedelta(hours=1))
    starts(presale.standard, days=-1)
    starts(presale.free, days=-0.01)

    assert not verification.is_open(presale.event)
    with pytest.raises(NotVerified):
        buy((presale.free, 1))


def test_a_kind_that_was_taken_off_sale_opens_nothing_again(presale: Concert) -> None:
    starts(presale.standard, days=-1)
    TicketType.objects.filter(pk=presale.standard.pk).update(is_active=False)

    assert not verification.is_open(presale.event)


def test_a_kind_without_a_time_is_sold_before_to_those_who_confirmed(presale: Concert) -> None:
    starts(presale.free, days=None)
    with pytest.raises(NotVerified):
        buy((presale.free, 1))

    confirm(presale)

    buy((presale.free, 1))


def test_without_any_time_an_address_is_confirmed_before_its_order(presale: Concert) -> None:
    for ticket_type in (presale.standard, presale.free):
        starts(ticket_type, days=None)
    with pytest.raises(NotVerified):
        buy((presale.free, 1))

    confirm(presale)

    buy((presale.free, 1))
    assert verification.sale_starts_at(presale.event) is None


def closed(concert: Concert) -> None:
    Event.objects.update(state=EventState.CLOSED)


def over(concert: Concert) -> None:
    past = clock.now() - timedelta(days=1)
    Session.objects.update(starts_at=past - timedelta(hours=2), ends_at=past)


def for_everyone(concert: Concert) -> None:
    Event.objects.update(verified_only=False)


@pytest.mark.parametrize("state", [closed, over, for_everyone])
def test_where_nothing_can_be_ordered_nothing_is_confirmed(presale: Concert, state: object) -> None:
    state(presale)  # type: ignore[operator]
    presale.event.refresh_from_db()

    assert not verification.is_open(presale.event)
    with pytest.raises(TooLateToVerify):
        confirm(presale)


def test_the_link_of_one_event_confirms_nothing_for_another(presale: Concert) -> None:
    other = make_concert(presale.event.organizer, "other")

    assert verification.buyer_of(other.event, verification.token(presale.event, BEN)) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda token: "",
        lambda token: "x" * 44,
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: "A" + token[1:] if token[0] != "A" else "B" + token[1:],
        lambda token: token[:22],
        lambda token: token[22:] + token[:22],
        lambda token: "é" * 44,
        lambda token: "-" * 22 + token[22:],
    ],
)
def test_a_link_that_we_did_not_write_is_nobodys(presale: Concert, change: object) -> None:
    changed = change(verification.token(presale.event, BEN))  # type: ignore[operator]

    assert verification.buyer_of(presale.event, changed) is None


def test_a_mailbox_is_mailed_once_in_a_few_minutes_for_each_event(presale: Concert) -> None:
    other = make_concert(presale.event.organizer, "other")

    for email in (BEN, BEN.upper(), "ben+1@example.org", "gail@example.org"):
        verification.ask(presale.event, email)
    verification.ask(other.event, BEN)

    assert list(OutboxMessage.objects.order_by("id").values_list("topic", "payload")) == [
        ("address_asked", {"event": presale.event.pk, "email": BEN}),
        ("address_asked", {"event": presale.event.pk, "email": "gail@example.org"}),
        ("address_asked", {"event": other.event.pk, "email": BEN}),
    ]


def test_an_event_for_everyone_asks_for_no_confirmation(concert: Concert) -> None:
    buy((concert.free, 1))

    assert Order.objects.count() == 1
