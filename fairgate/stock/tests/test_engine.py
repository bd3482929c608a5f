from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from fairgate.events.models import Event, EventState, TicketType
from fairgate.lib.ids import uuid7
from fairgate.stock import engine
from fairgate.stock.actions import resize_quota
from fairgate.stock.engine import HoldRequest, Item, Outcome
from fairgate.stock.errors import CapacityTooLow
from fairgate.stock.models import Draw, Move, Quota
from fairgate.testing.cast import Concert, buy, hold

pytestmark = pytest.mark.django_db


def ask(*items: tuple[TicketType, int], key: str = "") -> HoldRequest:
    wanted = tuple(Item(ticket_type.pk, quantity) for ticket_type, quantity in items)
    return HoldRequest(items[0][0].event_id, wanted, engine.digest(key or str(uuid7())), engine.digest(repr(wanted)))


def grant(*requests: HoldRequest, ttl: timedelta = engine.HOLD_TTL) -> list[engine.Answer]:
    with connection.cursor() as cursor:
        return engine.hold_places(cursor, requests[0].event, list(requests), ttl)


def outcomes(*requests: HoldRequest) -> list[Outcome]:
    return [answer.outcome for answer in grant(*requests)]


def taken(quota: Quota) -> int:
    quota.refresh_from_db()
    return quota.taken


def test_hold_takes_its_places(concert: Concert) -> None:
    (answer,) = grant(ask((concert.standard, 3)))

    assert (answer.outcome, answer.currency, answer.items[0].unit_price) == (Outcome.HELD, "INR", 999_00)
    assert taken(concert.quota) == 3


def test_request_that_does_not_fit_takes_nothing_and_does_not_stand_in_the_way(concert: Concert) -> None:
    resize_quota(concert.quota, capacity=5, by=None)

    got = outcomes(ask((concert.free, 3)), ask((concert.free, 4)), ask((concert.free, 2)), ask((concert.free, 1)))

    assert got == [Outcome.HELD, Outcome.SOLD_OUT, Outcome.HELD, Outcome.SOLD_OUT]
    assert taken(concert.quota) == 5


def test_refusal_says_what_is_left(concert: Concert) -> None:
    resize_quota(concert.quota, capacity=2, by=None)

    (answer,) = grant(ask((concert.free, 3)))

    assert answer.items[0].left == 2


def test_ticket_types_share_a_quota(concert: Concert) -> None:
    resize_quota(concert.quota, capacity=4, by=None)

    assert outcomes(ask((concert.free, 2), (concert.standard, 3))) == [Outcome.SOLD_OUT]
    assert outcomes(ask((concert.free, 2), (concert.standard, 2))) == [Outcome.HELD]
    assert taken(concert.quota) == 4


def test_a_hold_over_two_quotas_takes_from_both_or_from_none(concert: Concert) -> None:
    balcony = Quota.objects.create(event=concert.event, session=concert.session, name="Balcony", capacity=1)
    Draw.objects.create(ticket_type=concert.standard, quota=balcony)

    assert outcomes(ask((concert.standard, 2))) == [Outcome.SOLD_OUT]
    assert (taken(concert.quota), taken(balcony)) == (0, 0)
    assert outcomes(ask((concert.standard, 1))) == [Outcome.HELD]
    assert (taken(concert.quota), taken(balcony)) == (1, 1)


def test_same_key_and_body_is_the_same_hold(concert: Concert) -> None:
    first, again = ask((concert.free, 2), key="k"), ask((concert.free, 2), key="k")

    (held,), (repeat,) = grant(first), grant(again)

    assert (repeat.outcome, repeat.hold, repeat.expires_at) == (Outcome.REPEAT, held.hold, held.expires_at)
    assert taken(concert.quota) == 2


