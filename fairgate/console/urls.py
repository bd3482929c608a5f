"""The console's table of contents."""

from __future__ import annotations

from django.urls import URLPattern, path

from fairgate.console.pages import View, signed_in
from fairgate.console.views import (
    check_in_lists,
    events,
    gate,
    home,
    on_sale,
    orders,
    pictures,
    quotas,
    seats,
    sessions,
    settings,
    team,
    ticket_change,
    ticket_types,
)
from fairgate.replicas.reading import may_read_replica

app_name = "console"

EVENT = "<slug:organizer>/events/<slug:event>/"
ORDER = "<slug:organizer>/orders/<slug:code>/"


def page(route: str, view: View, name: str) -> URLPattern:
    """Nothing here is for strangers."""
    return path(route, signed_in(view), name=name)


def shown(route: str, view: View, name: str) -> URLPattern:
    """A page that only shows may come from a replica."""
    return page(route, may_read_replica(view), name)


urlpatterns = [
    page("", home.home, "home"),
    page("gate/", gate.gate, "gate"),
    shown("<slug:organizer>/", home.overview, "overview"),
    page("<slug:organizer>/mail/", home.mail, "mail"),
    page("<slug:organizer>/settings/", settings.settings, "settings"),
    page("<slug:organizer>/team/", team.team, "team"),
    page("<slug:organizer>/team/<int:member>/", team.member, "member"),
    page("<slug:organizer>/team/<int:member>/removal/", team.removal, "member-removal"),
    page("<slug:organizer>/gate/", gate.grants, "grants"),
    page("<slug:organizer>/gate/<uuid:grant>/revocation/", gate.revocation, "grant-revocation"),
    shown("<slug:organizer>/events/", events.events, "events"),
    page("<slug:organizer>/new-event/", events.new_event, "new-event"),
    shown(EVENT, events.event, "event"),
    page(EVENT + "details/", events.details, "event-details"),
    page(EVENT + "picture/", pictures.picture, "event-picture"),
    page(EVENT + "picture/removal/", pictures.removal, "picture-removal"),
    page(EVENT + "publication/", events.publication, "publication"),
    page(EVENT + "closure/", events.closure, "closure"),
    page(EVENT + "reopening/", events.reopening, "reopening"),
    page(EVENT + "on-sale/", on_sale.on_sale, "on-sale"),
    page(EVENT + "on-sale/now/", on_sale.now, "on-sale-now"),
    page(EVENT + "on-sale/pause/", on_sale.pause, "pause"),
    page(EVENT + "on-sale/resumption/", on_sale.resumption, "resumption"),
    page(EVENT + "on-sale/message/", on_sale.message, "message"),
    page(EVENT + "on-sale/message/removal/", on_sale.message_removal, "message-removal"),
    page(EVENT + "on-sale/places/<int:quota>/", on_sale.capacity, "capacity"),
    page(EVENT + "sessions/", sessions.new_session, "new-session"),
    page(EVENT + "sessions/<int:session>/", sessions.session, "session"),
    page(EVENT + "sessions/<int:session>/removal/", sessions.removal, "session-removal"),
    page(EVENT + "ticket-types/", ticket_types.new_ticket_type, "new-ticket-type"),
    page(EVENT + "ticket-types/<int:ticket_type>/", ticket_types.ticket_type, "ticket-type"),
    page(EVENT + "ticket-types/<int:ticket_type>/deactivation/", ticket_types.deactivation, "deactivation"),
    page(EVENT + "ticket-types/<int:ticket_type>/activation/", ticket_types.activation, "activation"),
    page(EVENT + "quotas/", quotas.new_quota, "new-quota"),
    page(EVENT + "quotas/<int:quota>/", quotas.quota, "quota"),
    page(EVENT + "quotas/<int:quota>/seats/", seats.new_seats, "new-seats"),
    page(EVENT + "quotas/<int:quota>/blocking/", seats.blocking, "blocking"),
    page(EVENT + "check-in-lists/", check_in_lists.new_check_in_list, "new-check-in-list"),
    page(EVENT + "check-in-lists/<int:check_in_list>/", check_in_lists.check_in_list, "check-in-list"),
    page(EVENT + "check-in-lists/<int:check_in_list>/removal/", check_in_lists.removal, "check-in-list-removal"),
    shown("<slug:organizer>/orders/", orders.orders, "orders"),
    shown(ORDER, orders.order, "order"),
    page(ORDER + "payment/", orders.payment, "payment"),
    page(ORDER + "cancellation/", orders.cancellation, "cancellation"),
    page(ORDER + "mail/", orders.mail, "order-mail"),
    page(ORDER + "tickets/<slug:reference>/", ticket_change.ticket, "ticket-change"),
    page(ORDER + "tickets/<slug:reference>/swap/", ticket_change.swap, "ticket-swap"),
]
