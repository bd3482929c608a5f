from __future__ import annotations

import pytest

from fairgate.accounts.models import User
from fairgate.events.actions import add_session
from fairgate.events.details import SessionDetails, TicketTypeDetails
from fairgate.events.models import EventState, Session
from fairgate.stock import offers
from fairgate.stock.actions import resize_quota
from fairgate.stock.errors import DrawsFixed, NoPlaces, SessionInUse, SessionOnSale
from fairgate.stock.models import HoldItem, Quota
from fairgate.testing.cast import Concert, hold

KID = TicketTypeDetails(name="Kid", price=100)


def another_session(concert: Concert, olga: User) -> Session:
    details = SessionDetails(starts_at=concert.session.ends_at, ends_at=concert.session.ends_at.replace(year=2199))
    return add_session(concert.event, details=details, by=olga)


def test_ticket_types_share_a_quota(concert: Concert, olga: User) -> None:
    kid = offers.add_ticket_type(concert.session, details=KID, quotas=[concert.quota], by=olga)

    hold((kid, 3))
    hold((concert.standard, 4))

    concert.quota.refresh_from_db()
    assert (kid.position, concert.quota.taken) == (2, 7)


def test_a_ticket_type_takes_places_of_its_own_date(concert: Concert, olga: User) -> None:
    other = another_session(concert, olga)

    for quotas in ([], [concert.quota]):
        with pytest.raises(NoPlaces):
            offers.add_ticket_type(other, details=KID, quotas=quotas, by=olga)


def test_a_new_price_is_for_new_holds(concert: Concert, olga: User) -> None:
    before = hold((concert.standard, 1))

    details = TicketTypeDetails(name="Standard", price=1, tax_rate_bp=1800)
    offers.edit_ticket_type(concert.standard, details=details, quotas=[concert.quota], by=olga)
    after = hold((concert.standard, 1))

    prices = {item.hold_id: item.unit_price for item in HoldItem.objects.all()}
    assert (prices[before.hold], prices[after.hold]) == (999_00, 1)


def test_draws_change_until_the_first_hold_and_never_on_sale(concert: Concert, olga: User) -> None:
    balcony = offers.add_quota(concert.session, name="Balcony", capacity=5, by=olga)
    details = TicketTypeDetails(name="Standard", price=999_00, tax_rate_bp=1800)

    with pytest.raises(DrawsFixed):
        offers.edit_ticket_type(concert.standard, details=details, quotas=[balcony], by=olga)

    offers.set_on_sale(concert.standard, False, by=olga)
    offers.edit_ticket_type(concert.standard, details=details, quotas=[balcony], by=olga)
    offers.set_on_sale(concert.standard, True, by=olga)
    hold((concert.standard, 1))
    offers.set_on_sale(concert.standard, False, by=olga)

    assert list(concert.standard.draws.values_list("quota", flat=True)) == [balcony.pk]
    with pytest.raises(DrawsFixed):
        offers.edit_ticket_type(concert.standard, details=details, quotas=[concert.quota], by=olga)


def test_another_date_sells_the_same(concert: Concert, olga: User) -> None:
    other = another_session(concert, olga)
    offers.set_on_sale(concert.free, False, by=olga)

    offers.copy_offer(concert.session, other, by=olga)

    quota, ticket_type = other.quotas.get(), other.ticket_types.get()
    assert (quota.name, quota.capacity, quota.taken) == ("Hall", 100, 0)
    assert (ticket_type.name, ticket_type.price, ticket_type.tax_rate_bp) == ("Standard", 999_00, 1800)
    assert [draw.quota for draw in ticket_type.draws.all()] == [quota]


def test_a_date_without_sales_is_removed_with_all_it_offered(concert: Concert, olga: User) -> None:
    other = another_session(concert, olga)
    offers.copy_offer(concert.session, other, by=olga)
    concert.event.state = EventState.DRAFT
    concert.event.save()
    resize_quota(other.quotas.get(), capacity=7, by=olga)
    other.event = concert.event

    offers.remove_session(other, by=olga)

    assert list(concert.event.sessions.all()) == [concert.session]
    assert list(Quota.objects.all()) == [concert.quota]


def test_a_date_on_sale_is_not_removed(concert: Concert, olga: User) -> None:
    with pytest.raises(SessionOnSale):
        offers.remove_session(concert.session, by=olga)


def test_a_date_of_which_places_were_held_is_not_removed(concert: Concert, olga: User) -> None:
    hold((concert.free, 1))
    for ticket_type in (concert.standard, concert.free):
        offers.set_on_sale(ticket_type, False, by=olga)

    with pytest.raises(SessionInUse):
        offers.remove_session(concert.session, by=olga)


def test_a_date_with_a_checkin_list_of_its_own_is_not_removed(concert: Concert, olga: User) -> None:
    concert.event.checkin_lists.create(name="Door", session=concert.session)
    for ticket_type in (concert.standard, concert.free):
        offers.set_on_sale(ticket_type, False, by=olga)

    with pytest.raises(SessionInUse):
        offers.remove_session(concert.session, by=olga)
    assert concert.session.quotas.exists()
