"""The on-sale page: what it says in each state, and that its buttons bear two clicks and two people at once."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils.html import strip_tags

from fairgate.accounts.models import User
from fairgate.console.limits import limits_of
from fairgate.console.on_sale import FACTS, facts_of
from fairgate.console.sale_facts import Facts
from fairgate.console.tests.conftest import signed_in
from fairgate.events.actions import close_event
from fairgate.events.announcements import announcement_of
from fairgate.lib import clock
from fairgate.lib.cache import connect
from fairgate.orders.models import Order
from fairgate.organizers.models import AuditEntry, Organizer
from fairgate.outbox.models import OutboxMessage
from fairgate.stock import engine
from fairgate.stock.actions import resize_quota
from fairgate.stock.models import Hold, MinuteCount
from fairgate.stock.pulse import as_minute
from fairgate.testing.cast import Concert, buy, hold, make_concert

PAGE = "/console/riverside/events/concert/on-sale/"


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", strip_tags(response.content.decode()))


def headlines(concert: Concert) -> list[str]:
    concert.event.refresh_from_db()
    return [limit.headline for limit in limits_of(concert.event, facts_of(concert.event))]


def tell(concert: Concert, what: str, count: int, minutes_ago: int = 0) -> None:
    minute = as_minute(clock.now()) - minutes_ago
    MinuteCount.objects.create(event_id=concert.event.pk, minute=minute, what=what, count=count)


def test_the_page_of_a_quiet_sale(as_olga: Client, concert: Concert) -> None:
    said = words(as_olga.get(PAGE))

    assert "Nothing limits the sale" in said
    assert "nobody asked in the last 5 minutes" in said
    assert said.count("Nothing in the last 15 minutes.") == 3


def test_figures_of_a_sale_under_way(concert: Concert) -> None:
    buy((concert.standard, 2))
    buy((concert.free, 1))
    Order.objects.filter(pk=buy((concert.free, 1)).pk).update(placed_at=clock.now() - timedelta(minutes=20))
    hold((concert.free, 5))
    given_back = hold((concert.free, 3))
    with connection.cursor() as cursor:
        engine.release_hold(cursor, given_back.hold)
    for what, count in {
        "held": 4,
        "sold-out": 7,
        "limit": 2,
        "busy": 1,
        "ms-100": 12,
        "ms-500": 2,
        "views": 90,
    }.items():
        tell(concert, what, count)
    tell(concert, "sold-out", 40, minutes_ago=59)
    tell(concert, "sold-out", 1000, minutes_ago=61)

    facts = facts_of(concert.event)

    assert (facts.sold, facts.orders, facts.held, facts.free) == (4, 3, 5, 91)
    assert [facts.in_last_hour(name) for name in ("ordered", "taken", "returned")] == [3, 12, 3]
    assert [facts.in_last_hour(name) for name in ("gone", "not_for_them", "busy")] == [47, 2, 1]
    assert [minute.ordered for minute in facts.minutes if minute.ordered] == [1, 2]
    assert facts.minutes[-1].views == 90
    assert (facts.within_ms(0.5), facts.within_ms(0.95)) == (100, 500)
    assert len(facts.minutes) == 61


def test_ninety_five_of_a_hundred_are_no_average(concert: Concert) -> None:
    tell(concert, "ms-50", 94)
    tell(concert, "ms-more", 6)

    facts = facts_of(concert.event)

    assert (facts.within_ms(0.5), facts.within_ms(0.95)) == (50, -1)
    assert headlines(concert) == ["Answers are slow"]


def test_what_limits_the_sale(concert: Concert, olga: User) -> None:
    said = [headlines(concert)]
    tell(concert, "busy", 30)
    said.append(headlines(concert))
    MinuteCount.objects.all().delete()
    buy((concert.free, 10))
    OutboxMessage.objects.update(created_at=clock.now() - timedelta(minutes=6))
    said.append(headlines(concert))
    OutboxMessage.objects.all().delete()
    for _ in range(9):
        hold((concert.free, 10))
    said.append(headlines(concert))
    for kept in Hold.objects.filter(state="active"):
        with connection.cursor() as cursor:
            engine.release_hold(cursor, kept.pk)
    concert.event.ticket_types.update(sale_starts_at=clock.now() + timedelta(hours=1))
    said.append(headlines(concert))
    concert.event.ticket_types.update(sale_starts_at=None, is_active=False)
    said.append(headlines(concert))
    close_event(concert.event, by=olga)
    said.append(headlines(concert))

    assert said == [
        ["Nothing limits the sale"],
        ["More people than the system answers"],
        ["Mail is late"],
        ["Every place is taken"],
        ["The sale has not begun"],
        ["Nothing can be bought"],
        ["The sale is paused"],
    ]


def test_mail_of_others_is_not_told(concert: Concert, elsewhere: Organizer) -> None:
    buy((make_concert(elsewhere).free, 1))

    assert facts_of(concert.event).mail.waiting == 0
    assert facts_of(concert.event).minutes[-1].ordered + facts_of(concert.event).minutes[-2].ordered == 0


def test_the_part_comes_alone_for_htmx_and_as_the_page_otherwise(as_olga: Client, concert: Concert) -> None:
    part = as_olga.get(f"{PAGE}now/?state=published", headers={"HX-Request": "true"})
    page = as_olga.get(f"{PAGE}now/")

    assert "<html" not in part.content.decode()
    assert "Nothing limits the sale" in words(part)
    assert page.headers["Location"] == PAGE


def test_a_page_whose_buttons_are_of_before_comes_anew(as_olga: Client, concert: Concert, olga: User) -> None:
    close_event(concert.event, by=olga)

    part = as_olga.get(f"{PAGE}now/?state=published", headers={"HX-Request": "true"})

    assert part.headers["HX-Refresh"] == "true"


def test_tables_tell_the_same_and_without_scripts_it_reloads_if_asked(as_olga: Client, concert: Concert) -> None:
    buy((concert.free, 1))

    tables = as_olga.get(f"{PAGE}?minutes=60&view=table").content.decode()
    reloading = as_olga.get(f"{PAGE}?reload=1").content.decode()

    assert '<svg class="chart"' not in tables
    assert tables.count('<tr><th scope="row">') == 180
    assert 'http-equiv="refresh"' not in tables
    assert 'http-equiv="refresh" content="10"' in reloading


@pytest.mark.parametrize("address", ["?minutes=0", "?minutes=999999999", "?minutes=x&view=%00&reload=no"])
def test_whatever_else_the_address_says_is_not_meant(address: str, as_olga: Client, concert: Concert) -> None:
    assert as_olga.get(PAGE + address).status_code == 200


def test_pause_and_resume_are_one_change_each_however_often_pressed(as_olga: Client, concert: Concert) -> None:
    states = []
    for button in ("pause", "pause", "resumption", "resumption"):
        assert as_olga.post(f"{PAGE}{button}/").headers["Location"] == PAGE
        concert.event.refresh_from_db()
        states.append(concert.event.state)

    assert states == ["closed", "closed", "published", "published"]
    assert actions_of("event.closed", "event.reopened") == ["event.closed", "event.reopened"]


def test_a_message_is_shown_to_buyers_and_taken_away(as_olga: Client, concert: Concert) -> None:
    sentence = "Doors <open> at 18:00"
    as_olga.post(f"{PAGE}message/", {"text": sentence, "seen": ""})
    as_olga.post(f"{PAGE}message/", {"text": sentence, "seen": ""})
    shown = Client().get("/riverside/concert/").content.decode()
    as_olga.post(f"{PAGE}message/removal/", {"seen": sentence})
    as_olga.post(f"{PAGE}message/removal/", {"seen": sentence})
    after = Client().get("/riverside/concert/").content.decode()

    assert "Doors &lt;open&gt; at 18:00" in shown
    assert "Doors" not in after
    assert actions_of("event.announced", "event.announcement_removed") == [
        "event.announced",
        "event.announcement_removed",
    ]


def test_who_was_slower_reads_the_message_of_the_other_first(
    as_olga: Client, concert: Concert, max_manager: User
) -> None:
    signed_in(max_manager).post(f"{PAGE}message/", {"text": "We begin late", "seen": ""})

    refused = as_olga.post(f"{PAGE}message/", {"text": "All is well", "seen": ""})
    again = as_olga.post(f"{PAGE}message/", {"text": "All is well", "seen": "We begin late"})
    taken = as_olga.post(f"{PAGE}message/removal/", {"seen": "We begin late"})

    assert (refused.status_code, again.status_code, taken.status_code) == (422, 302, 302)
    assert "to “We begin late”" in words(refused)
    assert 'name="seen" value="We begin late"' in refused.content.decode()
    assert announcement_of(concert.event) == "All is well"


def test_who_was_slower_sees_the_capacity_of_the_other_first(
    as_olga: Client, concert: Concert, max_manager: User
) -> None:
    address = f"{PAGE}places/{concert.quota.pk}/"
    signed_in(max_manager).post(address, {"capacity": 150, "seen": 100})

    twice = as_olga.post(address, {"capacity": 150, "seen": 100})
    refused = as_olga.post(address, {"capacity": 200, "seen": 100})
    concert.quota.refresh_from_db()
    between = concert.quota.capacity
    again = as_olga.post(address, {"capacity": 200, "seen": 150})

    concert.quota.refresh_from_db()
    assert (twice.status_code, refused.status_code, again.status_code) == (302, 422, 302)
    assert "Somebody changed it to 150 meanwhile" in words(refused)
    assert (between, concert.quota.capacity) == (150, 200)
    resized = AuditEntry.objects.filter(action="quota.resized").order_by("id")
    assert [(entry.data["before"], entry.data["after"]) for entry in resized] == [(100, 150), (150, 200)]


def test_capacity_never_goes_below_what_is_taken(as_olga: Client, concert: Concert) -> None:
    buy((concert.free, 8))

    refused = as_olga.post(f"{PAGE}places/{concert.quota.pk}/", {"capacity": 7, "seen": 100})

    assert refused.status_code == 422
    assert "8 places are held or sold" in words(refused)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_press_at_once_one_changes_it(concert: Concert, olga: User, max_manager: User) -> None:
    address = f"{PAGE}places/{concert.quota.pk}/"
    start = threading.Barrier(6)
    statuses = []

    def press(user: User, wanted: int) -> None:
        client = signed_in(user)
        start.wait(10)
        statuses.append((wanted, client.post(address, {"capacity": wanted, "seen": 100}).status_code))
        connections.close_all()

    threads = [
        threading.Thread(target=press, args=(user, wanted)) for user, wanted in [(olga, 120), (max_manager, 130)] * 3
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    concert.quota.refresh_from_db()
    won = concert.quota.capacity
    assert won in (120, 130)
    assert sorted(statuses) == sorted([(won, 302)] * 3 + [(250 - won, 422)] * 3)
    assert AuditEntry.objects.filter(action="quota.resized").count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_an_organizer_did_is_shown_at_once(concert: Concert, olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = connect("local://", "k" * 32)
    for module in ("fairgate.console.on_sale", "fairgate.outbox.generations"):
        monkeypatch.setattr(f"{module}.cache", lambda: kept)

    before = facts_of(concert.event).capacity
    resize_quota(concert.quota, capacity=150, by=olga)

    assert (before, facts_of(concert.event).capacity) == (100, 150)


def test_a_draft_has_no_buttons(as_olga: Client, riverside: Organizer, concert: Concert) -> None:
    concert.event.state = "draft"
    concert.event.save()

    page = as_olga.get(PAGE)
    as_olga.post(f"{PAGE}resumption/")

    concert.event.refresh_from_db()
    assert "Not on sale yet" in words(page)
    assert 'id="buttons"' not in page.content.decode()
    assert concert.event.state == "draft"


def test_who_may_only_look_has_no_buttons(fay: User, concert: Concert) -> None:
    page = signed_in(fay).get(PAGE)

    assert "Tickets sold" in words(page)
    assert 'id="buttons"' not in page.content.decode()


def actions_of(*names: str) -> list[str]:
    return list(AuditEntry.objects.filter(action__in=names).order_by("id").values_list("action", flat=True))


def test_facts_can_be_kept(concert: Concert) -> None:
    facts: Facts = facts_of(concert.event)

    assert FACTS.adapter.validate_json(FACTS.adapter.dump_json(facts)) == facts
