from __future__ import annotations

from datetime import timedelta

from django.test import Client

from fairgate.accounts.models import User
from fairgate.console.tests.conftest import signed_in
from fairgate.events.models import Event, EventState
from fairgate.lib import clock
from fairgate.orders.models import Order
from fairgate.organizers.models import Membership, Organizer, Role
from fairgate.outbox.models import OutboxMessage
from fairgate.testing.cast import Concert, buy, hold, make_concert


def test_who_works_for_one_organizer_starts_there(as_olga: Client) -> None:
    assert as_olga.get("/console/").headers["Location"] == "/console/riverside/"


def test_who_works_for_several_sees_what_each_needs(
    as_olga: Client, olga: User, elsewhere: Organizer, concert: Concert
) -> None:
    Membership.objects.create(organizer=elsewhere, user=olga, role=Role.FINANCE)
    buy((concert.standard, 1))
    buy((make_concert(elsewhere).standard, 1))

    page = as_olga.get("/console/").content.decode()

    assert page.count("1 order awaits payment") == 2
    assert 'href="/console/elsewhere/"' in page
    assert 'href="/console/riverside/"' in page


def test_nobody_sees_what_others_need(olga: User, mallory: User, concert: Concert) -> None:
    buy((concert.standard, 1))
    OutboxMessage.objects.update(parked_at=clock.now())

    page = signed_in(mallory).get("/console/elsewhere/").content.decode()

    assert "Sell your first tickets" in page
    assert "await" not in page


def test_who_is_on_no_team_is_told_what_to_do(db: None) -> None:
    page = signed_in(User.objects.create_user("new@example.org")).get("/console/").content.decode()

    assert "You are not on a team yet" in page


def test_a_new_organizer_is_shown_the_first_step(as_olga: Client) -> None:
    page = as_olga.get("/console/riverside/").content.decode()

    assert "Sell your first tickets" in page
    assert 'href="/console/riverside/new-event/"' in page


def test_what_needs_a_hand_comes_first(as_olga: Client, riverside: Organizer, concert: Concert) -> None:
    buy((concert.standard, 1))
    late = buy((concert.standard, 1))
    Order.objects.filter(pk=late.pk).update(pay_by=clock.now() - timedelta(days=1))
    OutboxMessage.objects.filter(payload__order=late.pk).update(parked_at=clock.now())
    Event.objects.create(organizer=riverside, slug="draft", title="Next year", time_zone="UTC", currency="EUR")

    page = as_olga.get("/console/riverside/").content.decode()

    wanted = ["1 mail could not be sent", "1 order is past its day", "1 order awaits payment", "“Next year” is a draft"]
    assert [words in page for words in wanted] == [True] * 4


def test_a_quiet_day_says_so(as_olga: Client, concert: Concert) -> None:
    buy((concert.free, 2))
    hold((concert.free, 3))

    page = as_olga.get("/console/riverside/").content.decode()

    assert "Nothing today." in page
    assert "2 of 100" in page
    assert "+ 3 in checkout" in page


def test_closed_and_past_events_are_no_current_sales(as_olga: Client, riverside: Organizer, concert: Concert) -> None:
    make_concert(riverside, slug="over").event.sessions.update(
        starts_at="2020-01-01T00:00Z", ends_at="2020-01-02T00:00Z"
    )
    Event.objects.filter(slug="concert").update(state=EventState.CLOSED)

    page = as_olga.get("/console/riverside/").content.decode()

    assert "Nothing is on sale right now." in page


def test_mail_that_was_given_up_is_tried_again(as_olga: Client, elsewhere: Organizer, concert: Concert) -> None:
    own, theirs = buy((concert.free, 1)), buy((make_concert(elsewhere).free, 1))
    OutboxMessage.objects.update(parked_at=clock.now(), attempts=8)

    listed = as_olga.get("/console/riverside/mail/").content.decode()
    response = as_olga.post("/console/riverside/mail/", follow=True)

    assert (own.code in listed, theirs.code in listed) == (True, False)
    assert "1 mail is tried again." in response.content.decode()
    parked = OutboxMessage.objects.filter(parked_at__isnull=False)
    assert [message.payload["order"] for message in parked] == [theirs.pk]
