"""The on-sale page: how the sale goes, live, and the buttons of the day.

Every button may be pressed twice, and by two people at once: each action says under a lock what it found.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from fairgate.console.charts import CHOICES, charts_of
from fairgate.console.forms.on_sale import CapacityForm, MessageForm
from fairgate.console.limits import limits_of
from fairgate.console.on_sale import facts_of
from fairgate.console.pages import UNPROCESSABLE, done, enter, refused, show
from fairgate.console.views.events import find_event
from fairgate.console.views.quotas import find_quota
from fairgate.events import actions
from fairgate.events.announcements import announce, announcement_of
from fairgate.events.errors import NotReady, OtherAnnouncement
from fairgate.events.models import Event
from fairgate.lib import addresses
from fairgate.lib.i18n import gettext as _
from fairgate.organizers.permissions import Permission
from fairgate.organizers.queries import Access
from fairgate.stock.actions import resize_quota
from fairgate.stock.errors import CapacityChanged, StockError
from fairgate.stock.models import Quota

# Without scripts a page that is to stay fresh comes anew by itself, if its reader says so.
RELOAD_S = 10


@require_GET
def on_sale(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    access = enter(request, organizer, Permission.SEE_SALES)
    return _show(request, access, find_event(access, event))


@require_GET
def now(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    """The part that changes. `state` is what the buttons around it were made for."""
    access = enter(request, organizer, Permission.SEE_SALES)
    found = find_event(access, event)
    if not getattr(request, "htmx", False):
        return redirect("console:on-sale", organizer, event)
    if request.GET.get("state") not in (None, found.state):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return show(request, "_on_sale_now.html", access, **_now(request, found))


@require_POST
def pause(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_event(access, event)
    actions.close_event(found, by=access.user)
    if found.is_public:
        return done(request, _("The sale is paused. Tickets stay valid."), "on-sale", organizer, event)
    return refused(request, _("It is not on sale yet."), "on-sale", organizer, event)


@require_POST
def resumption(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_event(access, event)
    try:
        actions.reopen_event(found, by=access.user)
    except NotReady as error:
        return refused(request, error.message, "on-sale", organizer, event)
    if found.is_public:
        return done(request, _("Your event is on sale again."), "on-sale", organizer, event)
    return refused(request, _("It is not on sale yet."), "on-sale", organizer, event)


@require_POST
def message(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_event(access, event)
    form = MessageForm(request.POST)
    if form.is_valid():
        try:
            announce(found, text=form.cleaned_data["text"], seen=form.cleaned_data["seen"], by=access.user)
        except OtherAnnouncement as error:
            form.add_error("text", error.message)
            # Who sends it again has read what the other wrote.
            form.data = {**request.POST.dict(), "seen": error.current}
        else:
            return done(request, _("The event page shows your message."), "on-sale", organizer, event)
    return _show(request, access, found, status=UNPROCESSABLE, message_form=form)


@require_POST
def message_removal(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    try:
        announce(find_event(access, event), text="", seen=request.POST.get("seen", ""), by=access.user)
    except OtherAnnouncement:
        return refused(request, _("It stays: the message was changed meanwhile."), "on-sale", organizer, event)
    return done(request, _("The event page shows no message."), "on-sale", organizer, event)


@require_POST
def capacity(request: HttpRequest, organizer: str, event: str, quota: int) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_event(access, event)
    places = find_quota(found, quota)
    form = CapacityForm(request.POST, quota=places)
    if form.is_valid():
        try:
            wanted, seen = form.cleaned_data["capacity"], form.cleaned_data["seen"]
            resize_quota(places, capacity=wanted, by=access.user, seen=seen)
        except StockError as error:
            form.add_error("capacity", error.message)
            if isinstance(error, CapacityChanged):
                form.data = {**request.POST.dict(), "seen": error.current}
        else:
            return done(request, _("Saved. The new number counts at once."), "on-sale", organizer, event)
    return _show(request, access, found, status=UNPROCESSABLE, capacity_form=(places.pk, form))


def _show(
    request: HttpRequest,
    access: Access,
    event: Event,
    *,
    status: int = 200,
    message_form: MessageForm | None = None,
    capacity_form: tuple[int, CapacityForm] | None = None,
) -> HttpResponse:
    said = announcement_of(event)
    choices = _choices(request)
    reload = request.GET.get("reload") == "1"
    return show(
        request,
        "on_sale.html",
        access,
        status=status,
        **_now(request, event),
        address=addresses.event(access.organizer.slug, event.slug),
        said=said,
        message_form=message_form or MessageForm(initial={"text": said, "seen": said}),
        capacity_forms=_capacity_forms(event, capacity_form) if access.may(Permission.EDIT_EVENTS) else [],
        now_url=_url("on-sale-now", access, event, **choices, state=event.state),
        minutes_urls=[(number, _url("on-sale", access, event, **{**choices, "minutes": number})) for number in CHOICES],
        view_url=_url("on-sale", access, event, **{**choices, "view": _other_view(choices["view"])}),
        reload_s=RELOAD_S if reload else 0,
        reload_url=_url("on-sale", access, event, **choices, **({} if reload else {"reload": 1})),
    )


def _now(request: HttpRequest, event: Event) -> dict[str, Any]:
    facts, choices = facts_of(event), _choices(request)
    return {
        "event": event,
        "facts": facts,
        "limits": limits_of(event, facts),
        "charts": charts_of(facts, choices["minutes"], event.time_zone),
        "minutes": choices["minutes"],
        "view": choices["view"],
    }


def _choices(request: HttpRequest) -> dict[str, Any]:
    """How much, and drawn or written; whatever else the address says is not meant."""
    minutes = request.GET.get("minutes", "")
    return {
        "minutes": int(minutes) if minutes in map(str, CHOICES) else CHOICES[0],
        "view": "table" if request.GET.get("view") == "table" else "chart",
    }


def _other_view(view: str) -> str:
    return "chart" if view == "table" else "table"


def _url(name: str, access: Access, event: Event, **choices: Any) -> str:
    return f"{reverse(f'console:{name}', args=[access.organizer.slug, event.slug])}?{urlencode(choices)}"


def _capacity_forms(event: Event, bound: tuple[int, CapacityForm] | None) -> list[tuple[Quota, CapacityForm]]:
    """Of numbered seats there are as many as there are."""
    quotas = event.quotas.filter(is_seated=False).select_related("session").order_by("session__starts_at", "id")
    return [
        (quota, bound[1] if bound and bound[0] == quota.pk else CapacityForm(quota=quota)) for quota in quotas
    ]  # fmt: skip
