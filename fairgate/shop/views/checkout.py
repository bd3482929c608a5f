"""From kept places to an order. The browser proves itself by the cookie that its hold gave it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from fairgate.lib import addresses, clock, secrets
from fairgate.lib.cookies import hold_cookie_name
from fairgate.lib.i18n import gettext as _
from fairgate.orders.checkout import HeldBasket, read_basket
from fairgate.orders.errors import HoldExpired, HoldUsed, LimitReached, NotVerified, OrderError
from fairgate.orders.place import place_order
from fairgate.orders.queries import secret_of
from fairgate.payments.models import Method
from fairgate.shop.access import same_site_only
from fairgate.shop.forms import InvalidCheckout, attendee_field, clean_checkout, methods
from fairgate.stock import engine


@csrf_exempt  # The cookie is SameSite and the form is guarded by its origin, as every public form is.
@same_site_only
@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: HttpRequest, hold: UUID) -> HttpResponse:
    basket = own_basket(request, hold)
    if basket.order_code:
        # A reload, the back button, or an answer that got lost.
        return _to_order(basket.order_code)
    if not basket.is_active:
        return _over(request, basket)
    return _place(request, basket) if request.method == "POST" else _form(request, basket, {}, 200)


def _place(request: HttpRequest, basket: HeldBasket) -> HttpResponse:
    try:
        buyer, method = clean_checkout(basket, request.POST)
        # The hold itself makes a repeat of this form one order.
        return _to_order(place_order(basket.hold, key=str(basket.hold), buyer=buyer, method=method))
    except InvalidCheckout as error:
        return _form(request, _with_more_time(basket), error.errors, 422)
    except HoldExpired:
        return _over(request, basket)
    except HoldUsed as error:
        return _to_order(error.code)
    except (LimitReached, NotVerified) as error:
        is_limited = isinstance(error, LimitReached)
        return _form(request, _with_more_time(basket), {"email": error.message}, 409, is_limited=is_limited)
    except OrderError as error:
        return _form(request, _with_more_time(basket), {"": error.message}, 422)


def _with_more_time(basket: HeldBasket) -> HeldBasket:
    """Who has begun to order is not cut off for a slip: the hold lasts a few minutes more, once, when it needs them."""
    if basket.expires_at - clock.now() > engine.GRACE:
        return basket
    with connection.cursor() as cursor:
        later = engine.extend_hold(cursor, basket.hold)
    return replace(basket, expires_at=later) if later else basket


def _to_order(code: str) -> HttpResponse:
    return redirect(addresses.order(code, secret_of(code)))


@csrf_exempt  # As above.
@same_site_only
@require_POST
def release(request: HttpRequest, hold: UUID) -> HttpResponse:
    basket = own_basket(request, hold)
    with connection.cursor() as cursor:
        engine.release_hold(cursor, hold)
    return render(request, "shop/released.html", {"event": _event(basket)}, using="jinja2")


def own_basket(request: HttpRequest, hold: UUID) -> HeldBasket:
    """The hold, for the browser that made it; for any other there is none."""
    secret = request.COOKIES.get(hold_cookie_name(settings.SESSION_COOKIE_SECURE), "")
    if not secrets.matches(settings.SECRET_KEY, "hold", str(hold), secret):
        raise Http404
    basket = read_basket(hold)
    if basket is None:
        raise Http404
    return basket


def _over(request: HttpRequest, basket: HeldBasket) -> HttpResponse:
    name = "shop/released.html" if basket.state == "released" else "shop/expired.html"
    return render(request, name, {"event": _event(basket)}, status=410, using="jinja2")


def _form(
    request: HttpRequest, basket: HeldBasket, errors: dict[str, str], status: int, *, is_limited: bool = False
) -> HttpResponse:
    has_several_sessions = len({line.session_starts_at for line in basket.lines}) > 1
    context = {
        "event": _event(basket),
        "hold": {
            "ends_at": basket.expires_at,
            "release_url": f"{addresses.checkout(basket.hold)}release/",
            "lines": [
                {
                    "name": line.name,
                    "seats": line.seat_names,
                    "session": line.session_starts_at if has_several_sessions else None,
                    "quantity": line.quantity,
                    "total": line.total,
                }
                for line in basket.lines
            ],
            "total": basket.total,
            "tax": basket.tax,
        },
        "values": request.POST.dict(),
        "errors": errors,
        "is_limited": is_limited,
        "attendees": [
            {"field": attendee_field(number), "label": name} for number, name in enumerate(basket.tickets, 1)
        ],
        "payments": [_payment(method, basket) for method in methods(basket)],
        "idempotency_key": "",
    }
    return render(request, "shop/checkout.html", context, status=status, using="jinja2")


def _payment(method: Method, basket: HeldBasket) -> dict[str, str]:
    if method == Method.FREE:
        return {"value": method, "label": _("Nothing to pay"), "hint": ""}
    hint = _("You get the account details right away and have %(days)s days to pay.") % {"days": basket.payment_days}
    return {"value": method, "label": _("Bank transfer"), "hint": hint}


def _event(basket: HeldBasket) -> dict[str, object]:
    return {
        "name": basket.event_title,
        "url": addresses.event(basket.organizer_slug, basket.event_slug),
        "zone": basket.time_zone,
        "currency": basket.currency,
        "accent": basket.accent.lstrip("#"),
        "verified_only": basket.verified_only,
        "starts_at": min((line.session_starts_at for line in basket.lines), default=None),
        "place": basket.event_place,
        "organizer": {"name": basket.organizer_name, "url": addresses.organizer(basket.organizer_slug)},
    }
