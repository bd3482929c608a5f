"""The buyer API: the plans of an event's numbered seats, and which are free."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from fairgate.api.responses import problems_as_json, require_methods
from fairgate.lib.headers import PUBLIC
from fairgate.lib.i18n import gettext as _
from fairgate.lib.problems import Problem
from fairgate.stock import seats
from fairgate.stock.shown import shown_face, shown_plans


@require_methods("GET")
@problems_as_json
def show_seats(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    face = shown_face(connection.cursor, organizer, event)
    if face is None:
        raise Problem("not-found", _("There is no such event."))
    plans = shown_plans(connection.cursor, face)
    return JsonResponse({"plans": [_plan(plan) for plan in plans]}, headers={"Cache-Control": PUBLIC})


def _plan(plan: seats.SeatedQuota) -> dict[str, Any]:
    return {
        "session": plan.session_id,
        "name": plan.name,
        "ticket_types": plan.ticket_types,
        "blocks": [
            {
                "name": block.name,
                "rows": [{"name": row.name, "seats": [_seat(seat) for seat in row.seats]} for row in block.rows],
            }
            for block in plan.blocks
        ],
    }


def _seat(seat: seats.Seat) -> dict[str, Any]:
    return {"id": seat.id, "number": seat.number, "name": seat.name, "place": seat.place, "free": seat.is_free}
