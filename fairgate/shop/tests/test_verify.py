"""Confirming an address before the sale, on the pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from fairgate.events.models import Event, EventState, TicketType
from fairgate.lib import clock
from fairgate.orders import verification
from fairgate.orders.models import VerifiedAddress
from fairgate.outbox.models import OutboxMessage
from fairgate.testing.cast import Concert, make_concert

pytestmark = pytest.mark.django_db

PAGE, ASK = "/riverside/concert/", "/riverside/concert/confirm/"


@pytest.fixture
def presale(concert: Concert) -> Concert:
    Event.objects.filter(pk=concert.event.pk).update(verified_only=True)
    TicketType.objects.update(sale_starts_at=clock.now() + timedelta(days=2))
    concert.event.refresh_from_db()
    return concert


def begin() -> None:
    TicketType.objects.update(sale_starts_at=clock.now() - timedelta(minutes=1))


def link(concert: Concert, email: str = "ben@example.org") -> str:
    return f"{ASK}{verification.token(concert.event, email)}/"


def heading(page: object) -> str:
    return re.search(r"<h1>(.*?)</h1>", page.content.decode())[1]  # type: ignore[attr-defined, index]


def test_the_events_page_asks_for_an_address_until_the_sale_begins(client: Client, presale: Concert) -> None:
    before = client.get(PAGE)
    begin()
    after = client.get(PAGE)

    assert f'action="{ASK}"' in before.content.decode()
    assert (before["Cache-Control"], before["Vary"], bool(before.cookies)) == (
        "public, max-age=1",
        "Accept-Encoding",
        False,
    )
    assert "csrf" not in before.content.decode()
    assert f'action="{ASK}"' not in after.content.decode()
    assert "Only email addresses that were confirmed before the sale began can order" in after.content.decode()


def test_an_event_for_everyone_has_no_such_pages(client: Client, concert: Concert) -> None:
    assert "confirm/" not in client.get(PAGE).content.decode()
    assert client.get(ASK).status_code == client.post(ASK, {"email": "ben@example.org"}).status_code == 404
    assert client.get(link(concert)).status_code == 404


def test_neither_has_a_draft(client: Client, presale: Concert) -> None:
    Event.objects.update(state=EventState.DRAFT)

    assert client.get(ASK).status_code == client.get(link(presale)).status_code == 404


def test_every_address_gets_the_same_answer(client: Client, presale: Concert) -> None:
    verified = verification.buyer_of(presale.event, verification.token(presale.event, "gail@example.org"))
    VerifiedAddress.objects.create(event=presale.event, buyer=verified)

    new, again, known = (
        client.post(ASK, {"email": email}) for email in ("ben@example.org", "ben@example.org", "gail@example.org")
    )

    assert new.status_code == 200
    assert heading(new) == "Look in your mail"
    assert new.content == again.content == known.content.replace(b"gail@", b"ben@")
    assert OutboxMessage.objects.filter(topic="address_asked").count() == 2


@pytest.mark.parametrize(
    "email", ["", "ben", "ben@", "a@b.c\r\nBcc: all@example.org", "x" * 300 + "@example.org", "\x00@x.org"]
)
def test_what_is_no_address_is_said_beside_the_field(client: Client, presale: Concert, email: str) -> None:
    page = client.post(ASK, {"email": email})

    assert page.status_code == 422
    assert 'id="field-email-error"' in page.content.decode()
    assert not OutboxMessage.objects.exists()


def test_a_link_confirms_when_its_button_is_pressed(client: Client, presale: Concert) -> None:
    """Programs that look into mails follow links."""
    address = link(presale)

    first = client.get(address)
    assert (first.status_code, heading(first), VerifiedAddress.objects.count()) == (200, "Confirm your email", 0)
    assert (first["Referrer-Policy"], first["Cache-Control"]) == ("no-referrer", "private, no-store")

    pressed = client.post(address)
    assert (pressed.status_code, pressed["Location"], VerifiedAddress.objects.count()) == (302, address, 1)
    assert heading(client.get(address)) == "Your email is confirmed"
    assert client.post(address).status_code == 302
    assert VerifiedAddress.objects.count() == 1


def test_after_the_sale_began_confirming_is_refused_with_a_sentence(client: Client, presale: Concert) -> None:
    confirmed, late = link(presale), link(presale, "gail@example.org")
    client.post(confirmed)
    begin()

    for answer in (
        client.get(ASK),
        client.post(ASK, {"email": "ben@example.org"}),
        client.get(late),
        client.post(late),
    ):
        assert (answer.status_code, heading(answer)) == (410, "The time to confirm is over")
    assert heading(client.get(confirmed)) == "Your email is confirmed"
    assert VerifiedAddress.objects.count() == 1
    assert not OutboxMessage.objects.exists()


def test_mallory_confirms_nothing_for_others(client: Client, presale: Concert) -> None:
    other = make_concert(presale.event.organizer, "other")
    Event.objects.filter(pk=other.event.pk).update(verified_only=True)
    good = link(presale)
    theirs = f"/riverside/other/confirm/{verification.token(presale.event, 'ben@example.org')}/"

    for address in (f"{ASK}{'x' * 44}/", f"{ASK}x/", good[:-3] + "zz/", theirs):
        assert client.get(address).status_code == client.post(address).status_code == 404
    assert not VerifiedAddress.objects.exists()


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_another_sites_form_asks_and_confirms_nothing(
    client: Client, presale: Concert, headers: dict[str, str]
) -> None:
    assert client.post(ASK, {"email": "ben@example.org"}, headers=headers).status_code == 403
    assert client.post(link(presale), headers=headers).status_code == 403
    assert not VerifiedAddress.objects.exists()
    assert not OutboxMessage.objects.exists()