def test_repeat_keeps_the_price_of_the_hold(concert: Concert) -> None:
    grant(ask((concert.standard, 1), key="k"))
    TicketType.objects.filter(pk=concert.standard.pk).update(price=1)

    (repeat,) = grant(ask((concert.standard, 1), key="k"))

    assert repeat.items[0].unit_price == 999_00


def test_same_key_with_another_body_is_refused(concert: Concert) -> None:
    grant(ask((concert.free, 2), key="k"))

    assert outcomes(ask((concert.free, 3), key="k")) == [Outcome.KEY_REUSED]
    assert taken(concert.quota) == 2


def test_what_is_not_on_sale_is_invalid_with_a_reason(concert: Concert) -> None:
    answers = grant(ask((concert.free, 11)), ask((TicketType(pk=10**12, event=concert.event), 1)))

    assert [(a.outcome, a.items[0].reason) for a in answers] == [
        (Outcome.INVALID, "limit:10"),
        (Outcome.INVALID, "unknown"),
    ]


@pytest.mark.parametrize(
    ("of_event", "of_type", "most"), [(None, 3, 3), (4, None, 4), (4, 3, 3), (3, 4, 3), (20, 30, 10)]
)
def test_more_than_one_buyer_may_order_is_not_held(
    concert: Concert, of_event: int | None, of_type: int | None, most: int
) -> None:
    Event.objects.filter(pk=concert.event.pk).update(max_per_buyer=of_event)
    TicketType.objects.filter(pk=concert.free.pk).update(max_per_buyer=of_type)

    refused, held = grant(ask((concert.free, most + 1)), ask((concert.free, most)))

    assert (refused.outcome, refused.items[0].reason) == (Outcome.INVALID, f"limit:{most}")
    assert held.outcome == Outcome.HELD


def test_closed_event_sells_nothing(concert: Concert) -> None:
    concert.event.state = EventState.CLOSED
    concert.event.save()

    assert grant(ask((concert.free, 1)))[0].items[0].reason == "closed"
    assert taken(concert.quota) == 0


def test_expired_places_are_on_sale_before_anyone_is_refused(concert: Concert) -> None:
    resize_quota(concert.quota, capacity=2, by=None)
    grant(ask((concert.free, 2)), ttl=timedelta(0))

    assert outcomes(ask((concert.free, 2))) == [Outcome.HELD]
    assert taken(concert.quota) == 2


def test_release_gives_back_once(concert: Concert) -> None:
    answer = hold((concert.free, 4))

    with connection.cursor() as cursor:
        assert engine.release_hold(cursor, answer.hold)
        assert not engine.release_hold(cursor, answer.hold)

    assert taken(concert.quota) == 0


def test_an_order_keeps_its_places_when_the_sweeper_comes(concert: Concert) -> None:
    buy((concert.free, 2))

    with connection.cursor() as cursor:
        cursor.execute("UPDATE stock_hold SET expires_at = now() - interval '1 day'")
        cursor.execute("SELECT stock_expire_holds(100)")
        assert cursor.fetchone() == (0,)

    assert taken(concert.quota) == 2


def test_capacity_moves_while_it_sells_but_not_below_what_is_taken(concert: Concert) -> None:
    hold((concert.free, 4))

    resize_quota(concert.quota, capacity=4, by=None)
    with pytest.raises(CapacityTooLow) as refused:
        resize_quota(concert.quota, capacity=3, by=None)

    assert (refused.value.taken, concert.quota.capacity) == (4, 4)


def test_ledger_numbers_every_move(concert: Concert) -> None:
    answer = hold((concert.free, 4))
    resize_quota(concert.quota, capacity=50, by=None)
    with connection.cursor() as cursor:
        engine.release_hold(cursor, answer.hold)

    moves = Move.objects.filter(quota=concert.quota).order_by("seq").values_list("seq", "kind", "quantity", "capacity")
    assert list(moves) == [(1, "hold", 4, 100), (2, "resize", 0, 50), (3, "release", -4, 50)]
