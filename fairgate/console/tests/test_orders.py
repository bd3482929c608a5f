from __future__ import annotations

import re

import pytest
from django.test import Client

from fairgate.accounts.models import User
from fairgate.console import paging
from fairgate.orders import actions
from fairgate.orders.models import Order, OrderState
from fairgate.organizers.models import Organizer
from fairgate.outbox.models import OutboxMessage
from fairgate.testing.cast import Concert, buy, make_concert

LIST = "/console/riverside/orders/"


def test_the_list_says_what_will_be_here_while_it_is_empty(as_olga: Client) -> None:
    page = as_olga.get(LIST).content.decode()

    assert "As soon as someone gets a ticket, the order shows here" in page


def test_search_finds_by_code_and_by_how_email_and_name_begin(as_olga: Client, concert: Concert) -> None:
    ben = buy((concert.free, 1), email="Ben@example.org", name="Bénédict Buyer")
    ann = buy((concert.free, 1), email="ann@example.org", name="Ann 100%")
    typed = {
        ben.code.lower(): {ben.code},
        f" {ben.code[:4]}-{ben.code[4:]} ": {ben.code},
        "ben@": {ben.code},
        "BÉNÉ": {ben.code},
        "ann": {ann.code},
        "example": set(),
        "%": set(),
        "_": set(),
        "\\": set(),
        "": {ben.code, ann.code},
    }

    found = {q: codes(as_olga.get(LIST, {"q": q})) for q in typed}

    assert found == typed


def test_filters_by_state_and_event(as_olga: Client, olga: User, concert: Concert, riverside: Organizer) -> None:
    other = make_concert(riverside, slug="other")
    pending, free = buy((concert.standard, 1)), buy((concert.free, 1))
    elsewhen = buy((other.free, 1))

    assert codes(as_olga.get(LIST, {"state": "pending"})) == {pending.code}
    assert codes(as_olga.get(LIST, {"event": "concert"})) == {pending.code, free.code}
    assert codes(as_olga.get(LIST, {"state": "paid", "event": "other"})) == {elsewhen.code}


def test_nobody_elses_orders_are_found(as_olga: Client, elsewhere: Organizer, concert: Concert) -> None:
    theirs = buy((make_concert(elsewhere).free, 1))

    assert codes(as_olga.get(LIST)) == set()
    assert codes(as_olga.get(LIST, {"q": theirs.code})) == set()
    assert as_olga.get(f"{LIST}{theirs.code}/").status_code == 404


@pytest.mark.parametrize(
    "query",
    [{"q": "a\0b"}, {"q": "x" * 300}, {"state": "nonsense"}, {"event": "of-someone-else"}],
)
def test_a_search_that_makes_no_sense_is_refused_with_a_sentence(as_olga: Client, query: dict[str, str]) -> None:
    response = as_olga.get(LIST, query)

    assert response.status_code == 422
    assert 'class="error"' in response.content.decode()


def test_pages_follow_by_key_and_keep_the_filters(
    as_olga: Client, concert: Concert, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging.page_of, "__defaults__", (2,))
    placed = [buy((concert.free, 1)).code for _ in range(5)]

    first = as_olga.get(LIST, {"state": "paid"})
    second = as_olga.get(LIST + neighbor(first, "next"))
    third = as_olga.get(LIST + neighbor(second, "next"))
    back = as_olga.get(LIST + neighbor(third, "prev"))

    assert [codes(page) for page in (first, second, third, back)] == [
        {placed[4], placed[3]},
        {placed[2], placed[1]},
        {placed[0]},
        {placed[2], placed[1]},
    ]
    assert "state=paid" in neighbor(first, "next")
    assert (neighbor(first, "prev"), neighbor(third, "next")) == ("", "")


@pytest.mark.parametrize("key", ["x", "-1", "1.5", "9" * 40, "٣", "", "0", "1\0"])
def test_a_key_that_is_none_never_breaks_the_list(as_olga: Client, concert: Concert, key: str) -> None:
    buy((concert.free, 1))

    for name in ("before", "after"):
        assert as_olga.get(LIST, {name: key}).status_code == 200


