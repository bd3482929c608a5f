"""Public pages: the same bytes for everyone, kept by the door for a second. They carry no cookie and no token."""

from __future__ import annotations

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse

from fairgate.shop.access import read_only
from fairgate.shop.queries import Listing, event_cards
from fairgate.shop.rendered import public_page
from fairgate.stock import counting, ticket_form
from fairgate.stock.shown import shown_event


@read_only
def event_page(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    shown = shown_event(connection.cursor, organizer, event)
    if shown is None:
        raise Http404
    counting.viewed(shown.event_id, request.headers.get(counting.VIEWS_HEADER, ""))
    return public_page("shop/event.html", ticket_form.context(shown))


@read_only
def organizer_page(request: HttpRequest, organizer: str) -> HttpResponse:
    after = request.GET.get("after", "")
    listing = event_cards(after, organizer)
    if listing is None:
        raise Http404
    shown = {
        "name": listing.organizer_name,
        "url": request.path,
        "description": "",
        "accent": listing.accent.lstrip("#"),
    }
    return public_page("shop/organizer.html", {"organizer": shown, **_page(listing, after)}, is_kept=not after)


@read_only
def home(request: HttpRequest) -> HttpResponse:
    after = request.GET.get("after", "")
    listing = event_cards(after)
    assert listing is not None
    return public_page("shop/home.html", _page(listing, after), is_kept=not after)


def _page(listing: Listing, after: str) -> dict[str, object]:
    # Back is the browser's: a keyset page knows its end, not its start.
    return {"events": listing.cards, "previous_url": "?" if after else "", "next_url": listing.next_url}
