"""How many places there are. Their number changes while they sell, never below what is held and sold."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from fairgate.console.forms.places import NewQuotaForm, QuotaForm
from fairgate.console.pages import UNPROCESSABLE, done, enter, show
from fairgate.console.plan import plan_of
from fairgate.console.views.events import add_places, find_event
from fairgate.events import queries
from fairgate.events.models import Event
from fairgate.lib.i18n import gettext as _
from fairgate.organizers.permissions import Permission
from fairgate.organizers.queries import Access
from fairgate.stock import offers
from fairgate.stock.actions import resize_quota
from fairgate.stock.errors import CapacityTooLow
from fairgate.stock.layout import EXAMPLE, LayoutMistakes
from fairgate.stock.models import Quota


@require_http_methods(["GET", "POST"])
def new_quota(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_event(access, event)
    sessions = {session.pk: session for session in queries.sessions_of(found)}
    form = NewQuotaForm(
        request.POST if request.method == "POST" else None, event=found, sessions=list(sessions.values())
    )
    if request.method == "POST" and form.is_valid():
        session = sessions[form.cleaned_data["session"]]
        session.event = found
        try:
            quota = add_places(session, form.cleaned_data, by=access.user)
        except LayoutMistakes as error:
            form.add_error("layout", error.sentences)
        else:
            return _added(request, organizer, event, quota)
    status = UNPROCESSABLE if form.errors else 200
    return show(
        request, "new_quota.html", access, status=status, form=form, event=found, sessions=sessions, example=EXAMPLE
    )


@require_http_methods(["GET", "POST"])
def quota(request: HttpRequest, organizer: str, event: str, quota: int) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_quota(find_event(access, event), quota)
    form = QuotaForm(request.POST if request.method == "POST" else None, quota=found)
    if request.method == "POST" and form.is_valid():
        try:
            _save(access, found, form)
        except CapacityTooLow as error:
            form.add_error("capacity", error.message)
        else:
            return done(request, _("Saved."), "event", organizer, event)
    return show_quota(request, access, found, form)


def show_quota(
    request: HttpRequest,
    access: Access,
    quota: Quota,
    form: QuotaForm,
    *,
    refusal: str = "",
    chosen: frozenset[int] = frozenset(),
) -> HttpResponse:
    return show(
        request,
        "quota.html",
        access,
        status=UNPROCESSABLE if form.errors or refusal else 200,
        form=form,
        event=quota.event,
        quota=quota,
        plan=plan_of(quota) if quota.is_seated else None,
        refusal=refusal,
        chosen=chosen,
    )


def find_quota(event: Event, quota: int) -> Quota:
    found = event.quotas.select_related("session").filter(pk=quota).first()
    if found is None:
        raise Http404
    found.event = event
    return found


def _added(request: HttpRequest, organizer: str, event: str, quota: Quota) -> HttpResponse:
    if quota.is_seated:
        sentence = _("The seats are added. Look whether they are right, then choose which ticket types take them.")
        return done(request, sentence, "quota", organizer, event, quota.pk)
    return done(request, _("The places are added. Now choose which ticket types take them."), "event", organizer, event)


@transaction.atomic
def _save(access: Access, quota: Quota, form: QuotaForm) -> None:
    offers.rename_quota(quota, name=form.cleaned_data["name"], by=access.user)
    capacity = form.cleaned_data.get("capacity", quota.capacity)
    if capacity != quota.capacity:
        resize_quota(quota, capacity=capacity, by=access.user)
