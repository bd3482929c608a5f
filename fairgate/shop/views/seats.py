"""The plan of a session's numbered seats. Public as the event's page is: the same bytes for everyone, for a second."""

from __future__ import annotations

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from fairgate.lib.headers import PUBLIC
from fairgate.shop import plan
from fairgate.shop.access import read_only
from fairgate.shop.rendered import public_page
from fairgate.stock.shown import shown_event, shown_face, shown_plans, shown_unavailable


@read_only
def seats_page(request: HttpRequest, organizer: str, event: str, session: int) -> HttpResponse:
    shown = shown_event(connection.cursor, organizer, event)
    found = next((one for one in shown.sessions if one.id == session), None) if shown else None
    plans = shown_plans(connection.cursor, shown, session) if shown and found else []
    if shown is None or found is None or not any(quota.seats for quota in plans):
        raise Http404
    return public_page("shop/seats.html", plan.context(shown, found, [quota for quota in plans if quota.seats]))


@read_only
def taken(request: HttpRequest, organizer: str, event: str, session: int) -> HttpResponse:
    """What the plan asks while it is open: the seats that nobody can take now."""
    face = shown_face(connection.cursor, organizer, event)
    if face is None:
        raise Http404
    gone = shown_unavailable(connection.cursor, face, session)
    return JsonResponse({"taken": gone}, headers={"Cache-Control": PUBLIC})
