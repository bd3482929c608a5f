"""Public pages: the same bytes for everyone, kept by the door for a second. They carry no cookie and no token."""

from __future__ import annotations

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from fairgate.lib.headers import PUBLIC
from fairgate.shop.access import read_only
from fairgate.shop.queries import event_cards, public_organizer
from fairgate.stock import catalog, ticket_form


@read_only
def event_page(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    with connection.cursor() as cursor:
        shown = catalog.read(cursor, organizer, event)
    if shown is None:
        raise Http404
    return public_page(request, "shop/event.html", ticket_form.context(shown))


@read_only
def organizer_page(request: HttpRequest, organizer: str) -> HttpResponse:
    found = public_organizer(organizer)
    if found is None:
        raise Http404
    cards, links = event_cards(request.GET.get("after", ""), organizer=found)
    shown = {"name": found.name, "url": request.path, "description": "", "accent": found.accent.lstrip("#")}
    return public_page(request, "shop/organizer.html", {"organizer": shown, "events": cards, **links})


@read_only
def home(request: HttpRequest) -> HttpResponse:
    cards, links = event_cards(request.GET.get("after", ""))
    return public_page(request, "shop/home.html", {"events": cards, **links})


def public_page(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    response = render(request, template, context, using="jinja2")
    response.headers["Cache-Control"] = PUBLIC
    return response
