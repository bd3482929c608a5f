"""Numbered seats: further rows, and which seats are not sold."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from fairgate.console.forms.places import QuotaForm, SeatsForm
from fairgate.console.pages import UNPROCESSABLE, done, enter, show
from fairgate.console.views.events import find_event
from fairgate.console.views.quotas import find_quota, show_quota
from fairgate.events.models import Event
from fairgate.lib.i18n import gettext as _
from fairgate.lib.i18n import ngettext
from fairgate.organizers.permissions import Permission
from fairgate.stock import seating
from fairgate.stock.errors import StockError
from fairgate.stock.layout import EXAMPLE, LayoutMistakes
from fairgate.stock.models import Quota
from fairgate.ui import formats

# So that what was sent fits into the database's numbers.
MAX_DIGITS = 18


@require_http_methods(["GET", "POST"])
def new_seats(request: HttpRequest, organizer: str, event: str, quota: int) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_seated_quota(find_event(access, event), quota)
    form = SeatsForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            added = seating.add_seats(found, layout=form.cleaned_data["layout"], by=access.user)
        except LayoutMistakes as error:
            form.add_error("layout", error.sentences)
        else:
            sentence = ngettext("%(number)s seat is added.", "%(number)s seats are added.", added) % {
                "number": formats.number(added)
            }
            return done(request, sentence, "quota", organizer, event, quota)
    status = UNPROCESSABLE if form.errors else 200
    return show(
        request, "new_seats.html", access, status=status, form=form, event=found.event, quota=found, example=EXAMPLE
    )


@require_POST
def blocking(request: HttpRequest, organizer: str, event: str, quota: int) -> HttpResponse:
    """Seats by `seat`, whose values may be lists with commas, and whole rows by `row`: what of them is not taken."""
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_seated_quota(find_event(access, event), quota)
    is_blocked = request.POST.get("blocked") != "no"
    chosen = _numbers(request.POST.getlist("seat"))
    rows = _numbers(request.POST.getlist("row"))
    in_rows = found.seats.filter(rank__in=rows, taken=None).values_list("pk", flat=True) if rows else []
    wanted = chosen | set(in_rows)
    if not wanted:
        return show_quota(request, access, found, QuotaForm(quota=found), refusal=_("Choose seats first."))
    try:
        changed = seating.block_seats(found, wanted, is_blocked, access.user)
    except StockError as error:
        return show_quota(request, access, found, QuotaForm(quota=found), refusal=error.message, chosen=wanted)
    return done(request, _said(changed, is_blocked), "quota", organizer, event, quota)


def find_seated_quota(event: Event, quota: int) -> Quota:
    found = find_quota(event, quota)
    if not found.is_seated:
        raise Http404
    return found


def _numbers(values: Iterable[str]) -> frozenset[int]:
    """Of what was sent. Numbers of nothing stay numbers of nothing."""
    words = (word for value in values for word in value.split(","))
    return frozenset(int(word) for word in words if word.isascii() and word.isdecimal() and len(word) <= MAX_DIGITS)


def _said(changed: int, is_blocked: bool) -> str:
    if not changed:
        return _("Nothing had to change.")
    if is_blocked:
        sentence = ngettext("%(number)s seat is blocked.", "%(number)s seats are blocked.", changed)
    else:
        sentence = ngettext("%(number)s seat is on sale again.", "%(number)s seats are on sale again.", changed)
    return sentence % {"number": formats.number(changed)}
