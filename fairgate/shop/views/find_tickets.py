"""Where who has lost the mail gets the way to her orders, by mail."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from fairgate.lib.i18n import gettext as _
from fairgate.orders.actions import search_tickets
from fairgate.orders.contact import clean_email
from fairgate.shop.access import same_site_only


@csrf_exempt  # Nobody is signed in here; what is asked for goes to the address that was typed, whoever typed it.
@same_site_only
@require_http_methods(["GET", "HEAD", "POST"])
def find_tickets(request: HttpRequest) -> HttpResponse:
    context: dict[str, Any] = {"sent": False, "values": request.POST.dict(), "errors": {}}
    status = 200
    if request.method == "POST":
        email = clean_email(request.POST.get("email", ""))
        if email:
            search_tickets(email)
            context["sent"] = True
        else:
            context["errors"], status = {"email": _("Use an email address such as ben@example.org.")}, 422
    return render(request, "shop/find_tickets.html", context, status=status, using="jinja2")
