"""The plan of a session's numbered seats. Public as the event's page is: the same bytes for everyone, for a second."""

from __future__ import annotations

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from fairgate.lib.headers import PUBLIC
from fairgate.shop import plan
from fairgate.shop.access import read_only
from fairgate.shop.views.event import public_page
from fairgate.stock import catalog, engine, seats


@read_only
def seats_page(request: HttpRequest, organizer: str, event: str, session: int) -> HttpResponse:
    with connection.cursor() as cursor:
        shown = catalog.read(cursor, organizer, event)
        found = next((one for one in shown.sessions if one.id == session), None) if shown else None
        plans = seats.plans(cursor, shown.event_id, session) if shown and found else []
    if shown is None or found is None or not any(quota.seats for quota in plans):
        raise Http404
    return public_page(
        request, "shop/seats.html", plan.context(shown, found, [quota for quota in plans if quota.seats])
    )


@read_only
def taken(request: HttpRequest, organizer: str, event: str, session: int) -> HttpResponse:
    """What the plan asks while it is open: the seats that nobody can take now."""
    with connection.cursor() as cursor:
        event_id = engine.find_event(cursor, organizer, event)
        if event_id is None:
            raise Http404
        gone = seats.unavailable(cursor, event_id, session)
    return JsonResponse({"taken": gone}, headers={"Cache-Control": PUBLIC})
