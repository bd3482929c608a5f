"""What buyers see. The hold addresses in between belong to the stock service."""

from __future__ import annotations

from django.urls import path, re_path, register_converter

from fairgate.lib.addresses import RESERVED
from fairgate.shop.views import change, checkout, event, find_tickets, media, order, seats, style, verify


class Slug:
    regex = "[a-z0-9]+(?:-[a-z0-9]+)*"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class OrganizerSlug(Slug):
    """Never a reserved word, so that a misspelled address below /api/ is not taken for an event."""

    regex = f"(?!(?:{'|'.join(sorted(RESERVED))})/){Slug.regex}"


class Number:
    """No more digits than the database can count to."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(Number, "number")
register_converter(Slug, "name")
register_converter(OrganizerSlug, "organizer")

urlpatterns = [
    path("", event.home),
    path("checkout/<uuid:hold>/", checkout.checkout),
    path("checkout/<uuid:hold>/release/", checkout.release),
    path("orders/<slug:code>/<slug:secret>/", order.show),
    path("orders/<slug:code>/<slug:secret>/tickets.pdf", order.tickets_pdf),
    path("orders/<slug:code>/<slug:secret>/calendar.ics", order.calendar_file),
    path("orders/<slug:code>/<slug:secret>/resend/", order.resend),
    path("orders/<slug:code>/<slug:secret>/tickets/<slug:reference>/", change.ticket),
    path("orders/<slug:code>/<slug:secret>/tickets/<slug:reference>/swap/", change.swap),
    path("tickets/", find_tickets.find_tickets),
    re_path(r"^accent/(?P<color>[0-9a-f]{6})\.css$", style.accent_css),
    re_path(r"^cover/(?P<color>[0-9a-f]{6})/(?P<seed>[a-z0-9-]{1,50})\.svg$", style.cover_svg),
    re_path(r"^media/(?P<key>[0-9a-f]{32})/(?P<width>[1-9][0-9]{2,3})\.webp$", media.picture),
    path("<organizer:organizer>/", event.organizer_page),
    path("<organizer:organizer>/<name:event>/", event.event_page),
    path("<organizer:organizer>/<name:event>/seats/<number:session>/", seats.seats_page),
    path("<organizer:organizer>/<name:event>/seats/<number:session>/taken/", seats.taken),
    path("<organizer:organizer>/<name:event>/confirm/", verify.ask),
    path("<organizer:organizer>/<name:event>/confirm/<slug:token>/", verify.confirm),
]