def test_marking_paid_settles_the_order_once(as_olga: Client, olga: User, concert: Concert) -> None:
    order = buy((concert.standard, 1))

    first = as_olga.post(f"{LIST}{order.code}/payment/", follow=True)
    second = as_olga.post(f"{LIST}{order.code}/payment/", follow=True)

    order.refresh_from_db()
    assert order.state == OrderState.PAID
    assert "Marked as paid." in first.content.decode()
    assert "This order is paid already." in second.content.decode()
    assert OutboxMessage.objects.filter(topic="order_paid", payload={"order": order.pk}).count() == 1


def test_the_question_before_canceling_names_the_consequence_in_numbers(
    as_olga: Client, olga: User, concert: Concert
) -> None:
    order = buy((concert.standard, 3))
    actions.mark_paid(order, by=olga)
    two = [ticket.reference for ticket in order.tickets.all()[:2]]

    page = as_olga.get(f"{LIST}{order.code}/cancellation/", {"ticket": two}).content.decode()

    assert "Cancel 2 tickets?" in page
    assert "2 places go back on sale at once." in page
    assert "1 ticket stays valid; the order becomes ₹999 instead of ₹2,997." in page
    assert "₹1,998 was paid for it." in page
    order.refresh_from_db()
    assert order.gross == 2997_00


def test_chosen_tickets_are_canceled_and_their_places_are_on_sale_again(as_olga: Client, concert: Concert) -> None:
    order = buy((concert.standard, 3))
    chosen = order.tickets.first()
    assert chosen is not None

    response = as_olga.post(
        f"{LIST}{order.code}/cancellation/", {"ticket": chosen.reference, "reason": "asked by phone"}, follow=True
    )

    order.refresh_from_db()
    concert.quota.refresh_from_db()
    page = response.content.decode()
    assert "1 ticket is canceled; its place is on sale again." in page
    assert "1 ticket canceled: asked by phone" in page  # the history
    assert (order.state, order.gross, concert.quota.taken) == (OrderState.PENDING, 1998_00, 2)


def test_the_whole_order_is_canceled_at_once(as_olga: Client, concert: Concert) -> None:
    order = buy((concert.standard, 2))
    asked = as_olga.get(f"{LIST}{order.code}/cancellation/?all=1").content.decode()
    references = re.findall(r'name="ticket" value="(\w+)"', asked)

    as_olga.post(f"{LIST}{order.code}/cancellation/", {"ticket": references})

    order.refresh_from_db()
    concert.quota.refresh_from_db()
    assert (order.state, concert.quota.taken) == (OrderState.CANCELED, 0)


def test_a_ticket_of_another_order_is_not_canceled(as_olga: Client, concert: Concert) -> None:
    order, other = buy((concert.free, 1)), buy((concert.free, 1))
    ticket = other.tickets.get()

    response = as_olga.post(f"{LIST}{order.code}/cancellation/", {"ticket": ticket.reference})

    other.refresh_from_db()
    assert response.status_code == 422
    assert "One of these tickets was canceled meanwhile." in response.content.decode()
    assert other.state == OrderState.PAID


def test_canceling_twice_says_so(as_olga: Client, concert: Concert) -> None:
    order = buy((concert.free, 1))
    form = {"ticket": order.tickets.get().reference}

    first, second = (as_olga.post(f"{LIST}{order.code}/cancellation/", form).status_code for _ in range(2))

    assert (first, second) == (302, 422)
    assert OutboxMessage.objects.filter(topic="tickets_canceled").count() == 1


def test_mailing_again_is_one_message_and_an_entry(as_olga: Client, concert: Concert) -> None:
    order = buy((concert.free, 1))

    response = as_olga.post(f"{LIST}{order.code}/mail/", follow=True)

    assert "Sent again to ben@example.org." in response.content.decode()
    assert "Tickets mailed again" in response.content.decode()
    assert OutboxMessage.objects.filter(topic="tickets_resent", payload={"order": order.pk}).count() == 1


def test_finance_sees_orders_but_not_how_to_edit_the_event(fay: User, concert: Concert) -> None:
    client = Client()
    client.force_login(fay)

    page = client.get("/console/riverside/events/concert/").content.decode()

    assert "Edit details" not in page
    assert "Close the sale" not in page


def codes(response: object) -> set[str]:
    page = response.content.decode()  # type: ignore[attr-defined]
    known = set(Order.objects.values_list("code", flat=True))
    return {code for code in re.findall(r"/orders/(\w+)/", page) if code in known}


def neighbor(response: object, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]*)"', response.content.decode())  # type: ignore[attr-defined]
    return found[1].replace("&amp;", "&") if found else ""
