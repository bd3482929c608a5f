"""Orders: find one, see what happened to it, mark it paid, cancel it, mail its tickets again."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fairgate.console.forms.orders import CancellationForm, SearchForm, good_tickets
from fairgate.console.pages import UNPROCESSABLE, done, enter, refused, show
from fairgate.console.paging import page_of
from fairgate.lib import addresses, ids
from fairgate.lib.i18n import gettext as _
from fairgate.lib.i18n import ngettext
from fairgate.orders import actions
from fairgate.orders.errors import OrderError
from fairgate.orders.models import Order, Ticket
from fairgate.orders.queries import order_secret, with_tickets
from fairgate.organizers import audit
from fairgate.organizers.permissions import Permission
from fairgate.organizers.queries import Access


@require_GET
def orders(request: HttpRequest, organizer: str) -> HttpResponse:
    access = enter(request, organizer, Permission.SEE_ORDERS)
    form = SearchForm(request.GET, organizer=access.organizer)
    found = Order.objects.filter(organizer=access.organizer).select_related("event")
    is_valid = form.is_valid()
    page = page_of(_matching(found, **form.cleaned_data) if is_valid else found.none(), request.GET)
    return show(
        request,
        "orders.html",
        access,
        status=200 if is_valid else UNPROCESSABLE,
        form=form,
        page=page,
        is_filtered=any(request.GET.get(name) for name in form.fields),
        counts=_ticket_counts(page.rows),
    )


@require_GET
def order(request: HttpRequest, organizer: str, code: str) -> HttpResponse:
    access = enter(request, organizer, Permission.SEE_ORDERS)
    found = find_order(access, code)
    return show(
        request,
        "order.html",
        access,
        order=found,
        tickets=list(found.tickets.all()),
        good=good_tickets(found),
        payments=list(found.payments.select_related("recorded_by").order_by("id")),
        history=list(audit.history(found)),
        buyer_page=addresses.order(found.code, order_secret(found)),
    )


@require_POST
def payment(request: HttpRequest, organizer: str, code: str) -> HttpResponse:
    access = enter(request, organizer, Permission.CHANGE_ORDERS)
    found = find_order(access, code)
    try:
        actions.mark_paid(found, by=access.user)
    except OrderError as error:
        return refused(request, error.message, "order", organizer, code)
    sentence = _("Marked as paid. The tickets are on their way to %s.") % found.email
    return done(request, sentence, "order", organizer, code)


@require_http_methods(["GET", "POST"])
def cancellation(request: HttpRequest, organizer: str, code: str) -> HttpResponse:
    """GET with chosen tickets says what canceling them means, in numbers; POST does it."""
    access = enter(request, organizer, Permission.CHANGE_ORDERS)
    found = find_order(access, code)
    good = good_tickets(found)
    form = CancellationForm(request.POST if request.method == "POST" else _asked(request, good), tickets=good)
    if not form.is_valid():
        return _show_cancellation(request, access, found, form, [], status=UNPROCESSABLE)
    references = set(form.cleaned_data["ticket"])
    chosen = [ticket for ticket in good if ticket.reference in references]
    if request.method != "POST":
        return _show_cancellation(request, access, found, form, chosen)
    try:
        actions.cancel_tickets(found, chosen, by=access.user, reason=form.cleaned_data["reason"])
    except OrderError as error:
        return refused(request, error.message, "order", organizer, code)
    sentence = ngettext(
        "%s ticket is canceled; its place is on sale again.",
        "%s tickets are canceled; their places are on sale again.",
        len(chosen),
    )
    return done(request, sentence % len(chosen), "order", organizer, code)


@require_POST
def mail(request: HttpRequest, organizer: str, code: str) -> HttpResponse:
    access = enter(request, organizer, Permission.CHANGE_ORDERS)
    found = find_order(access, code)
    try:
        actions.resend_tickets(found, by=access.user)
    except OrderError as error:
        return refused(request, error.message, "order", organizer, code)
    return done(request, _("Sent again to %s.") % found.email, "order", organizer, code)


def _asked(request: HttpRequest, good: list[Ticket]) -> QueryDict:
    """The whole order is all of its good tickets by name, so that the answer is about exactly what was shown."""
    asked = request.GET.copy()
    if asked.get("all"):
        asked.setlist("ticket", [ticket.reference for ticket in good])
    return asked


def find_order(access: Access, code: str) -> Order:
    found = with_tickets(Order.objects.filter(organizer=access.organizer, code=ids.normalize_code(code))).first()
    if found is None:
        raise Http404
    return found


def _matching(orders: QuerySet[Order], *, q: str, state: str, event: str) -> QuerySet[Order]:
    if state:
        orders = orders.filter(state=state)
    if event:
        orders = orders.filter(event__slug=event)
    if q:
        begins = q.lower()
        orders = orders.alias(lower_email=Lower("email"), lower_name=Lower("name")).filter(
            Q(code=ids.normalize_code(q)) | Q(lower_email__startswith=begins) | Q(lower_name__startswith=begins)
        )
    return orders


def _ticket_counts(orders: list[Order]) -> dict[int, int]:
    good = Ticket.objects.filter(order__in=orders, cancellation__isnull=True).order_by()
    counts: dict[int, int] = {}
    for order_id in good.values_list("order_id", flat=True):
        counts[order_id] = counts.get(order_id, 0) + 1
    return counts


def _show_cancellation(
    request: HttpRequest,
    access: Access,
    order: Order,
    form: CancellationForm,
    chosen: list[Ticket],
    *,
    status: int = 200,
) -> HttpResponse:
    returned = sum(ticket.gross for ticket in chosen)
    return show(
        request,
        "cancellation.html",
        access,
        status=status,
        order=order,
        form=form,
        chosen=chosen,
        good=good_tickets(order),
        returned=returned,
        left=order.gross - returned,
    )
